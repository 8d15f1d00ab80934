/*
 * What a scrape is answered: text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/) or OpenMetrics 1.0.
 *
 * They differ in that OpenMetrics names a counter's family without _total and ends with a line of its own. Bounds of
 * buckets are written alike in both ("1.0"), or a change of format would make new series.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "series.h"

enum {
    MICROS = 1000000
};

/** A value in the unit that is shown. Microseconds are exact: no floating point. */
static const char *value_text(char out[32], vouch_metric_unit unit, int64_t value)
{
    if (unit != VOUCH_METRIC_SECONDS) {
        snprintf(out, 32, "%" PRId64, value);
        return out;
    }
    const uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int length =
        snprintf(out, 32, "%s%" PRIu64 ".%06" PRIu64, value < 0 ? "-" : "", magnitude / MICROS, magnitude % MICROS);
    while (out[length - 1] == '0' && out[length - 2] != '.')
        out[--length] = '\0';
    return out;
}

static const char *bound_text(char out[32], vouch_metric_unit unit, int64_t bound)
{
    if (unit == VOUCH_METRIC_SECONDS)
        return value_text(out, unit, bound);
    snprintf(out, 32, "%" PRId64 ".0", bound);
    return out;
}

/** Inside of quotes: escaped as both formats have it; what is no printable ASCII becomes '?'. */
static vouch_code print_label_value(vouch_buffer *out, const char *value)
{
    for (const char *c = value; *c; c++) {
        if (*c == '\\' || *c == '"')
            VOUCH_TRY(vouch_buffer_append(out, "\\", 1));
        VOUCH_TRY(vouch_buffer_append(out, *c < ' ' || *c > '~' ? "?" : c, 1));
    }
    return VOUCH_OK;
}

/**
 * name{label="value",…} and a space.
 * @param bound  value of the label le; NULL: none
 */
static vouch_code print_name(vouch_buffer *out, vouch_metric metric, const char *suffix, const series *s,
                             const char *bound)
{
    const vouch_metric_info *info = vouch_metric_lookup(metric);
    VOUCH_TRY(vouch_buffer_printf(out, "%s%s", info->name, suffix));
    const char *name = info->labels, *value = s->key;
    const char *before = "{";
    while (*name) {
        const size_t length = strcspn(name, ",");
        VOUCH_TRY(vouch_buffer_printf(out, "%s%.*s=\"", before, (int)length, name));
        VOUCH_TRY(print_label_value(out, value));
        VOUCH_TRY(vouch_buffer_append(out, "\"", 1));
        before = ",";
        name += length + (name[length] == ',');
        value += strlen(value) + 1;
    }
    if (bound) {
        VOUCH_TRY(vouch_buffer_printf(out, "%sle=\"%s\"", before, bound));
        before = ",";
    }
    return vouch_buffer_append(out, before[0] == ',' ? "} " : " ", before[0] == ',' ? 2 : 1);
}

static vouch_code print_histogram(vouch_buffer *out, vouch_metric metric, const series *s)
{
    const bucket_bounds *buckets = metric_buckets(metric);
    const vouch_metric_unit unit = vouch_metric_lookup(metric)->unit;
    int64_t count = 0;
    char text[32];
    for (size_t i = 0; i <= buckets->count; i++) {
        count += atomic_load_explicit(&s->cells[i], memory_order_relaxed);
        const char *bound = i < buckets->count ? bound_text(text, unit, buckets->bounds[i]) : "+Inf";
        VOUCH_TRY(print_name(out, metric, "_bucket", s, bound));
        VOUCH_TRY(vouch_buffer_printf(out, "%" PRId64 "\n", count));
    }
    VOUCH_TRY(print_name(out, metric, "_sum", s, NULL));
    VOUCH_TRY(vouch_buffer_printf(
        out, "%s\n",
        value_text(text, unit, atomic_load_explicit(&s->cells[buckets->count + 1], memory_order_relaxed))));
    VOUCH_TRY(print_name(out, metric, "_count", s, NULL));
    return vouch_buffer_printf(out, "%" PRId64 "\n", count);
}

static vouch_code print_series(vouch_buffer *out, vouch_metric metric, const series *s)
{
    const vouch_metric_info *info = vouch_metric_lookup(metric);
    if (info->type == VOUCH_METRIC_IS_HISTOGRAM)
        return print_histogram(out, metric, s);
    char text[32];
    VOUCH_TRY(print_name(out, metric, "", s, NULL));
    return vouch_buffer_printf(out, "%s\n",
                               value_text(text, info->unit, atomic_load_explicit(&s->cells[0], memory_order_relaxed)));
}

static vouch_code print_family(vouch_buffer *out, vouch_metric metric, bool openmetrics)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    static const char total[] = "_total";
    const vouch_metric_info *info = vouch_metric_lookup(metric);
    size_t place = 0, length = strlen(info->name);
    const series *s = series_next(metric, &place);
    if (!s || !metric_is_shown(metric))
        return VOUCH_OK;
    if (openmetrics && info->type == VOUCH_METRIC_IS_COUNTER)
        length -= sizeof total - 1;
    VOUCH_TRY(vouch_buffer_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)length, info->name, info->help,
                                  (int)length, info->name, types[info->type]));
    for (; s; s = series_next(metric, &place))
        VOUCH_TRY(print_series(out, metric, s));
    return VOUCH_OK;
}

vouch_code vouch_metrics_print(bool openmetrics, vouch_buffer *out, vouch_error *err)
{
    vouch_code code = VOUCH_OK;
    for (int i = 0; i < VOUCH_METRIC_COUNT && code == VOUCH_OK; i++)
        code = print_family(out, (vouch_metric)i, openmetrics);
    if (code == VOUCH_OK && openmetrics)
        code = vouch_buffer_printf(out, "# EOF\n");
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing the metrics");
}
