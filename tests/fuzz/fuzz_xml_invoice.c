/** Any XML through the structured readers: whatever they state is in its normal form and belongs to a part. */
#include <string.h>

#include "vouch/money.h"
#include "vouch/read.h"
#include "vouch/text.h"

#include "property.h"

static void check_value(vouch_arena *arena, vouch_value_type type, const vouch_evidence *evidence)
{
    vouch_decimal decimal;
    if (!evidence->value)
        return;
    REQUIRE(evidence->value[0] != '\0' && evidence->text && evidence->confidence > 0 && evidence->confidence < 1);
    if (type == VOUCH_VALUE_AMOUNT || type == VOUCH_VALUE_NUMBER) {
        REQUIRE(vouch_decimal_parse(evidence->value, &decimal) != VOUCH_BAD_FORMAT);
        return;
    }
    const char *again = vouch_value_normalise(arena, type, evidence->value);
    REQUIRE(again && strcmp(again, evidence->value) == 0);
}

static void check_items(vouch_arena *arena, const vouch_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        for (int field = 0; field < VOUCH_ITEM_COUNT; field++)
            check_value(arena, vouch_item_field_type((vouch_item_field)field), &items->items[i].members[field]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_decoded *decoded = NULL;
    if (vouch_decode(data, size, /* limits= */ NULL, &decoded, /* err= */ NULL) != VOUCH_OK)
        return 0;
    const vouch_read_options options = {.qr = false};
    vouch_statements statements = {.items = NULL};
    vouch_code code = vouch_read(decoded, &options, &statements, /* words= */ NULL, /* err= */ NULL);
    size_t part_count;
    (void)vouch_decoded_parts(decoded, &part_count);
    vouch_arena *arena = vouch_decoded_arena(decoded);
    for (size_t i = 0; code == VOUCH_OK && i < statements.count; i++) {
        const vouch_statement *statement = statements.items[i];
        REQUIRE(statement->part >= 0 && (size_t)statement->part < part_count);
        for (int field = 0; field < VOUCH_FIELD_COUNT; field++)
            check_value(arena, vouch_field_type((vouch_field)field), &statement->fields[field]);
        check_items(arena, &statement->lines);
        check_items(arena, &statement->taxes);
        check_items(arena, &statement->allowances);
        check_items(arena, &statement->segments);
    }
    vouch_decoded_free(&decoded);
    return 0;
}
