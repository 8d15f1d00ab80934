/**
 * ZIP archives of invoices (APPNOTE 6.3): every entry becomes a part.
 *
 * The sizes that an archive states are never believed: what comes out of the inflater is counted, per entry, per
 * document and against the packed size. An archive that could be read in two ways (the same name twice) is refused.
 * Names without the UTF-8 flag are UTF-8 if they look like it, else GB 18030, which is what Chinese Windows and the
 * tax platform's downloads write.
 */
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zip.h>

#include "handler.h"
#include "vouch/text.h"

#define READ_BYTES     65536
#define MAX_NAME_BYTES 1024
/* Deflate reaches 1032:1 on constant bytes; office documents, XML and scans stay below 100:1. Small entries are exempt:
 * they can't hurt. */
#define MAX_RATIO        200
#define RATIO_FREE_BYTES ((size_t)16 << 20)

static int recognise(const uint8_t *data, size_t length)
{
    if (length < 22) /* an end record at least */
        return 0;
    return memcmp(data, "PK\3\4", 4) == 0 || memcmp(data, "PK\5\6", 4) == 0 ? 90 : 0;
}

static void close_conversion(iconv_t *conversion)
{
    if (*conversion != (iconv_t)-1)
        iconv_close(*conversion);
}

/* The loaded conversion stays in the C library's cache as long as one handle is open. */
vouch_code vouch_zip_warm_up(vouch_error *err)
{
    static iconv_t gb18030;
    if (!gb18030) {
        iconv_t opened = iconv_open("UTF-8", "GB18030");
        if (opened == (iconv_t)-1)
            return vouch_fail(err, VOUCH_CONFIG, "the C library can't convert from GB18030");
        gb18030 = opened;
    }
    return VOUCH_OK;
}

const char *vouch_zip_decode_name(vouch_arena *arena, const char *raw)
{
    const size_t length = strlen(raw);
    if (vouch_utf8_valid(raw, length))
        return vouch_arena_strdup(arena, raw);
    VOUCH_CLEANUP(close_conversion) iconv_t conversion = iconv_open("UTF-8", "GB18030");
    char converted[4 * MAX_NAME_BYTES + 1];
    char *in = (char *)(uintptr_t)raw, *out = converted;
    size_t in_left = length, out_left = sizeof converted - 1;
    if (conversion != (iconv_t)-1 && iconv(conversion, &in, &in_left, &out, &out_left) != (size_t)-1)
        return vouch_arena_strndup(arena, converted, (size_t)(out - converted));
    char *plain = vouch_arena_strdup(arena, raw);
    for (char *at = plain; *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '_';
    return plain;
}

/* Why a name must not be used as a path; NULL when it may. Back slashes were turned before. */
static const char *name_fault(const char *name)
{
    if (*name == '/' || (name[0] && name[1] == ':'))
        return "its name is an absolute path";
    for (const char *at = name; at; at = strchr(at, '/')) {
        if (*at == '/')
            at++;
        if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0))
            return "its name leads out of the archive";
    }
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "its name has control characters";
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Folders, and what operating systems leave beside the user's files. */
static bool is_litter(const char *name)
{
    static const char *const files[] = {".DS_Store", "Thumbs.db", "desktop.ini"};
    const char *base = base_name(name);
    if (*base == 0 || strncmp(name, "__MACOSX/", 9) == 0)
        return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcasecmp(base, files[i]) == 0)
            return true;
    return false;
}

static void close_archive(zip_t **archive)
{
    if (*archive)
        zip_discard(*archive);
}

static zip_t *open_from_memory(const vouch_part *part, int flags, zip_error_t *why)
{
    zip_source_t *source = zip_source_buffer_create(part->data, part->length, /* freep= */ 0, why);
    if (!source)
        return NULL;
    zip_t *archive = zip_open_from_source(source, flags, why);
    if (!archive)
        zip_source_free(source);
    return archive;
}

static vouch_code open_archive(vouch_decoded *decoded, int part, zip_t **out, vouch_error *err)
{
    zip_error_t why;
    zip_error_init(&why);
    const vouch_part *it = &decoded->parts[part];
    zip_t *archive = open_from_memory(it, ZIP_RDONLY | ZIP_CHECKCONS, &why);
    if (!archive && (archive = open_from_memory(it, ZIP_RDONLY, &why)))
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                          "archive %s: its directory and its entries disagree", it->path);
    const vouch_code code =
        archive ? VOUCH_OK : vouch_fail(err, VOUCH_BAD_FORMAT, "ZIP archive: %s", zip_error_strerror(&why));
    zip_error_fini(&why);
    if (archive)
        *out = archive;
    return code;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* UTF-8 names of all entries, NULL for those without one. Fails when a name stands twice. */
