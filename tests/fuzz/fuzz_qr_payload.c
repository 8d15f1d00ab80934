/** Any payload through the QR grammar: at most one statement, every value taken from the payload itself, or decoded
 * from it. */
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "../../src/read/qr.h"

#include "property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return 0;
    const char *payload = vouch_arena_strndup(arena, (const char *)data, size);
    vouch_statements statements = {.items = NULL};
    vouch_qr_state(arena, &(vouch_qr_code){.data = payload, .length = size, .page = 1}, &statements);
    REQUIRE(statements.count <= 1);
    for (size_t i = 0; i < statements.count; i++) {
        const vouch_statement *statement = statements.items[i];
        REQUIRE(statement->source == VOUCH_SOURCE_QR && statement->lines.count == 0);
        for (int field = 0; field < VOUCH_FIELD_COUNT; field++) {
            const vouch_evidence *evidence = &statement->fields[field];
            if (!evidence->value)
                continue;
            REQUIRE(evidence->page == 1 && evidence->has_quad && evidence->value[0] != '\0');
            bool derived = statement->kind == VOUCH_KIND_CN_BLOCKCHAIN || statement->kind == VOUCH_KIND_SA_ZATCA;
            REQUIRE(derived || strstr(payload, evidence->text));
        }
    }
    vouch_arena_free(&arena);
    return 0;
}
