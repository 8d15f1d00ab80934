/**
 * A blob store in a folder of its own, for one test. With TEST_SEALED the store has keys: what holds for plain blobs
 * must hold for encrypted ones, so the same tests are built twice.
 */
#ifndef VOUCH_TEST_INGEST_TEMPORARY_H
#define VOUCH_TEST_INGEST_TEMPORARY_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vouch/ingest.h"
#include "vouch/vault.h"

#define TENANT_A "0190f5fe-7c00-7a00-8000-0123456789ab"
#define TENANT_B "0190f5fe-7c00-7a00-8000-0123456789ac"

typedef struct temporary {
    char folder[64];
    vouch_blobs *blobs;
} temporary;

/** Put a new key before those of the store's key file. */
static inline void temporary_add_key(const temporary *t)
{
    char line[VOUCH_KEY_LINE_SIZE], command[512];
    cr_assert_eq(vouch_key_generate(line, NULL), VOUCH_OK);
    snprintf(command, sizeof command,
             "umask 077; touch %s/keys; { echo %s; cat %s/keys; } >%s/new && mv %s/new %s/keys", t->folder, line,
             t->folder, t->folder, t->folder, t->folder);
    cr_assert_eq(system(command), 0);
}

/** Open the store, again too, with its key file or without. */
static inline vouch_code temporary_open_blobs(temporary *t, bool sealed, bool require, vouch_error *err)
{
    char file[80];
    snprintf(file, sizeof file, "%s/keys", t->folder);
    const vouch_blob_seals seals = {.key_file = sealed ? file : NULL, .require = require};
    vouch_blobs_close(&t->blobs);
    return vouch_blobs_open_sealed(t->folder, &seals, &t->blobs, err);
}

static inline temporary temporary_open_as(bool sealed)
{
    temporary t = {.folder = "/tmp/vouch-blobs-XXXXXX"};
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_not_null(mkdtemp(t.folder));
    if (sealed)
        temporary_add_key(&t);
    cr_assert_eq(temporary_open_blobs(&t, sealed, false, &err), VOUCH_OK, "%s", err.message);
    return t;
}

static inline temporary temporary_open(void)
{
#ifdef TEST_SEALED
    return temporary_open_as(true);
#else
    return temporary_open_as(false);
#endif
}

static inline int temporary_remove_entry(const char *path, const struct stat *stats, int type, struct FTW *position)
{
    (void)stats;
    (void)type;
    (void)position;
    return remove(path);
}

static inline void temporary_done(temporary *t)
{
    vouch_blobs_close(&t->blobs);
    nftw(t->folder, temporary_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/** Path of a blob. */
static inline void temporary_path(const temporary *t, const char *tenant, const char *sha256, char out[256])
{
    snprintf(out, 256, "%s/tenants/%s/%.2s/%s", t->folder, tenant, sha256, sha256);
}

/** Number of files in tmp. */
static inline int temporary_spools(const temporary *t)
{
    char command[160];
    snprintf(command, sizeof command, "ls -A %s/tmp | wc -l", t->folder);
    FILE *pipe = popen(command, "r");
    int count = -1;
    cr_assert_eq(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

#endif
