/** QR codes by libqrencode. */
#include <stdlib.h>

#include <qrencode.h>

#include "generate.h"

vouch_code generate_qr(const char *payload, uint8_t **out, int *side, vouch_error *err)
{
    QRcode *code = QRcode_encodeString(payload, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return vouch_fail(err, VOUCH_INTERNAL, "the QR code can't be made");
    size_t count = (size_t)code->width * (size_t)code->width;
    uint8_t *modules = malloc(count);
    if (!modules) {
        QRcode_free(code);
        return vouch_fail(err, VOUCH_NO_MEMORY, "the QR code can't be made");
    }
    for (size_t i = 0; i < count; i++)
        modules[i] = code->data[i] & 1;
    *side = code->width;
    *out = modules;
    QRcode_free(code);
    return VOUCH_OK;
}
