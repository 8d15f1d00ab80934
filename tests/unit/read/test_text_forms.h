/** Forms with invented contents, after the places in the format notes, and what must be read from them. */
#ifndef VOUCH_TESTS_READ_TEXT_FORMS_H
#define VOUCH_TESTS_READ_TEXT_FORMS_H

#include "test_text_sheet.h"

typedef struct form_field {
    vouch_field field;
    const char *value;
} form_field;

enum {
    FORM_LINE_MEMBERS = 12
};

typedef struct form_line {
    struct {
        vouch_item_field field;
        const char *value;
    } members[FORM_LINE_MEMBERS]; /* ended by value NULL */
} form_line;

/** A page and its reading: fields ended by value NULL; all lines, and no others. */
typedef struct test_form {
    const char *name;
    vouch_kind kind;
    const sheet_text *texts;
    form_field fields[32];
    form_line lines[6];
    size_t line_count;
} test_form;

extern const test_form forms[];
extern const size_t form_count;

const test_form *form_named(const char *name);

#endif
