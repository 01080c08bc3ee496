# Tokens of clients beyond one server and one encoding: a hot standby makes and verifies them and sees what
# the primary does to clients; a dump brings clients along; a database of another encoding makes the same
# token, or says what it cannot write.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $primary = new_server('primary', allows_streaming => 1);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'hot_standby_feedback = on');
$standby->start;

sub on_primary
{
    my ($sql) = @_;
    my $answer = $primary->safe_psql('postgres', $sql);
    $primary->wait_for_catchup($standby);
    return $answer;
}

my $issue = q{SELECT access_token FROM access_token.issue_client_token('acme', 'app', scope => 'read')};

sub verify
{
    my ($asked, $token) = @_;
    return sqlstate($asked, "SELECT access_token.verify_access_token('$token', 'acme', 'api', 'read')");
}

on_primary(<<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
SELECT FROM access_token.create_client('acme', 'App', '{api}', '{"algorithm": "ES256"}', 'app');
SQL

# The standby: in a session that has used the client, in a transaction with an older snapshot, in a new one.
my $session = open_session($standby);
my $transaction = open_session($standby);
ask($transaction, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
ask($transaction, 'SELECT count(*) FROM access_token.clients');
my %on_standby = (
    'an open session' => $session,
    'an open REPEATABLE READ transaction' => $transaction,
    'a new session' => $standby);

sub standby_says
{
    my ($token, $expected, $what) = @_;
    is(verify($on_standby{$_}, $token), $expected, "$what: $_") foreach sort keys %on_standby;
    return;
}

my $token = ask($primary, $issue);
standby_says($token, '00000', 'the primary\'s token verifies on the standby');
my $made = ask($session, $issue);
is(verify($primary, $made), '00000', 'the standby\'s on the primary');
standby_says($made, '00000', 'and on the standby itself');
on_primary("SELECT access_token.set_client_enabled('app', false)");
standby_says($token, 'TK009', 'a client switched off on the primary');
is(sqlstate($on_standby{$_}, $issue), 'TK009', "and gets no token on the standby: $_") foreach sort keys %on_standby;
on_primary("SELECT access_token.set_client_enabled('app', true)");
standby_says($token, '00000', 'switched on again');
on_primary(q(SELECT access_token.update_client('app', '{"allowed_scopes": []}')));
standby_says($token, 'TK008', 'its scopes taken away');
on_primary(q(SELECT access_token.update_client('app', '{"allowed_scopes": null}')));
my $kid = on_primary("SELECT access_token.rotate_signing_key('acme', 'ES256', force => true)");
is(kid($session, ask($on_standby{$_}, $issue)), $kid, "after a rotation the new key signs: $_") foreach sort keys %on_standby;
standby_says($token, '00000', 'and the former verifies');

my %writes = (
    create_client => "create_client('acme', 'x')",
    update_client => q(update_client('app', '{}')),
    set_client_enabled => "set_client_enabled('app', false)",
    delete_client => "delete_client('app')",);
is(sqlstate($session, "SELECT access_token.$writes{$_}"), 'TK012', "$_ wants the primary") foreach sort keys %writes;
ask($transaction, 'COMMIT');
$transaction->quit;
$session->quit;
$standby->stop;

# A logical dump holds clients and sealed keys; the root key travels by itself.
my $exported = ask($primary, q(SELECT access_token.export_root_key('correct horse battery')));
my $dump = PostgreSQL::Test::Utils::tempdir . '/dump.sql';
command_ok([ 'pg_dump', '--file', $dump, '--dbname', $primary->connstr('postgres') ], 'a dump');
ask($primary, 'CREATE DATABASE restored');
command_ok([ 'psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--file', $dump, '--dbname', $primary->connstr('restored') ],
    'is restored');
my $restored = open_session($primary, 'restored');
my $rows = 'SELECT c FROM access_token.clients AS c';
is(ask($restored, $rows), ask($primary, $rows), 'with the same client');
is(verify($restored, $token), '00000', 'its token verifies without the root key');
is(sqlstate($restored, $issue), 'TK011', 'a new one needs it');
ask($restored, "SELECT access_token.import_root_key('$exported', 'correct horse battery')");
is(verify($primary, ask($restored, $issue)), '00000', 'and is then as good as before');
is(ask($restored, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing is unsafe there');
ask($restored, "SELECT access_token.set_client_enabled('app', false)");
is(verify($restored, $token), 'TK009', 'its triggers announce changes');
$restored->quit;

# Another encoding: audiences, roles and claims are written in UTF-8, whatever the database's encoding is.
my $claims = sub { (split /\./, $_[0])[1] };
my %written;
foreach my $encoding ('UTF8', 'LATIN1', 'SQL_ASCII')
{
    my $database = lc $encoding;
    ask($primary, "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
    prepare_database($primary, $database);
    my $here = open_session($primary, $database);
    my $word = q{convert_from(decode('62c3bc726f', 'hex'), 'UTF8')};
    ask($here, "SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example')");
    ask($here,
        "SELECT client_id FROM access_token.create_client('acme', 'App', ARRAY[$word],"
          . " jsonb_build_object('algorithm', 'EdDSA', 'allowed_roles', jsonb_build_array($word)), 'app')");
    my $token = ask($here,
        "SELECT access_token FROM access_token.issue_client_token('acme', 'app', claims => jsonb_build_object('role', $word))");
    ($written{$encoding} = decode_base64url($claims->($token))) =~ s/"iat":\d+,"exp":\d+,"jti":"[^"]+"//;
    is(sqlstate($here, "SELECT access_token.verify_access_token('$token', 'acme', $word)"), '00000', "$encoding: its own token");
    is(sqlstate($here, "SELECT access_token.verify_access_token('$token', 'acme', 'buero')"), 'TK006', "$encoding: not for another audience");
    $here->quit;
}
like($written{UTF8}, qr/"aud":"b\xc3\xbcro","role":"b\xc3\xbcro"/, 'UTF-8 in the token');
is($written{$_}, $written{UTF8}, "the same from $_") foreach ('LATIN1', 'SQL_ASCII');
my $ascii = open_session($primary, 'sql_ascii');
is(sqlstate($ascii, q(SELECT access_token.create_client('acme', 'x', ARRAY[E'b\xfcro'], '{"algorithm": "EdDSA"}'))),
    '22023', 'what is no UTF-8 is no audience');
$ascii->quit;
done_testing();
