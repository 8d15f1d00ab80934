/**
 * One invoice from the statements that speak of it.
 *
 * Each source's confidence is taken as the odds that it states what the document states; sources that agree multiply
 * their odds, and the share of a value in the sum of all is its probability (naive Bayes, with one unit of odds for
 * "none of them"). Data that a machine wrote for machines (XML, tags) goes before what is seen on the page, whatever
 * the odds: it is the invoice in law, and where the page says something else, that is a finding and not a vote.
 */
#include <math.h>
#include <string.h>

#include "merge.h"
#include "vouch/text.h"

/** One candidate value of a field, with the evidence that speaks for it. */
typedef struct candidate {
    const vouch_evidence *best; /* the most trusted evidence for it */
    double odds;                /* of all for it together */
    bool data;                  /* some machine-readable source says it */
} candidate;

double odds_of(double probability)
{
    const double bounded = fmin(fmax(probability, 0.01), CONFIDENCE_CERTAIN);
    return bounded / (1 - bounded);
}

/** More trusted source first; of one source the surer first. */
static bool is_better(const vouch_evidence *a, const vouch_evidence *b)
{
    return a->source != b->source ? a->source < b->source : a->confidence > b->confidence;
}

/** Two evidences of one kind of source (the pages of a long invoice) are not independent. */
static bool source_counted(const vouch_evidence *evidence, size_t count, size_t at, vouch_arena *arena,
                           vouch_field field)
{
    for (size_t i = 0; i < at && i < count; i++)
        if (evidence[i].source == evidence[at].source &&
            values_agree(arena, field, evidence[i].value, evidence[at].value))
            return true;
    return false;
}

/** Does a come before b as the value to choose? */
static bool is_chosen_before(const candidate *a, const candidate *b)
{
    if (a->data != b->data)
        return a->data;
    const bool rule_a = a->best->source == VOUCH_SOURCE_RULE, rule_b = b->best->source == VOUCH_SOURCE_RULE;
    if (rule_a != rule_b)
        return rule_b;
    if (a->data)
        return is_better(a->best, b->best);
    return a->odds > b->odds;
}

static size_t list_candidates(vouch_arena *arena, vouch_field field, const vouch_evidence *evidence, size_t count,
                              candidate *candidates)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        size_t c = 0;
        while (c < found && !values_agree(arena, field, candidates[c].best->value, evidence[i].value))
            c++;
        if (c == found)
            candidates[found++] = (candidate){.best = &evidence[i], .odds = 1};
        candidate *own = &candidates[c];
        if (!source_counted(evidence, count, i, arena, field))
            own->odds *= odds_of(evidence[i].confidence);
        own->data = own->data || source_is_data(evidence[i].source);
        if (is_better(&evidence[i], own->best))
            own->best = &evidence[i];
    }
    /* Insertion sort: there are hardly ever more than three. */
    for (size_t i = 1; i < found; i++)
        for (size_t k = i; k > 0 && is_chosen_before(&candidates[k], &candidates[k - 1]); k--) {
            const candidate swap = candidates[k];
            candidates[k] = candidates[k - 1];
            candidates[k - 1] = swap;
        }
    return found;
}

/** The chosen evidence first, then those that agree with it, then the others. */
static void order_evidence(vouch_arena *arena, vouch_field field, vouch_field_value *value,
                           const vouch_evidence *evidence, size_t count, const vouch_evidence *best)
{
    value->evidence = vouch_arena_calloc(arena, count, sizeof *value->evidence);
    value->evidence[value->evidence_count++] = *best;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++)
            if (&evidence[i] != best && values_agree(arena, field, evidence[i].value, best->value) == (pass == 0))
                value->evidence[value->evidence_count++] = evidence[i];
}

/** A value from data stands somewhere on the page when the page's own sources read the same. */
static void borrow_place(vouch_arena *arena, vouch_field field, vouch_field_value *value)
{
    vouch_evidence *chosen = &value->chosen;
    for (size_t i = 1; i < value->evidence_count && chosen->page == 0; i++) {
        const vouch_evidence *other = &value->evidence[i];
        if (other->page == 0 || !values_agree(arena, field, other->value, chosen->value))
            continue;
        chosen->page = other->page;
        chosen->box = other->box;
        chosen->has_quad = other->has_quad;
        chosen->quad = other->quad;
    }
}

/** Choose among all evidence for a field. */
static void choose(vouch_arena *arena, vouch_field field, const vouch_evidence *evidence, size_t count,
                   vouch_field_value *value)
{
    candidate *candidates = vouch_arena_calloc(arena, count, sizeof *candidates);
    const size_t found = list_candidates(arena, field, evidence, count, candidates);
    double total = 1;

    for (size_t i = 0; i < found; i++)
        total += candidates[i].odds;
    value->chosen = *candidates[0].best;
    value->chosen.confidence = fmin(CONFIDENCE_CERTAIN, candidates[0].odds / total);
    order_evidence(arena, field, value, evidence, count, candidates[0].best);
    borrow_place(arena, field, value);
    if (found < 2)
        return;
    value->alternatives = vouch_arena_calloc(arena, found - 1, sizeof *value->alternatives);
    for (size_t i = 1; i < found; i++)
        value->alternatives[value->alternative_count++] = (vouch_alternative){
            .value = candidates[i].best->value,
            .probability = candidates[i].odds / total,
        };
}

