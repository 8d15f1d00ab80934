/**
 * bench_vault: what encryption at rest costs, in MB of plain bytes for each second of CPU time: sealed streams beside a
 * bare loop of EVP calls over the same bytes in the same run, SHA-256 for comparison, and whole blobs written and read
 * with and without keys. The best of several rounds each, which other load disturbs least.
 */
#include <ftw.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vouch/hash.h"
#include "vouch/ingest.h"
#include "vouch/vault.h"

enum {
    CHUNKS = 512, /* 32 MiB */
    BYTES = CHUNKS * VOUCH_SEAL_CHUNK,
    ROUNDS = 9
};

#define TENANT "0190f5fe-7c00-7a00-8000-0123456789ab"

typedef struct bench {
    uint8_t *plain, *sealed;
    uint8_t header[VOUCH_SEAL_HEADER];
    vouch_tenant_key key;
    vouch_blobs *blobs;
    size_t blob_size;
    vouch_blob blob;
} bench;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench_vault: %s failed\n", what);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void bare(bench *b, bool encrypt)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t nonce[12] = {0}, tag[16];
    int done = 0;
    must(context && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, b->key.bytes, NULL, encrypt) == 1, "EVP");
    for (size_t i = 0; i < CHUNKS; i++) {
        nonce[11] = (uint8_t)i;
        nonce[10] = (uint8_t)(i >> 8);
        const uint8_t *from = (encrypt ? b->plain : b->sealed) + i * VOUCH_SEAL_CHUNK;
        must(EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) == 1 &&
                 EVP_CipherUpdate(context, b->sealed + i * VOUCH_SEAL_CHUNK, &done, from, VOUCH_SEAL_CHUNK) == 1,
             "EVP");
        if (encrypt)
            must(EVP_CipherFinal_ex(context, tag, &done) == 1 &&
                     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) == 1,
                 "EVP");
    }
    EVP_CIPHER_CTX_free(context);
}

static void run_bare_encrypt(bench *b)
{
    bare(b, true);
}

static void run_bare_decrypt(bench *b)
{
    bare(b, false);
}

static void run_seal(bench *b)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    must(vouch_seal_begin(&b->key, TENANT, b->header, &seal, NULL) == VOUCH_OK, "sealing");
    for (size_t i = 0; i < CHUNKS; i++)
        must(vouch_seal_chunk(seal, b->plain + i * VOUCH_SEAL_CHUNK, b->sealed + i * VOUCH_SEAL_SEALED_CHUNK, NULL) ==
                 VOUCH_OK,
             "sealing");
}

static void run_unseal(bench *b)
{
    VOUCH_CLEANUP(vouch_seal_free) vouch_seal *seal = NULL;
    must(vouch_unseal_begin(b->header, &b->key, TENANT, &seal, NULL) == VOUCH_OK, "opening");
    for (size_t i = 0; i < CHUNKS; i++)
        must(vouch_unseal_chunk(seal, i, NULL, b->sealed + i * VOUCH_SEAL_SEALED_CHUNK, VOUCH_SEAL_SEALED_CHUNK,
                                b->plain + i * VOUCH_SEAL_CHUNK, NULL) == VOUCH_OK,
             "opening");
}

static void run_hash(bench *b)
{
    uint8_t digest[32];
    vouch_sha256(b->plain, BYTES, digest);
}

static void run_store(bench *b)
{
    for (size_t at = 0; at + b->blob_size <= BYTES; at += b->blob_size)
        must(vouch_blob_store(b->blobs, TENANT, b->plain, b->blob_size, &b->blob, NULL) == VOUCH_OK, "storing");
}

static void run_load(bench *b)
{
    for (size_t at = 0; at + b->blob_size <= BYTES; at += b->blob_size) {
        VOUCH_CLEANUP(vouch_free_pointer) uint8_t *data = NULL;
        size_t length = 0;
        must(vouch_blob_load(b->blobs, TENANT, b->blob.sha256, b->blob_size, &data, &length, NULL) == VOUCH_OK,
             "reading");
    }
}

static double measure(bench *b, void (*run)(bench *))
{
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const double start = cpu_seconds();
        run(b);
        const double speed = (double)BYTES / 1e6 / (cpu_seconds() - start);
        best = speed > best ? speed : best;
    }
    return best;
}

static void print(const char *what, double speed, double bare_speed)
{
    printf("  %-40s %8.0f MB/s", what, speed);
    if (bare_speed > 0)
        printf("  %3.0f %% of bare EVP", 100 * speed / bare_speed);
    putchar('\n');
}

static int remove_entry(const char *path, const struct stat *stats, int type, struct FTW *position)
{
    (void)stats;
    (void)type;
    (void)position;
    return remove(path);
}

static void measure_blobs(bench *b, const char *folder, size_t size)
{
    char file[128], store[128], what[80];
    snprintf(file, sizeof file, "%s/keys", folder);
    b->blob_size = size;
    for (int sealed = 0; sealed <= 1; sealed++) {
        const vouch_blob_seals seals = {.key_file = sealed ? file : NULL};
        snprintf(store, sizeof store, "%s/%s", folder, sealed ? "sealed" : "plain");
        must(vouch_blobs_open_sealed(store, &seals, &b->blobs, NULL) == VOUCH_OK, "opening a store");
        const double written = measure(b, run_store), read = measure(b, run_load);
        snprintf(what, sizeof what, "blobs of %zu kB, %s, written", size / 1000, sealed ? "encrypted" : "plain");
        print(what, written, 0);
        snprintf(what, sizeof what, "blobs of %zu kB, %s, read", size / 1000, sealed ? "encrypted" : "plain");
        print(what, read, 0);
        vouch_blobs_close(&b->blobs);
    }
}

static void make_key_file(const char *folder)
{
    char file[128], line[VOUCH_KEY_LINE_SIZE];
    snprintf(file, sizeof file, "%s/keys", folder);
    must(vouch_key_generate(line, NULL) == VOUCH_OK, "making a key");
    FILE *out = fopen(file, "w");
    must(out && fchmod(fileno(out), 0600) == 0 && fputs(line, out) >= 0 && fclose(out) == 0, "writing a key file");
}

int main(void)
{
    char folder[] = "/tmp/vouch-bench-vault-XXXXXX";
    bench b = {.plain = malloc(BYTES), .sealed = malloc((size_t)CHUNKS * VOUCH_SEAL_SEALED_CHUNK)};
    must(b.plain && b.sealed && mkdtemp(folder) && vouch_tenant_key_make(&b.key, NULL) == VOUCH_OK, "starting");
    make_key_file(folder);
    for (size_t i = 0; i < BYTES; i++)
        b.plain[i] = (uint8_t)(i * 2654435761U >> 13);
    printf("MB of plain bytes for a second of CPU time, one thread, best of %d rounds of %d MB\n\n", ROUNDS,
           BYTES / 1000000);
    const double encrypt = measure(&b, run_bare_encrypt), decrypt = measure(&b, run_bare_decrypt);
    print("bare EVP AES-256-GCM, 64 KiB, encrypt", encrypt, 0);
    print("bare EVP AES-256-GCM, 64 KiB, decrypt", decrypt, 0);
    print("sealed stream, encrypt", measure(&b, run_seal), encrypt);
    print("sealed stream, decrypt and check", measure(&b, run_unseal), decrypt);
    print("SHA-256", measure(&b, run_hash), 0);
    measure_blobs(&b, folder, 100000);
    measure_blobs(&b, folder, 5000000);
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(b.plain);
    free(b.sealed);
    return 0;
}
