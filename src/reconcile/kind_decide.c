/**
 * Which kind of document it is, by what the sources say (formats/china.md 1.2): data before codes before titles, and
 * among them the odds. A contradiction is a finding and lowers the confidence; it is never settled by a guess.
 */
#include <math.h>
#include <string.h>

#include "merge.h"

/** Kinds between which a source may not be able to tell: what the finer one adds is no contradiction. */
static bool kind_refines(vouch_kind fine, vouch_kind coarse)
{
    static const struct {
        vouch_kind fine, coarse;
    } pairs[] = {
        {VOUCH_KIND_CN_VAT_TOLL, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
        {VOUCH_KIND_CN_BLOCKCHAIN, VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC},
        {VOUCH_KIND_CN_VAT_ROLL, VOUCH_KIND_CN_VAT_ORDINARY},
        {VOUCH_KIND_CN_DIGITAL_TOLL, VOUCH_KIND_CN_DIGITAL_ORDINARY},
        {VOUCH_KIND_CN_DIGITAL_TOLL, VOUCH_KIND_CN_DIGITAL_SPECIAL},
        {VOUCH_KIND_CN_DIGITAL_PAPER, VOUCH_KIND_CN_VAT_SPECIAL},
        {VOUCH_KIND_CN_DIGITAL_PAPER, VOUCH_KIND_CN_VAT_ORDINARY},
        {VOUCH_KIND_EN16931_INVOICE, VOUCH_KIND_INVOICE},
        {VOUCH_KIND_EN16931_CREDIT_NOTE, VOUCH_KIND_INVOICE},
        {VOUCH_KIND_EN16931_CREDIT_NOTE, VOUCH_KIND_EN16931_INVOICE},
        {VOUCH_KIND_SA_ZATCA, VOUCH_KIND_INVOICE},
        {VOUCH_KIND_SA_ZATCA, VOUCH_KIND_EN16931_INVOICE},
        {VOUCH_KIND_SA_ZATCA, VOUCH_KIND_EN16931_CREDIT_NOTE},
    };
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (pairs[i].fine == fine && pairs[i].coarse == coarse)
            return true;
    return false;
}

/** What the numbers alone say (formats of the State Taxation Administration): the last resort. */
static vouch_kind kind_of_numbers(const statement_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const char *code = group->items[i]->fields[VOUCH_FIELD_INVOICE_CODE].value;
        const char *number = group->items[i]->fields[VOUCH_FIELD_INVOICE_NUMBER].value;
        const vouch_kind kind = vouch_cn_kind_of_code(code);
        if (kind != VOUCH_KIND_UNKNOWN)
            return kind;
        if (!code && number && strlen(number) == 20 && strspn(number, "0123456789") == 20)
            return VOUCH_KIND_CN_DIGITAL_ORDINARY;
    }
    return VOUCH_KIND_UNKNOWN;
}

/** One source's word on the kind. */
typedef struct kind_vote {
    vouch_kind kind;
    double odds;
    vouch_source source;
} kind_vote;

static size_t collect_votes(const statement_group *group, kind_vote *votes)
{
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        const vouch_statement *statement = group->items[i];
        const kind_vote vote = {statement->kind, odds_of(statement->kind_confidence), statement->source};
        size_t at = 0;
        if (vote.kind == VOUCH_KIND_UNKNOWN)
            continue;
        while (at < count && (votes[at].kind != vote.kind || votes[at].source != vote.source))
            at++;
        if (at == count)
            votes[count++] = vote;
        else
            votes[at].odds = fmax(votes[at].odds, vote.odds);
    }
    return count;
}

static double odds_for(const kind_vote *votes, size_t count, vouch_kind kind)
{
    double odds = 1;
    for (size_t i = 0; i < count; i++)
        if (votes[i].kind == kind || kind_refines(kind, votes[i].kind))
            odds *= votes[i].odds;
    return odds;
}

void decide_kind(check_run *run, const statement_group *group)
{
    vouch_invoice *invoice = run->invoice;
    kind_vote *votes = vouch_arena_calloc(run->arena, group->count, sizeof *votes);
    const size_t count = collect_votes(group, votes);
    const kind_vote *best = NULL;
    double best_odds = 0, against = 1;

    for (size_t i = 0; i < count; i++) {
        const double odds = odds_for(votes, count, votes[i].kind);
        const bool finer = best && kind_refines(votes[i].kind, best->kind);
        const bool coarser = best && kind_refines(best->kind, votes[i].kind);
        const bool trusted = best && source_is_data(votes[i].source) && !source_is_data(best->source);
        if (!best || finer || (!coarser && (trusted || odds > best_odds))) {
            best = &votes[i];
            best_odds = odds;
        }
    }
    if (!best) {
        invoice->kind = kind_of_numbers(group);
        invoice->kind_confidence = invoice->kind == VOUCH_KIND_UNKNOWN ? 0 : 0.7;
        return;
    }
    const kind_vote *contradiction = NULL;
    for (size_t i = 0; i < count; i++)
        if (votes[i].kind != best->kind && !kind_refines(best->kind, votes[i].kind)) {
            contradiction = &votes[i];
            against += votes[i].odds;
        }
    invoice->kind = best->kind;
    invoice->kind_confidence = fmin(CONFIDENCE_CERTAIN, best_odds / (best_odds + against));
    if (contradiction)
        check_failed(run, "kind_sources_agree", NULL, "warning", "%s says %s, %s says %s",
                     vouch_source_name(best->source), vouch_kind_name(best->kind),
                     vouch_source_name(contradiction->source), vouch_kind_name(contradiction->kind));
    else if (count > 1)
        check_passed(run, "kind_sources_agree", NULL);
}
