/** The published schema says the same as the tables that the parser looks things up in. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "vouch/pipeline.h"

static json_t *load_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(VOUCH_SOURCE_DIR "/config/reading.schema.json", JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(schema, "%s at line %d", error.text, error.line);
    return schema;
}

static json_t *definition(json_t *schema, const char *name)
{
    json_t *found = json_object_get(json_object_get(schema, "$defs"), name);
    cr_assert_not_null(found, "%s", name);
    return found;
}

static void expect_words(json_t *words, size_t count, const char *(*name)(size_t index), const char *what)
{
    cr_expect_eq(json_array_size(words), count, "%s: %zu words", what, json_array_size(words));
    for (size_t i = 0; i < count && i < json_array_size(words); i++)
        cr_expect_str_eq(json_string_value(json_array_get(words, i)), name(i), "%s", what);
}

static const char *source_name(size_t index)
{
    return vouch_source_name((vouch_source)index);
}

static const char *kind_name(size_t index)
{
    return vouch_kind_name((vouch_kind)index);
}

static const char *format_name(size_t index)
{
    return vouch_format_name((vouch_format)index);
}

static const char *field_name(size_t index)
{
    return vouch_field_name((vouch_field)index);
}

static const char *integrity_name(size_t index)
{
    return vouch_integrity_name((vouch_integrity)index);
}

static const char *code_slug(size_t index)
{
    size_t count;
    const vouch_code_info *table = vouch_code_table(&count);
    return table[index + 1].slug; /* "ok" comes first and is no problem */
}

Test(schema, enumerations_are_those_of_the_tables)
{
    json_t *schema = load_schema();
    size_t codes;
    vouch_code_table(&codes);
    expect_words(json_object_get(definition(schema, "source"), "enum"), VOUCH_SOURCE_COUNT, source_name, "source");
    expect_words(json_object_get(definition(schema, "kind"), "enum"), VOUCH_KIND_COUNT, kind_name, "kind");
    expect_words(json_object_get(definition(schema, "format"), "enum"), VOUCH_FORMAT_COUNT, format_name, "format");
    expect_words(json_object_get(definition(schema, "field_name"), "enum"), VOUCH_FIELD_COUNT, field_name, "field");
    expect_words(json_object_get(definition(schema, "problem_type"), "enum"), codes - 1, code_slug, "problem");
    json_t *verdict = json_object_get(definition(schema, "verdict"), "properties");
    expect_words(json_object_get(json_object_get(verdict, "integrity"), "enum"), VOUCH_INTEGRITY_COUNT, integrity_name,
                 "integrity");
    json_decref(schema);
}

Test(schema, every_field_has_the_form_of_its_type)
{
    static const char *const forms[] = {
        [VOUCH_VALUE_TEXT] = "#/$defs/text_field",         [VOUCH_VALUE_ID] = "#/$defs/id_field",
        [VOUCH_VALUE_AMOUNT] = "#/$defs/amount_field",     [VOUCH_VALUE_NUMBER] = "#/$defs/number_field",
        [VOUCH_VALUE_DATE] = "#/$defs/date_field",         [VOUCH_VALUE_TIME] = "#/$defs/time_field",
        [VOUCH_VALUE_DATETIME] = "#/$defs/datetime_field", [VOUCH_VALUE_CURRENCY] = "#/$defs/currency_field",
    };
    json_t *schema = load_schema();
    json_t *fields = json_object_get(definition(schema, "fields"), "properties");
    cr_expect_eq(json_object_size(fields), VOUCH_FIELD_COUNT);
    for (int f = 0; f < VOUCH_FIELD_COUNT; f++) {
        json_t *form = json_object_get(json_object_get(fields, vouch_field_name((vouch_field)f)), "$ref");
        cr_assert(json_is_string(form), "%s", vouch_field_name((vouch_field)f));
        cr_expect_str_eq(json_string_value(form), forms[vouch_field_type((vouch_field)f)], "%s",
                         vouch_field_name((vouch_field)f));
    }
    json_decref(schema);
}
