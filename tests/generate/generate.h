/**
 * The generator: plausible invoices with their expected reading, deterministic by seed.
 *
 * A kind is one row of the table in main.c and one layout file. What a layout draws and what the expected reading says
 * come from the same struct, so that a difference between them is the reader's.
 */
#ifndef VOUCH_GENERATE_H
#define VOUCH_GENERATE_H

#include "vouch/memory.h"
#include "vouch/vocabulary.h"

enum {
    GENERATE_MAX_LINES = 40,
    GENERATE_MAX_INVOICES = 8, /* in one file */
};

/* Rates that are words. */
enum {
    GENERATE_EXEMPT = -1,      /* 免税 */
    GENERATE_NOT_TAXABLE = -2, /* 不征税 */
    GENERATE_UNSTATED = -3     /* the kind has no tax */
};

typedef struct generate_party {
    char name[160], tax_id[24], address[160], account[160];
    char street[64], zip[12], city[32], country[4]; /* outside of China */
} generate_party;

typedef struct generate_line {
    char name[96], specification[32], unit[16], quantity[16], unit_price[24];
    char plate[24], vehicle[24], from[24], to[24]; /* of a passage */
    int64_t net_fen, tax_fen;
    int rate;         /* percent, or a GENERATE_ word */
    char category[4]; /* code of UNCL 5305, outside of China */
} generate_line;

typedef struct generate_leg {
    char from[48], to[48], carrier[24], flight[12], seat_class[12], date[12], time[8];
} generate_leg;

/** A ticket for a train or for flights. */
typedef struct generate_travel {
    char passenger[32], passenger_id[24], ticket[24], train[12], seat[24], seat_class[24], from[48], to[48];
    char date[12], time[8];
    generate_leg legs[4];
    int leg_count;
    bool refund, changed; /* of a train ticket */
    int64_t fare_fen, fuel_fen, fund_fen, other_fen;
} generate_travel;

typedef struct generate_invoice {
    vouch_kind kind;
    bool on_page, structured; /* where it can be read: from a page, from data of its own or attached */
    bool credit;              /* a credit note */
    char currency[4], due_date[12], order[24];
    int64_t discount_fen, paid_fen;
    uint64_t state; /* for what nobody reads */
    generate_travel travel;
    char code[32], number[40], date[40], check_code[24], machine_number[16];
    generate_party seller, buyer;
    generate_line lines[GENERATE_MAX_LINES];
    int line_count;
    int64_t net_fen, tax_fen, gross_fen;
    char issued_by[16], payee[16], reviewed_by[16], remarks[256];
    char original_number[24]; /* of a red letter */
    char qr[160];             /* payload; "" when the kind has none */
} generate_invoice;

