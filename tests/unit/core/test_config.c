#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vouch/config.h"

static vouch_config *defaults(void)
{
    vouch_config *config = vouch_config_new();
    cr_assert_not_null(config, "every default must be a legal value");
    return config;
}

Test(config, defaults_are_legal_and_agree_with_each_other)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_config_check(config, &err), VOUCH_OK, "%s", err.message);
    cr_expect_eq(config->max_upload_bytes, (size_t)50 << 20);
    cr_expect_eq(config->port, 8080);
    cr_expect_float_eq(config->page_picture_scale, 1.5, 1e-9);
    cr_expect(config->qr);
    cr_expect_str_eq(config->log_format, "auto");
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 1 << 20);
    cr_assert_gt(fread(text, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    return text;
}

Test(config, the_committed_example_is_what_the_table_prints)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer printed = {0};
    cr_assert_eq(vouch_config_print_example(&printed), VOUCH_OK);
    VOUCH_CLEANUP(vouch_free_pointer) char *committed = read_all(VOUCH_SOURCE_DIR "/config/vouch.conf");
    cr_expect_str_eq(committed, printed.data, "refresh with: vouch config --example > config/vouch.conf");
}

Test(config, the_example_with_every_option_set_reads_as_the_defaults)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {0};
    cr_assert_eq(vouch_config_print_example(&text), VOUCH_OK);
    for (char *at = text.data; (at = strstr(at, "\n#")); at++)
        if (at[2] >= 'a' && at[2] <= 'z')
            at[1] = ' ';
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_config_read_text(config, text.data, "example", &err), VOUCH_OK, "%s", err.message);
    VOUCH_CLEANUP(vouch_config_free) vouch_config *fresh = defaults();
    for (int i = 0; i < VOUCH_OPTION_COUNT; i++)
        cr_expect_eq(config->origins[i], VOUCH_CONFIG_FROM_FILE, "option %d stands in the example", i);
#define EXPECT_TEXT(member)   cr_expect_str_eq(config->member, fresh->member);
#define EXPECT_SECRET(member) cr_expect_str_eq(config->member, fresh->member);
#define EXPECT_CHOICE(member) cr_expect_str_eq(config->member, fresh->member);
#define EXPECT_SWITCH(member) cr_expect_eq(config->member, fresh->member);
#define EXPECT_NUMBER(member) cr_expect_eq(config->member, fresh->member);
#define EXPECT_SIZE(member)   cr_expect_eq(config->member, fresh->member);
#define EXPECT_REAL(member)   cr_expect_float_eq(config->member, fresh->member, 1e-9);
#define X(type, member, ...)  EXPECT_##type(member)
    VOUCH_OPTIONS(X)
#undef X
}

