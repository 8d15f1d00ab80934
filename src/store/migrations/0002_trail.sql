-- oldest program: 1
--
-- A hash chain over the audit: whoever changes, removes, inserts or reorders audit rows afterwards is found, and where.
--
-- Business transactions know nothing of the chain: a lock on it would put all of a tenant's write-backs in a queue. A
-- sealer comes by every few seconds and appends, for each tenant, the rows that are not sealed yet, in whichever order
-- they became visible. The hash is made by the program, with a key that is never in the database.
--
-- Which rows are not sealed yet? Numbers of an identity come before the commit, so that a lower number may appear after
-- a higher one was sealed, or never. Every writer of audit rows holds its table lock (ROW EXCLUSIVE) from before it
-- takes a number until its transaction is over; so, when those who hold it now have ended, all numbers up to the one
-- given out now are decided. That number is the floor: the last row of a round carries it, and no row at or below the
-- floor is looked for again. One that appears there all the same was inserted by somebody else.

CREATE TABLE audit_chain (
    tenant_id uuid NOT NULL REFERENCES tenant,
    position bigint NOT NULL CHECK (position > 0),
    sequence bigint NOT NULL,
    floor bigint NOT NULL CHECK (floor >= 0),
    key_id text NOT NULL, -- '': SHA-256; else HMAC-SHA256 with the key of this name
    hash bytea NOT NULL CHECK (length(hash) = 32),
    sealed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, position),
    UNIQUE (tenant_id, sequence)
);
ALTER TABLE audit_chain ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_chain FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON audit_chain USING (tenant_id = (SELECT current_setting('vouch.tenant')::uuid));
CREATE TRIGGER audit_chain_no_change BEFORE UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_chain_no_truncate BEFORE TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- The newest number given out, and who may still be about to commit one at or below it: their virtual transactions.
-- The number is read first; whoever takes one later takes a higher one.
CREATE FUNCTION audit_horizon(OUT newest bigint, OUT writers text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
BEGIN
    SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END INTO newest FROM audit_sequence_seq s;
    SELECT coalesce(array_agg(l.virtualtransaction), '{}') INTO writers FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.relation = 'vouch.audit'::regclass AND l.mode = 'RowExclusiveLock'
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND l.pid IS DISTINCT FROM pg_backend_pid();
END $$;

-- Does any of these still write?
CREATE FUNCTION audit_writing(p_writers text[]) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    SELECT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = 'vouch.audit'::regclass
        AND l.mode = 'RowExclusiveLock' AND l.virtualtransaction = ANY (p_writers)
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
$$;

-- Tenants that have audit rows behind a number.
CREATE FUNCTION audit_tenants(p_after bigint) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
DECLARE
    before text := current_setting('vouch.tenant', true);
    t uuid;
BEGIN
    FOR t IN SELECT tenant_id FROM tenant_ids() AS tenant_id ORDER BY tenant_id LOOP
        PERFORM set_config('vouch.tenant', t::text, true);
        IF EXISTS (SELECT FROM audit a WHERE a.tenant_id = t AND a.sequence > p_after) THEN
            RETURN NEXT t;
        END IF;
    END LOOP;
    PERFORM set_config('vouch.tenant', before, true);
END $$;

-- Names of people don't belong into rows that are never changed. The one business key that holds one (air ticket and
-- passenger) stands there with a hash in the name's place: still the same for the same key.
CREATE FUNCTION key_without_person(p_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_key LIKE 'cn.air:%:%' THEN 'cn.air:' || split_part(p_key, ':', 2) || ':#'
        || left(encode(sha256(convert_to(p_key, 'UTF8')), 'hex'), 32) ELSE p_key END
$$;

REVOKE ALL ON FUNCTION audit_horizon(), audit_writing(text[]), audit_tenants(bigint), key_without_person(text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION key_without_person(text) TO vouch_work;
GRANT EXECUTE ON FUNCTION audit_horizon(), audit_writing(text[]), audit_tenants(bigint) TO vouch_work;
GRANT SELECT ON audit_chain TO vouch_serve, vouch_work, vouch_read;
GRANT SELECT ON audit TO vouch_work;
GRANT INSERT ON audit_chain TO vouch_work;
