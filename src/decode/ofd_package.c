/*
 * The ZIP package of an OFD document (GB/T 33190-2016 clause 7.1) by libzip.
 *
 * libzip neither limits what an entry inflates to nor stops at the stated size, so both are counted here on the bytes
 * that really come out. Paths are resolved leniently because signed invoices of the tax platforms need it: one says
 * "TPLS/Tpl_0/Content.xml" where the entry is "Tpls/Tpl_0/Content.xml", and repairing it would break its signature.
 */
#include "ofd_package.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zip.h>

#define OFD_RATIO_MAX  300                 /* XML of lists compresses 40:1; 1032:1 is what a bomb of zeros reaches */
#define OFD_RATIO_FROM ((uint64_t)4 << 20) /* below this many bytes the ratio does not matter */
#define OFD_XML_MAX    ((size_t)32 << 20)  /* a tree takes about ten times as much memory */

struct ofd_package {
    vouch_decoded *decoded;
    zip_t *zip;
    ofd_entry *entries; /* sorted by name */
    ofd_entry **folded; /* sorted by name, upper and lower case equal */
    size_t count;
};

static void close_zip(zip_t **zip)
{
    if (*zip)
        zip_discard(*zip);
    *zip = NULL;
}

static zip_t *open_zip(const uint8_t *data, size_t length, int flags)
{
    zip_error_t error;

    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(data, length, /* freep= */ 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY | flags, &error) : NULL;
    if (!zip && source)
        zip_source_free(source);
    zip_error_fini(&error);
    return zip;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const ofd_entry *)a)->name, ((const ofd_entry *)b)->name);
}

static int compare_folded(const void *a, const void *b)
{
    return strcasecmp((*(ofd_entry *const *)a)->name, (*(ofd_entry *const *)b)->name);
}

/* The parts of a path between its separators, collected from the right for "..". */
const char *ofd_path_join(vouch_arena *arena, const char *folder, const char *location)
{
    char *joined = vouch_arena_printf(arena, "%s/%s", folder, location), *out = joined;

    for (char *p = joined; *p;) {
        while (*p == '/' || *p == '\\')
            p++;
        const size_t length = strcspn(p, "/\\");
        if (length == 2 && p[0] == '.' && p[1] == '.') {
            if (out == joined)
                return NULL;
            while (out > joined && *--out != '/')
                ;
        } else if (length > 0 && !(length == 1 && p[0] == '.')) {
            if (out > joined)
                *out++ = '/';
            memmove(out, p, length);
            out += length;
        }
        p += length;
    }
    *out = '\0';
    return out > joined ? joined : NULL;
}

static vouch_code add_entry(ofd_package *package, uint64_t index, vouch_error *err)
{
    vouch_decoded *decoded = package->decoded;
    const char *raw = zip_get_name(package->zip, index, ZIP_FL_ENC_RAW);
    zip_stat_t stat;

    if (!raw || zip_stat_index(package->zip, index, 0, &stat) != 0)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "the ZIP directory is damaged at entry %llu",
                          (unsigned long long)index);
    const char *stated = vouch_zip_decode_name(decoded->arena, raw);
    const size_t length = strlen(stated);
    if (length == 0 || stated[length - 1] == '/')
        return VOUCH_OK; /* a folder */
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return vouch_fail(err, VOUCH_ENCRYPTED, "the entry %s is encrypted", stated);
    const char *name = ofd_path_join(decoded->arena, "", stated);
    if (!name) {
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                          "OFD: the entry %s leaves the package and is ignored", stated);
        return VOUCH_OK;
    }
    package->entries[package->count++] = (ofd_entry){
        .name = name,
        .index = index,
        .size = stat.valid & ZIP_STAT_SIZE ? stat.size : 0,
        .compressed_size = stat.valid & ZIP_STAT_COMP_SIZE ? stat.comp_size : 0,
    };
    return VOUCH_OK;
}

static vouch_code index_entries(ofd_package *package, vouch_error *err)
{
    vouch_decoded *decoded = package->decoded;

    qsort(package->entries, package->count, sizeof *package->entries, compare_names);
    for (size_t i = 0; i < package->count; i++)
        package->folded[i] = &package->entries[i];
    for (size_t i = 1; i < package->count; i++)
        if (strcmp(package->entries[i - 1].name, package->entries[i].name) == 0)
            return vouch_fail(err, VOUCH_BAD_FORMAT, "the package contains %s twice", package->entries[i].name);
    qsort(package->folded, package->count, sizeof(ofd_entry *), compare_folded);
    for (size_t i = 1; i < package->count; i++)
        if (strcasecmp(package->folded[i - 1]->name, package->folded[i]->name) == 0)
            vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                              "OFD: the entries %s and %s differ only in upper and lower case",
                              package->folded[i - 1]->name, package->folded[i]->name);
    return VOUCH_OK;
}

