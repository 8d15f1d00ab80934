/**
 * The digital rail ticket, 电子发票（铁路电子客票）: few labels, the journey is known by its shape.
 *
 * Between the head (number, date) and the fare stand, without labels: two stations with the train between them, a line
 * with date, time, carriage, seat and class, and below the fare the passenger's masked id with the name. Lines are
 * scanned for these shapes, wherever they are cut into pieces.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "vouch/text.h"

#include "text.h"

static const double Sure = 0.995;
static const double Likely = 0.98;
static const double StationReach = 30; /* em between the train and its stations */

static const text_rule rules[] = {
    {TEXT_NUMBER, TEXT_NUMBER_DIGITS, false}, {TEXT_ORIGINAL_NUMBER, TEXT_NUMBER_DIGITS, false},
    {TEXT_DATE, TEXT_DATE_DAY, false},        {TEXT_TICKET, TEXT_TICKET_DIGITS, false},
    {TEXT_FARE, TEXT_MONEY, false},           {TEXT_BUYER_NAME, TEXT_ORGANISATION, true},
    {TEXT_TAX_ID, TEXT_TAX_NUMBER, false},
};

static const struct rail_field {
    text_role role;
    vouch_field field;
} rail_fields[] = {
    {TEXT_NUMBER, VOUCH_FIELD_INVOICE_NUMBER}, {TEXT_ORIGINAL_NUMBER, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
    {TEXT_DATE, VOUCH_FIELD_ISSUE_DATE},       {TEXT_TICKET, VOUCH_FIELD_TICKET_NUMBER},
    {TEXT_FARE, VOUCH_FIELD_GROSS_AMOUNT},     {TEXT_FARE, VOUCH_FIELD_FARE},
    {TEXT_BUYER_NAME, VOUCH_FIELD_BUYER_NAME}, {TEXT_TAX_ID, VOUCH_FIELD_BUYER_TAX_ID},
};

static const char *const classes[] = {
    "商务座",     "特等座",       "优选一等座", "一等座", "二等座",   "高级软卧", "高级动卧",
    "软卧代软座", "软卧代二等座", "一等卧",     "二等卧", "动卧",     "软卧",     "硬卧代硬座",
    "硬卧",       "软座",         "硬座",       "无座",   "一人软包", "包厢硬卧",
};

/** Glyphs of a row with the byte of its compact text where each begins. */
typedef struct row_scan {
    const text_page *page;
    text_value value;
    const char *text;
} row_scan;

static void state_part(const row_scan *scan, vouch_statement *statement, vouch_field field, const char *from,
                       size_t length, double confidence)
{
    if (statement->fields[field].value || length == 0)
        return;
    const char *text = vouch_arena_strndup(scan->page->arena, from, length);
    vouch_evidence *evidence = vouch_statement_set(scan->page->arena, statement, field, text, confidence);
    if (!evidence)
        return;
    size_t start = (size_t)(from - scan->text), at = 0;
    for (size_t p = 0; p < scan->value.count; p++) {
        const text_piece *piece = &scan->page->pieces[scan->value.pieces[p]];
        for (size_t g = 0; g < piece->count; g++) {
            char bytes[5];
            const text_glyph *glyph = &scan->page->glyphs[piece->glyphs[g]];
            if (at >= start && at < start + length) {
                if (evidence->page == 0)
                    evidence->box = glyph->box;
                evidence->page = scan->page->number;
                evidence->box =
                    (vouch_box){fmin(evidence->box.x0, glyph->box.x0), fmin(evidence->box.y0, glyph->box.y0),
                                fmax(evidence->box.x1, glyph->box.x1), fmax(evidence->box.y1, glyph->box.y1)};
            }
            at += vouch_utf8_put(glyph->codepoint, bytes);
        }
    }
}

/** Length of "2025年1月3日" at the text's beginning, 0: none. */
static size_t date_length(const char *text)
{
    static const char *const units[] = {"年", "月", "日"};
    const char *at = text;
    for (size_t i = 0; i < 3; i++) {
        size_t digits = strspn(at, "0123456789");
        if (digits < (i == 0 ? 4 : 1) || digits > (i == 0 ? 4 : 2) ||
            strncmp(at + digits, units[i], strlen(units[i])) != 0)
            return 0;
        at += digits + strlen(units[i]);
    }
    return (size_t)(at - text);
}

static size_t time_length(const char *text)
{
    size_t hours = strspn(text, "0123456789");
    return hours >= 1 && hours <= 2 && text[hours] == ':' && strspn(text + hours + 1, "0123456789") == 2 ? hours + 3
                                                                                                         : 0;
}

static const char *skip_word(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0 ? text + strlen(word) : text;
}

/** "05车06F号", "12车013号下铺", "03车无座". */
static size_t seat_length(const char *text)
{
    size_t carriage = strspn(text, "0123456789");
    if (carriage == 0 || carriage > 3 || strncmp(text + carriage, "车", strlen("车")) != 0)
        return 0;
    const char *at = text + carriage + strlen("车");
    size_t seat = strspn(at, "0123456789ABCDF");
    if (seat == 0)
        return (size_t)(skip_word(at, "无座") - text);
    at = skip_word(at + seat, "号");
    static const char *const berths[] = {"上铺", "中铺", "下铺"};
    for (size_t i = 0; i < sizeof berths / sizeof *berths; i++)
        at = skip_word(at, berths[i]);
    return (size_t)(at - text);
}

static void scan_travel(const row_scan *scan, vouch_statement *statement)
{
    for (const char *at = scan->text; *at; at++) {
        bool digit = isdigit((unsigned char)*at), inside = at > scan->text && isdigit((unsigned char)at[-1]);
        if (!digit || inside)
            continue;
        size_t date = date_length(at), time = time_length(at), seat = seat_length(at);
        if (date)
            state_part(scan, statement, VOUCH_FIELD_TRAVEL_DATE, at, date, Sure);
        if (time)
            state_part(scan, statement, VOUCH_FIELD_DEPARTURE_TIME, at, time, Sure);
        if (seat)
            state_part(scan, statement, VOUCH_FIELD_SEAT, at, seat, Likely);
        at += date ? date - 1 : 0;
    }
    const char *best = NULL;
    size_t length = 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const char *found = strstr(scan->text, classes[i]);
        if (found && strlen(classes[i]) > length) {
            best = found;
            length = strlen(classes[i]);
        }
    }
    if (best)
        state_part(scan, statement, VOUCH_FIELD_SEAT_CLASS, best, length, Likely);
}

