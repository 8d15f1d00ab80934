-- A history of invoices straight into the tables, as if they had been claimed, read and paid over the last two years.
--
--   psql -v first=1 -v last=1000000 -v tenant='the slug of the largest tenant' -f history.sql
--
-- Five tenants (60, 25, 10, 4, 1 % of the invoices), 20 branches and 200 accounts each; claims of four invoices, a
-- document an invoice; sellers as in life: few with very many invoices, most with few; three of ten invoices with an old
-- number of eight digits, whose numbers meet those of other sellers, the others with one of twenty. Keys, prints and
-- hashes have the shape of real ones. Ids are in the order of time, like UUIDv7. The readings are short: nothing looks
-- into them, and a real one is compressed and stored aside. Not filled: audit, outbox and pictures, which nothing that is
-- done to a document reads.
--
-- Triggers and references are not checked here (they are right by construction); what is written later is checked.

\set ON_ERROR_STOP on
SET search_path = vouch;
SET session_replication_role = replica;
SET synchronous_commit = off;
SET maintenance_work_mem = '1GB';
SET work_mem = '256MB';

INSERT INTO tenant (tenant_id, slug, name, currency)
SELECT gen_random_uuid(), 'history-' || t, 'History ' || t, 'CNY' FROM generate_series(2, 5) t ON CONFLICT DO NOTHING;
INSERT INTO branch (tenant_id, id, code, name)
SELECT tenant_id, gen_random_uuid(), 'B' || b, 'Branch ' || b FROM tenant, generate_series(1, 20) b
WHERE slug = :'tenant' OR slug LIKE 'history-%' ON CONFLICT DO NOTHING;
INSERT INTO account (tenant_id, id, login, name, role, branch_id)
SELECT b.tenant_id, gen_random_uuid(), b.code || '-' || a, 'Account ' || a, 'employee', b.id
FROM branch b, generate_series(1, 10) a WHERE b.code ~ '^B[0-9]+$' ON CONFLICT DO NOTHING;

CREATE TEMP TABLE place AS
SELECT CASE t.slug WHEN :'tenant' THEN 1 ELSE substr(t.slug, 9)::integer END AS tenant_number, t.tenant_id,
    b.id AS branch_id, a.id AS account_id,
    row_number() OVER (PARTITION BY t.tenant_id ORDER BY a.id) AS number
FROM tenant t JOIN branch b USING (tenant_id) JOIN account a ON a.tenant_id = b.tenant_id AND a.branch_id = b.id
WHERE (t.slug = :'tenant' OR t.slug LIKE 'history-%') AND b.code ~ '^B[0-9]+$';
CREATE INDEX ON place (tenant_number, number);
ANALYZE place;

-- An id of kind k for number n: its order is that of time.
CREATE FUNCTION pg_temp.history_id(k text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1700000000000 + n * 6), 12, '0') || '7' || substr(md5(k || n), 1, 3) || '8'
        || substr(md5(k || n), 4, 15))::uuid
$$;

-- What decides everything about invoice n.
CREATE UNLOGGED TABLE history AS
SELECT n, p.tenant_id, p.branch_id, p.account_id, pg_temp.history_id('c', c) AS claim_id,
    pg_temp.history_id('d', n) AS document_id, pg_temp.history_id('i', n) AS invoice_id,
    n = c * 4 - 3 AS opens, s.seller, md5('a' || n) || md5('b' || n) AS sha256, md5('x' || n) AS xxh3,
    '91' || lpad(abs(hashint8(s.seller))::text, 16, '0') AS tax_id,
    CASE WHEN n % 10 < 3 THEN lpad((n / 2 * 7919 % 100000000)::text, 8, '0') ELSE '26' || lpad(s.seller::text, 6, '0') || lpad(n::text, 12, '0') END AS number,
    CASE WHEN n % 10 < 3 THEN (n % 2)::text || lpad((s.seller % 100000000000)::text, 11, '3') END AS code,
    current_date - ((:last - n) * 730 / :last)::integer AS day, 100 + (hashint8(n + 7)::bigint + 2147483648) % 2000000 AS gross
FROM (SELECT n, (n + 3) / 4 AS c FROM generate_series(:first::bigint, :last::bigint) n) g
CROSS JOIN LATERAL (SELECT (50000 * power((hashint8(n + 11)::bigint + 2147483648) / 4294967296.0, 3))::bigint AS seller) s
CROSS JOIN LATERAL (SELECT (hashint8(c)::bigint + 2147483648) % 100 AS share, 1 + (hashint8(c + 3)::bigint + 2147483648)
    % 200 AS number) w
