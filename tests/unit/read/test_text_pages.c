#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../../../src/read/text.h"
#include "support.h"
#include "test_text_forms.h"

#define V SHEET_VALUE
#define R (SHEET_VALUE | SHEET_RIGHT)

/* Head and columns of a digital invoice of two pages; what differs between the pages follows below. */
#define TWO_PAGE_HEAD(page)                                                                                          \
    {69, 8, 7, "电子发票（普通发票）", 0, 0}, {154, 11, 3.175, "发票号码：25112000000000000042", 0, 0},              \
        {154, 17, 3.175, "开票日期：2025年03月01日", 0, 0}, {100, 22, 2.8, "共2页 第" page "页", 0, 0},              \
        {5.5, 32.5, 3.0, "购买方信息", SHEET_VERTICAL, 0.15}, {106, 32.5, 3.0, "销售方信息", SHEET_VERTICAL, 0.15},  \
        {11, 33.8, 3.0, "名称：甲公司", 0, 0}, {111.5, 33.8, 3.0, "名称：乙公司", 0, 0},                             \
        {11, 44, 2.8, "统一社会信用代码/纳税人识别号：", 0, 0},                                                      \
        {111.5, 44, 2.8, "统一社会信用代码/纳税人识别号：", 0, 0}, {155, 43.5, 4.2, "91110000MA00000077", V, 0},     \
        {15.5, 53, 3.175, "项目名称", 0, 0}, {41.6, 53, 3.175, "规格型号", 0, 0}, {66.5, 53, 3.175, "单  位", 0, 0}, \
        {92.5, 53, 3.175, "数  量", 0, 0}, {117.5, 53, 3.175, "单  价", 0, 0}, {143, 53, 3.175, "金  额", 0, 0},     \
        {157, 53, 3.175, "税率/征收率", 0, 0},                                                                       \
    {                                                                                                                \
        194, 53, 3.175, "税  额", 0, 0                                                                               \
    }

static const sheet_text first_of_two[] = {
    TWO_PAGE_HEAD("1"),
    {4.5, 57, 3.175, "*文具*铅笔", V, 0},
    {153, 57, 3.175, "100.00", R, 0},
    {168, 57, 3.175, "13%", R, 0},
    {205, 57, 3.175, "13.00", R, 0},
    {20, 92, 3.175, "小", 0, 0},
    {36, 92, 3.175, "计", 0, 0},
    {153, 92, 3.175, "¥100.00", R, 0},
    {205, 92, 3.175, "¥13.00", R, 0},
    {.text = NULL},
};

static const sheet_text second_of_two[] = {
    TWO_PAGE_HEAD("2"),
    {4.5, 57, 3.175, "*文具*橡皮", V, 0},
    {153, 57, 3.175, "10.00", R, 0},
    {168, 57, 3.175, "13%", R, 0},
    {205, 57, 3.175, "1.30", R, 0},
    {20, 88, 3.175, "小", 0, 0},
    {36, 88, 3.175, "计", 0, 0},
    {153, 88, 3.175, "¥10.00", R, 0},
    {205, 88, 3.175, "¥1.30", R, 0},
    {20, 92, 3.175, "合", 0, 0},
    {36, 92, 3.175, "计", 0, 0},
    {153, 92, 3.175, "¥110.00", R, 0},
    {205, 92, 3.175, "¥14.30", R, 0},
    {16.4, 98.5, 3.175, "价税合计（大写）", 0, 0},
    {63, 98.5, 3.175, "壹佰贰拾肆圆叁角", V, 0},
    {143, 98.5, 3.175, "（小写）", 0, 0},
    {157, 98.5, 3.175, "¥124.30", V, 0},
    {19, 129.5, 3.175, "开票人：丙", 0, 0},
    {.text = NULL},
};

