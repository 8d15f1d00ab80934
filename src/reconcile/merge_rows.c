/**
 * Rows (lines, taxes, allowances, segments) come from one source as a whole: rows of several sources can't be matched
 * surely, and a mixture would be nobody's statement. Only where the page shows the same rows in every member that both
 * state does it add what the better source leaves out (tags of passages have no plates).
 */
#include <math.h>

#include "merge.h"

static bool rows_equal(vouch_arena *arena, const vouch_items *a, const vouch_items *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        for (size_t m = 0; m < VOUCH_ITEM_COUNT; m++) {
            const char *first = a->items[i].members[m].value, *second = b->items[i].members[m].value;
            if (!first != !second || (first && !item_values_agree(arena, (vouch_item_field)m, first, second)))
                return false;
        }
    return true;
}

static void append_rows(vouch_arena *arena, const vouch_items *from, const char *currency, merge_budget *budget,
                        vouch_items *to)
{
    const size_t taken = from->count < budget->rows ? from->count : budget->rows;
    budget->rows -= taken;
    budget->cut = budget->cut || taken < from->count;
    for (size_t i = 0; i < taken; i++) {
        vouch_item *item = VOUCH_ARENA_PUSH(arena, to->items, to->count, to->capacity);
        for (size_t m = 0; m < VOUCH_ITEM_COUNT; m++) {
            const vouch_evidence *stated = &from->items[i].members[m];
            const vouch_value_type type = vouch_item_field_type((vouch_item_field)m);
            if (!stated->value)
                continue;
            vouch_evidence copy = *stated;
            copy.value = copy_value(arena, type, stated->value);
            copy.text = copy_text(arena, stated->text);
            if (type == VOUCH_VALUE_AMOUNT && currency)
                copy.value = pad_amount(arena, copy.value, currency);
            if (vouch_item_value_is_normal(arena, (vouch_item_field)m, copy.value))
                item->members[m] = copy;
        }
    }
}

/** The pages of one source joined: rows of further pages are added, repeated copies of a page are not. */
static vouch_items rows_of_source(vouch_arena *arena, const statement_group *group, vouch_source source, size_t offset,
                                  const char *currency, merge_budget *budget)
{
    vouch_items rows = {0};
    const vouch_statement *first = NULL;

    for (size_t i = 0; i < group->count; i++) {
        const vouch_statement *statement = group->items[i];
        const vouch_items *stated = (const void *)((const char *)statement + offset);
        if (statement->source != source || stated->count == 0)
            continue;
        /* Another file that says the same invoice is a copy; another page of the same file is its continuation. */
        if (first && (first->part != statement->part || source_is_data(source)))
            continue;
        bool repeated = false;
        for (size_t k = 0; k < i && !repeated; k++)
            repeated = group->items[k]->source == source &&
                       rows_equal(arena, (const void *)((const char *)group->items[k] + offset), stated);
        if (repeated)
            continue;
        first = first ? first : statement;
        append_rows(arena, stated, currency, budget, &rows);
    }
    return rows;
}

/** Rows read by machine get the places of the rows that the page's reader saw, where the values agree. */
static void borrow_row_places(vouch_arena *arena, vouch_items *rows, const vouch_items *seen)
{
    if (rows->count != seen->count)
        return;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t m = 0; m < VOUCH_ITEM_COUNT; m++) {
            vouch_evidence *own = &rows->items[i].members[m];
            const vouch_evidence *other = &seen->items[i].members[m];
            if (!own->value || own->page > 0 || !other->value || other->page == 0 ||
                !item_values_agree(arena, (vouch_item_field)m, own->value, other->value))
                continue;
            own->page = other->page;
            own->box = other->box;
            own->confidence = fmax(own->confidence, CONFIDENCE_CONFIRMED);
        }
}

/** Do rows agree in every member that both have, and in an amount each? */
static bool rows_match(vouch_arena *arena, const vouch_items *a, const vouch_items *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        for (size_t m = 0; m < VOUCH_ITEM_COUNT; m++) {
            const char *first = a->items[i].members[m].value, *second = b->items[i].members[m].value;
            if (first && second ? !item_values_agree(arena, (vouch_item_field)m, first, second)
                                : m == VOUCH_ITEM_NET_AMOUNT)
                return false;
        }
    return true;
}

static void add_seen_members(vouch_arena *arena, vouch_items *rows, const vouch_items *seen)
{
    if (!rows_match(arena, rows, seen))
        return;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t m = 0; m < VOUCH_ITEM_COUNT; m++)
            if (!rows->items[i].members[m].value && seen->items[i].members[m].value)
                rows->items[i].members[m] = seen->items[i].members[m];
}

vouch_items merge_rows(vouch_arena *arena, const statement_group *group, size_t offset, const char *currency,
                       merge_budget *budget)
{
    vouch_items chosen = {0};

    for (int source = 0; source < VOUCH_SOURCE_COUNT; source++) {
        if (chosen.count > 0 && !source_is_page((vouch_source)source))
            continue;
        merge_budget spent = *budget;
        const vouch_items rows = rows_of_source(arena, group, (vouch_source)source, offset, currency, &spent);
        if (chosen.count == 0) {
            chosen = rows;
            *budget = spent;
        } else if (rows.count > 0) {
            borrow_row_places(arena, &chosen, &rows);
            add_seen_members(arena, &chosen, &rows);
        }
    }
    return chosen;
}
