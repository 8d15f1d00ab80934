/**
 * Which system calls a child may make: seccomp-BPF (Linux Documentation/userspace-api/seccomp_filter.rst) through
 * libseccomp. A default-deny list, measured with the libraries that run inside: memory, the answer's pipe, clocks,
 * signals to itself. Nothing that names a file, makes a descriptor or starts a process.
 *
 * A refused call is not answered at all: the kernel stops the caller and tells the zygote the number
 * (SECCOMP_RET_USER_NOTIF), which then ends the child. So the reason of the end names the call, whatever the child has
 * done to its signals; glibc itself blocks them all when it starts a thread or a program.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vouch/memory.h"

#include "wire.h"

/* Allowed whatever their arguments. */
static const int allowed[] = {
    /* the answer, the document */
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(poll), SCMP_SYS(ppoll),
    /* memory */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(futex),
    /* signals (tgkill: to itself alone, by a second filter) and the end */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(tgkill),
    SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* to close the sandbox; taken back by the second filter */
    SCMP_SYS(sendmsg), SCMP_SYS(seccomp),
    /* clocks and facts */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid)};

/* What libraries try and can do without: look for a font, a locale, a codec, a temporary file, a terminal. */
static const int denied[] = {SCMP_SYS(open),       SCMP_SYS(openat),    SCMP_SYS(openat2),    SCMP_SYS(creat),
                             SCMP_SYS(stat),       SCMP_SYS(lstat),     SCMP_SYS(statx),      SCMP_SYS(statfs),
                             SCMP_SYS(access),     SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
                             SCMP_SYS(readlinkat), SCMP_SYS(getcwd),    SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),
                             SCMP_SYS(unlink),     SCMP_SYS(unlinkat),  SCMP_SYS(rmdir),      SCMP_SYS(ioctl),
                             SCMP_SYS(prctl)};

/* Allowed with some arguments only; with others EACCES. */
typedef struct argument_rule {
    int call;
    bool allow;
    unsigned argument; /* counts from 0 */
    enum scmp_compare comparison;
    scmp_datum_t a, b; /* SCMP_CMP_MASKED_EQ: mask and value */
} argument_rule;

static const argument_rule argument_rules[] = {
    /* no new executable memory */
    {SCMP_SYS(mmap), true, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {SCMP_SYS(mmap), false, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC},
    {SCMP_SYS(mprotect), true, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), false, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC},
    /* fstat() is newfstatat(fd, "", …, AT_EMPTY_PATH) in glibc */
    {SCMP_SYS(newfstatat), true, 3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {SCMP_SYS(newfstatat), false, 3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0},
    /* stdio asks for the mode of a descriptor */
    {SCMP_SYS(fcntl), true, 1, SCMP_CMP_EQ, F_GETFL, 0},
    {SCMP_SYS(fcntl), true, 1, SCMP_CMP_EQ, F_GETFD, 0},
    /* asking for a limit, not setting one */
    {SCMP_SYS(prlimit64), true, 2, SCMP_CMP_EQ, 0, 0},
};

static const uint32_t deny = SCMP_ACT_ERRNO(EACCES);

/* A thread, which is no new process. */
static const argument_rule thread_rule = {SCMP_SYS(clone),        true, 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM,
                                          CLONE_THREAD | CLONE_VM};

static vouch_code add_argument_rules(scmp_filter_ctx context, const argument_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct scmp_arg_cmp compare = {
            .arg = rules[i].argument, .op = rules[i].comparison, .datum_a = rules[i].a, .datum_b = rules[i].b};
        if (seccomp_rule_add(context, rules[i].allow ? SCMP_ACT_ALLOW : deny, rules[i].call, 1, compare) != 0)
            return VOUCH_SANDBOX;
    }
    return VOUCH_OK;
}

static vouch_code add_rules(scmp_filter_ctx context, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* calls that an architecture does not have are no rule and no failure */
        if (seccomp_rule_add(context, action, calls[i], 0) != 0)
            return VOUCH_SANDBOX;
    }
    return VOUCH_OK;
}

