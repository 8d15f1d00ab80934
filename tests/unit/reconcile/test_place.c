#include <criterion/criterion.h>
#include <string.h>

#include "make.h"

/** An XML invoice attached to a page that shows `text`. */
static const vouch_invoice *shown_as(workbench *made, const char *text)
{
    vouch_statement *data = say(made, VOUCH_SOURCE_PDF_ATTACHMENT, 1, 1, VOUCH_KIND_EN16931_INVOICE);
    say_invoice(made, data, NULL, "RE-2020/17", "1234.50");
    say_field(made, data, VOUCH_FIELD_CURRENCY, "EUR", 0.999);
    draw(made, 1, text);
    cr_assert_eq(settle(made), 1);
    return &made->invoices.items[0];
}

Test(place, values_are_found_in_the_forms_that_pages_use)
{
    static const struct {
        const char *text;
        vouch_field field;
        bool found;
    } rows[] = {
        {"Total 1,234.50 EUR", VOUCH_FIELD_GROSS_AMOUNT, true},
        {"Summe 1.234,50 EUR", VOUCH_FIELD_GROSS_AMOUNT, true},
        {"Total 1 234,50 EUR", VOUCH_FIELD_GROSS_AMOUNT, true},
        {"Total 1'234.50 CHF", VOUCH_FIELD_GROSS_AMOUNT, true},
        {"Total 1234.5 x", VOUCH_FIELD_GROSS_AMOUNT, true},
        {"Total 11,234.50 EUR", VOUCH_FIELD_GROSS_AMOUNT, false},
        {"Total 1,234.501 EUR", VOUCH_FIELD_GROSS_AMOUNT, false},
        {"Total 234.50", VOUCH_FIELD_GROSS_AMOUNT, false},
        {"Datum 23.07.2020", VOUCH_FIELD_ISSUE_DATE, true},
        {"Date 23 Jul 2020", VOUCH_FIELD_ISSUE_DATE, true},
        {"2020年07月23日", VOUCH_FIELD_ISSUE_DATE, true},
        {"Datum 24.07.2020", VOUCH_FIELD_ISSUE_DATE, false},
        {"Rechnung re-2020/17 vom", VOUCH_FIELD_INVOICE_NUMBER, true},
        {"Rechnung RE-2020/171 vom", VOUCH_FIELD_INVOICE_NUMBER, false},
        {"甲有限公司", VOUCH_FIELD_SELLER_NAME, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        const vouch_invoice *invoice = shown_as(&made, rows[i].text);
        const vouch_evidence *chosen = &invoice->fields[rows[i].field].chosen;
        cr_expect_eq(chosen->page > 0, rows[i].found, "%s", rows[i].text);
        if (chosen->page > 0)
            cr_expect_lt(chosen->box.x0, chosen->box.x1);
        made_done(&made);
    }
}

Test(place, a_page_that_shows_another_total_is_a_forgery)
{
    static const struct {
        const char *text, *result;
    } rows[] = {
        {"甲有限公司 RE-2020/17 23.07.2020 1.234,50", "pass"},
        {"甲有限公司 RE-2020/17 23.07.2020 9.234,50", "fail"},
        {"甲有限公司 RE-2020/18 23.07.2020 1.234,50", "fail"},
        {"lorem ipsum", "none"},
        {"", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        cr_expect_str_eq(result_of(shown_as(&made, rows[i].text), "data_matches_page", NULL), rows[i].result, "%s",
                         rows[i].text);
        made_done(&made);
    }
}

Test(place, hidden_text_and_text_of_other_programs_is_not_what_the_page_shows)
{
    for (int hidden = 0; hidden < 2; hidden++) {
        workbench made;
        made_init(&made);
        draw(&made, 1, "1234.50");
        vouch_glyph *glyphs = vouch_arena_calloc(made.arena, made.pages[0].glyph_count, sizeof *glyphs);
        memcpy(glyphs, made.pages[0].glyphs, made.pages[0].glyph_count * sizeof *glyphs);
        for (size_t i = 0; i < made.pages[0].glyph_count; i++)
            glyphs[i].hidden = hidden == 0;
        made.pages[0].glyphs = glyphs;
        made.pages[0].ocr_layer = hidden == 1;
        const vouch_invoice *invoice = shown_as(&made, "");
        cr_expect_eq(invoice->fields[VOUCH_FIELD_GROSS_AMOUNT].chosen.page, 0);
        made_done(&made);
    }
}
