/**
 * The digital air itinerary, 电子发票（航空运输电子客票行程单）: labels with the value on the right or below, and legs.
 *
 * Places stand in a column of their own, each behind 自 or 至; flights in rows between or beside them. A leg's places
 * are those just above and below its flight, which holds for both ways of setting them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "text.h"

static const double Sure = 0.995;
static const double Likely = 0.98;

static const text_rule right_rules[] = {
    {TEXT_NUMBER, TEXT_NUMBER_DIGITS, false}, {TEXT_DATE, TEXT_DATE_DAY, false},
    {TEXT_TICKET, TEXT_TICKET_DIGITS, false}, {TEXT_CHECK, TEXT_CHECK_SHORT, false},
    {TEXT_ISSUER, TEXT_ORGANISATION, true},   {TEXT_BUYER_NAME, TEXT_ORGANISATION, true},
    {TEXT_TAX_ID, TEXT_TAX_NUMBER, false},    {TEXT_ORIGINAL_NUMBER, TEXT_NUMBER_DIGITS, false},
    {TEXT_FROM, TEXT_PLACE, false},           {TEXT_TO, TEXT_PLACE, false},
};

static const text_rule below_rules[] = {
    {TEXT_PASSENGER, TEXT_PERSON, false},  {TEXT_PASSENGER_ID, TEXT_MASKED_ID, false},
    {TEXT_FARE, TEXT_MONEY, false},        {TEXT_FUEL, TEXT_MONEY, false},
    {TEXT_TAX, TEXT_MONEY, false},         {TEXT_FUND, TEXT_MONEY, false},
    {TEXT_OTHER_TAXES, TEXT_MONEY, false}, {TEXT_SUM, TEXT_MONEY, false},
};

static const struct air_field {
    text_role role;
    vouch_field field;
} air_fields[] = {
    {TEXT_NUMBER, VOUCH_FIELD_INVOICE_NUMBER},
    {TEXT_ORIGINAL_NUMBER, VOUCH_FIELD_ORIGINAL_INVOICE_NUMBER},
    {TEXT_DATE, VOUCH_FIELD_ISSUE_DATE},
    {TEXT_TICKET, VOUCH_FIELD_TICKET_NUMBER},
    {TEXT_CHECK, VOUCH_FIELD_CHECK_CODE},
    {TEXT_ISSUER, VOUCH_FIELD_ISSUED_BY},
    {TEXT_BUYER_NAME, VOUCH_FIELD_BUYER_NAME},
    {TEXT_TAX_ID, VOUCH_FIELD_BUYER_TAX_ID},
    {TEXT_PASSENGER, VOUCH_FIELD_PASSENGER_NAME},
    {TEXT_PASSENGER_ID, VOUCH_FIELD_PASSENGER_ID},
    {TEXT_FARE, VOUCH_FIELD_FARE},
    {TEXT_FUEL, VOUCH_FIELD_FUEL_SURCHARGE},
    {TEXT_TAX, VOUCH_FIELD_TAX_AMOUNT},
    {TEXT_FUND, VOUCH_FIELD_AIRPORT_FEE},
    {TEXT_OTHER_TAXES, VOUCH_FIELD_OTHER_TAXES},
    {TEXT_SUM, VOUCH_FIELD_GROSS_AMOUNT},
};

/* Columns of a leg: the role of the title, what it holds, where it goes. */
static const struct leg_column {
    text_role role;
    text_pattern pattern;
    vouch_item_field field; /* VOUCH_ITEM_COUNT: date and time, joined later */
} leg_columns[] = {
    {TEXT_CARRIER, TEXT_ANY, VOUCH_ITEM_CARRIER},
    {TEXT_CLASS, TEXT_ANY, VOUCH_ITEM_SEAT_CLASS},
    {TEXT_DAY, TEXT_DATE_DAY, VOUCH_ITEM_COUNT},
    {TEXT_TIME, TEXT_CLOCK, VOUCH_ITEM_COUNT},
};

enum {
    MAX_LEGS = 8
};

