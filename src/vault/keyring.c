/*
 * Master keys: the form of key files, and a ring that reads its source again when it is asked for a key that it lacks.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cipher.h"
#include "vouch/hash.h"
#include "vouch/memory.h"

enum {
    RERUN_SECONDS = 10 /* least time between two runs of a key command */
};

struct vouch_keyring {
    pthread_mutex_t lock;
    char *file, *command; /* one of them, or neither */
    int64_t read_at;      /* monotonic seconds */
    size_t count;
    vouch_master_key keys[VOUCH_KEYRING_MOST];
};

void vouch_master_key_clear(vouch_master_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

/* The first 8 bytes of SHA-256 over a purpose and the key: tells keys apart and tells nothing about them. */
static void id_of(const uint8_t bytes[VOUCH_KEY_BYTES], char id[VOUCH_KEY_ID_SIZE])
{
    static const char purpose[] = "vouch key id";
    uint8_t text[sizeof purpose + VOUCH_KEY_BYTES], digest[32];
    memcpy(text, purpose, sizeof purpose);
    memcpy(text + sizeof purpose, bytes, VOUCH_KEY_BYTES);
    vouch_sha256(text, sizeof text, digest);
    vouch_hex(digest, (VOUCH_KEY_ID_SIZE - 1) / 2, id);
    OPENSSL_cleanse(text, sizeof text);
}

vouch_code vouch_key_generate(char line[VOUCH_KEY_LINE_SIZE], vouch_error *err)
{
    VOUCH_CLEANUP(vouch_master_key_clear) vouch_master_key key;
    VOUCH_TRY(random_key(key.bytes, sizeof key.bytes, err));
    id_of(key.bytes, key.id);
    memcpy(line, key.id, VOUCH_KEY_ID_SIZE - 1);
    line[VOUCH_KEY_ID_SIZE - 1] = ' ';
    vouch_hex(key.bytes, sizeof key.bytes, line + VOUCH_KEY_ID_SIZE);
    return VOUCH_OK;
}

/* ---- parsing ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* "ID HEX" with nothing before or after. @return NULL, or what is wrong */
static const char *read_key(const char *line, size_t length, vouch_master_key *out)
{
    char id[VOUCH_KEY_ID_SIZE];
    size_t at = VOUCH_KEY_ID_SIZE - 1;
    if (length != VOUCH_KEY_LINE_SIZE - 1 || line[at] != ' ')
        return "is not \"ID KEY\" with 16 and 64 hex digits";
    for (size_t i = 0; i < VOUCH_KEY_BYTES; i++) {
        const int high = hex_digit(line[at + 1 + 2 * i]), low = hex_digit(line[at + 2 + 2 * i]);
        if (high < 0 || low < 0)
            return "has a key that is not of 64 hex digits (0-9 a-f)";
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    id_of(out->bytes, id);
    if (memcmp(id, line, at) != 0)
        return "has a key that does not belong to its id: one of them was changed";
    memcpy(out->id, id, sizeof id);
    return NULL;
}

static const vouch_master_key *find(const vouch_keyring *ring, const char *id)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i].id, id) == 0)
            return &ring->keys[i];
    return NULL;
}

static const char *take_line(vouch_keyring *ring, const char *line, size_t length)
{
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    while (length > 0 && is_blank(*line)) {
        line++;
        length--;
    }
    if (length == 0 || *line == '#')
        return NULL;
    VOUCH_CLEANUP(vouch_master_key_clear) vouch_master_key key = {0};
    const char *wrong = read_key(line, length, &key);
    if (wrong)
        return wrong;
    if (find(ring, key.id))
        return "repeats a key";
    if (ring->count == VOUCH_KEYRING_MOST)
        return "is one key too many";
    ring->keys[ring->count++] = key;
    return NULL;
}

vouch_code vouch_keyring_parse(const char *text, size_t length, const char *name, vouch_keyring **out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading keys");
    pthread_mutex_init(&ring->lock, NULL);
    int number = 1;
    for (size_t at = 0; at < length; number++) {
        const char *end = memchr(text + at, '\n', length - at);
        const size_t size = end ? (size_t)(end - (text + at)) : length - at;
        const char *wrong = take_line(ring, text + at, size);
        if (wrong)
            return vouch_fail(err, VOUCH_CONFIG, "%s: line %d %s", name, number, wrong);
        at += size + 1;
    }
    if (ring->count == 0)
        return vouch_fail(err, VOUCH_CONFIG, "%s: there is no key in it", name);
    *out = VOUCH_TAKE(ring);
    return VOUCH_OK;
}

/* ---- sources ---- */

