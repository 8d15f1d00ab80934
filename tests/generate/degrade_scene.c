/** Degradations that put the paper somewhere: on a desk, under a scanner's lid, into an application's window. */
#include <math.h>
#include <string.h>

#include "picture.h"
#include "vouch/text.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** Soft shadow of the paper on what it lies on. */
static void cast_shadow(picture *p, int left, int top, int width, int height)
{
    int reach = (int)(2.2 * p->dots_per_mm) + 2;
    for (int y = top - reach; y < top + height + reach; y++)
        for (int x = left - reach; x < left + width + reach; x++) {
            int off_x = x < left ? left - x : x >= left + width ? x - left - width + 1 : 0;
            int off_y = y < top ? top - y : y >= top + height ? y - top - height + 1 : 0;
            double off = sqrt((double)(off_x * off_x + off_y * off_y));
            bool outside = x < 0 || y < 0 || x >= pixGetWidth(p->pix) || y >= pixGetHeight(p->pix);
            if (outside || off <= 0 || off >= reach)
                continue;
            bool lit = x < left || y < top; /* the light comes from there */
            int keep = 256 - (int)((reach - off) * (lit ? 14 : 110) / reach);
            l_uint32 *at = pixGetData(p->pix) + (size_t)y * (size_t)pixGetWpl(p->pix) + (size_t)x;
            l_uint32 out = PICTURE_BESIDE;
            for (int shift = 8; shift <= 24; shift += 8)
                out |= (*at >> shift & 0xFF) * (l_uint32)keep >> 8 << shift;
            *at = out;
        }
}

vouch_code degrade_desk(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    static const picture_surround surfaces[] = {SURROUND_WOOD, SURROUND_CLOTH, SURROUND_GREY, SURROUND_WHITE};
    p->surround = surfaces[values[0]];
    p->surround_seed = generate_next(state);
    int width = pixGetWidth(p->pix), height = pixGetHeight(p->pix), margin = (int)(values[1] * p->dots_per_mm);
    VOUCH_TRY(picture_widen(p, margin, margin, margin, margin, err));
    cast_shadow(p, margin, margin, width, height);
    return VOUCH_OK;
}

/** A page askew under an open lid: black around it, a bright line where dust lay before the sensor. */
vouch_code degrade_scanner(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    p->surround = SURROUND_BLACK;
    p->surround_seed = generate_next(state);
    int margin = (int)(values[0] * p->dots_per_mm) + 1;
    const int skew[] = {picture_between(state, -values[1], values[1])};
    VOUCH_TRY(degrade_rotation(p, skew, state, err));
    int left = picture_between(state, 0, margin), right = picture_between(state, 0, margin);
    int top = picture_between(state, 0, margin / 2), bottom = picture_between(state, margin / 2, 2 * margin);
    VOUCH_TRY(picture_widen(p, left, top, right, bottom, err));
    for (int n = 0; n < values[2]; n++) {
        double x = pixGetWidth(p->pix) * picture_between(state, 5, 95) / 100.0;
        picture_fill(p, x, 0, x + 1.2, pixGetHeight(p->pix), generate_pick(state, 2) ? 0xE8E8F0 : 0x70707A, 130);
    }
    return VOUCH_OK;
}

/** A word of an application: drawn, and in the transcript. */
static vouch_code write_word(picture *p, double x, double y, double size, uint32_t colour, const char *text,
                             vouch_error *err)
{
    const picture_pen pen = {PICTURE_PEN_DEFAULT, .face = FACE_HEI, .size = size, .colour = colour};
    picture_add_line(p, "application", text, x, y, x + sheet_width_of(text, size), y + size);
    return picture_write(p, &pen, x, y, text, err);
}

