/** The table of degradations and of named chains, parsing a chain, and applying it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const degradation table[] = {
    {"paper",
     "coloured paper: 0 off-white, 1 pink, 2 yellow, 3 blue, 4 green, 5 brown, 6 recycled",
     {{"colour", "", 0, 6, 0}, {"fibres", "levels", 0, 30, 6}},
     degrade_paper},
    {"thermal",
     "thermal print that fades in bands",
     {{"fade", "%", 0, 90, 40}, {"bands", "%", 0, 60, 20}},
     degrade_thermal},
    {"stamp", "stamps over the text", {{"count", "", 1, 6, 1}, {"strength", "%", 20, 100, 75}}, degrade_stamp},
    {"handwriting", "words and signatures by hand", {{"count", "", 1, 12, 2}}, degrade_handwriting},
    {"crease", "folds", {{"count", "", 1, 6, 2}, {"strength", "", 5, 100, 30}}, degrade_crease},
    {"curl",
     "paper that does not lie flat",
     {{"height", "per mille of the height", 0, 120, 20},
      {"bends", "tenths of half waves", 2, 40, 10},
      {"shade", "", 0, 40, 12}},
     degrade_curl},
    {"tickets",
     "several documents on one sheet of A4",
     {{"count", "", 2, 8, 4}, {"askew", "0.1 degree", 0, 100, 25}},
     NULL},
    {"desk",
     "lies on 0 wood, 1 cloth, 2 grey, 3 white",
     {{"surface", "", 0, 3, 0}, {"margin", "mm", 0, 80, 15}},
     degrade_desk},
    {"scanner",
     "a scanner's black margin, skew and dust lines",
     {{"margin", "mm", 0, 60, 12}, {"skew", "0.1 degree", 0, 80, 15}, {"lines", "", 0, 5, 1}},
     degrade_scanner},
    {"rotation", "turned clockwise", {{"angle", "0.1 degree", -1800, 1800, 25}}, degrade_rotation},
    {"perspective", "seen from a side", {{"amount", "per mille", 0, 250, 50}}, degrade_perspective},
    {"light",
     "uneven light",
     {{"falloff", "%", 0, 80, 35}, {"warmth", "%", 0, 60, 12}, {"dark", "%", 0, 60, 4}},
     degrade_light},
    {"shadow", "of a hand or a phone", {{"strength", "%", 5, 85, 40}, {"softness", "mm", 1, 60, 14}}, degrade_shadow},
    {"screenshot",
     "inside an application: 0 a reader on a desktop, 1 a phone",
     {{"device", "", 0, 1, 0}, {"width", "pixels of the page", 300, 3000, 900}},
     degrade_screenshot},
    {"photocopy",
     "grey and hard; above 100 black and white",
     {{"strength", "", 0, 120, 60}, {"specks", "per 100,000", 0, 300, 20}},
     degrade_photocopy},
    {"dpi", "resampled", {{"value", "dots an inch", 40, 600, 150}}, degrade_dpi},
    {"blur", "out of focus", {{"radius", "0.1 pixel", 0, 120, 8}}, degrade_blur},
    {"motion", "a shaken hand", {{"length", "pixels", 2, 40, 5}}, degrade_motion},
    {"noise", "of a sensor", {{"sigma", "levels", 0, 80, 5}}, degrade_noise},
    {"jpeg", "written as JPEG", {{"quality", "", 5, 100, 75}, {"times", "", 1, 10, 1}}, degrade_jpeg},
};

static const degradation_preset presets[] = {
    {"clean", "as a viewer shows it", "blur:radius=2"},
    {"scan", "a good scan",
     "paper:fibres=2..6 rotation:angle=-6..6 blur:radius=3..6 noise:sigma=1..3 jpeg:quality=75..92"},
    {"scan-black", "a scan with the lid open",
     "paper:fibres=2..6 scanner:margin=4..25,skew=5..30 blur:radius=3..7 noise:sigma=2..4 jpeg:quality=60..85"},
    {"phone", "a photo on a desk",
     "desk:surface=0..2,margin=3..14 curl:height=4..18,bends=6..16,shade=4..12 rotation:angle=-45..45 "
     "perspective:amount=15..70 light:falloff=15..50,warmth=2..22 blur:radius=4..10 noise:sigma=2..6 "
     "jpeg:quality=65..88"},
    {"phone-shadow", "a photo with a shadow over it, folded before",
     "crease:count=1..3,strength=15..35 desk:surface=0..2,margin=3..14 curl:height=4..14,bends=6..14,shade=4..10 "
     "rotation:angle=-60..60 perspective:amount=20..90 shadow:strength=25..55,softness=8..30 "
     "light:falloff=20..55,warmth=5..25 blur:radius=5..12 noise:sigma=3..8 jpeg:quality=55..85"},
    {"phone-poor", "a dark, shaken photo sent through a messenger",
     "crease:count=2..4,strength=20..45 desk:surface=0..2,margin=6..20 curl:height=8..26,bends=8..18,shade=8..16 "
     "rotation:angle=-120..120 perspective:amount=40..120 shadow:strength=30..60,softness=5..25 "
     "light:falloff=30..65,warmth=8..35,dark=8..25 blur:radius=8..16 motion:length=2..6 noise:sigma=6..14 "
     "dpi:value=90..130 jpeg:quality=35..60,times=2"},
    {"sideways", "a photo turned by a quarter",
     "desk:surface=0..2,margin=3..14 curl:height=3..12 rotation:angle=900 rotation:angle=-20..20 "
     "perspective:amount=10..50 light:falloff=15..45 blur:radius=4..9 noise:sigma=2..6 jpeg:quality=65..88"},
    {"upside-down", "a scan turned by a half", "paper:fibres=4 rotation:angle=1800 blur:radius=4 noise:sigma=2 jpeg"},
    {"stamped", "stamps and a signature, scanned",
     "stamp:count=1..3,strength=55..90 handwriting:count=1..4 rotation:angle=-12..12 blur:radius=3..7 noise:sigma=2..4 "
     "jpeg:quality=65..88"},
    {"coloured", "on coloured paper, photographed",
     "paper:colour=1..6,fibres=6..16 desk:surface=0..2,margin=3..12 curl:height=3..12 rotation:angle=-30..30 "
     "perspective:amount=10..45 light:falloff=15..40 blur:radius=4..8 noise:sigma=2..5 jpeg:quality=65..88"},
    {"thermal-phone", "faded thermal print, photographed",
     "thermal:fade=25..65,bands=10..30 crease:count=1..2,strength=10..25 desk:surface=0..2,margin=3..12 "
     "rotation:angle=-30..30 perspective:amount=10..40 light:falloff=10..35 blur:radius=4..8 noise:sigma=2..6 "
     "jpeg:quality=65..88"},
    {"copy", "a photocopy",
     "photocopy:strength=30..90,specks=5..60 rotation:angle=-15..15 blur:radius=3..7 jpeg:quality=70..90"},
    {"fax", "black and white, coarse", "dpi:value=190..210 photocopy:strength=110,specks=20..90"},
    {"screenshot-desktop", "of a reader on a desktop", "screenshot:device=0,width=700..1100"},
    {"screenshot-phone", "of an application on a phone", "screenshot:device=1,width=720..1170 jpeg:quality=80..92"},
    {"messenger", "made small and pressed twice", "dpi:value=72..110 jpeg:quality=35..60,times=2"},
    {"pasted", "several on one sheet, scanned",
     "tickets:count=2..6,askew=5..35 rotation:angle=-8..8 blur:radius=3..6 noise:sigma=2..4 jpeg:quality=65..88"},
    {"pasted-phone", "several on one sheet, photographed",
     "tickets:count=2..4,askew=5..35 desk:surface=0..2,margin=8..20 rotation:angle=-30..30 perspective:amount=15..60 "
     "light:falloff=15..45 shadow:strength=15..40,softness=10..40 blur:radius=4..9 noise:sigma=2..6 "
     "jpeg:quality=65..88"},
};

const degradation *degradation_table(size_t *count)
{
    *count = COUNT(table);
    return table;
}

const degradation_preset *degradation_presets(size_t *count)
{
    *count = COUNT(presets);
    return presets;
}

int picture_between(uint64_t *state, int low, int high)
{
    return low + (int)generate_pick(state, (size_t)(high - low) + 1);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

/** "40" or "40..70" within the parameter's limits. @return where it ends; NULL: it is none */
static const char *parse_range(const char *text, const degradation_parameter *limits, int *low, int *high)
{
    char *end;
    errno = 0;
    long first = strtol(text, &end, 10), last = first;
    if (end == text)
        return NULL;
    if (strncmp(end, "..", 2) == 0) {
        const char *second = end + 2;
        last = strtol(second, &end, 10);
        if (end == second)
            return NULL;
    }
    if (errno || first > last || first < limits->low || last > limits->high)
        return NULL;
    *low = (int)first;
    *high = (int)last;
    return end;
}

