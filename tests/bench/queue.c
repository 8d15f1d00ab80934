/**
 * The queue alone: jobs a second that are queued, leased and completed through the store, while another session holds
 * an old snapshot, so that no dead row can be vacuumed (DESIGN "Measured traps"). Printed for each interval, beside a
 * plain SKIP LOCKED queue and bare UPDATEs on the same server in the same run. The machine may be shared, so that jobs
 * for each second of CPU (all processes of the server and this one) stand beside jobs a second.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "server.h"
#include "vouch/config.h"
#include "vouch/store.h"

enum {
    MOST_WORKERS = 16,
    MOST_BATCH = 1000,
    TENANTS = 20,
    STOCK = 20000,  /* jobs that wait at a time */
    PORTION = 1000, /* jobs that the producer adds at a time */
    LEASE_SECONDS = 300,
    ROTATE_SECONDS = 10, /* as the worker's housekeeping does */
    PAUSE_US = 2000,
    DECAY_PARTS = 5, /* the first and the last fifth of the intervals are compared */
};

typedef struct options {
    const char *database;
    long seconds, interval, workers, batch, peer_seconds;
    bool no_snapshot;
} queue_options;

/** A way of keeping a queue, or a limit to hold it against. */
typedef struct contender {
    const char *name, *what;
    const char *tables;  /* pattern of their names */
    const char *set_up;  /* SQL; NULL: none */
    const char *produce; /* SQL with the number of jobs as $1; NULL: none needed */
    bool vouch;          /* through the store; else take and finish are run with a batch each */
    const char *take, *finish;
    long batch; /* 0: as asked */
} contender;

/* Turns as the store gives them: microseconds of arrival. Every tenth job is bulk. */
static const contender contenders[] = {
    {.name = "vouch",
     .tables = "job_[0-9]",
     .what = "queue of the store, leased and completed in batches",
     .vouch = true,
     .produce = "INSERT INTO vouch.job (slot, tenant_id, document_id, bulk, turn) SELECT (SELECT slot FROM "
                "vouch.job_slot WHERE current), t.ids[1 + g % cardinality(t.ids)], "
                "gen_random_uuid(), g % 10 = 0, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + g FROM "
                "generate_series(1, $1::integer) g, (SELECT array_agg(tenant_id) ids FROM vouch.tenant) t"},
    {.name = "plain",
     .tables = "plain_job",
     .what = "SKIP LOCKED from the beginning of one table",
     .set_up = "DROP TABLE IF EXISTS plain_job; CREATE TABLE plain_job (id bigserial PRIMARY KEY, tenant_id uuid, "
               "document_id uuid, state text NOT NULL DEFAULT 'ready', token uuid, leased_until timestamptz); CREATE "
               "INDEX ON plain_job (id) WHERE state = 'ready'",
     .produce = "INSERT INTO plain_job (tenant_id, document_id) SELECT gen_random_uuid(), gen_random_uuid() FROM "
                "generate_series(1, $1::integer)",
     .take = "UPDATE plain_job SET state = 'leased', token = gen_random_uuid(), leased_until = now() + interval '5 "
             "minutes' WHERE id IN (SELECT id FROM plain_job WHERE state = 'ready' ORDER BY id LIMIT $1::integer FOR "
             "UPDATE SKIP LOCKED) RETURNING id",
     .finish = "DELETE FROM plain_job WHERE id = ANY ($1::bigint[])"},
    {.name = "update",
     .tables = "plain_row",
     .what = "limit: one UPDATE by key a transaction, no queue at all",
     .set_up = "DROP TABLE IF EXISTS plain_row; CREATE TABLE plain_row (id integer PRIMARY KEY, n bigint NOT NULL "
               "DEFAULT 0) WITH (fillfactor = 70); INSERT INTO plain_row (id) SELECT generate_series(1, 100000); "
               "ANALYZE plain_row",
     .take = "UPDATE plain_row SET n = n + $1::integer WHERE id = (SELECT 1 + floor(random() * 99999)::integer) "
             "RETURNING id",
     .batch = 1},
};

typedef struct race {
    const queue_options *asked;
    const contender *who;
    long batch;
    atomic_llong produced, leased, completed;
    atomic_bool stop, failed;
} race;

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void *give_up(race *r, const char *what, const vouch_error *err)
{
    if (!atomic_exchange(&r->failed, true))
        fprintf(stderr, "vouch bench queue: %s: %s\n", what, err->message);
    return NULL;
}

/* ---- the threads ---- */

