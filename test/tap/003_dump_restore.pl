# A logical dump carries ids, settings, grants and sealed secrets, but not the root key that opens them:
# whoever restores it elsewhere is told which root key is missing, and can go on with new secrets.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use Test::More;
use AccessTokenServer;

my $source = new_server('source');
ask($source, <<'SQL');
CREATE ROLE app;
SELECT access_token.create_tenant('Acme', 'acme', 'https://login.acme.example', 'https://acme.example.net');
SELECT access_token.create_tenant('Other', 'other');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend', algorithm => 'HS512',
    settings => '{"allowed_scopes": ["read"], "allowed_roles": ["web_user"], "token_lifetime": 60}');
SELECT access_token.create_api_key('other', 'frontend', public => true, id => 'frontend');
SELECT access_token.rotate_api_key('backend');
SELECT access_token.set_api_key_enabled('frontend', false);
SELECT access_token.grant_access('app', 'issuer');
SQL
my $token = issue($source, 'backend');
my $root_key_id = ask($source, 'SELECT root_key_id FROM access_token.root_key');

sub run_program
{
    my ($node, $input, @command) = @_;
    my ($output, $messages);
    local %ENV = $node->_get_env();
    IPC::Run::run(\@command, '<', \$input, '>', \$output, '2>', \$messages) or die "@command: $messages";
    return $output;
}

