/*
 * The database as pg_dump's custom format, streamed: from pg_dump into a sealed blob, from there into pg_restore. On no
 * disk is a byte of it plain.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "repository.h"

enum {
    PIECE_BYTES = 65536
};

static vouch_code copy_out(tool *t, vouch_blob_writer *to, const vouch_backup_watch *watch, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) char *piece = malloc(PIECE_BYTES);
    uint64_t bytes = 0;
    if (!piece)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a dump");
    for (;;) {
        const ssize_t got = read(t->data, piece, PIECE_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vouch_fail(err, VOUCH_IO, "reading from pg_dump: %s", strerror(errno));
        if (got == 0)
            return VOUCH_OK;
        VOUCH_TRY(vouch_blob_append(to, piece, (size_t)got, err));
        bytes += (uint64_t)got;
        tell(watch, "dump", 0, bytes);
    }
}

vouch_code dump_make(const vouch_config *config, const vouch_snapshot *snapshot, const repository *r,
                     const vouch_backup_watch *watch, vouch_blob *out, vouch_error *err)
{
    const vouch_snapshot_info *info = vouch_snapshot_about(snapshot);
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(tool_kill) tool t = {.data = -1, .messages = -1};
    VOUCH_CLEANUP(vouch_blob_abort) vouch_blob_writer *to = NULL;
    const char *database = NULL;
    char **environment = NULL;
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "making a dump");
    VOUCH_TRY(vouch_store_environment(config->database, /* backup= */ true, arena, &environment, &database, err));
    char *argv[] = {NULL,
                    (char[]){"--format=custom"},
                    (char[]){"--compress=1"},
                    (char[]){"--schema=vouch"},
                    (char[]){"--enable-row-security"},
                    (char[]){"--no-password"},
                    (char[]){"--role=" VOUCH_DATABASE_ROLE_BACKUP},
                    vouch_arena_printf(arena, "--snapshot=%s", info->id),
                    database ? vouch_arena_printf(arena, "--dbname=%s", database) : NULL,
                    NULL};
    const tool_call call = {.name = "pg_dump", .version = info->server_major, .argv = argv, .environment = environment};
    VOUCH_TRY(vouch_blob_create(r->blobs, NOBODY, SIZE_MAX, &to, err));
    VOUCH_TRY(tool_start(&call, &t, err));
    VOUCH_TRY(copy_out(&t, to, watch, err));
    VOUCH_TRY(tool_end(&t, err));
    return vouch_blob_commit(&to, out, err);
}

/* @param broken  out: the tool reads no more; its own message tells why */
static vouch_code copy_in(vouch_blob_reader *from, tool *t, const char *phase, const vouch_backup_watch *watch,
                          bool *broken, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_free_pointer) char *piece = malloc(PIECE_BYTES);
    size_t got = 0;
    if (!piece)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a dump");
    for (uint64_t at = 0; at < vouch_blob_reader_size(from); at += got) {
        VOUCH_TRY(vouch_blob_read(from, at, piece, PIECE_BYTES, &got, err));
        for (size_t done = 0; done < got;) {
            const ssize_t written = write(t->data, piece + done, got - done);
            if (written < 0 && errno == EINTR)
                continue;
            *broken = written < 0;
            if (*broken)
                return VOUCH_OK;
            done += (size_t)written;
        }
        tell(watch, phase, 0, at + got);
    }
    return VOUCH_OK;
}

static vouch_code feed(vouch_blob_reader *from, tool *t, const char *phase, const vouch_backup_watch *watch,
                       vouch_error *err)
{
    bool broken = false;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigaction(SIGPIPE, &ignore, &before);
    vouch_code code = copy_in(from, t, phase, watch, &broken, err);
    sigaction(SIGPIPE, &before, NULL);
    if (code == VOUCH_OK)
        code = tool_end(t, err);
    if (code == VOUCH_OK && broken)
        code = vouch_fail(err, VOUCH_IO, "pg_restore did not read the dump to its end");
    return code;
}

vouch_code dump_feed(const repository *r, const manifest *m, const char *conninfo, int server_major,
                     const vouch_backup_watch *watch, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    VOUCH_CLEANUP(tool_kill) tool t = {.data = -1, .messages = -1};
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *from = NULL;
    const char *database = NULL;
    char **environment = NULL;
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a dump");
    VOUCH_TRY(
        vouch_store_environment(conninfo ? conninfo : "", /* backup= */ false, arena, &environment, &database, err));
    char *to_database[] = {NULL,
                           (char[]){"--exit-on-error"},
                           (char[]){"--single-transaction"},
                           (char[]){"--no-password"},
                           vouch_arena_printf(arena, "--dbname=%s", database ? database : "postgres"),
                           NULL};
    char *to_nothing[] = {NULL, (char[]){"--file=/dev/null"}, NULL};
    const tool_call call = {.name = "pg_restore",
                            .version = server_major,
                            .argv = conninfo ? to_database : to_nothing,
                            .environment = environment,
                            .reads = true};
    VOUCH_TRY(repository_about(r, NOBODY, vouch_blob_open(r->blobs, NOBODY, m->dump, &from, err), err));
    VOUCH_TRY(tool_start(&call, &t, err));
    return feed(from, &t, conninfo ? "database" : "check", watch, err);
}