/** "1101011990****1234张三": masked id, then the name. */
static void scan_passenger(const row_scan *scan, vouch_statement *statement)
{
    size_t length = strspn(scan->text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*");
    if (length < 6 || !memchr(scan->text, '*', length) ||
        text_pattern_fit(TEXT_MASKED_ID, vouch_arena_strndup(scan->page->arena, scan->text, length)) == 0)
        return;
    state_part(scan, statement, VOUCH_FIELD_PASSENGER_ID, scan->text, length, Likely);
    const char *name = scan->text + length;
    if (text_pattern_fit(TEXT_PERSON, name) && !isdigit((unsigned char)*name))
        state_part(scan, statement, VOUCH_FIELD_PASSENGER_NAME, name, strlen(name), Likely);
}

/** The row's free pieces from this one on, when it is their first. */
static bool scan_row(text_page *page, size_t first, row_scan *out)
{
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i], *start = &page->pieces[first];
        if (i != first && !piece->taken && piece->box.x0 < start->box.x0 &&
            fabs(piece->y - start->y) < 0.5 * start->size)
            return false;
    }
    *out = (row_scan){.page = page};
    text_value_row(page, first, page->region.x1, /* gap= */ INFINITY, &out->value);
    out->text = text_value_compact(page, &out->value);
    return true;
}

