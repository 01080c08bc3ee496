# A backend keeps keys in a cache; whatever happens to keys, tables, triggers and indexes, a session
# that has a key there says about it what a new session says.
use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $node = new_server('cached', conf => ['max_prepared_transactions = 4']);
my $dba = open_session($node);
my $session = open_session($node);

sub make_keys
{
    my ($asked) = @_;
    ask($asked, "SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example')");
    ask($asked, "SELECT access_token.create_api_key('acme', 'backend', id => '$_')") foreach ('backend', 'other');
    ask($asked, q(SELECT access_token.create_client('acme', 'app', settings => '{"algorithm": "EdDSA"}', id => 'app')));
    return;
}

sub switch_key
{
    my ($asked, $state) = @_;
    ask($asked, "SELECT access_token.set_api_key_enabled('backend', " . ($state eq 'on' ? 'true' : 'false') . ')');
    return;
}

# For each table changes that let the token that rests on it be refused, and the way back.
my %changes = (
    tenant => [ [ 'tenant SET disabled_at = now()', 'tenant SET disabled_at = NULL' ] ],
    api_key => [
        [ 'api_key SET disabled_at = now()', 'api_key SET disabled_at = NULL' ],
        [ ('api_key SET current_secret_id = reverse(current_secret_id)') x 2 ]
    ],
    client => [
        [ 'client SET disabled_at = now()', 'client SET disabled_at = NULL' ],
        [ "client SET allowed_scopes = '{}'", 'client SET allowed_scopes = NULL' ]
    ],
    signing_key =>
        [ [ "signing_key SET state = 'revoked' WHERE state = 'current'", "signing_key SET state = 'current' WHERE state = 'revoked'" ] ],);

# By this the sessions of this file are told apart from those that have never cached anything.
sub both_say
{
    my ($token, $expected, $what) = @_;
    is(verdict($session, $token), $expected, "$what: the session that has it in its cache");
    is(verdict($node, $token), $expected, "$what: a new session");
    return;
}

make_keys($dba);
my $token = issue($session, 'backend');
my $other = issue($session, 'other');
both_say($token, 'valid', 'a good token');
isnt(cached($session), '0', 'both keys are in the cache');
both_say($token, 'valid', 'a good token');

# Changes that are prepared, by another session and by the session itself.
ask($dba, 'BEGIN');
switch_key($dba, 'off');
ask($dba, "PREPARE TRANSACTION 'off'");
both_say($token, 'valid', 'a disable that is prepared');
ask($dba, "COMMIT PREPARED 'off'");
both_say($token, 'disabled', 'a disable that was prepared and is committed');
ask($session, 'BEGIN');
switch_key($session, 'on');
is(verdict($session, $token), 'valid', 'the session sees its own change');
ask($session, "PREPARE TRANSACTION 'on'");
both_say($token, 'disabled', 'a change of its own that is prepared');
ask($dba, "ROLLBACK PREPARED 'on'");
both_say($token, 'disabled', 'a change of its own that was prepared and is rolled back');
switch_key($dba, 'on');

# A replica's apply process and pg_restore set session_replication_role: only ALWAYS triggers fire.
ask($dba, 'SET session_replication_role = replica');
switch_key($dba, 'off');
both_say($token, 'disabled', 'a disable under session_replication_role = replica');
ask($dba, "SELECT access_token.rotate_api_key('other', '0')");
both_say($other, 'bad_signature', 'a secret replaced under it');
$other = issue($session, 'other');
both_say($other, 'valid', 'a token of the new one');
ask($dba, "DELETE FROM access_token.api_key WHERE api_key_id = 'other'");
both_say($other, 'bad_signature', 'a key deleted under it');
ask($dba, 'RESET session_replication_role');
switch_key($dba, 'on');

# A client's token, and its row, its tenant and the key that signed it.
my $client_token = ask($session, "SELECT access_token FROM access_token.issue_client_token('acme', 'app', scope => 'read')");
both_say($client_token, 'valid', 'a client\'s token');
ask($dba, "SELECT access_token.set_client_enabled('app', false)");
both_say($client_token, 'disabled', 'a client switched off');
ask($dba, 'SET session_replication_role = replica');
ask($dba, "SELECT access_token.set_client_enabled('app', true)");
both_say($client_token, 'valid', 'switched on under session_replication_role = replica');
ask($dba, q(SELECT access_token.update_client('app', '{"allowed_scopes": []}')));
both_say($client_token, 'scope_not_allowed', 'its scopes taken away under it');
ask($dba, 'RESET session_replication_role');
ask($dba, q(SELECT access_token.update_client('app', '{"allowed_scopes": null}')));
both_say($client_token, 'valid', 'a client changed back');

