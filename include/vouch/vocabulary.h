/**
 * The words of the output contract: fields, document kinds, sources. One table each; every name is binding (it stands
 * in readings that others have stored).
 */
#ifndef VOUCH_VOCABULARY_H
#define VOUCH_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

/** How a field's value is normalised and compared. */
typedef enum vouch_value_type {
    VOUCH_VALUE_TEXT,     /* NFKC, single inner spaces */
    VOUCH_VALUE_ID,       /* no spaces, upper case */
    VOUCH_VALUE_AMOUNT,   /* decimal string with the currency's digits */
    VOUCH_VALUE_NUMBER,   /* decimal string, as many digits as stated */
    VOUCH_VALUE_DATE,     /* YYYY-MM-DD */
    VOUCH_VALUE_TIME,     /* hh:mm or hh:mm:ss */
    VOUCH_VALUE_DATETIME, /* YYYY-MM-DDThh:mm */
    VOUCH_VALUE_CURRENCY, /* ISO 4217 */
} vouch_value_type;

/* enumerator, name in the reading, type */
#define VOUCH_FIELDS(X)                                       \
    X(INVOICE_CODE, "invoice_code", ID)                       \
    X(INVOICE_NUMBER, "invoice_number", ID)                   \
    X(ISSUE_DATE, "issue_date", DATE)                         \
    X(ISSUE_TIME, "issue_time", TIME)                         \
    X(DUE_DATE, "due_date", DATE)                             \
    X(CHECK_CODE, "check_code", ID)                           \
    X(MACHINE_NUMBER, "machine_number", ID)                   \
    X(CURRENCY, "currency", CURRENCY)                         \
    X(ORIGINAL_INVOICE_CODE, "original_invoice_code", ID)     \
    X(ORIGINAL_INVOICE_NUMBER, "original_invoice_number", ID) \
    X(PURCHASE_ORDER, "purchase_order", TEXT)                 \
    X(CONTRACT_NUMBER, "contract_number", TEXT)               \
    X(SELLER_NAME, "seller_name", TEXT)                       \
    X(SELLER_TAX_ID, "seller_tax_id", ID)                     \
    X(SELLER_ADDRESS, "seller_address", TEXT)                 \
    X(SELLER_ACCOUNT, "seller_account", TEXT)                 \
    X(BUYER_NAME, "buyer_name", TEXT)                         \
    X(BUYER_TAX_ID, "buyer_tax_id", ID)                       \
    X(BUYER_ADDRESS, "buyer_address", TEXT)                   \
    X(BUYER_ACCOUNT, "buyer_account", TEXT)                   \
    X(NET_AMOUNT, "net_amount", AMOUNT)                       \
    X(TAX_AMOUNT, "tax_amount", AMOUNT)                       \
    X(GROSS_AMOUNT, "gross_amount", AMOUNT)                   \
    X(GROSS_IN_WORDS, "gross_in_words", TEXT)                 \
    X(DISCOUNT_AMOUNT, "discount_amount", AMOUNT)             \
    X(TIP_AMOUNT, "tip_amount", AMOUNT)                       \
    X(PAID_AMOUNT, "paid_amount", AMOUNT)                     \
    X(DUE_AMOUNT, "due_amount", AMOUNT)                       \
    X(OTHER_TAXES, "other_taxes", AMOUNT)                     \
    X(ISSUED_BY, "issued_by", TEXT)                           \
    X(PAYEE, "payee", TEXT)                                   \
    X(REVIEWED_BY, "reviewed_by", TEXT)                       \
    X(REMARKS, "remarks", TEXT)                               \
    X(PASSENGER_NAME, "passenger_name", TEXT)                 \
    X(PASSENGER_ID, "passenger_id", ID)                       \
    X(TICKET_NUMBER, "ticket_number", ID)                     \
    X(TICKET_SERIAL, "ticket_serial", ID)                     \
    X(TRAVEL_DATE, "travel_date", DATE)                       \
    X(DEPARTURE_PLACE, "departure_place", TEXT)               \
    X(ARRIVAL_PLACE, "arrival_place", TEXT)                   \
    X(DEPARTURE_TIME, "departure_time", TIME)                 \
    X(TRAIN_NUMBER, "train_number", ID)                       \
    X(FLIGHT_NUMBER, "flight_number", ID)                     \
    X(CARRIER, "carrier", TEXT)                               \
    X(SEAT, "seat", TEXT)                                     \
    X(SEAT_CLASS, "seat_class", TEXT)                         \
    X(FARE, "fare", AMOUNT)                                   \
    X(FUEL_SURCHARGE, "fuel_surcharge", AMOUNT)               \
    X(AIRPORT_FEE, "airport_fee", AMOUNT)                     \
    X(PLATE_NUMBER, "plate_number", ID)                       \
    X(BOARDING_TIME, "boarding_time", TIME)                   \
    X(ALIGHTING_TIME, "alighting_time", TIME)                 \
    X(DISTANCE_KM, "distance_km", NUMBER)                     \
    X(UNIT_PRICE, "unit_price", NUMBER)                       \
    X(TOLL_ENTRY, "toll_entry", TEXT)                         \
    X(TOLL_EXIT, "toll_exit", TEXT)

