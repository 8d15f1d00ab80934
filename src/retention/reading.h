/** Inside of retention: readings as trees. */
#ifndef VOUCH_RETENTION_READING_H
#define VOUCH_RETENTION_READING_H

#include <jansson.h>

#include "vouch/erase.h"

static inline void free_json(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

/** @return VOUCH_OK; VOUCH_INTERNAL: it is no object */
vouch_code reading_parse(const char *text, json_t **out, vouch_error *err) VOUCH_MUST_CHECK;
vouch_code reading_print(const json_t *reading, vouch_arena *arena, const char **out,
                         vouch_error *err) VOUCH_MUST_CHECK;
/** A field of which nothing is left but value, confidence and source. @param value  NULL: the one it has */
json_t *field_bare(const json_t *field, const char *value);
/** `text` with every personal text in it masked; NULL: there is none in it. In arena. */
const char *mask_text(const char *text, const vouch_personal *personal, vouch_arena *arena);

#endif
