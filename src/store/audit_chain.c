/*
 * Links of the audit's chain: keys, the canonical bytes of a row, heads as text.
 *
 * A link's hash covers a tag with the version, the tenant, the position, the floor, the name of the key, the hash
 * before, and every column of the row, each as "length:bytes;" or "-;" for NULL, so that no two rows have the same
 * bytes.
 */
#include "audit_chain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vouch/hash.h"

/* ---- keys ---- */

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static void name_key(vouch_audit_key *key)
{
    static const char tag[] = "vouch.audit.key";
    uint8_t bytes[sizeof tag + sizeof key->bytes];
    char hex[65];
    memcpy(bytes, tag, sizeof tag);
    memcpy(bytes + sizeof tag, key->bytes, key->length);
    vouch_sha256_hex(bytes, sizeof tag + key->length, hex);
    OPENSSL_cleanse(bytes, sizeof bytes);
    snprintf(key->id, sizeof key->id, "%.16s", hex);
}

static bool read_key(const char *line, size_t digits, vouch_audit_key *out)
{
    if (digits < 64 || digits > 128 || digits % 2)
        return false;
    vouch_audit_key key = {.length = digits / 2};
    for (size_t i = 0; i < digits; i += 2) {
        const int high = hex_value(line[i]), low = hex_value(line[i + 1]);
        if (high < 0 || low < 0)
            return false;
        key.bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    name_key(&key);
    *out = key;
    OPENSSL_cleanse(&key, sizeof key);
    return true;
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static vouch_code read_lines(FILE *file, const char *path, vouch_audit_keys *out, vouch_error *err)
{
    char line[300];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        size_t length = strcspn(line, "\r\n"), from = strspn(line, " \t");
        while (length > from && isspace((unsigned char)line[length - 1]))
            length--;
        if (from >= length || line[from] == '#')
            continue;
        const bool good = out->count < VOUCH_AUDIT_KEYS && read_key(line + from, length - from, &out->keys[out->count]);
        OPENSSL_cleanse(line, sizeof line);
        if (!good)
            return vouch_fail(err, VOUCH_CONFIG,
                              "audit_key_file %s, line %d: 64 to 128 hex digits are expected, in at most %d lines",
                              path, number, VOUCH_AUDIT_KEYS);
        out->count++;
    }
    if (ferror(file))
        return vouch_fail(err, VOUCH_CONFIG, "audit_key_file %s: %s", path, strerror(errno));
    return out->count ? VOUCH_OK : vouch_fail(err, VOUCH_CONFIG, "audit_key_file %s: there is no key in it", path);
}

vouch_code vouch_audit_keys_load(const char *path, vouch_audit_keys *out, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_audit_keys_wipe) vouch_audit_keys keys = {0};
    if (path[0]) {
        struct stat status;
        VOUCH_CLEANUP(close_file) FILE *file = fopen(path, "re");
        if (!file || fstat(fileno(file), &status) != 0)
            return vouch_fail(err, VOUCH_CONFIG, "audit_key_file %s: %s", path, strerror(errno));
        if (status.st_mode & S_IRWXO)
            return vouch_fail(err, VOUCH_CONFIG, "audit_key_file %s: everybody may read it; chmod 600 it", path);
        VOUCH_TRY(read_lines(file, path, &keys, err));
    }
    *out = keys;
    return VOUCH_OK;
}

void vouch_audit_keys_wipe(vouch_audit_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof *keys);
}

const vouch_audit_key *vouch_audit_key_find(const vouch_audit_keys *keys, const char *id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (strcmp(keys->keys[i].id, id) == 0)
            return &keys->keys[i];
    return NULL;
}

/* ---- links ---- */

static vouch_code put(vouch_buffer *bytes, const char *text)
{
    if (!text)
        return vouch_buffer_append(bytes, "-;", 2);
    VOUCH_TRY(vouch_buffer_printf(bytes, "%zu:", strlen(text)));
    VOUCH_TRY(vouch_buffer_append(bytes, text, strlen(text)));
    return vouch_buffer_append(bytes, ";", 1);
}

