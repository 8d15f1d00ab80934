/**
 * The forms of Chinese VAT invoices, one row of tables each: the old one (code and number, buyer above, seller below),
 * the digital one (20 digits, buyer beside seller), and both with the columns of passages.
 */
#include <stdio.h>
#include <string.h>

#include "sheet.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const double TextSize = 3.175; /* 9 pt */
static const double RowPitch = 4.3;

/** How a document is drawn, by its seed. */
typedef struct style {
    uint64_t state;
    double dx, dy, scale;
    const char *sign;
    bool sign_apart, split, shuffled, tight, ascii, short_date, circle;
} style;

typedef struct form_label {
    double x, y, size;
    const char *text;
} form_label;

typedef enum cell_role {
    CELL_NAME,
    CELL_SPECIFICATION,
    CELL_UNIT,
    CELL_QUANTITY,
    CELL_PRICE,
    CELL_NET,
    CELL_RATE,
    CELL_TAX,
    CELL_PLATE,
    CELL_VEHICLE,
    CELL_FROM,
    CELL_TO,
} cell_role;

typedef struct form_column {
    cell_role role;
    double title_x, x, right; /* of the title, of the cell's edges */
    const char *title, *spaced;
    const char *tag;
    char align; /* 'l', 'c', 'r' */
} form_column;

typedef struct party_places {
    double name_x, name_y, id_x, id_y;
} party_places;

typedef struct form {
    const form_label *labels;
    size_t label_count;
    const form_column *columns;
    size_t column_count;
    double code_x, number_y, date_y; /* code and check code: old form only */
    party_places buyer, seller;
    double titles_y, rows_y, rows_end, sum_y, total_y;
    double words_x, figures_x;
    double remark_x, remark_y, remark_right;
    double foot_y, payee_x, reviewer_x, issuer_x;
} form;

#define VAT_LABELS                                                                                                     \
    {32, 21, 2.8, "机器编号:"}, {150, 9, 2.8, "发票代码:"}, {150, 14, 2.8, "发票号码:"}, {150, 19, 2.8, "开票日期:"},  \
        {150, 24, 2.8, "校 验 码:"}, {11.5, 31, 3.175, "购"}, {11.5, 37, 3.175, "买"}, {11.5, 43, 3.175, "方"},        \
        {18, 31, 2.8, "名　　　　称:"}, {18, 36, 2.8, "纳税人识别号:"}, {18, 41, 2.8, "地 址、电 话:"},                \
        {18, 46, 2.8, "开户行及账号:"}, {119.5, 31, 3.175, "密"}, {119.5, 37, 3.175, "码"}, {119.5, 43, 3.175, "区"},  \
        {24, 91, 2.8, "合　　　计"}, {20, 98, 2.8, "价税合计（大写）"}, {140, 98, 2.8, "（小写）"},                    \
        {11.5, 104, 3.175, "销"}, {11.5, 110, 3.175, "售"}, {11.5, 116, 3.175, "方"}, {18, 104, 2.8, "名　　　　称:"}, \
        {18, 109, 2.8, "纳税人识别号:"}, {18, 114, 2.8, "地 址、电 话:"}, {18, 119, 2.8, "开户行及账号:"},             \
        {119.5, 107, 3.175, "备"}, {119.5, 115, 3.175, "注"}, {18, 126, 2.8, "收款人:"}, {66, 126, 2.8, "复核:"},      \
        {112, 126, 2.8, "开票人:"},                                                                                    \
    {                                                                                                                  \
        156, 126, 2.8, "销售方:（章）"                                                                           \
    }

static const form_label vat_labels[] = {VAT_LABELS};
static const form_label toll_labels[] = {VAT_LABELS, {49, 12, 4, "通行费"}};

#define DIGITAL_LABELS                                                                                            \
    {150, 10.3, 3.175, "发票号码："}, {150, 16.4, 3.175, "开票日期："}, {7.5, 30.5, 3, "购"}, {7.5, 34, 3, "买"}, \
        {7.5, 37.5, 3, "方"}, {7.5, 41, 3, "信"}, {7.5, 44.5, 3, "息"}, {106, 30.5, 3, "销"}, {106, 34, 3, "售"}, \
        {106, 37.5, 3, "方"}, {106, 41, 3, "信"}, {106, 44.5, 3, "息"}, {13, 33.8, 2.8, "名称："},                \
        {13, 43.3, 2.6, "统一社会信用代码/纳税人识别号："}, {112, 33.8, 2.8, "名称："},                           \
        {112, 43.3, 2.6, "统一社会信用代码/纳税人识别号："}, {20, 90.5, 3.175, "合　　　计"},                     \
        {20, 96, 3.175, "价税合计（大写）"}, {140, 96, 3.175, "（小写）"}, {7, 108, 3.175, "备"},                 \
        {7, 117, 3.175, "注"},                                                                                    \
    {                                                                                                             \
        18, 129.1, 3.175, "开票人："                                                                          \
    }

