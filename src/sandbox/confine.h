/**
 * The walls, one function each. What the kernel offers differs between machines: limits, seccomp and (for root) the
 * unprivileged user are demanded; Landlock, namespaces and the empty root are further walls behind them, put up where
 * they can be and reported.
 */
#ifndef VOUCH_SANDBOX_CONFINE_H
#define VOUCH_SANDBOX_CONFINE_H

#include <stdint.h>
#include <sys/types.h>

#include "vouch/error.h"

struct sock_filter;

/**
 * What a document needs beyond the rule. The decoder for HEIC starts a thread of its own, which no option turns off;
 * everything else is read by one thread.
 */
typedef enum sandbox_profile {
    SANDBOX_PROFILE_PLAIN,
    SANDBOX_PROFILE_THREADS,
    SANDBOX_PROFILE_COUNT
} sandbox_profile;

/** Choose by the raw bytes, which are searched and not parsed: a HEIF file, or a ZIP with one among its names. */
sandbox_profile sandbox_profile_choose(const uint8_t *data, size_t length);

/** A seccomp program, built once in the zygote and installed by every child. */
typedef struct sandbox_filter {
    struct sock_filter *code; /* malloc */
    unsigned short length;
} sandbox_filter;

/**
 * Compile the list of allowed system calls. Other architectures end the process; calls that libraries try harmlessly
 * give EACCES; any other stops the caller and is told to whoever holds the listener.
 */
vouch_code sandbox_filter_build(sandbox_profile profile, sandbox_filter *out, vouch_error *err) VOUCH_MUST_CHECK;
/**
 * Closes the sandbox of the calling process for good. Needs no_new_privs.
 *
 * @param supervisor  socket on which the listener is sent away; closed
 */
vouch_code sandbox_filter_install(const sandbox_filter *filter, int supervisor, vouch_error *err) VOUCH_MUST_CHECK;
void sandbox_filter_done(sandbox_filter *filter);
/** The call in which the process behind a listener waits. @param number  out: -1 when it can't be told */
void sandbox_filter_refused_call(int listener, int *number);
/** Name of a system call of this machine; "number 1234" when it has none. */
void sandbox_call_name(int number, char *out, size_t size);

/** A Landlock rule set that grants nothing: no file, no TCP, no signal to others. @return descriptor; -1: no Landlock
 */
int sandbox_landlock_ruleset(void);
/** @return whether the calling process is now bound by the rule set */
bool sandbox_landlock_enter(int ruleset);

/** Who to become, looked up while the file system is still there. */
typedef struct sandbox_user {
    bool change; /* false when not started as root */
    uid_t uid;
    gid_t gid;
} sandbox_user;

/** @param name  "" means nobody; a number is a user id with the same group id */
vouch_code sandbox_user_find(const char *name, sandbox_user *out, vouch_error *err) VOUCH_MUST_CHECK;
/** Become the user for good, without groups and capabilities, and read it back. */
vouch_code sandbox_user_become(const sandbox_user *user, vouch_error *err) VOUCH_MUST_CHECK;

/**
 * New network, mount, IPC, host name and (for processes to come) process namespaces, with root's rights or else in a
 * user namespace, for which root is given up first.
 *
 * @param entered  out: whether they are there
 * @return VOUCH_OK also without them; VOUCH_SANDBOX when root could not be given up
 */
vouch_code sandbox_namespaces_enter(sandbox_user *user, bool *entered, vouch_error *err) VOUCH_MUST_CHECK;
/** Replace the root directory by an empty, read-only one. Needs the mount namespace. @return whether it is there */
bool sandbox_root_empty(void);

typedef struct sandbox_limits {
    sandbox_profile profile;
    int cpu_seconds;
    size_t memory_bytes;
} sandbox_limits;

vouch_code sandbox_limits_set(const sandbox_limits *limits, vouch_error *err) VOUCH_MUST_CHECK;

#endif