vouch_code ofd_package_open(vouch_decoded *decoded, const uint8_t *data, size_t length, ofd_package **out,
                            vouch_error *err)
{
    VOUCH_CLEANUP(close_zip) zip_t *zip = open_zip(data, length, ZIP_CHECKCONS);

    if (!zip) {
        zip = open_zip(data, length, 0);
        if (!zip)
            return vouch_fail(err, VOUCH_BAD_FORMAT, "the ZIP package is damaged");
        vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "warning", 0,
                          "OFD: the local headers of the ZIP package disagree with its directory");
    }
    const zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count < 0 || (uint64_t)count > decoded->limits.max_entries)
        return vouch_fail(err, VOUCH_LIMIT, "the package has %lld entries, more than %zu", (long long)count,
                          decoded->limits.max_entries);
    ofd_package *package = vouch_arena_alloc(decoded->arena, sizeof *package);
    package->decoded = decoded;
    package->zip = zip;
    package->entries = vouch_arena_calloc(decoded->arena, (size_t)count + 1, sizeof *package->entries);
    package->folded = vouch_arena_calloc(decoded->arena, (size_t)count + 1, sizeof(ofd_entry *));
    for (uint64_t i = 0; i < (uint64_t)count; i++)
        VOUCH_TRY(add_entry(package, i, err));
    VOUCH_TRY(index_entries(package, err));
    zip = NULL;
    *out = package;
    return VOUCH_OK;
}

void ofd_package_close(ofd_package **package)
{
    if (*package)
        close_zip(&(*package)->zip);
    *package = NULL;
}

ofd_entry *ofd_package_entries(ofd_package *package, size_t *count)
{
    *count = package->count;
    return package->entries;
}

static ofd_entry *find_exact(ofd_package *package, const char *path)
{
    const ofd_entry key = {.name = path};
    return bsearch(&key, package->entries, package->count, sizeof key, compare_names);
}

/* The only entry equal but for case; NULL when there is none or more than one. */
static ofd_entry *find_folded(ofd_package *package, const char *path)
{
    ofd_entry key = {.name = path}, *wanted = &key;
    ofd_entry **found = bsearch(&wanted, package->folded, package->count, sizeof wanted, compare_folded);

    if (!found)
        return NULL;
    const size_t at = (size_t)(found - package->folded);
    if (at > 0 && compare_folded(found, found - 1) == 0)
        return NULL;
    if (at + 1 < package->count && compare_folded(found, found + 1) == 0)
        return NULL;
    return *found;
}

ofd_entry *ofd_package_resolve(ofd_package *package, const char *const *folders, const char *location)
{
    static const char *const root[] = {"", NULL};
    vouch_decoded *decoded = package->decoded;
    ofd_entry *entry = NULL;

    if (!location || !*location)
        return NULL;
    const char *const *candidates = *location == '/' ? root : folders;
    for (const char *const *folder = candidates; *folder && !entry; folder++) {
        const char *path = ofd_path_join(decoded->arena, *folder, location);
        entry = path ? find_exact(package, path) : NULL;
    }
    for (const char *const *folder = candidates; *folder && !entry; folder++) {
        const char *path = ofd_path_join(decoded->arena, *folder, location);
        entry = path ? find_folded(package, path) : NULL;
        if (entry && !entry->used)
            vouch_problem_add(decoded->arena, &decoded->problems, VOUCH_BAD_FORMAT, "info", 0,
                              "OFD: %s was read where the document says %s", entry->name, path);
    }
    if (entry)
        entry->used = true;
    return entry;
}

static vouch_code inflate(ofd_package *package, ofd_entry *entry, vouch_error *err)
{
    vouch_decoded *decoded = package->decoded;

    if (entry->size > vouch_decoded_room(decoded))
        return vouch_fail(err, VOUCH_EXPANDS_TOO_MUCH, "%s inflates to %llu bytes, more than the limit allows",
                          entry->name, (unsigned long long)entry->size);
    if (entry->size > OFD_RATIO_FROM && entry->size / OFD_RATIO_MAX > entry->compressed_size)
        return vouch_fail(err, VOUCH_EXPANDS_TOO_MUCH, "%s inflates to more than %d times its size", entry->name,
                          OFD_RATIO_MAX);
    decoded->expanded_bytes += entry->size;

    zip_file_t *file = zip_fopen_index(package->zip, entry->index, 0);
    if (!file)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s can't be read from the package", entry->name);
    uint8_t *bytes = vouch_arena_alloc(decoded->arena, entry->size + 1);
    size_t length = 0;
    zip_int64_t got = 0;
    /* One byte more than stated: reading to the end also makes libzip compare the checksum. */
    while (length <= entry->size && (got = zip_fread(file, bytes + length, entry->size + 1 - length)) > 0)
        length += (size_t)got;
    zip_fclose(file);
    if (got < 0 || length != entry->size)
        return vouch_fail(err, VOUCH_BAD_FORMAT, "%s is damaged in the package", entry->name);
    bytes[length] = 0;
    entry->data = bytes;
    entry->length = length;
    return VOUCH_OK;
}

vouch_code ofd_package_load(ofd_package *package, ofd_entry *entry, vouch_error *err)
{
    if (entry->data)
        return VOUCH_OK;
    if (entry->failed != VOUCH_OK)
        return vouch_fail(err, entry->failed, "%s can't be read", entry->name);
    entry->failed = inflate(package, entry, err);
    return entry->failed;
}

vouch_code ofd_package_parse(ofd_package *package, ofd_entry *entry, xmlDoc **out, vouch_error *err)
{
    VOUCH_TRY(ofd_package_load(package, entry, err));
    if (entry->length > OFD_XML_MAX)
        return vouch_fail(err, VOUCH_LIMIT, "%s is longer than %zu bytes", entry->name, OFD_XML_MAX);
    return ofd_xml_parse(entry->data, entry->length, entry->name, out, err);
}

const char *ofd_package_folder(ofd_package *package, const ofd_entry *entry)
{
    const char *slash = strrchr(entry->name, '/');
    return vouch_arena_strndup(package->decoded->arena, entry->name, slash ? (size_t)(slash - entry->name) : 0);
}
