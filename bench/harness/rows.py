"""Kinds of rows. Ratios are measured together by measure_ratios; every other kind measures itself."""

import random
from collections import Counter
from dataclasses import dataclass

from .hostile import hostile_tokens
from .result import Result, Target, compare, figure
from .session import literal
from .setup import load_keys, open_session
from .sides import measure_in_turn


@dataclass(frozen=True)
class Ratio:
    """Two sides of bench.sides, measured in turn."""
    work: str
    ours: str
    against: str
    theirs: str
    target: Target


def measure_ratios(bench, rows):
    """All rows that share our side are measured in the same rounds."""
    results = {}
    for ours in dict.fromkeys(row.ours for row in rows.values()):
        group = {key: row for key, row in rows.items() if row.ours == ours}
        bench.say(f'{ours} against {len(group)} others')
        names = dict.fromkeys([ours, *(row.theirs for row in group.values())])
        rounds = measure_in_turn(bench, list(names), 3 if bench.quick else 11)
        for key, row in group.items():
            pairs = [(taken[row.ours], taken[row.theirs]) for taken in rounds]
            results[key] = compare(row.work, row.against, row.target, pairs)
    return results


class RandomKey:
    """The median of single calls with keys drawn from very many, against one hot key."""

    CALLS = 20000

    def __init__(self, work, function, argument, target):
        self.work = work
        self.function = function        # bench.<function>_latency of measure.sql
        self.argument = argument        # made of the number of a key, in SQL
        self.target = target

    def measure(self, bench):
        load_keys(bench)
        bench.say(f'{self.work}: random keys against a hot one')
        # A session of its own, so that making the arguments puts no key into its cache; and one that has
        # touched the tables' pages before, as a session of an application has.
        session = open_session()
        for _ in range(3):
            self.calls(bench, session, self.drawn(bench))
        pairs = []
        random_calls = Counter()
        for _ in range(3 if bench.quick else 5):
            hot = self.calls(bench, session, [1] * self.CALLS)
            drawn = self.calls(bench, session, self.drawn(bench))
            random_calls += drawn
            pairs.append((grouped_median(drawn), grouped_median(hot)))
        session.close()
        bench.notes.append(f'{self.work} with a random key: 99 of 100 calls took at most '
                           f'{percentile(random_calls, 0.99)} us.')
        return compare(f'{self.work}, random key out of {bench.loaded_keys:,}, median call', 'one hot key',
                       self.target, pairs)

    def drawn(self, bench):
        return random.sample(range(1, bench.loaded_keys + 1), self.CALLS)

    def calls(self, bench, session, numbers):
        """Times one call for each number of a key; returns microseconds -> calls."""
        listed = ','.join(map(str, numbers))
        bench.session.run(
            'TRUNCATE bench.drawn; INSERT INTO bench.drawn '
            f'SELECT array_agg({self.argument} ORDER BY place) '
            f"FROM unnest(CAST('{{{listed}}}' AS integer[])) WITH ORDINALITY AS drawn(number, place)")
        rows = session.rows(f'SELECT l.* FROM bench.drawn d, LATERAL bench.{self.function}_latency(d.arguments) l')
        return Counter({int(microseconds): int(calls) for microseconds, calls in rows})


def grouped_median(counts):
    """The median of values that the clock rounded to whole microseconds, interpolated inside its microsecond."""
    half = sum(counts.values()) / 2
    below = 0
    for value in sorted(counts):
        if below + counts[value] >= half:
            return value - 0.5 + (half - below) / counts[value]
        below += counts[value]
    raise ValueError('no calls')


def percentile(counts, part):
    wanted = part * sum(counts.values())
    below = 0
    for value in sorted(counts):
        below += counts[value]
        if below >= wanted:
            return value
    raise ValueError('no calls')


class PolicyScan:
    """One scan of a table with row-level security: functions called bare against wrapped in a sub-select.

    Two roles have a policy each on one table, whose rows are one user's in ten; the same transaction asks
    as the one and as the other.
    """

    ROWS = 1000000
    FUNCTIONS = ('access_token.current_identity()', 'access_token.current_tenant()')

    def __init__(self, calls, condition, target):
        self.calls = calls
        self.condition = condition      # with {0} and {1} for the functions
        self.target = target

    def measure(self, bench):
        rows = self.ROWS // 10 if bench.quick else self.ROWS
        bench.say(f'policy over {rows:,} rows: {self.calls}')
        self.prepare(bench, rows)
        session = open_session()
        session.run('BEGIN')
        session.run(f"SELECT access_token.authenticate({literal(bench.inputs['token'])}, 'acme')")
        pairs = []
        for number in range(3 if bench.quick else 11):
            pairs.append((self.scan(session, 'bare', rows), self.scan(session, 'wrapped', rows)))
        session.run('ROLLBACK')
        session.close()
        return compare(f'scan of {rows:,} rows under a policy that calls {self.calls}, bare', 'wrapped in (SELECT ...)',
                       self.target, pairs[1:])      # the first one warms up

    def prepare(self, bench, rows):
        bare = self.condition.format(*self.FUNCTIONS)
        wrapped = self.condition.format(*(f'(SELECT {function})' for function in self.FUNCTIONS))
        bench.session.run(f"""
            DROP TABLE IF EXISTS bench.note;
            CREATE TABLE bench.note AS
                SELECT 'acme' AS tenant_id, 'user|4' || i % 10 AS owner, i FROM generate_series(1, {rows}) AS i;
            ALTER TABLE bench.note ENABLE ROW LEVEL SECURITY;
            DO 'BEGIN CREATE ROLE bare; CREATE ROLE wrapped; EXCEPTION WHEN duplicate_object THEN NULL; END';
            GRANT USAGE ON SCHEMA bench TO bare, wrapped;
            GRANT SELECT ON bench.note TO bare, wrapped;
            SELECT access_token.grant_access('bare', 'subject'), access_token.grant_access('wrapped', 'subject');
            CREATE POLICY bare ON bench.note TO bare USING ({bare});
            CREATE POLICY wrapped ON bench.note TO wrapped USING ({wrapped});
            VACUUM (FREEZE, ANALYZE) bench.note""")

    @staticmethod
    def scan(session, role, rows):
        """Microseconds of one scan; it must see the user's rows and no others."""
        session.run(f'SET LOCAL ROLE {role}')
        (started,), (seen,), (seconds,) = session.rows(
            "SELECT clock_timestamp() AS started \\gset\n\\echo :started\n"
            'SELECT count(*) FROM bench.note;\n'
            "SELECT extract(epoch FROM clock_timestamp() - :'started');")
        if int(seen) != rows // 10:
            raise RuntimeError(f'{role}: {seen} rows seen since {started}')
        return float(seconds) * 1e6