/** Fill an invoice of a kind from a seed: same seed, same invoice. Tax ids carry right check characters (GB 32100). */
void generate_invoice_fill(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
/** The same of every sort that a kind knows: many lines, discounts, long names, words of the form in them, red letters.
 */
void generate_invoice_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
/** The payload of the QR code, from the other fields. */
void generate_invoice_code(generate_invoice *invoice);
bool generate_is_digital(vouch_kind kind);
bool generate_is_travel(vouch_kind kind);
/** Tickets for trains and flights; some carry their data as attachment, the second always and nothing else. */
void generate_travel_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
void generate_travel_data(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
/** A bank's receipt of one payment. */
void generate_bank_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
/** Receipts of public bodies. */
void generate_fiscal_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
/** EN 16931 and ZATCA. */
void generate_world_vary(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
bool generate_is_world(vouch_kind kind);

/** The lines of one tax category and rate. */
typedef struct generate_tax_group {
    const char *category;
    int rate;
    int64_t net_fen, tax_fen;
} generate_tax_group;

/** @param out  room for GENERATE_MAX_LINES */
size_t generate_tax_groups(const generate_invoice *invoice, generate_tax_group *out);

/** A person, a company, digits: from the same stock as all others. */
void generate_person(uint64_t *state, char out[16]);
void generate_company(uint64_t *state, generate_party *out);
void generate_digits(uint64_t *state, char *out, int count);

/* SplitMix64. */
uint64_t generate_next(uint64_t *state);
size_t generate_pick(uint64_t *state, size_t count);

/** "13%", "免税", "不征税". */
void generate_rate(int rate, char out[16]);

/** "2019-11-18" → "2019年11月18日". */
void generate_chinese_date(const char *date, char out[24]);
/** Minor units as "1234.50". */
void generate_amount(int64_t fen, char out[24]);

/** A layout: draws the invoice into a file's bytes. */
typedef vouch_code generate_layout(const generate_invoice *invoice, vouch_buffer *out, vouch_error *err);
generate_layout generate_pdf_vat, generate_ofd_vat, generate_ofd_vat_rsa, generate_xml_digital;

/** A seed for the places, sizes and order of what is drawn; 0: the standard form. */
typedef vouch_code generate_varied_layout(const generate_invoice *invoices, size_t count, uint64_t seed,
                                          vouch_buffer *out, vouch_error *err);
/** The forms of all kinds, several invoices in one file. */
generate_varied_layout generate_pdf_forms, generate_ofd_forms;
/** One digital invoice as XML, one ticket as XBRL. */
generate_varied_layout generate_xml_forms, generate_xbrl_travel, generate_xml_ubl, generate_xml_cii, generate_xbrl_vat,
    generate_xml_edrm, generate_xbrl_bank, generate_xml_fiscal;

/** A PDF of one page that is a picture, as scanners make them. */
vouch_code generate_pdf_of_jpeg(const void *jpeg, size_t length, double width_mm, double height_mm, vouch_buffer *out,
                                vouch_error *err);

/** An attachment of a PDF: name tree, file specification and AF entry, as an incremental update of a whole file. */
vouch_code generate_pdf_attach(vouch_buffer *pdf, const char *name, const char *relationship,
                               const vouch_buffer *content, vouch_error *err);

/**
 * The expected reading: kind, fields and lines as JSON that the tests compare with; of several invoices
 * {"invoices": […]}.
 */
vouch_code generate_expected(const generate_invoice *invoices, size_t count, vouch_buffer *out, vouch_error *err);

enum {
    KIND_PAGES = 1,    /* it has some, so that there are pictures of it */
    KIND_STANDARD = 2, /* always the standard form: the seed moves nothing */
    KIND_SEALED = 4,   /* by the test authority */
};

/** A row of kinds.c: something that can be made. */
typedef struct generate_kind {
    const char *name;   /* on the command line and in file names */
    const char *ending; /* of its files */
    vouch_kind kind;
    const char *summary;
    void (*fill)(generate_invoice *invoice, vouch_kind kind, uint64_t seed);
    generate_varied_layout *layout;
    size_t most;     /* invoices in one file */
    unsigned traits; /* KIND_… */
} generate_kind;

const generate_kind *generate_kinds(size_t *count);
/** NULL: there is none of that name. */
const generate_kind *generate_kind_lookup(const char *name);

/** The invoices of one file, each from a seed of its own. @param count  at most GENERATE_MAX_INVOICES */
void generate_invoices(const generate_kind *kind, uint64_t seed, generate_invoice *out, size_t count);
vouch_code generate_document(const generate_kind *kind, const generate_invoice *invoices, size_t count, uint64_t seed,
                             vouch_buffer *out, vouch_error *err);

/** The modules of a QR code: side × side, 1 is dark. @param out malloc; release with free */
vouch_code generate_qr(const char *payload, uint8_t **out, int *side, vouch_error *err);

/** What a seal signs with: SM2 over SM3, RSA of 2048 bits over SHA-256. */
typedef enum generate_scheme {
    GENERATE_SM2,
    GENERATE_RSA,
    GENERATE_SCHEME_COUNT
} generate_scheme;

/**
 * An electronic seal signature (SES_Signature version 4, GB/T 38540-2020) by the test authority.
 *
 * @param signature_xml  bytes of the Signature.xml that it protects
 * @param property       path of that file in the package
 */
vouch_code generate_seal_signature(generate_scheme scheme, const uint8_t *signature_xml, size_t length,
                                   const char *property, vouch_buffer *out, vouch_error *err);
void generate_digest(generate_scheme scheme, const void *data, size_t length, uint8_t out[32]);
/** Object identifiers as text: "1.2.156.10197.1.501". */
const char *generate_signature_method(generate_scheme scheme);
const char *generate_digest_method(generate_scheme scheme);
/** Certificate of the test authority as PEM, to be configured as a trust anchor in tests. */
vouch_code generate_test_anchor(generate_scheme scheme, vouch_buffer *out, vouch_error *err);

#endif
