#include "make.h"

#include <criterion/criterion.h>
#include <string.h>

#include "vouch/text.h"

void made_init(workbench *made)
{
    *made = (workbench){.arena = vouch_arena_new(), .page_count = 4};
    cr_assert_not_null(made->arena);
    for (int i = 0; i < 4; i++)
        made->pages[i] =
            (vouch_page){.number = i + 1, .number_in_part = i + 1, .width = 600, .height = 400, .unit = "pt"};
}

void made_done(workbench *made)
{
    vouch_arena_free(&made->arena);
}

vouch_statement *say(workbench *made, vouch_source source, int part, int page, vouch_kind kind)
{
    vouch_statement *statement = vouch_statement_new(made->arena, &made->statements, source, part);
    statement->first_page = statement->last_page = page;
    statement->kind = kind;
    statement->kind_confidence = kind == VOUCH_KIND_UNKNOWN ? 0 : 0.99;
    return statement;
}

void say_field(workbench *made, vouch_statement *statement, vouch_field field, const char *value, double confidence)
{
    if (!value)
        return;
    vouch_evidence *evidence = vouch_statement_set(made->arena, statement, field, value, confidence);
    cr_assert_not_null(evidence, "%s is no %s", value, vouch_field_name(field));
    if (statement->source >= VOUCH_SOURCE_TEXT && statement->first_page > 0) {
        evidence->page = statement->first_page;
        evidence->box = (vouch_box){10.0 * (double)(int)field, 10, 10.0 * (double)(int)field + 8, 18};
    }
}

void say_invoice(workbench *made, vouch_statement *statement, const char *code, const char *number, const char *gross)
{
    const double confidence = statement->source < VOUCH_SOURCE_TEXT ? 0.999 : 0.97;
    say_field(made, statement, VOUCH_FIELD_INVOICE_CODE, code, confidence);
    say_field(made, statement, VOUCH_FIELD_INVOICE_NUMBER, number, confidence);
    say_field(made, statement, VOUCH_FIELD_ISSUE_DATE, "2020-07-23", confidence);
    say_field(made, statement, VOUCH_FIELD_GROSS_AMOUNT, gross, confidence);
    say_field(made, statement, VOUCH_FIELD_SELLER_NAME, "甲有限公司", confidence);
}

vouch_item *say_line(workbench *made, vouch_statement *statement, const char *name, const char *net, const char *rate,
                     const char *tax)
{
    vouch_item *item = vouch_items_add(made->arena, &statement->lines);
    (void)vouch_item_set(made->arena, item, VOUCH_ITEM_NAME, name, statement->source, 0.97);
    (void)vouch_item_set(made->arena, item, VOUCH_ITEM_NET_AMOUNT, net, statement->source, 0.97);
    (void)vouch_item_set(made->arena, item, VOUCH_ITEM_TAX_RATE, rate, statement->source, 0.97);
    (void)vouch_item_set(made->arena, item, VOUCH_ITEM_TAX_AMOUNT, tax, statement->source, 0.97);
    return item;
}

void draw(workbench *made, int page, const char *text)
{
    vouch_page *target = &made->pages[page - 1];
    const size_t length = vouch_utf8_length(text), before = target->glyph_count;
    vouch_glyph *glyphs = vouch_arena_calloc(made->arena, before + length, sizeof *glyphs);
    const char *end = text + strlen(text);

    if (before > 0)
        memcpy(glyphs, target->glyphs, before * sizeof *glyphs);
    for (size_t i = 0; i < length; i++)
        glyphs[before + i] = (vouch_glyph){
            .codepoint = vouch_utf8_next(&text, end),
            .box = {10.0 * (double)i, 20.0 * (double)before, 10.0 * (double)i + 9, 20.0 * (double)before + 10},
            .size = 10,
        };
    target->glyphs = glyphs;
    target->glyph_count = before + length;
}

size_t settle(workbench *made)
{
    vouch_error err = VOUCH_ERROR_INIT;
    const vouch_code code = vouch_reconcile(made->arena, &made->statements, made->pages, made->page_count,
                                            &made->problems, &made->invoices, &err);
    cr_assert_eq(code, VOUCH_OK, "%s", err.message);
    return made->invoices.count;
}

const vouch_check *find_check(const vouch_invoice *invoice, const char *check, const char *field)
{
    for (size_t i = 0; i < invoice->check_count; i++) {
        const vouch_check *found = &invoice->checks[i];
        if (strcmp(found->check, check) == 0 && (!field || (found->field && strcmp(found->field, field) == 0)))
            return found;
    }
    return NULL;
}

const char *result_of(const vouch_invoice *invoice, const char *check, const char *field)
{
    static const char *const names[] = {"pass", "fail", "skipped"};
    const vouch_check *found = find_check(invoice, check, field);
    return found ? names[found->result] : "none";
}
