/** A blob store in a folder of its own, for one test. */
#ifndef VOUCH_TEST_INGEST_TEMPORARY_H
#define VOUCH_TEST_INGEST_TEMPORARY_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vouch/ingest.h"

#define TENANT_A "0190f5fe-7c00-7a00-8000-0123456789ab"
#define TENANT_B "0190f5fe-7c00-7a00-8000-0123456789ac"

typedef struct temporary {
    char folder[64];
    vouch_blobs *blobs;
} temporary;

static inline temporary temporary_open(void)
{
    temporary t = {.folder = "/tmp/vouch-blobs-XXXXXX"};
    cr_assert_not_null(mkdtemp(t.folder));
    vouch_error err = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_blobs_open_folder(t.folder, &t.blobs, &err), VOUCH_OK, "%s", err.message);
    return t;
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
    snprintf(out, 256, "%s/tenants/%s/%.2s/%.2s/%s", t->folder, tenant, sha256, sha256 + 2, sha256);
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
