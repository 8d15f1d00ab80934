/* Which branches have series of their own. */
#ifndef VOUCH_METRICS_BRANCHES_H
#define VOUCH_METRICS_BRANCHES_H

#include <stddef.h>

/** From now on so many; at the start of the process. */
void metric_branches_allow(size_t most);

#endif
