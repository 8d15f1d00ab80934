# What deploy/up, deploy/down and deploy/test share. Sourced, never run.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
say() { printf '%s\n' "$*"; }
step() { printf '\n== %s\n' "$*"; }
die() { printf 'vouch: %s\n' "$*" >&2; exit 1; }

# Run as root: directly, or through sudo.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo -- "$@"
  else die "needs root: run it as root or as a user with sudo (missing: sudo)"
  fi
}

# packages GROUP…: the names that deploy/packages lists for these groups.
packages() {
  local group
  for group in "$@"; do sed -n "s/^$group: *//p" "$top/deploy/packages"; done | tr -s ' \n' '\n\n' | sort -u
}

# install_packages GROUP…: installs what is missing; does nothing, quickly, when all is there.
install_packages() {
  local missing
  missing=$(comm -23 <(packages "$@") <(dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' 2>/dev/null |
    awk '$1=="ii"{sub(/:.*/,"",$2); print $2}' | sort -u))
  [[ -z $missing ]] && return 0
  command -v apt-get >/dev/null || die "needs Debian 12 (missing: apt-get)"
  say "installing $(wc -w <<<"$missing") packages"
  as_root apt-get -o DPkg::Lock::Timeout=600 update -qq || die "the package lists can't be fetched"
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq \
    --no-install-recommends $missing >"${TMPDIR:-/tmp}/vouch-apt.log" 2>&1 ||
    die "packages could not be installed, see ${TMPDIR:-/tmp}/vouch-apt.log"
}

# unpack_packages GROUP DIR: the programs of packages whose installation would do more than install them. Downloaded by
# apt, which checks their signatures, and unpacked under DIR; no script of theirs runs.
unpack_packages() {
  local name log=${TMPDIR:-/tmp}/vouch-apt.log folder
  for name in $(packages "$1"); do
    [[ -e $2/.unpacked-$name ]] && continue
    say "unpacking $name"
    folder=$(mktemp -d "${TMPDIR:-/tmp}/vouch-unpack.XXXXXX")
    if ! (cd "$folder" && apt-get -qq download "$name") >"$log" 2>&1; then # the lists are old
      as_root apt-get -o DPkg::Lock::Timeout=600 update -qq >"$log" 2>&1
      (cd "$folder" && apt-get -qq download "$name") >>"$log" 2>&1 || die "$name could not be fetched, see $log"
    fi
    mkdir -p "$2" && dpkg-deb -x "$folder"/*.deb "$2" || die "$name could not be unpacked"
    touch "$2/.unpacked-$name"
    rm -rf "$folder"
  done
}

# build PRESET [TARGET]: configure when needed, then compile. Quiet unless it fails.
build() {
  local log=$top/build/$1.log
  mkdir -p "$top/build"
  (cd "$top" && cmake --preset "$1" && cmake --build --preset "$1" ${2:+--target "$2"}) >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    die "the $1 build failed, whole log in build/$1.log"
  }
}

# Where the private database lives: under var/, or under /var/lib/vouch where its user can't reach the checkout.
database_user() { if [[ $(id -u) == 0 ]]; then echo postgres; else id -un; fi; }
as_database_user() {
  if [[ $(id -u) == 0 ]]; then (cd / && HOME=/var/lib/postgresql setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@")
  else (cd / && "$@")
  fi
}
database_home() {
  if [[ $(id -u) == 0 ]]; then
    if as_database_user test -x "$top" 2>/dev/null; then echo "$top/var/postgres"
    else echo "/var/lib/vouch/$(sha256sum <<<"$top" | cut -c1-12)/postgres"
    fi
  else echo "$top/var/postgres"
  fi
}

# alive PIDFILE PROGRAM: the process of a pid file runs and is that program (a pid may have been given away).
alive() {
  local pid
  [[ -r $1 ]] || return 1
  read -r pid <"$1" || return 1
  [[ -n $pid && -r /proc/$pid/cmdline ]] && tr '\0' ' ' </proc/"$pid"/cmdline | grep -q -- "$2"
}