static void *produce(void *data)
{
    race *r = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(bench_server_close) bench_server *server = NULL;
    if (bench_server_open(r->asked->database, &server, &err) != VOUCH_OK)
        return give_up(r, "producer", &err);
    char portion[16];
    snprintf(portion, sizeof portion, "%d", PORTION);
    while (!r->stop && !r->failed) {
        if (r->produced - r->leased >= STOCK) {
            usleep(PAUSE_US);
            continue;
        }
        if (bench_server_run(server, r->who->produce, portion, NULL, &err) != VOUCH_OK)
            return give_up(r, "producer", &err);
        r->produced += PORTION;
    }
    return NULL;
}

static void *work_through_store(race *r)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    VOUCH_CLEANUP(vouch_free_pointer) vouch_lease *leases = calloc(MOST_BATCH, sizeof *leases);
    const vouch_store_options options = {.conninfo = r->asked->database, .role = VOUCH_DATABASE_ROLE_WORK};
    if (!leases || vouch_store_open(&options, &store, &err) != VOUCH_OK)
        return give_up(r, "worker", &err);
    while (!r->stop && !r->failed) {
        size_t count = 0, completed = 0;
        if (vouch_store_job_lease(store, "bench", LEASE_SECONDS, (size_t)r->batch, leases, &count, &err) != VOUCH_OK)
            return give_up(r, "lease", &err);
        r->leased += (long long)count;
        if (vouch_store_job_complete(store, leases, count, &completed, &err) != VOUCH_OK)
            return give_up(r, "complete", &err);
        r->completed += (long long)completed;
        if (count == 0)
            usleep(PAUSE_US);
    }
    return NULL;
}

static void *work_by_sql(race *r)
{
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(bench_server_close) bench_server *server = NULL;
    VOUCH_CLEANUP(vouch_buffer_done) vouch_buffer ids = {0};
    if (bench_server_open(r->asked->database, &server, &err) != VOUCH_OK ||
        bench_server_run(server, "SET synchronous_commit = off", NULL, NULL, &err) != VOUCH_OK)
        return give_up(r, "worker", &err);
    char batch[24];
    snprintf(batch, sizeof batch, "%ld", r->batch);
    while (!r->stop && !r->failed) {
        ids.length = 0;
        size_t count = 0;
        if (bench_server_column(server, r->who->take, batch, &ids, &count, &err) != VOUCH_OK ||
            (count && r->who->finish && bench_server_run(server, r->who->finish, ids.data, NULL, &err) != VOUCH_OK))
            return give_up(r, "worker", &err);
        r->leased += (long long)count;
        r->completed += (long long)count;
        if (count == 0)
            usleep(PAUSE_US);
    }
    return NULL;
}

static void *work(void *data)
{
    race *r = data;
    return r->who->vouch ? work_through_store(r) : work_by_sql(r);
}

static void *rotate(void *data)
{
    race *r = data;
    vouch_error err = VOUCH_ERROR_INIT;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    const vouch_store_options options = {.conninfo = r->asked->database, .role = VOUCH_DATABASE_ROLE_WORK};
    if (vouch_store_open(&options, &store, &err) != VOUCH_OK)
        return give_up(r, "housekeeping", &err);
    for (int64_t next = now_us(); !r->stop && !r->failed; usleep(100 * PAUSE_US)) {
        if (now_us() < next)
            continue;
        if (vouch_store_job_rotate(store, &err) != VOUCH_OK)
            return give_up(r, "housekeeping", &err);
        next = now_us() + (int64_t)ROTATE_SECONDS * 1000000;
    }
    return NULL;
}

/* ---- measuring ---- */

typedef struct sample {
    double jobs_a_second, jobs_a_cpu_second;
    int64_t dead, bytes;
} sample;

static const char dead_rows[] =
    "SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_all_tables WHERE relname ~ ('^' || $1 || '$')";
static const char table_bytes[] = "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE "
                                  "relkind = 'r' AND relname ~ ('^' || $1 || '$')";

static vouch_code take_sample(race *r, bench_server *watch, long seconds, sample *out, vouch_error *err)
{
    double cpu_before, cpu_after;
    const int64_t begin = now_us(), before = r->completed;
    VOUCH_TRY(bench_server_cpu(watch, &cpu_before, err));
    for (int64_t until = begin + seconds * 1000000; now_us() < until && !r->failed;)
        usleep(10 * PAUSE_US);
    const int64_t took = now_us() - begin, done = r->completed - before;
    VOUCH_TRY(bench_server_cpu(watch, &cpu_after, err));
    const double cpu = cpu_after - cpu_before;
    *out = (sample){.jobs_a_second = (double)done * 1e6 / (double)took,
                    .jobs_a_cpu_second = cpu > 0 ? (double)done / cpu : 0};
    VOUCH_TRY(bench_server_number(watch, dead_rows, r->who->tables, &out->dead, err));
    return bench_server_number(watch, table_bytes, r->who->tables, &out->bytes, err);
}

