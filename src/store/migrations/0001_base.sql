-- The base schema (DESIGN "Who was first", "Decisions").
--
-- Every table that holds a tenant's data has a key that begins with tenant_id and row-level security, ENABLEd and
-- FORCEd. Three transaction-local settings are read by the policies; a connection that has not set them sees an error,
-- not rows:
--   vouch.tenant    uuid
--   vouch.branches  '*' or an array literal of uuids
--   vouch.account   '*' or the uuid of the only owner whose claims and documents may be seen
-- Sub-selects around current_setting make it an InitPlan, evaluated once a query, so that indexes stay usable.
-- Functions that must look across tenants or branches are SECURITY DEFINER, few, and return no payload.

CREATE TABLE tenant (
    tenant_id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    splitting boolean NOT NULL DEFAULT false,
    draft_days integer NOT NULL DEFAULT 30 CHECK (draft_days > 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE branch (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    code text NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);

CREATE TABLE account (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id uuid NOT NULL,
    login text NOT NULL CHECK (length(login) BETWEEN 1 AND 200),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role text NOT NULL CHECK (role IN ('employee', 'reviewer', 'finance', 'auditor', 'admin', 'platform')),
    branch_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, login),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch
);

-- The secret itself is nowhere: hash is its SHA-256 (it has 256 random bits, so that a slow hash would add nothing).
CREATE TABLE api_token (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    label text NOT NULL DEFAULT '',
    branch_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account,
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch
);
CREATE UNIQUE INDEX api_token_hash ON api_token (hash);

CREATE TABLE claim (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    reference text NOT NULL,
    external_ref text CHECK (length(external_ref) BETWEEN 1 AND 200),
    title text CHECK (length(title) <= 500),
    branch_id uuid NOT NULL,
    account_id uuid,
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'submitted', 'approved', 'paid', 'rejected', 'withdrawn')),
    version bigint NOT NULL DEFAULT 1,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    lines_minor bigint NOT NULL DEFAULT 0,
    invoices_minor bigint NOT NULL DEFAULT 0,
    reason text CHECK (length(reason) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    submitted_at timestamptz,
    decided_at timestamptz,
    paid_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    UNIQUE (tenant_id, external_ref),
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch,
    FOREIGN KEY (tenant_id, account_id) REFERENCES account
);
CREATE INDEX claim_branch ON claim (tenant_id, branch_id, id);
CREATE INDEX claim_state ON claim (tenant_id, state, id);
CREATE INDEX claim_account ON claim (tenant_id, account_id, id);
CREATE INDEX claim_draft_age ON claim (tenant_id, updated_at) WHERE state = 'draft';

CREATE TABLE document (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    claim_id uuid,
    branch_id uuid NOT NULL,
    account_id uuid,
    file text CHECK (length(file) <= 1000),
    format text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    xxh3 text NOT NULL CHECK (xxh3 ~ '^[0-9a-f]{32}$'),
    bytes bigint NOT NULL CHECK (bytes >= 0),
    -- received: no job yet; queued: a job waits or is leased (the job knows which)
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('received', 'queued', 'done', 'failed')),
    outcome text NOT NULL DEFAULT 'none',
    attempts integer NOT NULL DEFAULT 0,
    problem text,
    problem_detail text,
    reading_version integer NOT NULL DEFAULT 0,
    removed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, claim_id) REFERENCES claim,
    FOREIGN KEY (tenant_id, branch_id) REFERENCES branch,
    FOREIGN KEY (tenant_id, account_id) REFERENCES account
);
CREATE UNIQUE INDEX document_once ON document (tenant_id, claim_id, sha256) WHERE removed_at IS NULL;
CREATE INDEX document_sha256 ON document (tenant_id, sha256);

CREATE TABLE claim_line (
    tenant_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    id uuid NOT NULL,
    position integer NOT NULL CHECK (position > 0),
    category text CHECK (length(category) <= 200),
    cost_centre text CHECK (length(cost_centre) <= 200),
    note text CHECK (length(note) <= 2000),
    amount_minor bigint NOT NULL,
    document_id uuid,
    PRIMARY KEY (tenant_id, claim_id, id),
    FOREIGN KEY (tenant_id, claim_id) REFERENCES claim,
    FOREIGN KEY (tenant_id, document_id) REFERENCES document
);

