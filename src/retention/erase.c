/** One document: what is left of its readings and words, its rows, its blobs. */
#include <stdlib.h>
#include <string.h>

#include "reading.h"
#include "vouch/snapshot.h"

enum {
    /* A blob that was stored again so recently may belong to an upload whose row is about to be written. */
    YOUNG_SECONDS = 120,
};
#define MOST_WORDS ((size_t)256 << 20) /* bytes */

typedef struct erasing {
    vouch_store *store;
    vouch_blobs *blobs;
    const vouch_principal *who;
    const vouch_erase_options *options;
    vouch_arena *arena;
    vouch_erasable before;
    vouch_stored_reading *after;
    vouch_personal personal;
} erasing;

static vouch_code mask_words(erasing *e, vouch_stored_reading *reading, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *bytes = NULL;
    size_t length = 0, masked = 0;
    const char *words = NULL;
    const vouch_code code =
        vouch_blob_load(e->blobs, e->who->tenant_id, reading->words_sha256, MOST_WORDS, &bytes, &length, err);
    if (code == VOUCH_NOT_FOUND) /* went before, with another document of the same words */
        return VOUCH_OK;
    VOUCH_TRY(code);
    VOUCH_TRY(vouch_words_mask((const char *)bytes, length, &e->personal, e->arena, &words, &masked, err));
    if (masked == 0)
        return VOUCH_OK;
    vouch_blob blob;
    VOUCH_TRY(vouch_blob_store(e->blobs, e->who->tenant_id, words, strlen(words), &blob, err));
    reading->words_sha256 = vouch_arena_strdup(e->arena, blob.sha256);
    return VOUCH_OK;
}

/* Words stay with a reading that is masked, and go with one that is erased. */
static vouch_code make_readings(erasing *e, vouch_error *err)
{
    const size_t count = e->before.reading_count;
    e->after = vouch_arena_calloc(e->arena, count + 1, sizeof *e->after);
    if (e->options->person)
        *VOUCH_ARENA_PUSH(e->arena, e->personal.texts, e->personal.text_count, e->personal.text_capacity) =
            e->options->person;
    for (size_t i = 0; i < count; i++) {
        vouch_stored_reading *after = &e->after[i];
        const char *before = e->before.readings[i].reading;
        *after = e->before.readings[i];
        if (e->options->mask) {
            VOUCH_TRY(vouch_reading_mask(before, e->arena, &e->personal, &after->reading, err));
            if (after->words_sha256)
                VOUCH_TRY(mask_words(e, after, err));
        } else {
            VOUCH_TRY(vouch_reading_reduce(before, e->before.in_books, e->arena, &after->reading, err));
            after->words_sha256 = NULL;
        }
    }
    return VOUCH_OK;
}

/* Under the lock of those who remove blobs. */
static vouch_code remove_unused(erasing *e, vouch_erase_result *out, vouch_error *err)
{
    const size_t count = e->before.blob_count;
    VOUCH_CLEANUP(vouch_free_pointer) bool *used = calloc(count + 1, sizeof *used);
    if (!used)
        return vouch_fail(err, VOUCH_NO_MEMORY, "erasing a document");
    VOUCH_TRY(vouch_store_blobs_used(e->store, e->who->tenant_id, e->before.blobs, count, used, err));
    for (size_t i = 0; i < count; i++) {
        bool removed = false;
        if (!used[i])
            VOUCH_TRY(
                vouch_blob_remove_older(e->blobs, e->who->tenant_id, e->before.blobs[i], YOUNG_SECONDS, &removed, err));
        out->blobs += removed;
        out->shared += used[i];
        out->waiting += !used[i] && !removed;
    }
    return VOUCH_OK;
}

/* A backup that runs copies what its snapshot refers to: then the orphan sweep removes the blobs afterwards. */
static vouch_code remove_blobs(erasing *e, vouch_erase_result *out, vouch_error *err)
{
    bool mine = false;
    vouch_error unlocking = VOUCH_ERROR_INIT;
    VOUCH_TRY(vouch_store_blobs_lock(e->store, &mine, err));
    if (!mine) {
        out->waiting += e->before.blob_count;
        return VOUCH_OK;
    }
    const vouch_code code = remove_unused(e, out, err);
    const vouch_code unlocked = vouch_store_blobs_unlock(e->store, &unlocking);
    VOUCH_TRY(code);
    return unlocked == VOUCH_OK ? VOUCH_OK : vouch_fail(err, unlocked, "%s", unlocking.message);
}

static vouch_code erase_in(erasing *e, const char *document_id, vouch_erase_result *out, vouch_error *err)
{
    VOUCH_TRY(vouch_store_erasable(e->store, e->who, document_id, e->arena, &e->before, err));
    VOUCH_TRY(make_readings(e, err));
    const bool name_in_file = e->before.file && mask_text(e->before.file, &e->personal, e->arena);
    const vouch_erasure erasure = {.document_id = document_id,
                                   .mask = e->options->mask,
                                   .clear_file = name_in_file,
                                   .reason = e->options->reason,
                                   .readings = e->after,
                                   .reading_count = e->before.reading_count};
    VOUCH_TRY(vouch_store_erase(e->store, e->who, &erasure, err));
    return remove_blobs(e, out, err);
}

vouch_code vouch_erase_document(vouch_store *store, vouch_blobs *blobs, const vouch_principal *who,
                                const char *document_id, const vouch_erase_options *options, vouch_erase_result *out,
                                vouch_error *err)
{
    vouch_erase_result ignored = {0};
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "erasing a document");
    erasing e = {.store = store, .blobs = blobs, .who = who, .options = options, .arena = arena};
    return erase_in(&e, document_id, out ? out : &ignored, err);
}
