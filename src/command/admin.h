/** Inside of `vouch admin`. */
#ifndef VOUCH_COMMAND_ADMIN_H
#define VOUCH_COMMAND_ADMIN_H

#include "command.h"
#include "vouch/config.h"
#include "vouch/store.h"

/** Flags that some verbs have; NULL or false: not given. */
typedef struct admin_flags {
    const char *subject, *action, *by, *from, *to, *limit, *head, *reason;
    bool json, overwrite, dry_run, list;
} admin_flags;

/** One call: options, what is left of the arguments, and the connection. */
typedef struct admin_call {
    vouch_config *config;
    const char *tenant, *currency;
    admin_flags flags;
    char **arguments; /* behind subject and verb */
    int argument_count;
    vouch_store *store;
    vouch_arena *arena;
    vouch_principal who; /* operator of --tenant */
} admin_call;

/** Make the demo tenant where it is missing, and print ids and fresh tokens as one JSON object. */
int admin_demo(admin_call *call);

int admin_keys_new(admin_call *call);
int admin_keys_list(admin_call *call); /* VOUCH_EXIT_FINDING when a key that is in use is missing */
int admin_keys_rotate(admin_call *call);
int admin_keys_renew(admin_call *call);

int admin_backup(admin_call *call); /* VOUCH_EXIT_FINDING when blobs are missing */
int admin_backup_list(admin_call *call);
int admin_backup_verify(admin_call *call);
int admin_backup_prune(admin_call *call);
int admin_restore(admin_call *call);

int admin_audit_list(admin_call *call);
/** The following look at --tenant, or at all tenants. */
int admin_audit_verify(admin_call *call); /* VOUCH_EXIT_FINDING when something was changed */
int admin_audit_head(admin_call *call);
int admin_audit_seal(admin_call *call);

int admin_retention_list(admin_call *call);
int admin_retention_set(admin_call *call);
int admin_retention_remove(admin_call *call);
int admin_retention_run(admin_call *call);
int admin_hold_list(admin_call *call);
int admin_hold_set(admin_call *call);
int admin_hold_remove(admin_call *call);
int admin_erasure_document(admin_call *call);
int admin_erasure_person(admin_call *call); /* VOUCH_EXIT_FINDING when some could not be masked */

#endif
