# A backend keeps keys in a cache; whatever happens to keys, tables, triggers and indexes, a session
# that has a key there says about it what a new session says.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $node = new_server('cached', conf => ['max_prepared_transactions = 4']);
my $dba = open_session($node);
my $session = open_session($node);

sub make_keys
{
    my ($asked) = @_;
    ask($asked, "SELECT access_token.create_tenant('Acme', 'acme')");
    ask($asked, "SELECT access_token.create_api_key('acme', 'backend', id => '$_')") foreach ('backend', 'other');
    return;
}

sub switch_key
{
    my ($asked, $state) = @_;
    ask($asked, "SELECT access_token.set_api_key_enabled('backend', " . ($state eq 'on' ? 'true' : 'false') . ')');
    return;
}

# For each table a change that lets the token of backend be refused, and the way back.
my %changes = (
    tenant => [ 'tenant SET disabled_at = now()', 'tenant SET disabled_at = NULL' ],
    api_key => [ 'api_key SET disabled_at = now()', 'api_key SET disabled_at = NULL' ],
    api_key_secret => [ "api_key_secret SET retires_at = '-infinity'", 'api_key_secret SET retires_at = NULL' ],);

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
ask($dba, "DELETE FROM access_token.api_key_secret WHERE api_key_id = 'other'");
both_say($other, 'bad_signature', 'a secret deleted under it');
ask($dba, 'RESET session_replication_role');
switch_key($dba, 'on');

# A trigger that does not announce: while it is so, nothing of its table is cached.
foreach my $table ('tenant', 'api_key', 'api_key_secret')
{
    foreach my $trigger (map { ("invalidate_key_cache_$_", "invalidate_key_cache_${_}_truncate") } ('before', 'after'))
    {
        my $noisy = open_session($node);
        is(verdict($noisy, $token), 'valid', "before $trigger of $table is off");
        my $entries = cached($noisy);
        ask($dba, "ALTER TABLE access_token.$table DISABLE TRIGGER $trigger");
        my ($output, $messages) = try($noisy, "SELECT access_token.verify_access_token('$token') IS NOT NULL");
        is($output, 't', "$trigger of $table is off: the token verifies");
        like($messages, qr/WARNING:.*does not cache keys/, 'with a warning');
        cmp_ok(cached($noisy), '<', $entries, 'and without a cache for the table');
        ask($dba, "UPDATE access_token.$changes{$table}[0]");
        isnt(verdict($noisy, $token), 'valid', 'a change of it is seen at once');
        ask($dba, "UPDATE access_token.$changes{$table}[1]");
        is(verdict($noisy, $token), 'valid', 'and the way back');
        ask($dba, "ALTER TABLE access_token.$table ENABLE ALWAYS TRIGGER $trigger");
        is(verdict($noisy, $token), 'valid', 'with the trigger back it goes on');
        is(cached($noisy), $entries, 'and caches');
        $noisy->quit;
    }
}

# An index that is invalid or gone raises: "nothing found" would read as "no such key".
my $issue = "SELECT access_token.issue_access_token('backend', 'user|42')";
my $verify = "SELECT access_token.verify_access_token('$token')";
my $inspect = "SELECT access_token.inspect_access_token('$token')";
my %uses = (
    tenant_pkey => [ $issue, $verify, $inspect ],
    api_key_pkey => [ $issue, $verify, $inspect ],
    api_key_secret_pkey => [ $verify, $inspect ],
    api_key_secret_api_key_id_idx => [$issue],);
foreach my $index (sort keys %uses)
{
    my $set = "UPDATE pg_index SET indisvalid = %s WHERE indexrelid = 'access_token.$index'::regclass";
    ask($dba, sprintf($set, 'false'));
    is(sqlstate($node, $_), 'XX002', "$index is not valid: an error") foreach @{ $uses{$index} };
    like(ask($dba, 'SELECT finding FROM access_token.check_installation()'),
        qr/index access_token.$index is not valid/, 'check_installation lists it');
    ask($dba, sprintf($set, 'true'));
    is(sqlstate($node, $_), '00000', "$index is valid again") foreach @{ $uses{$index} };

    my $table = $index =~ s/_(pkey|api_key_id_idx)$//r;
    ask($session, 'BEGIN; SET LOCAL client_min_messages = error');
    ask($session,
        $index =~ /_pkey$/
        ? "ALTER TABLE access_token.$table DROP CONSTRAINT $index CASCADE"
        : "DROP INDEX access_token.$index");
    is(sqlstate($session, $_), 'XX002', "$index is gone: an error") foreach @{ $uses{$index} };
    ask($session, 'ROLLBACK');
    is(sqlstate($session, $_), '00000', "$index is there again") foreach @{ $uses{$index} };
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
my (undef, $error) = try($session, $verify);
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
