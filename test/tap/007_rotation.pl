# Rotation without downtime: while keys are rotated and settings change, nobody sees an error, and no
# token is refused whose secret is still there.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $node = new_server('rotated', conf => [ 'max_prepared_transactions = 2', 'max_locks_per_transaction = 512' ]);
my $dba = open_session($node);
ask($dba, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
SELECT count(*) FROM generate_series(1, 8) AS n, access_token.create_api_key('acme', 'key', id => 'key-' || n);
CREATE TABLE test.shared (n integer PRIMARY KEY, token text) WITH (fillfactor = 10);
INSERT INTO test.shared
SELECT n, access_token.issue_access_token('key-' || n, 'user|42') FROM generate_series(1, 8) AS n;

-- A rotation may have taken the token's secret away since; while it is there, a refusal is wrong.
CREATE FUNCTION test.verify(token text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    verdict record;
BEGIN
    SELECT * INTO verdict FROM access_token.inspect_access_token(verify.token);
    IF NOT verdict.valid AND EXISTS (
        SELECT FROM access_token.api_key AS k, access_token.decode_token(verify.token) AS d
        WHERE d.header ->> 'kid' IN (k.current_secret_id, k.previous_secret_id))
    THEN
        RAISE EXCEPTION 'refused as % though its secret is there', verdict.reason;
    END IF;
END
$$;
SQL

# Tokens are verified by the session that has issued them, and by others.
my %scripts = (
    'own.sql' => <<'SQL',
\set n random(1, 8)
SELECT access_token.issue_access_token('key-' || :n, 'user|42') AS token \gset
SELECT test.verify(:token);
SQL
    'share.sql' => <<'SQL',
\set n random(1, 8)
UPDATE test.shared SET token = access_token.issue_access_token('key-' || n, 'user|42') WHERE n = :n;
SQL
    'shared.sql' => <<'SQL');
\set n random(1, 8)
SELECT test.verify(token) FROM test.shared WHERE n = :n;
SQL

my @changes = (
    "SELECT access_token.rotate_api_key('key-' || n) FROM generate_series(1, 8) AS n",
    "SELECT access_token.update_tenant('acme', '{\"name\": \"Acme again\", \"max_token_lifetime\": 86400}')",
    "SELECT access_token.update_api_key('key-' || n, '{\"token_lifetime\": 600}') FROM generate_series(1, 8) AS n",
    "SELECT access_token.update_tenant('acme', '{\"issuer\": \"https://acme.example\"}')",);

my ($succeeded, $output, $rounds) = run_load(
    $node, \%scripts,
    '--protocol=prepared --client=6 --jobs=2 --time=5',
    sub { ask($dba, $changes[ $_[0] % @changes ]) });
ok($succeeded, "$rounds changes, and no error under load") or diag($output);
like($output, qr/number of failed transactions: 0 /, 'no transaction failed');
cmp_ok($rounds, '>', 2 * @changes, 'keys were rotated again and again');
is(ask($dba, 'SELECT DISTINCT num_nonnulls(current_secret_id, previous_secret_id) FROM access_token.api_key'),
    '2', 'and have two secrets each');

# A commit becomes visible before its invalidation messages go out. This one drops tables in between,
# which takes a while: a token that is made meanwhile by a session that reads the new secret must not be
# refused by one that still has the old one in its cache.
my ($keys, $tables) = (100, 2000);
my $each_key = "FROM (SELECT 'slow-' || n AS id FROM generate_series(1, $keys) AS n) AS k";
my $each_table = "DO \$\$ BEGIN FOR n IN 1 .. $tables LOOP EXECUTE format('%s', n); END LOOP; END \$\$";
my ($warm, $cold) = map { open_session($node) } 1 .. 2;
ask($dba, "SELECT count(*) $each_key, access_token.create_api_key('acme', 'key', id => k.id)");
ask($dba, sprintf($each_table, 'CREATE TABLE test.t%s ()'));
ask($warm, "SELECT count(access_token.verify_access_token(access_token.issue_access_token(k.id, 'user|42'))) $each_key");
ask($dba, 'BEGIN');
ask($dba, "SELECT count(access_token.rotate_api_key(k.id)) $each_key");
ask($dba, sprintf($each_table, 'DROP TABLE test.t%s'));
ask($dba, "PREPARE TRANSACTION 'slow'");
my $visible = q{SELECT count(*) > 0 FROM access_token.api_key
    WHERE api_key_id LIKE 'slow-%' AND previous_retires_at IS NOT NULL};
ask($cold, $visible);
$dba->query_until(qr/committing/, "\\echo committing\nCOMMIT PREPARED 'slow';\n");
1 until ask($cold, $visible) eq 't';
my @verdicts = map { verdict($warm, issue($cold, "slow-$_")) } 1 .. $keys;
is(scalar(grep { $_ eq 'valid' } @verdicts), $keys, 'tokens made while the rotation commits all verify');

$_->quit foreach ($dba, $warm, $cold);
done_testing();
