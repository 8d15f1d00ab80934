-- The queue keeps its pace while other sessions hold old snapshots, and every query finds what it needs by an index.
--
-- A job is written three times within seconds (queued, leased, gone), and an old snapshot anywhere in the server keeps
-- every one of these versions from being vacuumed. So the queue is four tables in turn ("slots"): new jobs go to one of
-- them, and one that has no job left is truncated, which no snapshot prevents. What is dead is bounded by the slots.
-- oldest program: 1

ALTER TABLE job RENAME TO job_before;
ALTER TABLE job_before RENAME CONSTRAINT job_pkey TO job_before_pkey;
DROP INDEX job_turn, job_tenant_turn, job_leased, job_dead, job_document, job_id;
CREATE SEQUENCE job_number;
SELECT setval('job_number', (SELECT greatest(coalesce(max(id), 0), 1) FROM job_before));

-- Which slot takes new jobs, and since when another one was seen without any.
CREATE TABLE job_slot (
    slot smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND 3),
    current boolean NOT NULL,
    emptied_at timestamptz
);
CREATE UNIQUE INDEX job_slot_current ON job_slot (current) WHERE current;
INSERT INTO job_slot (slot, current) SELECT s, s = 0 FROM generate_series(0, 3) AS s;
ALTER TABLE job_slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_slot FORCE ROW LEVEL SECURITY;
CREATE POLICY of_owner ON job_slot TO vouch_owner USING (true);
CREATE POLICY of_all ON job_slot FOR SELECT TO vouch_serve, vouch_work, vouch_read USING (true);

CREATE FUNCTION job_slot_now() RETURNS smallint LANGUAGE sql STABLE AS $$ SELECT slot FROM vouch.job_slot WHERE current $$;

