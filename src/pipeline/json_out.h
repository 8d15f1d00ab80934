/**
 * Inside of the pipeline module: a writer of compact JSON (RFC 8259) into a vouch_buffer.
 *
 * Values are json_put_…: json_string and its like are libjansson's, which the service links.
 */
#ifndef VOUCH_PIPELINE_JSON_OUT_H
#define VOUCH_PIPELINE_JSON_OUT_H

#include "vouch/memory.h"
#include "vouch/vocabulary.h"

/** What is being written. The first failure sticks in `code`; the calls after it do nothing. */
typedef struct json_out {
    vouch_buffer *buffer;
    vouch_code code;
    bool comma; /* the next value or member follows another one */
} json_out;

void json_open(json_out *out, char bracket);  /* '{' or '[' */
void json_close(json_out *out, char bracket); /* '}' or ']' */
/** The name of the member that follows: one of ours, so it needs no escaping. */
void json_key(json_out *out, const char *name);
/** UTF-8; an invalid byte becomes U+FFFD. */
void json_put_string(json_out *out, const char *text);
void json_put_integer(json_out *out, long long value);
void json_put_null(json_out *out);
/** Rounded to at most `decimals` (0 … 4) digits, without trailing zeros and without "-0". */
void json_put_number(json_out *out, double value, int decimals);
/** A probability with four digits, rounded down and never 1: what is written is never more than what is known. */
void json_put_probability(json_out *out, double value);
/** [x0, y0, x1, y1] */
void json_put_box(json_out *out, const vouch_box *box);
/** [[x, y], [x, y], [x, y], [x, y]] */
void json_put_quad(json_out *out, const vouch_quad *quad);

/* Members: name and value; the text ones write nothing for NULL. */
void json_member(json_out *out, const char *name, const char *text);
void json_member_integer(json_out *out, const char *name, long long value);
void json_member_key_escaped(json_out *out, const char *name, const char *text);

#endif
