/**
 * What QR codes of invoices say. China: "01,TYPE,CODE,NUMBER,AMOUNT,YYYYMMDD,CHECK,CRC[,]", fiscal receipts
 * ("CZ-EI-…") and blockchain invoices (an address with the data in its query). Saudi Arabia: ZATCA's tags. All else is
 * kept as it stands: the code of an old rail ticket is encrypted, yet equal codes are the same ticket.
 *
 * The Chinese amount is without tax for the tax-controlled types and with tax for 数电票. A matching checksum proves
 * good reading; a mismatch proves nothing, since some issuers follow none of the variants; neither is authenticity.
 */
#include <stdlib.h>
#include <string.h>

#include "vouch/money.h"
#include "vouch/text.h"

#include "qr.h"

/* Which total the amount is; unknown amounts go to `extra`: absent beats wrong. */
typedef enum amount_basis {
    WITHOUT_TAX,
    WITH_TAX,
    UNKNOWN_BASIS
} amount_basis;

static const struct invoice_type {
    char type[3];
    vouch_kind kind;
    amount_basis amount;
} invoice_types[] = {
    {"01", VOUCH_KIND_CN_VAT_SPECIAL, WITHOUT_TAX},
    {"03", VOUCH_KIND_CN_VEHICLE, UNKNOWN_BASIS},
    {"04", VOUCH_KIND_CN_VAT_ORDINARY, WITHOUT_TAX},
    {"08", VOUCH_KIND_CN_VAT_SPECIAL_ELECTRONIC, WITHOUT_TAX},
    {"10", VOUCH_KIND_CN_VAT_ORDINARY_ELECTRONIC, WITHOUT_TAX}, /* toll as well: told by the code */
    {"11", VOUCH_KIND_CN_VAT_ROLL, UNKNOWN_BASIS},
    {"14", VOUCH_KIND_CN_VAT_TOLL, UNKNOWN_BASIS},
    {"15", VOUCH_KIND_CN_USED_VEHICLE, UNKNOWN_BASIS},
    {"31", VOUCH_KIND_CN_DIGITAL_SPECIAL, WITH_TAX},
    {"32", VOUCH_KIND_CN_DIGITAL_ORDINARY, WITH_TAX},
    {"51", VOUCH_KIND_CN_RAIL_DIGITAL, WITH_TAX},
    {"61", VOUCH_KIND_CN_AIR_DIGITAL, WITH_TAX},
    {"83", VOUCH_KIND_CN_VEHICLE, UNKNOWN_BASIS},
    {"84", VOUCH_KIND_CN_USED_VEHICLE, UNKNOWN_BASIS},
    {"85", VOUCH_KIND_CN_DIGITAL_PAPER, UNKNOWN_BASIS},
    {"86", VOUCH_KIND_CN_DIGITAL_PAPER, UNKNOWN_BASIS},
};

static const size_t longest_kept = 2048; /* bytes of a payload that goes to `extra` */

uint16_t vouch_qr_crc16(vouch_qr_crc variant, const char *data, size_t length)
{
    uint16_t crc = variant == VOUCH_QR_CRC_MODBUS ? 0xFFFF : 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)data[i];
        crc = (uint16_t)(crc ^ (variant == VOUCH_QR_CRC_UMTS ? byte << 8 : byte));
        for (int bit = 0; bit < 8; bit++)
            if (variant == VOUCH_QR_CRC_UMTS)
                crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x8005 : crc << 1);
            else
                crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1);
    }
    return crc;
}

/** Does the checksum before `crc` match in any variant, with or without the comma before it? */
static bool crc_matches(const char *payload, const char *crc)
{
    char *end = NULL;
    unsigned long stated = strtoul(crc, &end, 16);
    size_t with_comma = (size_t)(crc - payload);
    if (end != crc + 4 || with_comma == 0)
        return false;
    for (int variant = 0; variant < VOUCH_QR_CRC_COUNT; variant++)
        for (size_t length = with_comma - 1; length <= with_comma; length++)
            if (vouch_qr_crc16((vouch_qr_crc)variant, payload, length) == stated)
                return true;
    return false;
}