/** A ticket number is 13 digits, whether or not a dash sets the airline's three apart. */
static const char *without_dashes(vouch_arena *arena, const char *compact)
{
    char *text = vouch_arena_strdup(arena, compact), *to = text;
    for (const char *from = compact; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = '\0';
    return text;
}

static const char *air_text(const text_page *page, const text_match *match, const char *compact)
{
    switch (match->rule->pattern) {
    case TEXT_MONEY:
        return text_money(page->arena, compact);
    case TEXT_TICKET_DIGITS:
        return without_dashes(page->arena, compact);
    case TEXT_DATE_DAY:
        return compact;
    default:
        return text_value_text(page, &match->value);
    }
}

static void state_matches(text_page *page, vouch_statement *statement, const text_match *matches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const text_match *match = &matches[i];
        if (match->value.count == 0)
            continue;
        const char *compact = text_value_compact(page, &match->value);
        int fit = text_pattern_fit(match->rule->pattern, compact);
        const char *text = air_text(page, match, compact);
        for (size_t f = 0; f < sizeof air_fields / sizeof *air_fields; f++)
            if (air_fields[f].role == match->hit->label->role)
                text_set(page, statement, air_fields[f].field, &match->value, text, fit == 2 ? Sure : Likely - 0.05);
    }
}

static int by_height(const void *a, const void *b)
{
    const text_match *one = *(const text_match *const *)a, *other = *(const text_match *const *)b;
    return (one->hit->y > other->hit->y) - (one->hit->y < other->hit->y);
}

/** Labelled places that have one, from the top. */
static size_t places_of(const text_match *matches, size_t count, const text_match **places, size_t capacity)
{
    size_t found = 0;
    for (size_t i = 0; i < count && found < capacity; i++)
        if (matches[i].value.count > 0 &&
            (matches[i].hit->label->role == TEXT_FROM || matches[i].hit->label->role == TEXT_TO))
            places[found++] = &matches[i];
    qsort(places, found, sizeof *places, by_height);
    return found;
}

/** Flight numbers below their title, from the top. */
static size_t flights_of(const text_page *page, size_t *flights, size_t capacity)
{
    const text_hit *title = text_hit_first(page, TEXT_FLIGHT);
    const text_hit *end = text_hit_first(page, TEXT_FARE);
    size_t found = 0;
    for (size_t i = 0; title && i < page->piece_count && found < capacity; i++) {
        const text_piece *piece = &page->pieces[i];
        double x = (piece->box.x0 + piece->box.x1) / 2;
        if (piece->taken || piece->y < title->y || (end && piece->y > end->y) || fabs(x - title->x) > 4 * title->size ||
            !text_pattern_fit(TEXT_FLIGHT_NUMBER, piece->compact))
            continue;
        size_t at = found++;
        for (; at > 0 && page->pieces[flights[at - 1]].y > piece->y; at--)
            flights[at] = flights[at - 1];
        flights[at] = i;
    }
    return found;
}

/** The piece on a flight's row under a column's title. */
static size_t cell_of(const text_page *page, const text_piece *flight, const struct leg_column *column)
{
    const text_hit *title = NULL;
    for (size_t i = 0; i < page->hit_count; i++)
        if (page->hits[i].label->role == column->role && page->hits[i].y < flight->y &&
            (!title || page->hits[i].y > title->y))
            title = &page->hits[i];
    size_t best = TEXT_NONE;
    double nearest = title ? 3 * title->size : 0;
    for (size_t i = 0; title && i < page->piece_count; i++) {
        const text_piece *piece = &page->pieces[i];
        double off = fabs((piece->box.x0 + piece->box.x1) / 2 - title->x);
        if (piece == flight || piece->taken || fabs(piece->y - flight->y) > 0.5 * flight->size || off > nearest ||
            !text_pattern_fit(column->pattern, piece->compact))
            continue;
        nearest = off;
        best = i;
    }
    return best;
}

static void state_leg_place(const text_page *page, vouch_item *leg, vouch_item_field field, const text_match *place)
{
    text_set_item(page, leg, field, &place->value, text_value_text(page, &place->value), Likely);
}

