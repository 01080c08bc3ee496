# What a DBA does to tables and indexes while tokens are issued and verified: no error at all.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $node = new_server('maintained');
my $dba = open_session($node);
ask($dba, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
SELECT count(*) FROM generate_series(1, 20) AS n, access_token.create_api_key('acme', 'key', id => 'key-' || n);
SELECT access_token.create_api_key('acme', 'other', id => 'other');
SQL

my %scripts = (
    'hold.sql' => <<'SQL',
\set n random(1, 20)
SELECT access_token.issue_access_token('key-' || :n, 'user|42') AS token \gset
SELECT access_token.verify_access_token(:token, 'acme');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT access_token.verify_access_token(:token, 'acme');
SELECT access_token.issue_access_token('key-' || :n, 'user|42');
END;
SQL
    'inspect.sql' => <<'SQL');
\set n random(1, 20)
SELECT access_token.issue_access_token('key-' || :n, 'user|42') AS token \gset
SELECT 1 / valid::integer FROM access_token.inspect_access_token(:token);
SQL

my @tables = ('tenant', 'api_key', 'root_key');
my %maintenance = (
    'REINDEX CONCURRENTLY' => [ map { "REINDEX TABLE CONCURRENTLY access_token.$_" } @tables ],
    REINDEX => [ map { "REINDEX TABLE access_token.$_" } @tables ],
    'VACUUM FULL' => [ map { "VACUUM FULL ANALYZE access_token.$_" } @tables ],
    CLUSTER => [ map { "CLUSTER access_token.$_ USING ${_}_pkey" } @tables ],
    'DROP INDEX CONCURRENTLY' => [
        'CREATE INDEX CONCURRENTLY extra ON access_token.api_key (api_key_id)',
        'DROP INDEX CONCURRENTLY access_token.extra',
        'CREATE INDEX CONCURRENTLY extra ON access_token.api_key (current_secret_id)',
        'DROP INDEX CONCURRENTLY access_token.extra'
    ],
    'ALTER TABLE' => [ map { "ALTER TABLE access_token.$_ SET (autovacuum_enabled = off)" } @tables ],
    'a change of keys' => [ map { "SELECT access_token.set_api_key_enabled('other', $_)" } ('false', 'true') ],);

# Each kind in its turn, with keys changing between its statements, so that they are read again.
my @statements = map { @{ $maintenance{$_} }, $maintenance{'a change of keys'}[0] } sort keys %maintenance;
my ($succeeded, $output, $rounds) = run_load(
    $node, \%scripts, '--protocol=extended --client=4 --jobs=2 --time=8',
    sub { ask($dba, $statements[ $_[0] % @statements ]) });
ok($succeeded, "$rounds statements of maintenance, and no error under load") or diag($output);
like($output, qr/number of failed transactions: 0 /, 'no transaction failed');
cmp_ok($rounds, '>=', scalar @statements, 'each kind of maintenance ran');
is(ask($dba, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'it left nothing unsafe');

$dba->quit;
done_testing();
