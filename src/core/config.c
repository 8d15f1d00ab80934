/*
 * Where values come from: file, environment, flags.
 *
 * The file is read by inih, one line at a time: that gives each message its line number, and keeps inih from taking an
 * indented line for the continuation of the one above it and from cutting lines longer than its buffer.
 */
#include "vouch/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vouch/text.h"

#include "options.h"

enum {
    MAX_SLIP = 2, /* wrong characters of a variable that is taken for a mistyped option */
    MAX_FILE = 1 << 20,
    MAX_LINE = 190 /* inih holds 200 bytes of a line and drops the rest without a word */
};

typedef struct line_reader {
    vouch_config *config;
    vouch_error *err;
    vouch_code code;
} line_reader;

static int take_line(void *user, const char *section, const char *name, const char *value)
{
    line_reader *reader = user;
    (void)section;
    int index = vouch_option_find(name, strlen(name));
    if (index >= 0 && reader->config->origins[index] == VOUCH_CONFIG_FROM_FILE)
        reader->code = vouch_fail(reader->err, VOUCH_CONFIG, "%s is set twice", name);
    else
        reader->code = vouch_config_set(reader->config, name, value, VOUCH_CONFIG_FROM_FILE, reader->err);
    return reader->code == VOUCH_OK;
}

static vouch_code read_line(vouch_config *config, const char *start, size_t length, vouch_error *err)
{
    char line[MAX_LINE + 1];
    if (length > MAX_LINE)
        return vouch_fail(err, VOUCH_CONFIG, "is longer than %d bytes", MAX_LINE);
    memcpy(line, start, length);
    line[length] = '\0';
    if (line[strspn(line, " \t")] == '[')
        return vouch_fail(err, VOUCH_CONFIG, "there are no sections; only \"name = value\"");
    line_reader reader = {.config = config, .err = err, .code = VOUCH_OK};
    int wrong = ini_parse_string(line, take_line, &reader);
    if (reader.code != VOUCH_OK)
        return reader.code;
    return wrong == 0 ? VOUCH_OK : vouch_fail(err, VOUCH_CONFIG, "is no \"name = value\"");
}

vouch_code vouch_config_read_text(vouch_config *config, const char *text, const char *name, vouch_error *err)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (strncmp(text, byte_order_mark, 3) == 0)
        text += 3;
    for (int number = 1; *text; number++) {
        size_t length = strcspn(text, "\n");
        vouch_code code = read_line(config, text, length, err);
        if (code != VOUCH_OK) {
            (void)vouch_error_prefix(err, "%s line %d: ", name, number);
            return code;
        }
        text += length + (text[length] == '\n');
    }
    return VOUCH_OK;
}

vouch_code vouch_config_read_file(vouch_config *config, const char *path, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    if (fd < 0 || fstat(fd, &state) != 0)
        return vouch_fail(err, VOUCH_CONFIG, "%s can't be opened: %s", path, strerror(errno));
    if (!S_ISREG(state.st_mode) && !S_ISFIFO(state.st_mode) && !S_ISCHR(state.st_mode))
        return vouch_fail(err, VOUCH_CONFIG, "%s is no file", path);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {.maximum = MAX_FILE};
    for (;;) {
        char chunk[4096];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vouch_fail(err, VOUCH_CONFIG, "%s can't be read: %s", path, strerror(errno));
        if (vouch_buffer_append(&text, chunk, (size_t)got) != VOUCH_OK)
            return vouch_fail(err, VOUCH_CONFIG, "%s is larger than %d bytes", path, MAX_FILE);
        if (got == 0)
            break;
    }
    if (strlen(text.data) != text.length)
        return vouch_fail(err, VOUCH_CONFIG, "%s is no text file", path);
    return vouch_config_read_text(config, text.data, path, err);
}

/**
 * A variable that is nearly an option is a slip. Others that begin alike are let be: orchestrators and tests set some.
 * @param pair  "VOUCH_NAME=value"
 */