static vouch_code read_names(vouch_decoded *decoded, zip_t *archive, size_t count, const char ***out, vouch_error *err)
{
    const char **names = vouch_arena_calloc(decoded->arena, count + 1, sizeof *names);
    const char **sorted = vouch_arena_calloc(decoded->arena, count + 1, sizeof *sorted);
    for (size_t i = 0; i < count; i++) {
        const char *raw = zip_get_name(archive, i, ZIP_FL_ENC_RAW);
        if (!raw || strlen(raw) > MAX_NAME_BYTES)
            return vouch_fail(err, VOUCH_BAD_FORMAT, "ZIP archive: entry %zu has no usable name", i);
        char *name = vouch_arena_strdup(decoded->arena, vouch_zip_decode_name(decoded->arena, raw));
        for (char *at = name; *at; at++)
            if (*at == '\\')
                *at = '/';
        names[i] = sorted[i] = name;
    }
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            return vouch_fail(err, VOUCH_BAD_FORMAT, "ZIP archive: %s stands in it twice", sorted[i]);
    *out = names;
    return VOUCH_OK;
}

static void close_entry(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

/* Inflate an entry, counting. VOUCH_EXPANDS_TOO_MUCH ends the archive, other codes this entry. */
static vouch_code read_entry(vouch_decoded *decoded, zip_t *archive, size_t index, const char *name,
                             vouch_buffer *bytes, vouch_error *err)
{
    zip_stat_t stat;
    if (zip_stat_index(archive, index, 0, &stat) != 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "its directory entry can't be read");
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return vouch_fail(err, VOUCH_ENCRYPTED, "it is encrypted");
    VOUCH_CLEANUP(close_entry) zip_file_t *file = zip_fopen_index(archive, index, 0);
    if (!file)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s", zip_strerror(archive));
    const size_t room = vouch_decoded_room(decoded);
    const uint64_t packed = stat.valid & ZIP_STAT_COMP_SIZE ? stat.comp_size : 0;
    char chunk[READ_BYTES];
    zip_int64_t got;
    while ((got = zip_fread(file, chunk, sizeof chunk)) > 0) {
        const size_t total = bytes->length + (size_t)got;
        if (total > room || (total > RATIO_FREE_BYTES && total / MAX_RATIO > packed))
            return vouch_fail(err, VOUCH_EXPANDS_TOO_MUCH, "ZIP archive: %s expands beyond the limit", name);
        if (vouch_buffer_append(bytes, chunk, (size_t)got) != VOUCH_OK)
            return vouch_fail(err, VOUCH_NO_MEMORY, "inflating %s", name);
    }
    if (got < 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s", zip_error_strerror(zip_file_get_error(file)));
    return VOUCH_OK;
}

static vouch_code add_entry(vouch_decoded *decoded, int part, zip_t *archive, size_t index, const char *name,
                            vouch_error *err)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer bytes = {.maximum = decoded->limits.max_entry_bytes + READ_BYTES};
    const char *fault = name_fault(name);
    if (fault)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s", fault);
    VOUCH_TRY(read_entry(decoded, archive, index, name, &bytes, err));
    uint8_t *data = vouch_arena_alloc(decoded->arena, bytes.length + 1);
    if (bytes.length > 0)
        memcpy(data, bytes.data, bytes.length);
    return vouch_decoded_add_part(decoded, part, name, base_name(name), "", data, bytes.length, NULL, err);
}

static vouch_code open_zip(vouch_decoded *decoded, int part, void **state, vouch_error *err)
{
    (void)state;
    VOUCH_CLEANUP(close_archive) zip_t *archive = NULL;
    VOUCH_TRY(open_archive(decoded, part, &archive, err));
    const zip_int64_t entries = zip_get_num_entries(archive, 0);
    if (entries < 0 || (uint64_t)entries > decoded->limits.max_entries)
        return vouch_fail(err, VOUCH_LIMIT, "ZIP archive: more than %zu entries", decoded->limits.max_entries);
    const size_t count = (size_t)entries;
    const char **names = NULL;
    VOUCH_TRY(read_names(decoded, archive, count, &names, err));

    vouch_code worst = VOUCH_EMPTY;
    size_t added = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_litter(names[i]))
            continue;
        vouch_error why = VOUCH_ERROR_INIT;
        const vouch_code code = add_entry(decoded, part, archive, i, names[i], &why);
        if (code == VOUCH_EXPANDS_TOO_MUCH || code == VOUCH_NO_MEMORY)
            return vouch_fail(err, code, "%s", why.message);
        if (code == VOUCH_OK) {
            added++;
            continue;
        }
        worst = code;
        vouch_problem_add(decoded->arena, &decoded->problems, code, "error", 0, "archive entry %s: %s", names[i],
                          why.message);
    }
    if (added == 0)
        return vouch_fail(err, worst, "ZIP archive: none of its %zu entries can be read", count);
    return VOUCH_OK;
}

const vouch_format_handler vouch_handler_zip = {
    .format = VOUCH_FORMAT_ZIP,
    .recognise = recognise,
    .open = open_zip,
};
