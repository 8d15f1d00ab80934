/** Which statements are one invoice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "make.h"

#define ORDINARY VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC

Test(reconcile, sources_of_one_page_with_one_number_are_one_invoice)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_OFD_ATTACHMENT, 1, 1, ORDINARY), "033002000211", "12345678", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_OFD_TAG, 0, 1, VOUCH_KIND_UNKNOWN), "033002000211", "12345678", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY), "033002000211", "12345678", "50.00");
    cr_assert_eq(settle(&made), 1);
    const vouch_field_value *number = &made.invoices.items[0].fields[VOUCH_FIELD_INVOICE_NUMBER];
    cr_expect_eq(number->evidence_count, 3);
    cr_expect_eq(number->chosen.source, VOUCH_SOURCE_OFD_ATTACHMENT);
    cr_expect_eq(number->evidence[0].source, VOUCH_SOURCE_OFD_ATTACHMENT, "the chosen one comes first");
    cr_expect_eq(number->chosen.page, 1, "its place is the one that the text gave");
    cr_expect_geq(number->chosen.confidence, 0.999);
    made_done(&made);
}

Test(reconcile, an_archive_of_three_xml_files_is_three_invoices)
{
    workbench made;
    made_init(&made);
    for (int i = 0; i < 3; i++) {
        char number[24];
        snprintf(number, sizeof number, "2411200000004854216%d", i);
        say_invoice(&made, say(&made, VOUCH_SOURCE_XML, i + 1, 0, VOUCH_KIND_CN_DIGITAL_ORDINARY), NULL, number,
                    "5.00");
    }
    cr_expect_eq(settle(&made), 3);
    made_done(&made);
}

Test(reconcile, a_pdf_and_its_xml_in_one_archive_are_one_invoice)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_XML, 2, 0, VOUCH_KIND_CN_DIGITAL_ORDINARY), NULL, "24112000000048542163",
                "5.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 1, 1, VOUCH_KIND_CN_DIGITAL_ORDINARY), NULL,
                "24112000000048542163", "5.00");
    cr_assert_eq(settle(&made), 1);
    cr_expect_eq(made.invoices.items[0].region_count, 1);
    made_done(&made);
}

Test(reconcile, pages_with_one_number_are_one_invoice_with_all_lines)
{
    workbench made;
    made_init(&made);
    for (int page = 1; page <= 3; page++) {
        vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, page, ORDINARY);
        say_invoice(&made, statement, "033002000211", "12345678", page == 1 ? "50.00" : NULL);
        say_line(&made, statement, page == 1 ? "a" : page == 2 ? "b" : "c", "1.00", "6", "0.06");
    }
    cr_assert_eq(settle(&made), 1);
    cr_expect_eq(made.invoices.items[0].lines.count, 3);
    cr_expect_eq(made.invoices.items[0].region_count, 3);
    made_done(&made);
}

Test(reconcile, copies_of_a_page_do_not_repeat_its_lines)
{
    workbench made;
    made_init(&made);
    for (int page = 1; page <= 3; page++) {
        vouch_statement *statement = say(&made, VOUCH_SOURCE_TEXT, 0, page, ORDINARY);
        say_invoice(&made, statement, "033002000211", "12345678", "50.00");
        say_line(&made, statement, "a", "1.00", "6", "0.06");
    }
    cr_assert_eq(settle(&made), 1);
    cr_expect_eq(made.invoices.items[0].lines.count, 1);
    made_done(&made);
}

Test(reconcile, pages_with_different_numbers_are_different_invoices_in_page_order)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 2, ORDINARY), "033002000211", "22222222", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY), "033002000211", "11111111", "50.00");
    cr_assert_eq(settle(&made), 2);
    cr_expect_str_eq(vouch_invoice_value(&made.invoices.items[0], VOUCH_FIELD_INVOICE_NUMBER), "11111111");
    made_done(&made);
}

Test(reconcile, one_number_under_two_codes_is_two_invoices)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY), "033002000211", "11111111", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 2, ORDINARY), "033002000311", "11111111", "50.00");
    cr_expect_eq(settle(&made), 2);
    made_done(&made);
}

Test(reconcile, tickets_on_one_sheet_get_the_code_that_lies_on_them)
{
    workbench made;
    made_init(&made);
    for (int i = 0; i < 2; i++) {
        vouch_statement *statement = say(&made, VOUCH_SOURCE_OCR, 0, 1, VOUCH_KIND_CN_TAXI);
        say_invoice(&made, statement, "144032270119", i == 0 ? "11111111" : "22222222", "50.00");
        statement->has_region = true;
        statement->region = (vouch_box){300 * i, 0, 300 * i + 290, 400};
    }
    vouch_statement *code = say(&made, VOUCH_SOURCE_QR, 0, 1, VOUCH_KIND_UNKNOWN);
    say_field(&made, code, VOUCH_FIELD_CHECK_CODE, "12345678901234567890", 0.99);
    code->fields[VOUCH_FIELD_CHECK_CODE].box = (vouch_box){350, 10, 380, 40};
    cr_assert_eq(settle(&made), 2);
    cr_expect_null(vouch_invoice_value(&made.invoices.items[0], VOUCH_FIELD_CHECK_CODE));
    cr_expect_not_null(vouch_invoice_value(&made.invoices.items[1], VOUCH_FIELD_CHECK_CODE));
    made_done(&made);
}

Test(reconcile, data_with_another_number_than_its_page_is_one_forged_invoice)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_OFD_ATTACHMENT, 1, 1, ORDINARY), "033002000211", "12345678", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY), "033002000211", "87654321", "50.00");
    cr_assert_eq(settle(&made), 1);
    const vouch_invoice *invoice = &made.invoices.items[0];
    const vouch_check *check = find_check(invoice, "data_matches_page", "invoice_number");
    cr_assert_not_null(check);
    cr_expect_eq(check->result, VOUCH_CHECK_FAIL);
    cr_expect_str_eq(check->severity, "error");
    cr_expect_not_null(strstr(check->detail, "12345678"));
    cr_expect_not_null(strstr(check->detail, "87654321"));
    cr_expect_str_eq(vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER), "12345678");
    cr_expect_lt(invoice->fields[VOUCH_FIELD_INVOICE_NUMBER].chosen.confidence, 0.99);
    cr_assert_eq(invoice->fields[VOUCH_FIELD_INVOICE_NUMBER].alternative_count, 1);
    made_done(&made);
}

Test(reconcile, two_attachments_with_different_numbers_are_two_invoices)
{
    workbench made;
    made_init(&made);
    say_invoice(&made, say(&made, VOUCH_SOURCE_PDF_ATTACHMENT, 1, 1, VOUCH_KIND_EN16931_INVOICE), NULL, "R1", "50.00");
    say_invoice(&made, say(&made, VOUCH_SOURCE_PDF_ATTACHMENT, 2, 1, VOUCH_KIND_EN16931_INVOICE), NULL, "R2", "50.00");
    cr_expect_eq(settle(&made), 2);
    made_done(&made);
}

Test(reconcile, a_page_of_lines_without_a_number_continues_the_invoice_before)
{
    workbench made;
    made_init(&made);
    vouch_statement *first = say(&made, VOUCH_SOURCE_TEXT, 0, 1, ORDINARY);
    say_invoice(&made, first, "033002000211", "12345678", "50.00");
    say_line(&made, first, "a", "1.00", "6", "0.06");
    say_line(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 2, VOUCH_KIND_UNKNOWN), "b", "1.00", "6", "0.06");
    cr_assert_eq(settle(&made), 1);
    cr_expect_eq(made.invoices.items[0].lines.count, 2);
    made_done(&made);
}

Test(reconcile, a_name_alone_is_no_invoice)
{
    workbench made;
    made_init(&made);
    say_field(&made, say(&made, VOUCH_SOURCE_TEXT, 0, 1, VOUCH_KIND_UNKNOWN), VOUCH_FIELD_SELLER_NAME, "甲公司", 0.9);
    cr_expect_eq(settle(&made), 0);
    made_done(&made);
}

Test(reconcile, short_numbers_of_two_sellers_are_two_invoices)
{
    static const struct {
        const char *first, *second;
        int page;
        vouch_source source;
        size_t count;
    } rows[] = {
        {"DE136695976", "DE136695976", 0, VOUCH_SOURCE_XML, 1},
        {"DE136695976", "IT00743110157", 0, VOUCH_SOURCE_XML, 2},
        {"DE136695976", "IT00743110157", 1, VOUCH_SOURCE_TEXT, 1}, /* the page against its data */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workbench made;
        made_init(&made);
        vouch_statement *first = say(&made, VOUCH_SOURCE_XML, 1, rows[i].page, VOUCH_KIND_EN16931_INVOICE);
        vouch_statement *second = say(&made, rows[i].source, 2, rows[i].page, VOUCH_KIND_INVOICE);
        say_invoice(&made, first, NULL, "17", "50.00");
        say_invoice(&made, second, NULL, "17", "50.00");
        say_field(&made, first, VOUCH_FIELD_SELLER_TAX_ID, rows[i].first, 0.99);
        say_field(&made, second, VOUCH_FIELD_SELLER_TAX_ID, rows[i].second, 0.99);
        cr_expect_eq(settle(&made), rows[i].count, "row %zu", i);
        made_done(&made);
    }
}