# As a DBA does it, stopping at the first error.
sub restore
{
    my ($node, $database, $dump) = @_;
    return run_program($node, $dump, 'psql', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', $database);
}

# Everything that a dump should carry, row by row.
sub contents
{
    my ($asked) = @_;
    return join("\n", map { ask($asked, "SELECT t FROM access_token.$_ AS t ORDER BY t") }
          ('tenant', 'tenant_issuer', 'api_key', 'tenants', 'api_keys'));
}

# inspect_access_token would raise for what is no fault of the token: the SQLSTATE of both.
sub states
{
    my ($asked, $token) = @_;
    return join(' ', map { sqlstate($asked, "SELECT access_token.$_('$token')") }
          ('verify_access_token', 'inspect_access_token'));
}

# A whole dump into a fresh cluster.
my $dump = run_program($source, '', 'pg_dump', 'postgres');
my $target = new_server('target', prepared => 0);
ask($target, 'CREATE ROLE app');
restore($target, 'postgres', $dump);
is(contents($target), contents($source), 'tenants, keys, settings and sealed secrets arrive');
my $public = 'access_token.issue_public_token(text, text, text)';
is(ask($target, "SELECT has_function_privilege('app', '$public', 'EXECUTE')"), 't', "a role's bundle arrives");
is(ask($target, 'SELECT count(*) FROM access_token.root_key'), '1', 'the target has a root key of its own');
isnt(ask($target, 'SELECT root_key_id FROM access_token.root_key'), $root_key_id, 'which is another one');

is(states($target, $token), 'TK011 TK011', 'a token of the source wants a root key');
my ($status, $output, $messages) =
  $target->psql('postgres', "SELECT access_token.verify_access_token('$token')");
like($messages, qr/\Q$root_key_id\E/, 'the error names it');
like($messages, qr/HINT:.*rotate_api_key/, 'the hint names the way out');
unlike($messages, qr/\Q$token\E/, 'the error does not repeat the token');
is(sqlstate($target, "SELECT access_token.issue_access_token('backend', 'user|42')"),
    'TK011', 'nor can a token be issued');
my $missing = 'SELECT finding FROM access_token.check_installation()';
is(ask($target, $missing), "3 secrets are sealed under the root key \"$root_key_id\", which is missing",
    'check_installation counts the secrets and names the root key');

# New secrets work at once; the former one is listed until its grace is over.
ask($target, "SELECT access_token.rotate_api_key('backend')");
my $new = issue($target, 'backend');
is(verdict($target, $new), 'valid', 'after a rotation tokens are issued and verify');
is(states($target, $token), 'TK011 TK011', "the source's token still wants the root key");
ask($target, "SELECT access_token.rotate_api_key('backend'), access_token.rotate_api_key('frontend')");
ask($target, "SELECT access_token.rotate_api_key('frontend')");
is(verdict($target, $token), 'bad_signature', 'once its secret is gone it is refused like any other');
is(ask($target, $missing), '', 'and check_installation finds nothing');

# All at once, as docs/operations.md has it: new secrets for all keys whose own does not open, and for no other.
ask($target, 'CREATE DATABASE renewed');
restore($target, 'renewed', $dump);
my $renewed = open_session($target, 'renewed');
ask($renewed, "SELECT access_token.create_api_key('acme', 'here', id => 'here')");
my $here = issue($renewed, 'here');
is(ask($renewed, <<'SQL'), "backend|t\nfrontend|f", 'the keys of the dump get new secrets, which are shown');
SELECT k.api_key_id, access_token.rotate_api_key(k.api_key_id, grace => '0') IS NOT NULL
FROM access_token.api_key AS k
LEFT JOIN access_token.root_key AS r
    ON r.root_key_id = access_token.sealed_under(k.current_sealed_secret)
WHERE r.root_key_id IS NULL
ORDER BY 1
SQL
is(verdict($renewed, $here), 'valid', 'a key made here keeps its own');
is(verdict($renewed, issue($renewed, 'backend')), 'valid', 'a key of the dump issues');
is(verdict($renewed, $token), 'bad_signature', "and the source's token is refused like any other");
is(ask($renewed, $missing), '', 'and check_installation finds nothing');
$renewed->quit;

# A root key that is carried over by hand opens what it sealed.
my $copy = copy_of($source, 'root_key');
ask($target, 'CREATE DATABASE by_hand');
restore($target, 'by_hand', $dump);
my $session = open_session($target, 'by_hand');
my $dba = open_session($target, 'by_hand');
is(states($session, $token), 'TK011 TK011', 'before the root key is there the token is not judged');
ask($dba, $copy);
is(verdict($session, $token), 'valid', 'with it the open session verifies the token');
is(ask($session, $missing), '', 'and check_installation finds nothing');
$_->quit foreach ($session, $dba);

# A dump of data alone with --disable-triggers leaves ALWAYS triggers plain: a replica would not hear of
# changes any more, so nothing is cached, and every session warns once.
my $data = run_program($source, '', 'pg_dump', '--data-only', '--disable-triggers', 'postgres');
ask($target, 'CREATE DATABASE plain');
prepare_database($target, 'plain');
my $warm = open_session($target, 'plain');
$dba = open_session($target, 'plain');
restore($target, 'plain', $data);
ask($dba, $copy);
is(contents($dba), contents($source), 'a dump of data alone carries the same rows');

my $verify = "SELECT valid FROM access_token.inspect_access_token('$token')";
my ($answer, $warning) = try($warm, $verify);
is($answer, 't', 'a session verifies without its cache');
like($warning, qr/WARNING:.*does not cache keys.*check_installation/s, 'it warns, and says where to look');
my ($again, $silence) = try($warm, $verify);
is("$again$silence", 't', 'it warns only once');
is(cached($warm), '0', 'it has cached nothing');
ask($dba, "SELECT access_token.set_api_key_enabled('backend', false)");
is(verdict($warm, $token), 'disabled', 'a disable elsewhere is seen at once');
ask($dba, "SELECT access_token.set_api_key_enabled('backend', true)");
is(verdict($warm, $token), 'valid', 'and so is the way back');

my $plain_trigger = q{ FROM access_token.check_installation() WHERE finding LIKE '%lacks a trigger%'};
is( ask($dba, "SELECT string_agg(DISTINCT substring(finding FROM 'access_token.([a-z_]+) lacks a trigger invalidate'), ' '
            ORDER BY substring(finding FROM 'access_token.([a-z_]+) lacks a trigger invalidate')) $plain_trigger"),
     'api_key client signing_key tenant', 'check_installation lists the triggers of the dumped tables');
ask($dba, ask($dba, "SELECT string_agg(hint, ' ') $plain_trigger"));
is(ask($dba, $missing), '', 'what its hints say mends them');
is(verdict($warm, $token), 'valid', 'the open session goes on');
isnt(cached($warm), '0', 'and caches again');
my $fresh = open_session($target, 'plain');
my (undef, $quiet) = try($fresh, $verify);
is($quiet, '', 'a new session does not warn');
ask($dba, "SELECT access_token.set_api_key_enabled('backend', false)");
is(verdict($_, $token), 'disabled', 'a disable elsewhere is seen at once') foreach ($warm, $fresh);

$_->quit foreach ($warm, $fresh, $dba);
done_testing();