typedef enum vouch_field {
#define X(name, slug, type) VOUCH_FIELD_##name,
    VOUCH_FIELDS(X)
#undef X
    VOUCH_FIELD_COUNT
} vouch_field;

const char *vouch_field_name(vouch_field field); /* "invoice_code" */
vouch_value_type vouch_field_type(vouch_field field);
bool vouch_field_lookup(const char *name, vouch_field *out); /* false: no such field */

/* Members of one row of lines[], segments[] and taxes[]/allowances[]. enumerator, name, type */
#define VOUCH_ITEM_FIELDS(X)                      \
    X(NAME, "name", TEXT)                         \
    X(SPECIFICATION, "specification", TEXT)       \
    X(UNIT, "unit", TEXT)                         \
    X(QUANTITY, "quantity", NUMBER)               \
    X(UNIT_PRICE, "unit_price", NUMBER)           \
    X(NET_AMOUNT, "net_amount", AMOUNT)           \
    X(TAX_RATE, "tax_rate", NUMBER)               \
    X(TAX_CATEGORY, "tax_category", TEXT)         \
    X(TAX_AMOUNT, "tax_amount", AMOUNT)           \
    X(GROSS_AMOUNT, "gross_amount", AMOUNT)       \
    X(PLATE_NUMBER, "plate_number", ID)           \
    X(VEHICLE_TYPE, "vehicle_type", TEXT)         \
    X(DATE_FROM, "date_from", DATE)               \
    X(DATE_TO, "date_to", DATE)                   \
    X(DEPARTURE_PLACE, "departure_place", TEXT)   \
    X(ARRIVAL_PLACE, "arrival_place", TEXT)       \
    X(DEPARTURE_TIME, "departure_time", DATETIME) \
    X(CARRIER, "carrier", TEXT)                   \
    X(FLIGHT_NUMBER, "flight_number", ID)         \
    X(TRAIN_NUMBER, "train_number", ID)           \
    X(SEAT_CLASS, "seat_class", TEXT)             \
    X(REASON, "reason", TEXT)                     \
    X(CATEGORY, "category", TEXT)                 \
    X(RATE, "rate", NUMBER)

typedef enum vouch_item_field {
#define X(name, slug, type) VOUCH_ITEM_##name,
    VOUCH_ITEM_FIELDS(X)
#undef X
    VOUCH_ITEM_COUNT
} vouch_item_field;

const char *vouch_item_field_name(vouch_item_field field);
vouch_value_type vouch_item_field_type(vouch_item_field field);
bool vouch_item_field_lookup(const char *name, vouch_item_field *out);