static vouch_code check_variable(const char *pair, vouch_error *err)
{
    static const char prefix[] = "VOUCH_";
    size_t skip = sizeof prefix - 1, length = strcspn(pair, "=");
    char name[64];
    if (strncmp(pair, prefix, skip) != 0 || length <= skip || length - skip >= sizeof name)
        return VOUCH_OK;
    for (size_t i = 0; skip + i < length; i++)
        name[i] = (char)(pair[skip + i] >= 'A' && pair[skip + i] <= 'Z' ? pair[skip + i] - 'A' + 'a' : pair[skip + i]);
    name[length - skip] = '\0';
    const char *nearest = vouch_option_nearest(name, NULL, 0);
    if (!nearest || strcmp(nearest, name) == 0 || vouch_text_distance(nearest, name, MAX_SLIP) > MAX_SLIP)
        return VOUCH_OK;
    return vouch_fail(err, VOUCH_CONFIG, "%.*s in the environment: there is no option %s; nearest is %s", (int)length,
                      pair, name, nearest);
}

vouch_code vouch_config_read_environment(vouch_config *config, vouch_error *err)
{
    for (char **pair = environ; pair && *pair; pair++)
        VOUCH_TRY(check_variable(*pair, err));
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++) {
        char name[64] = "VOUCH_";
        size_t length = strlen(name);
        for (const char *c = vouch_options[i].name; *c && length + 1 < sizeof name; c++)
            name[length++] = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        name[length] = '\0';
        const char *value = getenv(name);
        if (!value)
            continue;
        vouch_code code = vouch_config_set(config, vouch_options[i].name, value, VOUCH_CONFIG_FROM_ENVIRONMENT, err);
        if (code != VOUCH_OK) {
            (void)vouch_error_prefix(err, "%s in the environment: ", name);
            return code;
        }
    }
    return VOUCH_OK;
}