static bool copy_evidence(vouch_arena *arena, vouch_field field, const vouch_evidence *from, vouch_evidence *to)
{
    *to = *from;
    to->value = copy_value(arena, vouch_field_type(field), from->value);
    to->text = copy_text(arena, from->text);
    return vouch_value_is_normal(arena, vouch_field_type(field), to->value);
}

/** A second page or copy that says the same adds nothing. */
static bool is_repeated(const vouch_evidence *evidence, size_t count, const vouch_evidence *stated)
{
    for (size_t i = 0; i < count; i++)
        if (evidence[i].source == stated->source && strcmp(evidence[i].value, stated->value) == 0)
            return true;
    return false;
}

static void merge_field(vouch_arena *arena, const statement_group *group, vouch_field field, const kind_rules *rules,
                        const char *currency, vouch_field_value *value)
{
    vouch_evidence *evidence = vouch_arena_calloc(arena, VOUCH_EVIDENCE_MAXIMUM, sizeof *evidence);
    size_t count = 0;

    for (size_t i = 0; i < group->count && count < VOUCH_EVIDENCE_MAXIMUM; i++) {
        const vouch_evidence *stated = &group->items[i]->fields[field];
        if (!stated->value || !copy_evidence(arena, field, stated, &evidence[count]))
            continue;
        vouch_evidence *own = &evidence[count];
        if (vouch_field_type(field) == VOUCH_VALUE_AMOUNT && currency)
            own->value = pad_amount(arena, own->value, currency);
        /* What does not look like the kind's field was probably misread. */
        if (!source_is_data(own->source) && !kind_field_fits(rules, field, own->value))
            own->confidence = fmin(own->confidence, 0.5);
        count += !is_repeated(evidence, count, own);
    }
    if (count > 0)
        choose(arena, field, evidence, count, value);
}

/* The rest of an invoice. */

static void add_region(vouch_arena *arena, vouch_invoice *invoice, int page, vouch_box box)
{
    for (size_t i = 0; i < invoice->region_count; i++)
        if (invoice->regions[i].page == page)
            return;
    vouch_region *regions = vouch_arena_calloc(arena, invoice->region_count + 1, sizeof *regions);
    if (invoice->region_count > 0)
        memcpy(regions, invoice->regions, invoice->region_count * sizeof *regions);
    regions[invoice->region_count] = (vouch_region){.page = page, .box = box};
    invoice->regions = regions;
    invoice->region_count++;
}

/** Where the invoice is: what the sources know of its region, else the whole of its pages. */
static void merge_regions(vouch_arena *arena, const statement_group *group, const vouch_page *pages, size_t page_count,
                          vouch_invoice *invoice)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i]->has_region && group->items[i]->first_page > 0)
            add_region(arena, invoice, group->items[i]->first_page, group->items[i]->region);
    for (size_t i = 0; i < group->count; i++) {
        const vouch_statement *statement = group->items[i];
        for (size_t p = 0; p < page_count && statement->first_page > 0; p++)
            if (pages[p].number >= statement->first_page && pages[p].number <= statement->last_page)
                add_region(arena, invoice, pages[p].number, (vouch_box){0, 0, pages[p].width, pages[p].height});
    }
}

static void merge_extras(vouch_arena *arena, const statement_group *group, vouch_invoice *invoice)
{
    size_t total = 0;
    for (size_t i = 0; i < group->count; i++)
        total += group->items[i]->extra_count;
    invoice->extras = vouch_arena_calloc(arena, (total < VOUCH_EXTRAS_MAXIMUM ? total : VOUCH_EXTRAS_MAXIMUM) + 1,
                                         sizeof *invoice->extras);
    for (size_t i = 0; i < group->count; i++)
        for (size_t k = 0; k < group->items[i]->extra_count && invoice->extra_count < VOUCH_EXTRAS_MAXIMUM; k++) {
            const vouch_extra *stated = &group->items[i]->extras[k];
            bool seen = !stated->name || !stated->value;
            for (size_t known = 0; known < invoice->extra_count && !seen; known++)
                seen = strcmp(invoice->extras[known].name, stated->name) == 0;
            if (!seen)
                invoice->extras[invoice->extra_count++] =
                    (vouch_extra){copy_text(arena, stated->name), copy_text(arena, stated->value)};
        }
}

