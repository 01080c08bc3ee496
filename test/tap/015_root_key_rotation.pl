# Replacing the root key as docs/root-keys.md says, again and again, while others issue, sign, verify and
# make keys: nobody sees an error, and in the end the first root key is of no use to anybody.
#
# A statement that runs keeps the keys of the reload before, so each step waits until every session of the
# load has taken the reload in; new ones take it from the server's main process.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use AccessTokenServer;
use RootKeys;

my $file = PostgreSQL::Test::Utils::tempdir . '/root_keys';
my $first = 'first:' . new_root_key();
write_private($file, "$first\n");
my $node = new_server('rotated', conf => ["access_token.root_key_file = '$file'"]);
my $dba = open_session($node);
ask($dba, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
SELECT count(*) FROM generate_series(1, 40) AS n, access_token.create_api_key('acme', 'key', id => 'key-' || n);
SELECT access_token.rotate_signing_key('acme', algorithm) FROM unnest(ARRAY['ES256', 'EdDSA']) AS algorithm;
CREATE TABLE test.tokens AS
SELECT n, access_token.issue_access_token('key-' || n, 'user|42') AS issued,
       access_token.sign_token('acme', '{"sub": "guest"}', (ARRAY['ES256', 'EdDSA'])[1 + n % 2], '{"typ": "own+jwt"}') AS own
FROM generate_series(1, 40) AS n;
CREATE FUNCTION test.verify(n integer) RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT access_token.verify_access_token(t.issued), access_token.verify_token(t.own, 'acme', 'own+jwt')
    FROM test.tokens AS t WHERE t.n = verify.n;
$$;
-- So that others see how far this session is.
CREATE FUNCTION test.note_reload() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT set_config('application_name', 'load ' || extract(epoch FROM pg_conf_load_time()), false)
$$;
SQL

my %scripts = (
    'work.sql' => <<'SQL',
\set n random(1, 40)
SELECT test.note_reload();
SELECT access_token.issue_access_token('key-' || :n, 'user|42') AS issued,
       access_token.sign_token('acme', '{"sub": "guest"}', (ARRAY['ES256', 'EdDSA'])[1 + :n % 2], '{"typ": "own+jwt"}') AS own \gset
SELECT access_token.verify_access_token(:issued), access_token.verify_token(:own, 'acme', 'own+jwt'), test.verify(:n);
SQL
    'seal.sql' => <<'SQL');
\set n random(1, 40)
SELECT test.note_reload();
BEGIN;
SELECT access_token.rotate_api_key('key-' || :n);
SELECT access_token.issue_access_token('key-' || :n, 'user|42') AS issued \gset
SELECT access_token.verify_access_token(:issued);
ROLLBACK;
SQL

my $moved = 0;
my $current = $first;

# One replacement, step by step.
sub replace_root_key
{
    my ($round) = @_;
    my $new = "key-$round:" . new_root_key();
    take_in("$current\n$new\n");
    take_in("$new\n$current\n");
    my $done;
    do
    {
        $done = ask($dba, 'SELECT access_token.rewrap_secrets(7)');
        $moved += $done;
    } until $done == 0 && ask($dba, "SELECT sum(seals_rows) FROM access_token.root_keys WHERE root_key_id <> 'key-$round'") == 0;
    take_in("$new\n");
    $current = $new;
    return;
}

# Writes the file, reloads, and waits until no session of the load knows only what was before.
sub take_in
{
    my ($content) = @_;
    write_private($file, $content);
    my $written = ask($dba, 'SELECT extract(epoch FROM clock_timestamp())');
    reload_conf($node, $dba);
    my $behind = "SELECT count(*) FROM pg_stat_activity WHERE application_name ~ '^load ' AND substr(application_name, 6)::numeric < $written";
    my $tries = 100 * $PostgreSQL::Test::Utils::timeout_default;
    while (ask($dba, $behind) > 0)
    {
        die 'a session of the load does not take in the reload' if $tries-- == 0;
        usleep(10_000);
    }
    return;
}

sub replace_under_load
{
    my ($what, $options) = @_;
    my $replacements = 0;
    my ($succeeded, $output) = run_load($node, \%scripts, $options, sub { replace_root_key($what . $replacements++) });
    ok($succeeded, "$what: $replacements replacements, and no error under load") or diag($output);
    like($output, qr/number of failed transactions: 0 /, "$what: no transaction failed");
    my ($done) = $output =~ /number of transactions actually processed: (\d+)/;
    cmp_ok($done // 0, '>', 10 * $replacements, "$what: there was a load ($done transactions)");
    return;
}

replace_under_load('open', '--protocol=prepared --client=5 --jobs=2 --time=6');
replace_under_load('new', '--protocol=extended --connect --client=3 --jobs=1 --time=4');

cmp_ok($moved, '>=', 2 * 44, "rows were moved again and again ($moved)");
is(ask($node, q{SELECT string_agg(format('%s %s', source, seals_rows), ', ' ORDER BY source) FROM access_token.root_keys}),
    'database 0, file 44', 'all is sealed under the last key');
$dba->quit;
$node->restart;
is(sqlstate($node, 'SELECT test.verify(n) FROM test.tokens'), '00000', 'with it alone, the first tokens of all verify');
is(sqlstate($node, "SELECT access_token.issue_access_token('key-1', 'user|42')"), '00000', 'and new ones are issued');
is(ask($node, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing is left to mend');

# Rewrapping passes over a row that somebody holds, and does not wait.
write_private($file, "last:" . new_root_key() . "\n$current\n");
reload_conf($node);
my $holder = open_session($node);
ask($holder, "BEGIN; SELECT access_token.rotate_api_key('key-1', '0'); SELECT 1");
is(ask($node, 'SELECT access_token.rewrap_secrets()'), '43', 'a row that is held is passed over');
ask($holder, 'ROLLBACK');
is(ask($node, 'SELECT access_token.rewrap_secrets()'), '1', 'and moved later');
$holder->quit;
done_testing();
