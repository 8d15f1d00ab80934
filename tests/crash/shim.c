/*
 * A machine that misbehaves, for any program (LD_PRELOAD): its clock is stepped while it runs, its disk is slow, or its
 * disk is full. The file VOUCH_SHIM_CONTROL holds the state and is mapped by every process, so that a test changes it
 * for all of them at once. CLOCK_MONOTONIC is left alone: no step of the real clock moves it either.
 *
 * libfaketime could step the clock, but not the times of files; a time namespace moves only the clocks that are never
 * stepped; and stepping the real clock would hit everything else on the machine.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Little-endian numbers in the control file, in this order. */
typedef struct shim_state {
    _Atomic int64_t clock_seconds; /* added to the clock of the day */
    _Atomic int64_t sync_ms;       /* that a sync takes longer */
} shim_state;

static const shim_state still;
static const shim_state *state = &still;

__attribute__((constructor)) static void map_state(void)
{
    const char *path = getenv("VOUCH_SHIM_CONTROL");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    const void *mapped = mmap(NULL, sizeof *state, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        state = mapped;
}

/* ---- the clock ---- */

int clock_gettime(clockid_t clock, struct timespec *out)
{
    const long result = syscall(SYS_clock_gettime, clock, out);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += atomic_load(&state->clock_seconds);
    return (int)result;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;
    const time_t seconds = clock_gettime(CLOCK_REALTIME, &now) == 0 ? now.tv_sec : -1;
    if (out)
        *out = seconds;
    return seconds;
}

/* "Now" on a file is the stepped clock's now. */
int futimens(int fd, const struct timespec times[2])
{
    struct timespec now[2];
    if (!times && clock_gettime(CLOCK_REALTIME, &now[0]) == 0) {
        now[1] = now[0];
        times = now;
    }
    return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

/* ---- the disk ---- */

static void wait_for_disk(void)
{
    const int64_t ms = atomic_load(&state->sync_ms);
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms > 0)
        nanosleep(&pause, NULL);
}

int fsync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, fd);
}
