/**
 * Fingerprints of an invoice.
 *
 * `fields` hashes what an invoice says in every format, in a fixed order and normal form: who sold, when, for how much
 * in which currency and direction, and under which numbers. `text` hashes the letters and digits of its pages' words,
 * sorted, so that neither the order in which a page draws its words nor spaces and punctuation matter. Both are for
 * looking up equals; the version in front changes whenever the form does, so that old and new never compare.
 */
#include <stdlib.h>
#include <string.h>

#include "vouch/fingerprint.h"
#include "vouch/hash.h"
#include "vouch/money.h"
#include "vouch/text.h"

/* A text of fewer words tells nothing apart. */
static const size_t fewest_words = 8;

static const char *versioned_hash(vouch_arena *arena, const char *text, size_t length)
{
    char hex[65];
    vouch_sha256_hex(text, length, hex);
    return vouch_arena_printf(arena, "v1:%.32s", hex);
}

/** The amount without its sign's and zeros' variants: "51.2" and "51.20" are one. */
static const char *canonical_amount(vouch_arena *arena, const char *amount)
{
    vouch_decimal value;
    char text[48];
    if (!amount || vouch_decimal_parse(amount, &value) != VOUCH_OK)
        return NULL;
    vouch_decimal_print(value, /* minimum_scale= */ 2, text, sizeof text);
    return vouch_arena_strdup(arena, text);
}

static const char *folded(vouch_arena *arena, const char *text)
{
    const char *name = text ? vouch_text_fold_name(arena, text) : NULL;
    return name && *name ? name : NULL;
}

static const char *first_of(const vouch_invoice *invoice, vouch_field a, vouch_field b)
{
    const char *value = vouch_invoice_value(invoice, a);
    return value ? value : vouch_invoice_value(invoice, b);
}

static const char *hash_fields(vouch_arena *arena, const vouch_invoice *invoice)
{
    const char *seller = folded(arena, vouch_invoice_value(invoice, VOUCH_FIELD_SELLER_TAX_ID));
    const char *date = first_of(invoice, VOUCH_FIELD_ISSUE_DATE, VOUCH_FIELD_TRAVEL_DATE);
    const char *gross = canonical_amount(arena, vouch_invoice_value(invoice, VOUCH_FIELD_GROSS_AMOUNT));
    const char *currency = vouch_invoice_value(invoice, VOUCH_FIELD_CURRENCY);
    const char *code = vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_CODE);
    const char *number = folded(arena, vouch_invoice_value(invoice, VOUCH_FIELD_INVOICE_NUMBER));
    const char *ticket = first_of(invoice, VOUCH_FIELD_TICKET_SERIAL, VOUCH_FIELD_TICKET_NUMBER);

    if (!seller)
        seller = folded(arena, vouch_invoice_value(invoice, VOUCH_FIELD_SELLER_NAME));
    /* A number of its own tells an invoice apart; without one it takes who, when and how much together. */
    const bool numbered = number || ticket;
    if (!gross || !date || (!numbered && !seller))
        return NULL;
    const char *text = vouch_arena_printf(
        arena, "seller=%s\ndate=%s\ngross=%s\ncurrency=%s\ndirection=%s\ncode=%s\nnumber=%s\nticket=%s\n",
        seller ? seller : "", date, gross, currency ? currency : "", invoice->credit ? "credit" : "debit",
        code ? code : "", number ? number : "", ticket ? ticket : "");
    return versioned_hash(arena, text, strlen(text));
}

static bool is_word_of(const vouch_invoice *invoice, const vouch_word *word)
{
    const double x = (word->box.x0 + word->box.x1) / 2, y = (word->box.y0 + word->box.y1) / 2;
    for (size_t i = 0; i < invoice->region_count; i++) {
        const vouch_region *region = &invoice->regions[i];
        if (region->page == word->page && x >= region->box.x0 && x <= region->box.x1 && y >= region->box.y0 &&
            y <= region->box.y1)
            return true;
    }
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *first = a;
    const char *const *second = b;
    return strcmp(*first, *second);
}

static const char *hash_text(vouch_arena *arena, const vouch_invoice *invoice, const vouch_words *words)
{
    size_t count = 0, length = 0;

    if (!words || words->count == 0)
        return NULL;
    const char **texts = vouch_arena_calloc(arena, words->count, sizeof *texts);
    for (size_t i = 0; i < words->count; i++) {
        const char *text = is_word_of(invoice, &words->items[i]) ? folded(arena, words->items[i].text) : NULL;
        if (text) {
            texts[count++] = text;
            length += strlen(text) + 1;
        }
    }
    if (count < fewest_words)
        return NULL;
    qsort(texts, count, sizeof *texts, compare_texts);
    char *joined = vouch_arena_alloc(arena, length + 1), *end = joined;
    for (size_t i = 0; i < count; i++) {
        end = stpcpy(end, texts[i]);
        *end++ = '\n';
    }
    return versioned_hash(arena, joined, length);
}

void vouch_fingerprint(vouch_arena *arena, const vouch_invoice *invoice, const vouch_words *words, vouch_prints *out)
{
    *out = (vouch_prints){
        .fields = hash_fields(arena, invoice),
        .text = hash_text(arena, invoice, words),
    };
}