Test(config, values_and_what_is_said_of_wrong_ones)
{
    static const struct {
        const char *name, *value, *message; /* NULL: accepted */
    } rows[] = {
        {"port", "0", NULL},
        {"port", "65535", NULL},
        {"port", "65536", "port: \"65536\" is not in 0 … 65535"},
        {"port", "-1", "port: \"-1\" is not in 0 … 65535"},
        {"port", "80x", "port: \"80x\" is not in 0 … 65535"},
        {"port", "", "port: \"\" is not in 0 … 65535"},
        {"port", "99999999999999999999", "port: \"99999999999999999999\" is not in 0 … 65535"},
        {"port", "80.5", "port: \"80.5\" is not in 0 … 65535"},
        {"max-upload-bytes", "10M", NULL},
        {"max_upload_bytes", "1024", NULL},
        {"max_upload_bytes", "4G", NULL},
        {"max_upload_bytes", "5G", "max_upload_bytes: \"5G\" is not in 1k … 4G"},
        {"max_upload_bytes", "10T", "max_upload_bytes: \"10T\" is not in 1k … 4G"},
        {"max_upload_bytes", "9223372036854775807G", "max_upload_bytes: \"9223372036854775807G\" is not in 1k … 4G"},
        {"max_upload_bytes", "M", "max_upload_bytes: \"M\" is not in 1k … 4G"},
        {"page_picture_scale", "2.25", NULL},
        {"page_picture_scale", "8.1", "page_picture_scale: \"8.1\" is not in 0 … 8"},
        {"page_picture_scale", "nan", "page_picture_scale: \"nan\" is not in 0 … 8"},
        {"qr", "off", NULL},
        {"qr", "maybe", "qr: \"maybe\" is not in on|off"},
        {"log_level", "debug", NULL},
        {"log_level", "warn", "log_level: \"warn\" is not in debug|info|warning|error"},
        {"log_level", "", "log_level: \"\" is not in debug|info|warning|error"},
        {"blob_dir", "", "blob_dir: must not be empty"},
        {"blob_dir", "\xff", "blob_dir: is not UTF-8"},
        {"database", "", "database: must not be empty"},
        {"prot", "1", "there is no option \"prot\"; nearest is \"port\""},
        {"databse", "x", "there is no option \"databse\"; nearest is \"database\""},
        {"xyzzy", "1", "there is no option \"xyzzy\""},
        {"", "1", "there is no option \"\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code = vouch_config_set(config, rows[i].name, rows[i].value, VOUCH_CONFIG_FROM_FILE, &err);
        cr_expect_eq(code, rows[i].message ? VOUCH_CONFIG : VOUCH_OK, "%s = %s: %s", rows[i].name, rows[i].value,
                     err.message);
        if (rows[i].message)
            cr_expect_str_eq(err.message, rows[i].message);
    }
}

Test(config, files)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", NULL},
        {"# comment\n\n  ; another\nport = 81\n", NULL},
        {"port=81", NULL},
        {"\xEF\xBB\xBFport: 81\r\nqr = off ; not today\r\n", NULL},
        {"port = 81\n  workers = 3\n", NULL},
        {"port = 81\nport = 82\n", "f line 2: port is set twice"},
        {"port = 81\nport\n", "f line 2: is no \"name = value\""},
        {"[service]\nport = 81\n", "f line 1: there are no sections; only \"name = value\""},
        {"\n\nportt = 81\n", "f line 3: there is no option \"portt\"; nearest is \"port\""},
        {"port = eighty\n", "f line 1: port: \"eighty\" is not in 0 … 65535"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code = vouch_config_read_text(config, rows[i].text, "f", &err);
        cr_expect_eq(code, rows[i].message ? VOUCH_CONFIG : VOUCH_OK, "row %zu: %s", i, err.message);
        if (rows[i].message)
            cr_expect_str_eq(err.message, rows[i].message);
        else if (*rows[i].text)
            cr_expect_eq(config->port, 81, "row %zu", i);
    }
}

Test(config, long_lines_are_refused_rather_than_cut)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
    char text[400] = "database = ";
    memset(text + strlen(text), 'x', 300);
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_config_read_text(config, text, "f", &err), VOUCH_CONFIG);
    cr_expect_str_eq(err.message, "f line 1: is longer than 190 bytes");
    text[190] = '\0';
    cr_expect_eq(vouch_config_read_text(config, text, "f", &err), VOUCH_OK);
    cr_expect_eq(strlen(config->database), 190 - strlen("database = "));
}

static vouch_code load(char **argv, int argc, const vouch_flag *flags, size_t count, int *arguments,
                       vouch_config **config, vouch_error *err)
{
    return vouch_config_load(argc, argv, flags, count, arguments, config, err);
}
#define LOAD(flags, count, ...)                                   \
    char *argv[] = {"read", __VA_ARGS__};                         \
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL; \
    int arguments = -1;                                           \
    vouch_error err = VOUCH_ERROR_INIT;                           \
    vouch_code code = load(argv, (int)(sizeof argv / sizeof argv[0]), flags, count, &arguments, &config, &err)

Test(config, flags_mix_with_a_commands_own_and_with_arguments)
{
    bool json = false, all = false;
    const char *trust = NULL;
    const vouch_flag flags[] = {
        {.name = "json", .present = &json}, {.name = "all", .present = &all}, {.name = "trust", .value = &trust}};
    LOAD(flags, 3, "a.pdf", "--json", "--port", "81", "b.ofd", "--trust=/t", "--max-upload-bytes=1M", "-", "--",
         "--all", "-x");
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    cr_expect(json && !all);
    cr_expect_str_eq(trust, "/t");
    cr_expect_eq(config->port, 81);
    cr_expect_eq(config->max_upload_bytes, (size_t)1 << 20);
    cr_expect_eq(config->origins[VOUCH_OPTION_port], VOUCH_CONFIG_FROM_FLAG);
    static const char *const expected[] = {"a.pdf", "b.ofd", "-", "--all", "-x"};
    cr_assert_eq(arguments, 5);
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(argv[1 + i], expected[i]);
}