/* clone3 hides its flags in memory: without it glibc falls back on clone. */
static vouch_code add_thread_rules(scmp_filter_ctx context)
{
    static const int calls[] = {SCMP_SYS(set_robust_list), SCMP_SYS(rseq)};
    static const int absent[] = {SCMP_SYS(clone3)};
    VOUCH_TRY(add_rules(context, SCMP_ACT_ALLOW, calls, sizeof calls / sizeof *calls));
    VOUCH_TRY(add_rules(context, SCMP_ACT_ERRNO(ENOSYS), absent, 1));
    return add_argument_rules(context, &thread_rule, 1);
}

static vouch_code add_all_rules(scmp_filter_ctx context, sandbox_profile profile)
{
    if (seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
        return VOUCH_SANDBOX;
    /* a tree of comparisons instead of a list; a missing optimiser costs time, nothing else */
    const int optimised = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    (void)optimised;
    VOUCH_TRY(add_rules(context, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed));
    VOUCH_TRY(add_rules(context, deny, denied, sizeof denied / sizeof *denied));
    VOUCH_TRY(add_argument_rules(context, argument_rules, sizeof argument_rules / sizeof *argument_rules));
    return profile == SANDBOX_PROFILE_THREADS ? add_thread_rules(context) : VOUCH_OK;
}

static void release_context(scmp_filter_ctx *context)
{
    if (*context)
        seccomp_release(*context);
    *context = NULL;
}

vouch_code sandbox_filter_build(sandbox_profile profile, sandbox_filter *out, vouch_error *err)
{
    VOUCH_CLEANUP(release_context) scmp_filter_ctx context = seccomp_init(SCMP_ACT_NOTIFY);
    if (!context || add_all_rules(context, profile) != VOUCH_OK)
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp: the filter can't be built");

    VOUCH_CLEANUP(vouch_close_fd) int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0 || seccomp_export_bpf(context, fd) != 0)
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp: the filter can't be exported");
    const off_t size = lseek(fd, 0, SEEK_END);
    const size_t count = size > 0 ? (size_t)size / sizeof(struct sock_filter) : 0;
    if (count == 0 || count > BPF_MAXINSNS)
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp: the filter has %zu instructions", count);
    VOUCH_CLEANUP(vouch_free_pointer) struct sock_filter *code = calloc(count, sizeof *code);
    if (!code)
        return vouch_fail(err, VOUCH_NO_MEMORY, "seccomp: out of memory");
    if (pread(fd, code, count * sizeof *code, 0) != size)
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp: the filter can't be read back");
    out->code = VOUCH_TAKE(code);
    out->length = (unsigned short)count;
    return VOUCH_OK;
}

void sandbox_filter_done(sandbox_filter *filter)
{
    free(filter->code);
    *filter = (sandbox_filter){0};
}

static int install(unsigned short length, struct sock_filter *code, unsigned flags)
{
    const struct sock_fprog program = {.len = length, .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Filters add up and the strictest answer counts. This one takes back what closing the sandbox itself needed, and lets
 * tgkill, which serves abort(), reach this process alone. The architecture is checked by the other one. */
static bool install_last(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendmsg, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    return install(sizeof code / sizeof *code, code, 0) == 0;
}

vouch_code sandbox_filter_install(const sandbox_filter *filter, int supervisor, vouch_error *err)
{
    VOUCH_CLEANUP(vouch_close_fd) int socket = supervisor;
    VOUCH_CLEANUP(vouch_close_fd)
    int listener = install(filter->length, filter->code, SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener < 0)
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp: %s", strerror(errno));
    if (!sandbox_send(socket, "", 1, &listener, 1) || !install_last())
        return vouch_fail(err, VOUCH_SANDBOX, "seccomp listener: %s", strerror(errno));
    return VOUCH_OK;
}

void sandbox_filter_refused_call(int listener, int *number)
{
    struct seccomp_notif *notification = NULL; /* the kernel decides its size, and wants it zeroed */
    *number = -1;
    if (seccomp_notify_alloc(&notification, NULL) != 0)
        return;
    if (seccomp_notify_receive(listener, notification) == 0)
        *number = notification->data.nr;
    seccomp_notify_free(notification, NULL);
}

void sandbox_call_name(int number, char *out, size_t size)
{
    VOUCH_CLEANUP(vouch_free_pointer) char *name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), number);
    if (name)
        snprintf(out, size, "%s", name);
    else
        snprintf(out, size, "number %d", number);
}
