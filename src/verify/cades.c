/** CAdES (.p7m): a CMS SignedData that encloses the document (RFC 5652, 5.1). */
#include <string.h>

#include "scheme.h"

/* SEQUENCE { OBJECT IDENTIFIER 1.2.840.113549.1.7.2 …: the identifier follows the outer length of one to five bytes. */
static bool is_signed_data(const vouch_part *bytes)
{
    static const uint8_t signed_data[] = {0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02};
    if (bytes->length < 2 || bytes->data[0] != 0x30)
        return false;
    const size_t header = bytes->data[1] > 0x80 && bytes->data[1] <= 0x84 ? 2 + (size_t)(bytes->data[1] & 0x7F) : 2;
    return bytes->length >= header + sizeof signed_data &&
           memcmp(bytes->data + header, signed_data, sizeof signed_data) == 0;
}

void find_cades(verification *it, int part, const vouch_part *bytes)
{
    (void)part;
    if (is_signed_data(bytes))
        (void)verification_add_unsupported(it, "CMS signed data %s", bytes->path);
}