static vouch_code parse_parameter(const char **at, degradation_step *step, vouch_error *err)
{
    size_t length = strcspn(*at, "=");
    for (size_t i = 0; i < PICTURE_MAX_PARAMETERS && step->what->parameters[i].name; i++) {
        const degradation_parameter *known = &step->what->parameters[i];
        if (!is_word(*at, length, known->name) || (*at)[length] != '=')
            continue;
        const char *end = parse_range(*at + length + 1, known, &step->low[i], &step->high[i]);
        if (!end)
            return vouch_fail(err, VOUCH_USAGE, "%s: %s is a number or a range N..M from %d to %d", step->what->name,
                              known->name, known->low, known->high);
        *at = end;
        return VOUCH_OK;
    }
    return vouch_fail(err, VOUCH_USAGE, "%s has no parameter \"%.*s\"", step->what->name, (int)strcspn(*at, "=, "),
                      *at);
}

static vouch_code parse_step(const char **at, degradation_step *step, vouch_error *err)
{
    size_t length = strcspn(*at, ": ");
    *step = (degradation_step){.what = NULL};
    for (size_t i = 0; i < COUNT(table); i++)
        if (is_word(*at, length, table[i].name))
            step->what = &table[i];
    if (!step->what)
        return vouch_fail(err, VOUCH_USAGE, "there is no degradation \"%.*s\"; --list names them", (int)length, *at);
    for (size_t i = 0; i < PICTURE_MAX_PARAMETERS; i++)
        step->low[i] = step->high[i] = step->what->parameters[i].usual;
    *at += length;
    while (**at == ':' || **at == ',') {
        (*at)++;
        VOUCH_TRY(parse_parameter(at, step, err));
    }
    if (**at && **at != ' ')
        return vouch_fail(err, VOUCH_USAGE, "\"%s\" behind %s is not understood", *at, step->what->name);
    return VOUCH_OK;
}