static const form_label digital_labels[] = {DIGITAL_LABELS};
static const form_label digital_toll_labels[] = {DIGITAL_LABELS, {32, 10, 4, "通行费"}};

static const form_column vat_columns[] = {
    {CELL_NAME, 16, 11, 59, "货物或应税劳务、服务名称", "货物或应税劳务、服务名称", "Item", 'l'},
    {CELL_SPECIFICATION, 64, 60.5, 82, "规格型号", "规格型号", "Specification", 'l'},
    {CELL_UNIT, 85, 83, 93, "单位", "单 位", "MeasurementDimension", 'c'},
    {CELL_QUANTITY, 97, 93, 111, "数量", "数 量", "Quantity", 'r'},
    {CELL_PRICE, 117, 112, 133, "单价", "单 价", "Price", 'r'},
    {CELL_NET, 141, 134, 159, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 163, 160, 172, "税率", "税率", "TaxScheme", 'r'},
    {CELL_TAX, 183, 174, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column toll_columns[] = {
    {CELL_NAME, 22, 11, 59, "项目名称", "项目名称", "Item", 'l'},
    {CELL_PLATE, 64, 60.5, 80, "车牌号", "车牌号", NULL, 'c'},
    {CELL_VEHICLE, 83, 80, 95, "类型", "类 型", NULL, 'c'},
    {CELL_FROM, 97, 95, 115, "通行日期起", "通行日期起", NULL, 'c'},
    {CELL_TO, 117, 115, 134, "通行日期止", "通行日期止", NULL, 'c'},
    {CELL_NET, 145, 135, 159, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 163, 160, 172, "税率", "税率", "TaxScheme", 'c'},
    {CELL_TAX, 183, 174, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column digital_columns[] = {
    {CELL_NAME, 14, 6.5, 43, "项目名称", "项目名称", "Item", 'l'},
    {CELL_SPECIFICATION, 48, 44.5, 66, "规格型号", "规格型号", "Specification", 'l'},
    {CELL_UNIT, 70, 67, 79, "单位", "单　位", "MeasurementDimension", 'c'},
    {CELL_QUANTITY, 87, 80, 98, "数量", "数　量", "Quantity", 'r'},
    {CELL_PRICE, 108, 99, 124, "单价", "单　价", "Price", 'r'},
    {CELL_NET, 134, 125, 147, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 149, 149, 167, "税率/征收率", "税率/征收率", "TaxScheme", 'c'},
    {CELL_TAX, 186, 175, 203, "税额", "税　额", "TaxAmount", 'r'},
};
static const form_column digital_toll_columns[] = {
    {CELL_NAME, 14, 6.5, 43, "项目名称", "项目名称", "Item", 'l'},
    {CELL_PLATE, 50, 44.5, 66, "车牌号", "车牌号", NULL, 'c'},
    {CELL_VEHICLE, 70, 67, 82, "类型", "类　型", NULL, 'c'},
    {CELL_FROM, 84, 82, 104, "通行日期起", "通行日期起", NULL, 'c'},
    {CELL_TO, 106, 104, 126, "通行日期止", "通行日期止", NULL, 'c'},
    {CELL_NET, 136, 127, 147, "金额", "金　额", "Amount", 'r'},
    {CELL_RATE, 149, 149, 167, "税率/征收率", "税率/征收率", "TaxScheme", 'c'},
    {CELL_TAX, 186, 175, 203, "税额", "税　额", "TaxAmount", 'r'},
};

#define TABLES(labels, columns) labels, COUNT(labels), columns, COUNT(columns)
#define VAT_PLACES \
    166, 14, 19, {38, 31, 38, 36}, {38, 104, 38, 109}, 53, 58, 90, 91, 98, 60, 156, 126, 105, 203, 126, 30, 76, 124
#define DIGITAL_PLACES                                                                                                \
    168, 10.3, 16.4, {23, 33.8, 54, 43.3}, {122, 33.8, 153, 43.3}, 53, 57, 89.5, 90.5, 96, 60, 155.5, 12, 104.5, 203, \
        129.1, 0, 0, 33

static const struct kind_form {
    vouch_kind kind;
    const char *title;
    double title_x;
    form form;
} kind_forms[] = {
    {VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC,
     "测试增值税电子普通发票",
     69,
     {TABLES(vat_labels, vat_columns), VAT_PLACES}},
    {VOUCH_KIND_CN_VAT_TOLL, "测试增值税电子普通发票", 69, {TABLES(toll_labels, toll_columns), VAT_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_ORDINARY,
     "电子发票（普通发票）",
     74,
     {TABLES(digital_labels, digital_columns), DIGITAL_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_SPECIAL,
     "电子发票（增值税专用发票）",
     64,
     {TABLES(digital_labels, digital_columns), DIGITAL_PLACES}},
    {VOUCH_KIND_CN_DIGITAL_TOLL,
     "电子发票（普通发票）",
     74,
     {TABLES(digital_toll_labels, digital_toll_columns), DIGITAL_PLACES}},
};

double sheet_width_of(const char *text, double size)
{
    double width = 0;
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end));)
        width += c < 0x80 ? size / 2 : size;
    return width;
}

typedef struct drawing {
    sheet *sheet;
    const generate_invoice *invoice;
    const struct kind_form *kind;
    style style;
    int page;
} drawing;

static void push(drawing *d, double x, double y, double size, const char *text, const char *tag)
{
    size_t order = d->sheet->text_count;
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->texts, d->sheet->text_count, d->sheet->text_capacity) =
        (sheet_text){.page = d->page,
                     .x = x,
                     .y = y,
                     .size = size,
                     .text = text,
                     .tag = tag,
                     .first = true,
                     .last = true,
                     .order = order};
}

/** Brackets and colons of the form in half width. */
static const char *in_ascii(const drawing *d, const char *text)
{
    static const char *const pairs[][2] = {{"（", "("}, {"）", ")"}, {"：", ":"}};
    char out[128];
    size_t length = 0;
    while (*text && length + 2 < sizeof out) {
        size_t pair = 0;
        while (pair < COUNT(pairs) && strncmp(text, pairs[pair][0], strlen(pairs[pair][0])) != 0)
            pair++;
        bool found = pair < COUNT(pairs);
        out[length++] = found ? *pairs[pair][1] : *text;
        text += found ? strlen(pairs[pair][0]) : 1;
    }
    return vouch_arena_strndup(d->sheet->arena, out, length);
}

/** What the form itself prints: at its place. */
static void label(drawing *d, double x, double y, double size, const char *text)
{
    if (d->style.ascii)
        text = in_ascii(d, text);
    if (!d->style.split) {
        push(d, x, y, size, text, NULL);
        return;
    }
    const char *end = text + strlen(text);
    for (const char *from = text; from < end;) {
        const char *at = from;
        (void)vouch_utf8_next(&at, end);
        const char *glyph = vouch_arena_strndup(d->sheet->arena, from, (size_t)(at - from));
        push(d, x, y, size, glyph, NULL);
        x += sheet_width_of(glyph, size);
        from = at;
    }
}

/** What is filled in: moved against the form, as pre-printed forms and drivers do. */
static void fill(drawing *d, double x, double y, double size, const char *text, const char *tag)
{
    if (*text)
        push(d, x + d->style.dx, y + d->style.dy, size * d->style.scale, vouch_arena_strdup(d->sheet->arena, text),
             tag);
}

static double filled_width(const drawing *d, const char *text)
{
    return sheet_width_of(text, TextSize * d->style.scale);
}

static const char *amount_text(drawing *d, int64_t fen)
{
    char number[24];
    generate_amount(fen, number);
    return vouch_arena_strdup(d->sheet->arena, number);
}

/** An amount that ends at `right`, with its sign before it or a column of its own. */
static void fill_sum(drawing *d, double right, double y, int64_t fen, const char *tag)
{
    const char *number = amount_text(d, fen);
    if (!d->style.sign_apart) {
        number = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, number);
        fill(d, right - filled_width(d, number), y, TextSize, number, tag);
        return;
    }
    double x = right - filled_width(d, number);
    fill(d, x, y, TextSize, number, tag);
    fill(d, x - 0.9 * TextSize - filled_width(d, d->style.sign), y, TextSize, d->style.sign, NULL);
}

/** Where a line of text ends that has some room. */
static const char *line_end(const drawing *d, const char *from, double room)
{
    const char *at = from, *end = from + strlen(from);
    double width = 0;
    for (const char *next = from; next < end; at = next) {
        uint32_t c = vouch_utf8_next(&next, end);
        width += (c < 0x80 ? 0.5 : 1) * TextSize * d->style.scale;
        if (width > room && at > from)
            break;
    }
    return at;
}

static int lines_of(const drawing *d, const char *text, double room)
{
    int lines = 0;
    for (; *text; lines++)
        text = line_end(d, text, room);
    return lines > 0 ? lines : 1;
}

/** Text broken at a width into lines. */
static void fill_wrapped(drawing *d, double x, double right, double y, double pitch, const char *text, const char *tag)
{
    for (const char *from = text, *at; *from; from = at, y += pitch) {
        at = line_end(d, from, right - x);
        fill(d, x, y, TextSize, vouch_arena_strndup(d->sheet->arena, from, (size_t)(at - from)), tag);
        sheet_text *line = &d->sheet->texts[d->sheet->text_count - 1];
        line->first = from == text;
        line->last = *at == '\0';
    }
}

static const char *cell_text(drawing *d, const generate_line *line, cell_role role)
{
    char rate[16];
    switch (role) {
    case CELL_NAME:
        return line->name;
    case CELL_SPECIFICATION:
        return line->specification;
    case CELL_UNIT:
        return line->unit;
    case CELL_QUANTITY:
        return line->quantity;
    case CELL_PRICE:
        return line->unit_price;
    case CELL_NET:
        return amount_text(d, line->net_fen);
    case CELL_RATE:
        generate_rate(line->rate, rate);
        return vouch_arena_strdup(d->sheet->arena, rate);
    case CELL_TAX:
        return line->rate < 0 ? "***" : amount_text(d, line->tax_fen);
    case CELL_PLATE:
        return line->plate;
    case CELL_VEHICLE:
        return line->vehicle;
    case CELL_FROM:
        return vouch_arena_printf(d->sheet->arena, "%.4s%.2s%.2s", line->from, line->from + 5, line->from + 8);
    case CELL_TO:
        return vouch_arena_printf(d->sheet->arena, "%.4s%.2s%.2s", line->to, line->to + 5, line->to + 8);
    }
    return "";
}

static void draw_line(drawing *d, const generate_line *line, double y)
{
    const form *f = &d->kind->form;
    for (size_t c = 0; c < f->column_count; c++) {
        const form_column *column = &f->columns[c];
        const char *text = cell_text(d, line, column->role);
        if (column->align == 'l') {
            fill_wrapped(d, column->x, column->right - 1.5, y, 3.6 * d->style.scale, text, column->tag);
            continue;
        }
        double room = column->right - column->x - 0.4 * TextSize, width = filled_width(d, text);
        double shrunk = width > room ? room / width : 1; /* as tax software does with long prices */
        double x = column->x + (room - shrunk * width) * (column->align == 'r' ? 1 : 0.5);
        fill(d, x, y, TextSize * shrunk, text, column->tag);
    }
}

static void draw_party(drawing *d, const generate_party *party, const party_places *at, const char *who)
{
    vouch_arena *arena = d->sheet->arena;
    double right = generate_is_digital(d->invoice->kind) ? at->name_x + 80 : 116;
    double width = filled_width(d, party->name);
    double y = width > right - at->name_x ? at->name_y - 1.8 * d->style.scale
                                          : at->name_y; /* two lines about the label's height */
    fill_wrapped(d, at->name_x, right, y, 3.6 * d->style.scale, party->name,
                 vouch_arena_printf(arena, "%s/%sName", who, who));
    fill(d, at->id_x, at->id_y, TextSize, party->tax_id, vouch_arena_printf(arena, "%s/%sTaxID", who, who));
    if (!generate_is_digital(d->invoice->kind)) {
        fill(d, at->name_x, at->name_y + 10, 2.8, party->address, vouch_arena_printf(arena, "%s/%sAddrTel", who, who));
        fill(d, at->name_x, at->name_y + 15, 2.8, party->account,
             vouch_arena_printf(arena, "%s/%sFinancialAccount", who, who));
    }
}

static void draw_head(drawing *d)
{
    const form *f = &d->kind->form;
    const generate_invoice *invoice = d->invoice;
    label(d, d->kind->title_x, 8, 6.35, d->kind->title);
    for (size_t i = 0; i < f->label_count; i++)
        label(d, f->labels[i].x, f->labels[i].y, f->labels[i].size, f->labels[i].text);
    for (size_t c = 0; c < f->column_count; c++)
        label(d, f->columns[c].title_x, f->titles_y, 2.8, d->style.tight ? f->columns[c].title : f->columns[c].spaced);
    char date[24];
    generate_chinese_date(invoice->date, date);
    if (d->style.short_date) /* 2024年3月5日 */
        snprintf(date, sizeof date, "%.4s年%.*s月%.*s日", invoice->date, invoice->date[5] == '0' ? 1 : 2,
                 invoice->date + 5 + (invoice->date[5] == '0'), invoice->date[8] == '0' ? 1 : 2,
                 invoice->date + 8 + (invoice->date[8] == '0'));
    fill(d, f->code_x, f->number_y, TextSize, invoice->number, "InvoiceNo");
    fill(d, f->code_x, f->date_y, TextSize, date, "IssueDate");
    if (!generate_is_digital(invoice->kind)) {
        fill(d, f->code_x, 9, TextSize, invoice->code, "InvoiceCode");
        fill(d, f->code_x, 24, 2.8, invoice->check_code, "InvoiceCheckCode");
        fill(d, 47, 21, TextSize, invoice->machine_number, "MachineNo");
    }
    draw_party(d, &invoice->buyer, &f->buyer, "Buyer");
    draw_party(d, &invoice->seller, &f->seller, "Seller");
    fill(d, f->issuer_x, f->foot_y, TextSize, invoice->issued_by, "InvoiceClerk");
    fill(d, f->payee_x, f->foot_y, TextSize, invoice->payee, "Payee");
    fill(d, f->reviewer_x, f->foot_y, TextSize, invoice->reviewed_by, "Checker");
    *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->codes, d->sheet->code_count, d->sheet->code_capacity) =
        (sheet_code){.page = d->page, .payload = invoice->qr};
}