static const sheet_text list_page[] = {
    {44, 14, 6.7, "销售货物或者提供应税劳务、服务清单", 0, 0},
    {10, 37, 3.175, "购买方名称：", 0, 0},
    {30, 37, 3.175, "个人", V, 0},
    {10, 44, 3.175, "销售方名称：", 0, 0},
    {30, 44, 3.175, "湖北测试高速公路有限公司", V, 0},
    {10, 51, 3.175, "所属增值税电子普通发票代码：", 0, 0},
    {57, 51, 3.175, "042001700111", V, 0},
    {95, 51, 3.175, "号码：", 0, 0},
    {105, 51, 3.175, "27908344", V, 0},
    {6, 60.7, 3.175, "序号", 0, 0},
    {25, 60.7, 3.175, "货物（劳务）名称", 0, 0},
    {63, 60.7, 3.175, "规格型号", 0, 0},
    {85, 60.7, 3.175, "单位", 0, 0},
    {100, 60.7, 3.175, "数 量", 0, 0},
    {119, 60.7, 3.175, "单  价", 0, 0},
    {144, 60.7, 3.175, "金  额", 0, 0},
    {166.5, 60.7, 3.175, "税率", 0, 0},
    {182.5, 60.7, 3.175, "税  额", 0, 0},
    {8, 67, 3.175, "1", V, 0},
    {13, 67, 3.175, "*谷物*稻谷", V, 0},
    {87, 67, 3.175, "克", V, 0},
    {113, 67, 3.175, "1", R, 0},
    {133, 67, 3.175, "97.00", R, 0},
    {163, 67, 3.175, "97.00", R, 0},
    {174, 67, 3.175, "3%", R, 0},
    {204, 67, 3.175, "2.91", R, 0},
    {8, 74, 3.175, "2", V, 0},
    {13, 74, 3.175, "*谷物*玉米", V, 0},
    {87, 74, 3.175, "克", V, 0},
    {113, 74, 3.175, "3", R, 0},
    {163, 74, 3.175, "3.00", R, 0},
    {174, 74, 3.175, "3%", R, 0},
    {204, 74, 3.175, "0.09", R, 0},
    {6, 120, 3.175, "小计", 0, 0},
    {163, 120, 3.175, "¥100.00", R, 0},
    {204, 120, 3.175, "¥3.00", R, 0},
    {6, 127, 3.175, "总计", 0, 0},
    {163, 127, 3.175, "¥100.00", R, 0},
    {204, 127, 3.175, "¥3.00", R, 0},
    {6, 134, 3.175, "备注", 0, 0},
    {.text = NULL},
};

static const sheet_text listed_invoice[] = {
    {69, 7, 6.6, "湖北增值税电子普通发票", 0, 0},
    {148.5, 7.5, 3.175, "发票代码：042001700111", 0, 0},
    {148.5, 13, 3.175, "发票号码：27908344", 0, 0},
    {148.5, 18.5, 3.175, "开票日期：2020年05月06日", 0, 0},
    {6.6, 32.8, 3.175, "购买方", SHEET_VERTICAL, 1},
    {13, 31.6, 3.175, "名     称：个人", 0, 0},
    {13, 36.8, 3.175, "纳税人识别号：", 0, 0},
    {24.5, 53, 3.175, "货物或应税劳务、服务名称", 0, 0},
    {144.2, 53, 3.175, "金  额", 0, 0},
    {166.2, 53, 3.175, "税率", 0, 0},
    {184.5, 53, 3.175, "税  额", 0, 0},
    {5.5, 57, 3.175, "(详见销货清单)", V, 0},
    {163, 57, 3.175, "100.00", R, 0},
    {174, 57, 3.175, "3%", R, 0},
    {205, 57, 3.175, "3.00", R, 0},
    {22, 91.4, 3.175, "合      计", 0, 0},
    {163, 91.4, 3.175, "¥100.00", R, 0},
    {205, 91.4, 3.175, "¥3.00", R, 0},
    {16.8, 98.5, 3.175, "价税合计（大写）", 0, 0},
    {60, 98.5, 3.175, "壹佰零叁圆整", V, 0},
    {156.5, 98.5, 3.175, "（小写）", 0, 0},
    {170, 98.5, 3.175, "¥103.00", V, 0},
    {6.6, 106.3, 3.175, "销售方", SHEET_VERTICAL, 1},
    {13, 105.4, 3.175, "名     称：湖北测试高速公路有限公司", 0, 0},
    {13, 110.3, 3.175, "纳税人识别号：91110000MA00000077", 0, 0},
    {.text = NULL},
};

/* Names of two lines with the amounts at half height, with and without categories before the names. */
#define CENTRED_HEAD                                                                                                \
    {69, 8, 7, "电子发票（普通发票）", 0, 0}, {154, 11, 3.175, "发票号码：25112000000000000043", 0, 0},             \
        {15.5, 53, 3.175, "项目名称", 0, 0}, {41.6, 53, 3.175, "规格型号", 0, 0}, {143, 53, 3.175, "金  额", 0, 0}, \
        {157, 53, 3.175, "税率/征收率", 0, 0}, {194, 53, 3.175, "税  额", 0, 0},                                    \
    {                                                                                                               \
        20, 92, 3.175, "合     计", 0, 0                                                                            \
    }

