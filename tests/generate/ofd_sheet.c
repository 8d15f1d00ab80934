/** Sheets as OFD: a page each, with or without custom tags that point at the text objects; unsigned, as 数电票 are. */
#include <string.h>

#include "ofd_package.h"
#include "sheet.h"
#include "vouch/text.h"

/**
 * A value of several lines is one tag with several objects; the cells of items, which are flat lists anyway, may
 * instead be one tag each line.
 */
static void put_tag(ofd_package *p, const sheet_text *drawn, int id, bool apart)
{
    const char *tag = drawn->tag, *slash = strchr(tag, '/'), *name = slash ? slash + 1 : tag;
    bool own = apart && (strcmp(tag, "Item") == 0 || strcmp(tag, "Specification") == 0);
    if (slash && drawn->first)
        ofd_put(p, &p->tags, "<%.*s>", (int)(slash - tag), tag);
    if (drawn->first || own)
        ofd_put(p, &p->tags, "<%s>", name);
    ofd_put(p, &p->tags, "<ofd:ObjectRef PageRef=\"%d\">%d</ofd:ObjectRef>", drawn->page + 1, id);
    if (drawn->last || own)
        ofd_put(p, &p->tags, "</%s>\n", name);
    if (slash && drawn->last)
        ofd_put(p, &p->tags, "</%.*s>\n", (int)(slash - tag), tag);
}

/** In the order of the form, whatever the order of drawing. */
static void put_tags(ofd_package *p, const sheet *printed, const int *ids, bool apart)
{
    for (size_t order = 0; order < printed->text_count; order++)
        for (size_t i = 0; i < printed->text_count; i++)
            if (printed->texts[i].order == order && printed->texts[i].tag)
                put_tag(p, &printed->texts[i], ids[i], apart);
}

static void write_sheet_page(ofd_package *p, const sheet *printed, int page, int *ids)
{
    for (size_t i = 0; i < printed->rule_count; i++)
        if (printed->rules[i].page == page)
            ofd_put_rule(p, &p->page, printed->rules[i].x0, printed->rules[i].y0, printed->rules[i].x1,
                         printed->rules[i].y1);
    for (size_t i = 0; i < printed->text_count; i++) {
        const sheet_text *drawn = &printed->texts[i];
        if (drawn->page != page)
            continue;
        ids[i] = ofd_put_text(p, drawn->x, drawn->y, drawn->size, drawn->text);
    }
    ofd_put(p, ofd_add_file(p, vouch_arena_printf(p->arena, "Doc_0/Pages/Page_%d/Content.xml", page)),
            "<ofd:Page xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Content><ofd:Layer ID=\"%d\">\n%s</ofd:Layer>"
            "</ofd:Content></ofd:Page>\n",
            50 + page, p->page.data ? p->page.data : "");
    vouch_buffer_done(&p->page);
}

static void write_attachment(ofd_package *p, const sheet_attachment *attached)
{
    ofd_file *file = &p->files[p->file_count++];
    file->path = vouch_arena_printf(p->arena, "Doc_0/Attachs/%s", attached->name);
    if (p->status == VOUCH_OK)
        p->status = vouch_buffer_append(&file->content, attached->content.data, attached->content.length);
    ofd_put(p, ofd_add_file(p, "Doc_0/Attachs/Attachments.xml"),
            "<ofd:Attachments xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:Attachment ID=\"1\" Name=\"%s\" "
            "Format=\"xml\" Visible=\"false\"><ofd:FileLoc>%s</ofd:FileLoc></ofd:Attachment></ofd:Attachments>\n",
            attached->name, attached->name);
}