enum {
    MOST_FIELDS = 16
};

/** A payload cut at its commas. */
typedef struct fields {
    char *item[MOST_FIELDS];
    size_t count;
    size_t offset[MOST_FIELDS]; /* of each in the payload */
} fields;

static bool split(vouch_arena *arena, const vouch_qr_code *code, fields *out)
{
    char *copy = vouch_arena_strndup(arena, code->data, code->length), *at = copy;
    for (out->count = 0; out->count < MOST_FIELDS;) {
        out->item[out->count] = at;
        out->offset[out->count++] = (size_t)(at - copy);
        at = strchr(at, ',');
        if (!at)
            return true;
        *at++ = '\0';
    }
    return false;
}

static bool all_digits(const char *text, size_t least, size_t most)
{
    size_t length = strspn(text, "0123456789");
    return text[length] == '\0' && length >= least && length <= most;
}

static bool is_hex4(const char *text)
{
    return strlen(text) == 4 && strspn(text, "0123456789abcdefABCDEF") == 4;
}

static bool is_decimal(const char *text)
{
    vouch_decimal value;
    return *text && vouch_decimal_parse(text, &value) == VOUCH_OK;
}

static bool is_date(vouch_arena *arena, const char *text)
{
    return all_digits(text, 8, 8) && vouch_value_normalise(arena, VOUCH_VALUE_DATE, text);
}

static vouch_statement *new_statement(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    vouch_statement *statement = vouch_statement_new(arena, statements, VOUCH_SOURCE_QR, code->part);
    statement->first_page = statement->last_page = code->page;
    return statement;
}

static void put(vouch_arena *arena, vouch_statement *statement, const vouch_qr_code *code, vouch_field field,
                const char *text, double confidence)
{
    vouch_evidence *evidence = vouch_statement_set(arena, statement, field, text, confidence);
    if (!evidence || code->page <= 0)
        return;
    evidence->page = code->page;
    evidence->box = code->box;
    evidence->has_quad = true;
    evidence->quad = code->quad;
}

static void keep_payload(vouch_arena *arena, vouch_statement *statement, const vouch_qr_code *code)
{
    if (code->length <= longest_kept && vouch_utf8_valid(code->data, code->length))
        vouch_statement_add_extra(arena, statement, "qr", code->data);
}

static const struct invoice_type *type_of(const char *type)
{
    for (size_t i = 0; i < sizeof invoice_types / sizeof *invoice_types; i++)
        if (strcmp(type, invoice_types[i].type) == 0)
            return &invoice_types[i];
    return NULL;
}

/** The fixed grammar; also without the check code's empty place, as copies of type 01 circulate. */
static bool state_invoice(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    fields part;
    if (!split(arena, code, &part))
        return false;
    if (part.count > 7 && part.item[part.count - 1][0] == '\0')
        part.count--;
    if (part.count < 7 || part.count > 8 || strcmp(part.item[0], "01") != 0 || !all_digits(part.item[1], 2, 2))
        return false;
    const char *invoice_code = part.item[2], *number = part.item[3], *amount = part.item[4], *date = part.item[5];
    size_t crc = part.count == 8 ? 7 : is_hex4(part.item[6]) ? 6 : 0;
    const char *check = part.count == 8 || crc == 0 ? part.item[6] : "";
    bool shaped = (!*invoice_code || all_digits(invoice_code, 10, 12)) && all_digits(number, 8, 20) &&
                  is_decimal(amount) && is_date(arena, date) && (!*check || all_digits(check, 4, 20));
    if (!shaped)
        return false;
    bool checked = crc > 0 && is_hex4(part.item[crc]) && crc_matches(code->data, code->data + part.offset[crc]);
    double confidence = checked ? VOUCH_CONFIDENCE_QR_CHECKED : VOUCH_CONFIDENCE_QR;
    const struct invoice_type *type = type_of(part.item[1]);
    vouch_statement *statement = new_statement(arena, code, statements);
    statement->kind = type ? type->kind : VOUCH_KIND_UNKNOWN;
    if (vouch_cn_kind_of_code(invoice_code) == VOUCH_KIND_CN_VAT_TOLL)
        statement->kind = VOUCH_KIND_CN_VAT_TOLL;
    statement->kind_confidence = confidence;
    statement->credit = amount[0] == '-';
    put(arena, statement, code, VOUCH_FIELD_INVOICE_CODE, invoice_code, confidence);
    put(arena, statement, code, VOUCH_FIELD_INVOICE_NUMBER, number, confidence);
    put(arena, statement, code, VOUCH_FIELD_ISSUE_DATE, date, confidence);
    put(arena, statement, code, VOUCH_FIELD_CHECK_CODE, check, confidence);
    if (type && type->amount != UNKNOWN_BASIS)
        put(arena, statement, code, type->amount == WITH_TAX ? VOUCH_FIELD_GROSS_AMOUNT : VOUCH_FIELD_NET_AMOUNT,
            amount, confidence);
    else
        vouch_statement_add_extra(arena, statement, "qr_amount", amount);
    keep_payload(arena, statement, code);
    return true;
}