#define CENTRED_AMOUNTS(y, net, tax)                          \
    {153, y, 3.175, net, R, 0}, {168, y, 3.175, "13%", R, 0}, \
    {                                                         \
        205, y, 3.175, tax, R, 0                              \
    }

#define CENTRED_ITEMS(category)                                                                                       \
    {4.5, 57, 3.175, category "铅", V, 0}, {41.6, 57, 3.175, "十二支", V, 0}, CENTRED_AMOUNTS(59, "100.00", "13.00"), \
        {4.5, 61, 3.175, "笔", V, 0}, {41.6, 61, 3.175, "装", V, 0}, {4.5, 66, 3.175, category "橡", V, 0},           \
        CENTRED_AMOUNTS(68, "10.00", "1.30"),                                                                         \
    {                                                                                                                 \
        4.5, 70, 3.175, "皮", V, 0                                                                                    \
    }

static const sheet_text centred_categories[] = {CENTRED_HEAD, CENTRED_ITEMS("*文具*"), {.text = NULL}};
static const sheet_text centred_plain[] = {CENTRED_HEAD, CENTRED_ITEMS("文具"), {.text = NULL}};

enum {
    MAX_PAGES = 4
};

/** Pages drawn from forms and read together. */
typedef struct page_reading {
    vouch_arena *arena;
    drawn_sheet sheets[MAX_PAGES];
    size_t count;
    vouch_statements statements;
} page_reading;

static page_reading read_pages(const sheet_text *const *texts, size_t count)
{
    const sheet_disturbance none = {.name = ""};
    page_reading reading = {.arena = vouch_arena_new(), .count = count};
    vouch_page pages[MAX_PAGES];
    for (size_t i = 0; i < count; i++) {
        reading.sheets[i] = sheet_draw(&texts[i], 1, 0, &none);
        pages[i] = reading.sheets[i].page;
        pages[i].number = pages[i].number_in_part = (int)i + 1;
    }
    vouch_read_text_pages(reading.arena, pages, count, &reading.statements);
    return reading;
}

static void reading_done(page_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        sheet_done(&reading->sheets[i]);
    vouch_arena_free(&reading->arena);
}

Test(text_pages, lines_go_on_over_pages_and_sums_stand_on_the_last)
{
    const sheet_text *texts[] = {first_of_two, second_of_two};
    page_reading reading = read_pages(texts, 2);
    cr_assert_eq(reading.statements.count, 1);
    const vouch_statement *statement = reading.statements.items[0];
    cr_expect_eq(statement->first_page, 1);
    cr_expect_eq(statement->last_page, 2);
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_NET_AMOUNT), "110.00");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_TAX_AMOUNT), "14.30");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_GROSS_AMOUNT), "124.30");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_BUYER_NAME), "甲公司");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_SELLER_NAME), "乙公司");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_BUYER_TAX_ID), "");
    cr_expect_eq(statement->fields[VOUCH_FIELD_NET_AMOUNT].page, 2);
    cr_assert_eq(statement->lines.count, 2);
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_NAME), "*文具*铅笔");
    cr_expect_str_eq(support_item(&statement->lines, 1, VOUCH_ITEM_NAME), "*文具*橡皮");
    cr_assert_eq(statement->taxes.count, 1);
    cr_expect_str_eq(support_item(&statement->taxes, 0, VOUCH_ITEM_NET_AMOUNT), "110.00");
    cr_expect_str_eq(support_item(&statement->taxes, 0, VOUCH_ITEM_RATE), "13");
    reading_done(&reading);
}

Test(text_pages, a_list_replaces_the_line_that_refers_to_it)
{
    const sheet_text *texts[] = {listed_invoice, list_page};
    page_reading reading = read_pages(texts, 2);
    cr_assert_eq(reading.statements.count, 1);
    const vouch_statement *statement = reading.statements.items[0];
    cr_expect_eq(statement->kind, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC);
    cr_expect_eq(statement->last_page, 2);
    cr_assert_eq(statement->lines.count, 2, "%zu", statement->lines.count);
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_NAME), "*谷物*稻谷");
    cr_expect_str_eq(support_item(&statement->lines, 0, VOUCH_ITEM_UNIT_PRICE), "97.00");
    cr_expect_str_eq(support_item(&statement->lines, 1, VOUCH_ITEM_QUANTITY), "3");
    cr_expect_str_eq(support_item(&statement->lines, 1, VOUCH_ITEM_UNIT_PRICE), "");
    cr_expect_eq(statement->taxes.count, 1);
    reading_done(&reading);
}

