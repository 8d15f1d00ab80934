/**
 * What a process is and sees: user, namespaces, root directory, resource limits (credentials(7), namespaces(7),
 * setrlimit(2)).
 *
 * Started as root, the namespaces are made with root's rights and root is given up afterwards; started as anybody else,
 * a user namespace gives the rights to make the others, and they are dropped again.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vouch/memory.h"

vouch_code sandbox_user_find(const char *name, sandbox_user *out, vouch_error *err)
{
    if (geteuid() != 0) {
        *out = (sandbox_user){.change = false, .uid = getuid(), .gid = getgid()};
        return VOUCH_OK;
    }
    if (!*name)
        name = "nobody";
    char *end;
    errno = 0;
    const unsigned long number = strtoul(name, &end, 10);
    if (!*end && errno == 0 && number > 0 && number < UINT32_MAX) {
        *out = (sandbox_user){.change = true, .uid = (uid_t)number, .gid = (gid_t)number};
        return VOUCH_OK;
    }
    const struct passwd *entry = getpwnam(name);
    if (!entry)
        return vouch_fail(err, VOUCH_SANDBOX, "there is no user %s to become", name);
    if (entry->pw_uid == 0)
        return vouch_fail(err, VOUCH_SANDBOX, "user %s is root, which reads no documents", name);
    *out = (sandbox_user){.change = true, .uid = entry->pw_uid, .gid = entry->pw_gid};
    return VOUCH_OK;
}

/* Capabilities of a user namespace; after leaving root there are none. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct none[2] = {0};
    return syscall(SYS_capset, &header, none) == 0;
}

vouch_code sandbox_user_become(const sandbox_user *user, vouch_error *err)
{
    if (user->change) {
        if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
            setresuid(user->uid, user->uid, user->uid) != 0)
            return vouch_fail(err, VOUCH_SANDBOX, "becoming user %u: %s", (unsigned)user->uid, strerror(errno));
        uid_t real, effective, saved;
        if (getresuid(&real, &effective, &saved) != 0 || real != user->uid || effective != user->uid ||
            saved != user->uid || setuid(0) == 0)
            return vouch_fail(err, VOUCH_SANDBOX, "root could not be given up");
    }
    if (!drop_capabilities())
        return vouch_fail(err, VOUCH_SANDBOX, "dropping capabilities: %s", strerror(errno));
    return VOUCH_OK;
}

static bool write_file(const char *path, const char *text)
{
    VOUCH_CLEANUP(vouch_close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);
    const size_t length = strlen(text);
    return fd >= 0 && write(fd, text, length) == (ssize_t)length;
}

/* Without a mapping the walls stand as well; only the empty root can't be made. */
static void map_user(uid_t uid, gid_t gid)
{
    char uids[64], gids[64];
    snprintf(uids, sizeof uids, "%u %u 1", (unsigned)uid, (unsigned)uid);
    snprintf(gids, sizeof gids, "%u %u 1", (unsigned)gid, (unsigned)gid);
    const bool mapped = write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", uids) &&
                        write_file("/proc/self/gid_map", gids);
    (void)mapped;
}

vouch_code sandbox_namespaces_enter(sandbox_user *user, bool *entered, vouch_error *err)
{
    const int kinds = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;
    *entered = unshare(kinds) == 0;
    if (*entered)
        return VOUCH_OK;
    /* root without the right, or an ordinary user */
    VOUCH_TRY(sandbox_user_become(user, err));
    user->change = false;
    const uid_t uid = getuid();
    const gid_t gid = getgid();
    *entered = unshare(CLONE_NEWUSER | kinds) == 0;
    if (*entered && prctl(PR_SET_DUMPABLE, 1) == 0) /* else the files to write belong to root */
        map_user(uid, gid);
    return VOUCH_OK;
}

bool sandbox_root_empty(void)
{
    /* "/proc" is a directory on every system; what is mounted there is hidden by the new file system and goes with the
     * old root. */
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=555") == 0 &&
           chdir("/proc") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
           mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 &&
           chdir("/") == 0;
}

vouch_code sandbox_limits_set(const sandbox_limits *limits, vouch_error *err)
{
    const rlim_t cpu = (rlim_t)limits->cpu_seconds;
    /* counts threads, and over all processes of the user */
    const rlim_t most_processes = limits->profile == SANDBOX_PROFILE_THREADS ? 4096 : 0;
    const struct {
        __rlimit_resource_t resource;
        const char *name;
        struct rlimit limit;
    } rows[] = {
        /* SIGXCPU at the limit, which says why; SIGKILL a second later for who ignores it */
        {RLIMIT_CPU, "CPU", {cpu, cpu + 1}},
        {RLIMIT_CORE, "CORE", {0, 0}},
        /* No call makes a descriptor in there. The kernel also holds this limit against the listeners that all children
         * of the user are sending at a moment (unix(7), ETOOMANYREFS), so that it can't be near zero. */
        {RLIMIT_NOFILE, "NOFILE", {512, 512}},
        {RLIMIT_NPROC, "NPROC", {most_processes, most_processes}},
#ifndef VOUCH_SANITIZED /* shadow memory needs address space, reports are files */
        {RLIMIT_AS, "AS", {limits->memory_bytes, limits->memory_bytes}},
        {RLIMIT_FSIZE, "FSIZE", {0, 0}},
#endif
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (setrlimit(rows[i].resource, &rows[i].limit) != 0)
            return vouch_fail(err, VOUCH_SANDBOX, "limit %s: %s", rows[i].name, strerror(errno));
    }
    return VOUCH_OK;
}