Test(reconcile, rows_and_invoices_are_bounded)
{
    workbench made;
    made_init(&made);
    vouch_statement *statement = say(&made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
    say_invoice(&made, statement, NULL, "1", "50.00");
    for (int i = 0; i < VOUCH_ROWS_MAXIMUM; i++)
        say_line(&made, statement, "a", "1.00", "6", "0.06");
    for (int i = 0; i < VOUCH_INVOICES_MAXIMUM + 5; i++) {
        char number[24];
        snprintf(number, sizeof number, "A%d", i);
        statement = say(&made, VOUCH_SOURCE_XML, i + 1, 0, VOUCH_KIND_EN16931_INVOICE);
        say_invoice(&made, statement, NULL, number, "5.00");
        say_line(&made, statement, "one too many", "1.00", "6", "0.06");
    }
    cr_expect_eq(settle(&made), VOUCH_INVOICES_MAXIMUM);
    cr_expect_eq(made.invoices.items[0].lines.count, VOUCH_ROWS_MAXIMUM);
    cr_expect_eq(made.invoices.items[1].lines.count, 0);
    cr_expect_eq(made.problems.count, 2);
    made_done(&made);

    made_init(&made);
    statement = say(&made, VOUCH_SOURCE_XML, 0, 0, VOUCH_KIND_EN16931_INVOICE);
    say_invoice(&made, statement, NULL, "1", "50.00");
    for (int i = 0; i < VOUCH_ROWS_MAXIMUM; i++)
        say_line(&made, statement, "a", "1.00", "6", "0.06");
    cr_expect_eq(settle(&made), 1);
    cr_expect_eq(made.problems.count, 0, "nothing was left out");
    made_done(&made);
}
