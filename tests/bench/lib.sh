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

# ---- the service ----

# Format, kind of vouch-generate, ending, target of the stages in CPU milliseconds.
formats=("xml digital-xml xml 10" "ofd vat-ofd ofd 10" "pdf vat-pdf pdf 25")

# make_service_database NAME: migrated, with the demo tenant and the token of its platform account.
make_service_database() {
  make_database "$1"
  "$vouch" migrate --database "$database" >/dev/null
  "$vouch" admin demo --database "$database" >"$work/demo.json"
  token=$(jq -r '.accounts[]|select(.role=="platform").token' "$work/demo.json")
}

# start_service SCALE [OPTION VALUE…]: on $database, with blobs beside it.
start_service() {
  local scale=$1 log=$work/service-$RANDOM.log line= i blobs
  blobs=$work/blobs-$(md5sum <<<"$database" | cut -c 1-8)
  mkdir -p "$blobs"
  "$vouch" serve --work --database "$database" --port 0 --blob_dir "$blobs" --page_picture_scale "$scale" "${@:2}" \
    >"$log" 2>&1 </dev/null &
  service=$!
  for ((i = 0; i < 300; i++)); do
    line=$(grep -m1 '"serving"' "$log" 2>/dev/null | jq -r .port 2>/dev/null || true)
    [[ -n $line ]] && curl -fsS -o /dev/null "http://127.0.0.1:$line/readyz" 2>/dev/null && break
    kill -0 "$service" 2>/dev/null || { tail -n 5 "$log" >&2; die "the service does not start"; }
    sleep 0.2
  done
  [[ -n $line ]] || { tail -n 5 "$log" >&2; die "the service is not ready after a minute"; }
  url=http://127.0.0.1:$line
}

# CPU milliseconds so far of a process, its descendants, and all they have reaped: "serve work sandbox", where the
# process with a zygote below it is the worker and the zygote and its children are the sandbox. The clock of
# /proc counts in hundredths of a second, hence many documents between two looks.
cpu_of() {
  { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v root="$1" -v tick="$(getconf CLK_TCK)" '
    { pid = $1; comm = $0; sub(/^[0-9]+ \(/, "", comm); sub(/\) [^)]*$/, "", comm)
      rest = $0; sub(/^.*\) /, "", rest); split(rest, f, " ")
      parent[pid] = f[2]; zygote[pid] = comm ~ /^vouch-(zygote|child)/
      spent[pid] = (f[12] + f[13] + f[14] + f[15]) * 1000 / tick }
    function below(pid,    depth) {
      for (depth = 0; depth < 32 && pid in parent; depth++) { if (pid == root) return 1; pid = parent[pid] }
      return 0
    }
    END {
      for (pid in zygote) if (zygote[pid] && !zygote[parent[pid]]) worker[parent[pid]] = 1
      for (pid in parent) if (below(pid)) part[zygote[pid] ? 3 : pid in worker ? 2 : 1] += spent[pid]
      printf "%d %d %d\n", part[1], part[2], part[3]
    }'
}

