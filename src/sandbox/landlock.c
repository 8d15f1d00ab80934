/**
 * Landlock (Linux Documentation/userspace-api/landlock.rst): a process gives up files, TCP and signals to others for
 * good, without any privilege. Stands behind seccomp: should a call slip through the filter, it still finds no file.
 *
 * Debian 12's header knows version 2 of the interface; kernels offer more. The newer bits are declared here and asked
 * for by the version that the running kernel reports.
 */
#include "confine.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1u

/* struct landlock_ruleset_attr as of version 6 */
typedef struct ruleset_attributes {
    uint64_t files, net, scoped;
} ruleset_attributes;

/* The bits that each version of the interface added: all of them are handled, none is granted. */
static const struct {
    int version;
    ruleset_attributes adds;
    size_t size; /* of the attributes that this version knows */
} versions[] = {
    {1, {.files = (UINT64_C(1) << 13) - 1}, sizeof(uint64_t)}, /* execute, write, read, list, remove, make */
    {2, {.files = UINT64_C(1) << 13}, sizeof(uint64_t)},       /* refer */
    {3, {.files = UINT64_C(1) << 14}, sizeof(uint64_t)},       /* truncate */
    {4, {.net = 3}, 2 * sizeof(uint64_t)},                     /* bind and connect TCP */
    {5, {.files = UINT64_C(1) << 15}, 2 * sizeof(uint64_t)},   /* ioctl on devices */
    {6, {.scoped = 3}, 3 * sizeof(uint64_t)},                  /* abstract sockets, signals */
};

int sandbox_landlock_ruleset(void)
{
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    ruleset_attributes attributes = {0};
    size_t size = 0;
    for (size_t i = 0; i < sizeof versions / sizeof *versions && versions[i].version <= version; i++) {
        attributes.files |= versions[i].adds.files;
        attributes.net |= versions[i].adds.net;
        attributes.scoped |= versions[i].adds.scoped;
        size = versions[i].size;
    }
    if (size == 0)
        return -1;
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0); /* close-on-exec by itself */
}

bool sandbox_landlock_enter(int ruleset)
{
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
