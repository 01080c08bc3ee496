#!/usr/bin/env python3
"""Measures the rows of bench/rows.py against the server that PGHOST names; scripts/bench starts one and calls this.

It prints the table, and writes it under bench/results/ when all rows were measured in full. It ends well
whatever the ratios are: a row that misses its target says no in its last column.
"""

import argparse
import datetime
import os
import re
import subprocess
import sys
import time
from fnmatch import fnmatch
from pathlib import Path

from harness.result import as_markdown
from harness.rows import Ratio, measure_ratios
from harness.setup import set_up
from rows import ROWS, SIDES

DIRECTORY = Path(__file__).resolve().parent
STARTED = time.monotonic()


def say(text):
    print(f'[{time.monotonic() - STARTED:4.0f}s] {text}', file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog='scripts/bench', description='Measures access_token against its peers.')
    parser.add_argument('rows', nargs='*', metavar='row',
                        help='names of rows, wildcards allowed; all of them when none is named: ' + ', '.join(ROWS))
    parser.add_argument('--quick', action='store_true',
                        help='fewer rounds, keys and calls; the table is printed but not kept')
    parser.add_argument('--floor', required=True, help=argparse.SUPPRESS)
    parser.add_argument('--commit', default='unknown', help=argparse.SUPPRESS)
    return parser.parse_args()


def chosen_rows(patterns):
    for pattern in patterns:
        if not any(fnmatch(key, pattern) for key in ROWS):
            sys.exit(f'scripts/bench: no row is called {pattern}; there are: {", ".join(ROWS)}')
    return {key: row for key, row in ROWS.items()
            if not patterns or any(fnmatch(key, pattern) for pattern in patterns)}


def measure(bench, rows):
    """The results in the order of the rows."""
    results = measure_ratios(bench, {key: row for key, row in rows.items() if isinstance(row, Ratio)})
    for key, row in rows.items():
        if key not in results:
            results[key] = row.measure(bench)
    return [results[key] for key in rows]


def processor():
    for line in Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return os.uname().machine


def describe(bench, commit, load):
    """What the figures depend on, as (name, value)."""
    openssl = subprocess.run([bench.floor_program, '--version'], stdout=subprocess.PIPE, check=True, text=True)
    return [
        ('date', f'{datetime.date.today()}'),
        ('processor', f'{processor()}, {os.cpu_count()} cores'),
        ('load average before the run', f'{load:.1f}'),
        ('PostgreSQL', bench.session.value('SHOW server_version')
         + ', debug_assertions ' + bench.session.value('SHOW debug_assertions')
         + ', shared_buffers ' + bench.session.value('SHOW shared_buffers')),
        ('OpenSSL', openssl.stdout.strip()),
        ('access_token', bench.session.value("SELECT extversion FROM pg_extension WHERE extname = 'access_token'")
         + f', commit {commit}'),
    ]


def report(bench, results, facts):
    lines = ['# access_token against its peers', '', *(f'- {name}: {value}' for name, value in facts), '',
             as_markdown(results), '', *(f'- {note}' for note in bench.notes), '',
             'How to read it: [bench/README.md](../README.md).', '']
    return '\n'.join(lines)


def result_file(facts):
    machine = re.sub('[^a-z0-9]+', '-', dict(facts)['processor'].lower()).strip('-')
    return DIRECTORY / 'results' / f'{dict(facts)["date"]}-{machine}.md'


def main():
    options = arguments()
    rows = chosen_rows(options.rows)
    load = os.getloadavg()[0]
    bench = set_up(DIRECTORY, options.floor, SIDES, options.quick, say)
    results = measure(bench, rows)
    facts = describe(bench, options.commit, load)
    text = report(bench, results, facts)
    print(text)
    if options.rows or options.quick:
        return
    path = result_file(facts)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding='utf-8')
    say(f'kept in bench/results/{path.name}')


if __name__ == '__main__':
    main()
