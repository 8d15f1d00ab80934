/** Words and rates: geometry to text, printed rates to the contract's terms. */
#include <criterion/criterion.h>
#include <string.h>

#include "../../../src/read/readers.h"
#include "support.h"

Test(words, a_real_page_gives_words_in_reading_order)
{
    support_reading reading = support_read_file(support_shared("china/pdf/fapiao-01.pdf"), /* options= */ NULL);
    if (reading.code == VOUCH_IO)
        cr_skip_test("skipped: china/pdf not there");
    cr_assert(reading.code == VOUCH_OK && reading.words.count > 20);
    size_t page_count, number = SIZE_MAX;
    const vouch_page *page = vouch_decoded_pages(reading.decoded, &page_count);
    for (size_t i = 0; i < reading.words.count; i++) {
        const vouch_word *word = &reading.words.items[i];
        cr_expect(word->text[0] != '\0' && word->box.x0 <= word->box.x1 && word->box.y0 <= word->box.y1);
        cr_expect(word->box.x1 > 0 && word->box.y1 > 0 && word->box.x0 < page->width && word->box.y0 < page->height);
        if (strstr(word->text, "61876678"))
            number = i;
    }
    cr_expect(number < reading.words.count / 2, "the number stands in the upper half");
    support_done(&reading);
}

Test(words, rates_are_understood)
{
    static const struct {
        const char *text;
        bool fraction;
        const char *percent, *category;
    } rows[] = {
        {"13%", false, "13", "standard"},
        {"6.00%", true, "6", "standard"},
        {"0.060000", true, "6", "standard"},
        {"0.06", true, "6", "standard"},
        {"0.015", true, "1.5", "standard"},
        {"1%", true, "1", "standard"},
        {"0.5%", true, "0.5", "standard"},
        {"13", true, "13", "standard"},
        {"0%", false, "0", "zero"},
        {"免税", false, "", "exempt"},
        {"不征税", false, "", "not_taxable"},
        {"***", false, "", "masked"},
        {"出口零税率", false, "0", "zero"},
        {"abc", false, "", ""},
        {"", false, "", ""},
        {"130%", false, "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vouch_rate rate = vouch_rate_parse(rows[i].text, rows[i].fraction);
        cr_expect_str_eq(rate.category ? rate.category : "", rows[i].category, "%s", rows[i].text);
        if (rate.category)
            cr_expect_str_eq(rate.percent, rows[i].percent, "%s", rows[i].text);
    }
}

Test(words, kinds_by_code_and_title)
{
    static const struct {
        const char *text;
        vouch_kind kind;
    } codes[] = {{"1100094140", VOUCH_KIND_CN_VAT_SPECIAL},
                 {"3300232130", VOUCH_KIND_CN_VAT_SPECIAL},
                 {"012001900211", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
                 {"044001700112", VOUCH_KIND_CN_VAT_TOLL},
                 {"050001700113", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC},
                 {"011002680026", VOUCH_KIND_UNKNOWN},
                 {"12345678", VOUCH_KIND_UNKNOWN}},
      titles[] = {{"电子发票（普通发票）", VOUCH_KIND_CN_DIGITAL_ORDINARY},
                  {"电子发票(增值税专用发票)", VOUCH_KIND_CN_DIGITAL_SPECIAL},
                  {"上海增值税电子专用发票", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC},
                  {"北京增值税专用发票", VOUCH_KIND_CN_VAT_SPECIAL},
                  {"电子发票（铁路电子客票）", VOUCH_KIND_CN_RAIL_DIGITAL},
                  {"送货单", VOUCH_KIND_UNKNOWN}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        cr_expect_eq(vouch_cn_kind_of_code(codes[i].text), codes[i].kind, "%s", codes[i].text);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        cr_expect_eq(vouch_cn_kind_of_title(titles[i].text), titles[i].kind, "%s", titles[i].text);
}