/** Fiscal receipts: the order behind the tag is not published, the shapes are distinct. */
static bool state_fiscal(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    fields part;
    if (strncmp(code->data, "CZ-EI-", 6) != 0 || !split(arena, code, &part))
        return false;
    vouch_statement *statement = new_statement(arena, code, statements);
    statement->kind = VOUCH_KIND_CN_FISCAL;
    statement->kind_confidence = VOUCH_CONFIDENCE_QR;
    for (size_t i = 1; i < part.count; i++) {
        const char *text = part.item[i];
        vouch_field field = VOUCH_FIELD_COUNT;
        if (all_digits(text, 10, 10))
            field = VOUCH_FIELD_INVOICE_NUMBER;
        else if (strncmp(text, "20", 2) == 0 && is_date(arena, text)) /* no code begins with 20: no such region */
            field = VOUCH_FIELD_ISSUE_DATE;
        else if (all_digits(text, 8, 8))
            field = VOUCH_FIELD_INVOICE_CODE;
        else if (strchr(text, '.') && is_decimal(text))
            field = VOUCH_FIELD_GROSS_AMOUNT;
        else if (strlen(text) == 6 && strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz") == 6)
            field = VOUCH_FIELD_CHECK_CODE;
        if (field != VOUCH_FIELD_COUNT && !statement->fields[field].value)
            put(arena, statement, code, field, text, VOUCH_CONFIDENCE_QR);
    }
    keep_payload(arena, statement, code);
    return true;
}

/** Value of a query parameter, copied; NULL when it is not there. */
static char *query_value(vouch_arena *arena, const char *address, const char *name)
{
    const char *query = strchr(address, '?');
    size_t length = strlen(name);
    while (query) {
        query++;
        if (strncmp(query, name, length) == 0 && query[length] == '=')
            return vouch_arena_strndup(arena, query + length + 1, strcspn(query + length + 1, "&#"));
        query = strchr(query, '&');
    }
    return NULL;
}

/** Blockchain invoices: number and total (in fen) in the query of the tax administration's address. */
static bool state_blockchain(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    static const char scheme[] = "https://bcfp.";
    const char *host_end = strchr(code->data + (code->length < sizeof scheme ? code->length : sizeof scheme), '/');
    static const char domain[] = ".chinatax.gov.cn";
    if (strncmp(code->data, scheme, sizeof scheme - 1) != 0 || !host_end ||
        (size_t)(host_end - code->data) < sizeof domain ||
        strncmp(host_end - (sizeof domain - 1), domain, sizeof domain - 1) != 0)
        return false;
    const char *number = query_value(arena, code->data, "bill_num");
    const char *fen = query_value(arena, code->data, "total_amount");
    if (!number || !all_digits(number, 8, 8))
        return false;
    vouch_statement *statement = new_statement(arena, code, statements);
    statement->kind = VOUCH_KIND_CN_BLOCKCHAIN;
    statement->kind_confidence = VOUCH_CONFIDENCE_QR;
    put(arena, statement, code, VOUCH_FIELD_INVOICE_NUMBER, number, VOUCH_CONFIDENCE_QR);
    if (fen && all_digits(fen, 1, 15)) {
        char amount[32];
        vouch_amount_print(strtoll(fen, NULL, 10), "CNY", amount, sizeof amount);
        put(arena, statement, code, VOUCH_FIELD_GROSS_AMOUNT, amount, VOUCH_CONFIDENCE_QR);
    }
    vouch_statement_add_extra(arena, statement, "blockchain_hash", query_value(arena, code->data, "hash"));
    keep_payload(arena, statement, code);
    return true;
}

/** Decode base64 (RFC 4648, 4); the first character that is none ends it. @return bytes written */
static size_t decode_base64(const char *text, size_t length, uint8_t *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int count = 0;
    size_t written = 0;
    for (size_t i = 0; i < length && text[i] != '\0'; i++) {
        const char *at = strchr(alphabet, text[i]);
        if (!at)
            break;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[written++] = (uint8_t)(bits >> count);
        }
    }
    return written;
}

