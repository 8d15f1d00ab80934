#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

typedef struct key_case {
    vouch_kind kind;
    vouch_source source;
    struct {
        vouch_field field;
        const char *value;
    } fields[6];
    const char *keys[2];
    bool confirmed;
} key_case;

static void expect_keys(const key_case *row, size_t number)
{
    workbench made;
    const char *const *keys;
    size_t count;
    bool confirmed;

    made_init(&made);
    vouch_invoice *invoice = vouch_arena_alloc(made.arena, sizeof *invoice);
    invoice->kind = row->kind;
    for (size_t i = 0; i < 6 && row->fields[i].value; i++)
        invoice->fields[row->fields[i].field].chosen =
            (vouch_evidence){.source = row->source, .value = row->fields[i].value, .confidence = 0.995};
    vouch_invoice_business_keys(made.arena, invoice, &keys, &count, &confirmed);
    size_t wanted = 0;
    for (; wanted < 2 && row->keys[wanted]; wanted++)
        if (wanted < count)
            cr_expect_str_eq(keys[wanted], row->keys[wanted], "row %zu", number);
    cr_expect_eq(count, wanted, "row %zu has %zu keys", number, count);
    cr_expect_eq(confirmed, row->confirmed, "row %zu", number);
    made_done(&made);
}

