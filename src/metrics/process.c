/* Figures that the system keeps of this process, taken when somebody asks for them (proc(5)). */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "vouch/metrics.h"

enum {
    MICROS = 1000000,
    /* Fields of /proc/PID/stat behind the name, which is in parentheses; the state is the first. */
    STAT_USER = 12,
    STAT_SYSTEM = 13,
    STAT_CHILDREN_USER = 14,
    STAT_CHILDREN_SYSTEM = 15,
    STAT_THREADS = 18,
    STAT_START = 20,
    STAT_VIRTUAL = 21,
    STAT_RESIDENT = 22,
    STAT_COUNT
};

/** @return false when there is no such process any more */
static bool read_stat(const char *path, int64_t out[STAT_COUNT])
{
    char text[1024];
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    char *rest = NULL, *field = strrchr(text, ')'); /* the name itself may hold anything */
    if (!field)
        return false;
    field = strtok_r(field + 1, " ", &rest);
    for (int i = 1; field && i < STAT_COUNT; i++) {
        out[i] = i > 1 ? strtoll(field, NULL, 10) : 0;
        field = strtok_r(NULL, " ", &rest);
    }
    return field != NULL;
}

static int64_t ticks_to_micros(int64_t ticks)
{
    const long per_second = sysconf(_SC_CLK_TCK);
    return per_second > 0 ? ticks * (MICROS / per_second) : 0;
}

static int64_t usage_micros(int who)
{
    struct rusage usage;
    if (getrusage(who, &usage) != 0)
        return 0;
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * MICROS + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

/** Processes that any thread of this one has started; each with what it waited for. */
static int64_t living_children_micros(void)
{
    int64_t sum = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *task; tasks && (task = readdir(tasks)) != NULL;) {
        char path[300];
        snprintf(path, sizeof path, "/proc/self/task/%s/children", task->d_name);
        FILE *children = task->d_name[0] != '.' ? fopen(path, "re") : NULL;
        int64_t stat[STAT_COUNT] = {0};
        for (long pid; children && fscanf(children, "%ld", &pid) == 1;) {
            snprintf(path, sizeof path, "/proc/%ld/stat", pid);
            if (read_stat(path, stat))
                sum += ticks_to_micros(stat[STAT_USER] + stat[STAT_SYSTEM] + stat[STAT_CHILDREN_USER] +
                                       stat[STAT_CHILDREN_SYSTEM]);
        }
        if (children)
            fclose(children);
    }
    if (tasks)
        closedir(tasks);
    return sum;
}

static int64_t boot_micros(void)
{
    char line[256];
    int64_t seconds = 0;
    FILE *file = fopen("/proc/stat", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoll(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return seconds * MICROS;
}

static void collect_memory(void)
{
    int64_t stat[STAT_COUNT] = {0};
    if (!read_stat("/proc/self/stat", stat))
        return;
    vouch_metric_set(VOUCH_METRIC_PROCESS_VIRTUAL, NULL, stat[STAT_VIRTUAL]);
    vouch_metric_set(VOUCH_METRIC_PROCESS_RESIDENT, NULL, stat[STAT_RESIDENT] * sysconf(_SC_PAGESIZE));
    vouch_metric_set(VOUCH_METRIC_PROCESS_THREADS, NULL, stat[STAT_THREADS]);
    /* Once: a start time that changes means a restart, and a clock that is set moves the time of boot. */
    if (vouch_metric_value(VOUCH_METRIC_PROCESS_START, NULL) == 0)
        vouch_metric_set(VOUCH_METRIC_PROCESS_START, NULL, boot_micros() + ticks_to_micros(stat[STAT_START]));
}

static void collect_descriptors(void)
{
    int64_t count = -1; /* the folder's own */
    DIR *folder = opendir("/proc/self/fd");
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    if (folder) {
        closedir(folder);
        vouch_metric_set(VOUCH_METRIC_PROCESS_OPEN_FDS, NULL, count);
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        vouch_metric_set(VOUCH_METRIC_PROCESS_MAX_FDS, NULL, (int64_t)limit.rlim_cur);
}

void vouch_metrics_collect_process(const char *blob_dir)
{
    struct statvfs room;
    collect_memory();
    collect_descriptors();
    vouch_metric_set(VOUCH_METRIC_PROCESS_CPU, NULL, usage_micros(RUSAGE_SELF));
    /* A zygote that ended is in the first, one that runs in the second, which is rounded: never back. */
    const int64_t children = usage_micros(RUSAGE_CHILDREN) + living_children_micros();
    if (children >= vouch_metric_value(VOUCH_METRIC_CHILDREN_CPU, NULL))
        vouch_metric_set(VOUCH_METRIC_CHILDREN_CPU, NULL, children);
    if (blob_dir && statvfs(blob_dir, &room) == 0) {
        vouch_metric_set(VOUCH_METRIC_BLOB_FREE, NULL, (int64_t)(room.f_bavail * room.f_frsize));
        vouch_metric_set(VOUCH_METRIC_BLOB_SIZE, NULL, (int64_t)(room.f_blocks * room.f_frsize));
    }
}
