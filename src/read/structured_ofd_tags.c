/**
 * OFD custom tags (GB/T 33190, 16) and custom data of the document: the issuer's names for what stands on the page.
 *
 * Tags point to text on a page, so that their values have places. The tag tree of invoices uses the names of
 * original_invoice.xml; 数电票 flatten their lines into repeated siblings, which are grouped again by their height on
 * the page. CustomDatas are plain values without a place and only fill what the tags leave open.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "structured.h"
#include "text.h"

static const struct tag_item {
    const char *name;
    vouch_item_field field;
} tag_items[] = {
    {"Item", VOUCH_ITEM_NAME},          {"Specification", VOUCH_ITEM_SPECIFICATION},
    {"Price", VOUCH_ITEM_UNIT_PRICE},   {"MeasurementDimension", VOUCH_ITEM_UNIT},
    {"Quantity", VOUCH_ITEM_QUANTITY},  {"Amount", VOUCH_ITEM_NET_AMOUNT},
    {"TaxScheme", VOUCH_ITEM_TAX_RATE}, {"TaxAmount", VOUCH_ITEM_TAX_AMOUNT},
};

/* CustomData names, without blanks. */
static const vouch_xml_field_row data_fields[] = {
    {"发票代码", VOUCH_FIELD_INVOICE_CODE},
    {"发票号码", VOUCH_FIELD_INVOICE_NUMBER},
    {"开票日期", VOUCH_FIELD_ISSUE_DATE},
    {"校验码", VOUCH_FIELD_CHECK_CODE},
    {"合计金额", VOUCH_FIELD_NET_AMOUNT},
    {"合计税额", VOUCH_FIELD_TAX_AMOUNT},
    {"价税合计", VOUCH_FIELD_GROSS_AMOUNT},
    {"购买方名称", VOUCH_FIELD_BUYER_NAME},
    {"购买方纳税人识别号", VOUCH_FIELD_BUYER_TAX_ID},
    {"销售方名称", VOUCH_FIELD_SELLER_NAME},
    {"销售方纳税人识别号", VOUCH_FIELD_SELLER_TAX_ID},
    {"销售方地址、电话", VOUCH_FIELD_SELLER_ADDRESS},
    {"开票人", VOUCH_FIELD_ISSUED_BY},
};

/** Tags of one OFD part being put together. */
typedef struct tag_reading {
    vouch_decoded *decoded;
    vouch_arena *arena;
    const vouch_tag *tags;
    size_t count;
    int part;
    vouch_statement *statement;
} tag_reading;

static bool has_origin(const vouch_tag *tag, const char *origin)
{
    return strcmp(tag->origin, origin) == 0 && tag->value[0] != '\0';
}

/** Path below the invoice: some producers wrap its root once more. */
static const char *inner_path(const vouch_tag *tag)
{
    static const char wrapper[] = "eInvoice/";
    return strncmp(tag->path, wrapper, strlen(wrapper)) == 0 ? tag->path + strlen(wrapper) : tag->path;
}

static void place(vouch_evidence *evidence, const vouch_tag *tag)
{
    if (!evidence || tag->page <= 0)
        return;
    evidence->page = tag->page;
    evidence->box = tag->box;
}

static void set_fields(tag_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const vouch_tag *tag = &reading->tags[i];
        if (tag->part != reading->part || !has_origin(tag, "ofd.tag"))
            continue;
        for (size_t row = 0; row < vouch_edrm_field_count; row++)
            if (strcmp(inner_path(tag), vouch_edrm_fields[row].path) == 0 &&
                !reading->statement->fields[vouch_edrm_fields[row].field].value)
                place(vouch_statement_set(reading->arena, reading->statement, vouch_edrm_fields[row].field, tag->value,
                                          VOUCH_CONFIDENCE_STRUCTURED),
                      tag);
    }
}

/** Custom data that says what kind of document it is. */
static void set_kind(tag_reading *reading, const char *name, const char *value)
{
    if (strcmp(name, "模板编号") == 0)
        reading->statement->kind = vouch_cn_kind_of_title(value);
    if (strcmp(name, "开票类型") == 0 && strstr(value, "红字"))
        reading->statement->credit = true;
}

