# More keys than a backend's cache holds, used in random order while they are disabled, rotated and
# deleted: every verdict is right, and the memory stays bounded. Then the same in parallel workers, each
# of which has a cache of its own.
use strict;
use warnings FATAL => 'all';

use List::Util qw(min);
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $capacity = 2 * 1024 + 2; # KEY_CACHE_CAPACITY keys by their ids, as many by those of secrets; two tenants

my $node = new_server('many', conf => ['max_parallel_workers = 4']);
my $dba = open_session($node);
my $session = open_session($node);

ask($dba, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
SELECT access_token.create_tenant('Other', 'other');
CREATE TABLE test.key (api_key_id text PRIMARY KEY, token text, kid text);
INSERT INTO test.key (api_key_id)
SELECT c.api_key_id FROM generate_series(1, 3000) AS n
CROSS JOIN LATERAL access_token.create_api_key(
    CASE WHEN n % 2 = 0 THEN 'acme' ELSE 'other' END, 'key ' || n, id => 'key-' || n) AS c;
UPDATE test.key SET token = access_token.issue_access_token(api_key_id, 'user|' || api_key_id);
UPDATE test.key AS k SET kid = (SELECT header ->> 'kid' FROM access_token.decode_token(k.token));
VACUUM ANALYZE test.key;

-- What the tables say, to compare the cache with.
CREATE VIEW test.expected AS
SELECT k.api_key_id, k.token,
    CASE WHEN a.api_key_id IS NULL THEN 'bad_signature'
         WHEN a.disabled_at IS NOT NULL OR t.disabled_at IS NOT NULL THEN 'disabled'
         ELSE 'valid' END AS verdict
FROM test.key AS k
LEFT JOIN access_token.api_key AS a
    ON a.api_key_id = k.api_key_id AND (a.current_secret_id = k.kid
        OR a.previous_secret_id = k.kid AND a.previous_retires_at > clock_timestamp())
LEFT JOIN access_token.tenant AS t USING (tenant_id);

CREATE FUNCTION test.verdict(token text) RETURNS text LANGUAGE sql VOLATILE PARALLEL SAFE AS
$$ SELECT CASE WHEN valid THEN 'valid' ELSE reason END FROM access_token.inspect_access_token($1) $$;
SQL

# The verdicts of all tokens in random order, by the number of each, and how many are wrong.
my $check = <<'SQL';
SELECT format('wrong %s, valid %s, disabled %s, unknown %s',
    count(*) FILTER (WHERE e.verdict <> v.verdict), count(*) FILTER (WHERE v.verdict = 'valid'),
    count(*) FILTER (WHERE v.verdict = 'disabled'), count(*) FILTER (WHERE v.verdict = 'bad_signature'))
FROM (SELECT * FROM test.expected ORDER BY random()) AS e,
LATERAL (SELECT test.verdict(e.token) OFFSET 0) AS v (verdict)
SQL

# Tokens of all keys whose token is good, in random order, and how many of them are good as well.
my $issue_all = <<'SQL';
SELECT format('issued %s, valid %s', count(*), count(*) FILTER (WHERE v.verdict = 'valid'))
FROM (SELECT api_key_id FROM test.expected WHERE verdict = 'valid' ORDER BY random()) AS e,
LATERAL (SELECT test.verdict(access_token.issue_access_token(e.api_key_id, 'user|42')) OFFSET 0) AS v (verdict)
SQL

my $pid = ask($session, 'SELECT pg_backend_pid()');

# The session's own memory in kB; without what it shares with others.
sub private_memory
{
    my ($kilobytes) = slurp_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+) kB$/m or die 'no RssAnon';
    return $kilobytes;
}

is(ask($session, $check), 'wrong 0, valid 3000, disabled 0, unknown 0', 'all keys are good');
is(ask($session, $issue_all), 'issued 3000, valid 3000', 'and issue');
is(cached($session), $capacity, 'the cache is full');

