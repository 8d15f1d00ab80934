#include <criterion/criterion.h>
#include <string.h>

#include "vouch/vocabulary.h"

Test(vocabulary, names_and_look_ups_are_inverse)
{
    for (int i = 0; i < VOUCH_FIELD_COUNT; i++) {
        vouch_field found;
        cr_expect(vouch_field_lookup(vouch_field_name((vouch_field)i), &found) && (int)found == i, "field %d", i);
    }
    for (int i = 0; i < VOUCH_ITEM_COUNT; i++) {
        vouch_item_field found;
        cr_expect(vouch_item_field_lookup(vouch_item_field_name((vouch_item_field)i), &found) && (int)found == i,
                  "item %d", i);
    }
    for (int i = 0; i < VOUCH_SOURCE_COUNT; i++) {
        vouch_source found;
        cr_expect(vouch_source_lookup(vouch_source_name((vouch_source)i), &found) && (int)found == i, "source %d", i);
    }
    for (int i = 0; i < VOUCH_KIND_COUNT; i++) {
        vouch_kind found;
        cr_expect(vouch_kind_lookup(vouch_kind_name((vouch_kind)i), &found) && (int)found == i, "kind %d", i);
    }
}

Test(vocabulary, unknown_names_are_refused_and_leave_the_output)
{
    vouch_field field = VOUCH_FIELD_SEAT;
    cr_expect_not(vouch_field_lookup("no_such_field", &field));
    cr_expect_not(vouch_field_lookup(NULL, &field));
    cr_expect_eq(field, VOUCH_FIELD_SEAT);
    vouch_kind kind = VOUCH_KIND_RECEIPT;
    cr_expect_not(vouch_kind_lookup("", &kind));
    cr_expect_eq(kind, VOUCH_KIND_RECEIPT);
    cr_expect_str_eq(vouch_field_name((vouch_field)-1), "");
    cr_expect_str_eq(vouch_kind_name(VOUCH_KIND_COUNT), "");
}

Test(vocabulary, types_follow_the_contract)
{
    cr_expect_eq(vouch_field_type(VOUCH_FIELD_GROSS_AMOUNT), VOUCH_VALUE_AMOUNT);
    cr_expect_eq(vouch_field_type(VOUCH_FIELD_ISSUE_DATE), VOUCH_VALUE_DATE);
    cr_expect_eq(vouch_item_field_type(VOUCH_ITEM_QUANTITY), VOUCH_VALUE_NUMBER);
    cr_expect_eq(vouch_item_field_type(VOUCH_ITEM_DEPARTURE_TIME), VOUCH_VALUE_DATETIME);
}
