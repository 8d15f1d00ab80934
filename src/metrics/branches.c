/*
 * Which branches have series of their own: the first that the process meets, up to metrics_branches.
 *
 * First come, first served, and not the busiest: a series that changes its meaning from one scrape to the next would
 * break every rate over it. With the limit at the number of branches, which the operator knows, all have their own.
 */
#include "branches.h"

#include <pthread.h>
#include <string.h>

#include "vouch/metrics.h"

enum {
    BRANCHES_MOST = 1024, /* as the option has it */
    ID_SIZE = 37
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char known[BRANCHES_MOST][ID_SIZE]; /* under the lock; a filled row stays as it is */
static size_t known_count, most_known;

void metric_branches_allow(size_t most)
{
    pthread_mutex_lock(&lock);
    most_known = most < BRANCHES_MOST ? most : BRANCHES_MOST;
    pthread_mutex_unlock(&lock);
}

const char *vouch_metric_branch(const char *id)
{
    if (!id || !id[0])
        return "none";
    if (strlen(id) >= ID_SIZE)
        return "other";
    const char *found = "other";
    pthread_mutex_lock(&lock);
    size_t i = 0;
    while (i < known_count && strcmp(known[i], id) != 0)
        i++;
    if (i < known_count) {
        found = known[i];
    } else if (known_count < most_known) {
        memcpy(known[i], id, strlen(id) + 1);
        found = known[known_count++];
    }
    pthread_mutex_unlock(&lock);
    return found;
}