CREATE TABLE verification (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    document_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document
);

CREATE TABLE reading (
    tenant_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    reading json NOT NULL,
    words_sha256 text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, document_id, version),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document
);
CREATE INDEX reading_words ON reading (tenant_id, words_sha256);

CREATE TABLE page_picture (
    tenant_id uuid NOT NULL,
    document_id uuid NOT NULL,
    version integer NOT NULL,
    page integer NOT NULL CHECK (page > 0),
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (tenant_id, document_id, version, page),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document
);
CREATE INDEX page_picture_sha256 ON page_picture (tenant_id, sha256);

-- One row per invoice of the real world and tenant, with what makes it findable. Prints are columns of their own, so
-- that further ones are added, not woven in.
CREATE TABLE invoice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    document_id uuid NOT NULL, -- the first that showed it
    kind text NOT NULL,
    credit boolean NOT NULL,
    invoice_code text,
    invoice_number text,
    number_value numeric, -- the number where it is one, to find neighbours
    issue_date date,
    travel_date date,
    seller_tax_id text,
    seller_name text,
    passenger_name text,
    original_invoice_code text,
    original_invoice_number text,
    currency text,
    gross_minor bigint CHECK (gross_minor >= 0),
    keys_confirmed boolean NOT NULL,
    fields_print text,
    text_print text,
    image_print text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document
);
CREATE INDEX invoice_fields_print ON invoice (tenant_id, fields_print) WHERE fields_print IS NOT NULL;
CREATE INDEX invoice_text_print ON invoice (tenant_id, text_print) WHERE text_print IS NOT NULL;
CREATE INDEX invoice_neighbour ON invoice (tenant_id, coalesce(seller_tax_id, seller_name), number_value)
    WHERE number_value IS NOT NULL;
CREATE INDEX invoice_number ON invoice (tenant_id, invoice_number) WHERE invoice_number IS NOT NULL;
CREATE INDEX invoice_original ON invoice (tenant_id, original_invoice_number)
    WHERE original_invoice_number IS NOT NULL;

-- The slot: who holds a confirmed key is the invoice. Insertion decides, never a query before it.
CREATE TABLE invoice_key (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    invoice_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, key),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice DEFERRABLE INITIALLY DEFERRED
);

-- Every key that some document stated, confirmed or not: for looking up and holding.
CREATE TABLE invoice_seen_key (
    tenant_id uuid NOT NULL,
    key text NOT NULL,
    invoice_id uuid NOT NULL,
    confirmed boolean NOT NULL,
    PRIMARY KEY (tenant_id, key, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice
);

CREATE TABLE document_invoice (
    tenant_id uuid NOT NULL,
    document_id uuid NOT NULL,
    invoice integer NOT NULL CHECK (invoice >= 0),
    invoice_id uuid,
    kind text NOT NULL,
    outcome text NOT NULL,
    credit boolean NOT NULL,
    currency text,
    gross_minor bigint,
    keys text[] NOT NULL,
    keys_confirmed boolean NOT NULL,
    pointer_reference text,
    pointer_external_ref text,
    pointer_branch text,
    pointer_date date,
    PRIMARY KEY (tenant_id, document_id, invoice),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document,
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice
);
CREATE INDEX document_invoice_invoice ON document_invoice (tenant_id, invoice_id);

CREATE TABLE allocation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    amount_minor bigint CHECK (amount_minor >= 0), -- NULL: the gross is not known
    currency text,
    credit boolean NOT NULL DEFAULT false,
    exclusive boolean NOT NULL DEFAULT true,
    state text NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'consumed', 'released')),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice,
    FOREIGN KEY (tenant_id, claim_id) REFERENCES claim
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX allocation_claim ON allocation (tenant_id, invoice_id, claim_id)
    WHERE state IN ('reserved', 'consumed');
