/**
 * Tickets for trains, flights, taxis, coaches and roads, formats/china.md 1.1 and 1.3. Many carry no buyer, some no
 * seller; what identifies them differs by kind.
 */
#include "rules.h"

static const field_rule rail_digital_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_TRAVEL_DATE},
    {.field = VOUCH_FIELD_DEPARTURE_PLACE},
    {.field = VOUCH_FIELD_ARRIVAL_PLACE},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_TICKET_NUMBER, .lengths = {21}},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
};

static const field_rule rail_fields[] = {
    {.field = VOUCH_FIELD_TICKET_SERIAL, .required = true, .lengths = {21}},
    {.field = VOUCH_FIELD_TICKET_NUMBER, .lengths = {7}},
    {.field = VOUCH_FIELD_TRAVEL_DATE, .required = true},
    {.field = VOUCH_FIELD_DEPARTURE_PLACE, .required = true},
    {.field = VOUCH_FIELD_ARRIVAL_PLACE, .required = true},
    {.field = VOUCH_FIELD_TRAIN_NUMBER, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule air_digital_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {20}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_TICKET_NUMBER, .required = true, .digits = true, .lengths = {13}},
    {.field = VOUCH_FIELD_PASSENGER_NAME, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_BUYER_TAX_ID, .lengths = {15, 17, 18, 20}},
};

static const field_rule air_fields[] = {
    {.field = VOUCH_FIELD_TICKET_NUMBER, .required = true, .digits = true, .lengths = {13}},
    {.field = VOUCH_FIELD_PASSENGER_NAME, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const field_rule taxi_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_ISSUE_DATE, .required = true},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
    {.field = VOUCH_FIELD_PLATE_NUMBER},
};

static const field_rule ticket_fields[] = {
    {.field = VOUCH_FIELD_INVOICE_CODE, .required = true, .digits = true, .lengths = {12}},
    {.field = VOUCH_FIELD_INVOICE_NUMBER, .required = true, .digits = true, .lengths = {8}},
    {.field = VOUCH_FIELD_GROSS_AMOUNT, .required = true},
};

static const check_function rail_digital_checks[] = {
    check_required_fields, check_field_forms, check_net_plus_tax, check_tax_ids,
    check_number_year,     check_issue_date,  check_red_letter,   NULL};

static const check_function air_checks[] = {check_required_fields, check_field_forms, check_air_sum,    check_tax_ids,
                                            check_number_year,     check_issue_date,  check_red_letter, NULL};

static const check_function ticket_checks[] = {check_required_fields, check_field_forms, check_words, check_tax_ids,
                                               check_number_year,     check_issue_date,  NULL};

static const kind_rules kinds[] = {
    {
        .info = {VOUCH_KIND_CN_RAIL_DIGITAL, "digital railway ticket", "电子发票（铁路电子客票）", "CNY",
                 .supporting = false},
        .fields = rail_digital_fields,
        .field_count = COUNT(rail_digital_fields),
        .checks = rail_digital_checks,
        .keys = keys_long_number,
    },
    {
        .info = {VOUCH_KIND_CN_RAIL, "railway ticket", "火车票", "CNY", .supporting = false},
        .fields = rail_fields,
        .field_count = COUNT(rail_fields),
        .checks = ticket_checks,
        .keys = keys_rail,
    },
    {
        .info = {VOUCH_KIND_CN_AIR_DIGITAL, "digital air ticket", "电子发票（航空运输电子客票行程单）", "CNY",
                 .supporting = false},
        .fields = air_digital_fields,
        .field_count = COUNT(air_digital_fields),
        .checks = air_checks,
        .keys = keys_long_number,
    },
    {
        .info = {VOUCH_KIND_CN_AIR, "air ticket itinerary", "航空运输电子客票行程单", "CNY", .supporting = false},
        .fields = air_fields,
        .field_count = COUNT(air_fields),
        .checks = air_checks,
        .keys = keys_air,
    },
    {
        .info = {VOUCH_KIND_CN_TAXI, "taxi receipt", "出租车发票", "CNY", .supporting = false},
        .fields = taxi_fields,
        .field_count = COUNT(taxi_fields),
        .checks = ticket_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_BUS, "coach ticket", "客运汽车票", "CNY", .supporting = false},
        .fields = ticket_fields,
        .field_count = COUNT(ticket_fields),
        .checks = ticket_checks,
        .keys = keys_code_and_number,
    },
    {
        .info = {VOUCH_KIND_CN_TOLL, "road toll receipt", "过路费发票", "CNY", .supporting = false},
        .fields = ticket_fields,
        .field_count = COUNT(ticket_fields),
        .checks = ticket_checks,
        .keys = keys_code_and_number,
    },
};

const kind_family cn_travel_family = {kinds, COUNT(kinds)};
