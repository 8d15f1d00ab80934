#include "attacks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- what needs more than a call's number ------------------------------------------------------------------------ */

/* The child's descriptor of its document, which is a regular file; the others are /dev/null and a pipe. */
static int find_document(void)
{
    struct stat about;
    for (int fd = 0; fd < 64; fd++)
        if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
            return fd;
    return -1;
}

static vouch_code write_document(test_context *c)
{
    return test_report_errno(c, write(find_document(), "x", 1) == 1);
}

static vouch_code map_document(test_context *c)
{
    return test_report_errno(c, mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, find_document(), 0) != MAP_FAILED);
}

static vouch_code open_memory(test_context *c)
{
    return test_report_errno(c, open("/proc/self/mem", O_RDWR | O_CLOEXEC) >= 0);
}

static vouch_code open_memory_of_zygote(test_context *c)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid());
    return test_report_errno(c, open(path, O_RDWR | O_CLOEXEC) >= 0);
}

static vouch_code read_zygote(test_context *c)
{
    char bytes[16];
    const struct iovec here = {bytes, sizeof bytes}, there = {(void *)(uintptr_t)0x400000, sizeof bytes};
    return test_report_errno(c, process_vm_readv(getppid(), &here, 1, &there, 1, 0) > 0);
}

static vouch_code write_zygote(test_context *c)
{
    char bytes[16] = {0};
    const struct iovec here = {bytes, sizeof bytes}, there = {(void *)(uintptr_t)0x400000, sizeof bytes};
    return test_report_errno(c, process_vm_writev(getppid(), &here, 1, &there, 1, 0) > 0);
}

static vouch_code kill_everybody(test_context *c)
{
    return test_report_errno(c, kill(-1, SIGKILL) == 0);
}

/* On x86-64 the same processor takes calls of two other ABIs, with numbers that mean something else. */
static vouch_code call_of_another_abi(test_context *c)
{
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory"); /* getpid */
    return test_report_errno(c, result > 0);
#else
    return test_report_errno(c, raise(SIGSYS) == 0);
#endif
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static vouch_code empty_reading(test_context *c)
{
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_READING, 0, NULL, 0));
    return test_close(c);
}

static vouch_code frame_of_kind(test_context *c, uint32_t kind)
{
    VOUCH_TRY(test_reading(c));
    const sandbox_frame head = {.kind = kind};
    return test_raw(c, &head, sizeof head);
}

static vouch_code kind_zero(test_context *c)
{
    return frame_of_kind(c, 0);
}

static vouch_code kind_beyond_all(test_context *c)
{
    return frame_of_kind(c, UINT32_MAX);
}

/* The number of a bit that a shift would take modulo 32. */
static vouch_code kind_that_wraps(test_context *c)
{
    return frame_of_kind(c, 32 + SANDBOX_FRAME_CLOSE);
}

static vouch_code length_that_wraps(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    const sandbox_frame head = {.kind = SANDBOX_FRAME_WORDS, .length = UINT64_MAX - sizeof head + 1};
    return test_raw(c, &head, sizeof head);
}

static vouch_code close_with_payload(test_context *c)
{
    VOUCH_TRY(test_reading(c));
    return test_frame(c, SANDBOX_FRAME_CLOSE, 0, "more", 4);
}

static vouch_code reading_of_a_page(test_context *c)
{
    return test_frame(c, SANDBOX_FRAME_READING, 1, "{}", 2);
}

static vouch_code deep_reading(test_context *c)
{
    enum {
        DEPTH = 100000
    };
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    for (int i = 0; i < 2 * DEPTH; i++)
        VOUCH_TRY(vouch_buffer_append(&json, i < DEPTH ? "[" : "]", 1));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_READING, 0, json.data, json.length));
    return test_close(c);
}

static vouch_code two_readings_in_one(test_context *c)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer json = {0};
    VOUCH_TRY(test_print_report("first", false, &json, c->err));
    VOUCH_TRY(test_print_report("second", false, &json, c->err));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_READING, 0, json.data, json.length));
    return test_close(c);
}

static vouch_code words(test_context *c, const char *text)
{
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_WORDS, 0, text, strlen(text)));
    return test_close(c);
}

static vouch_code word_on_page_zero(test_context *c)
{
    return words(c, "[[0,\"x\",0,0,1,1]]");
}

