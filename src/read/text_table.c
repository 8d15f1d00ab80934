/**
 * The item table: column titles, rows, cells, and the two sums below it.
 *
 * The lines between the columns are graphics, and producers set values left, right or centred, so that a cell is known
 * only by its distance to the titles, by its order and by what it looks like. Each row of pieces is laid over the
 * columns by dynamic programming: columns never go backwards, distance and misfit cost. Rows with an amount are items;
 * the others continue the name or the specification of one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "readers.h"
#include "text.h"

static const double RowHeight = 0.5;  /* em between the centres of pieces of one row */
static const double Misfit = 6;       /* price in em of text that the column can't hold */
static const double Unlikely = 1.5;   /* of text that it seldom holds */
static const double Second = 0.4;     /* of a further piece in a column of text */
static const double SecondFigure = 8; /* of a further piece in a column of figures */
static const double CellGap = 0.8;    /* em between pieces of different cells, at least, as a rule */
static const double CloseCells = 3;   /* price of one em less than that */
static const double SumRow = 0.9;     /* em between the centres of 合计 and its amounts */
static const double SignGap = 1.2;    /* em between a yen sign and its figures */
static const double NameEdge = 1.5;   /* em from the table's left edge: where names begin */

enum {
    COLUMNS = TEXT_COLUMN_OTHER - TEXT_COLUMN_NAME + 1,
    MAX_COLUMNS = 16,
    MAX_ROW_PIECES = 40,
};

static const double TextConfidence = 0.985;
static const double FigureConfidence = 0.99;
static const double SumConfidence = 0.99;

/** What a column holds and which member of a line it becomes. */
static const struct column_type {
    text_pattern pattern;
    bool text; /* may have several pieces and wrap */
    vouch_item_field field;
} types[COLUMNS] = {
    [TEXT_COLUMN_NAME - TEXT_COLUMN_NAME] = {TEXT_ANY, true, VOUCH_ITEM_NAME},
    [TEXT_COLUMN_SPECIFICATION - TEXT_COLUMN_NAME] = {TEXT_ANY, true, VOUCH_ITEM_SPECIFICATION},
    [TEXT_COLUMN_UNIT - TEXT_COLUMN_NAME] = {TEXT_ANY, true, VOUCH_ITEM_UNIT},
    [TEXT_COLUMN_QUANTITY - TEXT_COLUMN_NAME] = {TEXT_FIGURE, false, VOUCH_ITEM_QUANTITY},
    [TEXT_COLUMN_PRICE - TEXT_COLUMN_NAME] = {TEXT_FIGURE, false, VOUCH_ITEM_UNIT_PRICE},
    [TEXT_COLUMN_NET - TEXT_COLUMN_NAME] = {TEXT_MONEY, false, VOUCH_ITEM_NET_AMOUNT},
    [TEXT_COLUMN_RATE - TEXT_COLUMN_NAME] = {TEXT_PERCENT, false, VOUCH_ITEM_TAX_RATE},
    [TEXT_COLUMN_TAX - TEXT_COLUMN_NAME] = {TEXT_TAX_MONEY, false, VOUCH_ITEM_TAX_AMOUNT},
    [TEXT_COLUMN_PLATE - TEXT_COLUMN_NAME] = {TEXT_ANY, false, VOUCH_ITEM_PLATE_NUMBER},
    [TEXT_COLUMN_VEHICLE - TEXT_COLUMN_NAME] = {TEXT_ANY, true, VOUCH_ITEM_VEHICLE_TYPE},
    [TEXT_COLUMN_FROM - TEXT_COLUMN_NAME] = {TEXT_DATE_DAY, false, VOUCH_ITEM_DATE_FROM},
    [TEXT_COLUMN_TO - TEXT_COLUMN_NAME] = {TEXT_DATE_DAY, false, VOUCH_ITEM_DATE_TO},
    [TEXT_COLUMN_OTHER - TEXT_COLUMN_NAME] = {TEXT_ANY, true, VOUCH_ITEM_COUNT},
};

typedef struct table_column {
    text_role role;
    vouch_box box;
} table_column;

typedef struct item_table {
    table_column columns[MAX_COLUMNS]; /* from the left */
    size_t count;
    double y, size, left;
    double top, bottom; /* of the items */
} item_table;

