/** OFD packages: text as objects with advances, rules as paths, files in a ZIP with a fixed time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

#include "ofd_package.h"
#include "vouch/text.h"

void ofd_package_done(ofd_package *p)
{
    for (int i = 0; i < p->file_count; i++)
        vouch_buffer_done(&p->files[i].content);
    vouch_buffer_done(&p->page);
    vouch_buffer_done(&p->tags);
    vouch_arena_free(&p->arena);
}

void ofd_put(ofd_package *p, vouch_buffer *out, const char *format, ...)
{
    if (p->status != VOUCH_OK)
        return;
    va_list args;
    va_start(args, format);
    const char *text = vouch_arena_vprintf(p->arena, format, args);
    va_end(args);
    p->status = vouch_buffer_append(out, text, strlen(text));
}

static const char *escaped(ofd_package *p, const char *text)
{
    vouch_buffer out = {0};
    for (const char *c = text; *c; c++)
        ofd_put(p, &out, *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : *c == '&' ? "&amp;" : "%c", *c);
    const char *kept = vouch_arena_strdup(p->arena, out.data ? out.data : "");
    vouch_buffer_done(&out);
    return kept;
}

vouch_buffer *ofd_add_file(ofd_package *p, const char *path)
{
    ofd_file *file = &p->files[p->file_count++];
    file->path = path;
    ofd_put(p, &file->content, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return &file->content;
}

int ofd_put_text(ofd_package *p, double x, double y, double size, const char *value)
{
    vouch_buffer deltas = {0};
    double width = 0;
    const char *cursor = value, *end = value + strlen(value);
    uint32_t previous = vouch_utf8_next(&cursor, end);
    while (previous) {
        double advance = previous < 0x80 ? size / 2 : size;
        width += advance;
        previous = vouch_utf8_next(&cursor, end);
        if (previous)
            ofd_put(p, &deltas, "%s%.4g", deltas.length ? " " : "", advance);
    }
    int id = p->next_id++;
    ofd_put(p, &p->page,
            "<ofd:TextObject ID=\"%d\" Boundary=\"%.2f %.2f %.2f %.2f\" Font=\"3\" Size=\"%.3f\">"
            "<ofd:TextCode X=\"0\" Y=\"%.3f\" DeltaX=\"%s\">%s</ofd:TextCode></ofd:TextObject>\n",
            id, x, y, width + 0.5, size * 1.2, size, size, deltas.data ? deltas.data : "", escaped(p, value));
    vouch_buffer_done(&deltas);
    return id;
}

void ofd_put_rule(ofd_package *p, vouch_buffer *out, double x0, double y0, double x1, double y1)
{
    ofd_put(p, out,
            "<ofd:PathObject ID=\"%d\" Boundary=\"%.2f %.2f %.2f %.2f\" LineWidth=\"0.25\">"
            "<ofd:AbbreviatedData>M 0 0 L %.2f %.2f</ofd:AbbreviatedData></ofd:PathObject>\n",
            p->next_id++, x0, y0, x1 - x0 + 0.3, y1 - y0 + 0.3, x1 - x0, y1 - y0);
}

static vouch_code add_entry(zip_t *archive, const ofd_file *file)
{
    zip_source_t *source = zip_source_buffer(archive, file->content.data, file->content.length, 0);
    zip_int64_t index = source ? zip_file_add(archive, file->path, source, ZIP_FL_ENC_UTF_8) : -1;
    if (index < 0) {
        zip_source_free(source);
        return VOUCH_NO_MEMORY;
    }
    zip_file_set_mtime(archive, (zip_uint64_t)index, 1717228800, 0); /* fixed, so that a seed gives one file */
    return VOUCH_OK;
}

vouch_code ofd_write_zip(ofd_package *p, vouch_buffer *out, vouch_error *err)
{
    zip_error_t why;
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &why);
    zip_t *archive = target ? zip_open_from_source(target, ZIP_TRUNCATE, &why) : NULL;
    if (!archive)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting an OFD package");
    zip_source_keep(target);
    vouch_code code = add_entry(archive, &p->files[p->root]);
    for (int i = 0; i < p->file_count && code == VOUCH_OK; i++)
        if (i != p->root)
            code = add_entry(archive, &p->files[i]);
    if (zip_close(archive) != 0)
        code = VOUCH_IO;
    char chunk[8192];
    zip_int64_t got = 0;
    if (code == VOUCH_OK && zip_source_open(target) == 0) {
        while (code == VOUCH_OK && (got = zip_source_read(target, chunk, sizeof chunk)) > 0)
            code = vouch_buffer_append(out, chunk, (size_t)got);
        zip_source_close(target);
    }
    zip_source_free(target);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "writing an OFD package");
}
