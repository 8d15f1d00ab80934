/**
 * Inside of the OFD reader: the ZIP package, its limits, and how a path in one of its files is resolved.
 */
#ifndef VOUCH_DECODE_OFD_PACKAGE_H
#define VOUCH_DECODE_OFD_PACKAGE_H

#include "handler.h"
#include "ofd_xml.h"

/** One file of the package; its bytes are inflated when first asked for and stay in the document's arena. */
typedef struct ofd_entry {
    const char *name; /* without leading '/', '/' between folders */
    uint64_t index;
    uint64_t size, compressed_size; /* as stated; believed by nobody */
    const uint8_t *data;            /* NULL until inflated */
    size_t length;
    vouch_code failed; /* why it could not be inflated; asked again, it fails the same */
    bool used;         /* reached from the document */
    bool attached;     /* is a part already */
} ofd_entry;

typedef struct ofd_package ofd_package;

/**
 * Read the directory of a package. Duplicate names are refused: of two entries with one name different programs show
 * different ones.
 *
 * @param data     borrowed; must outlive *out
 * @param decoded  limits, arena, problems
 * @return VOUCH_OK; VOUCH_BAD_FORMAT; VOUCH_ENCRYPTED; VOUCH_LIMIT
 */
vouch_code ofd_package_open(vouch_decoded *decoded, const uint8_t *data, size_t length, ofd_package **out,
                            vouch_error *err);
void ofd_package_close(ofd_package **package);

/** All entries, sorted by name. */
ofd_entry *ofd_package_entries(ofd_package *package, size_t *count);

/**
 * Find the entry that an ST_Loc means. A leading '/' is the package's root; else, in this order, the folder of the
 * file that says so, the document's folder, the root. All are tried as written first, then by the only entry that is
 * equal but for upper and lower case (recorded as a problem).
 *
 * @param folders  candidates without trailing '/', ended by NULL; "" is the root
 * @return borrowed; NULL when there is none
 */
ofd_entry *ofd_package_resolve(ofd_package *package, const char *const *folders, const char *location);

/** Inflate an entry within the limits. */
vouch_code ofd_package_load(ofd_package *package, ofd_entry *entry, vouch_error *err);

/** Inflate and parse. @param out  release with ofd_xml_free */
vouch_code ofd_package_parse(ofd_package *package, ofd_entry *entry, xmlDoc **out, vouch_error *err);

/** Folder of an entry, without trailing '/'; in the arena. */
const char *ofd_package_folder(ofd_package *package, const ofd_entry *entry);

/** `folder` and `location` joined, "." and ".." resolved; NULL when it leaves the package or is empty. In the arena. */
const char *ofd_path_join(vouch_arena *arena, const char *folder, const char *location);

#endif