/** Pieces of one row, from the left, with the column of each. */
typedef struct item_row {
    size_t pieces[MAX_ROW_PIECES];
    size_t columns[MAX_ROW_PIECES];
    size_t count;
    double y;
    bool has_amount, has_name, starts_item;
} item_row;

typedef struct item_rows {
    item_row *items;
    size_t count, capacity;
} item_rows;

static bool is_column(text_role role)
{
    return role >= TEXT_COLUMN_NAME && role <= TEXT_COLUMN_OTHER;
}

static int by_left(const void *a, const void *b)
{
    double one = ((const table_column *)a)->box.x0, other = ((const table_column *)b)->box.x0;
    return (one > other) - (one < other);
}

/** Columns of the row of titles that holds an amount column; titles may be set a little off each other. */
static bool titles_on(const text_page *page, const text_hit *net, item_table *out)
{
    *out = (item_table){.y = net->y, .size = net->size};
    bool has_name = false, has_tax = false;
    for (size_t i = 0; i < page->hit_count && out->count < MAX_COLUMNS; i++) {
        const text_hit *hit = &page->hits[i];
        if (hit->vertical || !is_column(hit->label->role) || fabs(hit->y - net->y) > net->size)
            continue;
        out->columns[out->count++] = (table_column){.role = hit->label->role, .box = hit->box};
        has_name |= hit->label->role == TEXT_COLUMN_NAME;
        has_tax |= hit->label->role == TEXT_COLUMN_TAX || hit->label->role == TEXT_COLUMN_RATE;
    }
    qsort(out->columns, out->count, sizeof *out->columns, by_left);
    return out->count >= 3 && (has_name || has_tax);
}

static double lowest_row(const text_page *page, double from)
{
    static const text_role ends[] = {TEXT_SUBTOTAL, TEXT_WORDS, TEXT_RIDER_COLUMN, TEXT_ISSUER};
    double bottom = page->region.y1;
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *hit = &page->hits[i];
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++)
            if (hit->label->role == ends[e] && !hit->vertical && hit->y > from + hit->size)
                bottom = fmin(bottom, hit->y - 0.6 * hit->size);
    }
    const text_hit *words = text_hit_first(page, TEXT_WORDS);
    const text_hit *sum = text_hit_above(page, TEXT_SUM, words ? words->y + 0.5 * page->em : page->region.y1);
    if (sum && sum->y > from + sum->size) /* the last one: an item's name may say 合计 too */
        bottom = fmin(bottom, sum->y - 0.6 * sum->size);
    return bottom;
}

static bool find_table(const text_page *page, item_table *out)
{
    for (size_t i = 0; i < page->hit_count; i++) {
        const text_hit *hit = &page->hits[i];
        if (hit->label->role == TEXT_COLUMN_NET && !hit->vertical && titles_on(page, hit, out)) {
            out->top = out->y + 0.5 * out->size;
            out->bottom = lowest_row(page, out->y);
            return true;
        }
    }
    return false;
}

bool text_area_items(const text_page *page, vouch_box *box)
{
    item_table table;
    if (!find_table(page, &table))
        return false;
    *box = (vouch_box){page->region.x0, table.top, page->region.x1, table.bottom};
    return true;
}

bool text_table_has(const text_page *page, text_role role)
{
    item_table table;
    if (!find_table(page, &table))
        return false;
    for (size_t i = 0; i < table.count; i++)
        if (table.columns[i].role == role)
            return true;
    return false;
}

static const struct column_type *type_of(const table_column *column)
{
    return &types[column->role - TEXT_COLUMN_NAME];
}

/** Price of what the text looks like, in em. */
static double misfit(const table_column *column, const char *compact)
{
    const struct column_type *type = type_of(column);
    switch (column->role) {
    case TEXT_COLUMN_NAME:
        return *compact == '*' ? 0 : text_pattern_fit(TEXT_FIGURE, compact) ? Unlikely : 0.2;
    case TEXT_COLUMN_UNIT:
        if (text_pattern_fit(TEXT_FIGURE, compact))
            return 2 * Unlikely;
        return vouch_utf8_length(compact) <= 4 ? 0 : Unlikely;
    default:
        return type->pattern == TEXT_ANY || text_pattern_fit(type->pattern, compact) == 2 ? 0
               : text_pattern_fit(type->pattern, compact)                                 ? Unlikely
                                                                                          : Misfit;
    }
}

