/** Inside of the folder backend: its two folders, and how folders in them are entered. */
#ifndef VOUCH_INGEST_FOLDER_H
#define VOUCH_INGEST_FOLDER_H

#include <dirent.h>
#include <fcntl.h>

#include "backend.h"

enum {
    OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
};

typedef struct folder {
    int tenants, tmp;
} folder;

/** VOUCH_IO with what errno says. */
vouch_code folder_failed(vouch_error *err, const char *what, const char *which);
/** Open a folder in a folder, made when it isn't there. The new entry is durable when this returns. VOUCH_NOT_FOUND */
vouch_code folder_enter(int parent, const char *name, bool create, int *out, vouch_error *err);
vouch_code folder_spool(void *state, vouch_spool *out, vouch_error *err);
void folder_discard(void *state, vouch_spool *spool);
/** A cleanup handler. */
void folder_close_stream(DIR **stream);

vouch_code folder_put_key(void *state, const char *tenant, const char *id, const uint8_t *record, size_t length,
                          vouch_error *err);
vouch_code folder_get_key(void *state, const char *tenant, const char *id, uint8_t *record, size_t capacity,
                          size_t *length, vouch_error *err);
vouch_code folder_remove_key(void *state, const char *tenant, const char *id, vouch_error *err);
vouch_code folder_list_keys(void *state, const char *tenant, vouch_id_found found, void *context, vouch_error *err);
vouch_code folder_list_tenants(void *state, vouch_id_found found, void *context, vouch_error *err);

#endif
