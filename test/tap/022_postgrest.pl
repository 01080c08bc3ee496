# PostgREST's contract over real transactions: what it sends for a request, its roles, read-only
# transactions, what the log says of a refusal, its configuration, and the word that keys have changed.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $node = new_server('postgrest', allows_streaming => 1, conf => ['max_prepared_transactions = 2']);
ask($node, <<'SQL');
SELECT access_token.create_tenant(t, t, format('https://%s.example', t)) FROM (VALUES ('acme'), ('other')) AS r (t);
SELECT access_token.create_client('acme', 'Web', '{api}', '{"algorithm": "ES256", "allowed_roles": ["web_user"]}', 'web');
SELECT access_token.create_api_key('acme', 'Backend', id => 'backend');
CREATE ROLE authenticator LOGIN NOINHERIT;
CREATE ROLE anon;
CREATE ROLE web_user;
GRANT anon, web_user TO authenticator;
SELECT access_token.grant_access('anon', 'subject'), access_token.grant_access('web_user', 'subject');
SELECT access_token.grant_access('authenticator', 'postgrest');
ALTER ROLE authenticator SET access_token.postgrest_tenant = 'acme';
ALTER ROLE authenticator SET access_token.postgrest_audience = 'api';
CREATE SCHEMA api;
GRANT USAGE ON SCHEMA api TO anon, web_user;
CREATE TABLE api.note (tenant_id text, client text, body text);
INSERT INTO api.note VALUES ('acme', 'web', 'ours'), ('acme', 'app', 'theirs'), ('other', 'web', 'foreign');
ALTER TABLE api.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON api.note USING (tenant_id = access_token.current_tenant() AND client = access_token.current_client());
GRANT SELECT, UPDATE ON api.note TO anon, web_user;
SQL
my $token = ask($node, q{SELECT access_token FROM access_token.issue_client_token('acme', 'web', claims => '{"role": "web_user"}')});
my $authenticator = connect_authenticator($node);

sub connect_authenticator
{
    my ($server) = @_;
    return $server->background_psql('postgres', on_error_stop => 0, extra_params => [ '--username', 'authenticator' ]);
}

# request(session, read only?, role, headers, statement): one request as PostgREST makes it.
sub request
{
    my ($session, $mode, $role, $headers, $statement, $claims) = @_;
    my ($output, $messages) = try($session, "\\set VERBOSITY verbose\nBEGIN ISOLATION LEVEL READ COMMITTED $mode;"
        . " SELECT set_config('role', '$role', true), set_config('request.jwt.claims', '" . ($claims // '') . "', true),"
        . " set_config('request.headers', '$headers', true), set_config('search_path', 'api, public', true);"
        . " SELECT access_token.postgrest_pre_request(); $statement; COMMIT");
    return $messages ne '' ? $messages : $output =~ s/.*\n//sr;
}
sub bearer { return qq({"host":"localhost","authorization":"Bearer $_[0]"}); }

# Requests, in transactions of both kinds.
my $notes = "SELECT coalesce(string_agg(body, ' '), 'none') FROM note";
foreach my $mode ('READ ONLY', 'READ WRITE')
{
    is(request($authenticator, $mode, 'web_user', bearer($token), $notes), 'ours', "$mode: a good token sees its rows");
    is(request($authenticator, $mode, 'anon', '{"host":"localhost"}', $notes), 'none', "$mode: the next request brings none, and sees nothing");
    like(request($authenticator, $mode, 'web_user', bearer('x'), $notes), qr/ERROR:  PGRST: \{.*\nDETAIL:  \{"status":401,/, "$mode: a bad one is refused");
    is(request($authenticator, $mode, 'anon', '', $notes), 'none', "$mode: the request after it is nobody's");
}
is(ask($authenticator, "SELECT count(*) FROM (VALUES (current_setting('request.headers')), (current_setting('request.jwt.claims'))) AS r (s) WHERE s = ''"),
    '2', 'after the transaction what PostgREST has set is empty');
my $claims = ask($node, "SELECT claims FROM access_token.decode_token('$token')");
is(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes, $claims), 'ours', 'with the claims that PostgREST has found');
like(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes, $claims =~ s/"jti": "./"jti": "x/r), qr/ERROR:  PGRST/, 'with other claims');

# The settings of the role count, not what its session sets before the library is loaded.
my $forging = connect_authenticator($node);
ask($forging, "SET access_token.postgrest_tenant = 'other'; SET access_token.postgrest_audience = 'mine'");
like((try($forging, "SET ROLE web_user; SELECT access_token.current_tenant(); RESET ROLE"))[1],
    qr/WARNING:  permission denied to set parameter "access_token.postgrest_tenant"/, 'what a session has set itself is thrown away');
is(ask($forging, q{SELECT concat_ws(' ', current_setting('access_token.postgrest_tenant'), current_setting('access_token.postgrest_audience'))}),
    'acme api', 'the settings of its role are in force');
is(request($forging, 'READ ONLY', 'web_user', bearer($token), $notes), 'ours', 'so that its tokens pass');
$forging->quit;

# The reason is in the log, and no more than the reason.
sub logged
{
    my ($do) = @_;
    my $offset = -s $node->logfile;
    my $answer = $do->();
    return ($answer, slurp_file($node->logfile, $offset));
}
my $answers = '';
foreach my $case ([ bearer($token =~ s/..$/AA/r), 'bad_signature' ], [ bearer('x'), 'malformed' ], [ '{"authorization":""}', 'malformed_authorization' ],
    [ '[]', 'malformed_headers' ], [ bearer(ask($node, "SELECT access_token.issue_access_token('backend', 'user|42', audience => '{web}')")), 'wrong_audience' ])
{
    my ($headers, $reason) = @$case;
    my ($answer, $log) = logged(sub { request($authenticator, 'READ ONLY', 'anon', $headers, 'SELECT 1') });
    like($log, qr/LOG:  request refused by access_token.postgrest_pre_request: $reason\n/, "the log says $reason");
    unlike($answer, qr/request refused/, 'the answer does not');
    unlike($log =~ s/(STATEMENT|LOG:  statement):.*//gr, qr/ Bearer |\Q$token\E/, 'what the log says of it has nothing of the token');
    $answers .= "$answer\n";
}
is(scalar(keys %{ { map { $_ => 1 } $answers =~ /(ERROR:  .*\nDETAIL:  .*)\n/g } }), 1, 'one answer for all of them');
ask($authenticator, 'SET client_min_messages = log');
unlike(request($authenticator, 'READ ONLY', 'anon', bearer('x'), 'SELECT 1'), qr/request refused/, 'whatever the client wants to be told');
try($authenticator, 'RESET client_min_messages');

# Revoked, cut off, switched off: refused by the next request.
my $second = ask($node, q{SELECT access_token FROM access_token.issue_client_token('acme', 'web')});
ask($node, "SELECT access_token.revoke_access_token('$second')");
like(request($authenticator, 'READ ONLY', 'web_user', bearer($second), $notes), qr/ERROR:  PGRST/, 'a revoked token');
is(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes), 'ours', 'another one of the same client');
ask($node, "SELECT access_token.revoke_client_tokens('web')");
like(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes), qr/ERROR:  PGRST/, 'a client that was cut off');
$token = ask($node, q{SELECT access_token FROM access_token.issue_client_token('acme', 'web')});
is(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes), 'ours', 'a token made after it');
foreach my $switch ("access_token.set_client_enabled('web', %s)", "access_token.set_tenant_enabled('acme', %s)")
{
    ask($node, 'SELECT ' . sprintf($switch, 'false'));
    like(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes), qr/ERROR:  PGRST/, "off: $switch");
    ask($node, 'SELECT ' . sprintf($switch, 'true'));
    is(request($authenticator, 'READ ONLY', 'web_user', bearer($token), $notes), 'ours', "on: $switch");
}