/** Distance between a piece and a column's title, in em; outer columns reach to the page's edge. */
static double distance(const item_table *table, size_t index, const text_piece *piece)
{
    const table_column *column = &table->columns[index];
    double em = fmax(piece->size, table->size), gap = 0;
    if (piece->box.x1 < column->box.x0 && index > 0)
        gap = column->box.x0 - piece->box.x1;
    if (piece->box.x0 > column->box.x1 && index + 1 < table->count)
        gap = piece->box.x0 - column->box.x1;
    if (column->role == TEXT_COLUMN_NAME && piece->box.x0 < table->left + NameEdge * em)
        return 0;
    double centre = fabs((piece->box.x0 + piece->box.x1 - column->box.x0 - column->box.x1) / 2);
    return (gap + 0.05 * centre) / em;
}

/**
 * Price of a piece in a column after the piece before it in another or the same one. Neighbours are seldom of
 * different cells, and text goes on as far as it likes from its column's title.
 */
static double step_price(const text_page *page, const item_table *table, const item_row *row, size_t p, size_t before,
                         size_t column)
{
    const text_piece *left = &page->pieces[row->pieces[p - 1]], *right = &page->pieces[row->pieces[p]];
    double gap = (right->box.x0 - left->box.x1) / fmax(left->size, right->size);
    double far = distance(table, column, right);
    if (before != column)
        return far + (gap < CellGap ? (CellGap - gap) * CloseCells : 0);
    if (!type_of(&table->columns[column])->text)
        return far + SecondFigure;
    return gap < CellGap ? Second : far + Second;
}

/** Lay the row's pieces over the columns at the least price. */
static void lay(const text_page *page, const item_table *table, item_row *row)
{
    double price[MAX_ROW_PIECES][MAX_COLUMNS];
    size_t from[MAX_ROW_PIECES][MAX_COLUMNS];
    for (size_t p = 0; p < row->count; p++) {
        const text_piece *piece = &page->pieces[row->pieces[p]];
        for (size_t c = 0; c < table->count; c++) {
            double best = p == 0 ? distance(table, c, piece) : INFINITY;
            from[p][c] = c;
            for (size_t before = 0; p > 0 && before <= c; before++) {
                double step = price[p - 1][before] + step_price(page, table, row, p, before, c);
                if (step < best) {
                    best = step;
                    from[p][c] = before;
                }
            }
            price[p][c] = best + misfit(&table->columns[c], piece->compact);
        }
    }
    size_t last = 0;
    for (size_t c = 1; c < table->count; c++)
        if (price[row->count - 1][c] < price[row->count - 1][last])
            last = c;
    for (size_t p = row->count; p-- > 0; last = from[p][last])
        row->columns[p] = last;
}

static void sort_row(const text_page *page, item_row *row)
{
    for (size_t i = 1; i < row->count; i++) {
        for (size_t j = i; j > 0 && page->pieces[row->pieces[j]].box.x0 < page->pieces[row->pieces[j - 1]].box.x0;
             j--) {
            size_t swapped = row->pieces[j];
            row->pieces[j] = row->pieces[j - 1];
            row->pieces[j - 1] = swapped;
        }
    }
}

static int row_at(const item_rows *rows, double y, double em)
{
    int best = -1;
    for (size_t i = 0; i < rows->count; i++)
        if (fabs(rows->items[i].y - y) < RowHeight * em &&
            (best < 0 || fabs(rows->items[i].y - y) < fabs(rows->items[best].y - y)))
            best = (int)i;
    return best;
}

static int by_height(const void *a, const void *b)
{
    double one = ((const item_row *)a)->y, other = ((const item_row *)b)->y;
    return (one > other) - (one < other);
}

/** "*category*name": how names begin since 2018. */
static bool starts_with_category(const char *compact)
{
    return *compact == '*' && compact[1] != '*' && strchr(compact + 1, '*');
}

