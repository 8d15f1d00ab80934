/*
 * The table of options: rows, the parsing and printing of each type, and what is written from the rows (help, example
 * file, values in force).
 */
#include "options.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#define ROW(type, member, standard, least, most, choices, group, help) \
    {#member, type, offsetof(vouch_config, member), standard, least, most, choices, group, help},
#define ROW_TEXT(member, standard, least, most, ...) ROW(OPTION_TEXT, member, standard, least, most, NULL, __VA_ARGS__)
#define ROW_SECRET(member, standard, least, most, ...) \
    ROW(OPTION_SECRET, member, standard, least, most, NULL, __VA_ARGS__)
#define ROW_CHOICE(member, standard, least, words, ...) \
    ROW(OPTION_CHOICE, member, standard, least, 0, words, __VA_ARGS__)
#define ROW_SWITCH(member, standard, least, most, ...) \
    ROW(OPTION_SWITCH, member, standard, least, most, NULL, __VA_ARGS__)
#define ROW_NUMBER(member, standard, least, most, ...) \
    ROW(OPTION_NUMBER, member, standard, least, most, NULL, __VA_ARGS__)
#define ROW_SIZE(member, standard, least, most, ...) ROW(OPTION_SIZE, member, standard, least, most, NULL, __VA_ARGS__)
#define ROW_REAL(member, standard, least, most, ...) ROW(OPTION_REAL, member, standard, least, most, NULL, __VA_ARGS__)

const option vouch_options[VOUCH_OPTION_COUNT] = {
#define X(type, ...) ROW_##type(__VA_ARGS__)
    VOUCH_OPTIONS(X)
#undef X
};

/* What a value of the type looks like, for --help. */
static const char *const type_words[OPTION_TYPE_COUNT] = {"TEXT", "TEXT", "WORD", "on|off", "NUMBER", "SIZE", "NUMBER"};

static bool same_name(const char *row, const char *name, size_t length)
{
    if (strlen(row) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (row[i] != (name[i] == '-' ? '_' : name[i]))
            return false;
    return true;
}

int vouch_option_find(const char *name, size_t length)
{
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++)
        if (same_name(vouch_options[i].name, name, length))
            return i;
    return -1;
}

const char *vouch_option_nearest(const char *name, const vouch_flag *flags, size_t flag_count)
{
    char folded[64];
    size_t length = strlen(name);
    if (length >= sizeof folded)
        return NULL;
    for (size_t i = 0; i <= length; i++)
        folded[i] = name[i] == '-' ? '_' : name[i];

    const char *nearest = NULL;
    int best = 1 + (int)length / 3; /* beyond a third of its characters it isn't a slip of the fingers */
    for (size_t i = 0; i < VOUCH_OPTION_COUNT + flag_count; i++) {
        const char *known = i < VOUCH_OPTION_COUNT ? vouch_options[i].name : flags[i - VOUCH_OPTION_COUNT].name;
        int distance = vouch_text_distance(folded, known, best);
        if (distance < best || (distance == best && !nearest)) {
            nearest = known;
            best = distance;
        }
    }
    return nearest;
}

static vouch_code print_size(vouch_buffer *out, uint64_t size)
{
    static const char suffixes[] = {0, 'k', 'M', 'G'};
    int step = 0;
    while (step < 3 && size > 0 && size % 1024 == 0) {
        size /= 1024;
        step++;
    }
    return step ? vouch_buffer_printf(out, "%" PRIu64 "%c", size, suffixes[step])
                : vouch_buffer_printf(out, "%" PRIu64, size);
}

/* "0 … 65535", "1k … 4G", "auto, json or text". */
static vouch_code print_range(vouch_buffer *out, const option *row)
{
    switch (row->type) {
    case OPTION_SIZE:
        VOUCH_TRY(print_size(out, (uint64_t)row->least));
        VOUCH_TRY(vouch_buffer_printf(out, " … "));
        return print_size(out, (uint64_t)row->most);
    case OPTION_NUMBER:
    case OPTION_REAL:
        return vouch_buffer_printf(out, "%" PRId64 " … %" PRId64, row->least, row->most);
    case OPTION_CHOICE:
        return vouch_buffer_printf(out, "%s", row->choices);
    case OPTION_SWITCH:
        return vouch_buffer_printf(out, "on|off");
    default:
        return vouch_buffer_printf(out, "text");
    }
}

static vouch_code wrong_value(const option *row, const char *value, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer range = {0};
    if (print_range(&range, row) != VOUCH_OK)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading the configuration");
    return vouch_fail(err, VOUCH_CONFIG, "%s: \"%s\" is not in %s", row->name, value, range.data);
}

static bool parse_number(const char *value, int64_t *out)
{
    vouch_decimal number;
    if (vouch_decimal_parse(value, &number) != VOUCH_OK || number.scale != 0)
        return false;
    *out = number.units;
    return true;
}

static bool parse_size(const char *value, int64_t *out)
{
    char digits[24];
    size_t length = strlen(value);
    int64_t factor = 1;
    if (length == 0 || length >= sizeof digits)
        return false;
    switch (value[length - 1]) {
    case 'k':
    case 'K':
        factor = INT64_C(1) << 10;
        break;
    case 'm':
    case 'M':
        factor = INT64_C(1) << 20;
        break;
    case 'g':
    case 'G':
        factor = INT64_C(1) << 30;
        break;
    default:
        break;
    }
    length -= factor > 1;
    memcpy(digits, value, length);
    digits[length] = '\0';
    return parse_number(digits, out) && !__builtin_mul_overflow(*out, factor, out);
}

static bool parse_real(const char *value, const option *row, double *out)
{
    vouch_decimal number;
    vouch_decimal least = {.units = row->least}, most = {.units = row->most};
    if (vouch_decimal_parse(value, &number) != VOUCH_OK || vouch_decimal_compare(number, least) < 0 ||
        vouch_decimal_compare(number, most) > 0)
        return false;
    double power = 1;
    for (int i = 0; i < number.scale; i++)
        power *= 10;
    *out = (double)number.units / power;
    return true;
}

static bool parse_switch(const char *value, bool *out)
{
    static const char *const words[2][4] = {{"off", "no", "false", "0"}, {"on", "yes", "true", "1"}};
    for (int i = 0; i < 8; i++) {
        if (strcmp(words[i / 4][i % 4], value) == 0) {
            *out = i >= 4;
            return true;
        }
    }
    return false;
}

static bool listed_choice(const char *choices, const char *value)
{
    size_t length = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|'), at = at ? at + 1 : NULL)
        if (length > 0 && strncmp(at, value, length) == 0 && (at[length] == '|' || !at[length]))
            return true;
    return false;
}

static vouch_code set_text(vouch_config *config, const option *row, const char *value, vouch_error *err)
{
    if (row->type == OPTION_CHOICE && !listed_choice(row->choices, value))
        return wrong_value(row, value, err);
    if (row->type != OPTION_CHOICE && row->least > 0 && !*value)
        return vouch_fail(err, VOUCH_CONFIG, "%s: must not be empty", row->name);
    if (!vouch_utf8_valid(value, strlen(value)))
        return vouch_fail(err, VOUCH_CONFIG, "%s: is not UTF-8", row->name);
    *(const char **)((char *)config + row->offset) = vouch_arena_strdup(config->arena, value);
    return VOUCH_OK;
}

static vouch_code set_number(vouch_config *config, const option *row, const char *value, vouch_error *err)
{
    int64_t number = 0;
    bool parsed = row->type == OPTION_SIZE ? parse_size(value, &number) : parse_number(value, &number);
    if (!parsed || number < row->least || number > row->most)
        return wrong_value(row, value, err);
    if (row->type == OPTION_SIZE)
        *(size_t *)((char *)config + row->offset) = (size_t)number;
    else
        *(int64_t *)((char *)config + row->offset) = number;
    return VOUCH_OK;
}

static vouch_code set_row(vouch_config *config, const option *row, const char *value, vouch_error *err)
{
    switch (row->type) {
    case OPTION_NUMBER:
    case OPTION_SIZE:
        return set_number(config, row, value, err);
    case OPTION_REAL:
        return parse_real(value, row, (double *)((char *)config + row->offset)) ? VOUCH_OK
                                                                                : wrong_value(row, value, err);
    case OPTION_SWITCH:
        return parse_switch(value, (bool *)((char *)config + row->offset)) ? VOUCH_OK : wrong_value(row, value, err);
    default:
        return set_text(config, row, value, err);
    }
}

vouch_code vouch_config_set(vouch_config *config, const char *name, const char *value, vouch_config_origin origin,
                            vouch_error *err)
{
    int index = vouch_option_find(name, strlen(name));
    if (index < 0) {
        const char *nearest = vouch_option_nearest(name, NULL, 0);
        return vouch_fail(err, VOUCH_CONFIG, "there is no option \"%s\"%s%s%s", name, nearest ? "; nearest is \"" : "",
                          nearest ? nearest : "", nearest ? "\"" : "");
    }
    VOUCH_TRY(set_row(config, &vouch_options[index], value, err));
    config->origins[index] = (unsigned char)origin;
    return VOUCH_OK;
}

vouch_config *vouch_config_new(void)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = calloc(1, sizeof *config);
    if (!config || !(config->arena = vouch_arena_new()))
        return NULL;
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++)
        if (set_row(config, &vouch_options[i], vouch_options[i].standard, /* err= */ NULL) != VOUCH_OK)
            return NULL;
    return VOUCH_TAKE(config);
}

