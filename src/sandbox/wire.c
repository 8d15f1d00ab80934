#include "job.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Room for descriptors beside a message, aligned as the macros want it. */
typedef union ancillary {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * SANDBOX_ORDER_FDS)];
} ancillary;

bool sandbox_send(int socket, const void *message, size_t size, const int *fds, size_t fd_count)
{
    ancillary control = {.bytes = {0}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)message, .iov_len = size};
    struct msghdr about = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_SPACE(sizeof(int) * fd_count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&about);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    return TEMP_FAILURE_RETRY(sendmsg(socket, &about, MSG_NOSIGNAL)) == (ssize_t)size;
}

ssize_t sandbox_receive(int socket, void *message, size_t size, int *fds, size_t fd_count, size_t *received)
{
    ancillary control;
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr about = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *received = 0;
    const ssize_t length = TEMP_FAILURE_RETRY(recvmsg(socket, &about, MSG_CMSG_CLOEXEC));
    if (length < 0)
        return length;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&about);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            if (i < fd_count)
                fds[(*received)++] = fd;
            else
                close(fd);
        }
    }
    return length;
}

void sandbox_copy_text(char *out, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);
    if (text[length] != '\0') {
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) /* inside of a UTF-8 sequence */
            length--;
    }
    memcpy(out, text, length);
    out[length] = '\0';
}

vouch_code sandbox_send_frame(const sandbox_sink *sink, sandbox_frame_kind kind, int page, const void *payload,
                              size_t length, vouch_error *err)
{
    const sandbox_frame head = {.kind = (uint32_t)kind, .page = page, .length = length};
    VOUCH_TRY(sink->write(sink->context, &head, sizeof head, err));
    return length > 0 ? sink->write(sink->context, payload, length, err) : VOUCH_OK;
}
