#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vouch/log.h"
#include "vouch/memory.h"

/* What `write` leaves on standard error. @return malloc */
static char *capture(void (*write_lines)(void))
{
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    write_lines();
    dup2(saved, STDERR_FILENO);
    close(saved);
    long size = (fseek(file, 0, SEEK_END), ftell(file));
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

static void one_line(void)
{
    vouch_log(VOUCH_LOG_DEBUG, "hidden", NULL);
    vouch_log(VOUCH_LOG_WARNING, "document_read", "file", "a\"b\\c\n\x1b[31m", "left_out", (const char *)NULL, "bad",
              "\xff", "name", "发票", NULL);
}

Test(log, json_line_is_escaped_and_complete)
{
    vouch_log_set_process("work");
    cr_assert(vouch_log_set_format("json"));
    VOUCH_CLEANUP(vouch_free_pointer) char *text = capture(one_line);
    cr_expect_eq(strncmp(text, "{\"time\":\"20", 11), 0, "%s", text);
    cr_expect_not_null(strstr(text, "\"level\":\"warning\",\"process\":\"work\",\"pid\":"), "%s", text);
    cr_expect_not_null(
        strstr(text, ",\"event\":\"document_read\",\"file\":\"a\\\"b\\\\c\\u000a\\u001b[31m\",\"bad\":\"\xEF\xBF\xBD\","
                     "\"name\":\"发票\"}\n"),
        "%s", text);
    cr_expect_null(strstr(text, "hidden"));
    cr_expect_null(strstr(text, "left_out"));
}

Test(log, text_line_cannot_drive_a_terminal)
{
    cr_assert(vouch_log_set_format("text"));
    VOUCH_CLEANUP(vouch_free_pointer) char *text = capture(one_line);
    cr_expect_null(strchr(text, '\x1b'));
    cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1, "%s", text);
    cr_expect_not_null(strstr(text, " document_read file=\""), "%s", text);
    cr_expect_not_null(strstr(text, " name=发票\n"), "%s", text);
}

Test(log, unknown_format_is_refused)
{
    cr_expect_not(vouch_log_set_format("xml"));
}

static void long_value(void)
{
    char *value = calloc(1, 40001);
    memset(value, 'x', 40000);
    vouch_log(VOUCH_LOG_ERROR, "long", "value", value, "after", "kept", NULL);
    free(value);
}

Test(log, value_that_does_not_fit_leaves_a_whole_line)
{
    vouch_log_set_format("json");
    VOUCH_CLEANUP(vouch_free_pointer) char *text = capture(long_value);
    cr_expect_not_null(strstr(text, "\"event\":\"long\",\"after\":\"kept\"}\n"), "%s", text);
}

static void *many_lines(void *unused)
{
    for (int i = 0; i < 200; i++)
        vouch_log(VOUCH_LOG_INFO, "line", "value", "0123456789012345678901234567890123456789", NULL);
    return unused;
}

static void four_threads(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, many_lines, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

Test(log, lines_of_threads_do_not_mix)
{
    vouch_log_set_format("json");
    vouch_log_set_level(VOUCH_LOG_INFO);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = capture(four_threads);
    int lines = 0;
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++)
        cr_assert(line[0] == '{' && line[strlen(line) - 1] == '}' && !strstr(line + 1, "{"), "%s", line);
    cr_expect_eq(lines, 800);
}
