/*
 * Sealed streams, records of tenant keys and key files, as an attacker who can write to the disk would leave them.
 *
 * The first byte chooses: a key file as it is (whatever is read is a list of distinct keys and reads the same again); a
 * record or a stream as it is (nothing that was not sealed opens); or a stream that was sealed here, with bytes of the
 * input laid over a place in it (it opens if and only if it is still what was sealed, to what was sealed).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/vault.h"

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

#define TENANT "0190f5fe-7c00-7a00-8000-0123456789ab"
#define KEY_ID "0190f5fe-7c00-7a00-8000-000000000001"
#define MASTER "b07a8a800d35adc2 0000000000000000000000000000000000000000000000000000000000000000"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const vouch_tenant_key key = {.id = KEY_ID, .bytes = {1, 2, 3}};

static void try_key_file(const uint8_t *data, size_t size)
{
    vouch_keyring *ring = NULL;
    char ids[VOUCH_KEYRING_MOST][VOUCH_KEY_ID_SIZE];
    if (vouch_keyring_parse((const char *)data, size, "input", &ring, NULL) != VOUCH_OK)
        return;
    const size_t count = vouch_keyring_ids(ring, ids);
    REQUIRE(count > 0);
    for (size_t i = 0; i < count; i++) {
        vouch_master_key found;
        REQUIRE(vouch_keyring_find(ring, ids[i], &found, NULL) == VOUCH_OK && strcmp(found.id, ids[i]) == 0);
        for (size_t j = 0; j < i; j++)
            REQUIRE(strcmp(ids[i], ids[j]) != 0);
    }
    vouch_keyring_free(&ring);
}

static void try_record(const uint8_t *data, size_t size)
{
    static vouch_keyring *ring;
    vouch_tenant_key opened;
    if (!ring)
        REQUIRE(vouch_keyring_parse(MASTER, sizeof MASTER - 1, "fixed", &ring, NULL) == VOUCH_OK);
    const vouch_code code = vouch_tenant_key_unwrap(data, size, TENANT, KEY_ID, ring, &opened, NULL);
    REQUIRE(code == VOUCH_BLOB_DAMAGED || code == VOUCH_KEY_MISSING);
}

/* All chunks of a file, in order. @return how many plain bytes; -1: it does not open */
static long open_file(const uint8_t *file, size_t size, uint8_t *plain)
{
    vouch_seal *seal = NULL;
    uint64_t expected = 0;
    char id[37];
    long total = 0;
    if (vouch_sealed_size(size, &expected, NULL) != VOUCH_OK || vouch_sealed_key(file, id, NULL) != VOUCH_OK)
        return -1;
    if (strcmp(id, KEY_ID) != 0 || vouch_unseal_begin(file, &key, TENANT, &seal, NULL) != VOUCH_OK)
        return -1;
    const uint8_t *at = file + VOUCH_SEAL_HEADER;
    for (size_t left = size - VOUCH_SEAL_HEADER, number = 0; total >= 0 && left > 0; number++) {
        const size_t length = left < VOUCH_SEAL_SEALED_CHUNK ? left : VOUCH_SEAL_SEALED_CHUNK;
        const char *name = length == left ? "name" : NULL;
        if (vouch_unseal_chunk(seal, number, name, at, length, plain + total, NULL) != VOUCH_OK)
            total = -1;
        else
            total += (long)(length - VOUCH_SEAL_TAG);
        at += length;
        left -= length;
    }
    vouch_seal_free(&seal);
    REQUIRE(total < 0 || (uint64_t)total == expected);
    return total;
}

static void try_file(const uint8_t *data, size_t size)
{
    uint8_t *plain = malloc(size + 1);
    REQUIRE(plain && open_file(data, size, plain) < 0);
    free(plain);
}

/* Input: length (3 bytes), place (3 bytes), new length (3 bytes), then what is laid over it. */
static void try_edited(const uint8_t *data, size_t size)
{
    enum {
        MOST = 2 * VOUCH_SEAL_CHUNK + 100,
        ROOM = MOST + VOUCH_SEAL_HEADER + 3 * VOUCH_SEAL_TAG + 64
    };
    if (size < 9)
        return;
    const size_t length = (size_t)(data[0] | data[1] << 8 | data[2] << 16) % MOST;
    uint8_t *plain = calloc(1, MOST + 1), *file = calloc(1, ROOM), *edited = calloc(1, ROOM), *back = malloc(ROOM);
    REQUIRE(plain && file && edited && back);
    for (size_t i = 0; i < length; i++)
        plain[i] = (uint8_t)(i * 31 + i / 251);
    vouch_seal *seal = NULL;
    REQUIRE(vouch_seal_begin(&key, TENANT, file, &seal, NULL) == VOUCH_OK);
    size_t stored = VOUCH_SEAL_HEADER, done = 0;
    for (; length - done > VOUCH_SEAL_CHUNK; done += VOUCH_SEAL_CHUNK, stored += VOUCH_SEAL_SEALED_CHUNK)
        REQUIRE(vouch_seal_chunk(seal, plain + done, file + stored, NULL) == VOUCH_OK);
    REQUIRE(vouch_seal_last(seal, plain + done, length - done, "name", file + stored, NULL) == VOUCH_OK);
    stored += length - done + VOUCH_SEAL_TAG;
    vouch_seal_free(&seal);

    memcpy(edited, file, stored);
    const size_t place = (size_t)(data[3] | data[4] << 8 | data[5] << 16) % stored;
    const size_t over = size - 9 < stored - place ? size - 9 : stored - place;
    for (size_t i = 0; i < over; i++)
        edited[place + i] ^= data[9 + i];
    const size_t cut = (size_t)(data[6] | data[7] << 8 | data[8] << 16) % (ROOM - 1);
    const size_t new_length = cut == 0 ? stored : cut;
    const bool same = new_length == stored && memcmp(edited, file, stored) == 0;
    const long got = open_file(edited, new_length, back);
    REQUIRE(same ? got == (long)length && memcmp(back, plain, length) == 0 : got < 0);
    free(plain);
    free(file);
    free(edited);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const uint8_t *, size_t) = {try_key_file, try_record, try_file, try_edited};
    if (size > 0)
        tries[data[0] % 4](data + 1, size - 1);
    return 0;
}
