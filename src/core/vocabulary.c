/*
 * Names of the output contract and their inverse. The tables are small and looked up a few hundred times a document:
 * a scan is enough.
 */
#include "vouch/vocabulary.h"

#include <string.h>

typedef struct typed_name {
    const char *name;
    vouch_value_type type;
} typed_name;

#define X(name, slug, type) [VOUCH_FIELD_##name] = {slug, VOUCH_VALUE_##type},
static const typed_name fields[VOUCH_FIELD_COUNT] = {VOUCH_FIELDS(X)};
#undef X
#define X(name, slug, type) [VOUCH_ITEM_##name] = {slug, VOUCH_VALUE_##type},
static const typed_name items[VOUCH_ITEM_COUNT] = {VOUCH_ITEM_FIELDS(X)};
#undef X
#define X(name, slug) [VOUCH_SOURCE_##name] = slug,
static const char *const sources[VOUCH_SOURCE_COUNT] = {VOUCH_SOURCES(X)};
#undef X
#define X(name, slug) [VOUCH_KIND_##name] = slug,
static const char *const kinds[VOUCH_KIND_COUNT] = {VOUCH_KINDS(X)};
#undef X

static int find_typed(const typed_name *rows, int count, const char *name)
{
    for (int i = 0; name && i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return -1;
}

static int find_name(const char *const *rows, int count, const char *name)
{
    for (int i = 0; name && i < count; i++)
        if (strcmp(rows[i], name) == 0)
            return i;
    return -1;
}

const char *vouch_field_name(vouch_field field)
{
    return (unsigned)field < VOUCH_FIELD_COUNT ? fields[field].name : "";
}

vouch_value_type vouch_field_type(vouch_field field)
{
    return (unsigned)field < VOUCH_FIELD_COUNT ? fields[field].type : VOUCH_VALUE_TEXT;
}

bool vouch_field_lookup(const char *name, vouch_field *out)
{
    int found = find_typed(fields, VOUCH_FIELD_COUNT, name);
    if (found >= 0)
        *out = (vouch_field)found;
    return found >= 0;
}

const char *vouch_item_field_name(vouch_item_field field)
{
    return (unsigned)field < VOUCH_ITEM_COUNT ? items[field].name : "";
}

vouch_value_type vouch_item_field_type(vouch_item_field field)
{
    return (unsigned)field < VOUCH_ITEM_COUNT ? items[field].type : VOUCH_VALUE_TEXT;
}

bool vouch_item_field_lookup(const char *name, vouch_item_field *out)
{
    int found = find_typed(items, VOUCH_ITEM_COUNT, name);
    if (found >= 0)
        *out = (vouch_item_field)found;
    return found >= 0;
}

const char *vouch_source_name(vouch_source source)
{
    return (unsigned)source < VOUCH_SOURCE_COUNT ? sources[source] : "";
}

bool vouch_source_lookup(const char *name, vouch_source *out)
{
    int found = find_name(sources, VOUCH_SOURCE_COUNT, name);
    if (found >= 0)
        *out = (vouch_source)found;
    return found >= 0;
}

const char *vouch_kind_name(vouch_kind kind)
{
    return (unsigned)kind < VOUCH_KIND_COUNT ? kinds[kind] : "";
}

bool vouch_kind_lookup(const char *name, vouch_kind *out)
{
    int found = find_name(kinds, VOUCH_KIND_COUNT, name);
    if (found >= 0)
        *out = (vouch_kind)found;
    return found >= 0;
}
