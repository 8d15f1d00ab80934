/** Inside of the pipeline module: a look at hostile JSON before a tree is built of it. */
#ifndef VOUCH_PIPELINE_JSON_SCAN_H
#define VOUCH_PIPELINE_JSON_SCAN_H

#include "vouch/error.h"

/**
 * Bound what a parser could be made to allocate: bytes, nesting and number of values, in one pass over the bytes. It is
 * no validation; what passes here may still be no JSON.
 *
 * @return VOUCH_OK; VOUCH_CHILD_BAD_ANSWER
 */
vouch_code json_scan(const char *json, size_t length, size_t maximum_bytes, size_t maximum_depth, size_t maximum_values,
                     vouch_error *err) VOUCH_MUST_CHECK;

#endif
