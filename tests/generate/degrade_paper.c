/** Degradations of the paper itself: its colour, stamps over the text, what people write on it. */
#include <stdio.h>
#include <string.h>

#include "picture.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** White becomes the paper's colour with its fibres; ink stays ink. */
vouch_code degrade_paper(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)err;
    static const int colours[][3] = {{248, 246, 240}, {246, 214, 214}, {250, 240, 190}, {206, 226, 246},
                                     {212, 238, 212}, {214, 184, 146}, {222, 222, 220}};
    picture_touch(p);
    const int *paper = colours[values[0]];
    uint64_t fibres = generate_next(state);
    for (int y = 0; y < pixGetHeight(p->pix); y++)
        for (int x = 0; x < pixGetWidth(p->pix); x++) {
            l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x, out = 0;
            int grain = (picture_noise(fibres, x * 2, y, 5) - 128) * values[1] / 128;
            for (int c = 0; c < 3; c++) {
                int value = (int)(*at >> (24 - 8 * c) & 0xFF) * (paper[c] + grain) / 255;
                out |= (l_uint32)(value < 0 ? 0 : value > 255 ? 255 : value) << (24 - 8 * c);
            }
            *at = out;
        }
    return VOUCH_OK;
}

/** A frame turned about its upper left, and its corners. */
typedef struct frame {
    double x, y, width, height, sine, cosine;
} frame;

static void corner(const frame *f, double along, double down, double *x, double *y)
{
    *x = f->x + along * f->cosine - down * f->sine;
    *y = f->y + along * f->sine + down * f->cosine;
}

static void add_framed_line(picture *p, const frame *f, const char *kind, const char *text)
{
    picture_line *line = picture_add_line(p, kind, text, 0, 0, 0, 0);
    const double along[4] = {0, f->width, f->width, 0}, down[4] = {0, 0, f->height, f->height};
    for (int c = 0; c < 4; c++)
        corner(f, along[c], down[c], &line->x[c], &line->y[c]);
}

/** Text from the frame's upper left along its upper edge. */
static vouch_code write_turned(picture *p, picture_pen pen, const frame *f, double along, double down, const char *text,
                               vouch_error *err)
{
    pen.turn[0] = pen.turn[3] = f->cosine;
    pen.turn[1] = f->sine; /* y grows upwards in fonts */
    pen.turn[2] = -f->sine;
    double x, y;
    const char *end = text + strlen(text);
    for (uint32_t c; (c = vouch_utf8_next(&text, end)); along += c < 0x80 ? pen.size / 2 : pen.size) {
        corner(f, along, down + 0.86 * pen.size, &x, &y);
        VOUCH_TRY(picture_glyph(p, &pen, x, y, c, err));
    }
    return VOUCH_OK;
}

static void draw_frame(picture *p, const frame *f, double width, uint32_t colour, int strength)
{
    const double along[5] = {0, f->width, f->width, 0, 0}, down[5] = {0, 0, f->height, f->height, 0};
    for (int i = 0; i < 4; i++) {
        double x0, y0, x1, y1;
        corner(f, along[i], down[i], &x0, &y0);
        corner(f, along[i + 1], down[i + 1], &x1, &y1);
        picture_stroke(p, x0, y0, x1, y1, width, colour, strength);
    }
}

/** A line of the transcript that was filled in, to stamp over; SIZE_MAX: none. */
static size_t filled_line(const picture *p, uint64_t *state)
{
    for (int tries = 0; tries < 50 && p->line_count > 0; tries++) {
        size_t line = generate_pick(state, p->line_count);
        if (strcmp(p->lines[line].kind, "filled") == 0)
            return line;
    }
    return SIZE_MAX;
}

/** An oval of a company or a frame with a word, askew, over something that was filled in. */
vouch_code degrade_stamp(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    static const char *const words[] = {"现金付讫", "已报销", "作废", "已核销", "收讫", "附件"};
    picture_touch(p);
    double dots = p->dots_per_mm;
    for (int n = 0; n < values[0]; n++) {
        size_t over = filled_line(p, state);
        double x = over == SIZE_MAX ? pixGetWidth(p->pix) / 2.0 : p->lines[over].x[0];
        double y = over == SIZE_MAX ? pixGetHeight(p->pix) / 2.0 : p->lines[over].y[0];
        int strength = values[1] * 255 / 100, size = picture_between(state, 8, 12);
        if (generate_pick(state, 2)) {
            sheet_seal seal = {0,           x / dots, y / dots, 40, 28, "杭州云帆科技有限公司", "91330106000000000X",
                               "发票专用章"};
            VOUCH_TRY(picture_seal(p, &seal, dots, strength, err));
            picture_add_line(p, "stamp", seal.upper, x - 20 * dots, y - 14 * dots, x + 20 * dots, y + 14 * dots);
            continue;
        }
        const char *word = words[generate_pick(state, COUNT(words))];
        double degrees = picture_between(state, -250, 250) / 10.0, em = size * dots * 0.8;
        frame f = {x - em,
                   y - em,
                   sheet_width_of(word, em) + em * 0.6,
                   em * 1.5,
                   picture_sine(degrees),
                   picture_cosine(degrees)};
        uint32_t colour = generate_pick(state, 3) ? 0xD81C24 : 0x2A3C9C;
        draw_frame(p, &f, 0.7 * dots, colour, strength);
        picture_pen pen = {PICTURE_PEN_DEFAULT, .face = FACE_HEI, .size = em, .colour = colour};
        pen.strength = strength;
        VOUCH_TRY(write_turned(p, pen, &f, em * 0.3, em * 0.25, word, err));
        add_framed_line(p, &f, "stamp", word);
    }
    return VOUCH_OK;
}