vouch_code vouch_config_check(const vouch_config *config, vouch_error *err)
{
    if (!*config->tls_certificate != !*config->tls_key)
        return vouch_fail(err, VOUCH_CONFIG, "tls_certificate and tls_key must be set together");
    if ((*config->blob_key_file && *config->blob_key_command) ||
        (*config->backup_key_file && *config->backup_key_command))
        return vouch_fail(err, VOUCH_CONFIG, "keys come either from a key file or from a key command");
    if (strcmp(config->blob_encryption, "require") == 0 && !*config->blob_key_file && !*config->blob_key_command)
        return vouch_fail(err, VOUCH_CONFIG, "blob_encryption = require needs blob_key_file or blob_key_command");
    const char *metrics = config->metrics_address;
    if (*metrics && strncmp(metrics, "127.", 4) != 0 && strcmp(metrics, "::1") != 0 && !*config->metrics_token)
        return vouch_fail(err, VOUCH_CONFIG, "metrics_address %s is not of this machine alone: set metrics_token",
                          metrics);
    const struct {
        const char *small, *large;
        bool holds;
    } orders[] = {
        {"backoff_base_seconds", "backoff_max_seconds", config->backoff_base_seconds <= config->backoff_max_seconds},
        {"max_upload_bytes", "max_bytes", config->max_upload_bytes <= config->max_bytes},
        {"max_entry_bytes", "max_expanded_bytes", config->max_entry_bytes <= config->max_expanded_bytes},
        {"http_connections_per_address", "http_connections",
         config->http_connections_per_address <= config->http_connections},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (!orders[i].holds)
            return vouch_fail(err, VOUCH_CONFIG, "%s must not be larger than %s", orders[i].small, orders[i].large);
    return VOUCH_OK;
}

/* The flags of a command line, kept until file and environment are read. */
typedef struct command_line {
    int argc;
    char **argv;
    const vouch_flag *flags;
    size_t flag_count;
    const char *config_file;
    struct {
        const char *name; /* of the row */
        const char *value;
    } * options;
    size_t option_count;
    int arguments;
} command_line;

static const vouch_flag *find_flag(const command_line *line, const char *name, size_t length)
{
    for (size_t i = 0; i < line->flag_count; i++)
        if (strlen(line->flags[i].name) == length && memcmp(line->flags[i].name, name, length) == 0)
            return &line->flags[i];
    return NULL;
}

static vouch_code unknown_flag(const command_line *line, const char *text, size_t length, vouch_error *err)
{
    char name[64] = "";
    memcpy(name, text, length < sizeof name ? length : sizeof name - 1);
    const char *nearest = vouch_option_nearest(name, line->flags, line->flag_count);
    if (!nearest)
        return vouch_fail(err, VOUCH_USAGE, "there is no flag --%s", name);
    char shown[64];
    size_t i = 0;
    for (; nearest[i] && i + 1 < sizeof shown; i++)
        shown[i] = nearest[i] == '_' ? '-' : nearest[i];
    shown[i] = '\0';
    return vouch_fail(err, VOUCH_USAGE, "there is no flag --%s; nearest is --%s", name, shown);
}

/* One flag at argv[*at], which moves to the last argument that was used up. */
static vouch_code take_flag(command_line *line, int *at, vouch_error *err)
{
    const char *text = line->argv[*at];
    if (text[1] != '-')
        return vouch_fail(err, VOUCH_USAGE, "there is no flag %s; flags begin with --", text);
    const char *name = text + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const vouch_flag *flag = find_flag(line, name, length);
    int index = flag ? -1 : vouch_option_find(name, length);
    bool file = !flag && length == strlen("config") && memcmp(name, "config", length) == 0;
    if (!flag && index < 0 && !file)
        return unknown_flag(line, name, length, err);
    if (flag && flag->present) {
        if (equals)
            return vouch_fail(err, VOUCH_USAGE, "--%s takes no value", flag->name);
        *flag->present = true;
        return VOUCH_OK;
    }
    if (!equals && *at + 1 >= line->argc)
        return vouch_fail(err, VOUCH_USAGE, "%s needs a value", text);
    const char *value = equals ? equals + 1 : line->argv[++*at];
    if (flag) {
        *flag->value = value;
    } else if (file) {
        line->config_file = value;
    } else {
        line->options[line->option_count].name = vouch_options[index].name;
        line->options[line->option_count++].value = value;
    }
    return VOUCH_OK;
}

static vouch_code scan(command_line *line, vouch_error *err)
{
    bool only_arguments = false;
    for (int i = 1; i < line->argc; i++) {
        char *text = line->argv[i];
        if (only_arguments || text[0] != '-' || !text[1])
            line->argv[1 + line->arguments++] = text;
        else if (strcmp(text, "--") == 0)
            only_arguments = true;
        else
            VOUCH_TRY(take_flag(line, &i, err));
    }
    return VOUCH_OK;
}

static vouch_code read_sources(vouch_config *config, const command_line *line, vouch_error *err)
{
    const char *file = line->config_file ? line->config_file : getenv("VOUCH_CONFIG");
    if (file)
        VOUCH_TRY(vouch_config_read_file(config, file, err));
    else if (access(VOUCH_CONFIG_DEFAULT_FILE, F_OK) == 0)
        VOUCH_TRY(vouch_config_read_file(config, VOUCH_CONFIG_DEFAULT_FILE, err));
    VOUCH_TRY(vouch_config_read_environment(config, err));
    for (size_t i = 0; i < line->option_count; i++) {
        if (vouch_config_set(config, line->options[i].name, line->options[i].value, VOUCH_CONFIG_FROM_FLAG, err) !=
            VOUCH_OK) {
            if (err)
                err->code = VOUCH_USAGE;
            return VOUCH_USAGE;
        }
    }
    return vouch_config_check(config, err);
}

vouch_code vouch_config_load(int argc, char **argv, const vouch_flag *flags, size_t flag_count, int *arguments,
                             vouch_config **out, vouch_error *err)
{
    command_line line = {.argc = argc, .argv = argv, .flags = flags, .flag_count = flag_count};
    VOUCH_CLEANUP(vouch_free_pointer) void *options = calloc((size_t)(argc > 0 ? argc : 1), sizeof *line.options);
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = vouch_config_new();
    if (!options || !config)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading the configuration");
    line.options = options;
    VOUCH_TRY(scan(&line, err));
    VOUCH_TRY(read_sources(config, &line, err));
    *arguments = line.arguments;
    *out = VOUCH_TAKE(config);
    return VOUCH_OK;
}