static bool is_station(const text_piece *piece)
{
    const char *at = piece->compact, *end = at + strlen(at);
    if (at == end || vouch_utf8_length(at) > 12)
        return false;
    while (at < end)
        if (vouch_utf8_next(&at, end) < 0x2E80)
            return false;
    return true;
}

/** The pieces of a station's name on one side of the train; 站 may stand apart from the name. */
static text_value station_beside(text_page *page, const text_piece *train, bool left)
{
    text_value name = {.count = 0};
    double limit = left ? train->box.x0 : page->region.x1;
    double edge = left ? train->box.x0 - StationReach * train->size : train->box.x1;
    size_t first = TEXT_NONE;
    for (size_t i = 0; i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        double em = fmax(piece->size, train->size);
        if (!piece->taken && piece != train && is_station(piece) && fabs(piece->y - train->y) < 1.2 * em &&
            piece->box.x0 >= edge && piece->box.x0 < limit &&
            (first == TEXT_NONE || piece->box.x0 < page->pieces[first].box.x0))
            first = i;
    }
    if (first != TEXT_NONE)
        text_value_row(page, first, limit, /* gap= */ 3, &name);
    return name;
}

static void state_station(text_page *page, vouch_statement *statement, vouch_field field, const text_value *name)
{
    if (name->count == 0)
        return;
    char *text = vouch_arena_strdup(page->arena, text_value_compact(page, name));
    size_t length = strlen(text), suffix = strlen("站");
    if (length > suffix && strcmp(text + length - suffix, "站") == 0)
        text[length - suffix] = '\0';
    text_set(page, statement, field, name, text, Likely);
}

/** The train is the piece of its shape that has a station on either side. */
static void read_journey(text_page *page, vouch_statement *statement)
{
    for (int wanted = 2; wanted >= 1; wanted--) {
        for (size_t i = 0; i < page->piece_count; i++) {
            text_piece *train = &page->pieces[i];
            if (train->taken || text_pattern_fit(TEXT_TRAIN, train->compact) != wanted)
                continue;
            text_value from = station_beside(page, train, true), to = station_beside(page, train, false);
            if (from.count == 0 || to.count == 0)
                continue;
            text_value number = {.count = 0};
            text_value_add(page, &number, i);
            text_set(page, statement, VOUCH_FIELD_TRAIN_NUMBER, &number, train->compact, Sure);
            state_station(page, statement, VOUCH_FIELD_DEPARTURE_PLACE, &from);
            state_station(page, statement, VOUCH_FIELD_ARRIVAL_PLACE, &to);
            return;
        }
    }
}

void text_read_rail(text_page *page, vouch_statement *statement)
{
    size_t count;
    const text_match *matches = text_match_right(page, rules, sizeof rules / sizeof *rules, &count);
    for (size_t i = 0; i < count; i++) {
        const text_match *match = &matches[i];
        if (match->value.count == 0)
            continue;
        const char *compact = text_value_compact(page, &match->value);
        const char *text = match->rule->pattern == TEXT_MONEY          ? text_money(page->arena, compact)
                           : match->rule->pattern == TEXT_ORGANISATION ? text_value_text(page, &match->value)
                                                                       : compact;
        int fit = text_pattern_fit(match->rule->pattern, compact);
        for (size_t f = 0; f < sizeof rail_fields / sizeof *rail_fields; f++)
            if (rail_fields[f].role == match->hit->label->role)
                text_set(page, statement, rail_fields[f].field, &match->value, text, fit == 2 ? Sure : Likely - 0.05);
    }
    read_journey(page, statement);
    for (size_t i = 0; i < page->piece_count; i++) {
        row_scan row;
        if (page->pieces[i].taken || !scan_row(page, i, &row))
            continue;
        scan_travel(&row, statement);
        scan_passenger(&row, statement);
    }
}