static vouch_code read_file(const char *path, char *out, size_t capacity, size_t *length, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat stats;
    if (fd < 0 || fstat(fd, &stats) != 0)
        return vouch_fail(err, VOUCH_CONFIG, "key file %s: %s", path, strerror(errno));
    if (!S_ISREG(stats.st_mode))
        return vouch_fail(err, VOUCH_CONFIG, "key file %s is no file", path);
    if ((stats.st_mode & 077) != 0 || (stats.st_uid != geteuid() && stats.st_uid != 0))
        return vouch_fail(err, VOUCH_CONFIG, "key file %s may be read by others: it must be ours, with mode 600", path);
    size_t got = 0;
    ssize_t more;
    while (got < capacity && ((more = read(fd, out + got, capacity - got)) > 0 || (more < 0 && errno == EINTR)))
        got += more > 0 ? (size_t)more : 0;
    if (got < capacity && more < 0)
        return vouch_fail(err, VOUCH_CONFIG, "key file %s: %s", path, strerror(errno));
    *length = got;
    return VOUCH_OK;
}

static vouch_code read_source(const char *file, const char *command, vouch_keyring **out, vouch_error *err)
{
    char *text = malloc(VOUCH_KEYRING_BYTES + 1);
    size_t length = 0;
    if (!text)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading keys");
    vouch_code code = file ? read_file(file, text, VOUCH_KEYRING_BYTES + 1, &length, err)
                           : command_output(command, text, VOUCH_KEYRING_BYTES + 1, &length, err);
    char name[256];
    snprintf(name, sizeof name, "%s %.200s", file ? "key file" : "key command", file ? file : command);
    if (code == VOUCH_OK && length > VOUCH_KEYRING_BYTES)
        code = vouch_fail(err, VOUCH_CONFIG, "%s: more than %d bytes", name, VOUCH_KEYRING_BYTES);
    if (code == VOUCH_OK)
        code = vouch_keyring_parse(text, length, name, out, err);
    OPENSSL_cleanse(text, VOUCH_KEYRING_BYTES + 1);
    free(text);
    return code;
}

static int64_t now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

vouch_code vouch_keyring_load(const char *file, const char *command, vouch_keyring **out, vouch_error *err)
{
    const bool by_file = file && *file;
    if (by_file == (command && *command))
        return vouch_fail(err, VOUCH_CONFIG, "keys come either from a file or from a command");
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = NULL;
    VOUCH_TRY(read_source(by_file ? file : NULL, command, &ring, err));
    char **place = by_file ? &ring->file : &ring->command;
    *place = strdup(by_file ? file : command);
    if (!*place)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading keys");
    ring->read_at = now_seconds();
    *out = VOUCH_TAKE(ring);
    return VOUCH_OK;
}

void vouch_keyring_free(vouch_keyring **keyring)
{
    if (!keyring || !*keyring)
        return;
    pthread_mutex_destroy(&(*keyring)->lock);
    free((*keyring)->file);
    free((*keyring)->command);
    OPENSSL_cleanse((*keyring)->keys, sizeof(*keyring)->keys);
    free(*keyring);
    *keyring = NULL;
}

/* ---- asking ---- */

/* Under the lock. */
static vouch_code reload(vouch_keyring *ring, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *fresh = NULL;
    ring->read_at = now_seconds();
    if (!ring->file && !ring->command)
        return VOUCH_OK;
    VOUCH_TRY(read_source(ring->file, ring->command, &fresh, err));
    ring->count = fresh->count;
    memcpy(ring->keys, fresh->keys, sizeof ring->keys);
    return VOUCH_OK;
}

vouch_code vouch_keyring_reload(vouch_keyring *keyring, vouch_error *err)
{
    pthread_mutex_lock(&keyring->lock);
    const vouch_code code = reload(keyring, err);
    pthread_mutex_unlock(&keyring->lock);
    return code;
}

void vouch_keyring_current(vouch_keyring *keyring, vouch_master_key *out)
{
    pthread_mutex_lock(&keyring->lock);
    *out = keyring->keys[0];
    pthread_mutex_unlock(&keyring->lock);
}

vouch_code vouch_keyring_find(vouch_keyring *keyring, const char *id, vouch_master_key *out, vouch_error *err)
{
    vouch_error trouble = VOUCH_ERROR_INIT;
    vouch_code code = VOUCH_OK;
    pthread_mutex_lock(&keyring->lock);
    const vouch_master_key *found = find(keyring, id);
    if (!found && (keyring->file || now_seconds() >= keyring->read_at + RERUN_SECONDS)) {
        code = reload(keyring, &trouble);
        found = find(keyring, id);
    }
    if (found)
        *out = *found;
    const bool there = found != NULL, by_file = keyring->file != NULL;
    pthread_mutex_unlock(&keyring->lock);
    if (there)
        return VOUCH_OK;
    if (code != VOUCH_OK)
        return vouch_fail(err, VOUCH_KEY_MISSING, "master key %s is needed: %s", id, trouble.message);
    return vouch_fail(err, VOUCH_KEY_MISSING, "master key %s is needed and is not in the key %s", id,
                      by_file ? "file" : "command's output");
}

size_t vouch_keyring_ids(vouch_keyring *keyring, char ids[VOUCH_KEYRING_MOST][VOUCH_KEY_ID_SIZE])
{
    pthread_mutex_lock(&keyring->lock);
    const size_t count = keyring->count;
    for (size_t i = 0; i < count; i++)
        memcpy(ids[i], keyring->keys[i].id, VOUCH_KEY_ID_SIZE);
    pthread_mutex_unlock(&keyring->lock);
    return count;
}
