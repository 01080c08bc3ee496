# What was committed before a crash holds after it, what was not is gone.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use AccessTokenServer;

my $node = new_server('crashing',
    conf => [ 'restart_after_crash = on', 'max_prepared_transactions = 4', 'checkpoint_timeout = 1h' ]);
ask($node, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
CHECKPOINT;
SELECT access_token.create_api_key('acme', 'kept', id => 'kept');
SELECT access_token.create_api_key('acme', 'disabled', id => 'disabled');
SQL
my $kept = issue($node, 'kept');
my $disabled = issue($node, 'disabled');
my $undone = open_session($node);
ask($undone, "BEGIN; SELECT access_token.create_api_key('acme', 'undone', id => 'undone')");
my $of_undone = issue($undone, 'undone');
ask($undone, "SELECT access_token.set_api_key_enabled('kept', false)");
ask($node, "SELECT access_token.set_api_key_enabled('disabled', false)");

# Its processes are gone a little later than the signal is sent, and until then no other can start.
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

# The whole server at once, with a transaction open.
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)$/m;
$node->kill9;
$undone->{run}->finish;
wait_until(sub { !kill 0, $postmaster }, 'the postmaster ends');
wait_until(sub { $node->start(fail_ok => 1) }, 'the server starts again');
is(verdict($node, $kept), 'valid', 'a key made before the crash verifies its token');
is(verdict($node, $disabled), 'disabled', 'a key disabled before it stays disabled');
is(verdict($node, $of_undone), 'bad_signature', 'a key that was not committed is gone');
is(verdict($node, issue($node, 'kept')), 'valid', 'issuing goes on');
is(ask($node, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing unsafe is left');

# An immediate shutdown with a change that is prepared.
ask($node, "BEGIN; SELECT access_token.set_api_key_enabled('kept', false); PREPARE TRANSACTION 'off'");
ask($node, "SELECT access_token.rotate_api_key('disabled')");
$node->stop('immediate');
$node->start;
my $session = open_session($node);
is(verdict($session, $kept), 'valid', 'a disable that was prepared before the crash does not count');
ask($node, "COMMIT PREPARED 'off'");
is(verdict($session, $kept), 'disabled', 'committed after it, the open session sees it');
ask($node, "SELECT access_token.set_api_key_enabled(id, true) FROM unnest(ARRAY['kept', 'disabled']) AS id");
is(verdict($session, $disabled), 'valid', 'a secret in its grace before the crash is so after it');
is(ask($node, "SELECT num_nonnulls(current_sealed_secret, previous_sealed_secret) FROM access_token.api_key
        WHERE api_key_id = 'disabled'"), '2', 'and the new one is there');
is(verdict($session, issue($session, 'disabled')), 'valid', 'and signs');

# One backend that dies takes the others with it; they come back by themselves.
my $victim = ask($session, 'SELECT pg_backend_pid()');
my $started = 'SELECT min(backend_start) FROM pg_stat_activity';
my $before = ask($node, $started);
kill 'KILL', $victim;
$session->{run}->finish;
$node->poll_query_until('postgres', "SELECT ($started) > '$before'");
is(verdict($node, $kept), 'valid', 'after a backend was killed the key verifies');

done_testing();
