/**
 * The pipeline: the stages in order, and the reading, the one JSON document that everything agrees on
 * (config/reading.schema.json).
 */
#ifndef VOUCH_PIPELINE_H
#define VOUCH_PIPELINE_H

#include "vouch/fingerprint.h"
#include "vouch/verify.h"

#define VOUCH_READING_SCHEMA  "vouch.reading/1"
#define VOUCH_VERDICTS_SCHEMA "vouch.verdicts/1"

typedef struct vouch_reading_part {
    const char *path;   /* "" for the document itself */
    const char *format; /* slug */
    const char *sha256; /* 64 hex digits */
} vouch_reading_part;

typedef struct vouch_reading_page {
    int page, part;
    double width, height;
    const char *unit;
    int rotation;
} vouch_reading_page;

typedef struct vouch_timing {
    double decode, read, reconcile, verify, fingerprint; /* milliseconds of CPU; negative: stage did not run */
} vouch_timing;

/** A model that took part in the reading, and which one exactly. */
typedef struct vouch_reading_model {
    const char *name;   /* "chi_sim" */
    const char *digest; /* "sha256:" and 64 hex digits */
} vouch_reading_model;

/** A whole reading. All memory belongs to its arena. */
typedef struct vouch_reading {
    vouch_arena *arena;
    const char *engine; /* version of Vouch that made it; vouch_reading_new sets this one's */
    vouch_reading_model *models;
    size_t model_count;
    const char *file;   /* name as the caller knows it; NULL: none */
    const char *sha256; /* 64 hex digits; the worker sets and checks it itself */
    const char *xxh3;   /* 32 hex digits, XXH3-128 */
    const char *format; /* slug of vouch_format */
    size_t bytes;
    vouch_reading_part *parts;
    size_t part_count;
    vouch_reading_page *pages;
    size_t page_count;
    vouch_invoices invoices;
    vouch_prints *prints; /* one per invoice */
    vouch_verdicts verdicts;
    vouch_problems problems;
    vouch_timing timing;
} vouch_reading;

typedef struct vouch_pipeline_options {
    vouch_decode_limits limits;
    vouch_read_options read;
} vouch_pipeline_options;

#define VOUCH_PIPELINE_OPTIONS_DEFAULT                                            \
    {                                                                             \
        .limits = VOUCH_DECODE_LIMITS_DEFAULT, .read = VOUCH_READ_OPTIONS_DEFAULT \
    }

/** The reading together with what is too large for its JSON. */
typedef struct vouch_result {
    vouch_reading *reading;
    vouch_decoded *decoded; /* for rendering pages; NULL when decoding failed */
    vouch_words words;      /* in the reading's arena */
} vouch_result;

/**
 * decode → read → reconcile → fingerprint on bytes in this process: what the reader child runs.
 *
 * A document that can't be read gives a reading with problems, not a failure.
 *
 * @param data  borrowed; must outlive *out
 * @param out   release with vouch_result_done
 */
vouch_code vouch_pipeline_read(const uint8_t *data, size_t length, const vouch_pipeline_options *options,
                               vouch_result *out, vouch_error *err) VOUCH_MUST_CHECK;

/** decode (containers only) → verify: what the verifier child runs. The reading has document, verdicts and problems. */
vouch_code vouch_pipeline_verify(const uint8_t *data, size_t length, const vouch_pipeline_options *options,
                                 vouch_result *out, vouch_error *err) VOUCH_MUST_CHECK;

void vouch_result_done(vouch_result *result);

/** @return an empty reading with an arena of its own */
vouch_reading *vouch_reading_new(void);
void vouch_reading_free(vouch_reading **reading);

/**
 * Put the verdicts, problems and verify time of one reading (of the same bytes) into another. Copies.
 *
 * A verdict that names no invoice gets the reading's only one, if there is exactly one.
 */
void vouch_reading_merge_verdicts(vouch_reading *reading, const vouch_reading *verdicts);

/**
 * Serialise as one line of JSON without a newline, members in the order of READING.md.
 * @param out  appended to
 */
vouch_code vouch_reading_to_json(const vouch_reading *reading, vouch_buffer *out, vouch_error *err) VOUCH_MUST_CHECK;

/** The object of `vouch verify --json`. */
vouch_code vouch_verdicts_to_json(const vouch_reading *reading, vouch_buffer *out, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * Parse a reading from hostile bytes: bounded, every member checked as config/reading.schema.json has it (types,
 * enumerations, ranges, normal forms of dates and amounts), unknown members refused.
 *
 * @param out  release with vouch_reading_free
 * @return VOUCH_OK; VOUCH_CHILD_BAD_ANSWER with the JSON pointer of what is wrong
 */
vouch_code vouch_reading_from_json(const char *json, size_t length, vouch_reading **out,
                                   vouch_error *err) VOUCH_MUST_CHECK;

/** Words as compact JSON: [[page, "text", x0, y0, x1, y1], …]; and back, bounded. */
vouch_code vouch_words_to_json(const vouch_words *words, vouch_buffer *out, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code vouch_words_from_json(const char *json, size_t length, vouch_arena *arena, vouch_words *out,
                                 vouch_error *err) VOUCH_MUST_CHECK;

#endif
