# shellcheck shell=bash disable=SC2034,SC2317
# Rules that a compiler or another tool decides. Each check prints its findings, and nothing when all
# is well. Needs common.sh, server.sh, tree.sh and lint_text.sh; runs in the checkout.

lint_packages=(clang clang-format clang-tidy shellcheck binutils)

warnings=(-Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith
    -Wwrite-strings -Wundef -Wno-unused-parameter -Werror)
no_deprecated=(-DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED)

# The server's headers as system headers, so that only our own lines are judged.
server_headers() {
    printf '%s\n' -isystem "$("$PG_CONFIG" --includedir-server)" -isystem "$("$PG_CONFIG" --includedir)" \
        -D_GNU_SOURCE
}

# for_each_source FOLDERS COMMAND...: runs it with each C file there at its end, as many at once as there
# are cores; output and failures are passed on.
for_each_source() {
    local folders=$1
    shift
    # shellcheck disable=SC2086
    find $folders -name '*.c' -print0 | sort -z |
        xargs -0 --max-args=1 --max-procs="$(nproc)" "$@" 2>&1
}

# The core as plain C11 without the server; the rest as the server's headers demand, whose macros cast
# const away.
compile_all() {
    local -a headers
    mapfile -t headers < <(server_headers)
    for_each_source src/jose "$@" -std=c11 -Isrc "${no_deprecated[@]}" "${warnings[@]}" -Wcast-qual
    for_each_source "src/*.c src/pg src/store src/token src/api" \
        "$@" -std=gnu11 -Isrc "${headers[@]}" "${no_deprecated[@]}" "${warnings[@]}"
}

# gcc finds more when it optimises.
check_gcc() { compile_all gcc -O2 -c -o /dev/null; }

check_clang() { compile_all clang -fsyntax-only; }

# The core as C11 without the server's headers, and what it leaves in the data segments.
check_core_globals() {
    local source
    local objects=$work/core
    mkdir -p "$objects"
    for source in src/jose/*.c; do
        gcc -std=c11 -O1 -fno-pic -c -Isrc "${no_deprecated[@]}" -o "$objects/$(basename "$source" .c).o" \
            "$source" 2>&1
    done
    nm -A "$objects"/*.o | awk '$(NF - 1) ~ /^[BbDdCGgSs]$/ { print $1, $(NF - 1), $NF }' |
        sed "s#^$objects/##"
}

check_tidy() {
    local -a headers
    mapfile -t headers < <(server_headers)
    # shellcheck disable=SC2016
    for_each_source src sh -c 'eval "file=\${$#}"; clang-tidy --quiet "$file" -- "$@" 2>/dev/null' tidy \
        -Isrc "${headers[@]}" "${no_deprecated[@]}"
}

check_format() {
    project_files \( -name '*.c' -o -name '*.h' \) | tr '\n' '\0' |
        xargs -0 --no-run-if-empty clang-format --dry-run -Werror 2>&1 |
        awk -F: '/: error:/ { places[$1]++ } END { for (file in places) print file ": " places[file] " places" }' |
        sort
}

check_shell() {
    local -a files scripts
    mapfile -t files < <(project_files)
    mapfile -t scripts < <(awk 'FNR == 1 && /^#!.*[\/ ](ba|da)?sh$/ { print FILENAME } { nextfile }' "${files[@]}")
    shellcheck --external-sources --check-sourced --format=gcc "${scripts[@]}"
}

check_exports() {
    local library=$tree/access_token.so
    nm --dynamic --defined-only "$library" | awk '{ print $3 }' |
        grep -vE '^(access_token_[a-z0-9_]+|pg_finfo_access_token_[a-z0-9_]+|Pg_magic_func|_PG_init)$'
    for symbol in Pg_magic_func _PG_init; do
        # Not grep --quiet: it ends at the match, and nm is then killed in the middle of its list.
        nm --dynamic --defined-only "$library" | grep " $symbol\$" >/dev/null || echo "$symbol is not exported"
    done
}
