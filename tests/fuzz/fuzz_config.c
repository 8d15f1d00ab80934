/**
 * Any text as configuration file. Properties: a refused text says why and names its line; an accepted one leaves values
 * in force that, written down, are accepted again and give the same values.
 */
#include <stdlib.h>
#include <string.h>

#include "vouch/config.h"

#include "property.h"

/* The lines of options that can be written into a file: no secrets, no values that inih takes for a comment. */
static void keep_writable(const char *values, vouch_buffer *out)
{
    for (const char *line = values; *line;) {
        size_t length = strcspn(line, "\n");
        const char *end = strstr(line, "  # ");
        bool writable = end && end < line + length && length < 180 && !memmem(line, length, "(secret)", 8) &&
                        !memchr(line, ';', length) && end[-1] != ' ';
        if (writable) {
            REQUIRE(vouch_buffer_append(out, line, (size_t)(end - line)) == VOUCH_OK);
            REQUIRE(vouch_buffer_append(out, "\n", 1) == VOUCH_OK);
        }
        line += length + (line[length] == '\n');
    }
}

static void check_round_trip(const vouch_config *config)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer first = {0}, text = {0}, second = {0};
    VOUCH_CLEANUP(vouch_config_free) vouch_config *copy = vouch_config_new();
    REQUIRE(copy && vouch_config_print_values(config, &first) == VOUCH_OK);
    keep_writable(first.data, &text);
    vouch_error err = VOUCH_ERROR_INIT;
    REQUIRE(vouch_config_read_text(copy, text.data ? text.data : "", "again", &err) == VOUCH_OK);
    REQUIRE(vouch_config_print_values(copy, &second) == VOUCH_OK);
    for (const char *line = text.data; line && *line;) {
        size_t length = strcspn(line, "\n");
        REQUIRE(memmem(second.data, second.length, line, length) != NULL);
        line += length + (line[length] == '\n');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VOUCH_CLEANUP(vouch_free_pointer) char *text = malloc(size + 1);
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = vouch_config_new();
    if (!text || !config)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    vouch_error err = VOUCH_ERROR_INIT;
    vouch_code code = vouch_config_read_text(config, text, "file", &err);
    if (code != VOUCH_OK) {
        REQUIRE(code == VOUCH_CONFIG && err.code == code && strncmp(err.message, "file line ", 10) == 0);
        return 0;
    }
    check_round_trip(config);
    (void)!vouch_config_check(config, &err);
    return 0;
}