static double right_of(const form *f, cell_role role)
{
    for (size_t c = 0; c < f->column_count; c++)
        if (f->columns[c].role == role)
            return f->columns[c].right;
    return 0;
}

static void draw_totals(drawing *d)
{
    const form *f = &d->kind->form;
    const generate_invoice *invoice = d->invoice;
    fill_sum(d, right_of(f, CELL_NET), f->sum_y, invoice->net_fen, "TaxExclusiveTotalAmount");
    if (invoice->tax_fen != 0)
        fill_sum(d, right_of(f, CELL_TAX), f->sum_y, invoice->tax_fen, "TaxTotalAmount");
    else
        fill(d, right_of(f, CELL_TAX) - filled_width(d, "***"), f->sum_y, TextSize, "***", NULL);
    const char *words = vouch_chinese_amount_print(d->sheet->arena, invoice->gross_fen);
    if (d->style.circle) /* before the words, so that nobody adds any */
        fill(d, f->words_x - 1.2 * TextSize, f->total_y, TextSize, "⊗", NULL);
    fill(d, f->words_x, f->total_y, TextSize, words, "TaxInclusiveTotalAmountWithWords");
    const char *gross = vouch_arena_printf(d->sheet->arena, "%s%s", d->style.sign, amount_text(d, invoice->gross_fen));
    fill(d, f->figures_x, f->total_y, TextSize, gross, "TaxInclusiveTotalAmount");
    fill_wrapped(d, f->remark_x, f->remark_right, f->remark_y, 4 * d->style.scale, invoice->remarks, "Note");
}

