-- oldest program: 1
--
-- Backups read every row and write none: a role of its own, since the owner is bound by row-level security like
-- everybody else, and a superuser may do more than a backup needs.
--
-- The function gives that role what it lacks, on all tables that there are; migrating calls it at the end, so that a
-- table of a later migration is not forgotten. A backup refuses to run while a table is hidden from it.
CREATE FUNCTION backup_sees_all() RETURNS void LANGUAGE plpgsql SET search_path = vouch, pg_temp AS $$
DECLARE
    t record;
BEGIN
    GRANT USAGE ON SCHEMA vouch TO vouch_backup;
    FOR t IN SELECT c.oid, c.relname, c.relkind, c.relrowsecurity FROM pg_class c
        WHERE c.relnamespace = 'vouch'::regnamespace AND c.relkind IN ('r', 'p', 'S')
    LOOP
        IF NOT has_table_privilege('vouch_backup', t.oid, 'SELECT') THEN
            EXECUTE format('GRANT SELECT ON %s %I TO vouch_backup',
                CASE t.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, t.relname);
        END IF;
        IF t.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'of_backup')
        THEN
            EXECUTE format('CREATE POLICY of_backup ON %I FOR SELECT TO vouch_backup USING (true)', t.relname);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION backup_sees_all() FROM PUBLIC;
