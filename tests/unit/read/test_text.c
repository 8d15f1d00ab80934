#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vouch/text.h"

#include "../../../src/read/text.h"
#include "support.h"
#include "test_text_forms.h"

static const sheet_disturbance disturbances[] = {
    {.name = "as designed"},
    {.name = "small page", .scale = 0.7},
    {.name = "large page", .scale = 1.4},
    {.name = "values 1.8 mm low", .value_y = 1.8},
    {.name = "values 1.6 mm high", .value_y = -1.6},
    {.name = "values 2 mm right", .value_x = 2},
    {.name = "values 1 mm left", .value_x = -1},
    {.name = "values off both ways", .value_x = 0.8, .value_y = 0.9},
    {.name = "wide labels", .label_gap = 0.03},
    {.name = "drawn in any order", .shuffled = true},
    {.name = "every glyph an object", .glyph_objects = true},
    {.name = "one object", .one_object = true},
    {.name = "full width", .full_width = true},
    {.name = "struck twice", .struck_twice = true},
    {.name = "all at once",
     .scale = 0.8,
     .value_x = 0.5,
     .value_y = 0.6,
     .shuffled = true,
     .glyph_objects = true,
     .struck_twice = true},
};

static const char *stated(const vouch_statement *statement, vouch_field field)
{
    return statement->fields[field].value ? statement->fields[field].value : "";
}

static const char *wanted(const test_form *form, vouch_field field)
{
    for (size_t i = 0; form->fields[i].value; i++)
        if (form->fields[i].field == field)
            return form->fields[i].value;
    return "";
}

static const char *wanted_member(const form_line *line, vouch_item_field field)
{
    for (size_t i = 0; i < FORM_LINE_MEMBERS && line->members[i].value; i++)
        if (line->members[i].field == field)
            return line->members[i].value;
    return "";
}

/** Every field as wanted and no other; the places inside of the page. */
static void check(const test_form *form, const vouch_statement *statement, const vouch_page *page, const char *how)
{
    cr_expect_eq(statement->kind, form->kind, "%s, %s: %s", form->name, how, vouch_kind_name(statement->kind));
    for (int field = 0; field < VOUCH_FIELD_COUNT; field++) {
        cr_expect_str_eq(stated(statement, (vouch_field)field), wanted(form, (vouch_field)field), "%s, %s: %s is %s",
                         form->name, how, vouch_field_name((vouch_field)field), stated(statement, (vouch_field)field));
        const vouch_evidence *evidence = &statement->fields[field];
        cr_expect(!evidence->value || (evidence->page == page->number && evidence->box.x0 >= -1 &&
                                       evidence->box.x1 <= page->width + 40 && evidence->box.y1 <= page->height + 1 &&
                                       evidence->box.x0 < evidence->box.x1),
                  "%s, %s: place of %s", form->name, how, vouch_field_name((vouch_field)field));
    }
    cr_expect_eq(statement->lines.count, form->line_count, "%s, %s: %zu lines", form->name, how,
                 statement->lines.count);
    for (size_t i = 0; i < form->line_count && i < statement->lines.count; i++)
        for (int field = 0; field < VOUCH_ITEM_COUNT; field++) {
            const char *value = support_item(&statement->lines, i, (vouch_item_field)field);
            cr_expect_str_eq(value, wanted_member(&form->lines[i], (vouch_item_field)field),
                             "%s, %s: line %zu %s is %s", form->name, how, i + 1,
                             vouch_item_field_name((vouch_item_field)field), value);
        }
}

Test(text, forms_are_read_however_they_are_drawn)
{
    for (size_t f = 0; f < form_count; f++) {
        for (size_t d = 0; d < sizeof disturbances / sizeof *disturbances; d++) {
            vouch_arena *arena = vouch_arena_new();
            const sheet_text *texts[] = {forms[f].texts};
            drawn_sheet sheet = sheet_draw(texts, 1, 0, &disturbances[d]);
            vouch_statements statements = {.items = NULL};
            vouch_read_text_pages(arena, &sheet.page, 1, &statements);
            cr_expect_eq(statements.count, 1, "%s, %s: %zu statements", forms[f].name, disturbances[d].name,
                         statements.count);
            if (statements.count == 1)
                check(&forms[f], statements.items[0], &sheet.page, disturbances[d].name);
            sheet_done(&sheet);
            vouch_arena_free(&arena);
        }
    }
}
