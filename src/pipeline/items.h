/** Inside of the pipeline module: which members the rows of lines, taxes, allowances and segments have, in order. */
#ifndef VOUCH_PIPELINE_ITEMS_H
#define VOUCH_PIPELINE_ITEMS_H

#include "vouch/reconcile.h"

typedef struct item_list {
    const char *name;    /* member of the invoice */
    size_t offset;       /* of its vouch_items in vouch_invoice */
    bool plain;          /* members are plain strings instead of objects with value, confidence, source and place */
    size_t member_count; /* of members[] */
    vouch_item_field members[VOUCH_ITEM_COUNT];
} item_list;

#define ITEM_LIST_COUNT 4
extern const item_list item_lists[ITEM_LIST_COUNT];

#endif
