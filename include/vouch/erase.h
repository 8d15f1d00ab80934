/**
 * Erasing documents and masking personal fields, on request and by rule: readings, words, rows and blobs together.
 *
 * Order: new words are stored, then the rows are written in one transaction, then blobs that no row refers to any more
 * are removed. A process that ends in between leaves blobs without a row, which the orphan sweep removes.
 */
#ifndef VOUCH_ERASE_H
#define VOUCH_ERASE_H

#include "vouch/ingest.h"
#include "vouch/retention.h"

/* Kind (or all whose slug begins so; "" for every kind), field. Members of lines[] of the same name count too. */
#define VOUCH_PERSONAL_FIELDS(X)          \
    X("", "passenger_name")               \
    X("", "passenger_id")                 \
    X("cn.vat", "issued_by")              \
    X("cn.digital", "issued_by")          \
    X("cn.fiscal", "issued_by")           \
    X("cn.blockchain", "issued_by")       \
    X("", "payee")                        \
    X("", "reviewed_by")                  \
    X("cn.rail", "seat")                  \
    X("cn.air", "seat")                   \
    X("cn.taxi", "plate_number")          \
    X("cn.toll", "plate_number")          \
    X("cn.vat.toll", "plate_number")      \
    X("cn.digital.toll", "plate_number")  \
    X("cn.vehicle", "plate_number")       \
    X("cn.vehicle", "buyer_name")         \
    X("cn.vehicle", "buyer_tax_id")       \
    X("cn.vehicle", "buyer_address")      \
    X("cn.used_vehicle", "plate_number")  \
    X("cn.used_vehicle", "buyer_name")    \
    X("cn.used_vehicle", "buyer_tax_id")  \
    X("cn.used_vehicle", "buyer_address") \
    X("receipt", "buyer_name")            \
    X("receipt", "buyer_address")

/** What stands in the place of a personal value. */
#define VOUCH_MASK "***"

/** Texts that are to be masked wherever they stand, and where on the pages. In an arena. */
typedef struct vouch_personal {
    const char **texts;
    size_t text_count, text_capacity;
    struct vouch_personal_place {
        int page;
        double box[4];
    } * places;
    size_t place_count, place_capacity;
} vouch_personal;

/**
 * A reading with its personal fields masked: the fields themselves lose text, evidence and place; their values are
 * masked in every other text of the reading (remarks, names of goods, attachments). Still a reading of the same schema.
 *
 * @param personal  in: further texts to mask; out: with those of the reading, for its words
 * @return VOUCH_OK; VOUCH_INTERNAL: the text is no reading
 */
vouch_code vouch_reading_mask(const char *reading, vouch_arena *arena, vouch_personal *personal, const char **out,
                              vouch_error *err) VOUCH_MUST_CHECK;

/**
 * A reading with nothing in it but what the books need: kinds, invoice numbers, dates, seller, amounts, taxes, keys and
 * prints, results of the verification. Still a reading of the same schema.
 *
 * @param in_books  false: not even the invoices stay
 */
vouch_code vouch_reading_reduce(const char *reading, bool in_books, vouch_arena *arena, const char **out,
                                vouch_error *err) VOUCH_MUST_CHECK;

/** Words (JSON) with personal ones masked. @param masked  out: how many; 0: out is the same text */
vouch_code vouch_words_mask(const char *words, size_t length, const vouch_personal *personal, vouch_arena *arena,
                            const char **out, size_t *masked, vouch_error *err) VOUCH_MUST_CHECK;

typedef struct vouch_erase_options {
    bool mask;          /* personal fields only; else all goes that the books don't need */
    const char *person; /* with mask: a name or number that is masked too; NULL: none */
    const char *reason; /* for the audit */
} vouch_erase_options;

typedef struct vouch_erase_result {
    size_t blobs;   /* removed */
    size_t shared;  /* still in use: by another document, or by this one when it is only masked */
    size_t waiting; /* stored again just now, or a backup runs: left to the orphan sweep */
} vouch_erase_result;

/**
 * Erase or mask one document.
 *
 * @param out  added to; may be NULL
 * @return VOUCH_OK; VOUCH_NOT_FOUND; VOUCH_STATE_CONFLICT: held, erased already, or still to be read
 */
vouch_code vouch_erase_document(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                                const char *document_id, const vouch_erase_options *options, vouch_erase_result *out,
                                vouch_error *err) VOUCH_MUST_CHECK;

/** Told of each document before it goes. @return false to stop */
typedef bool (*vouch_retention_visit)(void *context, const vouch_retention_due *due);

typedef struct vouch_retention_run {
    size_t erased, masked;
    size_t skipped; /* not possible now: held since, being read anew */
    vouch_erase_result blobs;
} vouch_retention_run;

/**
 * Apply a tenant's rules.
 * @param visit  may be NULL
 */
vouch_code vouch_retention_apply(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                                 vouch_retention_visit visit, void *context, vouch_retention_run *out,
                                 vouch_error *err) VOUCH_MUST_CHECK;

#endif