static void set_data(tag_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const vouch_tag *tag = &reading->tags[i];
        if (tag->part != reading->part || !has_origin(tag, "ofd.data"))
            continue;
        const char *name = vouch_text_compact(reading->arena, tag->path);
        set_kind(reading, name, tag->value);
        for (size_t row = 0; row < sizeof data_fields / sizeof *data_fields; row++)
            if (strcmp(name, data_fields[row].path) == 0 && !reading->statement->fields[data_fields[row].field].value)
                (void)vouch_statement_set(reading->arena, reading->statement, data_fields[row].field, tag->value,
                                          VOUCH_CONFIDENCE_STRUCTURED);
    }
}

static const struct tag_item *item_of(const vouch_tag *tag)
{
    const char *slash = strrchr(tag->path, '/');
    const char *name = slash ? slash + 1 : tag->path;
    for (size_t i = 0; i < sizeof tag_items / sizeof *tag_items; i++)
        if (strcmp(name, tag_items[i].name) == 0)
            return &tag_items[i];
    return NULL;
}

static void set_item(tag_reading *reading, vouch_item *item, const struct tag_item *row, const vouch_tag *tag)
{
    if (item->members[row->field].value)
        return;
    if (row->field == VOUCH_ITEM_TAX_RATE) {
        vouch_item_put_rate(reading->arena, item, tag->value, /* fraction= */ false, VOUCH_SOURCE_OFD_TAG,
                            VOUCH_CONFIDENCE_STRUCTURED);
        if (item->members[VOUCH_ITEM_TAX_RATE].value)
            place(&item->members[VOUCH_ITEM_TAX_RATE], tag);
        return;
    }
    place(
        vouch_item_set(reading->arena, item, row->field, tag->value, VOUCH_SOURCE_OFD_TAG, VOUCH_CONFIDENCE_STRUCTURED),
        tag);
}

/** @return NULL beyond what is read */
static vouch_item *line_at(tag_reading *reading, size_t row)
{
    while (reading->statement->lines.count <= row)
        if (!vouch_items_add(reading->arena, &reading->statement->lines))
            return NULL;
    return &reading->statement->lines.items[row];
}

static void set_item_at(tag_reading *reading, size_t line, const struct tag_item *row, const vouch_tag *tag)
{
    vouch_item *item = line_at(reading, line);
    if (item)
        set_item(reading, item, row, tag);
}

static void set_grouped_lines(tag_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++) {
        const vouch_tag *tag = &reading->tags[i];
        const struct tag_item *row = item_of(tag);
        if (tag->part == reading->part && has_origin(tag, "ofd.tag") && row && strstr(tag->path, "GoodsInfo/") &&
            tag->row >= 0 && tag->row < VOUCH_ROWS_MAXIMUM)
            set_item_at(reading, (size_t)tag->row, row, tag);
    }
}

static bool is_flat(const tag_reading *reading, const vouch_tag *tag)
{
    return tag->part == reading->part && has_origin(tag, "ofd.tag") && !strchr(inner_path(tag), '/') && item_of(tag) &&
           tag->page > 0;
}

static int by_place(const void *a, const void *b)
{
    const vouch_tag *one = *(const vouch_tag *const *)a, *other = *(const vouch_tag *const *)b;
    if (one->page != other->page)
        return one->page - other->page;
    return (one->box.y0 > other->box.y0) - (one->box.y0 < other->box.y0);
}

static double height_of(const vouch_tag *tag)
{
    return tag->box.y1 - tag->box.y0;
}

/** How far a value is from an amount's row: by its first line or, where it has several about that row, by its middle.
 */
static double off_row(const vouch_tag *anchor, const vouch_tag *tag)
{
    double middle = fabs(anchor->box.y0 + anchor->box.y1 - tag->box.y0 - tag->box.y1) / 2;
    return fmin(fabs(anchor->box.y0 - tag->box.y0), middle);
}

/** The amounts in reading order, each of which starts a line. */
static size_t find_anchors(const tag_reading *reading, const vouch_tag **anchors)
{
    size_t count = 0;
    for (size_t i = 0; i < reading->count && count < VOUCH_ROWS_MAXIMUM; i++)
        if (is_flat(reading, &reading->tags[i]) && item_of(&reading->tags[i])->field == VOUCH_ITEM_NET_AMOUNT)
            anchors[count++] = &reading->tags[i];
    if (count > 0)
        qsort(anchors, count, sizeof *anchors, by_place);
    return count;
}

