"""Rows about revocations: many of them stored, purged beside issuing, made in one statement."""

import threading
from collections import Counter

from .result import Result, compare, figure
from .rows import percentile
from .session import literal
from .setup import open_session

# Revocations by jti, UUIDs of version 7 as ours are.
STORE_TOKENS = ("INSERT INTO access_token.revocation (tenant_id, kind, value, expires_at)"
         " SELECT 'acme', 'jti', substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7' || fraction || '-98c4-' || substr(md5(CAST(i AS text)), 1, 12),"
         " clock_timestamp() {sign} interval '1 hour'"
         ' FROM generate_series({start}, {end}) AS i, CAST({since} + (CAST({until} AS bigint) - {since}) * i / {count} AS bigint) AS us,'
         " lpad(to_hex(us / 1000), 12, '0') AS ms, lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0') AS fraction")

# Cut-offs of users who have none of the tokens.
STORE_USERS = ("INSERT INTO access_token.revocation (tenant_id, kind, value, revoked_at, expires_at)"
               " SELECT 'acme', 'identity', 'another|' || i, clock_timestamp(), clock_timestamp() + interval '1 hour'"
               ' FROM generate_series({start}, {end}) AS i')


def store(session, statement, count, say, **places):
    """Runs the statement for batches of count rows."""
    for start in range(1, count + 1, 500000):
        end = min(count, start + 499999)
        session.run(statement.format(start=start, end=end, count=count, **places))
        if end < count:
            say(f'  {end:,}')


def store_tokens(session, count, sign, since, until, say):
    """Stores revocations, expired (sign -) or not (+), of tokens made at an even pace between two times, microseconds since 1970."""
    store(session, STORE_TOKENS, count, say, sign=sign, since=since, until=until)


def server_time(session):
    return int(session.value('SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)'))


class ManyRevocations:
    """One token again and again, or different ones, in a database with very many revocations and in one with none."""

    CALLS = 20000
    REVOKED_HOURS = 48    # revocations are kept for so long, and the tokens are those of the last hour

    def __init__(self, work, tokens, target, of_users=False):
        self.work = work
        self.tokens = tokens
        self.target = target
        self.of_users = of_users

    def measure(self, bench):
        stored = 200000 if bench.quick else 10000000
        sessions = list(self.sessions(bench, stored))
        what = 'revoked users' if self.of_users else 'revocations'
        bench.say(f'{self.work}: with {stored:,} {what}, and with none')
        pairs = [[self.microseconds(session) for session in sessions] for _ in range(4 if bench.quick else 16)][1:]
        return compare(f'{self.work}, {stored:,} {what} stored', 'none stored', self.target, pairs)

    def sessions(self, bench, stored):
        """In the database with them and the one without; each is made once in a run."""
        made = bench.revocation_sessions
        for name, count in ('bench_revoked_users' if self.of_users else 'bench_revoked', stored), ('bench_unrevoked', 0):
            if name not in made:
                bench.say(f'the database {name}')
                made[name] = self.database(bench, name, count)
            yield made[name]

    def database(self, bench, name, stored):
        bench.session.run(f'CREATE DATABASE {name}')
        session = open_session(name)
        session.run('CREATE EXTENSION access_token')
        session.run("SELECT access_token.create_tenant('Acme', tenant_id => 'acme')")
        session.run("SELECT FROM access_token.create_api_key('acme', 'bench', id => 'bench')")
        started = server_time(session)
        # Paced: made in a row, 48 times as many would be several revocations a microsecond, which no platform has.
        session.run("CREATE TABLE token AS SELECT access_token.issue_access_token('bench', 'user|' || i) AS token"
                    f' FROM generate_series(1, {self.CALLS}) AS i WHERE i % 4 > 0 OR pg_sleep(0.001) IS NOT NULL')
        ended = server_time(session)
        if self.of_users:
            store(session, STORE_USERS, stored, bench.say)
        else:
            store_tokens(session, stored, '+', ended - self.REVOKED_HOURS * (ended - started), ended, bench.say)
        session.run('VACUUM ANALYZE')
        return session

    def microseconds(self, session):
        """A token's verification, less the reading of its row."""
        (verified, seconds), (_, empty) = (
            [int(count), float(taken)] for count, taken in
            (self.pass_over(session, call) for call in ('access_token.verify_access_token(token)', 'token')))
        if verified != self.CALLS:
            raise RuntimeError(f'{verified} of {self.CALLS} tokens verified')
        return (seconds - empty) / self.CALLS * 1e6

    def pass_over(self, session, call):
        rows = session.rows(f'SELECT clock_timestamp() AS started \\gset\n'
                            f'SELECT count({call}) FROM (SELECT * FROM token LIMIT {self.tokens}) AS t,'
                            f' generate_series(1, {self.CALLS // self.tokens});\n'
                            f"SELECT extract(epoch FROM clock_timestamp() - :'started');")
        return rows[0][0], rows[1][0]