/** A frame of an application around the picture: widened, then drawn over. */
static vouch_code phone(picture *p, vouch_error *err)
{
    double unit = pixGetWidth(p->pix) / 54.0; /* a finger is 5 of them */
    int top = (int)(9 * unit), bottom = (int)(34 * unit), width = pixGetWidth(p->pix), high = pixGetHeight(p->pix);
    p->surround = SURROUND_WHITE;
    VOUCH_TRY(picture_widen(p, 0, top + (int)(6 * unit), 0, bottom, err));
    int height = pixGetHeight(p->pix);
    picture_fill(p, 0, 0, width, top, 0xF2F3F5, 255);
    picture_fill(p, 0, top, width, top + 6 * unit, 0xF7F7F8, 255);
    double under = top + 6 * unit + high;
    picture_fill(p, 0, under, width, height, 0xF7F7F8, 255);
    VOUCH_TRY(write_word(p, 2 * unit, unit, 1.8 * unit, 0x222222, "10:24", err));
    VOUCH_TRY(write_word(p, width - 11 * unit, unit, 1.8 * unit, 0x222222, "5G 87%", err));
    VOUCH_TRY(write_word(p, 2 * unit, 5 * unit, 2.4 * unit, 0x111111, "＜", err));
    VOUCH_TRY(write_word(p, width / 2.0 - 5 * unit, 5 * unit, 2.4 * unit, 0x111111, "发票详情", err));
    VOUCH_TRY(write_word(p, 2 * unit, under + 3 * unit, 2 * unit, 0x888888, "来自：电子税务局　已加入报销单", err));
    static const char *const buttons[] = {"保存到相册", "发送邮箱", "转发"};
    for (size_t i = 0; i < COUNT(buttons); i++) {
        double y = under + (8 + 8 * (double)i) * unit;
        picture_fill(p, 4 * unit, y, width - 4 * unit, y + 6 * unit, i == 0 ? 0x07C160 : 0xFFFFFF, 255);
        VOUCH_TRY(write_word(p, width / 2.0 - sheet_width_of(buttons[i], 2.2 * unit) / 2, y + 1.9 * unit, 2.2 * unit,
                             i == 0 ? 0xFFFFFF : 0x333333, buttons[i], err));
    }
    return VOUCH_OK;
}

static vouch_code desktop(picture *p, vouch_error *err)
{
    int width = pixGetWidth(p->pix);
    p->surround = SURROUND_GREY;
    VOUCH_TRY(picture_widen(p, width / 4, 118, width / 7, 90, err));
    double left = width / 4.0 - 28, wide = pixGetWidth(p->pix), high = pixGetHeight(p->pix);
    picture_fill(p, 0, 0, wide, 30, 0xC9CCD1, 255);
    picture_fill(p, 0, 30, wide, 76, 0xF5F6F7, 255);
    picture_fill(p, 0, 76, left, high - 34, 0xFFFFFF, 255);
    picture_fill(p, 0, high - 34, wide, high, 0x1F2A36, 255);
    picture_fill(p, width / 4.0 - 1, 117, width / 4.0 + width + 1, 118, 0x2A2C2E, 255);
    static const struct {
        double x, y, size;
        uint32_t colour;
        const char *text;
    } words[] = {
        {14, 7, 15, 0x222222, "发票.pdf - 阅读器"},
        {14, 45, 15, 0x333333, "文件"},
        {66, 45, 15, 0x333333, "编辑"},
        {118, 45, 15, 0x333333, "视图"},
        {170, 45, 15, 0x333333, "打印"},
        {250, 45, 15, 0x333333, "1 / 1"},
        {330, 45, 15, 0x333333, "100%"},
        {14, 92, 14, 0x555555, "缩略图"},
        {14, 122, 14, 0x2266CC, "第1页"},
        {14, 152, 14, 0x555555, "附件 (0)"},
    };
    for (size_t i = 0; i < COUNT(words); i++)
        VOUCH_TRY(write_word(p, words[i].x, words[i].y, words[i].size, words[i].colour, words[i].text, err));
    VOUCH_TRY(write_word(p, 14, high - 26, 15, 0xFFFFFF, "开始", err));
    VOUCH_TRY(write_word(p, wide - 76, high - 26, 15, 0xFFFFFF, "10:24", err));
    const double close = wide - 24, size = close - 44, lower = size - 44, top = 10, side = 10;
    picture_stroke(p, close, top, close + side, top + side, 1.2, 0x333333, 255);
    picture_stroke(p, close, top + side, close + side, top, 1.2, 0x333333, 255);
    picture_stroke(p, lower, top + side / 2, lower + side, top + side / 2, 1.2, 0x333333, 255);
    for (int i = 0; i < 2; i++) {
        picture_stroke(p, size + side * i, top, size + side * i, top + side, 1.2, 0x333333, 255);
        picture_stroke(p, size, top + side * i, size + side, top + side * i, 1.2, 0x333333, 255);
    }
    return VOUCH_OK;
}

vouch_code degrade_screenshot(picture *p, const int *values, uint64_t *state, vouch_error *err)
{
    (void)state;
    picture_touch(p);
    VOUCH_TRY(picture_scale(p, (double)values[1] / pixGetWidth(p->pix), err));
    return values[0] == 0 ? desktop(p, err) : phone(p, err);
}
