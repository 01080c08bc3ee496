# shellcheck shell=bash
# Private throwaway servers: a directory of their own, a unix socket in it, no port, never root.
# Needs common.sh.

if ((EUID == 0)); then
    server_user=postgres
else
    server_user=$(id -un)
fi

# as_server_user COMMAND...: runs it without privileges, from a directory that it may read.
as_server_user() {
    local -a become=()
    ((EUID != 0)) || become=(setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --init-groups)
    (
        cd "$work" || exit 1
        unset PGHOST PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS PGDATA
        exec "${become[@]}" env HOME="$work/home" TMPDIR="$work/tmp" \
            PATH="$(server_bin):$PATH" PG_CONFIG="$PG_CONFIG" "$@"
    )
}

server_bin() {
    "$PG_CONFIG" --bindir
}

# make_work_dir NAME: sets $work to a new directory of the server's user. A socket's path has room for
# 107 bytes, so a long or unreachable TMPDIR gives way to /tmp.
make_work_dir() {
    local parent=${TMPDIR:-/tmp}
    if ((${#parent} > 50)) || ! new_work_dir "$parent" "$1"; then
        new_work_dir /tmp "$1" || die "cannot make a directory under /tmp for user $server_user"
    fi
    as_server_user mkdir "$work/home" "$work/tmp"
}

new_work_dir() {
    work=$(mktemp -d "$1/access_token-$2.XXXXXX") || return
    ((EUID != 0)) || chown "$server_user:" "$work"
    as_server_user test -w "$work" 2>/dev/null && return
    rmdir "$work"
    return 1
}

# start_server DIRECTORY [LINE...]: makes and starts a cluster there; the lines go into postgresql.conf.
# Every local user may connect (trust), because nobody but its owner and root reaches the socket.
start_server() {
    local directory=$1
    shift
    as_server_user mkdir -p "$directory"
    quietly initdb as_server_user initdb --pgdata="$directory/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions || return
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$directory'" 'fsync = off' "$@" |
        as_server_user tee -a "$directory/data/postgresql.conf" >/dev/null
    quietly pg_ctl as_server_user pg_ctl start --pgdata="$directory/data" --log="$directory/server.log" \
        --wait --timeout=60
}

stop_server() {
    local status=0
    [[ -e $1/data/postmaster.pid ]] || return 0
    as_server_user pg_ctl status --pgdata="$1/data" >/dev/null 2>&1 || status=$?
    ((status == 3)) || # it has ended without us
        quietly pg_ctl-stop as_server_user pg_ctl stop --pgdata="$1/data" --mode=immediate --wait
}

# sql DIRECTORY DATABASE [PSQL OPTION...]: runs standard input there, stops at the first error.
sql() {
    local directory=$1 database=$2
    shift 2
    as_server_user psql --host="$directory" --username=postgres --dbname="$database" \
        --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}
