-- oldest program: 1
--
-- How long what is kept, which documents must not go meanwhile, and what is left of a document that went.
--
-- A document that was erased stays as a row: its hash, its claim, its business keys and amounts, so that its invoice
-- can't be paid a second time. Its file, pictures, words and everything else that was read from it are gone.

ALTER TABLE document ADD COLUMN erased_at timestamptz, ADD COLUMN masked_at timestamptz;

-- One rule for a scope and a kind of invoice; '*': for every kind without a rule of its own.
CREATE TABLE retention_rule (
    tenant_id uuid NOT NULL REFERENCES tenant,
    scope text NOT NULL CHECK (scope IN ('paid', 'closed', 'removed', 'failed', 'verification', 'personal')),
    kind text NOT NULL DEFAULT '*' CHECK (length(kind) BETWEEN 1 AND 64),
    days integer NOT NULL CHECK (days BETWEEN 0 AND 36500),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, scope, kind)
);

CREATE TABLE legal_hold (
    tenant_id uuid NOT NULL REFERENCES tenant,
    subject text NOT NULL CHECK (subject IN ('claim', 'document')),
    subject_id uuid NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject, subject_id)
);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['retention_rule', 'legal_hold'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY of_tenant ON %I'
            ' USING (tenant_id = (SELECT current_setting(''vouch.tenant'')::uuid))', t);
    END LOOP;
END $$;

-- Not of a key that has no name in it any more.
CREATE OR REPLACE FUNCTION key_without_person(p_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_key LIKE 'cn.air:%:%' AND p_key NOT LIKE 'cn.air:%:#%' THEN 'cn.air:' || split_part(p_key, ':', 2)
        || ':#' || left(encode(sha256(convert_to(p_key, 'UTF8')), 'hex'), 32) ELSE p_key END
$$;

CREATE FUNCTION is_held(p_tenant uuid, p_document uuid, p_claim uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM legal_hold h WHERE h.tenant_id = p_tenant AND (h.subject = 'document'
        AND h.subject_id = p_document OR h.subject = 'claim' AND h.subject_id = p_claim))
$$;

-- Documents whose time is over, with the rule that says so. Where a document shows several kinds the rule that keeps
-- longest decides, and a kind without a rule keeps it for good. Erasing goes before masking.
CREATE FUNCTION retention_due(p_limit integer)
RETURNS TABLE (document_id uuid, scope text, kind text, days integer, since timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (d.id) d.id, s.scope, r.kind, r.days, s.since
    FROM document d
    LEFT JOIN claim c ON c.tenant_id = d.tenant_id AND c.id = d.claim_id
    CROSS JOIN LATERAL (VALUES
        ('paid', CASE WHEN c.state = 'paid' AND d.removed_at IS NULL THEN c.paid_at END, 1),
        ('closed', CASE WHEN c.state IN ('rejected', 'withdrawn') AND d.removed_at IS NULL THEN c.updated_at END, 1),
        ('removed', d.removed_at, 1),
        ('failed', CASE WHEN d.state = 'failed' THEN d.done_at END, 1),
        ('verification', CASE WHEN d.claim_id IS NULL AND d.state = 'done' THEN d.done_at END, 1),
        ('personal', CASE WHEN d.state = 'done' AND d.masked_at IS NULL THEN d.done_at END, 2)) AS s (scope, since, turn)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN bool_and(x.days IS NOT NULL) THEN max(x.days) END AS days,
            (array_agg(x.kind ORDER BY x.days DESC))[1] AS kind
        FROM (
            SELECT coalesce(own.days, every.days) AS days, CASE WHEN own.days IS NULL THEN '*' ELSE own.kind END AS kind
            FROM (SELECT DISTINCT i.kind FROM document_invoice i WHERE i.tenant_id = d.tenant_id AND i.document_id = d.id
                UNION ALL SELECT '*' WHERE NOT EXISTS (SELECT FROM document_invoice i WHERE i.tenant_id = d.tenant_id
                AND i.document_id = d.id)) AS shown
            LEFT JOIN retention_rule own ON own.tenant_id = d.tenant_id AND own.scope = s.scope AND own.kind = shown.kind
            LEFT JOIN retention_rule every ON every.tenant_id = d.tenant_id AND every.scope = s.scope AND every.kind = '*'
        ) AS x) AS r
    WHERE d.tenant_id = (SELECT current_setting('vouch.tenant')::uuid) AND d.erased_at IS NULL AND s.since IS NOT NULL
        AND EXISTS (SELECT FROM retention_rule f WHERE f.tenant_id = (SELECT current_setting('vouch.tenant')::uuid))
        AND s.since < now() - (SELECT make_interval(days => min(f.days)) FROM retention_rule f
            WHERE f.tenant_id = d.tenant_id AND f.scope = s.scope)
        AND s.since < now() - make_interval(days => r.days)
        AND NOT is_held(d.tenant_id, d.id, d.claim_id)
        AND NOT EXISTS (SELECT FROM job j WHERE j.tenant_id = d.tenant_id AND j.document_id = d.id
            AND j.state IN ('ready', 'leased'))
    ORDER BY d.id, s.turn, s.since
    LIMIT p_limit
$$;

REVOKE ALL ON FUNCTION is_held(uuid, uuid, uuid), retention_due(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_held(uuid, uuid, uuid), retention_due(integer) TO vouch_work;
GRANT SELECT ON retention_rule, legal_hold TO vouch_serve, vouch_work, vouch_read;
GRANT UPDATE (reading, words_sha256) ON reading TO vouch_work;
GRANT UPDATE (detail) ON match TO vouch_work;
GRANT DELETE ON page_picture, invoice_key, invoice_seen_key TO vouch_work;
