/**
 * From statements to invoices: which statements speak of the same one.
 *
 * Numbers decide first: statements whose numbers agree are one invoice, wherever they were read (a PDF and its XML in
 * one archive). Place decides next: a statement without a number belongs to the one invoice on its page. What is left
 * are statements on the same page whose numbers differ. If there is exactly one of data and one of the page, or of two
 * readers of the page, they are one invoice of which one source is wrong; otherwise they are several invoices.
 */
#include <string.h>

#include "merge.h"
#include "vouch/text.h"

/* What identifies an invoice, as far as a statement says it. */
static const vouch_field identity_fields[] = {
    VOUCH_FIELD_INVOICE_NUMBER,
    VOUCH_FIELD_TICKET_SERIAL,
    VOUCH_FIELD_TICKET_NUMBER,
};

typedef struct groups {
    statement_group *items;
    size_t count, capacity;
} groups;

typedef enum relation {
    RELATION_NONE, /* nothing in common that could tell */
    RELATION_SAME,
    RELATION_DIFFERENT,
} relation;

static bool ids_equal(const char *a, const char *b)
{
    /* "R 2024/17" and "R2024-17" are one number; ids come without spaces. */
    while (*a && *b) {
        if (strchr("-/._", *a)) {
            a++;
        } else if (strchr("-/._", *b)) {
            b++;
        } else {
            if (*a != *b)
                return false;
            a++;
            b++;
        }
    }
    return a[strspn(a, "-/._")] == '\0' && b[strspn(b, "-/._")] == '\0';
}

static relation relate(const vouch_statement *a, const vouch_statement *b)
{
    const char *code_a = a->fields[VOUCH_FIELD_INVOICE_CODE].value;
    const char *code_b = b->fields[VOUCH_FIELD_INVOICE_CODE].value;

    for (size_t i = 0; i < COUNT(identity_fields); i++) {
        const char *first = a->fields[identity_fields[i]].value, *second = b->fields[identity_fields[i]].value;
        if (!first || !second)
            continue;
        if (!ids_equal(first, second))
            return RELATION_DIFFERENT;
        /* Numbers of 8 digits begin anew with every code. */
        return code_a && code_b && strcmp(code_a, code_b) != 0 ? RELATION_DIFFERENT : RELATION_SAME;
    }
    return RELATION_NONE;
}

static bool pages_overlap(const vouch_statement *a, const vouch_statement *b)
{
    return a->first_page > 0 && b->first_page > 0 && a->first_page <= b->last_page && b->first_page <= a->last_page;
}

/** Do both state the field, and different things? */
static bool contradict(vouch_arena *arena, const vouch_statement *a, const vouch_statement *b, vouch_field field)
{
    const char *first = a->fields[field].value, *second = b->fields[field].value;
    return first && second && !values_agree(arena, field, first, second);
}

static bool both_state(const vouch_statement *a, const vouch_statement *b, vouch_field field)
{
    return a->fields[field].value && b->fields[field].value;
}

/**
 * Numbers such as 17 are unique for one seller only, unlike those with a code and those of 20 digits. Where a page and
 * its data name different sellers they still speak of one invoice, and one of them lies.
 */
static bool only_numbers_agree(vouch_arena *arena, const vouch_statement *a, const vouch_statement *b)
{
    const char *number = a->fields[VOUCH_FIELD_INVOICE_NUMBER].value;

    if (both_state(a, b, VOUCH_FIELD_INVOICE_CODE) || (number && strlen(number) >= 20))
        return false;
    if (pages_overlap(a, b) && source_is_data(a->source) != source_is_data(b->source))
        return false;
    if (both_state(a, b, VOUCH_FIELD_SELLER_TAX_ID))
        return contradict(arena, a, b, VOUCH_FIELD_SELLER_TAX_ID);
    return contradict(arena, a, b, VOUCH_FIELD_SELLER_NAME) &&
           (contradict(arena, a, b, VOUCH_FIELD_ISSUE_DATE) || contradict(arena, a, b, VOUCH_FIELD_GROSS_AMOUNT));
}

static relation relate_to_group(vouch_arena *arena, const statement_group *group, const vouch_statement *statement)
{
    relation result = RELATION_NONE;
    for (size_t i = 0; i < group->count; i++) {
        const relation own = relate(group->items[i], statement);
        if (own == RELATION_SAME)
            return only_numbers_agree(arena, group->items[i], statement) ? RELATION_DIFFERENT : RELATION_SAME;
        if (own == RELATION_DIFFERENT)
            result = RELATION_DIFFERENT;
    }
    return result;
}