static void draw_rules(drawing *d)
{
    const form *f = &d->kind->form;
    double left = f->columns[0].x - 1, right = right_of(f, CELL_TAX) + 1;
    const double heights[] = {29, f->titles_y - 1, f->total_y - 1, f->total_y + 5, f->foot_y - 2};
    for (size_t i = 0; i < COUNT(heights); i++)
        *VOUCH_ARENA_PUSH(d->sheet->arena, d->sheet->rules, d->sheet->rule_count, d->sheet->rule_capacity) =
            (sheet_rule){d->page, left, heights[i], right, heights[i]};
}

static style style_of(uint64_t seed)
{
    style s = {.state = seed * 77 + 1, .scale = 1, .sign = "¥"};
    if (seed == 0)
        return s;
    s.dx = ((double)generate_pick(&s.state, 31) - 15) / 20; /* ±0.75 mm */
    s.dy = ((double)generate_pick(&s.state, 31) - 15) / 20;
    s.scale = 0.86 + 0.01 * (double)generate_pick(&s.state, 20);
    s.sign = generate_pick(&s.state, 2) ? "¥" : "￥";
    s.sign_apart = generate_pick(&s.state, 4) == 0;
    s.split = generate_pick(&s.state, 3) == 0;
    s.shuffled = generate_pick(&s.state, 3) == 0;
    s.tight = generate_pick(&s.state, 2) == 0;
    s.ascii = generate_pick(&s.state, 3) == 0;
    s.short_date = generate_pick(&s.state, 4) == 0;
    s.circle = generate_pick(&s.state, 2) == 0;
    return s;
}

