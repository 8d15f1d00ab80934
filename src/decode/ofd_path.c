/*
 * Outlines: AbbreviatedData (GB/T 33190-2016 clause 9.3) and clip regions (clause 8.4).
 *
 * S x y starts a figure, M moves, L line, Q and B Bézier curves of second and third degree, A elliptical arc, C closes.
 * An arc is turned into cubic curves of at most a quarter turn each, after the centre parametrisation of SVG 1.1
 * appendix F.6, whose arcs have the same arguments.
 */
#include <math.h>
#include <string.h>

#include "ofd_draw.h"

/* Pen of a path being read. */
typedef struct ofd_pen {
    fz_context *ctx;
    fz_path *path;
    bool started;
    double x, y, start_x, start_y;
} ofd_pen;

fz_matrix ofd_to_fitz(ofd_matrix m)
{
    return fz_make_matrix((float)m.a, (float)m.b, (float)m.c, (float)m.d, (float)m.e, (float)m.f);
}

static void move(ofd_pen *pen, const double *v)
{
    fz_moveto(pen->ctx, pen->path, (float)v[0], (float)v[1]);
    pen->x = pen->start_x = v[0];
    pen->y = pen->start_y = v[1];
    pen->started = true;
}

static void line(ofd_pen *pen, const double *v)
{
    fz_lineto(pen->ctx, pen->path, (float)v[0], (float)v[1]);
    pen->x = v[0];
    pen->y = v[1];
}

static void quadratic(ofd_pen *pen, const double *v)
{
    fz_quadto(pen->ctx, pen->path, (float)v[0], (float)v[1], (float)v[2], (float)v[3]);
    pen->x = v[2];
    pen->y = v[3];
}

static void cubic(ofd_pen *pen, const double *v)
{
    fz_curveto(pen->ctx, pen->path, (float)v[0], (float)v[1], (float)v[2], (float)v[3], (float)v[4], (float)v[5]);
    pen->x = v[4];
    pen->y = v[5];
}

static void close_figure(ofd_pen *pen, const double *v)
{
    (void)v;
    fz_closepath(pen->ctx, pen->path);
    pen->x = pen->start_x;
    pen->y = pen->start_y;
}

/* One piece of an ellipse around (cx, cy), turned by phi, from angle t over dt. */
typedef struct ofd_ellipse {
    double cx, cy, rx, ry, cosine, sine;
} ofd_ellipse;

static void on_ellipse(const ofd_ellipse *e, double x, double y, double *out)
{
    out[0] = e->cx + e->cosine * e->rx * x - e->sine * e->ry * y;
    out[1] = e->cy + e->sine * e->rx * x + e->cosine * e->ry * y;
}

static void arc_piece(ofd_pen *pen, const ofd_ellipse *e, double t, double dt)
{
    const double k = 4.0 / 3.0 * tan(dt / 4), from = t, to = t + dt;
    double v[6];

    on_ellipse(e, cos(from) - k * sin(from), sin(from) + k * cos(from), v);
    on_ellipse(e, cos(to) + k * sin(to), sin(to) - k * cos(to), v + 2);
    on_ellipse(e, cos(to), sin(to), v + 4);
    cubic(pen, v);
}

static void arc(ofd_pen *pen, const double *v)
{
    double rx = fabs(v[0]), ry = fabs(v[1]);
    const double phi = v[2] * M_PI / 180, end[2] = {v[5], v[6]};
    const bool large = v[3] != 0, sweep = v[4] != 0;
    ofd_ellipse e = {.cosine = cos(phi), .sine = sin(phi)};

    const double dx = (pen->x - end[0]) / 2, dy = (pen->y - end[1]) / 2;
    const double x1 = e.cosine * dx + e.sine * dy, y1 = -e.sine * dx + e.cosine * dy;
    if (rx < 1e-9 || ry < 1e-9 || (dx == 0 && dy == 0)) {
        line(pen, end);
        return;
    }
    const double stretch = x1 * x1 / (rx * rx) + y1 * y1 / (ry * ry);
    if (stretch > 1) {
        rx *= sqrt(stretch);
        ry *= sqrt(stretch);
    }
    const double below = rx * rx * y1 * y1 + ry * ry * x1 * x1;
    const double root = sqrt(fmax((rx * rx * ry * ry - below) / below, 0)) * (large == sweep ? -1 : 1);
    const double cx = root * rx * y1 / ry, cy = -root * ry * x1 / rx;
    e.rx = rx;
    e.ry = ry;
    e.cx = e.cosine * cx - e.sine * cy + (pen->x + end[0]) / 2;
    e.cy = e.sine * cx + e.cosine * cy + (pen->y + end[1]) / 2;
    const double from = atan2((y1 - cy) / ry, (x1 - cx) / rx);
    double turn = atan2((-y1 - cy) / ry, (-x1 - cx) / rx) - from;
    if (sweep && turn < 0)
        turn += 2 * M_PI;
    else if (!sweep && turn > 0)
        turn -= 2 * M_PI;
    const int pieces = (int)ceil(fabs(turn) / (M_PI / 2) - 1e-9);
    for (int i = 0; i < pieces; i++)
        arc_piece(pen, &e, from + turn * i / pieces, turn / pieces);
    pen->x = end[0];
    pen->y = end[1];
}

