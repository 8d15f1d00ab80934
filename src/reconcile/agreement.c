/**
 * Do the sources agree? Two findings with different weight: sources that saw the page differently are a misreading
 * (sources_agree); data that says something else than the page that people see is the classic forgery
 * (data_matches_page), and is an error where it concerns what is paid, by whom, for which invoice.
 */
#include <string.h>

#include "merge.h"
#include "vouch/text.h"

/* What a forger gains by changing it, and what has one exact form on every page. */
static const vouch_field decisive[] = {
    VOUCH_FIELD_INVOICE_CODE,   VOUCH_FIELD_INVOICE_NUMBER, VOUCH_FIELD_ISSUE_DATE,    VOUCH_FIELD_CHECK_CODE,
    VOUCH_FIELD_NET_AMOUNT,     VOUCH_FIELD_TAX_AMOUNT,     VOUCH_FIELD_GROSS_AMOUNT,  VOUCH_FIELD_GROSS_IN_WORDS,
    VOUCH_FIELD_SELLER_TAX_ID,  VOUCH_FIELD_BUYER_TAX_ID,   VOUCH_FIELD_TICKET_NUMBER, VOUCH_FIELD_TICKET_SERIAL,
    VOUCH_FIELD_TRAVEL_DATE,    VOUCH_FIELD_FARE,           VOUCH_FIELD_SELLER_NAME,   VOUCH_FIELD_BUYER_NAME,
    VOUCH_FIELD_PASSENGER_NAME, VOUCH_FIELD_CURRENCY,
};

/** A name that is cut or run into its neighbour is a misreading; another name is another name. */
static bool is_part_of(vouch_arena *arena, const char *a, const char *b)
{
    const char *first = vouch_text_fold_name(arena, a), *second = vouch_text_fold_name(arena, b);
    return strstr(first, second) || strstr(second, first);
}

static const vouch_evidence *first_disagreeing(check_run *run, vouch_field field, bool (*kind)(vouch_source))
{
    const vouch_field_value *value = &run->invoice->fields[field];
    for (size_t i = 1; i < value->evidence_count; i++)
        if (kind(value->evidence[i].source) &&
            !values_agree(run->arena, field, value->evidence[i].value, value->chosen.value))
            return &value->evidence[i];
    return NULL;
}

static bool some_agree(check_run *run, vouch_field field, bool (*kind)(vouch_source))
{
    const vouch_field_value *value = &run->invoice->fields[field];
    for (size_t i = 1; i < value->evidence_count; i++)
        if (kind(value->evidence[i].source) &&
            values_agree(run->arena, field, value->evidence[i].value, value->chosen.value))
            return true;
    return false;
}

/** The page's word against the data's. @return true when they were compared */
static bool compare_with_page(check_run *run, vouch_field field, bool *failed)
{
    const vouch_field_value *value = &run->invoice->fields[field];
    if (!source_is_data(value->chosen.source))
        return false;
    /* Where one reader of the page agrees, another that does not has misread it. */
    if (some_agree(run, field, source_is_page))
        return true;
    const vouch_evidence *other = first_disagreeing(run, field, source_is_page);
    if (!other)
        return false;
    const bool text = vouch_field_type(field) == VOUCH_VALUE_TEXT;
    const bool unsure = other->confidence < CONFIDENCE_DOUBTED || other->source == VOUCH_SOURCE_OCR ||
                        (text && is_part_of(run->arena, other->value, value->chosen.value));
    check_failed(run, "data_matches_page", vouch_field_name(field), unsure ? "warning" : "error",
                 "%s says \"%s\", the page (%s) says \"%s\"", vouch_source_name(value->chosen.source),
                 value->chosen.value, vouch_source_name(other->source), other->value);
    *failed = true;
    return true;
}

/** Sources of the same standing against each other. @return true when they were compared */
static bool compare_sources(check_run *run, vouch_field field, bool *failed)
{
    const vouch_field_value *value = &run->invoice->fields[field];
    bool (*const peers)(vouch_source) = source_is_data(value->chosen.source) ? source_is_data : source_is_page;
    const vouch_evidence *other = first_disagreeing(run, field, peers);

    if (!other)
        return some_agree(run, field, peers);
    check_failed(run, "sources_agree", vouch_field_name(field), "warning", "%s says \"%s\", %s says \"%s\"",
                 vouch_source_name(value->chosen.source), value->chosen.value, vouch_source_name(other->source),
                 other->value);
    *failed = true;
    return true;
}

void check_agreement(check_run *run)
{
    bool page_compared = false, page_failed = false, sources_compared = false, sources_failed = false;

    for (size_t i = 0; i < COUNT(decisive); i++) {
        if (!vouch_invoice_value(run->invoice, decisive[i]))
            continue;
        page_compared |= compare_with_page(run, decisive[i], &page_failed);
        sources_compared |= compare_sources(run, decisive[i], &sources_failed);
    }
    if (page_compared && !page_failed)
        check_passed(run, "data_matches_page", NULL);
    if (sources_compared && !sources_failed)
        check_passed(run, "sources_agree", NULL);
}