CREATE UNIQUE INDEX allocation_exclusive ON allocation (tenant_id, invoice_id)
    WHERE exclusive AND state IN ('reserved', 'consumed');
CREATE INDEX allocation_of_claim ON allocation (tenant_id, claim_id);

CREATE TABLE match (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    document_id uuid NOT NULL,
    invoice integer NOT NULL,
    invoice_id uuid,
    other_invoice_id uuid,
    other_document_id uuid,
    kind text NOT NULL,
    score real NOT NULL,
    decision text NOT NULL CHECK (decision IN ('refuse', 'hold', 'flag')),
    detail text,
    same_claim boolean NOT NULL,
    pointer_reference text,
    pointer_external_ref text,
    pointer_branch text,
    pointer_date date,
    -- the same of this document, for whoever looks from the other side
    own_reference text,
    own_external_ref text,
    own_branch text,
    own_date date,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, document_id) REFERENCES document,
    FOREIGN KEY (tenant_id, other_document_id) REFERENCES document
);
CREATE INDEX match_document ON match (tenant_id, document_id);
CREATE INDEX match_other ON match (tenant_id, other_document_id);

-- No payload: a worker leases across tenants and sees only ids. turn orders a lane: the time of arrival in
-- microseconds, later for a tenant that has jobs waiting already, so that a backlog does not stand before others.
CREATE TABLE job (
    tenant_id uuid NOT NULL REFERENCES tenant,
    id bigint GENERATED ALWAYS AS IDENTITY,
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
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_turn ON job (bulk, turn, id) WHERE state = 'ready';
CREATE INDEX job_tenant_turn ON job (tenant_id, bulk, turn) WHERE state = 'ready';
CREATE INDEX job_leased ON job (leased_until) WHERE state = 'leased';
CREATE INDEX job_dead ON job (id) WHERE state = 'dead';
CREATE UNIQUE INDEX job_document ON job (tenant_id, document_id);

CREATE TABLE idempotency (
    tenant_id uuid NOT NULL REFERENCES tenant,
    account_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request text NOT NULL,
    request_hash text NOT NULL,
    resource_id uuid NOT NULL,
    status integer,
    headers text,
    body text,
    locked_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, account_id, key)
);
CREATE INDEX idempotency_age ON idempotency (tenant_id, created_at);

