/** Statements made by hand, as readers would state them. */
#ifndef VOUCH_TEST_RECONCILE_MAKE_H
#define VOUCH_TEST_RECONCILE_MAKE_H

#include "vouch/reconcile.h"

typedef struct workbench {
    vouch_arena *arena;
    vouch_statements statements;
    vouch_problems problems;
    vouch_invoices invoices;
    vouch_page pages[4];
    size_t page_count;
} workbench;

/** Four pages of 600 × 400 pt. Release with made_done. */
void made_init(workbench *made);
void made_done(workbench *made);

/** @param page  0: none */
vouch_statement *say(workbench *made, vouch_source source, int part, int page, vouch_kind kind);
/** State a value, with a place on the statement's page for sources of the page. */
void say_field(workbench *made, vouch_statement *statement, vouch_field field, const char *value, double confidence);
/** number, date, net, tax, gross of an invoice that adds up; NULL: leave out */
void say_invoice(workbench *made, vouch_statement *statement, const char *code, const char *number, const char *gross);
vouch_item *say_line(workbench *made, vouch_statement *statement, const char *name, const char *net, const char *rate,
                     const char *tax);
/** Put text on a page, as drawn characters. */
void draw(workbench *made, int page, const char *text);

/** Run reconcile. @return number of invoices */
size_t settle(workbench *made);

const vouch_check *find_check(const vouch_invoice *invoice, const char *check, const char *field);
/** "pass", "fail", "skipped", or "none" */
const char *result_of(const vouch_invoice *invoice, const char *check, const char *field);

#endif