# memory_of PID: lines "name count PSS-sum RSS-greatest" in MB, of a process and its descendants by what they are. PSS
# shares out what several processes have in common.
memory_of() {
  local pid parent comm
  for pid in /proc/[0-9]*; do
    pid=${pid#/proc/}
    read -r parent comm < <(awk '{ c = $0; sub(/^[0-9]+ \(/, "", c); sub(/\) [^)]*$/, "", c); sub(/^.*\) /, ""); print $2, c }' \
      "/proc/$pid/stat" 2>/dev/null) || continue
    printf '%s %s %s %s\n' "$pid" "$parent" "${comm// /_}" \
      "$(awk '/^Pss:/ { p = $2 } /^Rss:/ { r = $2 } END { print p + 0, r + 0 }' "/proc/$pid/smaps_rollup" 2>/dev/null)"
  done | awk -v root="$1" '
    { parent[$1] = $2; name[$1] = $3; pss[$1] = $4; rss[$1] = $5 }
    function below(pid,    depth) {
      for (depth = 0; depth < 32 && pid in parent; depth++) { if (pid == root) return 1; pid = parent[pid] }
      return 0
    }
    END {
      for (pid in name) if (name[pid] ~ /^vouch-(zygote|child)/ && name[parent[pid]] !~ /^vouch-/) worker[parent[pid]] = 1
      for (pid in parent) if (below(pid) && pss[pid] + 0 > 0) {
        what = name[pid] ~ /^vouch-/ ? name[pid] : pid in worker ? "vouch work" : pid == root ? "vouch (parent)" : "vouch serve"
        gsub(/ /, "_", what); count[what]++; sum[what] += pss[pid]; if (rss[pid] > most[what]) most[what] = rss[pid]
      }
      for (what in count) printf "%s %d %.1f %.1f\n", what, count[what], sum[what] / 1024, most[what] / 1024
    }' | sort
}

# make_claims N: ids of new claims, one a line.
make_claims() {
  local i
  for ((i = 0; i < $1; i++)); do
    curl -fsS -X POST -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{}' "$url/v1/claims" |
      jq -r .id
  done
}

# upload FOLDER ENDING [claims]: all files (of an ending, when it is not empty) with one curl process; a line "status seconds" for each, in $work/times. As
# verifications, or into claims of four documents.
upload() {
  local file first=1 answers=$work/answers target="$url/v1/verifications" count=0 claims=()
  rm -rf "$answers"
  mkdir "$answers"
  local files=("$1"/*"${2:+.$2}")
  [[ ${3:-} != claims ]] || mapfile -t claims < <(make_claims $(((${#files[@]} + 3) / 4)))
  for file in "${files[@]}"; do
    ((first)) || echo next
    first=0
    [[ ${3:-} != claims ]] || target="$url/v1/claims/${claims[count / 4]}/documents?filename=${file##*/}"
    count=$((count + 1))
    printf '%s\n' "url = \"$target\"" "data-binary = \"@$file\"" "output = \"$answers/${file##*/}.json\"" \
      "header = \"Authorization: Bearer $token\"" 'header = "Prefer: wait=60"' 'header = "Expect:"' \
      'header = "Content-Type: application/octet-stream"' 'write-out = "%{http_code} %{time_total}\n"'
  done >"$work/curl.conf"
  curl --parallel --parallel-immediate --parallel-max "$parallel" --config "$work/curl.conf" >"$work/times" 2>"$work/curl.log" ||
    { tail -n 3 "$work/curl.log" >&2; die "an upload failed"; }
  jq -e -s 'length > 0 and all(.[]; .state == "done" or .document.state == "done")' "$answers"/*.json >/dev/null ||
    { head -c 2000 "$answers"/*.json >&2; die "not every document was read"; }
}

# measure FORMAT LABEL FOLDER ENDING [claims]: a row in $work/rows.
measure() {
  local before after pg_before pg_after begin end
  before=$(cpu_of "$service") pg_before=$(cpu_of "$postgres") begin=$(date +%s%N)
  upload "$3" "$4" "${5:-}"
  end=$(date +%s%N) after=$(cpu_of "$service") pg_after=$(cpu_of "$postgres")
  sort -n -k 2 "$work/times" | awk -v format="$1" -v scale="$2" -v before="$before" -v after="$after" \
    -v pg_before="$pg_before" -v pg_after="$pg_after" -v nanos=$((end - begin)) '
    { at[NR] = $2 * 1000 }
    function rank(p,    n) { n = int(NR * p); if (n < NR * p) n++; return at[n < 1 ? 1 : n] }
    END {
      split(before, b, " "); split(after, a, " "); split(pg_before, pb, " "); split(pg_after, pa, " ")
      printf "%s %s %.2f %.2f %.2f %.2f %.1f %.1f %.1f\n", format, scale, (a[1] - b[1]) / NR, (a[2] - b[2]) / NR,
        (a[3] - b[3]) / NR, (pa[1] - pb[1]) / NR, NR * 1e9 / nanos, rank(0.5), rank(0.99)
    }' >>"$work/rows"
}
