#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/hash.h"

/* FIPS 180-4 examples. */
static const char empty_sha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc_sha256[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Test(hash, known_answers)
{
    char hex[65], xxh3[33];
    vouch_sha256_hex("abc", 3, hex);
    cr_expect_str_eq(hex, abc_sha256);
    vouch_sha256_hex(NULL, 0, hex);
    cr_expect_str_eq(hex, empty_sha256);
    vouch_xxh3_hex(NULL, 0, xxh3);
    cr_expect_str_eq(xxh3, "99aa06d3014798d86001c324468d497f"); /* xxHash's own test vector for no input */
}

Test(hash, streams_equal_one_shot_however_cut)
{
    char data[10000], whole[65], whole_xxh3[33];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 31);
    vouch_sha256_hex(data, sizeof data, whole);
    vouch_xxh3_hex(data, sizeof data, whole_xxh3);
    static const size_t cuts[] = {1, 7, 64, 999, 10000};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        VOUCH_CLEANUP(vouch_sha256_stream_free) vouch_sha256_stream *sha = vouch_sha256_stream_new();
        VOUCH_CLEANUP(vouch_xxh3_stream_free) vouch_xxh3_stream *xxh3 = vouch_xxh3_stream_new();
        for (size_t at = 0; at < sizeof data; at += cuts[i]) {
            size_t length = sizeof data - at < cuts[i] ? sizeof data - at : cuts[i];
            vouch_sha256_stream_add(sha, data + at, length);
            vouch_xxh3_stream_add(xxh3, data + at, length);
        }
        char hex[65], hex_xxh3[33];
        vouch_sha256_stream_end(sha, hex);
        vouch_xxh3_stream_end(xxh3, hex_xxh3);
        cr_expect_str_eq(hex, whole, "cut %zu", cuts[i]);
        cr_expect_str_eq(hex_xxh3, whole_xxh3, "cut %zu", cuts[i]);
    }
}

Test(hash, secrets_compare)
{
    cr_expect(vouch_secret_equal("token", "token", 5));
    cr_expect_not(vouch_secret_equal("token", "tokem", 5));
}

Test(hash, random_hex_is_bounded_and_differs)
{
    char a[129], b[129];
    cr_assert_eq(vouch_random_hex(64, a, NULL), VOUCH_OK);
    cr_assert_eq(vouch_random_hex(64, b, NULL), VOUCH_OK);
    cr_expect_eq(strlen(a), 128);
    cr_expect_str_neq(a, b);
    vouch_error err = VOUCH_ERROR_INIT;
    cr_expect_eq(vouch_random_hex(65, a, &err), VOUCH_INTERNAL);
}

Test(hash, uuids_have_the_shape_of_version_7_and_sort_by_time)
{
    char previous[37] = "", uuid[37];
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(vouch_uuid(uuid, NULL), VOUCH_OK);
        cr_assert_eq(strlen(uuid), 36);
        for (size_t k = 0; k < 36; k++) {
            bool dash = k == 8 || k == 13 || k == 18 || k == 23;
            cr_assert(dash ? uuid[k] == '-' : strchr("0123456789abcdef", uuid[k]) != NULL, "%s", uuid);
        }
        cr_expect_eq(uuid[14], '7');
        cr_expect(strchr("89ab", uuid[19]) != NULL, "%s", uuid);
        cr_expect_leq(strncmp(previous, uuid, 13), 0); /* 48 bits of milliseconds */
        memcpy(previous, uuid, sizeof uuid);
    }
}

/* RFC 4231, test cases 2 and 6. */
Test(hash, hmac_sha256)
{
    static const char key[] = "Jefe", data[] = "what do ya want for nothing?";
    static const char long_data[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t out[32], long_key[131];
    char hex[65];
    vouch_hmac_sha256(key, sizeof key - 1, data, sizeof data - 1, out);
    vouch_hex(out, sizeof out, hex);
    cr_expect_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(long_key, 0xaa, sizeof long_key);
    vouch_hmac_sha256(long_key, sizeof long_key, long_data, sizeof long_data - 1, out);
    vouch_hex(out, sizeof out, hex);
    cr_expect_str_eq(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