# What is wrong with the database is no refusal of a token.
my $backend = ask($node, "SELECT access_token.issue_access_token('backend', 'user|42', audience => '{api}')");
ask($node, 'CREATE TABLE test.kept AS TABLE access_token.root_key; DELETE FROM access_token.root_key');
my $other = connect_authenticator($node);
like(request($other, 'READ ONLY', 'web_user', bearer($backend), $notes), qr/ERROR:  TK011/, 'without its root key: TK011');
ask($node, 'INSERT INTO access_token.root_key TABLE test.kept');
$other->quit;

# A standby serves requests as well.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
my $reader = connect_authenticator($standby);
is(request($reader, 'READ ONLY', 'web_user', bearer($token), $notes), 'ours', 'a hot standby: a good token');
like(request($reader, 'READ ONLY', 'web_user', bearer('x'), $notes), qr/ERROR:  PGRST/, 'a hot standby: a bad one');

# db-pre-config: in one transaction the function, and then the settings that it has made.
my $configure = "BEGIN; SELECT access_token.postgrest_config(); SELECT current_setting('pgrst.jwt_secret'); COMMIT";
is(ask($authenticator, $configure) =~ s/^\n*//r, ask($node, "SELECT access_token.jwks('acme')"), 'the key set of the tenant');
is(ask($authenticator, "SELECT current_setting('pgrst.jwt_secret')"), '', 'for its transaction alone');
is(ask($reader, $configure) =~ s/^\n*//r, ask($node, "SELECT access_token.jwks('acme')"), 'on a standby, too');

# NOTIFY, at commit, for every change of keys; PostgREST listens with a session of its own.
my $listener = connect_authenticator($node);
ask($listener, 'LISTEN pgrst');
sub notified
{
    my ($statement) = @_;
    ask($node, $statement) if defined $statement;
    my ($output) = try($listener, 'SELECT 1');
    return scalar(() = $output =~ /Asynchronous notification "pgrst" with payload "reload config" received/g);
}
is(notified("SELECT access_token.create_signing_key('acme', 'EdDSA')"), 1, 'a new key is told');
is(notified("SELECT access_token.rotate_signing_key('acme', 'EdDSA')"), 1, 'a rotation once, though it changes three rows');
is(notified("BEGIN; SELECT access_token.rotate_signing_key('acme', 'EdDSA', true); ROLLBACK"), 0, 'one that is rolled back is not');
my $kid = ask($node, "SELECT kid FROM access_token.signing_keys WHERE algorithm = 'EdDSA' AND state = 'next'");
is(notified("SELECT access_token.revoke_signing_key('$kid')"), 1, 'a revocation');
is(notified("SELECT access_token.restore_signing_key('$kid')"), 1, 'that is taken back');
is(notified("SELECT access_token.revoke_signing_key('$kid', true); SELECT access_token.delete_signing_key('$kid')"), 2, 'a key that is deleted');
is(notified("SET session_replication_role = replica; DELETE FROM access_token.signing_key WHERE algorithm = 'EdDSA'"), 1, 'as logical replication applies it');
is(notified("SELECT access_token.create_api_key('acme', 'x')"), 0, 'API keys are none of its business');

$_->quit foreach ($authenticator, $listener, $reader);
done_testing();
