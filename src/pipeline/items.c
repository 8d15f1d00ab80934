#include "items.h"

/* The order is READING.md's. */
#define LINE_MEMBERS                                                                                        \
    VOUCH_ITEM_NAME, VOUCH_ITEM_SPECIFICATION, VOUCH_ITEM_UNIT, VOUCH_ITEM_QUANTITY, VOUCH_ITEM_UNIT_PRICE, \
        VOUCH_ITEM_NET_AMOUNT, VOUCH_ITEM_TAX_RATE, VOUCH_ITEM_TAX_CATEGORY, VOUCH_ITEM_TAX_AMOUNT,         \
        VOUCH_ITEM_GROSS_AMOUNT, VOUCH_ITEM_PLATE_NUMBER, VOUCH_ITEM_VEHICLE_TYPE, VOUCH_ITEM_DATE_FROM,    \
        VOUCH_ITEM_DATE_TO
#define TAX_MEMBERS                                                                                              \
    VOUCH_ITEM_CATEGORY, VOUCH_ITEM_RATE, VOUCH_ITEM_NET_AMOUNT, VOUCH_ITEM_TAX_AMOUNT, VOUCH_ITEM_GROSS_AMOUNT, \
        VOUCH_ITEM_REASON
#define ALLOWANCE_MEMBERS                                                                            \
    VOUCH_ITEM_NAME, VOUCH_ITEM_REASON, VOUCH_ITEM_CATEGORY, VOUCH_ITEM_RATE, VOUCH_ITEM_NET_AMOUNT, \
        VOUCH_ITEM_TAX_RATE, VOUCH_ITEM_TAX_CATEGORY, VOUCH_ITEM_TAX_AMOUNT, VOUCH_ITEM_GROSS_AMOUNT
#define SEGMENT_MEMBERS                                                                                  \
    VOUCH_ITEM_DEPARTURE_PLACE, VOUCH_ITEM_ARRIVAL_PLACE, VOUCH_ITEM_DEPARTURE_TIME, VOUCH_ITEM_CARRIER, \
        VOUCH_ITEM_FLIGHT_NUMBER, VOUCH_ITEM_TRAIN_NUMBER, VOUCH_ITEM_SEAT_CLASS, VOUCH_ITEM_DATE_FROM

#define MEMBERS(...) \
    .member_count = sizeof((vouch_item_field[]){__VA_ARGS__}) / sizeof(vouch_item_field), .members = {__VA_ARGS__}

const item_list item_lists[ITEM_LIST_COUNT] = {
    {"lines", offsetof(vouch_invoice, lines), .plain = false, MEMBERS(LINE_MEMBERS)},
    {"taxes", offsetof(vouch_invoice, taxes), .plain = true, MEMBERS(TAX_MEMBERS)},
    {"allowances", offsetof(vouch_invoice, allowances), .plain = true, MEMBERS(ALLOWANCE_MEMBERS)},
    {"segments", offsetof(vouch_invoice, segments), .plain = false, MEMBERS(SEGMENT_MEMBERS)},
};
