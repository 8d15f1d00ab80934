/** config/openapi.yaml, built in. */
#ifndef VOUCH_SERVE_OPENAPI_H
#define VOUCH_SERVE_OPENAPI_H

extern const unsigned char openapi_yaml[]; /* NUL-terminated */

#endif
