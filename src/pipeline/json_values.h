/**
 * Inside of the pipeline module: takers of the simple values of a reading, and the bounds that hold for all of them.
 * Each writes to the type named beside it.
 */
#ifndef VOUCH_PIPELINE_JSON_VALUES_H
#define VOUCH_PIPELINE_JSON_VALUES_H

#include "json_take.h"
#include "vouch/pipeline.h"

#define MAXIMUM_TEXT  VOUCH_VALUE_BYTES_MAXIMUM
#define MAXIMUM_NAME  200
#define MAXIMUM_PAGES 10000
#define MAXIMUM_PARTS 4000

#define COUNT(array) (sizeof(array) / sizeof *(array))

vouch_code take_text(json_taker *taker, json_t *value, void *target);        /* const char *, may be empty */
vouch_code take_filled_text(json_taker *taker, json_t *value, void *target); /* const char * */
vouch_code take_sha256(json_taker *taker, json_t *value, void *target);      /* const char * */
vouch_code take_xxh3(json_taker *taker, json_t *value, void *target);        /* const char * */
/* letters a to z, digits and the signs that join them: const char * */
vouch_code take_token(json_taker *taker, json_t *value, void *target);
vouch_code take_schema(json_taker *taker, json_t *value, void *target);        /* nothing */
vouch_code take_severity(json_taker *taker, json_t *value, void *target);      /* const char * */
vouch_code take_unit(json_taker *taker, json_t *value, void *target);          /* const char * */
vouch_code take_format(json_taker *taker, json_t *value, void *target);        /* const char * */
vouch_code take_check_result(json_taker *taker, json_t *value, void *target);  /* vouch_check_result */
vouch_code take_direction(json_taker *taker, json_t *value, void *target);     /* bool: credit */
vouch_code take_problem_type(json_taker *taker, json_t *value, void *target);  /* vouch_code */
vouch_code take_field_name(json_taker *taker, json_t *value, void *target);    /* const char * */
vouch_code take_page_number(json_taker *taker, json_t *value, void *target);   /* int */
vouch_code take_index(json_taker *taker, json_t *value, void *target);         /* int */
vouch_code take_index_or_null(json_taker *taker, json_t *value, void *target); /* int, -1 for null */
vouch_code take_rotation(json_taker *taker, json_t *value, void *target);      /* int */
vouch_code take_bytes(json_taker *taker, json_t *value, void *target);         /* size_t */
vouch_code take_probability(json_taker *taker, json_t *value, void *target);   /* double */
vouch_code take_size(json_taker *taker, json_t *value, void *target);          /* double */
vouch_code take_milliseconds(json_taker *taker, json_t *value, void *target);  /* double */
vouch_code take_box(json_taker *taker, json_t *value, void *target);           /* vouch_box */
vouch_code take_quad(json_taker *taker, json_t *value, void *target);          /* vouch_quad */
vouch_code take_source(json_taker *taker, json_t *value, void *target);        /* vouch_source */
vouch_code take_kind(json_taker *taker, json_t *value, void *target);          /* vouch_kind */
vouch_code take_integrity(json_taker *taker, json_t *value, void *target);     /* vouch_integrity */
vouch_code take_authenticity(json_taker *taker, json_t *value, void *target);  /* vouch_authenticity */
vouch_code take_agreement(json_taker *taker, json_t *value, void *target);     /* vouch_agreement */
vouch_code take_time_proof(json_taker *taker, json_t *value, void *target);    /* vouch_time_proof */

/** The invoices and their prints. Target: a vouch_reading. */
vouch_code take_invoices(json_taker *taker, json_t *value, void *target);

#endif