CREATE TABLE audit (
    tenant_id uuid NOT NULL REFERENCES tenant,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    account_id uuid,
    account_name text,
    request_id text,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    before json,
    after json,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE INDEX audit_subject ON audit (tenant_id, subject_id, sequence);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE TABLE outbox (
    tenant_id uuid NOT NULL REFERENCES tenant,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    id uuid NOT NULL,
    type text NOT NULL,
    subject_id uuid NOT NULL,
    payload json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE INDEX outbox_undelivered ON outbox (tenant_id, sequence) WHERE delivered_at IS NULL;

-- ------------------------------------------------------------------------------------------------ row-level security

-- Does the caller see this document or claim? Functions, since an EXISTS in a policy is planned as a hash of all
-- documents of the tenant.
CREATE FUNCTION sees_document(p_tenant uuid, p_document uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM document d WHERE d.tenant_id = p_tenant AND d.id = p_document);
END $$;
CREATE FUNCTION sees_claim(p_tenant uuid, p_claim uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM claim c WHERE c.tenant_id = p_tenant AND c.id = p_claim);
END $$;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenant', 'branch', 'account', 'api_token', 'claim', 'document', 'claim_line',
        'verification', 'reading', 'page_picture', 'invoice', 'invoice_key', 'invoice_seen_key', 'document_invoice',
        'allocation', 'match', 'job', 'idempotency', 'audit', 'outbox']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY of_tenant ON %I'
            ' USING (tenant_id = (SELECT current_setting(''vouch.tenant'')::uuid))', t);
    END LOOP;
    -- Restrictive policies are ANDed to the tenant's.
    FOREACH t IN ARRAY ARRAY['claim', 'document'] LOOP
        EXECUTE format('CREATE POLICY of_branch ON %I AS RESTRICTIVE USING ('
            '(SELECT current_setting(''vouch.branches'') = ''*'') OR branch_id = ANY ((SELECT CASE'
            ' WHEN current_setting(''vouch.branches'') = ''*'' THEN ''{}'''
            ' ELSE current_setting(''vouch.branches'') END::uuid[])::uuid[]))', t);
        EXECUTE format('CREATE POLICY of_account ON %I AS RESTRICTIVE USING ('
            '(SELECT current_setting(''vouch.account'') = ''*'') OR account_id = (SELECT CASE'
            ' WHEN current_setting(''vouch.account'') = ''*'' THEN NULL'
            ' ELSE current_setting(''vouch.account'') END::uuid))', t);
    END LOOP;
    -- What hangs on a document or claim is seen by whoever sees that one. The worker is always tenant-wide.
    FOREACH t IN ARRAY ARRAY['verification', 'reading', 'page_picture', 'document_invoice'] LOOP
        EXECUTE format('CREATE POLICY of_document ON %I AS RESTRICTIVE TO vouch_serve, vouch_read USING ('
            'sees_document(tenant_id, document_id))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['claim_line', 'allocation'] LOOP
        EXECUTE format('CREATE POLICY of_claim ON %I AS RESTRICTIVE TO vouch_serve, vouch_read USING ('
            'sees_claim(tenant_id, claim_id))', t);
    END LOOP;
END $$;
CREATE POLICY of_document ON match AS RESTRICTIVE TO vouch_serve, vouch_read USING (
    sees_document(tenant_id, document_id) OR sees_document(tenant_id, other_document_id));

-- The owner's functions below look across tenants in these tables only.
CREATE POLICY of_owner ON tenant TO vouch_owner USING (true);
CREATE POLICY of_owner ON account FOR SELECT TO vouch_owner USING (true);
CREATE POLICY of_owner ON api_token TO vouch_owner USING (true);
CREATE POLICY of_owner ON job TO vouch_owner USING (true);

-- -------------------------------------------------------------------------------------------------------- functions

-- The account of a token hash; what the caller may learn before a tenant is set. The time of use is kept to the hour, so
-- that requests don't write.
CREATE FUNCTION token_find(p_hash bytea)
RETURNS TABLE (hash bytea, tenant_id uuid, account_id uuid, token_id uuid, role text, branch_id uuid, bound boolean,
    name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
#variable_conflict use_column
BEGIN
    UPDATE api_token t SET used_at = now() FROM (
        SELECT u.tenant_id, u.id FROM api_token u
        WHERE u.hash = p_hash AND (u.used_at IS NULL OR u.used_at < now() - interval '1 hour') FOR UPDATE SKIP LOCKED) u
    WHERE t.tenant_id = u.tenant_id AND t.id = u.id;
    RETURN QUERY
    SELECT t.hash, t.tenant_id, t.account_id, t.id, a.role, coalesce(t.branch_id, a.branch_id),
           t.branch_id IS NOT NULL, a.name
    FROM api_token t JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
    WHERE t.hash = p_hash AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now());
END $$;

-- All tenants' ids, for housekeeping.
CREATE FUNCTION tenant_ids() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$ SELECT tenant_id FROM tenant $$;

-- What a refused claimant may see of the claim that holds an invoice of his tenant, whichever its branch. (A SET clause
-- of the function itself would need a superuser, so the settings are put back by hand; an error ends the transaction.)
CREATE FUNCTION invoice_pointer(p_invoice uuid, p_claim uuid)
RETURNS TABLE (reference text, external_ref text, branch text, date date)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
DECLARE
    branches text := current_setting('vouch.branches');
    account text := current_setting('vouch.account');
BEGIN
    PERFORM set_config('vouch.branches', '*', true), set_config('vouch.account', '*', true);
    RETURN QUERY
    SELECT c.reference, c.external_ref, b.name, (a.created_at AT TIME ZONE 'UTC')::date
    FROM allocation a
    JOIN claim c ON c.tenant_id = a.tenant_id AND c.id = a.claim_id
    JOIN branch b ON b.tenant_id = c.tenant_id AND b.id = c.branch_id
    WHERE a.tenant_id = current_setting('vouch.tenant')::uuid AND a.invoice_id = p_invoice AND a.claim_id <> p_claim
        AND a.state IN ('reserved', 'consumed')
    ORDER BY a.created_at, a.id LIMIT 1;
    PERFORM set_config('vouch.branches', branches, true), set_config('vouch.account', account, true);
END $$;

-- The sum of what claims hold of an invoice never exceeds its gross, and whoever holds it alone holds it alone. The
-- lock on the invoice makes the sum see every other holder.
CREATE FUNCTION allocation_within_gross() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
DECLARE
    gross bigint;
    total bigint;
    holders integer;
    alone boolean;
BEGIN
    SELECT i.gross_minor INTO gross FROM invoice i
    WHERE i.tenant_id = NEW.tenant_id AND i.id = NEW.invoice_id FOR UPDATE;
    SELECT sum(a.amount_minor), count(*), bool_or(a.exclusive) INTO total, holders, alone FROM allocation a
    WHERE a.tenant_id = NEW.tenant_id AND a.invoice_id = NEW.invoice_id AND a.state IN ('reserved', 'consumed');
    IF holders > 1 AND (alone OR gross IS NULL) OR total > gross THEN
        RAISE EXCEPTION 'allocations exceed the invoice' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'allocation_within_gross';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER allocation_within_gross AFTER INSERT OR UPDATE OF state, amount_minor, exclusive ON allocation
    FOR EACH ROW WHEN (NEW.state IN ('reserved', 'consumed')) EXECUTE FUNCTION allocation_within_gross();

-- What is left of an invoice that may be shared; locks it until the end of the transaction.
CREATE FUNCTION invoice_remaining(p_invoice uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
DECLARE
    gross bigint;
    held bigint;
    tenant uuid := current_setting('vouch.tenant')::uuid;
BEGIN
    SELECT i.gross_minor INTO gross FROM invoice i WHERE i.tenant_id = tenant AND i.id = p_invoice FOR UPDATE;
    SELECT coalesce(sum(a.amount_minor), 0) INTO held FROM allocation a
    WHERE a.tenant_id = tenant AND a.invoice_id = p_invoice AND a.state IN ('reserved', 'consumed');
    RETURN gross - held;
END $$;

-- Lease jobs of a lane behind a place in it. The caller keeps the place and moves it on, so that the scan doesn't walk
-- over dead rows that an old snapshot keeps alive.
CREATE FUNCTION job_lease(p_bulk boolean, p_turn bigint, p_id bigint, p_limit integer, p_seconds integer, p_worker text)
RETURNS TABLE (id bigint, tenant_id uuid, document_id uuid, token uuid, attempts integer, turn bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH picked AS (
        SELECT j.tenant_id, j.id FROM job j
        WHERE j.state = 'ready' AND j.bulk = p_bulk AND (j.turn, j.id) > (p_turn, p_id) AND j.not_before <= now()
        ORDER BY j.turn, j.id LIMIT p_limit FOR UPDATE SKIP LOCKED)
    UPDATE job j SET state = 'leased', attempts = j.attempts + 1, token = gen_random_uuid(), worker = p_worker,
        leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    FROM picked p WHERE j.tenant_id = p.tenant_id AND j.id = p.id
    RETURNING j.id, j.tenant_id, j.document_id, j.token, j.attempts, j.turn;
END $$;

-- Prolong leases; gives back those that are still held.
CREATE FUNCTION job_heartbeat(p_ids bigint[], p_tokens uuid[], p_seconds integer) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    UPDATE job j SET leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    FROM unnest(p_ids, p_tokens) AS l (id, token)
    WHERE j.id = l.id AND j.token = l.token AND j.state = 'leased' RETURNING j.id
$$;
CREATE INDEX job_id ON job (id);

CREATE FUNCTION job_expired(p_limit integer)
RETURNS TABLE (id bigint, tenant_id uuid, document_id uuid, token uuid, attempts integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    SELECT j.id, j.tenant_id, j.document_id, j.token, j.attempts FROM job j
    WHERE j.state = 'leased' AND j.leased_until < clock_timestamp() ORDER BY j.leased_until LIMIT p_limit
$$;

-- How many jobs stand before one in its lane, counted up to a thousand.
CREATE FUNCTION job_place(p_tenant uuid, p_document uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT FROM job mine JOIN job j ON j.bulk = mine.bulk AND j.state = 'ready' AND (j.turn, j.id) <= (mine.turn, mine.id)
        WHERE mine.tenant_id = p_tenant AND mine.document_id = p_document AND mine.state = 'ready' LIMIT 1000) AS ahead
$$;

CREATE FUNCTION queue_depth()
RETURNS TABLE (queued bigint, waiting bigint, leased bigint, dead bigint, oldest double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vouch, pg_temp AS $$
    SELECT count(*) FILTER (WHERE state = 'ready' AND not_before <= now()),
           count(*) FILTER (WHERE state = 'ready' AND not_before > now()),
           count(*) FILTER (WHERE state = 'leased'), count(*) FILTER (WHERE state = 'dead'),
           coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'ready' AND not_before <= now())), 0)
    FROM job
$$;

-- Functions are for the roles that need them, not for everybody.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA vouch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_find(bytea), invoice_pointer(uuid, uuid), invoice_remaining(uuid),
    job_place(uuid, uuid), queue_depth(), sees_document(uuid, uuid), sees_claim(uuid, uuid) TO vouch_serve;
GRANT EXECUTE ON FUNCTION tenant_ids(), invoice_pointer(uuid, uuid), invoice_remaining(uuid),
    job_lease(boolean, bigint, bigint, integer, integer, text), job_heartbeat(bigint[], uuid[], integer),
    job_expired(integer), job_place(uuid, uuid), queue_depth() TO vouch_work;
GRANT EXECUTE ON FUNCTION queue_depth(), sees_document(uuid, uuid), sees_claim(uuid, uuid) TO vouch_read;

-- ----------------------------------------------------------------------------------------------------------- grants

GRANT USAGE ON SCHEMA vouch TO vouch_serve, vouch_work, vouch_read;
GRANT SELECT ON migration TO vouch_serve, vouch_work, vouch_read;

GRANT SELECT ON tenant, branch, account, claim, claim_line, document, verification, reading, page_picture,
    document_invoice, allocation, match, job, idempotency, audit, outbox TO vouch_serve;
GRANT SELECT (tenant_id, id, account_id, label, branch_id, created_at, expires_at, revoked_at, used_at) ON api_token
    TO vouch_serve;
GRANT INSERT ON branch, account, api_token, claim, claim_line, document, verification, allocation, job, idempotency,
    audit, outbox TO vouch_serve;
GRANT UPDATE ON claim, claim_line, document, document_invoice, allocation, idempotency TO vouch_serve;
GRANT UPDATE (revoked_at) ON api_token TO vouch_serve;
GRANT UPDATE (delivered_at) ON outbox TO vouch_serve;
GRANT DELETE ON claim_line, job, idempotency TO vouch_serve;

GRANT SELECT ON tenant, branch, claim, claim_line, document, verification, reading, page_picture, invoice, invoice_key,
    invoice_seen_key, document_invoice, allocation, match, job, idempotency TO vouch_work;
GRANT INSERT ON reading, page_picture, invoice, invoice_key, invoice_seen_key, document_invoice, allocation, match,
    audit, outbox TO vouch_work;
GRANT UPDATE ON claim, document, document_invoice, invoice, invoice_key, invoice_seen_key, allocation, job TO vouch_work;
GRANT DELETE ON document_invoice, match, job, idempotency TO vouch_work;

GRANT SELECT ON tenant, branch, account, claim, claim_line, document, verification, reading, page_picture,
    document_invoice, allocation, match, audit TO vouch_read;