Test(config, wrong_flags_are_usage_errors)
{
    bool json = false;
    const vouch_flag flags[] = {{.name = "json", .present = &json}};
    const struct {
        char *a, *b;
        const char *message;
    } rows[] = {
        {"--jsn", NULL, "there is no flag --jsn; nearest is --json"},
        {"--max-upload-byte", "1", "there is no flag --max-upload-byte; nearest is --max-upload-bytes"},
        {"--json=yes", NULL, "--json takes no value"},
        {"--port", NULL, "--port needs a value"},
        {"--port", "eighty", "port: \"eighty\" is not in 0 … 65535"},
        {"-p", "80", "there is no flag -p; flags begin with --"},
        {"--tls-key", "/k", "tls_certificate and tls_key must be set together"},
        {"--backoff-base-seconds", "3600", "backoff_base_seconds must not be larger than backoff_max_seconds"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *argv[] = {"read", rows[i].a, rows[i].b};
        vouch_config *config = NULL;
        int arguments = -1;
        vouch_error err = VOUCH_ERROR_INIT;
        vouch_code code = vouch_config_load(rows[i].b ? 3 : 2, argv, flags, 1, &arguments, &config, &err);
        cr_expect(code == VOUCH_USAGE || (code == VOUCH_CONFIG && i > 5), "%s: %d", rows[i].a, (int)code);
        cr_expect_eq(err.code, code, "%s", rows[i].a);
        cr_expect_str_eq(err.message, rows[i].message);
        cr_expect_null(config);
        cr_expect_eq(arguments, -1);
    }
}

Test(config, later_sources_win)
{
    char path[] = "/tmp/vouch-config-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "port = 1001\nworkers = 11\nlog_level = error\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    setenv("VOUCH_CONFIG", path, 1);
    setenv("VOUCH_WORKERS", "12", 1);
    setenv("VOUCH_LOG_LEVEL", "debug", 1);
    LOAD(NULL, 0, "--log-level", "warning");
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    cr_expect_eq(config->port, 1001);
    cr_expect_eq(config->workers, 12);
    cr_expect_str_eq(config->log_level, "warning");
    setenv("VOUCH_WORKERS", "many", 1);
    vouch_config *none = NULL;
    cr_expect_eq(load(argv, 1, NULL, 0, &arguments, &none, &err), VOUCH_CONFIG);
    cr_expect_str_eq(err.message, "VOUCH_WORKERS in the environment: workers: \"many\" is not in 0 … 1024");
    cr_expect_null(none);
    unlink(path);
}

Test(config, a_named_file_must_be_there_and_be_text)
{
    LOAD(NULL, 0, "--config", "/nonexistent/vouch.conf");
    cr_expect_eq(code, VOUCH_CONFIG);
    cr_expect_str_eq(err.message, "/nonexistent/vouch.conf can't be opened: No such file or directory");
    VOUCH_CLEANUP(vouch_config_free) vouch_config *other = defaults();
    cr_expect_eq(vouch_config_read_file(other, "/tmp", &err), VOUCH_CONFIG);
    cr_expect_str_eq(err.message, "/tmp is no file");
    cr_expect_eq(vouch_config_read_file(other, "/dev/zero", &err), VOUCH_CONFIG);
}

Test(config, secrets_are_never_shown)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = defaults();
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_config_set(config, "database", "host=h password=hunter2", VOUCH_CONFIG_FROM_FLAG, &err),
                 VOUCH_OK);
    cr_expect_eq(vouch_config_set(config, "database", "hunter2\xff", VOUCH_CONFIG_FROM_FLAG, &err), VOUCH_CONFIG);
    cr_expect_null(strstr(err.message, "hunter2"));
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {0};
    cr_assert_eq(vouch_config_print_values(config, &out), VOUCH_OK);
    cr_expect_null(strstr(out.data, "hunter2"));
    cr_expect_not_null(strstr(out.data, "database = (secret)  # flag\n"));
    cr_expect_not_null(strstr(out.data, "max_upload_bytes = 50M  # default\n"));
}

Test(config, help_names_every_option)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer out = {0};
    cr_assert_eq(vouch_config_print_help(&out), VOUCH_OK);
#define X(type, member, standard, least, most, group, help) cr_expect_not_null(strstr(out.data, help), #member);
    VOUCH_OPTIONS(X)
#undef X
    cr_expect_not_null(strstr(out.data, "  --sandbox-wall-seconds NUMBER\n"));
    cr_expect_not_null(strstr(out.data, "1k … 4G; default 50M\n"));
}

Test(config, a_mistyped_variable_is_told_and_others_are_let_be)
{
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = vouch_config_new();
    vouch_error err = VOUCH_ERROR_INIT;
    setenv("VOUCH_SOMETHING_ELSE_ENTIRELY", "1", 1);
    cr_expect_eq(vouch_config_read_environment(config, &err), VOUCH_OK, "%s", err.message);
    setenv("VOUCH_PROT", "1", 1);
    cr_expect_eq(vouch_config_read_environment(config, &err), VOUCH_CONFIG);
    cr_expect_not_null(strstr(err.message, "nearest is port"), "%s", err.message);
}