/* Where a value came from, most trusted first. enumerator, name */
#define VOUCH_SOURCES(X)                \
    X(PERSON, "person")                 \
    X(REGISTRY, "registry")             \
    X(XML, "xml")                       \
    X(OFD_ATTACHMENT, "ofd.attachment") \
    X(XBRL, "xbrl")                     \
    X(PDF_ATTACHMENT, "pdf.attachment") \
    X(OFD_TAG, "ofd.tag")               \
    X(TEXT, "text")                     \
    X(QR, "qr")                         \
    X(BARCODE, "barcode")               \
    X(OCR, "ocr")                       \
    X(RULE, "rule")

typedef enum vouch_source {
#define X(name, slug) VOUCH_SOURCE_##name,
    VOUCH_SOURCES(X)
#undef X
    VOUCH_SOURCE_COUNT
} vouch_source;

const char *vouch_source_name(vouch_source source);
bool vouch_source_lookup(const char *name, vouch_source *out);

/* Document kinds. enumerator, name. What each kind needs and how its key is built stands in reconcile (one file a
 * family). */
#define VOUCH_KINDS(X)                                          \
    X(UNKNOWN, "unknown")                                       \
    X(CN_VAT_SPECIAL, "cn.vat.special")                         \
    X(CN_VAT_SPECIAL_ELECTRONIC, "cn.vat.special.electronic")   \
    X(CN_VAT_ORDINARY, "cn.vat.ordinary")                       \
    X(CN_VAT_ORDINARY_ELECTRONIC, "cn.vat.ordinary.electronic") \
    X(CN_VAT_ROLL, "cn.vat.roll")                               \
    X(CN_VAT_TOLL, "cn.vat.toll")                               \
    X(CN_DIGITAL_SPECIAL, "cn.digital.special")                 \
    X(CN_DIGITAL_ORDINARY, "cn.digital.ordinary")               \
    X(CN_DIGITAL_TOLL, "cn.digital.toll")                       \
    X(CN_DIGITAL_PAPER, "cn.digital.paper")                     \
    X(CN_RAIL_DIGITAL, "cn.rail.digital")                       \
    X(CN_AIR_DIGITAL, "cn.air.digital")                         \
    X(CN_RAIL, "cn.rail")                                       \
    X(CN_AIR, "cn.air")                                         \
    X(CN_TAXI, "cn.taxi")                                       \
    X(CN_BUS, "cn.bus")                                         \
    X(CN_QUOTA, "cn.quota")                                     \
    X(CN_TOLL, "cn.toll")                                       \
    X(CN_MACHINE, "cn.machine")                                 \
    X(CN_VEHICLE, "cn.vehicle")                                 \
    X(CN_USED_VEHICLE, "cn.used_vehicle")                       \
    X(CN_BLOCKCHAIN, "cn.blockchain")                           \
    X(CN_FISCAL, "cn.fiscal")                                   \
    X(CN_TAX_PAYMENT, "cn.tax_payment")                         \
    X(CN_ITINERARY, "cn.itinerary")                             \
    X(CN_BANK_RECEIPT, "cn.bank_receipt")                       \
    X(EN16931_INVOICE, "en16931.invoice")                       \
    X(EN16931_CREDIT_NOTE, "en16931.credit_note")               \
    X(SA_ZATCA, "sa.zatca")                                     \
    X(INVOICE, "invoice")                                       \
    X(RECEIPT, "receipt")

typedef enum vouch_kind {
#define X(name, slug) VOUCH_KIND_##name,
    VOUCH_KINDS(X)
#undef X
    VOUCH_KIND_COUNT
} vouch_kind;

const char *vouch_kind_name(vouch_kind kind);
bool vouch_kind_lookup(const char *name, vouch_kind *out);

/** Rectangle from the top left of the page as a viewer shows it; y grows downwards; in the page's unit. */
typedef struct vouch_box {
    double x0, y0, x1, y1;
} vouch_box;

/** Four corners, clockwise from the text's own top left. */
typedef struct vouch_quad {
    double x[4], y[4];
} vouch_quad;

#endif
