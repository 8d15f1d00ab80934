"""What must hold when the queue is empty, whatever has happened before.

`check` compares what the clients know (every upload that was acknowledged, and which ones show the same invoice) with
the tables and the files. Each complaint names the document it is about where it is about one.
"""
import hashlib
import os
import re

# What the tables must say about themselves: name → query that finds offenders, as (what, document or nothing).
TABLES = {
    "jobs are left": """
        SELECT state || ' ' || coalesce(reason, ''), document_id FROM job""",
    "documents that are not done": """
        SELECT concat_ws(' ', state, problem, problem_detail), id FROM document
        WHERE state <> 'done' AND removed_at IS NULL""",
    "documents without their reading": """
        SELECT d.file, d.id FROM document d WHERE d.state = 'done' AND NOT EXISTS (
            SELECT FROM reading r WHERE r.document_id = d.id AND r.version = d.reading_version)""",
    "documents that were read more than once": """
        SELECT count(*)::text, document_id FROM reading GROUP BY document_id HAVING count(*) > 1""",
    "the same bytes twice in one claim": """
        SELECT count(*)::text, min(id::text) FROM document WHERE removed_at IS NULL AND claim_id IS NOT NULL
        GROUP BY claim_id, sha256 HAVING count(*) > 1""",
    "documents without exactly one event": """
        SELECT count(o.id)::text, d.id FROM document d
        LEFT JOIN outbox o ON o.subject_id = d.id AND o.type = 'document.done'
        WHERE d.state = 'done' GROUP BY d.id HAVING count(o.id) <> 1""",
    "documents without exactly one audit row of acceptance": """
        SELECT count(a.sequence)::text, d.id FROM document d
        LEFT JOIN audit a ON a.subject_id = d.id AND a.action = 'document.accept'
        GROUP BY d.id HAVING count(a.sequence) <> 1""",
    "documents without exactly one audit row of reading": """
        SELECT count(a.sequence)::text, d.id FROM document d
        LEFT JOIN audit a ON a.subject_id = d.id AND a.action = 'document.read'
        WHERE d.state = 'done' GROUP BY d.id HAVING count(a.sequence) <> 1""",
    "keys that lead to no invoice": """
        SELECT k.key, NULL FROM invoice_key k WHERE NOT EXISTS (
            SELECT FROM invoice i WHERE i.tenant_id = k.tenant_id AND i.id = k.invoice_id)""",
    "invoices that no document shows": """
        SELECT i.id::text, i.document_id FROM invoice i WHERE NOT EXISTS (
            SELECT FROM document_invoice d WHERE d.tenant_id = i.tenant_id AND d.invoice_id = i.id)""",
    "confirmed keys that another invoice holds": """
        SELECT s.key, i.document_id FROM invoice_seen_key s JOIN invoice_key k USING (tenant_id, key)
        JOIN invoice i ON i.tenant_id = s.tenant_id AND i.id = s.invoice_id
        WHERE s.confirmed AND k.invoice_id <> s.invoice_id""",
    "invoices held by more than one claim": """
        SELECT a.invoice_id::text, NULL FROM allocation a WHERE a.state IN ('reserved', 'consumed')
        GROUP BY a.tenant_id, a.invoice_id HAVING count(*) > 1 AND bool_or(a.exclusive)""",
    "more allocated than the invoice is worth": """
        SELECT a.invoice_id::text, NULL FROM allocation a
        JOIN invoice i ON i.tenant_id = a.tenant_id AND i.id = a.invoice_id
        WHERE a.state IN ('reserved', 'consumed')
        GROUP BY a.invoice_id, i.gross_minor HAVING sum(a.amount_minor) > i.gross_minor""",
    "claims whose sum is not their allocations'": """
        SELECT c.reference, NULL FROM claim c WHERE c.invoices_minor <> (
            SELECT coalesce(sum(CASE WHEN a.credit THEN -a.amount_minor ELSE a.amount_minor END), 0) FROM allocation a
            WHERE a.tenant_id = c.tenant_id AND a.claim_id = c.id AND a.state IN ('reserved', 'consumed')
                AND a.currency = c.currency)""",
    "accepted without holding it": """
        SELECT i.outcome, i.document_id FROM document_invoice i
        JOIN document d ON d.tenant_id = i.tenant_id AND d.id = i.document_id
        JOIN claim c ON c.tenant_id = d.tenant_id AND c.id = d.claim_id
        WHERE d.removed_at IS NULL AND i.outcome IN ('accepted', 'copy', 'held')
            AND c.state IN ('draft', 'submitted', 'approved', 'paid') AND NOT EXISTS (
                SELECT FROM allocation a WHERE a.tenant_id = i.tenant_id AND a.invoice_id = i.invoice_id
                    AND a.claim_id = d.claim_id AND a.state IN ('reserved', 'consumed'))""",
}