# A trigger that does not announce: while it is so, nothing of its table is cached.
foreach my $table (sort keys %changes)
{
    foreach my $trigger (map { ("invalidate_key_cache_$_", "invalidate_key_cache_${_}_truncate") } ('before', 'after'))
    {
        my $noisy = open_session($node);
        my $token = $table =~ /^(client|signing_key)$/ ? $client_token : $token;
        is(verdict($noisy, $token), 'valid', "before $trigger of $table is off");
        my $entries = cached($noisy);
        ask($dba, "ALTER TABLE access_token.$table DISABLE TRIGGER $trigger");
        my ($output, $messages) = try($noisy, "SELECT access_token.verify_access_token('$token') IS NOT NULL");
        is($output, 't', "$trigger of $table is off: the token verifies");
        like($messages, qr/WARNING:.*does not cache keys/, 'with a warning');
        cmp_ok(cached($noisy), '<', $entries, 'and without a cache for the table');
        foreach my $change (@{ $changes{$table} })
        {
            ask($dba, "UPDATE access_token.$change->[0]");
            isnt(verdict($noisy, $token), 'valid', 'a change of it is seen at once');
            ask($dba, "UPDATE access_token.$change->[1]");
            is(verdict($noisy, $token), 'valid', 'and the way back');
        }
        ask($dba, "ALTER TABLE access_token.$table ENABLE ALWAYS TRIGGER $trigger");
        is(verdict($noisy, $token), 'valid', 'with the trigger back it goes on');
        is(cached($noisy), $entries, 'and caches');
        $noisy->quit;
    }
}

# An index that is invalid or gone raises: "nothing found" would read as "no such key". A token of the
# previous secret is looked for among the current ones first, one without kid by its issuer.
my $previous = issue($session, 'backend');
ask($dba, "SELECT access_token.rotate_api_key('backend')");
$token = issue($session, 'backend');
my $outside = sign_outside();
both_say($_, 'valid', 'a token by another way to its key') foreach ($previous, $outside);
my %calls = (
    issue => "SELECT access_token.issue_access_token('backend', 'user|42')",
    'issue client' => "SELECT access_token.issue_client_token('acme', 'app')",
    'verify client' => "SELECT access_token.verify_access_token('$client_token')",
    'inspect client' => "SELECT access_token.inspect_access_token('$client_token')",);
foreach my $call ('verify', 'inspect')
{
    my $function = "SELECT access_token.${call}_access_token";
    $calls{$call} = "$function('$token')";
    $calls{"$call previous"} = "$function('$previous')";
    $calls{"$call without kid"} = "$function('$outside')";
}
my %uses = (
    tenant_pkey => qr/./,
    api_key_pkey => qr/^issue$|without kid/,
    api_key_current_secret_id_idx => qr/^(verify|inspect)( previous)?$/,
    api_key_previous_secret_id_idx => qr/previous/,
    client_pkey => qr/client/,
    signing_key_pkey => qr/client/,);
foreach my $index (sort keys %uses)
{
    my $set = "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = 'access_token.$index'::regclass";
    ask($dba, sprintf($set, 'false'));
    calls_end($node, $uses{$index}, "$index is not valid");
    like(ask($dba, 'SELECT finding FROM access_token.check_installation()'),
        qr/index access_token.$index is not valid/, 'check_installation lists it');
    ask($dba, sprintf($set, 'true'));
    calls_end($node, undef, "$index is valid again");

    my ($table) = $index =~ /^(tenant|api_key|client|signing_key)_/;
    ask($session, 'BEGIN; SET LOCAL client_min_messages = error');
    ask($session,
        $index =~ /_pkey$/
        ? "ALTER TABLE access_token.$table DROP CONSTRAINT $index CASCADE"
        : "DROP INDEX access_token.$index");
    calls_end($session, $uses{$index}, "$index is gone");
    ask($session, 'ROLLBACK');
    calls_end($session, undef, "$index is there again");
}

# A token as it is signed elsewhere, which names no secret.
sub sign_outside
{
    ask($dba, "SELECT access_token.create_api_key('acme', 'outside', id => 'outside', imported_secret => repeat('x', 32))");
    my $claims = sprintf '{"iss":"outside","sub":"acme","exp":%d,"grants":{"identity":"user|42"}}', time + 3600;
    my $input = join '.', map { encode_base64url($_) } '{"alg":"HS256","typ":"JWT","cty":"parra-fpa;v=1"}', $claims;
    return $input . '.' . encode_base64url(hmac_sha256($input, 'x' x 32));
}

