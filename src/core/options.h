/** Inside of core: the table of options as rows. */
#ifndef VOUCH_CORE_OPTIONS_H
#define VOUCH_CORE_OPTIONS_H

#include "vouch/config.h"

typedef enum option_type {
    OPTION_TEXT,
    OPTION_SECRET,
    OPTION_CHOICE,
    OPTION_SWITCH,
    OPTION_NUMBER,
    OPTION_SIZE,
    OPTION_REAL,
    OPTION_TYPE_COUNT
} option_type;

typedef struct option {
    const char *name;
    option_type type;
    size_t offset; /* of its member */
    const char *standard;
    int64_t least, most;
    const char *choices; /* "a|b"; CHOICE only */
    const char *group, *help;
} option;

/** The rows; index is VOUCH_OPTION_…. */
extern const option vouch_options[VOUCH_OPTION_COUNT];

/** The row of a name, '-' standing for '_'; -1: none. */
int vouch_option_find(const char *name, size_t length);

/** The known name nearest to a wrong one, among options and flags; NULL when none is near. */
const char *vouch_option_nearest(const char *name, const vouch_flag *flags, size_t flag_count);

#endif