void vouch_config_free(vouch_config **config)
{
    if (!config || !*config)
        return;
    vouch_arena_free(&(*config)->arena);
    free(*config);
    *config = NULL;
}

/* The group's name in front of its first option. */
static vouch_code print_group(vouch_buffer *out, int i, const char *mark)
{
    if (i > 0 && strcmp(vouch_options[i].group, vouch_options[i - 1].group) == 0)
        return VOUCH_OK;
    return vouch_buffer_printf(out, "%s%s%s\n", i > 0 ? "\n" : "", mark, vouch_options[i].group);
}

vouch_code vouch_config_print_help(vouch_buffer *out)
{
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++) {
        const option *row = &vouch_options[i];
        VOUCH_TRY(print_group(out, i, ""));
        VOUCH_TRY(vouch_buffer_printf(out, "  --"));
        for (const char *c = row->name; *c; c++)
            VOUCH_TRY(vouch_buffer_append(out, *c == '_' ? "-" : c, 1));
        VOUCH_TRY(vouch_buffer_printf(out, " %s\n      %s\n      ", type_words[row->type], row->help));
        if (row->type != OPTION_TEXT && row->type != OPTION_SECRET) {
            VOUCH_TRY(print_range(out, row));
            VOUCH_TRY(vouch_buffer_printf(out, "; "));
        }
        VOUCH_TRY(vouch_buffer_printf(out, "default %s\n", *row->standard ? row->standard : "empty"));
    }
    return VOUCH_OK;
}

