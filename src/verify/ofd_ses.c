/**
 * Seals and signatures in OFD (GB/T 33190, clause 18; GB/T 38540): Signatures.xml lists Signature.xml files, each with
 * a SignedValue.dat.
 *
 * Whether the package holds any is read from its directory and from OFD.xml, not from the signature files themselves:
 * an attacker may remove, break or orphan any of them, and the answer must not become "nothing signed".
 */
#include <string.h>
#include <strings.h>
#include <zip.h>

#include "scheme.h"

#define MAX_ENTRIES   10000
#define MAX_ROOT_READ ((size_t)1 << 20)

typedef struct package {
    size_t values;     /* SignedValue.dat */
    size_t signatures; /* Signature.xml */
    bool listed;       /* Signatures.xml is there, or OFD.xml names one */
} package;

static void close_archive(zip_t **archive)
{
    if (*archive)
        zip_discard(*archive);
}

static void close_entry(zip_file_t **file)
{
    if (*file)
        zip_fclose(*file);
}

static zip_t *open_archive(const vouch_part *bytes)
{
    zip_source_t *source = zip_source_buffer_create(bytes->data, bytes->length, /* freep= */ 0, NULL);
    zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;
    if (source && !archive)
        zip_source_free(source);
    return archive;
}

/* Does OFD.xml have an element Signatures? A search in its first megabyte; the element's prefix varies. */
static bool root_names_signatures(zip_t *archive, zip_uint64_t index)
{
    VOUCH_CLEANUP(close_entry) zip_file_t *file = zip_fopen_index(archive, index, 0);
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer text = {.maximum = MAX_ROOT_READ};
    char chunk[16384];
    zip_int64_t got;
    while (file && (got = zip_fread(file, chunk, sizeof chunk)) > 0)
        if (vouch_buffer_append(&text, chunk, (size_t)got) != VOUCH_OK)
            break;
    return text.length > 0 &&
           (memmem(text.data, text.length, ":Signatures>", 12) || memmem(text.data, text.length, "<Signatures>", 12));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static package look(zip_t *archive)
{
    package found = {0};
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < count && i < MAX_ENTRIES; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (!name)
            continue;
        const char *base = base_name(name);
        found.values += strcasecmp(base, "SignedValue.dat") == 0;
        found.signatures += strcasecmp(base, "Signature.xml") == 0;
        if (strcasecmp(base, "Signatures.xml") == 0 ||
            (strcasecmp(name, "OFD.xml") == 0 && root_names_signatures(archive, (zip_uint64_t)i)))
            found.listed = true;
    }
    return found;
}

void find_ofd_ses(verification *it, int part, const vouch_part *bytes)
{
    (void)part;
    if (bytes->format != VOUCH_FORMAT_OFD)
        return;
    VOUCH_CLEANUP(close_archive) zip_t *archive = open_archive(bytes);
    if (!archive)
        return;
    const package found = look(archive);
    size_t count = found.values > found.signatures ? found.values : found.signatures;
    if (count == 0 && found.listed)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        vouch_verdict *verdict = verification_add_unsupported(it, "OFD signature %zu of %zu", i + 1, count);
        if (!verdict)
            return;
        if (found.values != found.signatures || found.values == 0)
            verification_add_finding(it, verdict, "malformed_signature",
                                     "the package's signature files and signature values do not pair up");
    }
}