vouch_code degradation_parse(const char *text, degradation_chain *out, vouch_error *err)
{
    degradation_chain chain = {.count = 0};
    for (size_t i = 0; i < COUNT(presets); i++)
        if (strcmp(text, presets[i].name) == 0)
            text = presets[i].chain;
    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        if (chain.count == PICTURE_MAX_STEPS)
            return vouch_fail(err, VOUCH_USAGE, "a chain has at most %d steps", PICTURE_MAX_STEPS);
        VOUCH_TRY(parse_step(&at, &chain.steps[chain.count], err));
        chain.count++;
    }
    *out = chain;
    return VOUCH_OK;
}

vouch_code degradation_random(uint64_t seed, degradation_chain *out, const char **name, vouch_error *err)
{
    uint64_t state = seed ^ 0xD16;
    const degradation_preset *drawn = &presets[generate_pick(&state, COUNT(presets))];
    *name = drawn->name;
    return degradation_parse(drawn->chain, out, err);
}

static void draw_values(const degradation_step *step, uint64_t *state, int values[PICTURE_MAX_PARAMETERS])
{
    for (size_t i = 0; i < PICTURE_MAX_PARAMETERS; i++)
        values[i] = picture_between(state, step->low[i], step->high[i]);
}

/** Each step has random numbers of its own, so that leaving one out does not change the others. */
static uint64_t state_of(uint64_t seed, size_t step)
{
    return seed * 1000003 + step * 7919 + 17;
}

size_t degradation_tickets(const degradation_chain *chain, uint64_t seed)
{
    for (size_t i = 0; i < chain->count; i++)
        if (!chain->steps[i].what->apply) {
            int values[PICTURE_MAX_PARAMETERS];
            uint64_t state = state_of(seed, i);
            draw_values(&chain->steps[i], &state, values);
            return (size_t)values[0];
        }
    return 1;
}

/** Outline of a ticket's paper, which is as white as the sheet it is pasted on. */
static void outline(picture *p)
{
    double width = pixGetWidth(p->pix), height = pixGetHeight(p->pix);
    picture_fill(p, 0, 0, width, 1, 0xA0A0A0, 200);
    picture_fill(p, 0, 0, 1, height, 0xA0A0A0, 200);
    picture_fill(p, 0, height - 2, width, height, 0x808080, 220);
    picture_fill(p, width - 2, 0, width, height, 0x808080, 220);
}

