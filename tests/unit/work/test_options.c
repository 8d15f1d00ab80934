#include <criterion/criterion.h>

#include "vouch/work.h"
#include "worker.h"

Test(options, the_sandbox_is_as_configured)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"max_bytes", "2000"},
        {"max_pages", "3"},
        {"max_pixels", "40000"},
        {"max_entries", "5"},
        {"max_entry_bytes", "6000"},
        {"max_expanded_bytes", "7000"},
        {"max_depth", "1"},
        {"max_glyphs", "9000"},
        {"qr", "off"},
        {"qr_budget_ms", "10"},
        {"sandbox_wall_seconds", "11"},
        {"sandbox_cpu_seconds", "12"},
        {"sandbox_memory_bytes", "128M"},
        {"sandbox_answer_bytes", "2M"},
        {"sandbox_user", "someone"},
    };
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = vouch_config_new();
    vouch_error err = VOUCH_ERROR_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(vouch_config_set(config, rows[i].name, rows[i].value, VOUCH_CONFIG_FROM_FLAG, &err), VOUCH_OK,
                     "%s", err.message);
    vouch_sandbox_options o;
    vouch_work_sandbox_options(config, &o);
    const vouch_decode_limits *limits = &o.pipeline.limits;
    cr_expect_eq(limits->max_bytes, 2000);
    cr_expect_eq(limits->max_pages, 3);
    cr_expect_eq(limits->max_pixels, 40000);
    cr_expect_eq(limits->max_entries, 5);
    cr_expect_eq(limits->max_entry_bytes, 6000);
    cr_expect_eq(limits->max_expanded_bytes, 7000);
    cr_expect_eq(limits->max_depth, 1);
    cr_expect_eq(limits->max_glyphs, 9000);
    cr_expect_not(o.pipeline.read.qr);
    cr_expect_eq(o.pipeline.read.qr_budget_ms, 10);
    cr_expect_eq(o.wall_seconds, 11);
    cr_expect_eq(o.cpu_seconds, 12);
    cr_expect_eq(o.memory_bytes, (size_t)128 << 20);
    cr_expect_eq(o.answer_bytes, (size_t)2 << 20);
    cr_expect_str_eq(o.user, "someone");
}

Test(options, pauses_grow_while_the_database_is_gone)
{
    outage trouble = {0};
    vouch_error err = VOUCH_ERROR_INIT;
    int64_t last = 0, sum = 0;
    for (int i = 0; i < 12; i++) {
        const int64_t wait_ms = outage_note(&trouble, "test", &err);
        cr_expect_geq(wait_ms, last);
        cr_expect_leq(wait_ms, 5000);
        sum += last = wait_ms;
    }
    cr_expect_eq(last, 5000);
    cr_expect_gt(sum, 10000);
    outage_over(&trouble, "test");
    cr_expect_eq(outage_note(&trouble, "test", &err), 100);
}