static const char example_head[] =
    "# The configuration of Vouch. Every option is here with its default; remove the # before a name to set it.\n"
    "#\n"
    "# Stronger than this file are variables of the environment (VOUCH_PORT=8081), and strongest are flags\n"
    "# (--port 8081). Sizes take k, M and G. A name or value that Vouch does not know stops it at its start, with\n"
    "# the nearest known name. A semicolon behind a blank begins a comment, as # does at the start of a line.\n"
    "# \"vouch config --values\" prints the values in force and where each came from.\n";

vouch_code vouch_config_print_example(vouch_buffer *out)
{
    VOUCH_TRY(vouch_buffer_printf(out, "%s\n", example_head));
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++) {
        const option *row = &vouch_options[i];
        VOUCH_TRY(print_group(out, i, "## "));
        VOUCH_TRY(vouch_buffer_printf(out, "\n# %s\n", row->help));
        if (row->type != OPTION_TEXT && row->type != OPTION_SECRET) {
            VOUCH_TRY(vouch_buffer_printf(out, "# "));
            VOUCH_TRY(print_range(out, row));
            VOUCH_TRY(vouch_buffer_printf(out, "\n"));
        }
        VOUCH_TRY(vouch_buffer_printf(out, "#%s =%s%s\n", row->name, *row->standard ? " " : "", row->standard));
    }
    return VOUCH_OK;
}

static vouch_code print_value(vouch_buffer *out, const vouch_config *config, const option *row)
{
    const char *member = (const char *)config + row->offset;
    switch (row->type) {
    case OPTION_SECRET:
        return vouch_buffer_printf(out, "(secret)");
    case OPTION_SIZE:
        return print_size(out, *(const size_t *)member);
    case OPTION_NUMBER:
        return vouch_buffer_printf(out, "%" PRId64, *(const int64_t *)member);
    case OPTION_REAL:
        return vouch_buffer_printf(out, "%g", *(const double *)member);
    case OPTION_SWITCH:
        return vouch_buffer_printf(out, "%s", *(const bool *)member ? "on" : "off");
    default:
        return vouch_buffer_printf(out, "%s", *(const char *const *)member);
    }
}

vouch_code vouch_config_print_values(const vouch_config *config, vouch_buffer *out)
{
    static const char *const origins[] = {"default", "file", "environment", "flag"};
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++) {
        VOUCH_TRY(vouch_buffer_printf(out, "%s = ", vouch_options[i].name));
        VOUCH_TRY(print_value(out, config, &vouch_options[i]));
        VOUCH_TRY(vouch_buffer_printf(out, "  # %s\n", origins[config->origins[i] & 3]));
    }
    return VOUCH_OK;
}
