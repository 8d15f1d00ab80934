/*
 * Manifests (JSON) and lists of blobs. Both are sealed blobs like everything else, so what is read here was written by
 * a backup; their form is checked all the same. A manifest says its own name: no older one can be put in a newer's
 * place.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "repository.h"

enum {
    FORM = 1,
    MANIFEST_BYTES = 16 << 20,
    LINE_BYTES = 36 + 1 + 64 + 1 + 20 + 1,
    PIECE_BYTES = 65536
};

static void release(json_t **object)
{
    json_decref(*object);
}

static json_t *tables_json(const manifest *m)
{
    json_t *tables = json_object();
    for (size_t i = 0; i < m->table_count; i++)
        json_object_set_new(tables, m->tables[i].name, json_integer(m->tables[i].rows));
    return tables;
}

vouch_code manifest_store(const repository *r, const manifest *m, char sha256[65], vouch_error *err)
{
    const vouch_backup_summary *s = &m->summary;
    vouch_blob blob;
    VOUCH_CLEANUP(release)
    json_t *root = json_pack("{s:i, s:s, s:s, s:s, s:i, s:s, s:{s:s, s:I, s:o}, s:{s:s, s:I, s:I, s:I}}", "form", FORM,
                             "name", s->name, "at", s->at, "server", m->server, "schema", s->schema, "program",
                             VOUCH_VERSION, "database", "dump", m->dump, "bytes", (json_int_t)s->dump_bytes, "tables",
                             tables_json(m), "blobs", "list", m->list, "count", (json_int_t)s->blobs, "bytes",
                             (json_int_t)s->blob_bytes, "missing", (json_int_t)s->missing);
    VOUCH_CLEANUP(vouch_free_pointer) char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
    if (!text)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing a manifest");
    VOUCH_TRY(vouch_blob_store(r->blobs, NOBODY, text, strlen(text), &blob, err));
    memcpy(sha256, blob.sha256, sizeof blob.sha256);
    return VOUCH_OK;
}

static bool take_hash(const char *text, char out[65])
{
    if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
        return false;
    memcpy(out, text, 65);
    return true;
}

static bool take_tables(json_t *tables, vouch_arena *arena, manifest *out)
{
    const char *name;
    json_t *rows;
    out->tables = vouch_arena_calloc(arena, json_object_size(tables) + 1, sizeof *out->tables);
    json_object_foreach(tables, name, rows)
    {
        if (!json_is_integer(rows))
            return false;
        out->tables[out->table_count++] =
            (vouch_table_count){.name = vouch_arena_strdup(arena, name), .rows = json_integer_value(rows)};
        out->summary.rows += json_integer_value(rows);
    }
    out->summary.tables = out->table_count;
    return true;
}

static bool take(json_t *root, vouch_arena *arena, manifest *out)
{
    int form = 0, schema = 0;
    json_int_t dump_bytes = 0, blobs = 0, blob_bytes = 0, missing = 0;
    const char *name = NULL, *at = NULL, *server = NULL, *dump = NULL, *list = NULL;
    json_t *tables = NULL;
    if (json_unpack(root, "{s:i, s:s, s:s, s:s, s:i, s:{s:s, s:I, s:o}, s:{s:s, s:I, s:I, s:I}}", "form", &form, "name",
                    &name, "at", &at, "server", &server, "schema", &schema, "database", "dump", &dump, "bytes",
                    &dump_bytes, "tables", &tables, "blobs", "list", &list, "count", &blobs, "bytes", &blob_bytes,
                    "missing", &missing) != 0 ||
        form != FORM || !json_is_object(tables))
        return false;
    *out = (manifest){.server = vouch_arena_strdup(arena, server),
                      .summary = {.schema = schema,
                                  .dump_bytes = (uint64_t)dump_bytes,
                                  .blobs = (size_t)blobs,
                                  .blob_bytes = (uint64_t)blob_bytes,
                                  .missing = (size_t)missing}};
    snprintf(out->summary.name, sizeof out->summary.name, "%s", name);
    snprintf(out->summary.at, sizeof out->summary.at, "%s", at);
    return take_hash(dump, out->dump) && take_hash(list, out->list) && take_tables(tables, arena, out);
}

static vouch_code load(const repository *r, const char *name, vouch_arena *arena, manifest *out, vouch_error *err)
{
    char sha256[65];
    VOUCH_CLEANUP(vouch_free_pointer) uint8_t *text = NULL;
    size_t length = 0;
    VOUCH_TRY(repository_lookup(r, name, sha256, err));
    VOUCH_TRY(repository_about(r, NOBODY,
                               vouch_blob_load(r->blobs, NOBODY, sha256, MANIFEST_BYTES, &text, &length, err), err));
    VOUCH_CLEANUP(release) json_t *root = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, NULL);
    if (!root || !take(root, arena, out))
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "the manifest of backup %s is of no form that this program knows",
                          name);
    if (strcmp(out->summary.name, name) != 0)
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "%s/backups/%s leads to the manifest of backup %s", r->folder, name,
                          out->summary.name);
    return VOUCH_OK;
}

vouch_code manifest_load(const repository *r, const char *name, vouch_arena *arena, manifest *out, vouch_error *err)
{
    char(*names)[VOUCH_BACKUP_NAME_SIZE] = NULL;
    size_t count = 0;
    if (name)
        return load(r, name, arena, out, err);
    VOUCH_TRY(repository_names(r, arena, &names, &count, err));
    if (count == 0)
        return vouch_fail(err, VOUCH_NOT_FOUND, "%s has no backup", r->folder);
    return load(r, names[count - 1], arena, out, err);
}

int server_major(const manifest *m)
{
    return (int)strtol(m->server, NULL, 10);
}

/* ---- lists ---- */