# Whether each of the calls fails whose name matches, and all others succeed.
sub calls_end
{
    my ($asked, $failing, $what) = @_;
    foreach my $name (sort keys %calls)
    {
        my $expected = defined $failing && $name =~ $failing ? 'XX002' : '00000';
        is(sqlstate($asked, $calls{$name}), $expected, "$what: $name ends with $expected");
    }
    return;
}

# A change that a failed statement has taken back must not stay in the cache, even when the failing
# statement itself has looked at the key: its row triggers have not fired by then.
switch_key($dba, 'off');
ask($dba, <<'SQL');
CREATE FUNCTION test.write() RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN CREATE TEMPORARY TABLE written (n integer) ON COMMIT DROP; RETURN true; END $$
SQL
my $fresh = open_session($node);
ask($fresh, 'BEGIN');
is(sqlstate($fresh, <<"SQL"), '22012', 'a statement enables the key, looks at it and fails');
WITH changed AS (
    UPDATE access_token.api_key SET disabled_at = NULL WHERE api_key_id = 'backend' RETURNING api_key_id)
SELECT test.write(),
    (SELECT valid FROM access_token.inspect_access_token('$token') WHERE api_key_id IS NOT NULL),
    1 / length(substr(api_key_id, 100))
FROM changed
SQL
is(verdict($fresh, $token), 'disabled', 'the key is as it was, inside the transaction');
ask($fresh, 'ROLLBACK');
is(verdict($fresh, $token), 'disabled', 'the key is as it was, after it');
$fresh->quit;
switch_key($dba, 'on');

# A session that falls behind is told to forget everything, instead of what has changed.
is(verdict($session, $token), 'valid', 'the session has the key in its cache');
ask($session, 'SET log_min_messages = debug4');
ask($dba, 'SELECT pg_advisory_lock(1)');
my $offset = -s $node->logfile;
$session->query_until(qr/waiting/, "\\echo waiting\nDO 'BEGIN PERFORM pg_advisory_lock_shared(1); END';\n");
$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
switch_key($dba, 'off');
ask($dba, <<'SQL');
DO $$ BEGIN
    FOR i IN 1 .. 300 LOOP CREATE TEMPORARY TABLE t (a integer PRIMARY KEY, b text); DROP TABLE t; END LOOP;
END $$
SQL
ask($dba, 'SELECT pg_advisory_unlock(1)');
is(verdict($session, $token), 'disabled', 'a session that has fallen behind sees the disable');
like(slurp_file($node->logfile, $offset), qr/cache state reset/, 'its caches were reset');
ask($session, 'RESET log_min_messages');
switch_key($dba, 'on');

# The extension goes and comes back: all OIDs are others, and so is the secret of the key.
ask($session, 'BEGIN; DROP EXTENSION access_token; ROLLBACK');
both_say($token, 'valid', 'DROP EXTENSION rolled back');
ask($session, 'BEGIN; DROP EXTENSION access_token; CREATE EXTENSION access_token');
make_keys($session);
is(verdict($session, $token), 'bad_signature', 'created anew, the extension does not know the token');
my $anew = issue($session, 'backend');
is(verdict($session, $anew), 'valid', 'but its own');
ask($session, 'ROLLBACK');
both_say($token, 'valid', 'rolled back, the extension knows its token again');
both_say($anew, 'bad_signature', 'and not the other one');

ask($session, 'DROP EXTENSION access_token');
my (undef, $error) = try($session, $calls{verify});
like($error, qr/ERROR:  function .* does not exist/, 'there is nothing to call without it');
ask($session, 'CREATE EXTENSION access_token');
make_keys($session);
$anew = issue($session, 'backend');
is(verdict($_, $token), 'bad_signature', 'after DROP and CREATE the former token is refused')
  foreach ($session, $dba);
is(verdict($_, $anew), 'valid', 'and the new one verifies') foreach ($session, $dba);
switch_key($dba, 'off');
is(verdict($session, $anew), 'disabled', 'a disable elsewhere is seen');
ask($dba, 'DROP EXTENSION access_token; CREATE EXTENSION access_token');
is(verdict($session, $anew), 'bad_signature', 'DROP and CREATE by another session are seen');

# Keys of an extension whose creation is rolled back.
ask($dba, 'CREATE DATABASE undone');
my $undone = open_session($node, 'undone');
foreach my $round ('first', 'second')
{
    ask($undone, 'BEGIN; CREATE EXTENSION access_token');
    make_keys($undone);
    is(verdict($undone, issue($undone, 'backend')), 'valid', "the $round CREATE EXTENSION works in its transaction");
    ask($undone, 'ROLLBACK');
}
ask($undone, 'CREATE EXTENSION access_token');
make_keys($undone);
is(verdict($undone, issue($undone, 'backend')), 'valid', 'and so does one that is committed');

$_->quit foreach ($session, $dba, $undone);
done_testing();