static void shuffle(sheet *s, size_t first, uint64_t *state)
{
    for (size_t i = s->text_count; i > first + 1; i--) {
        size_t j = first + generate_pick(state, i - first);
        sheet_text swapped = s->texts[i - 1];
        s->texts[i - 1] = s->texts[j];
        s->texts[j] = swapped;
    }
}

static int rows_of(drawing *d, const generate_line *line)
{
    int most = 1;
    for (size_t c = 0; c < d->kind->form.column_count; c++) {
        const form_column *column = &d->kind->form.columns[c];
        if (column->align != 'l')
            continue;
        int rows = lines_of(d, cell_text(d, line, column->role), column->right - 1.5 - column->x);
        most = rows > most ? rows : most;
    }
    return most;
}

static void begin_page(drawing *d)
{
    d->page = d->sheet->page_count++;
    draw_head(d);
    draw_rules(d);
}

void sheet_draw(sheet *out, const generate_invoice *invoice, uint64_t seed)
{
    drawing d = {.sheet = out, .invoice = invoice, .kind = kind_forms, .style = style_of(seed)};
    for (size_t i = 0; i < COUNT(kind_forms); i++)
        if (kind_forms[i].kind == invoice->kind)
            d.kind = &kind_forms[i];
    const form *f = &d.kind->form;
    size_t first = out->text_count;
    out->width = 215;
    out->height = 140;
    begin_page(&d);
    double y = f->rows_y;
    int64_t net = 0, tax = 0;
    for (int i = 0; i < invoice->line_count; i++) {
        const generate_line *line = &invoice->lines[i];
        double height = RowPitch + 3.6 * d.style.scale * (rows_of(&d, line) - 1);
        if (y + height + RowPitch > f->rows_end) {
            label(&d, 24, f->rows_end - RowPitch, 2.8, "小　　　计");
            fill_sum(&d, right_of(f, CELL_NET), f->rows_end - RowPitch, net, NULL);
            fill_sum(&d, right_of(f, CELL_TAX), f->rows_end - RowPitch, tax, NULL);
            begin_page(&d);
            y = f->rows_y;
            net = tax = 0;
        }
        draw_line(&d, line, y);
        net += line->net_fen;
        tax += line->tax_fen;
        y += height;
    }
    draw_totals(&d);
    if (d.style.shuffled)
        shuffle(out, first, &d.style.state);
}

void sheet_fold(sheet *folded)
{
    const double scale = 0.95, half = 148.5;
    for (size_t i = 0; i < folded->text_count; i++) {
        sheet_text *moved = &folded->texts[i];
        moved->x *= scale;
        moved->y = moved->y * scale + half * (moved->page % 2);
        moved->size *= scale;
        moved->page /= 2;
    }
    for (size_t i = 0; i < folded->rule_count; i++) {
        sheet_rule *moved = &folded->rules[i];
        double down = half * (moved->page % 2);
        *moved = (sheet_rule){moved->page / 2, moved->x0 * scale, moved->y0 * scale + down, moved->x1 * scale,
                              moved->y1 * scale + down};
    }
    folded->code_count = 0; /* printers' drivers make pictures of them, or nothing */
    folded->page_count = (folded->page_count + 1) / 2;
    folded->width = 210;
    folded->height = 297;
}
