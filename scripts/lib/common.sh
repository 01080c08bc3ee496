# shellcheck shell=bash
# What every script shares: progress, clean ends, privileges and packages. Sourced, never run.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
log_dir=$checkout/build/logs
# A PostgreSQL of another major version or place: PG_CONFIG=/path/to/pg_config scripts/test
: "${PG_CONFIG:=/usr/lib/postgresql/15/bin/pg_config}"
export PG_CONFIG
SECONDS=0

# Each suite and server gets this one locale, which Debian's base system has.
export LC_ALL=C.UTF-8
unset LANGUAGE

step() {
    printf '[%3ds] %s\n' "$SECONDS" "$*"
}

# die MESSAGE [HINT...]
die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    (($# == 0)) || printf '    %s\n' "$@" >&2
    exit 1
}

# at_exit COMMAND...: runs it when the script ends, however it ends; the last one given runs first.
exit_commands=()
at_exit() {
    exit_commands=("$(printf '%q ' "$@")" "${exit_commands[@]}")
}
run_exit_commands() {
    local status=$? command
    trap - EXIT
    for command in "${exit_commands[@]}"; do
        eval "$command" || true
    done
    exit "$status"
}
trap run_exit_commands EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# quietly NAME COMMAND...: keeps the command's output in build/logs/NAME.log, shows its end on failure.
quietly() {
    local log=$log_dir/$1.log
    shift
    mkdir -p "$log_dir"
    "$@" >"$log" 2>&1 </dev/null && return
    printf '%s failed; the end of %s:\n' "$*" "$log" >&2
    tail -n 30 "$log" >&2
    return 1
}

can_be_root() {
    ((EUID == 0)) || command -v sudo >/dev/null
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# need_packages PACKAGE...: installs those of them that Debian's package list does not show as installed.
need_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]} > 0)) || return 0
    can_be_root || die "missing packages: ${missing[*]}" \
        "As root: apt-get install --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || die "missing packages: ${missing[*]}" \
        "This script installs them with apt-get only; install what they stand for on this system."
    step "installing ${#missing[@]} packages: ${missing[*]}"
    ((EUID == 0)) || sudo -v || die "sudo is needed to install packages"
    forbid_system_cluster
    # One source that cannot be reached is no reason to stop: apt-get install tells what it lacks.
    quietly apt-update as_root apt-get update || step 'apt-get update failed; going on'
    quietly apt-install as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends "${missing[@]}" ||
        die 'apt-get install failed' 'Check the sources in /etc/apt and the network.'
    allow_system_cluster
}

missing_packages() {
    local package
    for package; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done
}

# Installing postgresql-15 makes and starts the system's cluster "main". A drop-in that lives only
# while apt-get runs prevents it, and touches neither the administrator's file nor a cluster that exists.
cluster_drop_in=/etc/postgresql-common/createcluster.d/access_token-scripts.conf

forbid_system_cluster() {
    at_exit allow_system_cluster
    as_root mkdir -p "${cluster_drop_in%/*}"
    echo 'create_main_cluster = false' | as_root tee "$cluster_drop_in" >/dev/null
}

allow_system_cluster() {
    [[ -e $cluster_drop_in ]] || return 0
    as_root rm -f "$cluster_drop_in"
    as_root rmdir --ignore-fail-on-non-empty "${cluster_drop_in%/*}"
}