class PurgeBeside:
    """The slowest of a hundred calls that issue a token, while another session purges, and while nobody does."""

    CALLS = 20000
    BATCH = 10000

    def __init__(self, work, target):
        self.work = work
        self.target = target

    def measure(self, bench):
        rounds, rows = (3, 60000) if bench.quick else (5, 1000000)
        bench.say(f'{self.work}: beside a purge of {rows:,} revocations')
        now = server_time(bench.session)
        store_tokens(bench.session, rows, '-', now - 3600000000, now, bench.say)
        bench.session.run('ANALYZE access_token.revocation')
        session, purger = open_session(), open_session()
        self.calls(bench, session)
        pairs, seconds = [], 0
        for _ in range(rounds):
            alone = self.calls(bench, session)
            beside, taken = self.beside(bench, session, purger, rows // rounds // self.BATCH)
            pairs.append((percentile(beside, 0.99), percentile(alone, 0.99)))
            seconds += taken
        left = int(purger.value('SELECT count(*) FROM access_token.revocation'))
        session.close()
        purger.close()
        if left:
            raise RuntimeError(f'{left} of {rows} revocations are left')
        bench.notes.append(f'Purging {rows:,} revocations in batches of {self.BATCH:,} took {figure(seconds)} s beside issuing.')
        return compare(f'{self.work}, 99 of 100 calls, beside a purge of {rows:,} revocations', 'no purge', self.target, pairs)

    def beside(self, bench, session, purger, batches):
        """Calls that are timed until the purge has ended, and the seconds that it took."""
        taken = []
        purge = threading.Thread(target=lambda: taken.append(self.purge(purger, batches)))
        counts = Counter()
        purge.start()
        while not counts or purge.is_alive():
            counts += self.calls(bench, session)
        purge.join()
        if not taken:
            raise RuntimeError('the purge failed')
        return counts, taken[0]

    def purge(self, purger, batches):
        rows = purger.rows('SELECT clock_timestamp() AS started \\gset\n'
                           + f'SELECT sum(deleted) FROM access_token.purge_expired({self.BATCH});\n' * batches
                           + "SELECT extract(epoch FROM clock_timestamp() - :'started');")
        if any(int(row[0]) != self.BATCH for row in rows[:-1]):
            raise RuntimeError('a purge deleted fewer than it was asked to')
        return float(rows[-1][0])

    def calls(self, bench, session):
        key = literal(bench.inputs['api_key_id'])
        rows = session.rows(f'SELECT l.* FROM bench.issue_latency(array_fill({key}::text, ARRAY[{self.CALLS}])) l')
        return Counter({int(microseconds): int(calls) for microseconds, calls in rows})


class BulkRevocation:
    """Seconds of one statement that revokes many users."""

    def __init__(self, users):
        self.users = users

    def measure(self, bench):
        users = self.users // 10 if bench.quick else self.users
        bench.say(f'revoking {users:,} users in one statement')
        rows = bench.session.rows(
            'SELECT clock_timestamp() AS started \\gset\n'
            f"SELECT count(access_token.revoke_identity('acme', 'bulk|' || i)) FROM generate_series(1, {users}) AS i;\n"
            "SELECT extract(epoch FROM clock_timestamp() - :'started');")
        counted, seconds = int(rows[0][0]), float(rows[1][0])
        bench.session.run("DELETE FROM access_token.revocation WHERE kind = 'identity'")
        if counted != users:
            raise RuntimeError(f'{counted} of {users} users revoked')
        return Result(f'revoke_identity, {users:,} users in one statement', figure(seconds / users * 1e6),
                      'the clock', '-', f'{figure(seconds)} s', '-', '-')
