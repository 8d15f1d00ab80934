# What the measurements of this folder share: a place of their own, a PostgreSQL in it, the service. Sourced, never run.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/common.sh"

build=$top/build/release
number() { [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || { say "$1 takes a number" >&2; exit 2; }; }

pg_bin=$(pg_config --bindir 2>/dev/null || echo /usr/lib/postgresql/15/bin)
[[ -x $pg_bin/initdb ]] || pg_bin=/usr/lib/postgresql/15/bin

# need PROGRAM…: of the build, of PostgreSQL, or of the system.
need() {
  local program
  for program; do
    case $program in
    vouch) vouch=$build/vouch; [[ -x $vouch ]] || die "$vouch is missing: build it first" ;;
    vouch-generate) generate=$build/tests/generate/vouch-generate; [[ -x $generate ]] || die "$generate is missing: build it first" ;;
    postgres) [[ -x $pg_bin/initdb ]] || die "PostgreSQL 15 is missing ($pg_bin/initdb)" ;;
    *) command -v "$program" >/dev/null || die "missing: $program" ;;
    esac
  done
}

# ---- a place of its own, gone at the end ----

work= service= postgres=
stop_service() {
  [[ -n $service ]] || return 0
  kill "$service" 2>/dev/null || true
  wait "$service" 2>/dev/null || true
  service=
}
stop_postgres() {
  [[ -n $postgres ]] || return 0
  as_database_user "$pg_bin/pg_ctl" -D "$work/postgres/data" -m "${1:-immediate}" -w -t 600 stop >/dev/null 2>&1 || true
  postgres=
}
finish() {
  stop_service
  stop_postgres
  [[ -z $work ]] || rm -rf "$work"
}
# make_place [FOLDER]: $work, in a folder that the user names or where temporary files go.
make_place() {
  work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/vouch-bench.XXXXXX")
  trap finish EXIT
  trap 'exit 1' INT TERM
  chmod 711 "$work" # the database user passes through; what is secret inside is closed by itself
  umask 077
}

# start_postgres [SETTING=VALUE…]: fsync stays on. Afterwards start_postgres_again.
start_postgres() {
  local home=$work/postgres
  mkdir "$home"
  [[ $(id -u) != 0 ]] || chown postgres:postgres "$home"
  as_database_user "$pg_bin/initdb" -D "$home/data" -A trust -E UTF8 --locale=C.UTF-8 --no-sync -U "$(database_user)" \
    >"$work/initdb.log" 2>&1 || { tail -n 5 "$work/initdb.log" >&2; die "the database can't be created"; }
  start_postgres_again "$@"
}
start_postgres_again() {
  local home=$work/postgres settings="-k $work/postgres -c listen_addresses='' -c max_connections=100" setting
  for setting; do settings+=" -c $setting"; done
  as_database_user "$pg_bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 600 -o "$settings" start >/dev/null ||
    { tail -n 5 "$home/log" >&2; die "the database does not start"; }
  postgres=$(head -n 1 "$home/data/postmaster.pid")
}
# make_database NAME: $database is how to reach it.
make_database() {
  as_database_user "$pg_bin/createdb" -h "$work/postgres" -U "$(database_user)" "$1"
  database="host=$work/postgres dbname=$1 user=$(database_user)"
}
sql() { "$pg_bin/psql" -X -q -t -A -v ON_ERROR_STOP=1 -d "$database" "$@"; }

processors() { printf '%s processors, load %s' "$(nproc)" "$(cut -d ' ' -f 1 /proc/loadavg)"; }
