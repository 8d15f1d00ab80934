#include <criterion/criterion.h>
#include <string.h>

#include "vouch/memory.h"
#include "vouch/vault.h"

#define TENANT_A "0190f5fe-7c00-7a00-8000-0123456789ab"
#define TENANT_B "0190f5fe-7c00-7a00-8000-0123456789ac"

static vouch_keyring *make_ring(void)
{
    char line[VOUCH_KEY_LINE_SIZE];
    vouch_keyring *ring = NULL;
    cr_assert_eq(vouch_key_generate(line, NULL), VOUCH_OK);
    cr_assert_eq(vouch_keyring_parse(line, strlen(line), "keys", &ring, NULL), VOUCH_OK);
    return ring;
}

Test(tenant_key, opens_for_its_tenant_under_its_id_with_its_master)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = make_ring();
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *other = make_ring();
    vouch_master_key master;
    vouch_tenant_key key, back;
    vouch_error err = VOUCH_ERROR_INIT;
    uint8_t record[VOUCH_TENANT_KEY_RECORD];
    char id[VOUCH_KEY_ID_SIZE];
    vouch_keyring_current(ring, &master);
    cr_assert_eq(vouch_tenant_key_make(&key, &err), VOUCH_OK);
    cr_assert_eq(vouch_tenant_key_wrap(&key, TENANT_A, &master, record, &err), VOUCH_OK);
    cr_assert_eq(vouch_tenant_key_master(record, sizeof record, key.id, id, &err), VOUCH_OK);
    cr_expect_str_eq(id, master.id);
    cr_assert_eq(vouch_tenant_key_unwrap(record, sizeof record, TENANT_A, key.id, ring, &back, &err), VOUCH_OK);
    cr_expect_eq(memcmp(&back, &key, sizeof key), 0);
    cr_expect_eq(vouch_tenant_key_unwrap(record, sizeof record, TENANT_B, key.id, ring, &back, &err),
                 VOUCH_BLOB_DAMAGED);
    cr_expect_eq(vouch_tenant_key_unwrap(record, sizeof record, TENANT_A, TENANT_A, ring, &back, &err),
                 VOUCH_BLOB_DAMAGED);
    cr_expect_eq(vouch_tenant_key_unwrap(record, sizeof record, TENANT_A, key.id, other, &back, &err),
                 VOUCH_KEY_MISSING);
    cr_expect_not_null(strstr(err.message, master.id), "%s", err.message);
}

Test(tenant_key, each_flipped_bit_and_each_other_length_is_found)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = make_ring();
    vouch_master_key master;
    vouch_tenant_key key, back = {.id = "untouched"};
    uint8_t record[VOUCH_TENANT_KEY_RECORD + 1] = {0};
    vouch_keyring_current(ring, &master);
    cr_assert_eq(vouch_tenant_key_make(&key, NULL), VOUCH_OK);
    cr_assert_eq(vouch_tenant_key_wrap(&key, TENANT_A, &master, record, NULL), VOUCH_OK);
    for (size_t bit = 0; bit < 8 * VOUCH_TENANT_KEY_RECORD; bit++) {
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const vouch_code code =
            vouch_tenant_key_unwrap(record, VOUCH_TENANT_KEY_RECORD, TENANT_A, key.id, ring, &back, NULL);
        /* A changed id of the master key names one that is not there. */
        cr_expect_eq(code, bit / 8 >= 12 && bit / 8 < 20 ? VOUCH_KEY_MISSING : VOUCH_BLOB_DAMAGED, "bit %zu", bit);
        record[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t length = 0; length <= sizeof record; length++)
        if (length != VOUCH_TENANT_KEY_RECORD)
            cr_expect_eq(vouch_tenant_key_unwrap(record, length, TENANT_A, key.id, ring, &back, NULL),
                         VOUCH_BLOB_DAMAGED, "%zu bytes", length);
    cr_expect_str_eq(back.id, "untouched");
}

Test(tenant_key, no_two_records_of_a_key_are_alike)
{
    VOUCH_CLEANUP(vouch_keyring_free) vouch_keyring *ring = make_ring();
    vouch_master_key master;
    vouch_tenant_key key;
    uint8_t first[VOUCH_TENANT_KEY_RECORD], second[VOUCH_TENANT_KEY_RECORD];
    vouch_keyring_current(ring, &master);
    cr_assert_eq(vouch_tenant_key_make(&key, NULL), VOUCH_OK);
    cr_assert_eq(vouch_tenant_key_wrap(&key, TENANT_A, &master, first, NULL), VOUCH_OK);
    cr_assert_eq(vouch_tenant_key_wrap(&key, TENANT_A, &master, second, NULL), VOUCH_OK);
    cr_expect_neq(memcmp(first + 36, second + 36, 12), 0, "a nonce was used twice");
    cr_expect_neq(memcmp(first + 48, second + 48, 32), 0);
}