Test(keys, have_the_form_of_their_kind)
{
#define CODE      VOUCH_FIELD_INVOICE_CODE
#define NUMBER    VOUCH_FIELD_INVOICE_NUMBER
#define DATE      VOUCH_FIELD_ISSUE_DATE
#define SELLER    VOUCH_FIELD_SELLER_NAME
#define SELLER_ID VOUCH_FIELD_SELLER_TAX_ID
    static const key_case rows[] = {
        {VOUCH_KIND_CN_VAT_ORDINARY,
         VOUCH_SOURCE_TEXT,
         {{CODE, "033001900104"}, {NUMBER, "12345678"}},
         {"cn:033001900104:12345678"},
         true},
        {VOUCH_KIND_CN_VAT_ORDINARY,
         VOUCH_SOURCE_OCR,
         {{CODE, "033001900104"}, {NUMBER, "12345678"}},
         {"cn:033001900104:12345678"},
         false},
        {VOUCH_KIND_CN_VAT_ORDINARY, VOUCH_SOURCE_TEXT, {{NUMBER, "12345678"}}, {NULL}, false},
        {VOUCH_KIND_CN_FISCAL,
         VOUCH_SOURCE_XML,
         {{CODE, "11010125"}, {NUMBER, "0000000001"}},
         {"cn:11010125:0000000001"},
         true},
        {VOUCH_KIND_CN_DIGITAL_SPECIAL,
         VOUCH_SOURCE_XML,
         {{NUMBER, "24112000000048542163"}},
         {"cn::24112000000048542163"},
         true},
        {VOUCH_KIND_CN_DIGITAL_SPECIAL, VOUCH_SOURCE_TEXT, {{NUMBER, "2411200000004854216"}}, {NULL}, false},
        {VOUCH_KIND_CN_RAIL_DIGITAL,
         VOUCH_SOURCE_XBRL,
         {{NUMBER, "24112000000048542163"}},
         {"cn::24112000000048542163"},
         true},
        {VOUCH_KIND_CN_VEHICLE,
         VOUCH_SOURCE_XML,
         {{NUMBER, "24112000000048542163"}},
         {"cn::24112000000048542163"},
         true},
        {VOUCH_KIND_CN_RAIL,
         VOUCH_SOURCE_OCR,
         {{VOUCH_FIELD_TICKET_SERIAL, "21152301360126Y010391"}},
         {"cn.rail:21152301360126Y010391"},
         false},
        {VOUCH_KIND_CN_AIR,
         VOUCH_SOURCE_TEXT,
         {{VOUCH_FIELD_TICKET_NUMBER, "784-1234567890"}, {VOUCH_FIELD_PASSENGER_NAME, "张 三"}},
         {"cn.air:7841234567890:张三"},
         true},
        {VOUCH_KIND_CN_TAX_PAYMENT,
         VOUCH_SOURCE_TEXT,
         {{NUMBER, "312015200500012345"}},
         {"cn.tax:312015200500012345"},
         true},
        {VOUCH_KIND_CN_ITINERARY, VOUCH_SOURCE_TEXT, {{NUMBER, "1"}}, {NULL}, false},
        {VOUCH_KIND_EN16931_INVOICE,
         VOUCH_SOURCE_XML,
         {{NUMBER, "RE-2024/17"}, {DATE, "2024-03-05"}, {SELLER_ID, "DE 136.695.976"}, {SELLER, "Muster GmbH"}},
         {"invoice:DE136695976:RE2024-17:2024"},
         true},
        {VOUCH_KIND_INVOICE,
         VOUCH_SOURCE_TEXT,
         {{NUMBER, "re 2024-17"}, {DATE, "2024-03-05"}, {SELLER_ID, "DE136695976"}},
         {"invoice:DE136695976:RE2024-17:2024"},
         true},
        {VOUCH_KIND_INVOICE,
         VOUCH_SOURCE_TEXT,
         {{NUMBER, "1/11"}, {DATE, "2024-11-05"}, {SELLER_ID, "DE136695976"}},
         {"invoice:DE136695976:1-11:2024"},
         true},
        {VOUCH_KIND_INVOICE,
         VOUCH_SOURCE_TEXT,
         {{NUMBER, "11/1"}, {DATE, "2024-01-05"}, {SELLER_ID, "DE136695976"}},
         {"invoice:DE136695976:11-1:2024"},
         true},
        {VOUCH_KIND_EN16931_INVOICE,
         VOUCH_SOURCE_XML,
         {{NUMBER, "7"}, {DATE, "2024-03-05"}, {SELLER_ID, "GR094259216"}},
         {"invoice:EL094259216:7:2024"},
         true},
        {VOUCH_KIND_INVOICE,
         VOUCH_SOURCE_TEXT,
         {{NUMBER, "7"}, {DATE, "2024-03-05"}, {SELLER, "Muster  GmbH"}},
         {"invoice:mustergmbh:7:2024"},
         true},
        {VOUCH_KIND_INVOICE, VOUCH_SOURCE_TEXT, {{NUMBER, "7"}, {SELLER, "Muster GmbH"}}, {NULL}, false},
        {VOUCH_KIND_RECEIPT, VOUCH_SOURCE_TEXT, {{NUMBER, "7"}, {DATE, "2024-03-05"}, {SELLER, "Shop"}}, {NULL}, false},
        {VOUCH_KIND_UNKNOWN, VOUCH_SOURCE_TEXT, {{NUMBER, "7"}}, {NULL}, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_keys(&rows[i], i);
}

Test(keys, digital_invoices_on_paper_have_both)
{
    workbench made;
    const char *const *keys;
    size_t count;
    bool confirmed;
    static vouch_extra extra = {"digital_number", "24112000000048542163"};

    made_init(&made);
    vouch_invoice *invoice = vouch_arena_alloc(made.arena, sizeof *invoice);
    invoice->kind = VOUCH_KIND_CN_DIGITAL_PAPER;
    invoice->extras = &extra;
    invoice->extra_count = 1;
    invoice->fields[CODE].chosen = (vouch_evidence){.value = "033001900104", .confidence = 0.99};
    invoice->fields[NUMBER].chosen = (vouch_evidence){.value = "12345678", .confidence = 0.99};
    vouch_invoice_business_keys(made.arena, invoice, &keys, &count, &confirmed);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(keys[0], "cn:033001900104:12345678", "sorted");
    cr_expect_str_eq(keys[1], "cn::24112000000048542163");
    made_done(&made);
}

Test(keys, an_unsure_field_confirms_nothing_and_a_person_everything)
{
    static const struct {
        vouch_source source;
        double confidence;
        bool confirmed;
    } rows[] = {{VOUCH_SOURCE_TEXT, 0.989, false},
                {VOUCH_SOURCE_TEXT, 0.99, true},
                {VOUCH_SOURCE_PERSON, 0.5, true},
                {VOUCH_SOURCE_QR, 0.999, true},
                {VOUCH_SOURCE_RULE, 0.999, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        const char *const *keys;
        size_t count;
        bool confirmed;
        made_init(&made);
        vouch_invoice *invoice = vouch_arena_alloc(made.arena, sizeof *invoice);
        invoice->kind = VOUCH_KIND_CN_DIGITAL_ORDINARY;
        invoice->fields[NUMBER].chosen = (vouch_evidence){
            .source = rows[i].source, .value = "24112000000048542163", .confidence = rows[i].confidence};
        vouch_invoice_business_keys(made.arena, invoice, &keys, &count, &confirmed);
        cr_expect_eq(count, 1);
        cr_expect_eq(confirmed, rows[i].confirmed, "row %zu", i);
        made_done(&made);
    }
}