/** Centre of what a statement saw on its first page. */
static bool centre_of(const vouch_statement *statement, double *x, double *y)
{
    if (statement->has_region) {
        *x = (statement->region.x0 + statement->region.x1) / 2;
        *y = (statement->region.y0 + statement->region.y1) / 2;
        return true;
    }
    for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++) {
        const vouch_evidence *evidence = &statement->fields[f];
        if (!evidence->value || evidence->page != statement->first_page || evidence->page == 0)
            continue;
        *x = (evidence->box.x0 + evidence->box.x1) / 2;
        *y = (evidence->box.y0 + evidence->box.y1) / 2;
        return true;
    }
    return false;
}

/** On a sheet with several tickets: is b's centre inside of a's region? True when nothing is known. */
static bool regions_fit(const vouch_statement *a, const vouch_statement *b)
{
    double x, y;
    if (a->has_region && centre_of(b, &x, &y))
        return x >= a->region.x0 && x <= a->region.x1 && y >= a->region.y0 && y <= a->region.y1;
    if (b->has_region && centre_of(a, &x, &y))
        return x >= b->region.x0 && x <= b->region.x1 && y >= b->region.y0 && y <= b->region.y1;
    return true;
}

static bool share_place(const statement_group *group, const vouch_statement *statement)
{
    for (size_t i = 0; i < group->count; i++)
        if (pages_overlap(group->items[i], statement) && regions_fit(group->items[i], statement) &&
            regions_fit(statement, group->items[i]))
            return true;
    return false;
}

static bool has_identity(const vouch_statement *statement)
{
    for (size_t i = 0; i < COUNT(identity_fields); i++)
        if (statement->fields[identity_fields[i]].value)
            return true;
    return false;
}

static void add_to(vouch_arena *arena, statement_group *group, const vouch_statement *statement)
{
    *VOUCH_ARENA_PUSH(arena, group->items, group->count, group->capacity) = statement;
}

/** The group whose numbers agree; NULL: none. */
static statement_group *group_by_number(vouch_arena *arena, groups *all, const vouch_statement *statement)
{
    for (size_t i = 0; i < all->count; i++)
        if (relate_to_group(arena, &all->items[i], statement) == RELATION_SAME)
            return &all->items[i];
    return NULL;
}

/** The one group on the same page that does not contradict; NULL: none or several. */
static statement_group *group_by_place(vouch_arena *arena, groups *all, const vouch_statement *statement)
{
    statement_group *found = NULL;
    for (size_t i = 0; i < all->count; i++) {
        statement_group *group = &all->items[i];
        if (!share_place(group, statement) || relate_to_group(arena, group, statement) == RELATION_DIFFERENT)
            continue;
        if (found)
            return NULL;
        found = group;
    }
    return found;
}

/** The invoice that ends on the page before: further pages of lines state no number of their own. */
static statement_group *group_before(groups *all, const vouch_statement *statement)
{
    for (size_t i = all->count; i-- > 0;) {
        const statement_group *group = &all->items[i];
        for (size_t k = 0; k < group->count; k++)
            if (group->items[k]->part == statement->part && statement->first_page > 0 &&
                group->items[k]->last_page == statement->first_page - 1 && group->items[k]->source == statement->source)
                return &all->items[i];
    }
    return NULL;
}

/** Does the statement alone say enough to be an invoice? A name and a stamp are not. */
static bool is_worth_an_invoice(const vouch_statement *statement)
{
    static const vouch_field telling[] = {
        VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_INVOICE_CODE,  VOUCH_FIELD_ISSUE_DATE,    VOUCH_FIELD_TRAVEL_DATE,
        VOUCH_FIELD_GROSS_AMOUNT,   VOUCH_FIELD_NET_AMOUNT,    VOUCH_FIELD_TICKET_NUMBER, VOUCH_FIELD_TICKET_SERIAL,
        VOUCH_FIELD_SELLER_NAME,    VOUCH_FIELD_SELLER_TAX_ID, VOUCH_FIELD_FARE,
    };
    size_t known = 0;
    for (size_t i = 0; i < COUNT(telling); i++)
        known += statement->fields[telling[i]].value != NULL;
    return known >= 2;
}

static bool all_sources(const statement_group *group, bool (*kind)(vouch_source))
{
    for (size_t i = 0; i < group->count; i++)
        if (!kind(group->items[i]->source))
            return false;
    return true;
}

