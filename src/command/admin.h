/** Inside of `vouch admin`. */
#ifndef VOUCH_COMMAND_ADMIN_H
#define VOUCH_COMMAND_ADMIN_H

#include "command.h"
#include "vouch/config.h"
#include "vouch/store.h"

/** One call: options, what is left of the arguments, and the connection. */
typedef struct admin_call {
    vouch_config *config;
    const char *tenant, *currency;
    char **arguments; /* behind subject and verb */
    int argument_count;
    vouch_store *store;
    vouch_arena *arena;
    vouch_principal who; /* operator of --tenant */
} admin_call;

/** Make the demo tenant where it is missing, and print ids and fresh tokens as one JSON object. */
int admin_demo(admin_call *call);

#endif