CREATE TABLE job (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id bigint NOT NULL DEFAULT nextval('job_number'),
    slot smallint NOT NULL DEFAULT job_slot_now(),
    document_id uuid NOT NULL,
    bulk boolean NOT NULL,
    turn bigint NOT NULL,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'leased', 'dead')),
    not_before timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    token uuid,
    leased_until timestamptz,
    worker text,
    reason text,
    detail text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id, slot)
) PARTITION BY LIST (slot);
-- A document gets its job in the transaction that makes the document, so that one document has one job.
-- (Not by the tenant first: whatever the planner believes of a slot, it must not take this index for a job's id.)
CREATE INDEX job_document ON job (document_id);
CREATE INDEX job_turn ON job (bulk, turn, id) WHERE state = 'ready';
CREATE INDEX job_tenant_turn ON job (tenant_id, bulk, turn) WHERE state = 'ready';
-- By id, not by time: a heartbeat changes no indexed column and stays in its page.
CREATE INDEX job_leased ON job (id) WHERE state = 'leased';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
ALTER TABLE job FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON job USING (tenant_id = (SELECT current_setting('vouch.tenant')::uuid));
CREATE POLICY of_owner ON job TO vouch_owner USING (true);
DO $$
BEGIN
    FOR s IN 0 .. 3 LOOP
        -- Truncating is the rule; vacuum is for a slot that some old job keeps. Never analyzed: what is in a slot at
        -- one moment says nothing of the next, and plans stay.
        EXECUTE format('CREATE TABLE job_%s PARTITION OF job FOR VALUES IN (%s) WITH (fillfactor = 70,'
            ' autovacuum_vacuum_threshold = 200000, autovacuum_vacuum_cost_delay = 0,'
            ' autovacuum_analyze_threshold = 2000000000)', s, s);
        EXECUTE format('ALTER TABLE job_%s ENABLE ROW LEVEL SECURITY', s);
        EXECUTE format('ALTER TABLE job_%s FORCE ROW LEVEL SECURITY', s);
    END LOOP;
END $$;
INSERT INTO job (tenant_id, id, slot, document_id, bulk, turn, state, not_before, attempts, token, leased_until, worker,
    reason, detail, created_at)
SELECT tenant_id, id, 0, document_id, bulk, turn, state, not_before, attempts, token, leased_until, worker, reason,
    detail, created_at FROM job_before;
DROP TABLE job_before;

GRANT USAGE ON SEQUENCE job_number TO vouch_serve;
GRANT SELECT ON job_slot TO vouch_serve, vouch_work, vouch_read;
GRANT SELECT, INSERT, DELETE ON job TO vouch_serve;
GRANT SELECT, UPDATE, DELETE ON job TO vouch_work;

-- Slots are empty at one moment and full at the next, and a plan is kept for long: the plans of the queue's functions
-- are fixed, by settings and by conditions that only one index serves.
CREATE OR REPLACE FUNCTION job_lease(p_bulk boolean, p_turn bigint, p_id bigint, p_limit integer, p_seconds integer,
    p_worker text)
RETURNS TABLE (id bigint, tenant_id uuid, document_id uuid, token uuid, attempts integer, turn bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH picked AS (
        SELECT j.slot, j.ctid AS place FROM job j
        WHERE j.state = 'ready' AND j.bulk = p_bulk AND (j.turn, j.id) > (p_turn, p_id) AND j.not_before <= now()
        ORDER BY j.turn, j.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    UPDATE job j SET state = 'leased', attempts = j.attempts + 1, token = gen_random_uuid(), worker = p_worker,
        leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    FROM picked p WHERE j.slot = p.slot AND j.ctid = p.place
    RETURNING j.id, j.tenant_id, j.document_id, j.token, j.attempts, j.turn;
END $$;

-- Jobs that are done; gives back those whose lease was still held. (A token is of one lease of one job: that ids and
-- tokens are in pairs needs no check.)
CREATE FUNCTION job_complete(p_ids bigint[], p_tokens uuid[]) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY DELETE FROM job j WHERE j.id = ANY (p_ids) AND j.token = ANY (p_tokens) AND j.state = 'leased'
    RETURNING j.id;
END $$;

CREATE OR REPLACE FUNCTION job_heartbeat(p_ids bigint[], p_tokens uuid[], p_seconds integer) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY UPDATE job j SET leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE j.id = ANY (p_ids) AND j.token = ANY (p_tokens) AND j.state = 'leased' RETURNING j.id;
END $$;

CREATE OR REPLACE FUNCTION job_expired(p_limit integer)
RETURNS TABLE (id bigint, tenant_id uuid, document_id uuid, token uuid, attempts integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET jit = off AS $$
    SELECT j.id, j.tenant_id, j.document_id, j.token, j.attempts FROM job j
    WHERE j.state = 'leased' AND j.leased_until < clock_timestamp() ORDER BY j.leased_until LIMIT p_limit
$$;

-- (IS TRUE: by the document's index, whatever the planner believes of a slot.)
CREATE OR REPLACE FUNCTION job_place(p_tenant uuid, p_document uuid) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    mine record;
BEGIN
    SELECT j.bulk, j.turn, j.id INTO mine FROM job j
    WHERE j.document_id = p_document AND (j.tenant_id = p_tenant AND j.state = 'ready') IS TRUE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*) FROM (SELECT FROM job j
        WHERE j.bulk = mine.bulk AND j.state = 'ready' AND (j.turn, j.id) <= (mine.turn, mine.id) LIMIT 1000) AS ahead);
END $$;

-- Counts go by the index of each state and stop at a million: whoever looks on must not slow the queue down.
CREATE OR REPLACE FUNCTION queue_depth()
RETURNS TABLE (queued bigint, waiting bigint, leased bigint, dead bigint, oldest double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp SET enable_seqscan = off SET jit = off AS $$
    WITH ready AS (SELECT count(*) FILTER (WHERE not_before <= now()) AS due,
        count(*) FILTER (WHERE not_before > now()) AS later, min(created_at) FILTER (WHERE not_before <= now()) AS first
        FROM (SELECT not_before, created_at FROM job WHERE state = 'ready' AND bulk IN (false, true)
            AND turn >= 0 ORDER BY bulk, turn LIMIT 1000000) AS r)
    SELECT due, later, (SELECT count(*) FROM (SELECT FROM job WHERE state = 'leased' AND id > 0 LIMIT 1000000) AS l),
        (SELECT count(*) FROM (SELECT FROM job WHERE state = 'dead' AND id > 0 LIMIT 1000000) AS d),
        coalesce(extract(epoch FROM now() - first), 0)
    FROM ready
$$;

-- Empty the slots that have no job left, and turn to the next one when the present one has grown beyond a size. A slot
-- must have been seen empty ten seconds before: a dump that took its snapshot then holds its locks now, and finds its
-- rows. What would hold a slot for long (dead letters, retries far off) moves to the present one; an update that meets
-- the move is repeated by its caller (serialization failure).
CREATE FUNCTION job_rotate(p_bytes bigint) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    present smallint;
    following smallint;
    s record;
    emptied integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('vouch.job_rotate')) THEN
        RETURN 0;
    END IF;
    SELECT slot INTO present FROM job_slot WHERE current;
    following := (present + 1) % 4;
    IF pg_relation_size(format('job_%s', present)) > p_bytes AND pg_relation_size(format('job_%s', following)) = 0 THEN
        UPDATE job_slot SET current = false WHERE slot = present;
        UPDATE job_slot SET current = true WHERE slot = following;
        present := following;
    END IF;
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR s IN SELECT slot, emptied_at FROM job_slot WHERE NOT current ORDER BY slot LOOP
        CONTINUE WHEN pg_relation_size(format('job_%s', s.slot)) = 0;
        IF EXISTS (SELECT FROM job WHERE slot = s.slot) THEN
            UPDATE job SET slot = present WHERE slot = s.slot AND state IN ('dead', 'ready') AND (state = 'dead'
                OR not_before > now() + interval '1 minute');
            UPDATE job_slot SET emptied_at = NULL WHERE slot = s.slot AND emptied_at IS NOT NULL;
        ELSIF s.emptied_at IS NULL THEN
            UPDATE job_slot SET emptied_at = now() WHERE slot = s.slot;
        ELSIF s.emptied_at < now() - interval '10 s' THEN
            BEGIN
                EXECUTE format('LOCK TABLE job_%s IN ACCESS EXCLUSIVE MODE', s.slot);
                IF NOT EXISTS (SELECT FROM job WHERE slot = s.slot) THEN
                    EXECUTE format('TRUNCATE job_%s', s.slot);
                    UPDATE job_slot SET emptied_at = NULL WHERE slot = s.slot;
                    emptied := emptied + 1;
                END IF;
            EXCEPTION WHEN lock_not_available THEN
                NULL; -- somebody reads it; next time
            END;
        END IF;
    END LOOP;
    RETURN emptied;
END $$;

-- Row-level security keeps comparisons of numerics from using an index (they are not leakproof), so that each look for
-- neighbours went through all invoices of the tenant: they are looked up by the texts of their numbers (invoice_number).
DROP INDEX invoice_neighbour;
-- The keys of an invoice, for comparing it and for erasing.
CREATE INDEX invoice_key_invoice ON invoice_key (tenant_id, invoice_id);
CREATE INDEX invoice_seen_key_invoice ON invoice_seen_key (tenant_id, invoice_id);
CREATE INDEX verification_document ON verification (tenant_id, document_id);
-- A reviewer's list: what waits in one branch.
CREATE INDEX claim_branch_state ON claim (tenant_id, branch_id, state, id);

REVOKE ALL ON FUNCTION job_slot_now(), job_complete(bigint[], uuid[]), job_rotate(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION job_slot_now() TO vouch_serve, vouch_work;
GRANT EXECUTE ON FUNCTION job_complete(bigint[], uuid[]), job_rotate(bigint) TO vouch_work;
