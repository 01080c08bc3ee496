# A hot standby issues and verifies; what the primary changes is in force there as soon as it has been
# replayed, also for sessions that hold the key in their cache and inside their open transactions.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $primary = new_server('primary', allows_streaming => 1, conf => ['max_prepared_transactions = 4']);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

sub on_primary
{
    my ($sql) = @_;
    $primary->safe_psql('postgres', $sql);
    $primary->wait_for_catchup($standby);
    return;
}

on_primary(<<'SQL');
SELECT access_token.create_tenant('Acme', 'acme'), access_token.create_tenant('Other', 'other');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
SELECT access_token.create_api_key('other', 'backend', id => 'other');
SQL
my $acme = issue($primary, 'backend');
my $other = issue($primary, 'other');

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

standby_says($acme, 'valid', "the primary's token verifies on the standby");
standby_says($other, 'valid', "another tenant's token verifies");

my $issued = issue($session, 'backend');
is(verdict($primary, $issued), 'valid', "the standby's token verifies on the primary");
is(verdict($session, $issued), 'valid', "the standby's token verifies on the standby");

# Disable and enable, of key and of tenant.
on_primary("SELECT access_token.set_api_key_enabled('backend', false)");
standby_says($acme, 'disabled', 'a key disabled on the primary is refused');
standby_says($other, 'valid', "another tenant's token still verifies");
is(sqlstate($session, "SELECT access_token.issue_access_token('backend', 'user|42')"),
    'TK009', 'and no token is issued for it');
on_primary("SELECT access_token.set_api_key_enabled('backend', true)");
standby_says($acme, 'valid', 'enabled again, it verifies');
on_primary("SELECT access_token.set_tenant_enabled('acme', false)");
standby_says($acme, 'disabled', 'a tenant disabled on the primary is refused');
standby_says($other, 'valid', "another tenant's token still verifies");
on_primary("SELECT access_token.set_tenant_enabled('acme', true)");
standby_says($acme, 'valid', 'enabled again, it verifies');

# A change in a prepared transaction counts from COMMIT PREPARED on.
on_primary(<<'SQL');
BEGIN;
SELECT access_token.set_api_key_enabled('backend', false);
PREPARE TRANSACTION 'disable';
SQL
standby_says($acme, 'valid', 'a disable that is only prepared does not count');
on_primary("COMMIT PREPARED 'disable'");
standby_says($acme, 'disabled', 'from COMMIT PREPARED on it does');
on_primary("SELECT access_token.set_api_key_enabled('backend', true)");

# Rotation.
on_primary("SELECT access_token.rotate_api_key('backend')");
standby_says($acme, 'valid', 'during the grace of a rotation the old token verifies');
my $rotated = issue($session, 'backend');
is( kid($session, $rotated),
    ask($primary, "SELECT current_secret_id FROM access_token.api_keys WHERE api_key_id = 'backend'"),
    'the standby signs with the new secret');
standby_says($rotated, 'valid', 'the new token verifies');
is(verdict($primary, $rotated), 'valid', 'and it does on the primary');
on_primary("SELECT access_token.rotate_api_key('backend', '0')");
standby_says($rotated, 'bad_signature', 'after a rotation without grace the token is refused');
standby_says($acme, 'bad_signature', 'and so is the one before');

# Keys that come and go.
on_primary("SELECT access_token.create_api_key('acme', 'new', id => 'new')");
my $new = issue($session, 'new');
standby_says($new, 'valid', 'a key made on the primary issues and verifies on the standby');
on_primary("SELECT access_token.delete_api_key('new')");
standby_says($new, 'bad_signature', 'a key deleted on the primary is refused');
is(sqlstate($session, "SELECT access_token.issue_access_token('new', 'user|42')"),
    '42704', 'and unknown to who wants to issue');

# What must write says that it wants the primary.
my %writes = (
    create_tenant => "create_tenant('New', 'new')",
    'create_tenant with an issuer' => "create_tenant('New', 'new', 'https://new.example')",
    update_tenant => "update_tenant('acme', '{\"name\": \"New\"}')",
    'update_tenant of an issuer' => "update_tenant('acme', '{\"issuer\": \"https://new.example\"}')",
    delete_tenant => "delete_tenant('other')",
    set_tenant_enabled => "set_tenant_enabled('acme', false)",
    create_api_key => "create_api_key('acme', 'new', id => 'new')",
    update_api_key => "update_api_key('backend', '{\"name\": \"New\"}')",
    delete_api_key => "delete_api_key('backend')",
    rotate_api_key => "rotate_api_key('backend')",
    set_api_key_enabled => "set_api_key_enabled('backend', false)",);
foreach my $name (sort keys %writes)
{
    is(sqlstate($session, "SELECT access_token.$writes{$name}"), 'TK012', "$name wants the primary");
}
my ($ended, $output, $messages) = $primary->psql('postgres',
    "BEGIN READ ONLY; SELECT access_token.set_api_key_enabled('backend', false)",
    extra_params => [ '-v', 'VERBOSITY=sqlstate' ]);
like($messages, qr/ERROR:  25006/, 'a read-only transaction on a primary is told that it is one');
is(ask($session, 'SELECT count(*) FROM access_token.check_installation()'),
    '0', 'check_installation answers on the standby');

# After a promotion the same session goes on, with the changes of its own server.
ask($transaction, 'COMMIT');
my $before = issue($primary, 'backend');
$standby->promote;
is(verdict($session, $before), 'valid', 'after the promotion the open session verifies');
$standby->safe_psql('postgres', "SELECT access_token.set_api_key_enabled('backend', false)");
is(verdict($session, $before), 'disabled', 'and sees what is changed from then on');
is(verdict($primary, $before), 'valid', 'while the former primary keeps its own state');

$session->quit;
$transaction->quit;
done_testing();
