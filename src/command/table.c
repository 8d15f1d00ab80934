/** A reading for people. Columns are aligned by display width, since Chinese characters take two cells. */
#include <string.h>
#include <wchar.h>

#include "files.h"
#include "vouch/text.h"

static int display_width(const char *text)
{
    int width = 0;
    const char *cursor = text, *end = text + strlen(text);
    while (cursor < end) {
        int cells = wcwidth((wchar_t)vouch_utf8_next(&cursor, end));
        width += cells > 0 ? cells : 0;
    }
    return width;
}

static void print_padded(FILE *out, const char *text, int width)
{
    int pad = width - display_width(text);
    fprintf(out, "%s%*s", text, pad > 0 ? pad : 0, "");
}

static void print_field(const vouch_field_value *field, const char *name, FILE *out)
{
    const vouch_evidence *chosen = &field->chosen;
    fputs("  ", out);
    print_padded(out, name, 24);
    print_padded(out, chosen->value, 44);
    fprintf(out, "  %6.2f %%  ", chosen->confidence * 100);
    print_padded(out, vouch_source_name(chosen->source), 16);
    if (chosen->page > 0)
        fprintf(out, "p%d (%.0f, %.0f)", chosen->page, chosen->box.x0, chosen->box.y0);
    fputc('\n', out);
}

static const char *item_value(const vouch_item *item, vouch_item_field field)
{
    return item->members[field].value ? item->members[field].value : "";
}

static void print_lines(const vouch_items *lines, FILE *out)
{
    if (lines->count == 0)
        return;
    fprintf(out, "  lines (%zu)\n", lines->count);
    for (size_t i = 0; i < lines->count; i++) {
        const vouch_item *item = &lines->items[i];
        fprintf(out, "  %4zu  ", i + 1);
        print_padded(out, item_value(item, VOUCH_ITEM_NAME), 40);
        fprintf(out, " %10s × %-14s %12s  %5s%% %10s\n", item_value(item, VOUCH_ITEM_QUANTITY),
                item_value(item, VOUCH_ITEM_UNIT_PRICE), item_value(item, VOUCH_ITEM_NET_AMOUNT),
                item_value(item, VOUCH_ITEM_TAX_RATE), item_value(item, VOUCH_ITEM_TAX_AMOUNT));
    }
}

static void print_invoice(const vouch_invoice *invoice, FILE *out)
{
    const vouch_kind_info *kind = vouch_kind_lookup_info(invoice->kind);
    fprintf(out, "  %s / %s (%s), %s\n", kind->title_zh, kind->title_en, vouch_kind_name(invoice->kind),
            invoice->credit ? "credit" : "debit");
    for (vouch_field field = 0; field < VOUCH_FIELD_COUNT; field++)
        if (invoice->fields[field].chosen.value)
            print_field(&invoice->fields[field], vouch_field_name(field), out);
    print_lines(&invoice->lines, out);
    for (size_t i = 0; i < invoice->check_count; i++) {
        const vouch_check *check = &invoice->checks[i];
        if (check->result == VOUCH_CHECK_FAIL)
            fprintf(out, "  ! %s%s%s: %s\n", check->check, check->field ? " of " : "", check->field ? check->field : "",
                    check->detail ? check->detail : check->severity);
    }
}

void vouch_reading_print_table(const vouch_reading *reading, FILE *out)
{
    fprintf(out, "%s  %s, %zu bytes\n", reading->file ? reading->file : "-", reading->format, reading->bytes);
    for (size_t i = 0; i < reading->invoices.count; i++)
        print_invoice(&reading->invoices.items[i], out);
    for (size_t i = 0; i < reading->verdicts.count; i++) {
        const vouch_verdict *verdict = &reading->verdicts.items[i];
        fprintf(out, "  signature %s: integrity %s, authenticity %s, agreement %s\n", verdict->scheme,
                vouch_integrity_name(verdict->integrity), vouch_authenticity_name(verdict->authenticity),
                vouch_agreement_name(verdict->agreement));
    }
    for (size_t i = 0; i < reading->problems.count; i++) {
        const vouch_problem *problem = &reading->problems.items[i];
        fprintf(out, "  %s: %s (%s)\n", problem->severity, problem->detail, vouch_code_lookup(problem->code)->slug);
    }
    fputc('\n', out);
}
