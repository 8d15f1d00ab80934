/** What the judge says of invoices that the store finds by its indexes, through the whole worker. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum {
    PATIENCE_SECONDS = 30
};

#define SPACES                                                                        \
    "xmlns:c='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' " \
    "xmlns:a='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'>"
#define INVOICE     "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' " SPACES
#define CREDIT_NOTE "<CreditNote xmlns='urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2' " SPACES
#define DATE        "<c:IssueDate>2024-03-05</c:IssueDate>"
#define EURO        "<c:DocumentCurrencyCode>EUR</c:DocumentCurrencyCode>"
#define TAX_ID                                                                                              \
    "<a:PartyTaxScheme><c:CompanyID>DE136695976</c:CompanyID><a:TaxScheme><c:ID>VAT</c:ID></a:TaxScheme></" \
    "a:PartyTaxScheme>"
#define SELLER(id)                                                                                  \
    "<a:AccountingSupplierParty><a:Party>" id "<a:PartyLegalEntity><c:RegistrationName>Muster GmbH" \
    "</c:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>"
#define TOTALS                                                                                  \
    "<a:LegalMonetaryTotal><c:LineExtensionAmount currencyID='EUR'>100</c:LineExtensionAmount>" \
    "<c:TaxExclusiveAmount currencyID='EUR'>100</c:TaxExclusiveAmount>"                         \
    "<c:TaxInclusiveAmount currencyID='EUR'>119</c:TaxInclusiveAmount>"                         \
    "<c:PayableAmount currencyID='EUR'>119</c:PayableAmount></a:LegalMonetaryTotal>"
#define TYPE "<c:InvoiceTypeCode>380</c:InvoiceTypeCode>"

static const char first[] = INVOICE "<c:ID>10000001</c:ID>" DATE TYPE EURO SELLER(TAX_ID) TOTALS "</Invoice>";
static const char neighbour[] = INVOICE "<c:ID>10000002</c:ID>" DATE TYPE EURO SELLER(TAX_ID) TOTALS "</Invoice>";
static const char by_name[] = INVOICE "<c:ID>10000001</c:ID>" DATE TYPE EURO SELLER("") TOTALS "</Invoice>";
static const char credit_note[] =
    CREDIT_NOTE "<c:ID>10000050</c:ID>" DATE "<c:CreditNoteTypeCode>381</c:CreditNoteTypeCode>" EURO
                "<a:BillingReference><a:InvoiceDocumentReference><c:ID>10000001</c:ID></a:InvoiceDocumentReference>"
                "</a:BillingReference>" SELLER(TAX_ID) TOTALS "</CreditNote>";

/* What the second document of a pair becomes, whichever of the two it is. */
typedef struct row {
    const char *what, *a, *b;
    const char *kind, *decision, *outcome;
} row;

static const row rows[] = {
    {"consecutive numbers", first, neighbour, "sequence", "flag", "accepted"},
    {"one seller by id and by name", first, by_name, "near_fields", "hold", "held"},
    {"a credit note", first, credit_note, "red_letter", "flag", "accepted"},
};

static void read_one(world *w, const char *document)
{
    world_upload(w, w->store, document);
    cr_expect(world_wait_for(w, "SELECT count(*) FROM job", 0, PATIENCE_SECONDS));
}

static void expect_relation(world *w, const row *r, bool turned)
{
    char query[256];
    cr_assert_eq(world_number(w, "TRUNCATE claim, document, invoice, match CASCADE; SELECT 1"), 1);
    read_one(w, turned ? r->b : r->a);
    cr_expect_eq(world_number(w, "SELECT count(*) FROM document WHERE outcome = 'accepted'"), 1, "%s", r->what);
    cr_expect_eq(world_number(w, "SELECT count(*) FROM match"), 0, "%s", r->what);
    read_one(w, turned ? r->a : r->b);
    snprintf(query, sizeof query, "SELECT count(*) FROM match WHERE kind = '%s' AND decision = '%s'", r->kind,
             r->decision);
    cr_expect_eq(world_number(w, query), 1, "%s, turned: %d", r->what, turned);
    cr_expect_eq(world_number(w, "SELECT count(*) FROM match"), 1, "%s: more than that", r->what);
    snprintf(query, sizeof query, "SELECT (outcome = '%s')::int FROM document ORDER BY created_at DESC LIMIT 1",
             r->outcome);
    cr_expect_eq(world_number(w, query), 1, "%s, turned: %d", r->what, turned);
}

Test(relations, are_found_whichever_document_comes_first)
{
    world w;
    world_begin(&w);
    pid_t worker = world_start_worker(&w, 1, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int turned = 0; turned < 2; turned++)
            expect_relation(&w, &rows[i], turned);
    world_stop_worker(worker);
    world_end(&w);
}