vouch_code list_add(vouch_blob_writer *list, const char *tenant, const char *sha256, size_t size, vouch_error *err)
{
    char line[LINE_BYTES + 1];
    const int length = snprintf(line, sizeof line, "%s %s %zu\n", tenant, sha256, size);
    return vouch_blob_append(list, line, (size_t)length, err);
}

typedef struct list_reader {
    const manifest *m;
    list_visitor visitor;
    void *context;
    char line[LINE_BYTES + 1];
    size_t length;
} list_reader;

static vouch_code take_line(list_reader *l, vouch_error *err)
{
    char *end = NULL;
    l->line[l->length] = '\0';
    l->length = 0;
    const bool formed = strlen(l->line) > 102 && l->line[36] == ' ' && l->line[101] == ' ';
    const unsigned long long size = formed ? strtoull(l->line + 102, &end, 10) : 0;
    if (!formed || *end != '\0')
        return vouch_fail(err, VOUCH_BLOB_DAMAGED, "the list of backup %s has a line that is none", l->m->summary.name);
    l->line[36] = l->line[101] = '\0';
    return l->visitor(l->context, l->line, l->line + 37, (size_t)size, err);
}

static vouch_code take_piece(list_reader *l, const char *text, size_t length, vouch_error *err)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            VOUCH_TRY(take_line(l, err));
        else if (l->length == LINE_BYTES)
            return vouch_fail(err, VOUCH_BLOB_DAMAGED, "the list of backup %s has a line that is too long",
                              l->m->summary.name);
        else
            l->line[l->length++] = text[i];
    }
    return VOUCH_OK;
}

vouch_code list_read(const repository *r, const manifest *m, list_visitor visitor, void *context, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_blob_reader_close) vouch_blob_reader *reader = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) char *piece = malloc(PIECE_BYTES);
    list_reader l = {.m = m, .visitor = visitor, .context = context};
    size_t got = 0;
    if (!piece)
        return vouch_fail(err, VOUCH_NO_MEMORY, "reading a list");
    VOUCH_TRY(repository_about(r, NOBODY, vouch_blob_open(r->blobs, NOBODY, m->list, &reader, err), err));
    for (uint64_t at = 0; at < vouch_blob_reader_size(reader); at += got) {
        VOUCH_TRY(vouch_blob_read(reader, at, piece, PIECE_BYTES, &got, err));
        VOUCH_TRY(take_piece(&l, piece, got, err));
    }
    return VOUCH_OK;
}
