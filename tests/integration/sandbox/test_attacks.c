/**
 * Every attack of the table comes to its end: the child is refused, the reason is named, what it said of the document
 * is not believed, and the zygote serves the next document.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "attacks.h"
#include "vouch/hash.h"

static void expect_reason(const test_attack *attack, const vouch_answer *answer)
{
    const vouch_problems *problems = &answer->reading->problems;
    bool named = false;
    char all[1024] = "";
    for (size_t i = 0; i < problems->count; i++) {
        const size_t used = strlen(all);
        named = named || strstr(problems->items[i].detail, attack->reason);
        snprintf(all + used, sizeof all - used, "[%s] ", problems->items[i].detail);
    }
    cr_expect_eq(answer->reader_end, attack->end, "%s: ended as %s, %s", attack->name,
                 vouch_code_lookup(answer->reader_end)->slug, all);
    cr_expect(named, "%s: %s is not in %s", attack->name, attack->reason, all);
}

static void expect_facts(const char *name, const char *document, const vouch_answer *answer)
{
    char sha256[65];
    const vouch_reading *reading = answer->reading;
    vouch_sha256_hex(document, strlen(document), sha256);
    cr_expect_str_eq(reading->sha256, sha256, "%s", name);
    cr_expect_str_eq(reading->parts[0].sha256, sha256, "%s", name);
    cr_expect_str_eq(reading->file, "name.pdf", "%s", name);
    cr_expect_eq(reading->bytes, strlen(document), "%s", name);
    cr_expect_eq(reading->verdicts.count, 0, "%s", name);
    cr_expect_eq(answer->picture_count, 0, "%s", name);
    cr_expect_eq(answer->zygotes_lost, 0, "%s", name);
}

Test(attacks, all_are_refused_and_named)
{
    vouch_sandbox_options options = VOUCH_SANDBOX_OPTIONS_DEFAULT;
    options.executable = VOUCH_TEST_ZYGOTE;
    options.memory_bytes = (size_t)256 << 20;
    options.answer_bytes = (size_t)4 << 20;
    vouch_sandbox *sandbox = NULL;
    vouch_error error = VOUCH_ERROR_INIT;
    cr_assert_eq(vouch_sandbox_start(&options, &sandbox, &error), VOUCH_OK, "%s", error.message);
    for (size_t i = 0; i < test_attack_count; i++) {
        const test_attack *attack = &test_attacks[i];
        char document[128];
        snprintf(document, sizeof document, "attack %s", attack->name);
        const vouch_sandbox_request request = {.data = (const uint8_t *)document,
                                               .length = strlen(document),
                                               .file = "name.pdf",
                                               .page_scale = 1,
                                               .max_page_pictures = 2};
        vouch_answer answer = {0};
        const vouch_code code = vouch_sandbox_run(sandbox, &request, &answer, &error);
        cr_expect_eq(code, VOUCH_OK, "%s: %s", attack->name, error.message);
        if (code == VOUCH_OK) {
            expect_reason(attack, &answer);
            expect_facts(attack->name, document, &answer);
        }
        vouch_answer_done(&answer);
    }
    fprintf(stderr, "%zu attacks\n", test_attack_count);
    vouch_sandbox_stop(&sandbox);
}