# Calls a function for each key of a range of numbers.
sub for_keys
{
    my ($first, $last, $call) = @_;
    ask($dba, "SELECT count(access_token.$call)
        FROM (SELECT 'key-' || n AS id FROM generate_series($first, $last) AS n) AS k");
    return;
}

# Each round: 100 keys are disabled, 50 rotated, 50 rotated without grace, 20 deleted.
my @memory;
foreach my $round (1 .. 10)
{
    my $from = 300 * ($round - 1);
    for_keys($from + 1, $from + 100, 'set_api_key_enabled(id, false)');
    for_keys($from + 101, $from + 150, 'rotate_api_key(id)');
    for_keys($from + 151, $from + 200, "rotate_api_key(id, '0')");
    for_keys($from + 201, $from + 220, 'delete_api_key(id)');
    my ($disabled, $unknown) = (100 * $round, 70 * $round);
    my $valid = 3000 - $disabled - $unknown;
    is(ask($session, $check), "wrong 0, valid $valid, disabled $disabled, unknown $unknown",
        "round $round: every verdict is right");
    is(ask($session, $issue_all), "issued $valid, valid $valid", 'what is issued is good');
    is(cached($session), $capacity, 'the cache holds what it may');
    push @memory, private_memory();
}
note("private memory in kB, by round: @memory");
# The allocator may take a megabyte once, in any round; a leak would show in both halves.
cmp_ok(min($memory[5] - $memory[1], $memory[9] - $memory[5]),
    '<', 256, 'after the second round the memory does not go on growing');
ask($dba, "SELECT access_token.set_tenant_enabled('other', false)");
like(ask($session, $check), qr/^wrong 0, valid [1-9]\d+, disabled [1-9]\d+,/,
    'a tenant disabled: every verdict is right');
ask($dba, "SELECT access_token.set_tenant_enabled('other', true)");
like(ask($session, $check), qr/^wrong 0, valid 1300, disabled 1000,/, 'enabled again: every verdict is right');

# One key with very many scopes takes memory in proportion to them.
ask($dba, <<'SQL');
SELECT access_token.create_api_key('acme', 'scopes', id => 'scopes', settings => jsonb_build_object(
    'allowed_scopes', (SELECT jsonb_agg('scope:' || n) FROM generate_series(1, 4000) AS n)))
SQL
my $frugal = open_session($node);
isnt(ask($frugal, "SELECT access_token.issue_access_token('scopes', 'user|42', scope => 'scope:4000')"), '',
    'a key with 4,000 scopes issues');
cmp_ok(
    ask($frugal, "SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts WHERE parent = 'access_token key cache'"),
    '<', 1024, 'and takes less than a megabyte of the cache');
$frugal->quit;

# In parallel workers.
ask($session, <<'SQL');
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
SET enable_indexonlyscan = off;
SQL
my $in_workers = q{SELECT count(*) FROM test.key WHERE test.verdict(token) = 'valid'};
like(ask($session, "EXPLAIN (ANALYZE, COSTS OFF) $in_workers"), qr/Workers Launched: [12]/, 'workers verify');
is(ask($session, $in_workers), '1300', 'their verdicts are right');
ask($dba, "SELECT access_token.set_tenant_enabled('other', false)");
my $rest = ask($dba, "SELECT count(*) FROM test.expected WHERE verdict = 'valid'");
is(ask($session, $in_workers), $rest, 'they see what another session has disabled');
ask($session, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
is(ask($session, $in_workers), $rest, 'the same in a transaction');
ask($dba, "SELECT access_token.set_tenant_enabled('other', true)");
is(ask($session, $in_workers), '1300', 'and what another session has enabled since the transaction began');
ask($session, 'ROLLBACK');
ask($session, "BEGIN; SELECT access_token.set_tenant_enabled('other', false)");
is(ask($session, $in_workers), $rest, "they see their leader's own uncommitted change");
ask($session, 'ROLLBACK');
is(ask($session, $in_workers), '1300', 'and not after it is rolled back');
# Nothing but their ids tells these tokens of one second apart.
my $issue = q{SELECT count(*) FROM
    (SELECT FROM test.key GROUP BY access_token.issue_access_token('key-101', 'user|42')) AS t};
like(ask($session, "EXPLAIN (ANALYZE, COSTS OFF) $issue"), qr/Workers Launched: [12]/, 'workers issue');
is(ask($session, $issue), '3000', 'no two of their tokens are the same');

$_->quit foreach ($session, $dba);
done_testing();