JOIN place p ON p.number = w.number AND p.tenant_number = CASE WHEN w.share < 60 THEN 1 WHEN w.share < 85 THEN 2
    WHEN w.share < 95 THEN 3 WHEN w.share < 99 THEN 4 ELSE 5 END;
ANALYZE history;

-- Indexes that are not keys are made anew afterwards: much faster than an entry at a time.
CREATE TEMP TABLE remake AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
WHERE t.relnamespace = 'vouch'::regnamespace AND NOT i.indisprimary AND t.relname IN ('claim', 'document', 'reading',
    'invoice', 'document_invoice', 'allocation') AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
SELECT format('DROP INDEX %s', name) FROM remake \gexec
-- Nothing refers to the keys, and hashes come in no order: the same for these two primary keys.
CREATE TEMP TABLE remake_key AS
SELECT conrelid::regclass::text AS name, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE contype = 'p' AND conrelid IN ('invoice_key'::regclass, 'invoice_seen_key'::regclass);
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', name, conname) FROM remake_key \gexec

INSERT INTO claim (tenant_id, id, reference, branch_id, account_id, state, version, currency, invoices_minor, title,
    created_at, updated_at, submitted_at, decided_at, paid_at)
SELECT tenant_id, claim_id, 'C-H' || upper(lpad(to_hex(n), 10, '0')), branch_id, account_id, CASE WHEN n % 97 = 1 THEN
    'submitted' WHEN n % 101 = 1 AND day > current_date - 25 THEN 'draft' ELSE 'paid' END, 6, 'CNY', gross * 4, 'Trip ' || n, day, day, day, day, day
FROM history WHERE opens;
INSERT INTO document (tenant_id, id, claim_id, branch_id, account_id, file, format, sha256, xxh3, bytes, state, outcome,
    attempts, reading_version, created_at, done_at)
SELECT tenant_id, document_id, claim_id, branch_id, account_id, n || '.pdf', (ARRAY['pdf', 'ofd', 'xml'])[1 + n % 3],
    sha256, xxh3, 40000 + n % 9000, 'done', 'accepted', 1, 1, day, day FROM history;
INSERT INTO reading (tenant_id, document_id, version, reading, created_at)
SELECT tenant_id, document_id, 1, json_build_object('schema', 'vouch.reading/1', 'file', n || '.pdf'), day FROM history;
INSERT INTO invoice (tenant_id, id, document_id, kind, credit, invoice_code, invoice_number, number_value, issue_date,
    seller_tax_id, seller_name, currency, gross_minor, keys_confirmed, fields_print, text_print, created_at)
SELECT tenant_id, invoice_id, document_id, CASE WHEN code IS NULL THEN 'cn.digital.ordinary' ELSE
    'cn.vat.ordinary.electronic' END, n % 200 = 0, code, number, number::numeric, day, tax_id, 'Seller ' || seller, 'CNY',
    gross, true, 'v1:' || md5('f' || n), 'v1:' || md5('t' || n), day FROM history;
INSERT INTO invoice_key (tenant_id, key, invoice_id)
SELECT tenant_id, coalesce('cn:' || code || ':', 'cn:') || number, invoice_id FROM history
UNION ALL SELECT tenant_id, 'sha256:' || sha256 || ':0', invoice_id FROM history;
INSERT INTO invoice_seen_key (tenant_id, key, invoice_id, confirmed)
SELECT tenant_id, coalesce('cn:' || code || ':', 'cn:') || number, invoice_id, true FROM history;
INSERT INTO document_invoice (tenant_id, document_id, invoice, invoice_id, kind, outcome, credit, currency, gross_minor,
    keys, keys_confirmed)
SELECT tenant_id, document_id, 0, invoice_id, CASE WHEN code IS NULL THEN 'cn.digital.ordinary' ELSE
    'cn.vat.ordinary.electronic' END, 'accepted', n % 200 = 0, 'CNY', gross,
    ARRAY[coalesce('cn:' || code || ':', 'cn:') || number], true FROM history;
INSERT INTO allocation (tenant_id, id, invoice_id, claim_id, amount_minor, currency, credit, state, created_at, changed_at)
SELECT tenant_id, pg_temp.history_id('l', n), invoice_id, claim_id, gross, 'CNY', n % 200 = 0,
    CASE WHEN (n - 1) / 4 * 4 % 97 = 0 THEN 'reserved' ELSE 'consumed' END, day, day FROM history;
DROP TABLE history;
SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', name, conname, definition) FROM remake_key \gexec
SELECT definition FROM remake \gexec
VACUUM ANALYZE;