# Documents of one invoice under several claims, none of them withdrawn: one holds it, the others point to that one.
HOLDERS = """
    SELECT d.id, i.invoice_id, i.outcome, c.reference, i.pointer_reference FROM document d
    JOIN document_invoice i ON i.tenant_id = d.tenant_id AND i.document_id = d.id
    JOIN claim c ON c.tenant_id = d.tenant_id AND c.id = d.claim_id"""

BLOBS = """
    SELECT tenant_id, sha256 FROM document UNION SELECT tenant_id, sha256 FROM page_picture
    UNION SELECT tenant_id, words_sha256 FROM reading WHERE words_sha256 IS NOT NULL"""


def of_tables(database):
    complaints = []
    for name, query in TABLES.items():
        for row in database.sql(query):
            complaints.append(("%s: %s" % (name, row[0]), row[1] if len(row) > 1 else ""))
    return complaints


def of_uploads(database, groups):
    """@param groups  lists of document ids, all acknowledged; those of one list show the same invoice"""
    complaints, shown, first = [], {}, {}
    for document, invoice, outcome, reference, pointer in database.sql(HOLDERS):
        shown[document] = (invoice, outcome, reference, pointer)
    for group in groups:
        rows = {document: shown.get(document) for document in group}
        for document, row in rows.items():
            if row is None:
                complaints.append(("an acknowledged upload is lost", document))
        there = [row for row in rows.values() if row]
        invoices = {row[0] for row in there}
        holders = [row for row in there if row[1] in ("accepted", "held")]
        if len(invoices) > 1:
            complaints.append(("one invoice became %d" % len(invoices), group[0]))
        if there and len(holders) != 1:
            complaints.append(("an invoice has %d holders: %s" % (len(holders), [row[1] for row in there]), group[0]))
        for document, row in rows.items():
            if row and len(holders) == 1 and row[1] == "duplicate" and row[3] != holders[0][2]:
                complaints.append(("a duplicate points to %s instead of %s" % (row[3], holders[0][2]), document))
        for invoice in invoices:
            if first.setdefault(invoice, group[0]) != group[0]:
                complaints.append(("two invoices became one", group[0]))
    return complaints


def files(blobs):
    """(tenant, hash) → path of every blob; and what else lies about."""
    found, others = {}, []
    for folder, _, names in os.walk(blobs):
        for name in names:
            path = os.path.join(folder, name)
            parts = os.path.relpath(path, blobs).split(os.sep)
            if parts[0] == "tenants" and re.fullmatch("[0-9a-f]{64}", name):
                found[parts[1], name] = path
            elif parts[0] == "tmp":
                others.append(path)
    return found, others


def of_blobs(database, blobs, checked):
    """@param checked  set of paths whose bytes were compared with their name before: not again"""
    complaints = []
    found, _ = files(blobs)
    for tenant, sha256 in database.sql(BLOBS):
        path = found.get((tenant, sha256))
        if path is None:
            owner = database.sql("SELECT id FROM document WHERE sha256 = '%s' LIMIT 1" % sha256)
            complaints.append(("the blob %s of a row is gone" % sha256[:12], owner[0][0] if owner else ""))
        elif path not in checked:
            checked.add(path)
            with open(path, "rb") as file:
                if hashlib.sha256(file.read()).hexdigest() != sha256:
                    complaints.append(("the blob %s is damaged" % sha256[:12], ""))
    return complaints


def orphans(database, blobs):
    """Blobs without a row, and uploads without an end."""
    used = {(tenant, sha256) for tenant, sha256 in database.sql(BLOBS)}
    found, others = files(blobs)
    return [path for name, path in found.items() if name not in used] + others