/** A value that follows from others, with their certainty. */
static void derive(vouch_arena *arena, vouch_invoice *invoice, vouch_field field, const char *value, double confidence,
                   const vouch_evidence *place)
{
    vouch_field_value *target = &invoice->fields[field];
    vouch_evidence evidence = {.source = VOUCH_SOURCE_RULE, .value = value, .confidence = confidence};

    if (place) {
        evidence.page = place->page;
        evidence.box = place->box;
        evidence.has_quad = place->has_quad;
        evidence.quad = place->quad;
    }
    target->chosen = evidence;
    target->evidence = vouch_arena_calloc(arena, 1, sizeof evidence);
    target->evidence[0] = evidence;
    target->evidence_count = 1;
}

/** What the buyer pays is stated under another name, or is the sum of what is stated. */
static void derive_gross(vouch_arena *arena, vouch_invoice *invoice, const char *currency)
{
    const vouch_evidence *fare = &invoice->fields[VOUCH_FIELD_FARE].chosen;
    const vouch_evidence *words = &invoice->fields[VOUCH_FIELD_GROSS_IN_WORDS].chosen;
    const vouch_evidence *net = &invoice->fields[VOUCH_FIELD_NET_AMOUNT].chosen;
    const vouch_evidence *tax = &invoice->fields[VOUCH_FIELD_TAX_AMOUNT].chosen;
    const bool rail = invoice->kind == VOUCH_KIND_CN_RAIL || invoice->kind == VOUCH_KIND_CN_RAIL_DIGITAL;
    vouch_decimal sum, tax_amount;
    int64_t fen;
    char text[48];

    if (vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT))
        return;
    if (rail && fare->value) {
        derive(arena, invoice, VOUCH_FIELD_GROSS_AMOUNT, fare->value, fare->confidence, fare);
    } else if (words->value && vouch_chinese_amount_parse(words->value, &fen)) {
        vouch_amount_print(fen, "CNY", text, sizeof text);
        derive(arena, invoice, VOUCH_FIELD_GROSS_AMOUNT, vouch_arena_strdup(arena, text), words->confidence, NULL);
    } else if (net->value && tax->value && field_decimal(invoice, VOUCH_FIELD_NET_AMOUNT, &sum) &&
               field_decimal(invoice, VOUCH_FIELD_TAX_AMOUNT, &tax_amount) && decimal_sum(&sum, tax_amount)) {
        vouch_decimal_print(sum, currency ? vouch_currency_digits(currency) : 2, text, sizeof text);
        /* Other taxes or fees may come on top: not as sure as its parts. */
        derive(arena, invoice, VOUCH_FIELD_GROSS_AMOUNT, vouch_arena_strdup(arena, text),
               fmin(net->confidence * tax->confidence, 0.97), NULL);
    }
}

static bool decide_credit(const statement_group *group, const vouch_invoice *invoice)
{
    const char *gross = vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT);
    if (gross && gross[0] == '-')
        return true;
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i]->credit)
            return true;
    return invoice->kind == VOUCH_KIND_EN16931_CREDIT_NOTE;
}

/** The currency decides how amounts are printed, so it comes first: the most trusted source that states one. */
static const char *currency_of(const statement_group *group, const kind_rules *rules)
{
    const vouch_evidence *best = NULL;
    for (size_t i = 0; i < group->count; i++) {
        const vouch_evidence *stated = &group->items[i]->fields[VOUCH_FIELD_CURRENCY];
        if (stated->value && (!best || is_better(stated, best)))
            best = stated;
    }
    return best ? best->value : rules->info.implied_currency;
}

void merge_statements(vouch_arena *arena, const statement_group *group, const vouch_page *pages, size_t page_count,
                      merge_budget *budget, vouch_invoice *invoice)
{
    check_run run = {.arena = arena, .invoice = invoice};

    decide_kind(&run, group);
    run.rules = kind_rules_of(invoice->kind);
    const char *currency = currency_of(group, run.rules);
    for (size_t f = 0; f < VOUCH_FIELD_COUNT; f++)
        merge_field(arena, group, (vouch_field)f, run.rules, currency, &invoice->fields[f]);
    if (!vouch_invoice_value(invoice, VOUCH_FIELD_CURRENCY) && currency)
        derive(arena, invoice, VOUCH_FIELD_CURRENCY, currency, CONFIDENCE_CONFIRMED, NULL);
    derive_gross(arena, invoice, currency);
    invoice->lines = merge_rows(arena, group, offsetof(vouch_statement, lines), currency, budget);
    invoice->taxes = merge_rows(arena, group, offsetof(vouch_statement, taxes), currency, budget);
    invoice->allowances = merge_rows(arena, group, offsetof(vouch_statement, allowances), currency, budget);
    invoice->segments = merge_rows(arena, group, offsetof(vouch_statement, segments), currency, budget);
    invoice->credit = decide_credit(group, invoice);
    merge_extras(arena, group, invoice);
    merge_regions(arena, group, pages, page_count, invoice);
    check_agreement(&run);
}