Test(text_pages, amounts_may_stand_at_half_height_of_their_item)
{
    static const struct {
        const sheet_text *texts;
        char names[2][32];
    } rows[] = {{centred_categories, {"*文具*铅笔", "*文具*橡皮"}}, {centred_plain, {"文具铅笔", "文具橡皮"}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        page_reading reading = read_pages(&rows[i].texts, 1);
        cr_assert_eq(reading.statements.count, 1);
        const vouch_items *lines = &reading.statements.items[0]->lines;
        cr_assert_eq(lines->count, 2, "%s: %zu lines", rows[i].names[0], lines->count);
        cr_expect_str_eq(support_item(lines, 0, VOUCH_ITEM_SPECIFICATION), "十二支装");
        for (size_t line = 0; line < 2; line++) {
            cr_expect_str_eq(support_item(lines, line, VOUCH_ITEM_NAME), rows[i].names[line], "%s is %s",
                             rows[i].names[line], support_item(lines, line, VOUCH_ITEM_NAME));
            cr_expect_str_eq(support_item(lines, line, VOUCH_ITEM_NET_AMOUNT), line ? "10.00" : "100.00");
        }
        reading_done(&reading);
    }
}

Test(text_pages, text_of_a_scan_by_somebody_elses_recogniser_counts_as_recognised)
{
    const sheet_disturbance none = {.name = ""};
    const sheet_text *text = listed_invoice;
    drawn_sheet drawn = sheet_draw(&text, 1, 0, &none);
    drawn.page.ocr_layer = true;
    vouch_arena *arena = vouch_arena_new();
    vouch_statements statements = {0};
    vouch_read_text_pages(arena, &drawn.page, 1, &statements);
    cr_assert_eq(statements.count, 1);
    const vouch_evidence *number = &statements.items[0]->fields[VOUCH_FIELD_INVOICE_NUMBER];
    cr_assert_not_null(number->value);
    cr_expect_eq(number->source, VOUCH_SOURCE_OCR);
    cr_expect_lt(number->confidence, 0.95);
    vouch_arena_free(&arena);
    sheet_done(&drawn);
}

Test(text_pages, a_copy_adds_no_lines)
{
    const sheet_text *texts[] = {listed_invoice, listed_invoice};
    page_reading reading = read_pages(texts, 2);
    cr_assert_eq(reading.statements.count, 1);
    cr_expect_eq(reading.statements.items[0]->lines.count, 1);
    cr_expect_eq(reading.statements.items[0]->last_page, 2);
    reading_done(&reading);
}

Test(text_pages, another_number_is_another_invoice)
{
    const sheet_text *texts[] = {form_named("rail")->texts, form_named("ordinary")->texts,
                                 form_named("digital, red")->texts, form_named("rail refund")->texts};
    const vouch_kind kinds[] = {VOUCH_KIND_CN_RAIL_DIGITAL, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC,
                                VOUCH_KIND_CN_DIGITAL_ORDINARY, VOUCH_KIND_CN_RAIL_DIGITAL};
    page_reading reading = read_pages(texts, 4);
    cr_assert_eq(reading.statements.count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(reading.statements.items[i]->kind, kinds[i], "page %zu", i + 1);
        cr_expect_eq(reading.statements.items[i]->first_page, (int)i + 1);
        cr_expect_eq(reading.statements.items[i]->credit, kinds[i] == VOUCH_KIND_CN_DIGITAL_ORDINARY);
    }
    reading_done(&reading);
}

Test(text_pages, invoices_below_each_other_on_a_sheet_are_told_apart)
{
    const sheet_disturbance none = {.name = "", .scale = 0.9};
    const sheet_text *texts[] = {form_named("ordinary")->texts, form_named("digital toll")->texts};
    vouch_arena *arena = vouch_arena_new();
    drawn_sheet sheet = sheet_draw(texts, 2, 145, &none);
    vouch_statements statements = {.items = NULL};
    vouch_read_text_pages(arena, &sheet.page, 1, &statements);
    cr_assert_eq(statements.count, 2);
    const char *const gross[] = {"53.40", "110.00"}, *const buyers[] = {"单位测试(杭州)科技有限公司",
                                                                        "杭州测试物流有限公司"};
    for (size_t i = 0; i < 2; i++) {
        cr_expect(statements.items[i]->has_region);
        cr_expect_str_eq(support_value(statements.items[i], VOUCH_FIELD_GROSS_AMOUNT), gross[i]);
        cr_expect_str_eq(support_value(statements.items[i], VOUCH_FIELD_BUYER_NAME), buyers[i]);
        cr_expect_eq(statements.items[i]->lines.count, 2);
    }
    sheet_done(&sheet);
    vouch_arena_free(&arena);
}

/* Forms whose parties we don't know: what they call their own number and total, and no names at all. */
Test(text_pages, vehicle_invoices_state_their_head_and_total)
{
    static const sheet_text vehicle[] = {
        {75, 7, 6, "机动车销售统一发票", 0, 0},
        {10, 20, 3.5, "开票日期：2023-05-06", 0, 0},
        {140, 14, 3.5, "发票代码：133002221234", 0, 0},
        {140, 20, 3.5, "发票号码：00123456", 0, 0},
        {10, 30, 3.5, "购买方名称及身份证号码：张三", 0, 0},
        {10, 36, 3.5, "纳税人识别号：91110000MA00000077", 0, 0},
        {10, 60, 3.5, "价税合计", 0, 0},
        {40, 60, 3.5, "⊗壹拾万圆整", V, 0},
        {120, 60, 3.5, "小写", 0, 0},
        {135, 60, 3.5, "￥100000.00", V, 0},
        {.text = NULL},
    };
    const sheet_text *texts[] = {vehicle};
    page_reading reading = read_pages(texts, 1);
    cr_assert_eq(reading.statements.count, 1);
    const vouch_statement *statement = reading.statements.items[0];
    cr_expect_eq(statement->kind, VOUCH_KIND_CN_VEHICLE);
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_INVOICE_CODE), "133002221234");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_INVOICE_NUMBER), "00123456");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_ISSUE_DATE), "2023-05-06");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_GROSS_AMOUNT), "100000.00");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_BUYER_NAME), "");
    cr_expect_str_eq(support_value(statement, VOUCH_FIELD_BUYER_TAX_ID), "");
    reading_done(&reading);
}