/** A hand's letters: each at its own angle, slanted, thickened by a second stroke beside the first. */
static vouch_code write_by_hand(picture *p, frame *f, uint32_t colour, const char *text, uint64_t *state,
                                vouch_error *err)
{
    double along = 0, em = f->height;
    const char *end = text + strlen(text);
    for (const char *at = text; at < end;) {
        uint32_t c = vouch_utf8_next(&at, end);
        double tilt = picture_between(state, -70, 70) / 10.0, size = em * picture_between(state, 85, 118) / 100.0;
        double sine = picture_sine(tilt), cosine = picture_cosine(tilt), slant = 0.18, x, y;
        picture_pen pen = {.face = FACE_KAI, .size = size, .colour = colour, .strength = 215};
        pen.turn[0] = cosine;
        pen.turn[1] = slant * cosine + sine;
        pen.turn[2] = -sine;
        pen.turn[3] = cosine - slant * sine;
        corner(f, along, 0.86 * em + em * picture_between(state, -8, 8) / 100.0, &x, &y);
        VOUCH_TRY(picture_glyph(p, &pen, x, y, c, err));
        VOUCH_TRY(picture_glyph(p, &pen, x + 0.02 * em, y + 0.015 * em, c, err));
        along += (c < 0x80 ? 0.55 : 0.93) * size;
    }
    f->width = along;
    return VOUCH_OK;
}

/** A signature nobody can read: arcs that run to the right. */
static void scribble(picture *p, double x, double y, double size, uint32_t colour, uint64_t *state)
{
    double last_x = x, last_y = y, phase = (double)generate_pick(state, 360);
    double loops = (double)picture_between(state, 3, 6), high = size * picture_between(state, 50, 100) / 100.0;
    for (int i = 1; i <= 160; i++) {
        double t = i / 160.0, turn = 360 * loops * t + phase, fade = 1 - 0.6 * t;
        double to_x = x + 3.4 * size * t + 0.45 * size * picture_cosine(turn) * fade;
        double to_y = y + high * 0.5 * picture_sine(turn * (1 + 0.3 * t)) * fade;
        if (i > 1)
            picture_stroke(p, last_x, last_y, to_x, to_y,
                           size * (0.05 + 0.04 * picture_sine(turn / 2) * picture_sine(turn / 2)), colour, 225);
        last_x = to_x;
        last_y = to_y;
    }
}

vouch_code degrade_handwriting(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    static const char *const words[] = {"同意报销",    "王晓明",        "差旅费", "李丽华 3/18", "出差客户招待",
                                        "已核 请付款", "研发部 张思远", "共3张",  "¥580.00",     "办公用品入库"};
    static const uint32_t inks[] = {0x1B2F8C, 0x16161C, 0xB3141E, 0x24408E};
    picture_touch(p);
    double dots = p->dots_per_mm;
    uint32_t colour = inks[generate_pick(state, COUNT(inks))];
    for (int n = 0; n < values[0]; n++) {
        const char *text = words[generate_pick(state, COUNT(words))];
        double degrees = picture_between(state, -90, 60) / 10.0, em = picture_between(state, 45, 80) / 10.0 * dots;
        double x = pixGetWidth(p->pix) * picture_between(state, 8, 70) / 100.0;
        double y = pixGetHeight(p->pix) * picture_between(state, 6, 88) / 100.0;
        frame f = {x, y, 0, em, picture_sine(degrees), picture_cosine(degrees)};
        if (generate_pick(state, 4) == 0) {
            scribble(p, f.x, f.y, em, colour, state);
            continue;
        }
        VOUCH_TRY(write_by_hand(p, &f, colour, text, state, err));
        add_framed_line(p, &f, "handwriting", text);
    }
    return VOUCH_OK;
}
