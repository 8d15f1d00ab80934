/**
 * How two invoices relate. A table of relations, asked in order; the first that applies is the answer. Each relation
 * is symmetric: it does not matter which of the two arrived first.
 *
 * Keys that were read for certain and differ say that these are two invoices, whatever else is alike: after that only
 * relations between different invoices are asked for (a red letter and its original, consecutive numbers; see
 * READING.md "Commands").
 */
#include <stdlib.h>
#include <string.h>

#include "vouch/dedupe.h"

/* The longest numbers that are compared as numbers: fits 128 bits, and Chinese numbers have up to 20 digits. */
enum {
    NUMBER_DIGITS_LEAST = 4,
    NUMBER_DIGITS_MOST = 30,
    NEIGHBOUR_DISTANCE = 3,
    LONG_NUMBER_DIGITS = 20
};

static bool equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool differ(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

/* ---- keys ---- */

static const char *shared_key(const vouch_facts *a, const vouch_facts *b)
{
    for (size_t i = 0; i < a->key_count; i++)
        for (size_t k = 0; k < b->key_count; k++)
            if (strcmp(a->keys[i], b->keys[k]) == 0)
                return a->keys[i];
    return NULL;
}

/**
 * Length of what says how a key is built: "cn:" for code and number and "cn::" for 20 digits are two ways to name one
 * invoice, so that they don't contradict each other.
 */
static size_t key_form(const char *key)
{
    size_t length = strcspn(key, ":");
    return length + strspn(key + length, ":");
}

static bool same_form(const char *a, const char *b)
{
    size_t length = key_form(a);
    return length == key_form(b) && strncmp(a, b, length) == 0;
}

/** Sellers are named by id or by name; an id and a name can't be compared. */
static bool sellers_differ(const vouch_facts *a, const vouch_facts *b)
{
    if (a->seller_tax_id && b->seller_tax_id)
        return strcmp(a->seller_tax_id, b->seller_tax_id) != 0;
    return !a->seller_tax_id && !b->seller_tax_id && differ(a->seller_name, b->seller_name);
}

static bool sellers_equal(const vouch_facts *a, const vouch_facts *b)
{
    if (a->seller_tax_id && b->seller_tax_id)
        return strcmp(a->seller_tax_id, b->seller_tax_id) == 0;
    return equal(a->seller_name, b->seller_name);
}

/** Keys that hold a seller can contradict each other only where both name him in the same way or the numbers differ. */
static bool keys_comparable(const vouch_facts *a, const vouch_facts *b)
{
    return !a->seller_tax_id == !b->seller_tax_id || differ(a->invoice_number, b->invoice_number);
}

static bool keys_differ(const vouch_facts *a, const vouch_facts *b)
{
    if (!a->keys_confirmed || !b->keys_confirmed || shared_key(a, b))
        return false;
    for (size_t i = 0; i < a->key_count; i++)
        for (size_t k = 0; k < b->key_count; k++)
            if (same_form(a->keys[i], b->keys[k]))
                return strncmp(a->keys[i], "cn", 2) == 0 || keys_comparable(a, b);
    return false;
}

/* ---- relations ---- */

typedef bool relation_test(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out);

/** One file may hold several invoices: the same bytes are the same invoice unless something tells the two apart. */
static bool is_exact(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    (void)arena;
    if (!equal(a->sha256, b->sha256) || differ(a->fields_print, b->fields_print) || differ(a->kind, b->kind) ||
        differ(a->text_print, b->text_print))
        return false;
    if (a->key_count > 0 && b->key_count > 0 && !shared_key(a, b))
        return false;
    *out = (vouch_judgement){.kind = "exact", .score = 1, .decision = "refuse"};
    return true;
}

static const char *what_differs(const vouch_facts *a, const vouch_facts *b)
{
    const bool amounts = a->has_amount && b->has_amount && a->gross_minor != b->gross_minor;
    const bool dates = differ(a->issue_date, b->issue_date);
    return amounts && dates ? "; amount and date differ"
           : amounts        ? "; the amounts differ"
           : dates          ? "; the dates differ"
                            : "";
}

static bool is_same_key(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    const char *key = shared_key(a, b);
    if (!key)
        return false;
    const bool sure = a->keys_confirmed && b->keys_confirmed;
    *out = (vouch_judgement){
        .kind = "business_key",
        .score = sure ? 1 : 0.9,
        .decision = sure ? "refuse" : "hold",
        .detail = vouch_arena_printf(arena, "%s%s%s", key, sure ? "" : ", not read for certain", what_differs(a, b)),
    };
    return true;
}

/** `red` is a credit note that names `other` as what it takes back. */
static bool takes_back(const vouch_facts *red, const vouch_facts *other)
{
    return red->credit && !other->credit && equal(red->original_invoice_number, other->invoice_number) &&
           !differ(red->original_invoice_code, other->invoice_code) && !sellers_differ(red, other);
}

static bool is_red_letter(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    const vouch_facts *red = takes_back(a, b) ? a : takes_back(b, a) ? b : NULL;
    if (!red)
        return false;
    const vouch_facts *original = red == a ? b : a;
    const bool sure = sellers_equal(a, b) &&
                      (red->original_invoice_code || strlen(red->original_invoice_number) == LONG_NUMBER_DIGITS);
    const bool whole = red->has_amount && original->has_amount && red->gross_minor == original->gross_minor;
    *out = (vouch_judgement){
        .kind = "red_letter",
        .score = sure ? 1 : 0.9,
        .decision = "flag",
        .detail =
            vouch_arena_printf(arena, "takes back %s%s%s%s", original->invoice_code ? original->invoice_code : "",
                               original->invoice_code ? " " : "", original->invoice_number, whole ? " in full" : ""),
    };
    return true;
}

static bool is_same_fields(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    (void)arena;
    if (!equal(a->fields_print, b->fields_print))
        return false;
    *out = (vouch_judgement){.kind = "same_fields",
                             .score = 0.98,
                             .decision = "hold",
                             .detail = "seller, date, amount and number are the same"};
    return true;
}

/** The same number, day and amount, where one document names the seller by his id and the other does not. */
static bool is_near_fields(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    (void)arena;
    if (!equal(a->invoice_number, b->invoice_number) || !equal(a->issue_date, b->issue_date) || !a->has_amount ||
        !b->has_amount || a->gross_minor != b->gross_minor || differ(a->currency, b->currency) ||
        a->credit != b->credit || differ(a->invoice_code, b->invoice_code) || sellers_differ(a, b))
        return false;
    const bool named = sellers_equal(a, b);
    *out = (vouch_judgement){.kind = "near_fields",
                             .score = named ? 0.95 : 0.8,
                             .decision = "hold",
                             .detail = named ? "number, date, amount and the seller's name are the same"
                                             : "number, date and amount are the same"};
    return true;
}

/** A receipt has no number: all words of the page are its identity. */
static bool is_same_text(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    (void)arena;
    if (!equal(a->text_print, b->text_print) || differ(a->invoice_number, b->invoice_number) ||
        (a->has_amount && b->has_amount && a->gross_minor != b->gross_minor))
        return false;
    *out = (vouch_judgement){
        .kind = "near_fields", .score = 0.9, .decision = "hold", .detail = "all words on the page are the same"};
    return true;
}

static bool read_number(const char *text, unsigned __int128 *out)
{
    size_t length = text ? strlen(text) : 0;
    if (length < NUMBER_DIGITS_LEAST || length > NUMBER_DIGITS_MOST || strspn(text, "0123456789") != length)
        return false;
    unsigned __int128 value = 0;
    for (size_t i = 0; i < length; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *out = value;
    return true;
}

/**
 * Numbers of one seller that follow each other, of one code where there are codes; numbers of 20 digits count a whole
 * province through, so that only those of one day say anything.
 */
static bool is_sequence(const vouch_facts *a, const vouch_facts *b, vouch_arena *arena, vouch_judgement *out)
{
    unsigned __int128 first, second;
    if (!sellers_equal(a, b) || !read_number(a->invoice_number, &first) || !read_number(b->invoice_number, &second) ||
        strlen(a->invoice_number) != strlen(b->invoice_number) || a->credit != b->credit ||
        !a->invoice_code != !b->invoice_code || differ(a->invoice_code, b->invoice_code))
        return false;
    if (strlen(a->invoice_number) == LONG_NUMBER_DIGITS && !equal(a->issue_date, b->issue_date))
        return false;
    const unsigned __int128 distance = first > second ? first - second : second - first;
    if (distance == 0 || distance > NEIGHBOUR_DISTANCE)
        return false;
    const int apart = (int)distance;
    *out = (vouch_judgement){
        .kind = "sequence",
        .score = 0.6 - 0.1 * (apart - 1),
        .decision = "flag",
        .detail = vouch_arena_printf(arena, "numbers of one seller, %d apart", apart),
    };
    return true;
}

typedef struct relation {
    relation_test *test;
    bool of_different; /* holds between invoices that are known to be different */
} relation;

static const relation relations[] = {
    {is_exact, false},       {is_same_key, false},  {is_red_letter, true}, {is_same_fields, false},
    {is_near_fields, false}, {is_same_text, false}, {is_sequence, true},
};

vouch_judgement vouch_dedupe_judge(const vouch_facts *mine, const vouch_facts *other, vouch_arena *arena, void *data)
{
    (void)data;
    const bool different = keys_differ(mine, other);
    vouch_judgement judgement = {.decision = "none"};
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
        if ((relations[i].of_different || !different) && relations[i].test(mine, other, arena, &judgement))
            break;
    return judgement;
}