/* ZATCA: base64 of tag, length (one byte each) and value; later tags are hash, signature, key (intl.md 6). */
static const vouch_field zatca_tags[] = {
    [1] = VOUCH_FIELD_SELLER_NAME,  [2] = VOUCH_FIELD_SELLER_TAX_ID, [3] = VOUCH_FIELD_ISSUE_DATE,
    [4] = VOUCH_FIELD_GROSS_AMOUNT, [5] = VOUCH_FIELD_TAX_AMOUNT,
};

/** Values of the first five tags, in order and complete. */
static bool split_zatca(vouch_arena *arena, const vouch_qr_code *code, const char *values[6])
{
    uint8_t *bytes = vouch_arena_alloc(arena, code->length + 1);
    const size_t size = decode_base64(code->data, code->length, bytes);
    size_t at = 0;
    for (unsigned tag = 1; tag <= 5; tag++) {
        if (at + 2 > size || bytes[at] != tag || at + 2 + bytes[at + 1] > size)
            return false;
        values[tag] = vouch_arena_strndup(arena, (const char *)bytes + at + 2, bytes[at + 1]);
        if (!vouch_utf8_valid(values[tag], strlen(values[tag])))
            return false;
        at += 2 + (size_t)bytes[at + 1];
    }
    return all_digits(values[2], 15, 15) && is_decimal(values[4]) && is_decimal(values[5]);
}

static bool state_zatca(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    const char *values[6] = {NULL};
    if (code->length > longest_kept || !split_zatca(arena, code, values))
        return false;
    vouch_statement *statement = new_statement(arena, code, statements);
    statement->kind = VOUCH_KIND_SA_ZATCA;
    statement->kind_confidence = VOUCH_CONFIDENCE_QR;
    for (size_t tag = 1; tag < sizeof zatca_tags / sizeof *zatca_tags; tag++)
        put(arena, statement, code, zatca_tags[tag], values[tag], VOUCH_CONFIDENCE_QR);
    const char *time = strchr(values[3], 'T');
    put(arena, statement, code, VOUCH_FIELD_ISSUE_TIME, time ? time + 1 : NULL, VOUCH_CONFIDENCE_QR);
    keep_payload(arena, statement, code);
    return true;
}

/** The card that a buyer shows to be billed: name and tax id, no invoice. */
static bool ignore_title_card(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    (void)arena, (void)statements;
    return strncmp(code->data, "$01", 3) == 0;
}

static bool state_opaque(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    if (code->length > 0 && code->length <= longest_kept && vouch_utf8_valid(code->data, code->length))
        keep_payload(arena, new_statement(arena, code, statements), code);
    return true;
}

void vouch_qr_state(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements)
{
    static bool (*const grammars[])(vouch_arena *, const vouch_qr_code *, vouch_statements *) = {
        ignore_title_card, state_invoice, state_fiscal, state_blockchain, state_zatca, state_opaque};
    for (size_t i = 0; i < sizeof grammars / sizeof *grammars; i++)
        if (grammars[i](arena, code, statements))
            return;
}