static bool share_source(const statement_group *a, const statement_group *b)
{
    for (size_t i = 0; i < a->count; i++)
        for (size_t k = 0; k < b->count; k++)
            if (a->items[i]->source == b->items[k]->source)
                return true;
    return false;
}

static bool groups_share_place(const statement_group *a, const statement_group *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (share_place(a, b->items[i]))
            return true;
    return false;
}

/** The only other group at the same place whose sources are not those of this one; NULL: none or several. */
static statement_group *counterpart(groups *all, const statement_group *group)
{
    statement_group *found = NULL;
    for (size_t i = 0; i < all->count; i++) {
        statement_group *other = &all->items[i];
        if (other == group || other->count == 0 || !groups_share_place(group, other))
            continue;
        if (found || share_source(group, other))
            return NULL;
        found = other;
    }
    return found;
}

/** Join groups that are two sources' words on the one invoice of a place, though their numbers differ. */
static void join_contradictions(vouch_arena *arena, groups *all)
{
    for (size_t i = 0; i < all->count; i++) {
        statement_group *group = &all->items[i];
        statement_group *other = group->count > 0 ? counterpart(all, group) : NULL;
        /* Both must see each other as the only one; data of two kinds that disagree are two files' invoices. */
        if (!other || counterpart(all, other) != group)
            continue;
        if (all_sources(group, source_is_data) && all_sources(other, source_is_data))
            continue;
        for (size_t k = 0; k < other->count; k++)
            add_to(arena, group, other->items[k]);
        other->count = 0;
    }
}

static int first_page_of(const statement_group *group)
{
    int page = 0;
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i]->first_page > 0 && (page == 0 || group->items[i]->first_page < page))
            page = group->items[i]->first_page;
    return page;
}

/** In page order; what has no page keeps its place behind the others. Few and nearly sorted: insertion. */
static void sort_groups(groups *all)
{
    for (size_t i = 1; i < all->count; i++)
        for (size_t k = i; k > 0; k--) {
            const int own = first_page_of(&all->items[k]), before = first_page_of(&all->items[k - 1]);
            if (own == 0 || (before != 0 && before <= own))
                break;
            const statement_group swap = all->items[k];
            all->items[k] = all->items[k - 1];
            all->items[k - 1] = swap;
        }
}

static void group_statements(vouch_arena *arena, const vouch_statements *statements, groups *all)
{
    /* Those with a number first, so that those without find their group. */
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < statements->count; i++) {
            const vouch_statement *statement = statements->items[i];
            if (has_identity(statement) != (pass == 0))
                continue;
            statement_group *group = pass == 0 ? group_by_number(arena, all, statement) : NULL;
            if (!group && pass == 1)
                group = group_by_place(arena, all, statement);
            if (!group && pass == 1)
                group = group_before(all, statement);
            if (!group && !is_worth_an_invoice(statement))
                continue;
            if (!group)
                group = VOUCH_ARENA_PUSH(arena, all->items, all->count, all->capacity);
            add_to(arena, group, statement);
        }
    join_contradictions(arena, all);
    sort_groups(all);
}

vouch_code vouch_reconcile(vouch_arena *arena, const vouch_statements *statements, const vouch_page *pages,
                           size_t page_count, vouch_problems *problems, vouch_invoices *invoices, vouch_error *err)
{
    groups all = {0};
    merge_budget budget = {.rows = VOUCH_ROWS_MAXIMUM};
    (void)err;

    group_statements(arena, statements, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (all.items[i].count == 0)
            continue;
        if (invoices->count == VOUCH_INVOICES_MAXIMUM) {
            vouch_problem_add(arena, problems, VOUCH_LIMIT, "error", 0, "more than %d invoices in one document",
                              VOUCH_INVOICES_MAXIMUM);
            break;
        }
        vouch_invoice *invoice = VOUCH_ARENA_PUSH(arena, invoices->items, invoices->count, invoices->capacity);
        merge_statements(arena, &all.items[i], pages, page_count, &budget, invoice);
        find_places(arena, invoice, pages, page_count);
        run_checks(arena, invoice);
    }
    if (budget.cut)
        vouch_problem_add(arena, problems, VOUCH_LIMIT, "warning", 0, "more than %d rows; the rest was left out",
                          VOUCH_ROWS_MAXIMUM);
    return VOUCH_OK;
}

const char *vouch_invoice_value(const vouch_invoice *invoice, vouch_field field)
{
    return invoice->fields[field].chosen.value;
}
