# shellcheck shell=bash
# Counts the single tests in what a suite printed: TAP, or the lines of pg_regress. Needs common.sh.

passed=0
failed=0
skipped=0
skip_reasons=()

# tally SUITE LOG STATUS: adds the suite's tests to the totals. A suite that failed without naming a
# failed test, ran another number of tests than it planned, or ran none at all, adds one failure.
tally() {
    local suite=$1 log=$2 status=$3 ok bad skip problem
    read -r ok bad skip problem < <(count_tests "$log")
    if ((bad == 0 && status != 0)); then
        problem="ended with status $status"
    elif ((ok + bad + skip == 0)); then
        problem='ran no test'
    fi
    [[ -z $problem ]] || bad=$((bad + 1))
    passed=$((passed + ok))
    failed=$((failed + bad))
    skipped=$((skipped + skip))
    step "$suite: $ok passed, $bad failed, $skip skipped${problem:+ ($problem)}"
    collect_skip_reasons "$suite" "$log"
    ((bad == 0)) || show_failures "$log"
}

# Prints "passed failed skipped [problem]".
count_tests() {
    awk '
        # prove adds a line "ok" without a number for each file
        /^ok [0-9]/ { if (tolower($0) ~ /# *skip/) skip++; else ok++; tap++ }
        /^not ok [0-9]/ { bad++; tap++ }
        /^1\.\.[0-9]+/ { planned += substr($1, 4); if (/^1\.\.0 .*[Ss][Kk][Ii][Pp]/) skip++ }
        /^Bail out!/ { problem = "bailed out" }
        /^(test)?[ \t]+[^ \t]+[ \t]+\.\.\. / {
            sub(/^.*\.\.\. +/, "")
            if (/^ok/) ok++; else bad++
        }
        END {
            if (problem == "" && planned != tap + 0)
                problem = "planned " planned + 0 " tests, ran " tap + 0
            print ok + 0, bad + 0, skip + 0, problem
        }' "$1"
}

collect_skip_reasons() {
    local suite=$1 reason
    while read -r reason; do
        skip_reasons+=("$suite: $reason")
    done < <(sed -En 's/^(ok|1\.\.0).*# *[Ss][Kk][Ii][Pp][A-Za-z]*[: ]*//p' "$2")
}

# The lines that tell of failures, each with the comments below it, then the end of the log. (No head:
# what it leaves unread would end the script by SIGPIPE.)
show_failures() {
    awk '
        /^not ok [0-9]|\.\.\. (FAILED|failed)|^Bail out!|^psql:.*(ERROR|FATAL)|Parse errors|^make: \*\*\*/ {
            print; comments = 8; next
        }
        /^#/ && comments-- > 0 { print; next }
        { comments = 0 }' "$1" | sed -n '1,100s/^/    /p'
    printf '  the end of %s:\n' "$1"
    tail -n 12 "$1" | sed 's/^/  | /'
}

# The reasons of skipped tests, then the line that sums everything up; false when anything failed.
summary() {
    if ((skipped > 0)); then
        echo 'Skipped, and why:'
        printf '%s\n' "${skip_reasons[@]}" | sort | uniq -c
        printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    else
        printf '%d passed, %d failed\n' "$passed" "$failed"
    fi
    ((failed == 0))
}
