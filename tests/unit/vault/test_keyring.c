#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vouch/memory.h"
#include "vouch/vault.h"

/* The key of zeros and its id, by the description: SHA-256 over "vouch key id", a zero byte and the key. */
#define KEY_A "b07a8a800d35adc2 0000000000000000000000000000000000000000000000000000000000000000"

static vouch_code parse(const char *text, vouch_keyring **out, vouch_error *err)
{
    *err = (vouch_error)VOUCH_ERROR_INIT;
    return vouch_keyring_parse(text, strlen(text), "keys", out, err);
}

static void make_file(char path[64], const char *text, mode_t mode)
{
    snprintf(path, 64, "/tmp/vouch-keys-XXXXXX");
    const int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
    close(fd);
}

static void remove_file(char (*path)[64])
{
    unlink(*path);
}

Test(keyring, made_keys_are_read_in_order)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    char first[VOUCH_KEY_LINE_SIZE], second[VOUCH_KEY_LINE_SIZE], text[400], ids[VOUCH_KEYRING_MOST][VOUCH_KEY_ID_SIZE];
    vouch_master_key key;
    vouch_error err;
    cr_assert_eq(vouch_key_generate(first, NULL), VOUCH_OK);
    cr_assert_eq(vouch_key_generate(second, NULL), VOUCH_OK);
    cr_expect_str_neq(first, second);
    snprintf(text, sizeof text, "# keys\r\n\n  %s\r\n\t%s  ", first, second);
    cr_assert_eq(parse(text, &ring, &err), VOUCH_OK, "%s", err.message);
    cr_assert_eq(vouch_keyring_ids(ring, ids), 2);
    cr_expect_eq(strncmp(ids[0], first, 16), 0);
    cr_expect_eq(strncmp(ids[1], second, 16), 0);
    vouch_keyring_current(ring, &key);
    cr_expect_str_eq(key.id, ids[0]);
    cr_expect_eq(vouch_keyring_find(ring, ids[1], &key, &err), VOUCH_OK);
    cr_expect_str_eq(key.id, ids[1]);
    cr_expect_eq(vouch_keyring_find(ring, "0123456789abcdef", &key, &err), VOUCH_KEY_MISSING);
    cr_expect_not_null(strstr(err.message, "0123456789abcdef"), "%s", err.message);
}

Test(keyring, wrong_files_are_refused_by_line_and_without_the_key)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "there is no key"},
        {"# nothing\n", "there is no key"},
        {"# first\nb07a8a800d35adc2", "line 2 is not"},
        {KEY_A "0", "line 1 is not"},
        {"b07a8a800d35adc2\t0000000000000000000000000000000000000000000000000000000000000000", "line 1 is not"},
        {"b07a8a800d35adc2 000000000000000000000000000000000000000000000000000000000000000G", "64 hex digits"},
        {"b07a8a800d35adc2 0000000000000000000000000000000000000000000000000000000000000001", "does not belong"},
        {"b07a8a800d35adc3 0000000000000000000000000000000000000000000000000000000000000000", "does not belong"},
        {KEY_A "\n\n" KEY_A, "line 3 repeats"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vouch_keyring *ring = NULL;
        vouch_error err;
        cr_expect_eq(parse(rows[i].text, &ring, &err), VOUCH_CONFIG, "%s", rows[i].text);
        cr_expect_not_null(strstr(err.message, rows[i].reason), "%s: %s", rows[i].text, err.message);
        cr_expect_null(strstr(err.message, "00000000"), "%s", err.message);
        cr_expect_null(ring);
    }
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    vouch_error err;
    cr_expect_eq(parse(KEY_A, &ring, &err), VOUCH_OK, "the id that a key has never changes: %s", err.message);
}

Test(keyring, only_private_files_are_read)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        VOUCH_CLEANUP(remove_file) char path[64];
        vouch_keyring *ring = NULL;
        vouch_error err = VOUCH_ERROR_INIT;
        make_file(path, KEY_A, modes[i]);
        cr_expect_eq(vouch_keyring_load(path, NULL, &ring, &err), VOUCH_CONFIG, "%o", modes[i]);
        cr_expect_not_null(strstr(err.message, "mode 600"), "%s", err.message);
    }
    VOUCH_CLEANUP(remove_file) char path[64];
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    make_file(path, KEY_A, 0400);
    cr_expect_eq(vouch_keyring_load(path, "", &ring, &err), VOUCH_OK, "%s", err.message);
    vouch_keyring *none = NULL;
    cr_expect_eq(vouch_keyring_load("/nonexistent/keys", NULL, &none, &err), VOUCH_CONFIG);
    cr_expect_not_null(strstr(err.message, "/nonexistent/keys"), "%s", err.message);
    cr_expect_eq(vouch_keyring_load("/tmp", NULL, &none, &err), VOUCH_CONFIG);
    cr_expect_eq(vouch_keyring_load(path, "cat", &none, &err), VOUCH_CONFIG, "file and command");
    cr_expect_eq(vouch_keyring_load("", "", &none, &err), VOUCH_CONFIG, "neither");
    cr_expect_null(none);
}

Test(keyring, commands_print_keys)
{
    static const struct {
        const char *command;
        vouch_code code;
        const char *reason;
    } rows[] = {
        {"echo " KEY_A, VOUCH_OK, ""},
        {"echo " KEY_A "; exit 3", VOUCH_CONFIG, "status 3"},
        {"echo " KEY_A "; kill -9 $$", VOUCH_CONFIG, "signal 9"},
        {"cat", VOUCH_CONFIG, "there is no key"},
        {"yes", VOUCH_CONFIG, "more than 65536 bytes"},
        {"exec >&-; exec sleep 0", VOUCH_CONFIG, "there is no key"},
        {"/nonexistent/tool 2>/dev/null", VOUCH_CONFIG, "status 127"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
        vouch_error err = VOUCH_ERROR_INIT;
        cr_expect_eq(vouch_keyring_load(NULL, rows[i].command, &ring, &err), rows[i].code, "%s: %s", rows[i].command,
                     err.message);
        cr_expect_not_null(strstr(err.message, rows[i].reason), "%s: %s", rows[i].command, err.message);
    }
}

Test(keyring, a_reload_that_fails_leaves_the_ring_as_it_was)
{
    VOUCH_CLEANUP(remove_file) char path[64];
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    char line[VOUCH_KEY_LINE_SIZE], id[VOUCH_KEY_ID_SIZE];
    vouch_master_key key;
    vouch_error err = VOUCH_ERROR_INIT;
    make_file(path, KEY_A, 0600);
    cr_assert_eq(vouch_keyring_load(path, NULL, &ring, &err), VOUCH_OK, "%s", err.message);
    FILE *file = fopen(path, "w");
    fputs("half of a li", file);
    fclose(file);
    cr_expect_eq(vouch_keyring_reload(ring, &err), VOUCH_CONFIG);
    cr_expect_eq(vouch_keyring_find(ring, "b07a8a800d35adc2", &key, &err), VOUCH_OK);
    cr_assert_eq(vouch_key_generate(line, NULL), VOUCH_OK);
    file = fopen(path, "w");
    fprintf(file, "%s\n" KEY_A "\n", line);
    fclose(file);
    cr_expect_eq(vouch_keyring_reload(ring, &err), VOUCH_OK, "%s", err.message);
    snprintf(id, sizeof id, "%.16s", line);
    vouch_keyring_current(ring, &key);
    cr_expect_str_eq(key.id, id);
}