static vouch_code word_before_all_pages(test_context *c)
{
    return words(c, "[[-2147483649,\"x\",0,0,1,1]]");
}

static vouch_code word_of_infinite_width(test_context *c)
{
    return words(c, "[[1,\"x\",0,0,1e999,1]]");
}

static vouch_code word_with_an_end_inside(test_context *c)
{
    return words(c, "[[1,\"x\\u0000y\",0,0,1,1]]");
}

/* A PNG of the form that our encoder writes, but with this header and one chunk of another kind. */
static vouch_code picture(test_context *c, int page, uint32_t width, const char *chunk)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer sent = {0};
    uint8_t samples[12] = {0};
    const vouch_raster raster = {.width = 2, .height = 2, .channels = 3, .stride = 6, .samples = samples};
    enum {
        WIDTH_AT = 16,
        HEADER_END = 33
    };
    VOUCH_TRY(vouch_raster_encode_png(&raster, &png, c->err));
    for (int i = 0; width > 0 && i < 4; i++)
        png.data[WIDTH_AT + i] = (char)(width >> (24 - 8 * i));
    VOUCH_TRY(vouch_buffer_append(&sent, png.data, HEADER_END));
    if (chunk) {
        VOUCH_TRY(vouch_buffer_append(&sent, "\0\0\0\1", 4));
        VOUCH_TRY(vouch_buffer_append(&sent, chunk, 4));
        VOUCH_TRY(vouch_buffer_append(&sent, "xsum!", 5));
    }
    VOUCH_TRY(vouch_buffer_append(&sent, png.data + HEADER_END, png.length - HEADER_END));
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_PICTURE, page, sent.data, sent.length));
    return test_close(c);
}

static vouch_code picture_of_a_negative_page(test_context *c)
{
    return picture(c, INT_MIN, 0, NULL);
}

static vouch_code picture_of_page_zero(test_context *c)
{
    return picture(c, 0, 0, NULL);
}

static vouch_code picture_that_is_a_bomb(test_context *c)
{
    return picture(c, 1, 0x7fffffff, NULL);
}

static vouch_code picture_with_text(test_context *c)
{
    return picture(c, 1, 0, "tEXt");
}

static vouch_code picture_twice(test_context *c)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer png = {0};
    uint8_t samples[3] = {0};
    const vouch_raster raster = {.width = 1, .height = 1, .channels = 3, .stride = 3, .samples = samples};
    VOUCH_TRY(vouch_raster_encode_png(&raster, &png, c->err));
    VOUCH_TRY(test_reading(c));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_PICTURE, 1, png.data, png.length));
    return test_frame(c, SANDBOX_FRAME_PICTURE, 1, png.data, png.length);
}

/* An honest reading with the first occurrence of one text replaced. */
static vouch_code changed_reading(test_context *c, const test_attack *attack)
{
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer honest = {0};
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer changed = {0};
    VOUCH_TRY(test_print_report("done", false, &honest, c->err));
    const char *const at = memmem(honest.data, honest.length, attack->from, strlen(attack->from));
    if (!at)
        return vouch_fail(c->err, VOUCH_INTERNAL, "the reading has no %s", attack->from);
    const char *const behind = at + strlen(attack->from);
    VOUCH_TRY(vouch_buffer_append(&changed, honest.data, (size_t)(at - honest.data)));
    VOUCH_TRY(vouch_buffer_append(&changed, attack->to, strlen(attack->to)));
    VOUCH_TRY(vouch_buffer_append(&changed, behind, honest.length - (size_t)(behind - honest.data)));
    VOUCH_TRY(test_frame(c, SANDBOX_FRAME_READING, 0, changed.data, changed.length));
    return test_close(c);
}

/* --- the table --------------------------------------------------------------------------------------------------- */

/* A call that ends the child, whose name is the reason; one that is told that it may not; a function; a lie. */
#define ENDS(name, ...)                                                                             \
    .end = VOUCH_CHILD_REFUSED_CALL, .reason = "system call " #name " refused", .call = SYS_##name, \
    .arguments = {__VA_ARGS__}
