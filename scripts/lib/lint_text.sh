# shellcheck shell=bash disable=SC2034,SC2317
# Rules that a look at the text decides. Each check prints its findings, and nothing when all is well.
# Needs common.sh; runs in the checkout; $code holds what lint_c.pl makes of src/.

# project_files [FIND TEST...]: what belongs to the project, with or without git at hand.
project_files() {
    find . \( -path ./.git -o -path ./build -o -path ./results -o -name node_modules -o -name tmp_check \
        -o -name __pycache__ \) -prune -o -type f ! -name '*.o' ! -name '*.bc' ! -name '*.so' \
        ! -path './access_token--*.sql' "$@" -printf '%P\n' | sort
}

# The layers from the ground up; each may include itself and those before it.
layers=(jose pg store token api)

check_layers() {
    local layer allowed=
    for layer in "${layers[@]}"; do
        allowed+="${allowed:+|}$layer"
        grep -E "^src/$layer/[^:]*:[0-9]+:[ 	]*#[ 	]*include +\"" "$code" |
            grep -E "\"(\.\./|src/|$(IFS='|'; echo "${layers[*]}")/)" |
            grep -vE "include +\"($allowed)/"
    done
    return 0
}

# jose/ compiles where no PostgreSQL and no system but C's own library and libcrypto is.
check_core_includes() {
    local standard='(assert|errno|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|time)'
    grep -E '^src/jose/[^:]*:[0-9]+:[ 	]*#[ 	]*include' "$code" |
        grep -vE "include +(<$standard\.h>|<openssl/[a-z0-9_]+\.h>|\"jose/[a-z0-9_]+\.h\")"
}

# only_in PLACES PATTERN: lines of src/ outside of PLACES (an extended regular expression) with PATTERN.
only_in() {
    grep -vE "^($1)[^:]*:" "$code" | grep -E ":[0-9]+:.*\<($2)"
}

check_entry_points() { only_in 'src/api/' 'PG_FUNCTION_INFO_V1\>'; }

check_table_access() {
    only_in 'src/store/' 'table_(open|close|tuple_|slot_|beginscan|endscan)|relation_open\>|index_(open|close|beginscan|getnext)|systable_|SPI_[a-z]|heap_(open|insert|update|delete|fetch|beginscan|getnext)|CatalogTuple'
}

# The bound record's setting stands with its hooks, which keep everybody but its own file from writing it.
check_settings() { only_in 'src/pg/(settings|bound_record)\.c' 'DefineCustom[A-Z]|MarkGUCPrefixReserved\>'; }

check_cache_callbacks() { only_in 'src/store/key_cache\.c' 'CacheRegister[A-Za-z]*Callback\>'; }

# One file of src/pg may ask for the server's version.
check_server_version() {
    only_in 'src/pg/' 'PG_(VERSION_NUM|MAJORVERSION)'
    local -a files
    mapfile -t files < <(grep -E ':[0-9]+:.*\<PG_(VERSION_NUM|MAJORVERSION)' "$code" | cut -d: -f1 | sort -u)
    ((${#files[@]} < 2)) || echo "asked for in ${#files[@]} files: ${files[*]}"
}

check_unsafe_calls() {
    only_in 'nowhere' '(malloc|calloc|realloc|free|alloca|strdup|strndup|asprintf|sprintf|vsprintf|strcpy|strcat|strncpy|strncat|gets|atoi|rand|random)[ 	]*\('
}

check_file_sizes() {
    project_files \( -path './src/*' -o -path './scripts/*' -o -path './bench/*' -o -path './test/*' \) \
        ! -path '*/expected/*' ! -path '*/corpus/*' ! -name '*.json' |
        while read -r file; do
            lines=$(wc -l <"$file")
            ((lines <= 600)) || echo "$file: $lines lines"
        done
}

check_paths() {
    local -a files
    mapfile -t files < <(project_files)
    grep -nIE '(^|[^A-Za-z0-9_.$}-])/(home|root|work|Users)/[A-Za-z0-9_.]' "${files[@]}"
}

check_version() {
    local version
    version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" access_token.control)
    [[ -n $version ]] || echo 'access_token.control: no default_version'
    [[ -f META.json ]] || return 0
    grep -n '"version"' META.json | grep -vF "\"$version\"" | grep -v '"1\.0\.0" *}' | sed 's/^/META.json:/'
}

check_sql_functions() { perl scripts/lib/lint_sql.pl stated src/sql/*/*.sql; }

check_sql_parameters() { perl scripts/lib/lint_sql.pl parameters src/sql/*/*.sql; }
