/**
 * Inside of the pipeline module: taking values out of hostile JSON.
 *
 * Each kind of object is a table of its members (name, needed or not, who takes it, where it goes); everything that is
 * not in the table is refused. A failure carries the JSON pointer (RFC 6901) of the value that is wrong.
 */
#ifndef VOUCH_PIPELINE_JSON_TAKE_H
#define VOUCH_PIPELINE_JSON_TAKE_H

#include <jansson.h>

#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/** Where the taker is, and where what it takes lives. */
typedef struct json_taker {
    vouch_arena *arena;
    vouch_error *err;
    char pointer[256]; /* cut when it grows longer: it is for people */
    size_t length;
} json_taker;

/** Checks `value` and writes what it says to `target`. */
typedef vouch_code (*json_take)(json_taker *taker, json_t *value, void *target);

typedef struct json_row {
    const char *name;
    bool required;
    json_take take;
    size_t offset; /* of its place in the target of the object */
} json_row;

/** Refuse the value that the taker is at: @return VOUCH_CHILD_BAD_ANSWER */
vouch_code json_refuse(json_taker *taker, const char *what);

/** Step into a member or an element, take, step out. */
vouch_code json_take_member(json_taker *taker, const char *name, json_take take, json_t *value, void *target);
vouch_code json_take_element(json_taker *taker, size_t index, json_take take, json_t *value, void *target);

/** An object with exactly the members of `rows`. */
vouch_code json_take_object(json_taker *taker, json_t *value, const json_row *rows, size_t row_count, void *target);

/**
 * An array of at most `maximum` elements of `size` bytes each; zeroed before they are taken.
 * @param items  address of the pointer to the first element
 */
vouch_code json_take_array(json_taker *taker, json_t *value, size_t maximum, size_t size, json_take take, void *items,
                           size_t *count);

/** Text of at most `maximum` bytes, copied into the arena. */
vouch_code json_take_text(json_taker *taker, json_t *value, size_t minimum, size_t maximum, const char **target);
vouch_code json_take_integer(json_taker *taker, json_t *value, long long minimum, long long maximum, long long *target);
vouch_code json_take_number(json_taker *taker, json_t *value, double minimum, double maximum, double *target);

/** Does the text hold `digits` lower-case hex digits and nothing else? */
bool json_is_hex(const char *text, size_t digits);

#endif