#define TOLD(name, ...)           .end = VOUCH_OK, .reason = "report: EACCES", .call = SYS_##name, .arguments = {__VA_ARGS__}
#define ACT(function, code, text) .act = function, .end = code, .reason = text
#define BAD(function, text)       ACT(function, VOUCH_CHILD_BAD_ANSWER, text)
#define LIE(old, new, text)       .from = old, .to = new, .end = VOUCH_CHILD_BAD_ANSWER, .reason = text
#define REPLACED(old, new)        .from = old, .to = new, .end = VOUCH_OK, .reason = "report: done"

static const char path[] = "/tmp/vouch-attack", root[] = "/", word[] = "attack";

const test_attack test_attacks[] = {
    /* files */
    {"open", TOLD(openat, AT_FDCWD, (long)"/etc/passwd", O_RDONLY)},
    {"create", TOLD(openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT, 0600)},
    {"open-by-handle", ENDS(open_by_handle_at, AT_FDCWD, 0, O_RDONLY)},
    {"unlink", TOLD(unlinkat, AT_FDCWD, (long)path, 0)},
    {"rename", ENDS(renameat2, AT_FDCWD, (long)path, AT_FDCWD, (long)root, 0)},
    {"symlink", ENDS(symlinkat, (long)root, AT_FDCWD, (long)path)},
    {"hard-link", ENDS(linkat, AT_FDCWD, (long)root, AT_FDCWD, (long)path, 0)},
    {"chmod", ENDS(fchmod, 0, 0777)},
    {"make-device", ENDS(mknodat, AT_FDCWD, (long)path, S_IFCHR, 0x101)},
    {"truncate-document", ENDS(ftruncate, 3, 0)},
    {"write-document", ACT(write_document, VOUCH_CHILD_SIGNAL, "signal SIGXFSZ")},
    {"map-document-for-writing", ACT(map_document, VOUCH_OK, "report: EPERM")},
    {"memory-file", ENDS(memfd_create, (long)word, 0)},
    {"pipe", ENDS(pipe2, 0, 0)},
    {"copy-descriptor", ENDS(dup, 0)},
    {"file-events", ENDS(inotify_init1, 0)},
    {"all-file-events", ENDS(fanotify_init, 0, 0)},
    {"terminal-input", TOLD(ioctl, 0, 0x5412, (long)word)},
    /* mounts and roots */
    {"mount", ENDS(mount, (long)word, (long)root, (long)"tmpfs", MS_BIND, 0)},
    {"unmount", ENDS(umount2, (long)root, MNT_DETACH)},
    {"new-mount-call", ENDS(fsopen, (long)"tmpfs", 0)},
    {"change-root", ENDS(chroot, (long)root)},
    {"pivot-root", ENDS(pivot_root, (long)root, (long)root)},
    /* sockets */
    {"socket-inet", ENDS(socket, AF_INET, SOCK_STREAM, 0)},
    {"socket-unix", ENDS(socket, AF_UNIX, SOCK_DGRAM, 0)},
    {"socket-netlink", ENDS(socket, AF_NETLINK, SOCK_RAW, 0)},
    {"socket-pair", ENDS(socketpair, AF_UNIX, SOCK_STREAM, 0, 0)},
    {"bind", ENDS(bind, 0, 0, 0)},
    {"listen", ENDS(listen, 0, 1)},
    {"accept", ENDS(accept4, 0, 0, 0, 0)},
    {"send-to", ENDS(sendto, 0, (long)word, 1, 0, 0)},
    {"send-message", TOLD(sendmsg, 0, 0, 0)},
    {"receive-message", ENDS(recvmsg, 0, 0, 0)},
    /* processes */
    {"clone", ENDS(clone, SIGCHLD, 0, 0, 0, 0)},
    {"clone3", ENDS(clone3, 0, 0)},
    {"execute", ENDS(execve, (long)"/bin/true", 0, 0)},
    {"execute-descriptor", ENDS(execveat, 3, (long)"", 0, 0, AT_EMPTY_PATH)},
    {"trace-zygote", ENDS(ptrace, 16 /* PTRACE_ATTACH */, 1, 0, 0)},
    {"own-memory-by-file", ACT(open_memory, VOUCH_OK, "report: EACCES")},
    {"memory-of-zygote-by-file", ACT(open_memory_of_zygote, VOUCH_OK, "report: EACCES")},
    {"read-memory-of-zygote", ACT(read_zygote, VOUCH_CHILD_REFUSED_CALL, "system call process_vm_readv refused")},
    {"write-memory-of-zygote", ACT(write_zygote, VOUCH_CHILD_REFUSED_CALL, "system call process_vm_writev refused")},
    {"descriptor-of-process", ENDS(pidfd_open, 1, 0)},
    {"descriptor-from-process", ENDS(pidfd_getfd, 0, 0, 0)},
    {"kill-everybody", ACT(kill_everybody, VOUCH_CHILD_REFUSED_CALL, "system call kill refused")},
    {"signal-another-thread", TOLD(tgkill, 1, 1, SIGKILL)},
    {"queue-signal", ENDS(rt_sigqueueinfo, 1, SIGKILL, 0)},
    {"compare-kernel-objects", ENDS(kcmp, 1, 1, 0, 0, 0)},
    {"move-pages-of-zygote", ENDS(move_pages, 1, 0, 0, 0, 0)},
    {"priority", ENDS(setpriority, PRIO_PROCESS, 0, -20)},
    {"pin-processor", ENDS(sched_setaffinity, 1, 0, 0)},
    /* namespaces, users, walls */
    {"enter-namespace", ENDS(setns, 0, 0)},
    {"new-namespace", ENDS(unshare, CLONE_NEWUSER)},
    {"become-root", ENDS(setuid, 0)},
    {"all-capabilities", ENDS(capset, 0, 0)},
    {"allow-dumps", TOLD(prctl, PR_SET_DUMPABLE, 1)},
    {"outlive-zygote", TOLD(prctl, PR_SET_PDEATHSIG, 0)},
    {"own-filter", TOLD(seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, 0)},
    {"raise-limit", ENDS(prlimit64, 0, RLIMIT_AS, (long)root, 0)},
    {"personality", ENDS(personality, 0x0400000 /* READ_IMPLIES_EXEC */)},
    {"call-of-another-abi", ACT(call_of_another_abi, VOUCH_CHILD_REFUSED_CALL, "signal SIGSYS")},
    {"number-beyond-all", .end = VOUCH_CHILD_REFUSED_CALL, .reason = "system call number 99999 refused", .call = 99999},
    /* doors of the kernel */
    {"bpf", ENDS(bpf, 5, 0, 0)},
    {"io-uring", ENDS(io_uring_setup, 8, 0)},
    {"userfaultfd", ENDS(userfaultfd, 0)},
    {"perf-event", ENDS(perf_event_open, 0, 0, -1, -1, 0)},
    {"add-key", ENDS(add_key, (long)"user", (long)word, (long)word, 6, KEY_SPEC_SESSION_KEYRING)},
    {"keyctl", ENDS(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1)},
    {"load-module", ENDS(finit_module, 3, (long)"", 0)},
    {"load-kernel", ENDS(kexec_load, 0, 0, 0, 0)},
    {"reboot", ENDS(reboot, 0, 0, 0, 0)},
    {"kernel-log", ENDS(syslog, 3, 0, 0)},
    {"set-clock", ENDS(clock_settime, 0, 0)},
    {"host-name", ENDS(sethostname, (long)word, 6)},
    {"shared-memory", ENDS(shmget, 1, 4096, 0666)},
    {"message-queue", ENDS(msgget, 1, 0666)},
    {"timer", ENDS(timer_create, 0, 0, 0)},
    {"event-descriptor", ENDS(eventfd2, 0, 0)},
    {"splice", ENDS(splice, 0, 0, 1, 0, 1)},
    /* memory */
    {"map-executable", TOLD(mmap, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1)},
    {"executable-by-key", ENDS(pkey_mprotect, 0, 4096, PROT_EXEC, -1)},
    {"lock-memory", ENDS(mlockall, 1)},
    {"poison-own-stack", ENDS(process_madvise, -1, 0, 0, 0, 0)},
#ifdef __x86_64__ /* calls that other machines do not have */
    {"fork", ENDS(fork, 0)},
    {"vfork", ENDS(vfork, 0)},
    {"ports", ENDS(ioperm, 0, 1024, 1)},
    {"segments", ENDS(modify_ldt, 1, 0, 0)},
#endif
    /* answers: their form */
    {"empty-reading", BAD(empty_reading, "the reading is empty")},
    {"reading-of-a-page", BAD(reading_of_a_page, "wrong page number")},
    {"two-readings-in-one", BAD(two_readings_in_one, "JSON")},
    {"deep-reading", BAD(deep_reading, "deep")},
    {"frame-of-kind-zero", BAD(kind_zero, "unknown kind")},
    {"frame-of-the-last-kind", BAD(kind_beyond_all, "unknown kind")},
    {"frame-of-a-kind-that-wraps", BAD(kind_that_wraps, "unknown kind")},
    {"frame-of-a-length-that-wraps", BAD(length_that_wraps, "too long")},
    {"close-with-payload", BAD(close_with_payload, "too long")},
    {"word-on-page-zero", BAD(word_on_page_zero, "word 0 is not a page")},
    {"word-before-all-pages", BAD(word_before_all_pages, "word 0 is not a page")},
    {"word-of-infinite-width", BAD(word_of_infinite_width, "word 0 is not a page")},
    {"word-with-an-end-inside", BAD(word_with_an_end_inside, "word 0 is not a page")},
    {"picture-of-a-negative-page", BAD(picture_of_a_negative_page, "wrong page number")},
    {"picture-of-page-zero", BAD(picture_of_page_zero, "wrong page number")},
    {"picture-that-is-a-bomb", BAD(picture_that_is_a_bomb, "no plain PNG")},
    {"picture-with-text", BAD(picture_with_text, "no plain PNG")},
    {"picture-twice", BAD(picture_twice, "page 1 has two pictures")},
    /* answers: what they say */
    {"negative-bytes", LIE("\"bytes\":1", "\"bytes\":-1", "/document/bytes")},
    {"infinite-bytes", LIE("\"bytes\":1", "\"bytes\":1e999", "JSON")},
    {"bytes-beyond-64-bits", LIE("\"bytes\":1", "\"bytes\":18446744073709551616", "JSON")},
    {"bytes-twice", LIE("\"bytes\":1", "\"bytes\":1,\"bytes\":2", "JSON")},
    {"member-that-is-not-known",
     LIE("\"bytes\":1", "\"bytes\":1,\"owner\":0", "/document: has a member that the schema does not know")},
    {"page-zero", LIE("\"page\":1", "\"page\":0", "/pages/0/page")},
    {"page-beyond-all", LIE("\"page\":1", "\"page\":2147483648", "/pages/0/page")},
    {"page-of-negative-size", LIE("\"width\":10", "\"width\":-10", "/pages/0/width")},
    {"page-of-a-part-that-is-not-there",
     LIE("\"page\":1,\"part\":0", "\"page\":1,\"part\":7", "of a part that is not there")},
    {"crooked-page", LIE("\"rotation\":0", "\"rotation\":45", "/pages/0/rotation")},
    {"hash-that-is-none", LIE("\"sha256\":\"00", "\"sha256\":\"zz", "/document/sha256")},
    {"severity-that-is-none", LIE("\"info\"", "\"fatal\"", "severity")},
    {"problem-that-is-none", LIE("\"unsupported\"", "\"made-up\"", "type")},
    {"text-with-an-end-inside", LIE("report: done", "report: done\\u0000more", "JSON")},
    {"text-that-is-no-text", LIE("report: done", "report: \xff\xfe", "JSON")},
    {"hash-of-something-else", REPLACED("\"sha256\":\"00", "\"sha256\":\"11")},
    {"size-of-something-else", REPLACED("\"bytes\":1", "\"bytes\":4611686018427387904")},
    {"name-of-something-else", REPLACED("/etc/shadow", "/etc/passwd")},
};
const size_t test_attack_count = sizeof test_attacks / sizeof *test_attacks;

static vouch_code carry_out(const test_attack *attack, test_context *c)
{
    if (attack->act)
        return attack->act(c);
    if (attack->from)
        return changed_reading(c, attack);
    const long *const a = attack->arguments;
    return test_report_errno(c, syscall(attack->call, a[0], a[1], a[2], a[3], a[4], 0L) >= 0);
}

vouch_code test_attack_carry_out(test_context *c)
{
    for (size_t i = 0; i < test_attack_count; i++)
        if (strcmp(test_attacks[i].name, c->argument) == 0)
            return carry_out(&test_attacks[i], c);
    return vouch_fail(c->err, VOUCH_INTERNAL, "there is no attack %s", c->argument);
}
