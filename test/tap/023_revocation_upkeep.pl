# What happens to revocations in the life of a server: their index is rebuilt under load, lost and found, they
# are purged by pg_cron, dumped and restored, and outlive a crash. At no time does a revoked token pass.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use AccessTokenServer;

my ($library_directory) = run_command([ 'pg_config', '--pkglibdir' ]);
my $has_cron = -e "$library_directory/pg_cron.so";
my $node = new_server(
    'kept',
    conf => [
        'checkpoint_timeout = 1h',
        $has_cron ? ("shared_preload_libraries = 'pg_cron'", 'cron.use_background_workers = on', 'max_worker_processes = 20') : ()
    ]);
ask($node, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
SELECT count(*) FROM generate_series(1, 20) AS n, access_token.create_api_key('acme', 'key', id => 'key-' || n);
SQL
my $good = issue($node, 'key-1');
my $revoked = issue($node, 'key-1');
my $user = issue($node, 'key-2');
ask($node, "SELECT access_token.revoke_access_token('$revoked')");

# The index under load: every revocation is seen at once, whichever index there is by then. The primary key is not
# rebuilt CONCURRENTLY: there PostgreSQL itself has ON CONFLICT fail now and then.
my %scripts = (
    'revoke.sql' => <<'SQL',
\set n random(1, 20)
SELECT access_token.issue_access_token('key-' || :n, 'user|' || :n) AS token \gset
SELECT 1 / valid::integer FROM access_token.inspect_access_token(:token);
SELECT access_token.revoke_access_token(:token);
SELECT 1 / (reason = 'revoked')::integer FROM access_token.inspect_access_token(:token);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT 1 / (reason = 'revoked')::integer FROM access_token.inspect_access_token(:token);
END;
SQL
    'verify.sql' => <<"SQL");
SELECT access_token.verify_access_token('$good');
SELECT 1 / (reason = 'revoked')::integer FROM access_token.inspect_access_token('$revoked');
SQL
my @maintenance = (
    'REINDEX INDEX CONCURRENTLY access_token.revocation_lookup_key_idx',
    'REINDEX INDEX CONCURRENTLY access_token.revocation_expires_at_idx',
    'REINDEX INDEX access_token.revocation_lookup_key_idx',
    'VACUUM FULL ANALYZE access_token.revocation',
    'CLUSTER access_token.revocation USING revocation_pkey',
    'CREATE INDEX CONCURRENTLY extra ON access_token.revocation (lookup_key, value)',
    'DROP INDEX CONCURRENTLY access_token.extra',
    "UPDATE access_token.revocation SET expires_at = clock_timestamp() - interval '1 hour' WHERE value IN (SELECT value FROM access_token.revocation WHERE revoked_at < clock_timestamp() - interval '1 second' LIMIT 100) AND expires_at < clock_timestamp() - interval '1 day'",
    'SELECT access_token.purge_expired(100)',);
my $dba = open_session($node);
my ($succeeded, $output, $rounds) = run_load(
    $node, \%scripts, '--protocol=extended --client=4 --jobs=2 --time=8',
    sub { ask($dba, $maintenance[ $_[0] % @maintenance ]) });
ok($succeeded, "$rounds statements of maintenance, and no error under load") or diag($output);
like($output, qr/number of failed transactions: 0 /, 'no transaction failed');
cmp_ok($rounds, '>=', scalar @maintenance, 'each kind of maintenance ran');
is(ask($node, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'it left nothing unsafe');
ask($node, 'DROP INDEX IF EXISTS access_token.extra');    # the load may have ended while it was there

# Without its index nothing is judged: not by a session that knows the index, nor by a new one.
my $session = open_session($node);
is(verdict($session, $revoked), 'revoked', 'a session has used the index');
my %calls = (
    verify => "SELECT access_token.verify_access_token('%s')",
    inspect => "SELECT access_token.inspect_access_token('%s')",
    introspect => "SELECT access_token.introspect_access_token('%s', 'acme')",);

sub calls_end
{
    my ($expected, $what) = @_;
    foreach my $name (sort keys %calls)
    {
        foreach my $token ($good, $revoked)
        {
            my $call = $calls{$name} =~ s/%s/$token/r;
            is(join(' ', sqlstate($session, $call), sqlstate($node, $call)), "$expected $expected", "$what: $name");
        }
    }
    return;
}

my $set = "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = 'access_token.revocation_lookup_key_idx'::regclass";
ask($dba, sprintf($set, 'false'));
calls_end('XX002', 'the index is not valid');
ask($dba, sprintf($set, 'true'));
is(verdict($session, $revoked), 'revoked', 'valid again');
ask($dba, 'DROP INDEX access_token.revocation_lookup_key_idx');
calls_end('XX002', 'the index is gone');
my ($finding, $hint) = split /\|/, ask($dba, 'SELECT finding, hint FROM access_token.check_installation()');
is($finding, 'table access_token.revocation lacks its btree index on lookup_key, value', 'check_installation finds it');
my ($mend) = $hint =~ /^(CREATE INDEX [^;]*);/;
ask($dba, $mend);
is(verdict($session, $revoked), 'revoked', 'made anew as the hint says, it is used');
is(verdict($session, $good), 'valid', 'and the good token is good');
is(ask($dba, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing unsafe is left');

# pg_cron runs the purge; a minute is its shortest interval.
SKIP:
{
    skip 'postgresql-15-cron is not installed', 4 unless $has_cron;
    ask($dba, <<'SQL');
CREATE EXTENSION pg_cron;
INSERT INTO access_token.revocation (tenant_id, kind, value, expires_at)
    SELECT 'acme', 'jti', 'expired-' || n, clock_timestamp() - interval '1 hour' FROM generate_series(1, 25000) AS n;
SQL
    my $count = q{SELECT count(*) FROM access_token.revocations WHERE value LIKE 'expired-%%' AND tenant_id %s 'acme'};
    is(ask($dba, sprintf($count, '=')), '25000', 'revocations have expired');
    my $job = ask($dba, q{SELECT cron.schedule('purge', '* * * * *', 'SELECT * FROM access_token.purge_expired(20000)')});
    ok($node->poll_query_until('postgres', "SELECT count(*) > 0 FROM cron.job_run_details WHERE jobid = $job AND status IN ('succeeded', 'failed')"),
        'pg_cron runs its job');
    is(ask($dba, "SELECT status FROM cron.job_run_details WHERE jobid = $job ORDER BY runid LIMIT 1"), 'succeeded', 'which succeeds');
    cmp_ok(ask($dba, sprintf($count, '=')), '<=', 5000, 'and has purged them');
    ask($dba, "SELECT cron.unschedule($job)");
}
is(verdict($session, $revoked), 'revoked', 'what counts is left');

# Dumped and restored elsewhere, under the same root key: what is revoked there stays so.
ask($dba, "SELECT access_token.revoke_identity('acme', 'user|42'), access_token.revoke_api_key_tokens('key-3')");
my $after = issue($node, 'key-2');
ask($dba, "SELECT access_token.revoke_tenant_tokens('acme')");

sub run_program
{
    my ($input, @command) = @_;
    my ($output, $messages);
    local %ENV = $node->_get_env();
    IPC::Run::run(\@command, '<', \$input, '>', \$output, '2>', \$messages) or die "@command: $messages";
    return $output;
}

sub contents
{
    my ($database) = @_;
    return join "\n", map { $node->safe_psql($database, "SELECT t FROM access_token.$_ AS t ORDER BY t") }
      ('revocation', 'tenants', 'api_keys', 'clients');
}
my $dump = run_program('', 'pg_dump', '--schema=access_token', '--extension=access_token', 'postgres');
ask($node, 'CREATE DATABASE restored');
run_program($dump, 'psql', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', 'restored');
is(contents('restored'), contents('postgres'), 'a dump carries revocations and cut-offs');
my $root_key = copy_of($node, 'root_key');
$node->safe_psql('restored', "DELETE FROM access_token.root_key; $root_key");
foreach my $token ($revoked, $user, $after)
{
    is($node->safe_psql('restored', "SELECT reason FROM access_token.inspect_access_token('$token')"), 'revoked', 'refused where it was restored');
}
is($node->safe_psql('restored', 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing unsafe there');

# A crash: what was committed before it holds, what was not is gone, and the index knows it.
ask($dba, "SELECT access_token.create_tenant('New', 'new'); SELECT FROM access_token.create_api_key('new', 'new', id => 'new')");
my @tokens = map { issue($node, 'new') } (1 .. 200);
ask($dba, 'CHECKPOINT');
ask($dba, "SELECT access_token.revoke_access_token('$_')") foreach (@tokens[ 0 .. 99 ]);
my $open = open_session($node);
ask($open, "BEGIN; SELECT access_token.revoke_access_token('$_')") foreach ($tokens[100]);
ask($open, "SELECT access_token.revoke_access_token('$_')") foreach (@tokens[ 101 .. 149 ]);
ask($dba, "SELECT access_token.revoke_access_token('$tokens[150]')");
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)$/m;
$node->kill9;
$_->{run}->finish foreach ($open, $dba, $session);
wait_until(sub { !kill 0, $postmaster }, 'the postmaster ends');
wait_until(sub { $node->start(fail_ok => 1) }, 'the server starts again');

sub wait_until
{
    my ($condition, $what) = @_;
    foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
    {
        return if $condition->();
        usleep(100_000);
    }
    die "timed out: $what";
}

sub verdicts
{
    my %counted;
    $counted{ verdict($node, $_) }++ foreach @_;
    return join ' ', map { "$_ $counted{$_}" } sort keys %counted;
}
is(verdicts(@tokens[ 0 .. 99 ]), 'revoked 100', 'after a crash: all that was revoked before it');
is(verdicts($tokens[150]), 'revoked 1', 'and what was revoked last');
is(verdicts(@tokens[ 100 .. 149, 151 .. 199 ]), 'valid 99', 'and nothing that was not committed');
is(ask($node, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing unsafe is left');

done_testing();