static double load_average(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : 0;
}

static void print_sample(const race *r, long at, const sample *s)
{
    printf("  %-7s %6ld %12.0f %16.0f %12" PRId64 " %9.1f %6.1f\n", r->who->name, at, s->jobs_a_second,
           s->jobs_a_cpu_second, s->dead, (double)s->bytes / (1 << 20), load_average());
    fflush(stdout);
}

static double decay(const sample *samples, size_t count, double (*value)(const sample *))
{
    size_t part = count / DECAY_PARTS ? count / DECAY_PARTS : 1;
    double first = 0, last = 0;
    for (size_t i = 0; i < part; i++) {
        first += value(&samples[i]);
        last += value(&samples[count - 1 - i]);
    }
    return first > 0 ? 100 * (1 - last / first) : 0;
}

static double by_clock(const sample *s)
{
    return s->jobs_a_second;
}

static double by_cpu(const sample *s)
{
    return s->jobs_a_cpu_second;
}

static void print_sum(const race *r, const sample *samples, size_t count)
{
    double sum = 0, cpu = 0;
    int64_t dead = 0;
    for (size_t i = 0; i < count; i++) {
        sum += samples[i].jobs_a_second;
        cpu += samples[i].jobs_a_cpu_second;
        dead = samples[i].dead > dead ? samples[i].dead : dead;
    }
    printf(
        "%s (%s): %.0f jobs/s, %.0f for a second of CPU; decay %.1f %% by the clock, %.1f %% by CPU; at most %" PRId64
        " dead rows\n\n",
        r->who->name, r->who->what, sum / (double)count, cpu / (double)count, decay(samples, count, by_clock),
        decay(samples, count, by_cpu), dead);
}

static vouch_code watch(race *r, bench_server *server, long seconds, vouch_error *err)
{
    const long interval = r->asked->interval < seconds ? r->asked->interval : seconds;
    const size_t count = (size_t)(seconds / interval);
    VOUCH_CLEANUP(vouch_free_pointer) sample *samples = calloc(count, sizeof *samples);
    if (!samples)
        return vouch_fail(err, VOUCH_NO_MEMORY, "measuring");
    for (size_t i = 0; i < count && !r->failed; i++) {
        VOUCH_TRY(take_sample(r, server, interval, &samples[i], err));
        print_sample(r, (long)(i + 1) * interval, &samples[i]);
    }
    if (r->failed)
        return vouch_fail(err, VOUCH_DATABASE, "%s: gave up", r->who->name);
    print_sum(r, samples, count);
    return VOUCH_OK;
}

/* ---- the run ---- */

/** Nothing may be lost or done twice: what was produced is completed or still there. */
static vouch_code balance(race *r, bench_server *server, vouch_error *err)
{
    int64_t left;
    if (!r->who->vouch)
        return VOUCH_OK;
    VOUCH_TRY(bench_server_number(server, "SELECT count(*) FROM vouch.job", NULL, &left, err));
    if (r->leased != r->completed || r->produced != r->completed + left)
        return vouch_fail(err, VOUCH_INTERNAL, "%lld jobs queued, %lld leased, %lld completed, %lld left",
                          (long long)r->produced, (long long)r->leased, (long long)r->completed, (long long)left);
    return VOUCH_OK;
}

