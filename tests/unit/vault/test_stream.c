#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/hash.h"
#include "vouch/memory.h"
#include "vouch/vault.h"

#define TENANT_A "0190f5fe-7c00-7a00-8000-0123456789ab"
#define TENANT_B "0190f5fe-7c00-7a00-8000-0123456789ac"

static const vouch_tenant_key fixed_key = {.id = "0190f5fe-7c00-7a00-8000-000000000001", .bytes = {1, 2, 3}};

static vouch_code open_one(const uint8_t header[VOUCH_SEAL_HEADER], const char *tenant, const char *name,
                           const uint8_t *sealed, size_t length, uint8_t *plain)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    cr_assert_eq(vouch_unseal_begin(header, &fixed_key, tenant, &seal, NULL), VOUCH_OK);
    return vouch_unseal_chunk(seal, 0, name, sealed, length, plain, NULL);
}

/*
 * The form is pinned: a stream that another implementation made opens (HKDF by Python's hmac, AES and GCM written out
 * from FIPS 197 and SP 800-38D, all from the description in vault.h alone).
 */
Test(stream, one_that_was_made_by_the_description_opens)
{
    static const char hex[] = "8e564348530d0a1a01010000000000000190f5fe7c007a008000000000000001000102030405060708090a0b"
                              "0c0d0e0f1011121314151617"
                              "18191a1b1c1d1e1f"
                              "0b1dc822527f25db1b29b6306ecf964a10659356e858e2bdc328b169";
    uint8_t file[sizeof hex / 2], plain[64];
    char id[37];
    for (size_t i = 0; i < sizeof file; i++)
        cr_assert_eq(sscanf(hex + 2 * i, "%2hhx", &file[i]), 1);
    cr_assert_eq(vouch_sealed_key(file, id, NULL), VOUCH_OK);
    cr_expect_str_eq(id, fixed_key.id);
    cr_expect_eq(open_one(file, TENANT_A, "name", file + VOUCH_SEAL_HEADER, sizeof file - VOUCH_SEAL_HEADER, plain),
                 VOUCH_OK);
    cr_expect_eq(memcmp(plain, "hello, vault", 12), 0);
}

Test(stream, tenant_name_and_header_are_bound)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    uint8_t header[VOUCH_SEAL_HEADER], sealed[16 + VOUCH_SEAL_TAG], plain[16];
    cr_assert_eq(vouch_seal_begin(&fixed_key, TENANT_A, header, &seal, NULL), VOUCH_OK);
    cr_assert_eq(vouch_seal_last(seal, (const uint8_t *)"sixteen bytes ..", 16, "name", sealed, NULL), VOUCH_OK);
    cr_expect_eq(open_one(header, TENANT_A, "name", sealed, sizeof sealed, plain), VOUCH_OK);
    cr_expect_eq(open_one(header, TENANT_B, "name", sealed, sizeof sealed, plain), VOUCH_BLOB_DAMAGED);
    cr_expect_eq(open_one(header, TENANT_A, "other", sealed, sizeof sealed, plain), VOUCH_BLOB_DAMAGED);
    cr_expect_eq(open_one(header, TENANT_A, NULL, sealed, sizeof sealed, plain), VOUCH_BLOB_DAMAGED,
                 "the last chunk is no other");
    static const uint8_t zero[16];
    cr_expect_eq(memcmp(plain, zero, sizeof zero), 0, "what fails leaves no plain bytes behind");
    for (size_t i = 0; i < sizeof header; i++) {
        header[i] ^= 1;
        cr_expect_eq(open_one(header, TENANT_A, "name", sealed, sizeof sealed, plain), VOUCH_BLOB_DAMAGED, "byte %zu",
                     i);
        header[i] ^= 1;
    }
}

Test(stream, sizes_are_those_that_writing_makes)
{
    enum {
        WHOLE = VOUCH_SEAL_SEALED_CHUNK
    };
    static const struct {
        uint64_t size, plain;
        bool possible;
    } rows[] = {
        {0, 0, false},
        {64, 0, false},
        {79, 0, false},
        {80, 0, true},
        {81, 1, true},
        {64 + WHOLE, 65536, true},
        {64 + WHOLE + 15, 0, false},
        {64 + WHOLE + 16, 0, false},
        {64 + WHOLE + 17, 65537, true},
        {64 + 3ULL * WHOLE, 3 * 65536, true},
        {64 + 100000ULL * WHOLE + 20, 100000ULL * 65536 + 4, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t plain = 0;
        const vouch_code code = vouch_sealed_size(rows[i].size, &plain, NULL);
        cr_expect_eq(code, rows[i].possible ? VOUCH_OK : VOUCH_BLOB_DAMAGED, "%llu", (unsigned long long)rows[i].size);
        cr_expect_eq(plain, rows[i].plain, "%llu", (unsigned long long)rows[i].size);
    }
}

Test(stream, a_last_chunk_is_empty_only_in_an_empty_stream)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *chunk = calloc(1, VOUCH_SEAL_SEALED_CHUNK);
    uint8_t header[VOUCH_SEAL_HEADER];
    cr_assert_eq(vouch_seal_begin(&fixed_key, TENANT_A, header, &seal, NULL), VOUCH_OK);
    cr_assert_eq(vouch_seal_chunk(seal, chunk, chunk, NULL), VOUCH_OK);
    cr_expect_eq(vouch_seal_last(seal, chunk, 0, "name", chunk, NULL), VOUCH_INTERNAL);
    cr_expect_eq(vouch_seal_last(seal, chunk, VOUCH_SEAL_CHUNK, "name", chunk, NULL), VOUCH_OK);
}
