/**
 * Any glyphs on a page: the text layer reader states only whole values, each with a place that has an extent.
 *
 * Input: per glyph one byte for the character (an index into characters of labels and values), two bytes each for x
 * and y, one for the size; the first byte tells how many glyphs share a text object.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "../../src/read/text.h"

#include "property.h"

enum {
    GLYPH_BYTES = 6,
    MAX_FUZZ_GLYPHS = 1500,
};

static const char characters[] =
    "电子发票（普通发票）增值税专用发票号码代码：开票日期年月日校验码名称统一社会信用代码/纳税人识别号项目名称"
    "规格型号单位数量单价金额税率税额合计价税合计（大写）小写备注收款人复核开票人购买方销售方密码区铁路电子客票"
    "航空运输电子客票行程单票价燃油附加费航班号自至站车座壹贰叁肆伍圆整零负0123456789.-*%¥GA:+<> ";

static void check(const vouch_evidence *evidence)
{
    if (!evidence->value)
        return;
    REQUIRE(*evidence->value && vouch_utf8_valid(evidence->value, strlen(evidence->value)));
    REQUIRE(evidence->confidence > 0 && evidence->confidence < 1);
    REQUIRE(evidence->page == 0 ||
            (evidence->page == 1 && evidence->box.x0 <= evidence->box.x1 && evidence->box.y0 <= evidence->box.y1));
}

static size_t list_characters(uint32_t *list, size_t capacity)
{
    size_t count = 0;
    for (const char *at = characters, *end = at + strlen(at); at < end && count < capacity;)
        list[count++] = vouch_utf8_next(&at, end);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_arena *arena = vouch_arena_new();
    if (!arena || size < 1 + GLYPH_BYTES) {
        vouch_arena_free(&arena);
        return 0;
    }
    uint32_t list[256];
    const size_t known = list_characters(list, sizeof list / sizeof *list);
    size_t count = (size - 1) / GLYPH_BYTES;
    if (count > MAX_FUZZ_GLYPHS)
        count = MAX_FUZZ_GLYPHS;
    vouch_glyph *glyphs = vouch_arena_calloc(arena, count, sizeof *glyphs);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *from = data + 1 + i * GLYPH_BYTES;
        double x = (from[1] << 8 | from[2]) / 100.0, y = (from[3] << 8 | from[4]) / 100.0;
        float points = (float)(from[5] & 0x7F) / 4.0F;
        glyphs[i] = (vouch_glyph){.codepoint = list[from[0] % known],
                                  .object = (uint32_t)(i / (1u + data[0])),
                                  .box = {x, y, x + (double)points, y + (double)points},
                                  .size = points,
                                  .hidden = from[5] & 0x80};
    }
    const vouch_page page = {
        .number = 1, .width = 610, .height = 394, .unit = "pt", .glyphs = glyphs, .glyph_count = count};
    vouch_statements statements = {.items = NULL};
    vouch_read_text_pages(arena, &page, 1, &statements);
    for (size_t i = 0; i < statements.count; i++) {
        const vouch_statement *statement = statements.items[i];
        REQUIRE(statement->source == VOUCH_SOURCE_TEXT && statement->first_page == 1 && statement->last_page == 1);
        for (int field = 0; field < VOUCH_FIELD_COUNT; field++)
            check(&statement->fields[field]);
        const vouch_items *const lists[] = {&statement->lines, &statement->taxes, &statement->segments};
        for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
            for (size_t row = 0; row < lists[l]->count; row++)
                for (int member = 0; member < VOUCH_ITEM_COUNT; member++)
                    check(&lists[l]->items[row].members[member]);
    }
    vouch_arena_free(&arena);
    return 0;
}
