#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

support_reading support_read(const void *data, size_t length, const vouch_read_options *options)
{
    support_reading reading = {.code = VOUCH_OK};
    reading.code = vouch_decode(data, length, /* limits= */ NULL, &reading.decoded, &reading.error);
    if (reading.code == VOUCH_OK)
        reading.code = vouch_read(reading.decoded, options, &reading.statements, &reading.words, &reading.error);
    return reading;
}

support_reading support_read_file(const char *path, const vouch_read_options *options)
{
    size_t length = 0;
    uint8_t *bytes = support_load(path, &length);
    if (!bytes)
        return (support_reading){.code = VOUCH_IO};
    support_reading reading = support_read(bytes, length, options);
    reading.bytes = bytes;
    return reading;
}

void support_done(support_reading *reading)
{
    vouch_decoded_free(&reading->decoded);
    free(reading->bytes);
    reading->bytes = NULL;
}

const char *support_shared(const char *relative)
{
    static char path[1024];
    const char *root = getenv("VOUCH_SHARED_DATA");
    if (!root)
        return NULL;
    int length = snprintf(path, sizeof path, "%s/%s", root, relative);
    return length > 0 && (size_t)length < sizeof path ? path : NULL;
}

uint8_t *support_load(const char *path, size_t *length)
{
    FILE *file = path ? fopen(path, "rb") : NULL;
    if (!file)
        return NULL;
    vouch_buffer buffer = {.data = NULL};
    char block[65536];
    size_t got;
    bool complete = true;
    while (complete && (got = fread(block, 1, sizeof block, file)) > 0)
        complete = vouch_buffer_append(&buffer, block, got) == VOUCH_OK;
    complete = complete && !ferror(file);
    (void)fclose(file);
    if (!complete || !buffer.data) {
        vouch_buffer_done(&buffer);
        return NULL;
    }
    *length = buffer.length;
    return (uint8_t *)buffer.data;
}

const vouch_statement *support_statement(const support_reading *reading, vouch_source source)
{
    for (size_t i = 0; i < reading->statements.count; i++)
        if (reading->statements.items[i]->source == source)
            return reading->statements.items[i];
    return NULL;
}

const char *support_value(const vouch_statement *statement, vouch_field field)
{
    return statement && statement->fields[field].value ? statement->fields[field].value : "";
}

const char *support_item(const vouch_items *items, size_t row, vouch_item_field field)
{
    return row < items->count && items->items[row].members[field].value ? items->items[row].members[field].value : "";
}

const char *support_extra(const vouch_statement *statement, const char *name)
{
    for (size_t i = 0; statement && i < statement->extra_count; i++)
        if (strcmp(statement->extras[i].name, name) == 0)
            return statement->extras[i].value;
    return "";
}

bool support_has_problem(const support_reading *reading, vouch_code code)
{
    const vouch_problems *problems = reading->decoded ? vouch_decoded_problems(reading->decoded) : NULL;
    for (size_t i = 0; problems && i < problems->count; i++)
        if (problems->items[i].code == code)
            return true;
    return false;
}

double support_cpu_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
