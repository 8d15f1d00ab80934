/**
 * Attachments of PDFs (ISO 32000-2, 7.11.4 and 14.13) as an incremental update. libharu can only attach files by their
 * path, which then stands in the document; its output is regular enough to take the catalogue from by hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"

/** The number behind the last place of a word. */
static bool number_behind(const vouch_buffer *pdf, const char *word, unsigned long *out)
{
    size_t length = strlen(word);
    for (size_t at = pdf->length; at-- > 0;)
        if (pdf->length - at > length && memcmp(pdf->data + at, word, length) == 0) {
            *out = strtoul(pdf->data + at + length, NULL, 10);
            return true;
        }
    return false;
}

/** Inside of an object's outer << >>. @return NULL: there is none */
static const char *dictionary_of(const vouch_buffer *pdf, unsigned long object, size_t *length)
{
    char head[32];
    int head_length = snprintf(head, sizeof head, "\n%lu 0 obj", object);
    const char *found = memmem(pdf->data, pdf->length, head, (size_t)head_length);
    const char *end = found ? strstr(found, "endobj") : NULL;
    const char *from = found ? strstr(found, "<<") : NULL;
    if (!end || !from || from > end)
        return NULL;
    while (end > from && memcmp(end - 2, ">>", 2) != 0)
        end--;
    *length = (size_t)(end - 2 - from - 2);
    return from + 2;
}

vouch_code generate_pdf_attach(vouch_buffer *pdf, const char *name, const char *relationship,
                               const vouch_buffer *content, vouch_error *err)
{
    unsigned long root = 0, size = 0, previous = 0;
    size_t length = 0, offsets[3];
    const char *catalogue = NULL;
    if (number_behind(pdf, "/Root ", &root) && number_behind(pdf, "/Size ", &size) &&
        number_behind(pdf, "startxref", &previous))
        catalogue = dictionary_of(pdf, root, &length);
    char *kept = catalogue ? strndup(catalogue, length) : NULL;
    if (!kept)
        return vouch_fail(err, VOUCH_INTERNAL, "the PDF library's catalogue is not found");
    VOUCH_CLEANUP(vouch_free_pointer) char *old = kept;
    VOUCH_TRY(vouch_buffer_printf(pdf, "\n"));
    offsets[0] = pdf->length;
    VOUCH_TRY(vouch_buffer_printf(pdf, "%lu 0 obj\n<</Type /EmbeddedFile /Subtype /text#2Fxml /Length %zu>>\nstream\n",
                                  size, content->length));
    VOUCH_TRY(vouch_buffer_append(pdf, content->data, content->length));
    VOUCH_TRY(vouch_buffer_printf(pdf, "\nendstream\nendobj\n"));
    offsets[1] = pdf->length;
    VOUCH_TRY(vouch_buffer_printf(pdf,
                                  "%lu 0 obj\n<</Type /Filespec /F (%s) /UF (%s) /AFRelationship /%s "
                                  "/EF <</F %lu 0 R /UF %lu 0 R>>>>\nendobj\n",
                                  size + 1, name, name, relationship, size, size));
    offsets[2] = pdf->length;
    VOUCH_TRY(vouch_buffer_printf(pdf,
                                  "%lu 0 obj\n<<%s\n/Names <</EmbeddedFiles <</Names [(%s) %lu 0 R]>>>> "
                                  "/AF [%lu 0 R]>>\nendobj\n",
                                  root, old, name, size + 1, size + 1));
    size_t table = pdf->length;
    vouch_code code =
        vouch_buffer_printf(pdf,
                            "xref\n%lu 1\n%010zu 00000 n \n%lu 2\n%010zu 00000 n \n%010zu 00000 n \n"
                            "trailer\n<</Size %lu /Root %lu 0 R /Prev %lu>>\nstartxref\n%zu\n%%%%EOF\n",
                            root, offsets[2], size, offsets[0], offsets[1], size + 2, root, previous, table);
    return code == VOUCH_OK ? VOUCH_OK : vouch_fail(err, code, "attaching a file to a PDF");
}
