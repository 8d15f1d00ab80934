/** Inside of the QR reader: from pixels to payloads (qr.c, qr_locate.c), from payloads to statements (qr_payload.c). */
#ifndef VOUCH_READ_QR_H
#define VOUCH_READ_QR_H

#include "readers.h"

/** A decoded QR code with its place on a page. */
typedef struct vouch_qr_code {
    const char *data; /* NUL-terminated; may hold NULs before its end */
    size_t length;
    int part, page;
    vouch_box box;
    vouch_quad quad;
} vouch_qr_code;

/**
 * Squares that may be QR codes (qr_locate.c), the likeliest first.
 *
 * @param boxes  out: in the raster's pixels
 * @return how many, at most `most`
 */
size_t vouch_qr_locate(const vouch_raster *grey, vouch_box *boxes, size_t most);

/**
 * Understand a payload and state what it says.
 *
 * Never opens what it names: an address in a code is data (china.md 2.4).
 */
void vouch_qr_state(vouch_arena *arena, const vouch_qr_code *code, vouch_statements *statements);

/* The checksum of Chinese invoice codes: CRC-16 over 0x8005, of which issuers use three parametrisations. */
typedef enum vouch_qr_crc {
    VOUCH_QR_CRC_UMTS,   /* init 0, not reflected; check value FEE8 */
    VOUCH_QR_CRC_ARC,    /* init 0, reflected; BB3D */
    VOUCH_QR_CRC_MODBUS, /* init FFFF, reflected; 4B37 */
    VOUCH_QR_CRC_COUNT
} vouch_qr_crc;

uint16_t vouch_qr_crc16(vouch_qr_crc variant, const char *data, size_t length);

#endif
