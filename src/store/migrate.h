/* The migrations as the build embeds them (embed.cmake), in ascending order. */
#ifndef VOUCH_STORE_MIGRATE_H
#define VOUCH_STORE_MIGRATE_H

#include <stddef.h>

typedef struct vouch_migration {
    int version;
    int oldest; /* a program made for an older schema than this must not run beside it */
    const char *name, *sql;
} vouch_migration;

extern const vouch_migration vouch_migrations[];
extern const size_t vouch_migration_count;
/* Statements that make the database roles which are missing, and let the login act as each. */
extern const char vouch_create_roles[];

#endif
