# shellcheck shell=bash
# One function a suite, run in the copy of the tree; each prints TAP or the lines of pg_regress.
# Needs common.sh, server.sh and tree.sh, and a server in $work/server.

all_suites=(unit regress pgtap isolation tap clients docs example fuzz)
fuzz_seconds=30

# What a suite needs beyond the packages that build the extension.
suite_packages() {
    case $1 in
        pgtap) echo postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl perl ;;
        # locales-all for one with a decimal comma
        tap) echo libipc-run-perl perl locales-all pgbouncer postgresql-15-cron ;;
        clients) echo python3 python3-jwt python3-psycopg2 python3-psycopg python3-authlib python3-jwcrypto python3-cryptography jose ;;
        docs) echo python3 ;;
        example) echo python3 python3-psycopg ;;
        fuzz) echo clang libclang-rt-14-dev ;;
    esac
    # Node comes from anywhere; Debian's brings npm as a package of its own.
    [[ $1 != clients ]] || command -v npm >/dev/null || echo nodejs npm
}

in_tree() {
    as_server_user env --chdir="$tree" PGHOST="$work/server" PGUSER=postgres "$@"
}

pgxs_test_dir() {
    dirname "$("$PG_CONFIG" --pgxs)" | sed 's#/makefiles$#/test#'
}

suite_unit() {
    in_tree make --no-print-directory -j"$(nproc)" unit
}

suite_regress() {
    local status=0
    in_tree make --no-print-directory installcheck || status=$?
    keep_diffs regression.diffs regress.diffs
    return "$status"
}

# Each file has a database of its own, so that none depends on what another left behind.
suite_pgtap() {
    local file database status=0
    for file in "$tree"/test/pgtap/*.sql; do
        database=pgtap_$(basename "$file" .sql)
        sql "$work/server" postgres --command="CREATE DATABASE \"$database\"" || status=1
        in_tree pg_prove --verbose --dbname "$database" "$file" || status=1
    done
    return "$status"
}

suite_isolation() {
    local status=0
    local -a specs
    mapfile -t specs < <(find "$tree/test/isolation/specs" -name '*.spec' -printf '%f\n' | sed 's/\.spec$//' | sort)
    in_tree mkdir -p build/isolation
    # A step that waits for a lock for ever is cancelled after a minute, and shows as a difference.
    in_tree env PGISOLATIONTIMEOUT=60 "$(pgxs_test_dir)/isolation/pg_isolation_regress" --inputdir=test/isolation \
        --outputdir=build/isolation --dbname=isolation --load-extension=access_token \
        --bindir="$(server_bin)" "${specs[@]}" || status=$?
    keep_diffs build/isolation/regression.diffs isolation.diffs
    return "$status"
}

# PostgreSQL::Test::Cluster makes its servers itself, under TESTDIR.
suite_tap() {
    local status=0 others_file=''
    as_server_user mkdir -p "$tree/build/tap"
    # A readable file of a third user, which nobody but root can make.
    if can_be_root; then
        others_file=$work/others_file
        as_root install --owner=daemon --mode=0644 /dev/null "$others_file"
    fi
    as_server_user env --chdir="$tree" TESTDIR="$tree/build/tap" PGPORT=65432 OTHERS_FILE="$others_file" \
        PG_REGRESS="$(pgxs_test_dir)/regress/pg_regress" \
        prove --verbose --ext=.pl -I "$(pgxs_test_dir)/perl" -I test/tap test/tap || status=$?
    # Why a test failed stands in its script's own log.
    ((status == 0)) || grep -h -A 8 -E '\] not ok|\] Bail out|\] # Tests were run but no plan|died at| exited with ' \
        "$tree"/build/tap/tmp_check/log/regress_log_* | sed -n '1,100s/^/# /p'
    keep build/tap/tmp_check/log tap
    return "$status"
}

# The examples of docs/reference.md, and the reference against the catalog.
suite_docs() {
    sql "$work/server" postgres --command='CREATE DATABASE docs' || return
    in_tree env PGDATABASE=docs test/docs/run
}

suite_example() {
    sql "$work/server" postgres --command='CREATE DATABASE example' || return
    in_tree env PGDATABASE=example examples/backend/test
}

suite_clients() {
    sql "$work/server" postgres --command='CREATE DATABASE clients' || return
    in_tree env PGDATABASE=clients test/clients/run
}

# Every target has its share of the time; what made one fail is kept with the logs.
suite_fuzz() {
    local -a targets
    local target name number=0
    in_tree make --no-print-directory -j"$(nproc)" fuzz || return
    targets=("$tree"/build/fuzz/*_fuzz)
    echo "1..${#targets[@]}"
    for target in "${targets[@]}"; do
        name=$(basename "$target" _fuzz)
        number=$((number + 1))
        if fuzz "$name" $(((fuzz_seconds + ${#targets[@]} - 1) / ${#targets[@]})) >"$log_dir/fuzz-$name.log" 2>&1; then
            echo "ok $number - $name"
            sed -n '/^stat::/s/^/# /p' "$log_dir/fuzz-$name.log"
        else
            echo "not ok $number - $name"
            grep -E -A 10 'does not hold|runtime error|ERROR' "$log_dir/fuzz-$name.log" | sed -n '1,40s/^/# /p'
        fi
    done
    keep build/fuzz/artifacts fuzz-artifacts
}

# fuzz NAME SECONDS
fuzz() {
    in_tree mkdir -p "test/fuzz/corpus/$1" build/fuzz/artifacts &&
        in_tree "$tree/build/fuzz/$1_fuzz" -max_total_time="$2" -rss_limit_mb=1024 -print_final_stats=1 \
            -artifact_prefix="build/fuzz/artifacts/$1-" "test/fuzz/corpus/$1"
}

# keep PATH NAME: copies a file or folder of the tree to the logs, which outlive the tree.
keep() {
    [[ ! -e $tree/$1 ]] || cp -R "$tree/$1" "$log_dir/$2"
}

# The same for what pg_regress found, whose beginning goes into the suite's own log as well.
keep_diffs() {
    keep "$1" "$2"
    [[ ! -s $tree/$1 ]] || sed -n '1,80s/^/# /p' "$tree/$1"
}
