# Revocations reach a hot standby with the WAL; and access_token.max_replay_delay makes one that has fallen
# behind refuse to verify, because it does not know what was revoked meanwhile.
use strict;
use warnings FATAL => 'all';

use IO::Select;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use AccessTokenServer;

# The primary says something at least every two seconds.
my $primary = new_server('primary', allows_streaming => 1, conf => ['wal_sender_timeout = 4s']);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'wal_retrieve_retry_interval = 100ms');
$standby->start;

sub on_primary
{
    my ($sql) = @_;
    ask($primary, $sql);
    $primary->wait_for_catchup($standby);
    return;
}

sub issue_client
{
    my ($client) = @_;
    return ask($primary, "SELECT access_token FROM access_token.issue_client_token('acme', '$client')");
}

on_primary(<<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example'), access_token.create_tenant('Other', 'other');
SELECT access_token.create_api_key(tenant, 'key', id => tenant || '-' || key)
    FROM unnest(ARRAY['acme', 'other']) AS tenant, unnest(ARRAY['one', 'two']) AS key;
SELECT access_token.create_client('acme', 'Client', settings => '{"algorithm": "ES256"}', id => 'client');
SQL

my $session = open_session($standby);
my $transaction = open_session($standby);
ask($transaction, 'BEGIN ISOLATION LEVEL REPEATABLE READ');

# What each of three says: a session, a session inside an old snapshot, a new session.
sub standby_says
{
    my ($token, $expected, $what) = @_;
    is(verdict($session, $token), $expected, "$what: an open session");
    is(verdict($transaction, $token), $expected, "$what: an open REPEATABLE READ transaction");
    is(verdict($standby, $token), $expected, "$what: a new session");
    return;
}

# Each kind, with tokens of their own.
my $bystander = issue($primary, 'other-one');
my %kinds = (
    token => [ 'acme-one', "revoke_access_token('%s')" ],
    identity => [ 'acme-one', "revoke_identity('acme', 'user|42')" ],
    'api key' => [ 'acme-two', "revoke_api_key_tokens('acme-two')" ],
    client => [ 'client', "revoke_client_tokens('client')" ],
    tenant => [ 'acme-one', "revoke_tenant_tokens('acme')" ],);
foreach my $kind (sort keys %kinds)
{
    my ($maker, $call) = @{ $kinds{$kind} };
    my $make = sub { $maker eq 'client' ? issue_client($maker) : issue($primary, $maker) };
    my $token = $make->();
    standby_says($token, 'valid', "$kind: before");
    on_primary('SELECT access_token.' . $call =~ s/%s/$token/r);
    standby_says($token, 'revoked', "$kind: revoked on the primary");
    standby_says($make->(), 'valid', "$kind: another one, made after it");
    standby_says($bystander, 'valid', "$kind: another tenant's");
}
my $kept = issue($primary, 'acme-one');
my $jti = ask($primary, "SELECT claims ->> 'jti' FROM access_token.decode_token('$kept')");
on_primary("SELECT access_token.revoke_token_id('acme', '$jti')");
standby_says($kept, 'revoked', 'by its id');

# What must write wants the primary.
foreach my $call ("revoke_access_token('$bystander')", "revoke_token_id('other', 'x')", "revoke_identity('other', 'x')",
    "revoke_api_key_tokens('other-one')", "revoke_client_tokens('client')", "revoke_tenant_tokens('other')", 'purge_expired()')
{
    is(sqlstate($session, "SELECT access_token.$call"), 'TK012', "$call wants the primary");
}
ask($transaction, 'COMMIT');

# max_replay_delay. What says nothing of the setting verifies however far it is behind.
my $delay = 5;
my $good = issue($primary, 'acme-one');
my $strict = open_session($standby);
my %calls = (
    verify => "SELECT access_token.verify_access_token('$good')",
    inspect => "SELECT access_token.inspect_access_token('$good')",
    introspect => "SELECT access_token.introspect_access_token('$good', 'acme')",
    'revoked or not' => "SELECT access_token.verify_access_token('$kept')",);
is(verdict($strict, $good), 'valid', 'a session that has loaded the library');
is(ask($strict, 'SHOW access_token.max_replay_delay'), '-1', 'it is off unless set');
ask($strict, "SET access_token.max_replay_delay = $delay");

sub state_of
{
    return sqlstate($strict, $calls{verify});
}

sub wait_for_state
{
    my ($expected, $what) = @_;
    my $until = time + $PostgreSQL::Test::Utils::timeout_default;
    sleep(0.1) while (state_of() ne $expected && time < $until);
    is(state_of(), $expected, $what);
    return;
}

# For that many seconds, asked again and again.
sub stays
{
    my ($seconds, $expected, $what) = @_;
    my %states;
    my $until = time + $seconds;
    while (time < $until)
    {
        $states{ state_of() }++;
        sleep(0.2);
    }
    is(join(' ', sort keys %states), $expected, $what);
    return;
}

wait_for_state('00000', 'a standby that keeps up verifies');
stays($delay + 2, '00000', 'and beside a primary that does nothing it goes on');

sub pause_replay
{
    ask($standby, 'SELECT pg_wal_replay_pause()');
    $standby->poll_query_until('postgres', "SELECT pg_get_wal_replay_pause_state() = 'paused'");
    return;
}

# Replay stops, and the primary is busy. The first commit after a long rest does not make a standby old that was
# seen to keep up a moment ago.
pause_replay();
ask($primary, "SELECT access_token.revoke_access_token('$good')");
my $end = ask($primary, 'SELECT pg_current_wal_flush_lsn()');
$standby->poll_query_until('postgres', "SELECT pg_last_wal_receive_lsn() >= '$end'");
is(state_of(), '00000', 'paused a moment ago');
my $paused_at = time;
while (time < $paused_at + $delay + 1)
{
    ask($primary, "SELECT access_token.revoke_token_id('acme', 'busy')");
    sleep(0.2);
}
foreach my $name (sort keys %calls)
{
    is(sqlstate($strict, $calls{$name}), 'TK012', "paused for longer than the delay: $name");
}
my (undef, $messages) = try($strict, $calls{verify});
like($messages, qr/ERROR:  replay has fallen behind\nDETAIL:  What this standby knows .* allows $delay\.\nHINT:  /, 'with detail and hint');
like(sqlstate($session, "SELECT access_token.issue_access_token('acme-one', 'user|42')"), qr/^00000$/, 'issuing goes on');
is(verdict($session, $good), 'valid', 'without the setting it accepts what was revoked meanwhile');
ask($primary, "SET access_token.max_replay_delay = 0; SELECT access_token.verify_access_token('$bystander')");
ok(1, 'on the primary the setting changes nothing');
ask($standby, 'SELECT pg_wal_replay_resume()');
wait_for_state('TK007', 'replay goes on: the token is refused because it is revoked');

# The primary is gone: what is known here grows old, also while the WAL receiver tries to connect. It says that
# it streams before it is connected; here it connects to somebody who never answers.
$good = issue($primary, 'acme-one');
$calls{verify} = "SELECT access_token.verify_access_token('$good')";
$primary->wait_for_catchup($standby);
wait_for_state('00000', 'before the primary goes');
my $path = $primary->host . '/.s.PGSQL.' . $primary->port;
$primary->stop;
wait_for_state('TK012', 'the primary is gone: after the delay it refuses');
my $mute = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die "cannot listen on $path: $!";
chmod 0777, $path;
my @connections;
if (IO::Select->new($mute)->can_read($PostgreSQL::Test::Utils::timeout_default))
{
    push @connections, scalar $mute->accept;
}
is(scalar @connections, 1, 'the WAL receiver has found somebody');
is( ask($standby, 'SELECT count(*) FROM pg_stat_wal_receiver'), '0', 'who is not the primary');
is(state_of(), 'TK012', 'which is no word of the primary');
stays(2, 'TK012', 'however long it lasts');
close $_ foreach (@connections, $mute);
unlink $path;
$primary->start;
wait_for_state('00000', 'with the primary back it verifies');

# Started without a primary, and with nothing left to replay, a standby knows nothing.
ask($primary, 'CHECKPOINT');
$primary->wait_for_catchup($standby);
ask($standby, 'CHECKPOINT');
$primary->stop;
$_->quit foreach ($session, $transaction, $strict);
$standby->restart;
$strict = open_session($standby);
ask($strict, "LOAD 'access_token'");
ask($strict, "SET access_token.max_replay_delay = $delay");
(undef, $messages) = try($strict, $calls{verify});
like($messages, qr/ERROR:  replay has fallen behind\nDETAIL:  This standby has been told nothing by its primary yet\.\nHINT:  /,
     'a standby that has heard nothing says so');

# A promoted standby is behind nobody.
$standby->promote;
ask($strict, 'SET access_token.max_replay_delay = 0');
is(state_of(), '00000', 'after its promotion it verifies');
is(verdict($standby, $kept), 'revoked', 'and what was revoked stays so');

$strict->quit;
done_testing();