/** @return the anchor at whose height a value stands; `count` when there is none */
static size_t anchor_beside(const vouch_tag *const *anchors, size_t count, const vouch_tag *tag)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        double off = off_row(anchors[i], tag);
        if (anchors[i]->page == tag->page && off <= height_of(anchors[i]) / 2 &&
            (best == count || off < off_row(anchors[best], tag)))
            best = i;
    }
    return best;
}

/** @return the last anchor above a value, whose further line it is; `count` when there is none */
static size_t anchor_above(const vouch_tag *const *anchors, size_t count, const vouch_tag *tag)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (anchors[i]->page == tag->page && anchors[i]->box.y0 < tag->box.y0)
            best = i;
    return best;
}

static void append_text(tag_reading *reading, vouch_evidence *text, const vouch_tag *tag)
{
    text->value = vouch_arena_printf(reading->arena, "%s%s", text->value, vouch_text_fold(reading->arena, tag->value));
    text->box.x1 = fmax(text->box.x1, tag->box.x1);
    text->box.y1 = fmax(text->box.y1, tag->box.y1);
}

/** Lines without grouping: what stands at an amount's height belongs to its line, text below goes on. */
static void set_flat_lines(tag_reading *reading)
{
    const vouch_tag **anchors = vouch_arena_calloc(reading->arena, reading->count + 1, sizeof(const vouch_tag *));
    const vouch_tag **tags = vouch_arena_calloc(reading->arena, reading->count + 1, sizeof(const vouch_tag *));
    size_t anchor_count = find_anchors(reading, anchors), tag_count = 0;
    for (size_t i = 0; i < reading->count; i++)
        if (is_flat(reading, &reading->tags[i]))
            tags[tag_count++] = &reading->tags[i];
    if (tag_count > 0)
        qsort(tags, tag_count, sizeof *tags, by_place);
    for (size_t i = 0; i < tag_count; i++) {
        const struct tag_item *row = item_of(tags[i]);
        size_t beside = anchor_beside(anchors, anchor_count, tags[i]);
        if (beside < anchor_count) {
            set_item_at(reading, beside, row, tags[i]);
            continue;
        }
        size_t above = anchor_above(anchors, anchor_count, tags[i]);
        if (above == anchor_count || vouch_item_field_type(row->field) != VOUCH_VALUE_TEXT)
            continue;
        vouch_item *line = line_at(reading, above);
        if (line && line->members[row->field].value)
            append_text(reading, &line->members[row->field], tags[i]);
    }
}

static void read_part(tag_reading *reading, vouch_statements *statements)
{
    vouch_statements one = {.rows = statements->rows};
    reading->statement = vouch_statement_new(reading->arena, &one, VOUCH_SOURCE_OFD_TAG, reading->part);
    vouch_pages_of_part(reading->decoded, reading->part, &reading->statement->first_page,
                        &reading->statement->last_page);
    set_fields(reading);
    set_data(reading);
    set_grouped_lines(reading);
    if (reading->statement->lines.count == 0)
        set_flat_lines(reading);
    vouch_statement *statement = reading->statement;
    if (!statement->fields[VOUCH_FIELD_INVOICE_NUMBER].value)
        return;
    const vouch_kind by_code = vouch_cn_kind_of_code(statement->fields[VOUCH_FIELD_INVOICE_CODE].value);
    if (by_code != VOUCH_KIND_UNKNOWN)
        statement->kind = by_code;
    statement->kind_confidence = VOUCH_CONFIDENCE_STRUCTURED;
    const bool red = statement->credit;
    text_read_original(reading->arena, statement);
    statement->credit = statement->credit || red;
    *VOUCH_ARENA_PUSH(reading->arena, statements->items, statements->count, statements->capacity) = statement;
}

vouch_code vouch_read_ofd_tags(vouch_decoded *decoded, vouch_statements *statements, vouch_error *err)
{
    (void)err;
    size_t tag_count, part_count;
    const vouch_tag *tags = vouch_decoded_tags(decoded, &tag_count);
    const vouch_part *parts = vouch_decoded_parts(decoded, &part_count);
    for (size_t part = 0; part < part_count; part++) {
        tag_reading reading = {.decoded = decoded,
                               .arena = vouch_decoded_arena(decoded),
                               .tags = tags,
                               .count = tag_count,
                               .part = (int)part};
        if (parts[part].format == VOUCH_FORMAT_OFD)
            read_part(&reading, statements);
    }
    return VOUCH_OK;
}