class SlowestRefusal:
    """The wall time of the slowest of many refusals, at one setting of access_token.max_token_size."""

    def __init__(self, size, column, milliseconds):
        self.size = size
        self.column = column            # of pg_settings
        self.limit = milliseconds

    def measure(self, bench):
        session = bench.session
        limit = int(session.value(
            f"SELECT {self.column} FROM pg_settings WHERE name = 'access_token.max_token_size'"))
        bench.say(f'refusals at max_token_size = {limit:,}')
        session.run(f'SET access_token.max_token_size = {limit}')
        self.load(bench, limit)
        rows = [(name, reader, float(milliseconds), answer) for name, reader, milliseconds, answer
                in session.rows(f'SELECT * FROM bench.refusal_times({1 if bench.quick else 5})')]
        session.run('RESET access_token.max_token_size')
        return self.result(bench, limit, rows)

    def load(self, bench, limit):
        bench.session.run('TRUNCATE bench.hostile')
        tokens = hostile_tokens(bench.inputs['token'], bench.inputs['secret'], limit)
        for name, token in tokens:
            bench.session.run(f'COPY bench.hostile FROM STDIN;\n{escape_copy(name)}\t{token}\n\\.')

    def result(self, bench, limit, rows):
        accepted = [f'{name} ({reader})' for name, reader, _, answer in rows
                    if answer == 'accepted' and reader != 'decode']
        if accepted:
            raise RuntimeError('hostile tokens were accepted: ' + ', '.join(accepted))
        refusals = sorted((row for row in rows if row[3] != 'accepted'), key=lambda row: -row[2])
        bench.notes.append(f'Slowest refusals at max_token_size = {limit:,}: ' + '; '.join(
            f'{name} by {reader} ({answer}) {figure(milliseconds)} ms'
            for name, reader, milliseconds, answer in refusals[:5]) + '.')
        name, reader, slowest, _ = refusals[0]
        return Result(f'slowest of {len(refusals)} refusals, max_token_size {self.size} ({limit:,})',
                      f'{slowest * 1000:.0f}', f'the clock; it was: {name}, by {reader}', '-',
                      f'{figure(slowest)} ms', f'under {self.limit} ms', 'yes' if slowest < self.limit else 'no')


def escape_copy(text):
    return text.replace('\\', '\\\\')


class FlatMemory:
    """How much a backend's private memory grows in one statement, after its first calls."""

    LIMIT_KB = 1024

    def __init__(self, work, call, *arguments, needs_keys=False):
        self.work = work
        self.call = call                # NULL: bench.caught_refusals calls verify itself
        self.arguments = arguments
        self.needs_keys = needs_keys

    def measure(self, bench):
        if self.needs_keys:
            load_keys(bench)
        calls, warm_up = (200000, 50000) if bench.quick else (1000000, 100000)
        bench.say(f'memory over {calls:,} calls: {self.work}')
        session = open_session()
        counted, warm, end = map(int, session.rows(self.statement(bench, warm_up, calls))[-1])
        session.close()
        if counted != calls:
            raise RuntimeError(f'{self.work}: {counted} answers of {calls}')
        return Result(f'{self.work}: memory after {calls:,} calls in one statement', '-',
                      f'after the first {warm_up:,}: {figure(warm / 1024)} MB', '-',
                      f'{(end - warm) / 1024:+.2f} MB', 'at most 1 MB more',
                      'yes' if end - warm <= self.LIMIT_KB else 'no')

    def statement(self, bench, warm_up, calls):
        values = ', '.join(literal(bench.inputs[argument]) for argument in self.arguments)
        if self.call is None:
            return f'SELECT * FROM bench.caught_refusals({values}, {warm_up}, {calls})'
        types = ', '.join('text' for _ in self.arguments)
        return (f'PREPARE many({types}) AS SELECT count({self.call}), '
                f'max(CASE WHEN i = {warm_up} THEN bench.private_kb() END), '
                f'max(CASE WHEN i = {calls} THEN bench.private_kb() END) FROM generate_series(1, {calls}) AS i;\n'
                f'EXECUTE many({values});')