static void collect_rows(text_page *page, item_table *table, item_rows *rows)
{
    table->left = page->region.x1;
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        if (piece->taken || piece->cipher || piece->y <= table->top || piece->y >= table->bottom)
            continue;
        table->left = fmin(table->left, piece->box.x0);
        int at = row_at(rows, piece->y, piece->size);
        if (at < 0) {
            *VOUCH_ARENA_PUSH(page->arena, rows->items, rows->count, rows->capacity) = (item_row){.y = piece->y};
            at = (int)rows->count - 1;
        }
        item_row *row = &rows->items[at];
        if (row->count < MAX_ROW_PIECES)
            row->pieces[row->count++] = i;
    }
    if (rows->count > 0)
        qsort(rows->items, rows->count, sizeof *rows->items, by_height);
    for (size_t i = 0; i < rows->count; i++) {
        item_row *row = &rows->items[i];
        sort_row(page, row);
        lay(page, table, row);
        for (size_t p = 0; p < row->count; p++) {
            const char *compact = page->pieces[row->pieces[p]].compact;
            text_role role = table->columns[row->columns[p]].role;
            row->has_amount |= role == TEXT_COLUMN_NET && text_pattern_fit(TEXT_MONEY, compact);
            row->has_name |= role == TEXT_COLUMN_NAME;
            row->starts_item |= role == TEXT_COLUMN_NAME && starts_with_category(compact);
        }
    }
}

/** A row without amount between two with: does it belong to the lower one? */
static bool belongs_below(const item_rows *rows, size_t above, size_t row, size_t below)
{
    if (rows->items[below].has_name) /* amounts stand beside the first line of the name */
        return false;
    return rows->items[below].y - rows->items[row].y < rows->items[row].y - rows->items[above].y;
}

/** Items by their amounts: rows before the first one are its name's first lines. */
static void number_by_amounts(const item_rows *rows, size_t *item_of)
{
    size_t item = 0, above = TEXT_NONE;
    for (size_t i = 0; i < rows->count; i++) {
        bool after_amount = above != TEXT_NONE && item_of[above] == item;
        if (rows->items[i].has_amount) {
            item += after_amount;
            above = i;
        } else if (after_amount) {
            size_t below = i;
            while (below < rows->count && !rows->items[below].has_amount)
                below++;
            item += below < rows->count && belongs_below(rows, above, i, below);
        }
        item_of[i] = item;
    }
}

/**
 * The item of each row. Where every item's name begins with its category, names tell where items begin, wherever in
 * the item the amounts stand; otherwise amounts do.
 * @return number of items
 */
static size_t number_items(const item_rows *rows, size_t *item_of)
{
    size_t amounts = 0, starts = 0;
    for (size_t i = 0; i < rows->count; i++) {
        amounts += rows->items[i].has_amount;
        starts += rows->items[i].starts_item;
    }
    if (starts != amounts) {
        number_by_amounts(rows, item_of);
        return amounts;
    }
    size_t begun = 0;
    for (size_t i = 0; i < rows->count; i++) {
        begun += rows->items[i].starts_item;
        item_of[i] = begun > 0 ? begun - 1 : 0;
    }
    return amounts;
}

/** Rate and category of a line: "13%", "免税", "***". */
static void set_rate(const text_page *page, vouch_item *item, const text_value *value, const char *compact)
{
    vouch_item_put_rate(page->arena, item, compact, /* fraction= */ false, VOUCH_SOURCE_TEXT, FigureConfidence);
    const vouch_item_field fields[] = {VOUCH_ITEM_TAX_RATE, VOUCH_ITEM_TAX_CATEGORY};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        vouch_evidence *evidence = &item->members[fields[i]];
        if (evidence->value) {
            evidence->page = page->number;
            evidence->box = value->box;
            evidence->text = text_value_text(page, value);
        }
    }
}

static void set_cell(const text_page *page, vouch_item *item, const table_column *column, const text_value *value)
{
    const struct column_type *type = type_of(column);
    if (type->field == VOUCH_ITEM_COUNT || value->count == 0)
        return;
    const char *compact = text_value_compact(page, value);
    if (column->role == TEXT_COLUMN_RATE) {
        set_rate(page, item, value, compact);
    } else if (type->pattern == TEXT_MONEY || type->pattern == TEXT_FIGURE || type->pattern == TEXT_TAX_MONEY) {
        const char *figure = text_money(page->arena, compact);
        if (figure)
            text_set_item(page, item, type->field, value, figure, FigureConfidence);
    } else if (!type->text) {
        if (text_pattern_fit(type->pattern, compact))
            text_set_item(page, item, type->field, value, compact, FigureConfidence);
    } else {
        text_set_item(page, item, type->field, value, text_value_text(page, value), TextConfidence);
    }
}