static void state_leg(text_page *page, vouch_statement *statement, size_t flight)
{
    vouch_item *leg = vouch_items_add(page->arena, &statement->segments);
    if (!leg)
        return;
    const char *when[2] = {NULL, NULL};
    text_value both = {.count = 0};
    for (size_t c = 0, moments = 0; c < sizeof leg_columns / sizeof *leg_columns; c++) {
        size_t cell = cell_of(page, &page->pieces[flight], &leg_columns[c]);
        bool moment = leg_columns[c].field == VOUCH_ITEM_COUNT;
        moments += moment;
        if (cell == TEXT_NONE)
            continue;
        text_value value = {.count = 0};
        text_value_add(page, &value, cell);
        if (moment) {
            text_value_add(page, &both, cell);
            when[moments - 1] = page->pieces[cell].compact;
        } else {
            text_set_item(page, leg, leg_columns[c].field, &value, text_value_text(page, &value), Likely);
        }
    }
    text_value number = {.count = 0};
    text_value_add(page, &number, flight);
    text_set_item(page, leg, VOUCH_ITEM_FLIGHT_NUMBER, &number, page->pieces[flight].compact, Sure);
    const char *date = when[0] ? vouch_value_normalise(page->arena, VOUCH_VALUE_DATE, when[0]) : NULL;
    const char *time = when[1] ? vouch_value_normalise(page->arena, VOUCH_VALUE_TIME, when[1]) : NULL;
    if (date && time)
        text_set_item(page, leg, VOUCH_ITEM_DEPARTURE_TIME, &both, vouch_arena_printf(page->arena, "%sT%s", date, time),
                      Sure);
    if (statement->segments.count > 1)
        return;
    const vouch_evidence *carrier = &leg->members[VOUCH_ITEM_CARRIER], *class = &leg->members[VOUCH_ITEM_SEAT_CLASS];
    statement->fields[VOUCH_FIELD_CARRIER] = *carrier;
    statement->fields[VOUCH_FIELD_SEAT_CLASS] = *class;
    if (date)
        text_set(page, statement, VOUCH_FIELD_TRAVEL_DATE, &both, date, Sure);
    if (time)
        text_set(page, statement, VOUCH_FIELD_DEPARTURE_TIME, &both, time, Sure);
    text_set(page, statement, VOUCH_FIELD_FLIGHT_NUMBER, &number, page->pieces[flight].compact, Sure);
}

/** Places to legs: in pairs of 自 and 至, or one chain that has one place more than flights. */
static void state_places(text_page *page, vouch_statement *statement, const text_match *const *places, size_t count)
{
    vouch_items *legs = &statement->segments;
    size_t stride = count == 2 * legs->count ? 2 : count == legs->count + 1 ? 1 : 0;
    if (stride == 0 || legs->count == 0)
        return;
    for (size_t i = 0; i < legs->count; i++) {
        state_leg_place(page, &legs->items[i], VOUCH_ITEM_DEPARTURE_PLACE, places[i * stride]);
        state_leg_place(page, &legs->items[i], VOUCH_ITEM_ARRIVAL_PLACE, places[i * stride + 1]);
    }
    const text_match *first = places[0], *last = places[count - 1];
    text_set(page, statement, VOUCH_FIELD_DEPARTURE_PLACE, &first->value, text_value_text(page, &first->value), Likely);
    text_set(page, statement, VOUCH_FIELD_ARRIVAL_PLACE, &last->value, text_value_text(page, &last->value), Likely);
}

/** Fare and surcharges that make up the total prove each other. */
static void weigh_fare(vouch_statement *statement)
{
    static const vouch_field parts[] = {VOUCH_FIELD_FARE, VOUCH_FIELD_FUEL_SURCHARGE, VOUCH_FIELD_TAX_AMOUNT,
                                        VOUCH_FIELD_AIRPORT_FEE, VOUCH_FIELD_OTHER_TAXES};
    int64_t sum = 0, total = 0;
    const vouch_evidence *gross = &statement->fields[VOUCH_FIELD_GROSS_AMOUNT];
    if (!gross->value || vouch_amount_minor(gross->value, "CNY", &total) != VOUCH_OK)
        return;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int64_t part = 0;
        const char *value = statement->fields[parts[i]].value;
        if (value && (vouch_amount_minor(value, "CNY", &part) != VOUCH_OK || __builtin_add_overflow(sum, part, &sum)))
            return;
    }
    double confidence = sum == total ? 0.998 : 0.93;
    statement->fields[VOUCH_FIELD_GROSS_AMOUNT].confidence = confidence;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        statement->fields[parts[i]].confidence = statement->fields[parts[i]].value ? confidence : 0;
}

void text_read_air(text_page *page, vouch_statement *statement)
{
    size_t count, below_count;
    const text_match *matches = text_match_right(page, right_rules, sizeof right_rules / sizeof *right_rules, &count);
    state_matches(page, statement, matches, count);
    const text_match *below =
        text_match_below(page, below_rules, sizeof below_rules / sizeof *below_rules, &below_count);
    state_matches(page, statement, below, below_count);
    size_t flights[MAX_LEGS];
    size_t legs = flights_of(page, flights, MAX_LEGS);
    for (size_t i = 0; i < legs; i++)
        state_leg(page, statement, flights[i]);
    const text_match *places[2 * MAX_LEGS];
    size_t place_count = places_of(matches, count, places, 2 * MAX_LEGS);
    state_places(page, statement, places, place_count);
    weigh_fare(statement);
}
