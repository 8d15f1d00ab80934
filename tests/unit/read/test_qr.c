/** QR codes: the checksum's vectors, the grammar, and codes drawn at several sizes. */
#include <criterion/criterion.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/read/qr.h"
#include "support.h"

Test(qr, crc_variants_give_their_check_values)
{
    static const struct {
        const char *text;
        uint16_t crc[VOUCH_QR_CRC_COUNT];
    } rows[] = {
        {"123456789", {0xFEE8, 0xBB3D, 0x4B37}},
        {"01,32,,25110000000000000001,100.00,20250101,,", {0x3202, 0x41B4, 0x8E84}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int variant = 0; variant < VOUCH_QR_CRC_COUNT; variant++)
            cr_expect_eq(vouch_qr_crc16((vouch_qr_crc)variant, rows[i].text, strlen(rows[i].text)),
                         rows[i].crc[variant], "%s, variant %d", rows[i].text, variant);
}

#define VAT_PAYLOAD "01,10,011002500111,00000001,94.34,20250101,12345678901234567890"

Test(qr, payloads_are_understood)
{
    static const struct {
        const char *payload;
        vouch_kind kind;
        const char *code, *number, *date, *net, *gross, *check;
        double confidence;
    } rows[] = {
        {VAT_PAYLOAD ",8E07", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "011002500111", "00000001", "2025-01-01", "94.34",
         "", "12345678901234567890", VOUCH_CONFIDENCE_QR_CHECKED},
        {VAT_PAYLOAD ",84cf,", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "011002500111", "00000001", "2025-01-01", "94.34",
         "", "12345678901234567890", VOUCH_CONFIDENCE_QR_CHECKED},
        {VAT_PAYLOAD ",0000", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, "011002500111", "00000001", "2025-01-01", "94.34",
         "", "12345678901234567890", VOUCH_CONFIDENCE_QR},
        {"01,32,,25110000000000000001,100.00,20250101,,8e84", VOUCH_KIND_CN_DIGITAL_ORDINARY, "",
         "25110000000000000001", "2025-01-01", "", "100.00", "", VOUCH_CONFIDENCE_QR_CHECKED},
        {"01,51,,25339110000000000001,62,20250101,,", VOUCH_KIND_CN_RAIL_DIGITAL, "", "25339110000000000001",
         "2025-01-01", "", "62.00", "", VOUCH_CONFIDENCE_QR},
        {"01,10,044001700112,00000002,51.2,20180323,12345678901234567890,FFFF,", VOUCH_KIND_CN_VAT_TOLL, "044001700112",
         "00000002", "2018-03-23", "51.20", "", "12345678901234567890", VOUCH_CONFIDENCE_QR},
        {"01,01,1100094140,87654321,100,20180115,6579,", VOUCH_KIND_CN_VAT_SPECIAL, "1100094140", "87654321",
         "2018-01-15", "100.00", "", "", VOUCH_CONFIDENCE_QR},
        {"01,83,,25110000000000000001,100.00,20250101,,AAAA", VOUCH_KIND_CN_VEHICLE, "", "25110000000000000001",
         "2025-01-01", "", "", "", VOUCH_CONFIDENCE_QR},
        {"CZ-EI-11,11010125,0000000012,a1b2c3,20250304,300.00", VOUCH_KIND_CN_FISCAL, "11010125", "0000000012",
         "2025-03-04", "", "300.00", "A1B2C3", VOUCH_CONFIDENCE_QR},
        {"https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?hash=ab&bill_num=00123456&total_amount=12345",
         VOUCH_KIND_CN_BLOCKCHAIN, "", "00123456", "", "", "123.45", "", VOUCH_CONFIDENCE_QR},
        {"https://bcfp.evil.example/verify/scan?bill_num=00123456&total_amount=12345", VOUCH_KIND_UNKNOWN, "", "", "",
         "", "", "", 0},
        {"01,10,011002500111,0000000A,94.34,20250101,1234,8E07", VOUCH_KIND_UNKNOWN, "", "", "", "", "", "", 0},
        {"01,10,011002500111,00000001,94.34,20251301,12345678901234567890,8E07", VOUCH_KIND_UNKNOWN, "", "", "", "", "",
         "", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_arena *arena = vouch_arena_new();
        vouch_statements statements = {.items = NULL};
        vouch_qr_state(arena, &(vouch_qr_code){.data = rows[i].payload, .length = strlen(rows[i].payload), .page = 1},
                       &statements);
        cr_assert_eq(statements.count, 1, "%s", rows[i].payload);
        vouch_statement *statement = statements.items[0];
        vouch_statement_pad_amounts(arena, statement);
        cr_expect_eq(statement->kind, rows[i].kind, "%s", rows[i].payload);
        const struct {
            vouch_field field;
            const char *value;
        } fields[] = {{VOUCH_FIELD_INVOICE_CODE, rows[i].code},  {VOUCH_FIELD_INVOICE_NUMBER, rows[i].number},
                      {VOUCH_FIELD_ISSUE_DATE, rows[i].date},    {VOUCH_FIELD_NET_AMOUNT, rows[i].net},
                      {VOUCH_FIELD_GROSS_AMOUNT, rows[i].gross}, {VOUCH_FIELD_CHECK_CODE, rows[i].check}};
        for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
            cr_expect_str_eq(support_value(statement, fields[f].field), fields[f].value, "%s of %s",
                             vouch_field_name(fields[f].field), rows[i].payload);
        if (*rows[i].number)
            cr_expect_eq(statement->fields[VOUCH_FIELD_INVOICE_NUMBER].confidence, rows[i].confidence, "%s",
                         rows[i].payload);
        vouch_arena_free(&arena);
    }
}

Test(qr, zatca_tags_are_understood)
{
    static const char payload[] = "ARXYtNix2YPYqSDYp9mE2YXYq9in2YQCDzMwMDAwMDAwMDAwMDAwMwMUMjAyNC0wOS0wN1QxNzo0MTowOFoE"
                                  "BjIzMS4xNQUFMzAuMTU=";
    static const struct {
        vouch_field field;
        const char *value;
    } rows[] = {{VOUCH_FIELD_SELLER_TAX_ID, "300000000000003"}, {VOUCH_FIELD_SELLER_NAME, "شركة المثال"},
                {VOUCH_FIELD_ISSUE_DATE, "2024-09-07"},         {VOUCH_FIELD_ISSUE_TIME, "17:41:08"},
                {VOUCH_FIELD_GROSS_AMOUNT, "231.15"},           {VOUCH_FIELD_TAX_AMOUNT, "30.15"}};
    vouch_arena *arena = vouch_arena_new();
    vouch_statements statements = {.items = NULL};
    vouch_qr_state(arena, &(vouch_qr_code){.data = payload, .length = strlen(payload), .page = 1}, &statements);
    cr_assert(statements.count == 1 && statements.items[0]->kind == VOUCH_KIND_SA_ZATCA);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(support_value(statements.items[0], rows[i].field), rows[i].value, "%s",
                         vouch_field_name(rows[i].field));
    vouch_arena_free(&arena);
}

Test(qr, title_card_is_no_invoice)
{
    vouch_arena *arena = vouch_arena_new();
    vouch_statements statements = {.items = NULL};
    vouch_qr_state(arena, &(vouch_qr_code){.data = "$01QUJD", .length = 7, .page = 1}, &statements);
    cr_expect_eq(statements.count, 0);
    vouch_arena_free(&arena);
}

/** Codes side by side on white, as a PNG. */
static vouch_buffer draw(const char *const *payloads, size_t count, int module_px)
{
    enum {
        QUIET = 6 /* modules of white around a code */
    };
    QRcode *codes[4];
    int side = 0;
    for (size_t i = 0; i < count; i++) {
        codes[i] = QRcode_encodeString(payloads[i], 0, QR_ECLEVEL_M, QR_MODE_8, 1);
        side = codes[i]->width > side ? codes[i]->width : side;
    }
    const int cell = (side + 2 * QUIET) * module_px;
    vouch_raster raster = {.width = cell * (int)count, .height = cell, .channels = 1, .stride = (size_t)cell * count};
    raster.samples = malloc(raster.stride * (size_t)cell);
    memset(raster.samples, 250, raster.stride * (size_t)cell);
    for (size_t i = 0; i < count; i++)
        for (int y = 0; y < codes[i]->width * module_px; y++)
            for (int x = 0; x < codes[i]->width * module_px; x++)
                if (codes[i]->data[y / module_px * codes[i]->width + x / module_px] & 1)
                    raster.samples[(size_t)(y + QUIET * module_px) * raster.stride + i * (size_t)cell +
                                   (size_t)(x + QUIET * module_px)] = 20;
    for (size_t i = 0; i < count; i++)
        QRcode_free(codes[i]);
    vouch_buffer png = {.data = NULL};
    vouch_error error;
    cr_assert(vouch_raster_encode_png(&raster, &png, &error) == VOUCH_OK);
    vouch_raster_done(&raster);
    return png;
}

Test(qr, codes_on_pictures_are_found_at_every_size_with_their_place)
{
    static const char *const payloads[] = {VAT_PAYLOAD ",8E07", "01,32,,25110000000000000001,100.00,20250101,,3202"};
    static const int sizes[] = {2, 3, 4, 6, 10};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        vouch_buffer png = draw(payloads, 2, sizes[i]);
        support_reading reading = support_read(png.data, png.length, /* options= */ NULL);
        cr_assert(reading.code == VOUCH_OK, "%s", reading.error.message);
        cr_expect_eq(reading.statements.count, 2, "%d px a module: %zu codes", sizes[i], reading.statements.count);
        for (size_t s = 0; s < reading.statements.count; s++) {
            const vouch_evidence *number = &reading.statements.items[s]->fields[VOUCH_FIELD_INVOICE_NUMBER];
            cr_assert(number->value && number->has_quad && number->page == 1);
            double middle = (number->box.x0 + number->box.x1) / 2;
            size_t page_count;
            double width = vouch_decoded_pages(reading.decoded, &page_count)->width;
            bool left = strcmp(number->value, "00000001") == 0;
            cr_expect(left ? middle < width / 2 : middle > width / 2, "place of %s", number->value);
            cr_expect(number->quad.x[0] < number->quad.x[1] && number->quad.y[0] < number->quad.y[3], "corner order");
        }
        support_done(&reading);
        vouch_buffer_done(&png);
    }
}

/** As on a screenshot: 1.7 pixels a module, a corner of a large dark picture. */
Test(qr, a_small_code_on_a_large_picture_is_found)
{
    enum {
        FINE = 5, /* drawn so large, then averaged over COARSE × COARSE pixels */
        COARSE = 3,
        QUIET = 5
    };
    QRcode *code = QRcode_encodeString(VAT_PAYLOAD ",8E07", 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    const int side = (code->width + 2 * QUIET) * FINE / COARSE;
    vouch_raster raster = {.width = 1800, .height = 1000, .channels = 1, .stride = 1800, .samples = malloc(1800000)};
    memset(raster.samples, 70, 1800000);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int sum = 0;
            for (int i = 0; i < COARSE * COARSE; i++) {
                int column = (x * COARSE + i % COARSE) / FINE - QUIET, row = (y * COARSE + i / COARSE) / FINE - QUIET;
                bool inside = column >= 0 && row >= 0 && column < code->width && row < code->width;
                sum += inside && (code->data[row * code->width + column] & 1) ? 20 : 245;
            }
            raster.samples[(y + 350) * 1800 + x + 210] = (uint8_t)(sum / (COARSE * COARSE));
        }
    vouch_buffer png = {.data = NULL};
    vouch_error error;
    cr_assert(vouch_raster_encode_png(&raster, &png, &error) == VOUCH_OK);
    vouch_raster_done(&raster);
    support_reading reading = support_read(png.data, png.length, /* options= */ NULL);
    const vouch_statement *statement = support_statement(&reading, VOUCH_SOURCE_QR);
    cr_assert(statement, "not found");
    const vouch_box box = statement->fields[VOUCH_FIELD_INVOICE_NUMBER].box;
    cr_expect(box.x0 > 205 && box.y0 > 345 && box.x1 < 215 + side && box.y1 < 355 + side, "%.0f %.0f %.0f %.0f", box.x0,
              box.y0, box.x1, box.y1);
    support_done(&reading);
    vouch_buffer_done(&png);
    QRcode_free(code);
}

Test(qr, pages_that_text_explained_are_left_alone)
{
    const vouch_read_options forced = {.qr = true, .qr_always = true, .qr_budget_ms = 400};
    const char *path = "china/pdf/fapiao-01.pdf";
    support_reading plain = support_read_file(support_shared(path), /* options= */ NULL);
    if (plain.code == VOUCH_IO)
        cr_skip_test("skipped: china/pdf not there");
    support_reading always = support_read_file(support_shared(path), &forced);
    cr_expect(!support_statement(&plain, VOUCH_SOURCE_QR));
    cr_expect(support_statement(&always, VOUCH_SOURCE_QR));
    support_done(&plain);
    support_done(&always);
}

Test(qr, codes_of_real_invoices_are_read_exactly)
{
    size_t length;
    char *manifest = (char *)support_load(support_shared("china2/china-fields.tsv"), &length), *position = NULL;
    if (!manifest)
        cr_skip_test("skipped: china2/china-fields.tsv not there");
    const vouch_read_options forced = {.qr = true, .qr_always = true, .qr_budget_ms = 400};
    int documents = 0;
    for (char *line = strtok_r(manifest, "\n", &position); line; line = strtok_r(NULL, "\n", &position)) {
        char *expected = strstr(line, "qr=01,"), *tab = strchr(line, '\t');
        if (!expected || !tab || !strstr(line, ".pdf"))
            continue;
        expected += strlen("qr=");
        expected[strcspn(expected, ";\r")] = '\0';
        *tab = '\0';
        char relative[300];
        (void)snprintf(relative, sizeof relative, "china2/%s", line);
        support_reading reading = support_read_file(support_shared(relative), &forced);
        cr_assert(reading.code == VOUCH_OK, "%s: %s", line, reading.error.message);
        cr_expect_str_eq(support_extra(support_statement(&reading, VOUCH_SOURCE_QR), "qr"), expected, "%s", line);
        documents++;
        support_done(&reading);
    }
    cr_expect(documents > 0);
    free(manifest);
}