static vouch_code run_contender(const queue_options *asked, const contender *who, long seconds, vouch_error *err)
{
    race r = {.asked = asked, .who = who, .batch = who->batch ? who->batch : asked->batch};
    VOUCH_CLEANUP(bench_server_close) bench_server *server = NULL;
    VOUCH_CLEANUP(bench_server_close) bench_server *old = NULL; /* holds the snapshot */
    VOUCH_TRY(bench_server_open(asked->database, &server, err));
    VOUCH_TRY(bench_server_open(asked->database, &old, err));
    if (who->set_up)
        VOUCH_TRY(bench_server_script(server, who->set_up, err));
    if (!asked->no_snapshot)
        VOUCH_TRY(
            bench_server_script(old, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class", err));
    pthread_t threads[MOST_WORKERS + 2];
    size_t started = 0;
    bool all = true;
    void *(*const first[])(void *) = {who->produce ? produce : NULL, who->vouch ? rotate : NULL};
    for (size_t i = 0; i < 2; i++)
        if (first[i] && (all = all && pthread_create(&threads[started], NULL, first[i], &r) == 0))
            started++;
    for (long i = 0; i < asked->workers && all; i++)
        if ((all = pthread_create(&threads[started], NULL, work, &r) == 0))
            started++;
    vouch_code code = all ? watch(&r, server, seconds, err) : vouch_fail(err, VOUCH_INTERNAL, "no thread starts");
    r.stop = true;
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    VOUCH_TRY(code);
    return balance(&r, server, err);
}

/** The database must be ours: jobs of a real one would be completed unread. */
static vouch_code prepare(const queue_options *asked, vouch_error *err)
{
    const vouch_store_options plain = {.conninfo = asked->database};
    const vouch_store_options owner = {.conninfo = asked->database, .role = VOUCH_DATABASE_ROLE_OWNER};
    VOUCH_CLEANUP(bench_server_close) bench_server *server = NULL;
    VOUCH_CLEANUP(vouch_store_close) vouch_store *store = NULL;
    int64_t others;
    VOUCH_TRY(vouch_store_migrate(&plain, NULL, NULL, err));
    VOUCH_TRY(bench_server_open(asked->database, &server, err));
    VOUCH_TRY(bench_server_number(server, "SELECT count(*) FROM vouch.tenant WHERE slug NOT LIKE 'bench-%'", NULL,
                                  &others, err));
    if (others > 0)
        return vouch_fail(err, VOUCH_CONFIG, "the database has tenants: name an empty one");
    VOUCH_TRY(vouch_store_open(&owner, &store, err));
    for (int i = 1; i <= TENANTS; i++) {
        char slug[24], id[VOUCH_ID_SIZE];
        snprintf(slug, sizeof slug, "bench-%d", i);
        vouch_tenant tenant = {.slug = slug, .name = slug, .currency = "CNY"};
        VOUCH_TRY(vouch_store_tenant_create(store, &tenant, id, NULL, err));
    }
    return VOUCH_OK;
}

static int run_all(const queue_options *asked)
{
    vouch_error err = VOUCH_ERROR_INIT;
    if (prepare(asked, &err) != VOUCH_OK)
        return vouch_command_fail("bench queue", VOUCH_EXIT_FAILED, &err);
    printf("%ld workers, batches of %ld, %d tenants, %ld processors, load %.1f; %s\n\n", asked->workers, asked->batch,
           TENANTS, sysconf(_SC_NPROCESSORS_ONLN), load_average(),
           asked->no_snapshot ? "no old snapshot" : "another session holds a snapshot from the beginning on");
    printf("  %-7s %6s %12s %16s %12s %9s %6s\n", "queue", "second", "jobs/s", "jobs/CPU second", "dead rows", "MB",
           "load");
    for (size_t i = 0; i < sizeof contenders / sizeof *contenders; i++) {
        const long seconds = i == 0 ? asked->seconds : asked->peer_seconds;
        if (seconds > 0 && run_contender(asked, &contenders[i], seconds, &err) != VOUCH_OK)
            return vouch_command_fail("bench queue", VOUCH_EXIT_FAILED, &err);
    }
    return VOUCH_EXIT_OK;
}

static bool number(const char *text, long least, long most, long *out)
{
    char *end;
    if (!text)
        return true;
    *out = strtol(text, &end, 10);
    return end != text && *end == '\0' && *out >= least && *out <= most;
}

static int run(int argc, char **argv)
{
    queue_options asked = {.seconds = 600, .interval = 10, .workers = 2, .batch = 200, .peer_seconds = 60};
    const char *seconds = NULL, *interval = NULL, *workers = NULL, *batch = NULL, *peer = NULL;
    const vouch_flag flags[] = {
        {.name = "seconds", .value = &seconds},   {.name = "interval", .value = &interval},
        {.name = "workers", .value = &workers},   {.name = "batch", .value = &batch},
        {.name = "peer-seconds", .value = &peer}, {.name = "no-snapshot", .present = &asked.no_snapshot}};
    VOUCH_CLEANUP(vouch_config_free) vouch_config *config = NULL;
    vouch_error err = VOUCH_ERROR_INIT;
    int count = 0;
    if (vouch_config_load(argc, argv, flags, sizeof flags / sizeof *flags, &count, &config, &err) != VOUCH_OK)
        return vouch_command_usage(&vouch_command_bench, "%s", err.message);
    if (!number(seconds, 1, 86400, &asked.seconds) || !number(interval, 1, 3600, &asked.interval) ||
        !number(workers, 1, MOST_WORKERS, &asked.workers) || !number(batch, 1, MOST_BATCH, &asked.batch) ||
        !number(peer, 0, 86400, &asked.peer_seconds) || count > 0)
        return vouch_command_usage(&vouch_command_bench, "queue: a wrong number, or a word too many");
    asked.database = config->database;
    return run_all(&asked);
}

const bench_part bench_part_queue = {"queue", run};
