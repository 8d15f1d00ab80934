/**
 * Bodies: JSON is collected up to its limit, an upload goes straight to the blob store, so that memory does not depend
 * on its size. An upload is multipart/form-data with one part "file", or the file itself as the body.
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

enum {
    POST_PROCESSOR_BYTES = 32 << 10
};

static bool has_media_type(const http_request *request, const char *wanted)
{
    const char *type = http_header(request, "Content-Type");
    size_t length = strlen(wanted);
    return type && strncasecmp(type, wanted, length) == 0 && strchr("; \t", type[length]) != NULL;
}

static enum MHD_Result take_field(http_request *request, const char *key, const char *data, size_t size)
{
    http_upload *upload = &request->upload;
    size_t used = strlen(upload->lane);
    if (strcmp(key, "lane") != 0) {
        request->failed = vouch_fail(&request->failure, VOUCH_BAD_REQUEST,
                                     "the form has a field \"%.40s\"; known are \"file\" and \"lane\"", key);
        return MHD_NO;
    }
    if (size == 0)
        return MHD_YES;
    if (used + size >= sizeof upload->lane) {
        request->failed = vouch_fail(&request->failure, VOUCH_INVALID_FIELD, "lane: \"interactive\" or \"bulk\"");
        return MHD_NO;
    }
    memcpy(upload->lane + used, data, size);
    upload->lane[used + size] = '\0';
    return MHD_YES;
}

static enum MHD_Result take_part(void *context, enum MHD_ValueKind kind, const char *key, const char *file_name,
                                 const char *content_type, const char *encoding, const char *data, uint64_t offset,
                                 size_t size)
{
    (void)kind;
    (void)content_type;
    (void)encoding;
    http_request *request = context;
    http_upload *upload = &request->upload;
    if (!file_name && (!key || strcmp(key, "file") != 0))
        return take_field(request, key ? key : "", data, size);
    /* A part is announced without bytes when its head came alone; another that stays without is an empty field. */
    if (offset == 0 && upload->received > 0) {
        if (size == 0)
            return MHD_YES;
        request->failed = vouch_fail(&request->failure, VOUCH_BAD_REQUEST, "one request takes one file");
        return MHD_NO;
    }
    if (file_name)
        snprintf(upload->file_name, sizeof upload->file_name, "%s", file_name);
    upload->seen_file = true;
    upload->received += size;
    request->failed = vouch_blob_append(upload->writer, data, size, &request->failure);
    return request->failed == VOUCH_OK ? MHD_YES : MHD_NO;
}

static vouch_code begin_upload(http_request *request, vouch_error *err)
{
    http_upload *upload = &request->upload;
    const char *given_name = http_query(request, "filename");
    snprintf(upload->file_name, sizeof upload->file_name, "%s", given_name ? given_name : "");
    VOUCH_TRY(vouch_blob_create(request->service->blobs, request->principal.tenant_id,
                                request->service->config->max_upload_bytes, &upload->writer, err));
    if (!has_media_type(request, "multipart/form-data"))
        return VOUCH_OK;
    upload->multipart = MHD_create_post_processor(request->connection, POST_PROCESSOR_BYTES, take_part, request);
    return upload->multipart ? VOUCH_OK
                             : vouch_fail(err, VOUCH_BAD_REQUEST, "the multipart body has no usable boundary");
}

vouch_code http_body_begin(http_request *request, vouch_error *err)
{
    return request->route->body == HTTP_BODY_UPLOAD ? begin_upload(request, err) : VOUCH_OK;
}

vouch_code http_body_take(http_request *request, const char *data, size_t length, vouch_error *err)
{
    http_upload *upload = &request->upload;
    switch (request->route->body) {
    case HTTP_BODY_JSON:
        if (vouch_buffer_append(&request->body, data, length) != VOUCH_OK)
            return vouch_fail(err, VOUCH_TOO_LARGE, "the JSON body has more than %zu bytes", request->body.maximum);
        return VOUCH_OK;
    case HTTP_BODY_UPLOAD:
        if (!upload->multipart) {
            upload->seen_file = true;
            upload->received += length;
            return vouch_blob_append(upload->writer, data, length, err);
        }
        if (MHD_post_process(upload->multipart, data, length) == MHD_YES)
            return VOUCH_OK;
        return request->failed != VOUCH_OK ? request->failed
                                           : vouch_fail(err, VOUCH_BAD_REQUEST, "the multipart body is malformed");
    case HTTP_BODY_NONE:
        break;
    }
    return VOUCH_OK; /* a body that nobody asked for is read and dropped */
}

vouch_code http_body_end(http_request *request, vouch_error *err)
{
    http_upload *upload = &request->upload;
    if (request->route->body != HTTP_BODY_UPLOAD)
        return VOUCH_OK;
    bool form = upload->multipart != NULL;
    if (form && MHD_destroy_post_processor(upload->multipart) != MHD_YES) {
        upload->multipart = NULL;
        return request->failed != VOUCH_OK ? request->failed
                                           : vouch_fail(err, VOUCH_BAD_REQUEST, "the multipart body ends early");
    }
    upload->multipart = NULL;
    if (form && !upload->seen_file)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "there is no part \"file\" in the body");
    return upload->received ? VOUCH_OK : vouch_fail(err, VOUCH_EMPTY, "the file has no bytes");
}

vouch_code http_body_store(http_request *request, vouch_error *err)
{
    http_upload *upload = &request->upload;
    const uint8_t *data = NULL;
    size_t length = 0;
    VOUCH_TRY(vouch_blob_view(upload->writer, &data, &length, err));
    VOUCH_TRY(vouch_ingest_check(data, length, request->service->config->max_upload_bytes, &upload->format, err));
    return vouch_blob_commit(&upload->writer, &upload->blob, err);
}

void http_body_done(http_request *request)
{
    if (request->upload.multipart)
        MHD_destroy_post_processor(request->upload.multipart);
    request->upload.multipart = NULL;
    vouch_blob_abort(&request->upload.writer);
}

vouch_code http_body_json(const http_request *request, json_t **out, vouch_error *err)
{
    if (request->body.length == 0) {
        *out = json_object();
        return *out ? VOUCH_OK : vouch_fail(err, VOUCH_NO_MEMORY, "reading the body");
    }
    if (http_header(request, "Content-Type") && !has_media_type(request, "application/json"))
        return vouch_fail(err, VOUCH_WRONG_MEDIA_TYPE, "the body must be application/json");
    json_error_t why;
    json_t *object = json_loadb(request->body.data, request->body.length, JSON_REJECT_DUPLICATES, &why);
    if (!object)
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the JSON body is malformed at line %d column %d: %s", why.line,
                          why.column, why.text);
    if (!json_is_object(object)) {
        json_decref(object);
        return vouch_fail(err, VOUCH_BAD_REQUEST, "the JSON body must be an object");
    }
    *out = object;
    return VOUCH_OK;
}
