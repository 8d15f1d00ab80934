/** What the tests of reading share: files, documents read in one call, rows of the manifests. */
#ifndef VOUCH_TESTS_READ_SUPPORT_H
#define VOUCH_TESTS_READ_SUPPORT_H

#include "vouch/read.h"

/** A document and what its readers said. */
typedef struct support_reading {
    vouch_decoded *decoded;
    vouch_statements statements;
    vouch_words words;
    vouch_code code;
    vouch_error error;
    uint8_t *bytes; /* owned when loaded from a file */
} support_reading;

/** Decode and read; failures are in code and error. Release with support_done. */
support_reading support_read(const void *data, size_t length, const vouch_read_options *options);
/** The same for a file; code is VOUCH_IO when it is not there. */
support_reading support_read_file(const char *path, const vouch_read_options *options);
void support_done(support_reading *reading);

/** Path below the folder of real documents; NULL when there is none. Static buffer. */
const char *support_shared(const char *relative);

/** Whole file, NUL-terminated; NULL when it can't be read. */
uint8_t *support_load(const char *path, size_t *length);

/** First statement of a source, or NULL. */
const vouch_statement *support_statement(const support_reading *reading, vouch_source source);
/** Value of a field; "" when absent. */
const char *support_value(const vouch_statement *statement, vouch_field field);
/** Value of a member of a row; "" when absent. */
const char *support_item(const vouch_items *items, size_t row, vouch_item_field field);
/** Value of an extra; "" when absent. */
const char *support_extra(const vouch_statement *statement, const char *name);
/** Has the document a problem of that code? */
bool support_has_problem(const support_reading *reading, vouch_code code);

/** CPU time of this process in milliseconds. */
double support_cpu_ms(void);

#endif