/** In the cells of a grid on A4, each made to fit, askew, and not quite in its middle. */
static vouch_code paste_tickets(picture *pictures, size_t count, int askew, uint64_t *state, vouch_error *err)
{
    double dots = pictures[0].dots_per_mm;
    int columns = count <= 3 ? 1 : 2, rows = ((int)count + columns - 1) / columns;
    int cell_width = (int)(210 * dots) / columns, cell_height = (int)(297 * dots) / rows;
    VOUCH_CLEANUP(picture_done)
    picture board = {.dots_per_mm = dots, .frame = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .arena = vouch_arena_new()};
    board.pix = pixCreate(cell_width * columns, cell_height * rows, 32);
    if (!board.pix || !board.arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "a board of tickets");
    pixSetAllArbitrary(board.pix, 0xFFFFFF00);
    for (size_t i = 0; i < count; i++) {
        picture *ticket = &pictures[i];
        double fit_x = 0.93 * cell_width / pixGetWidth(ticket->pix),
               fit = 0.93 * cell_height / pixGetHeight(ticket->pix);
        VOUCH_TRY(picture_scale(ticket, fit_x < fit ? fit_x : fit, err));
        outline(ticket);
        ticket->surround = SURROUND_WHITE;
        const int angle[] = {picture_between(state, -askew, askew)};
        VOUCH_TRY(degrade_rotation(ticket, angle, state, err));
        int free_x = cell_width - pixGetWidth(ticket->pix), free_y = cell_height - pixGetHeight(ticket->pix);
        int x = cell_width * ((int)i % columns) + free_x / 2 +
                (free_x > 8 ? picture_between(state, -free_x / 4, free_x / 4) : 0);
        int y = cell_height * ((int)i / columns) + free_y / 2 +
                (free_y > 8 ? picture_between(state, -free_y / 4, free_y / 4) : 0);
        VOUCH_TRY(picture_paste(&board, ticket, x, y, err));
        picture_done(ticket);
    }
    pictures[0] = board;
    board = (picture){0};
    return VOUCH_OK;
}

vouch_code degradation_apply(const degradation_chain *chain, picture *pictures, size_t count, uint64_t seed,
                             vouch_error *err)
{
    for (size_t i = 0; i < chain->count; i++) {
        const degradation_step *step = &chain->steps[i];
        int values[PICTURE_MAX_PARAMETERS];
        uint64_t state = state_of(seed, i);
        draw_values(step, &state, values);
        if (!step->what->apply) {
            VOUCH_TRY(paste_tickets(pictures, count, values[1], &state, err));
            count = 1;
            continue;
        }
        for (size_t t = 0; t < count; t++)
            VOUCH_TRY(step->what->apply(&pictures[t], values, &state, err));
    }
    return VOUCH_OK;
}

static int write_jpeg(l_uint8 **bytes, size_t *length, PIX *pix)
{
    return pixWriteMemJpeg(bytes, length, pix, /* quality= */ 92, /* progressive= */ 0);
}

static int write_png(l_uint8 **bytes, size_t *length, PIX *pix)
{
    return pixWriteMemPng(bytes, length, pix, /* gamma= */ 0);
}

static int write_tiff(l_uint8 **bytes, size_t *length, PIX *pix)
{
    return pixWriteMemTiff(bytes, length, pix, IFF_TIFF_LZW);
}

static const picture_format formats[] = {
    {"jpg", "jpg", write_jpeg, false},
    {"png", "png", write_png, false},
    {"tiff", "tiff", write_tiff, false},
    {"scan", "scan.pdf", write_jpeg, true},
};

const picture_format *picture_format_lookup(const char *name)
{
    for (size_t i = 0; i < COUNT(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

vouch_code picture_encode(picture *p, const picture_format *format, vouch_buffer *out, vouch_error *err)
{
    l_uint8 *bytes = NULL, *encoded = p->jpeg;
    size_t length = p->jpeg_length;
    if (!encoded || format->write != write_jpeg) {
        if (format->write(&bytes, &length, p->pix) != 0)
            return vouch_fail(err, VOUCH_INTERNAL, "a picture can't be written as %s", format->name);
        encoded = bytes;
    }
    double width_mm = pixGetWidth(p->pix) / p->dots_per_mm, height_mm = pixGetHeight(p->pix) / p->dots_per_mm;
    vouch_code code = format->in_pdf ? generate_pdf_of_jpeg(encoded, length, width_mm, height_mm, out, err)
                                     : vouch_buffer_append(out, encoded, length);
    free(bytes);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing a picture as %s", format->name);
}