static void write_sheet_document(ofd_package *p, const sheet *printed, sheet_tags tags,
                                 const sheet_attachment *attached)
{
    bool carries = attached && attached->name[0];
    if (carries)
        write_attachment(p, attached);
    ofd_put(p, ofd_add_file(p, "Doc_0/PublicRes.xml"),
            "<ofd:Res xmlns:ofd=\"http://www.ofdspec.org/2016\" BaseLoc=\"Res\"><ofd:Fonts>"
            "<ofd:Font ID=\"3\" FontName=\"宋体\" FamilyName=\"宋体\"/></ofd:Fonts></ofd:Res>\n");
    if (tags != SHEET_UNTAGGED) {
        ofd_put(p, ofd_add_file(p, "Doc_0/Tags/CustomTag.xml"),
                "<eInvoice xmlns:ofd=\"http://www.ofdspec.org/2016\">\n%s</eInvoice>\n", p->tags.data);
        ofd_put(p, ofd_add_file(p, "Doc_0/Tags/CustomTags.xml"),
                "<ofd:CustomTags xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:CustomTag TypeID=\"0\">"
                "<ofd:FileLoc>CustomTag.xml</ofd:FileLoc></ofd:CustomTag></ofd:CustomTags>\n");
    }
    vouch_buffer *document = ofd_add_file(p, "Doc_0/Document.xml");
    ofd_put(p, document,
            "<ofd:Document xmlns:ofd=\"http://www.ofdspec.org/2016\"><ofd:CommonData><ofd:MaxUnitID>%d</ofd:MaxUnitID>"
            "<ofd:PageArea><ofd:PhysicalBox>0 0 %.2f %.2f</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>",
            p->next_id, printed->width, printed->height);
    for (int page = 0; page < printed->page_count; page++)
        ofd_put(p, document, "<ofd:Page ID=\"%d\" BaseLoc=\"Pages/Page_%d/Content.xml\"/>", page + 1, page);
    ofd_put(p, document, "</ofd:Pages>%s%s</ofd:Document>\n",
            carries ? "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>" : "",
            tags != SHEET_UNTAGGED ? "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>" : "");
    p->root = p->file_count;
    ofd_put(p, ofd_add_file(p, "OFD.xml"),
            "<ofd:OFD xmlns:ofd=\"http://www.ofdspec.org/2016\" Version=\"1.0\" DocType=\"OFD\"><ofd:DocBody>"
            "<ofd:DocInfo><ofd:DocID>00000000000000000000000000000000</ofd:DocID></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>\n");
}

vouch_code sheet_print_ofd(const sheet *printed, sheet_tags tags, const sheet_attachment *attached, vouch_buffer *out,
                           vouch_error *err)
{
    VOUCH_CLEANUP(ofd_package_done) ofd_package p = {.next_id = 100, .arena = vouch_arena_new()};
    if (!p.arena || printed->page_count > OFD_MAX_FILES / 2)
        return vouch_fail(err, VOUCH_NO_MEMORY, "writing an OFD");
    int *ids = vouch_arena_calloc(p.arena, printed->text_count + 1, sizeof *ids);
    for (int page = 0; page < printed->page_count; page++)
        write_sheet_page(&p, printed, page, ids);
    if (tags != SHEET_UNTAGGED)
        put_tags(&p, printed, ids, tags == SHEET_LINES_APART);
    write_sheet_document(&p, printed, tags, attached);
    if (p.status != VOUCH_OK)
        return vouch_fail(err, p.status, "writing an OFD");
    return ofd_write_zip(&p, out, err);
}

vouch_code generate_ofd_forms(const generate_invoice *invoices, size_t count, uint64_t seed, vouch_buffer *out,
                              vouch_error *err)
{
    VOUCH_CLEANUP(vouch_arena_free) vouch_arena *arena = vouch_arena_new();
    if (!arena)
        return vouch_fail(err, VOUCH_NO_MEMORY, "starting an OFD");
    sheet drawn = {.arena = arena};
    sheet_compose(&drawn, invoices, count, seed);
    const sheet_tags tags[] = {SHEET_UNTAGGED, SHEET_TAGGED, SHEET_UNTAGGED, SHEET_LINES_APART};
    VOUCH_CLEANUP(sheet_attachment_done) sheet_attachment attached = {.name = ""};
    VOUCH_TRY(sheet_attachment_make(invoices, count, &attached, err));
    bool tagged = count == 1 && !generate_is_travel(invoices->kind);
    return sheet_print_ofd(&drawn, tagged ? tags[seed % 4] : SHEET_UNTAGGED, &attached, out, err);
}