static bool step(ofd_pen *pen, const char **cursor)
{
    static const struct {
        char letter;
        void (*draw)(ofd_pen *pen, const double *v);
    } operators[] = {{'S', move},  {'M', move}, {'L', line},        {'Q', quadratic},
                     {'B', cubic}, {'A', arc},  {'C', close_figure}};
    double v[OFD_OUTLINE_ARGUMENTS];
    const char letter = ofd_outline_next(cursor, v);
    size_t row = 0;

    if (!letter)
        return false;
    while (operators[row].letter != letter)
        row++;
    if (!pen->started && operators[row].draw != move)
        move(pen, (const double[]){0, 0});
    operators[row].draw(pen, v);
    return true;
}

fz_path *ofd_new_path(fz_context *ctx, const char *data)
{
    fz_path *path = fz_new_path(ctx);
    ofd_pen pen = {.ctx = ctx, .path = path};

    fz_try(ctx) while (step(&pen, &data));
    fz_catch(ctx)
    {
        fz_drop_path(ctx, path);
        fz_rethrow(ctx);
    }
    return path;
}

/* Copies the segments of one path into another. */
static void copy_move(fz_context *ctx, void *to, float x, float y)
{
    fz_moveto(ctx, to, x, y);
}

static void copy_line(fz_context *ctx, void *to, float x, float y)
{
    fz_lineto(ctx, to, x, y);
}

static void copy_curve(fz_context *ctx, void *to, float x1, float y1, float x2, float y2, float x3, float y3)
{
    fz_curveto(ctx, to, x1, y1, x2, y2, x3, y3);
}

static void copy_close(fz_context *ctx, void *to)
{
    fz_closepath(ctx, to);
}

static void append_area(fz_context *ctx, fz_path *to, vouch_arena *arena, const xmlNode *area, const xmlNode *outline,
                        fz_matrix ctm)
{
    static const fz_path_walker copy = {
        .moveto = copy_move, .lineto = copy_line, .curveto = copy_curve, .closepath = copy_close};
    ofd_box boundary = {0};
    fz_path *path = ofd_new_path(ctx, ofd_text(arena, ofd_child(outline, "AbbreviatedData")));

    (void)ofd_box_parse(ofd_attribute(outline, "Boundary"), &boundary);
    ofd_matrix own =
        ofd_concat(ofd_matrix_parse(ofd_attribute(outline, "CTM")), ofd_translation(boundary.x, boundary.y));
    own = ofd_concat(own, ofd_matrix_parse(ofd_attribute(area, "CTM")));
    fz_try(ctx)
    {
        fz_transform_path(ctx, path, fz_concat(ofd_to_fitz(own), ctm));
        fz_walk_path(ctx, path, &copy, to);
    }
    fz_always(ctx) fz_drop_path(ctx, path);
    fz_catch(ctx) fz_rethrow(ctx);
}

static const xmlNode *outline_of(const xmlNode *area)
{
    const xmlNode *path = ofd_child(area, "Path");
    return path ? path : ofd_child(area, "PathObject");
}

fz_path *ofd_new_clip(fz_context *ctx, vouch_arena *arena, const xmlNode *clip, fz_matrix ctm)
{
    size_t areas = 0;

    for (const xmlNode *area = ofd_first(clip); area; area = ofd_next(area), areas++)
        if (!ofd_is(area, "Area") || !outline_of(area))
            return NULL;
    if (areas == 0)
        return NULL;
    fz_path *path = fz_new_path(ctx);
    fz_try(ctx) for (const xmlNode *area = ofd_first(clip); area; area = ofd_next(area))
        append_area(ctx, path, arena, area, outline_of(area), ctm);
    fz_catch(ctx)
    {
        fz_drop_path(ctx, path);
        fz_rethrow(ctx);
    }
    return path;
}