/* Labels alone state nothing; text that is no form neither. */
Test(text_pages, empty_forms_and_other_documents_state_nothing)
{
    static const sheet_text blank[] = {
        {69, 8, 7, "电子发票（普通发票）", 0, 0},
        {154, 11, 3.175, "发票号码：", 0, 0},
        {154, 17, 3.175, "开票日期：", 0, 0},
        {11, 33.8, 3.0, "名称：", 0, 0},
        {111.5, 33.8, 3.0, "名称：", 0, 0},
        {11, 44, 2.8, "统一社会信用代码/纳税人识别号：", 0, 0},
        {15.5, 53, 3.175, "项目名称", 0, 0},
        {143, 53, 3.175, "金  额", 0, 0},
        {157, 53, 3.175, "税率/征收率", 0, 0},
        {194, 53, 3.175, "税  额", 0, 0},
        {20, 92, 3.175, "合      计", 0, 0},
        {16.4, 98.5, 3.175, "价税合计（大写）", 0, 0},
        {143, 98.5, 3.175, "（小写）", 0, 0},
        {19, 129.5, 3.175, "开票人：", 0, 0},
        {.text = NULL},
    };
    static const sheet_text letter[] = {
        {20, 20, 4, "关于发票管理的通知", 0, 0},
        {20, 30, 4, "请各单位名称与纳税人识别号保持一致，金额以发票为准，合计数量不限。", 0, 0},
        {.text = NULL},
    };
    static const sheet_text hidden[] = {
        {69, 8, 7, "电子发票（普通发票）", SHEET_HIDDEN, 0},
        {154, 11, 3.175, "发票号码：25112000000000000042", SHEET_HIDDEN, 0},
        {.text = NULL},
    };
    const sheet_text *texts[] = {blank, letter, hidden};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        page_reading reading = read_pages(&texts[i], 1);
        cr_expect_eq(reading.statements.count, 0, "%s", texts[i]->text);
        reading_done(&reading);
    }
}