static vouch_code put_all(vouch_buffer *bytes, const audit_link *link, const PGresult *rows, int row, int column)
{
    VOUCH_TRY(put(bytes, "vouch.audit/1"));
    VOUCH_TRY(put(bytes, link->tenant_id));
    VOUCH_TRY(put(bytes, NUMBER(link->position)));
    VOUCH_TRY(put(bytes, NUMBER(link->floor)));
    VOUCH_TRY(put(bytes, link->key_id));
    VOUCH_TRY(put(bytes, link->previous));
    for (int i = 0; i < AUDIT_CONTENT_COLUMNS; i++)
        VOUCH_TRY(put(bytes, cell(rows, row, column + i)));
    return VOUCH_OK;
}

vouch_code vouch_audit_hash(const audit_link *link, const PGresult *rows, int row, int column,
                            const vouch_audit_key *key, char out[65], vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {0};
    uint8_t hash[32];
    const vouch_code code = put_all(&bytes, link, rows, row, column);
    if (code != VOUCH_OK)
        return vouch_fail(err, code, "hashing an audit row");
    if (key)
        vouch_hmac_sha256(key->bytes, key->length, bytes.data, bytes.length, hash);
    else
        vouch_sha256(bytes.data, bytes.length, hash);
    vouch_hex(hash, sizeof hash, out);
    return VOUCH_OK;
}

/* ---- heads ---- */

vouch_code vouch_audit_load_head(vouch_store *store, vouch_audit_head *out, vouch_error *err)
{
    VOUCH_CLEANUP(clear_result) PGresult *rows = NULL;
    VOUCH_TRY(QUERY(store, &rows, err,
                    "SELECT position, sequence, floor, key_id, encode(hash, 'hex') FROM audit_chain WHERE tenant_id = "
                    "$1 ORDER BY position DESC LIMIT 1",
                    store->who->tenant_id));
    vouch_audit_head head = {.hash = AUDIT_GENESIS};
    snprintf(head.tenant_id, sizeof head.tenant_id, "%s", store->who->tenant_id);
    if (PQntuples(rows) > 0) {
        head.position = cell_number(rows, 0, 0);
        head.sequence = cell_number(rows, 0, 1);
        head.floor = cell_number(rows, 0, 2);
        snprintf(head.key_id, sizeof head.key_id, "%s", cell(rows, 0, 3));
        snprintf(head.hash, sizeof head.hash, "%s", cell(rows, 0, 4));
    }
    *out = head;
    return VOUCH_OK;
}

static vouch_code load_head(vouch_store *store, void *data, vouch_error *err)
{
    return vouch_audit_load_head(store, data, err);
}

vouch_code vouch_store_audit_head(vouch_store *store, const vouch_principal *who, vouch_audit_head *out,
                                  vouch_error *err)
{
    return vouch_transaction(store, who, load_head, out, err);
}

void vouch_audit_head_print(const vouch_audit_head *head, char out[VOUCH_AUDIT_HEAD_SIZE])
{
    snprintf(out, VOUCH_AUDIT_HEAD_SIZE, "%s %" PRId64 " %s", head->tenant_id, head->position, head->hash);
}

bool vouch_audit_head_parse(const char *line, vouch_audit_head *out)
{
    vouch_audit_head head = {0};
    int length = 0;
    if (sscanf(line, "%36s %" SCNd64 " %64[0-9a-f] %n", head.tenant_id, &head.position, head.hash, &length) != 3)
        return false;
    if (!is_id(head.tenant_id) || head.position < 0 || strlen(head.hash) != 64 || line[length])
        return false;
    *out = head;
    return true;
}

/* ---- faults ---- */

static const struct {
    const char *word, *text;
} faults[] = {
#define X(name, word, text) {word, text},
    VOUCH_AUDIT_FAULTS(X)
#undef X
};

const char *vouch_audit_fault_word(vouch_audit_fault fault)
{
    return faults[fault].word;
}

const char *vouch_audit_fault_text(vouch_audit_fault fault)
{
    return faults[fault].text;
}
