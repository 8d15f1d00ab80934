/**
 * Parser of a child's frames (wire.h): order, number and size of frames are rules of a table; bytes may arrive cut
 * anywhere. A child that breaks a rule has nothing to say any more.
 */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

typedef struct frame_rule {
    sandbox_frame_kind kind;
    int times; /* SANDBOX_MANY: bounded by the caller */
    size_t largest;
    const char *name;
} frame_rule;

static const frame_rule rules[] = {
#define X(name, number, times, largest) {SANDBOX_FRAME_##name, times, largest, #name},
    SANDBOX_FRAMES(X)
#undef X
};

static const frame_rule *find_rule(uint32_t kind)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if ((uint32_t)rules[i].kind == kind)
            return &rules[i];
    }
    return NULL;
}

/* @return what is wrong with a frame's head, or NULL */
static const char *refuse_head(const sandbox_collector *c, const frame_rule *rule)
{
    const sandbox_frame *head = &c->head;
    const bool picture = head->kind == SANDBOX_FRAME_PICTURE;
    if (!rule)
        return "unknown kind of frame";
    if (head->kind != SANDBOX_FRAME_READING && !(c->seen & (1u << SANDBOX_FRAME_READING)))
        return "the reading does not come first";
    if (rule->times != SANDBOX_MANY && (c->seen & (1u << head->kind)))
        return "a second frame of a kind that comes once";
    if (picture && c->picture_count >= (size_t)(c->max_pictures > 0 ? c->max_pictures : 0))
        return "too many pictures";
    if (picture ? head->page < 1 : head->page != 0)
        return "wrong page number";
    if (head->length > rule->largest || head->length > c->answer_bytes - c->received)
        return "frame too long";
    return NULL;
}

static vouch_code take_picture(sandbox_collector *c, vouch_error *err)
{
    for (size_t i = 0; i < c->picture_count; i++) {
        if (c->pictures[i].page == c->head.page)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "page %d has two pictures", (int)c->head.page);
    }
    if (!sandbox_png_acceptable((const uint8_t *)c->payload.data, c->payload.length, c->max_pixels))
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "the picture of page %d is no plain PNG", (int)c->head.page);
    if (c->picture_count == c->picture_capacity) {
        const size_t capacity = c->picture_capacity ? 2 * c->picture_capacity : 4;
        vouch_page_picture *pictures = reallocarray(c->pictures, capacity, sizeof *pictures);
        if (!pictures)
            return vouch_fail(err, VOUCH_NO_MEMORY, "pictures of an answer");
        c->pictures = pictures;
        c->picture_capacity = capacity;
    }
    c->pictures[c->picture_count++] =
        (vouch_page_picture){.page = c->head.page, .png = (uint8_t *)c->payload.data, .length = c->payload.length};
    c->payload = (vouch_buffer){0};
    return VOUCH_OK;
}

static vouch_code finish_frame(sandbox_collector *c, vouch_error *err)
{
    c->seen |= 1u << c->head.kind;
    vouch_code code = VOUCH_OK;
    switch ((sandbox_frame_kind)c->head.kind) {
    case SANDBOX_FRAME_READING:
        c->reading = c->payload;
        c->payload = (vouch_buffer){0};
        break;
    case SANDBOX_FRAME_WORDS:
        c->words = c->payload;
        c->payload = (vouch_buffer){0};
        break;
    case SANDBOX_FRAME_PICTURE:
        code = take_picture(c, err);
        break;
    case SANDBOX_FRAME_CLOSE:
        c->closed = true;
        break;
    }
    vouch_buffer_done(&c->payload);
    c->head_length = 0;
    return code;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

vouch_code sandbox_collector_feed(sandbox_collector *c, const void *bytes, size_t length, vouch_error *err)
{
    const uint8_t *next = bytes;
    if (length > c->answer_bytes - c->received)
        return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "the answer is longer than %zu bytes", c->answer_bytes);
    while (length > 0) {
        if (c->closed)
            return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "bytes after the last frame");
        if (c->head_length < sizeof c->head) {
            const size_t part = least(length, sizeof c->head - c->head_length);
            memcpy((uint8_t *)&c->head + c->head_length, next, part);
            c->head_length += part;
            c->received += part;
            next += part;
            length -= part;
            if (c->head_length < sizeof c->head)
                return VOUCH_OK;
            const char *const wrong = refuse_head(c, find_rule(c->head.kind));
            if (wrong)
                return vouch_fail(err, VOUCH_CHILD_BAD_ANSWER, "%s", wrong);
        }
        const size_t part = least(length, (size_t)c->head.length - c->payload.length);
        if (part > 0 && vouch_buffer_append(&c->payload, next, part) != VOUCH_OK)
            return vouch_fail(err, VOUCH_NO_MEMORY, "an answer of %zu bytes", c->received);
        c->received += part;
        next += part;
        length -= part;
        if (c->payload.length == c->head.length)
            VOUCH_TRY(finish_frame(c, err));
    }
    return VOUCH_OK;
}

void sandbox_collector_done(sandbox_collector *c)
{
    for (size_t i = 0; i < c->picture_count; i++)
        free(c->pictures[i].png);
    free(c->pictures);
    vouch_buffer_done(&c->reading);
    vouch_buffer_done(&c->words);
    vouch_buffer_done(&c->payload);
    *c = (sandbox_collector){0};
}