static void state_item(text_page *page, const item_table *table, const item_rows *rows, const size_t *item_of,
                       size_t item, vouch_statement *statement)
{
    vouch_item *line = vouch_items_add(page->arena, &statement->lines);
    if (!line)
        return;
    for (size_t c = 0; c < table->count; c++) {
        text_value cell = {.count = 0};
        for (size_t r = 0; r < rows->count; r++)
            for (size_t p = 0; p < rows->items[r].count && item_of[r] == item; p++)
                if (rows->items[r].columns[p] == c)
                    text_value_add(page, &cell, rows->items[r].pieces[p]);
        set_cell(page, line, &table->columns[c], &cell);
    }
}

void text_read_table(text_page *page, vouch_statement *statement)
{
    item_table table;
    if (!find_table(page, &table))
        return;
    item_rows rows = {.items = NULL};
    collect_rows(page, &table, &rows);
    if (rows.count == 0)
        return;
    size_t *item_of = vouch_arena_calloc(page->arena, rows.count, sizeof *item_of);
    size_t items = number_items(&rows, item_of);
    for (size_t i = 0; i < items; i++)
        state_item(page, &table, &rows, item_of, i, statement);
    for (size_t r = 0; r < rows.count; r++)
        for (size_t p = 0; p < rows.items[r].count; p++)
            page->pieces[rows.items[r].pieces[p]].taken = true;
}

/** The column of a sum: the nearer of net and tax by title, where both titles are there. */
static bool is_tax(const text_page *page, const text_piece *piece)
{
    item_table table;
    if (!find_table(page, &table))
        return false;
    double net = INFINITY, tax = INFINITY;
    for (size_t c = 0; c < table.count; c++) {
        const vouch_box *title = &table.columns[c].box;
        double off = fmax(0, fmax(title->x0 - piece->box.x1, piece->box.x0 - title->x1));
        if (table.columns[c].role == TEXT_COLUMN_NET)
            net = off;
        if (table.columns[c].role == TEXT_COLUMN_TAX)
            tax = off;
    }
    return tax < net;
}

static size_t leftmost_on_row(const text_page *page, const text_hit *sum)
{
    size_t first = TEXT_NONE;
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        if (!piece->taken && !piece->cipher && piece->box.x0 > sum->box.x1 &&
            fabs(piece->y - sum->y) < SumRow * fmax(sum->size, piece->size) &&
            (first == TEXT_NONE || piece->box.x0 < page->pieces[first].box.x0))
            first = i;
    }
    return first;
}

/** The amounts of a row, each a yen sign and figures that may be pieces of their own. */
static size_t amounts_on_row(text_page *page, size_t first, text_value *sums, size_t capacity)
{
    text_value row = {.count = 0};
    text_value_row(page, first, page->region.x1, /* gap= */ INFINITY, &row);
    size_t count = 0;
    for (size_t i = 0; i < row.count && count < capacity;) {
        text_value sum = {.count = 0};
        text_value_row(page, row.pieces[i], page->region.x1, SignGap, &sum);
        i += sum.count;
        if (text_pattern_fit(TEXT_MONEY, text_value_compact(page, &sum)) == 2)
            sums[count++] = sum;
    }
    return count;
}

void text_read_sums(text_page *page, const text_hit *sum, vouch_statement *statement)
{
    enum {
        SUMS = 2
    };
    size_t first = leftmost_on_row(page, sum);
    text_value sums[SUMS + 1];
    size_t count = first == TEXT_NONE ? 0 : amounts_on_row(page, first, sums, SUMS + 1);
    for (size_t i = 0; i < count && count <= SUMS; i++) {
        bool tax = count == SUMS ? i == 1 : is_tax(page, &page->pieces[sums[i].pieces[sums[i].count - 1]]);
        const char *figure = text_money(page->arena, text_value_compact(page, &sums[i]));
        text_set(page, statement, tax ? VOUCH_FIELD_TAX_AMOUNT : VOUCH_FIELD_NET_AMOUNT, &sums[i], figure,
                 SumConfidence);
        for (size_t p = 0; p < sums[i].count; p++)
            page->pieces[sums[i].pieces[p]].taken = true;
    }
}
