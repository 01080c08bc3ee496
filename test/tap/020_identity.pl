# Who is asking, over transactions and sessions: a bound identity ends with its transaction however that
# ends, no session begins with one whatever is written down for its role, and each encoding has its own.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $node = new_server('bound', conf => ['max_prepared_transactions = 2']);
ask($node, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
CREATE ROLE app LOGIN;
CREATE ROLE forger LOGIN;
SELECT access_token.grant_access(role, 'subject') FROM (VALUES ('app'::regrole), ('forger')) AS r (role);
CREATE FUNCTION test.be(identity text) RETURNS text LANGUAGE sql SECURITY DEFINER AS
$$ SELECT access_token.authenticate(access_token.issue_access_token('backend', identity), 'acme') #>> '{grants,identity}' $$;
GRANT USAGE ON SCHEMA test TO app, forger;
SQL
my $who = "SELECT coalesce(access_token.current_identity(), 'nobody')";
my $session = open_app('app');

# A session of another role, which loads the library with its first call.
sub open_app
{
    my ($role) = @_;
    return $node->background_psql('postgres', on_error_stop => 0, extra_params => [ '--username', $role ]);
}

sub is_bound
{
    my ($expected, $what) = @_;
    is(ask($session, $who), $expected, $what);
    return;
}

# Ends of a transaction.
is_bound('nobody', 'a new session');
ask($session, "SELECT test.be('anna')");
is_bound('nobody', 'without BEGIN it ends with the statement');
foreach my $end ('COMMIT', 'ROLLBACK', 'COMMIT AND CHAIN; COMMIT', 'ROLLBACK AND CHAIN; COMMIT')
{
    ask($session, "BEGIN; SELECT test.be('anna')");
    is_bound('anna', "before $end");
    ask($session, $end);
    is_bound('nobody', "after $end");
}
ask($session, "BEGIN; SELECT test.be('anna')");
try($session, 'SELECT 1/0');
ask($session, 'ROLLBACK');
is_bound('nobody', 'after an error');
ask($session, "BEGIN READ ONLY; SELECT test.be('anna')");
is_bound('anna', 'in a read-only transaction');
ask($session, "PREPARE TRANSACTION 'one'");
is_bound('nobody', 'after PREPARE TRANSACTION');
ask($session, "COMMIT PREPARED 'one'");
is_bound('nobody', 'after COMMIT PREPARED');

# A procedure that commits: the identity is that of the transaction. What it has read stays.
ask($node, <<'SQL');
CREATE PROCEDURE test.commits(INOUT seen text) LANGUAGE plpgsql AS $$
DECLARE
    first text;
    row record;
BEGIN
    PERFORM test.be('anna');
    first := access_token.current_identity();
    seen := first;
    FOR row IN SELECT n, access_token.current_identity() AS identity FROM generate_series(1, 3) AS n LOOP
        seen := concat_ws(' ', seen, row.identity, access_token.current_identity());
        COMMIT;
    END LOOP;
    seen := concat_ws(' ', seen, first, coalesce(access_token.current_identity(), 'nobody'));
END $$;
SQL
is(ask($session, "CALL test.commits('')"), 'anna anna anna anna anna anna nobody', 'a procedure that commits');

# What a procedure was called with is its own: it was freed with the transaction once, so that after a COMMIT
# the argument was whatever came to lie in its place, another user's name or no text at all.
ask($node, <<'SQL');
CREATE PROCEDURE test.outlives(identity text, scopes text[], claims jsonb, INOUT seen text) LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
    FOR i IN 1 .. 3 LOOP
        PERFORM test.be('mallory');
        PERFORM access_token.current_identity(), access_token.current_scopes(), access_token.current_claims();
        seen := concat_ws(' ', seen, identity, scopes, claims #>> '{grants,identity}');
        COMMIT;
    END LOOP;
END $$;
CREATE PROCEDURE test.calls(INOUT seen text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.be('anna');
    CALL test.outlives(access_token.current_identity(), access_token.current_scopes(), access_token.current_claims(), seen);
END $$;
SQL
is((try($session, "CALL test.calls('')"))[0], ' anna {} anna anna {} anna anna {} anna', 'a procedure keeps what it was called with when it commits');

# A cursor that outlives the transaction keeps what it has seen.
ask($session, "BEGIN; SELECT test.be('anna'); DECLARE held CURSOR WITH HOLD FOR SELECT access_token.current_identity(); COMMIT");
is(ask($session, 'FETCH held'), 'anna', 'a cursor WITH HOLD');
is_bound('nobody', 'and yet nobody is bound');

# What clears a session, and what cannot run while a transaction is open.
ask($session, $_) foreach ('DISCARD ALL', 'RESET ALL');
is_bound('nobody', 'after DISCARD ALL and RESET ALL');
ask($session, "BEGIN; SELECT test.be('anna')");
like((try($session, 'DISCARD ALL'))[1], qr/cannot run inside a transaction block/, 'DISCARD ALL is for no transaction');
ask($session, 'ROLLBACK');

# Nothing that is written down for a role or database is ever bound: without the library any text can
# be written down, by whom SET was granted, or by a superuser.
my $record = '4:acme-6:victim-2:{}';
ask($node, <<"SQL");
GRANT SET ON PARAMETER access_token.bound_record TO forger;
ALTER DATABASE postgres SET access_token.bound_record = '$record';
ALTER ROLE app SET access_token.bound_record = '$record';
SQL
is($node->psql('postgres', "ALTER ROLE forger SET access_token.bound_record = '$record'", extra_params => [ '--username', 'forger' ]),
    0, 'a role to whom SET was granted writes a text down for itself');
foreach my $role ('app', 'forger', 'postgres')
{
    my $new = open_app($role);
    is(ask($new, "SELECT current_setting('access_token.bound_record') = '$record'"), 't', "$role: a session begins with the text")
      if $role eq 'postgres';
    my ($identity, $warnings) = try($new, $who);
    is($identity, 'nobody', "$role: and with no identity");
    like($warnings, qr/WARNING:.*parameter "access_token.bound_record" cannot be set/, "$role: the text is refused when the library is loaded");
    is(ask($new, "SELECT concat(access_token.current_tenant(), access_token.current_claims(), access_token.current_scopes())"), '', "$role: nor anything else");
    is(ask($new, "BEGIN; SELECT test.be('anna'); $who; COMMIT; $who"), "anna\nanna\nnobody", "$role: a good token is bound as ever");
    is(ask($new, 'RESET ALL; ' . $who), 'nobody', "$role: RESET ALL brings nothing back");
    is(ask($new, 'DISCARD ALL; ' . $who), 'nobody', "$role: nor does DISCARD ALL");
    $new->quit;
}

# Parallel workers read the same text from the catalog, and begin with it before the leader's settings come.
my $leader = open_app('app');
ask($node, 'CREATE TABLE test.many AS SELECT n FROM generate_series(1, 1000) AS n; ALTER TABLE test.many SET (parallel_workers = 2);'
      . ' GRANT SELECT ON test.many TO app; ANALYZE test.many');
try($leader, $who);
ask($leader, "SET $_") foreach ('parallel_setup_cost = 0', 'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0',
    'parallel_leader_participation = off');
my $scan = "SELECT count(*), count(access_token.current_identity()), min(access_token.current_identity()) FROM test.many";
like((try($leader, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) $scan"))[0], qr/Workers Launched: 2/, 'two workers scan');
is((try($leader, $scan))[0], '1000|0|', 'workers begin with no identity either');
is((try($leader, "BEGIN; SELECT test.be('anna'); $scan; COMMIT"))[0], "anna\n1000|1000|anna", 'workers have what the leader has bound');
$leader->quit;
ask($node, 'ALTER DATABASE postgres RESET access_token.bound_record; ALTER ROLE app RESET ALL; ALTER ROLE forger RESET ALL');

# With the library loaded none of that can even be written down; nor can it stand in a file.
foreach my $statement ("ALTER ROLE forger SET access_token.bound_record = '$record'",
    "ALTER DATABASE postgres SET access_token.bound_record = '$record'", "ALTER SYSTEM SET access_token.bound_record = '$record'")
{
    my $dba = open_session($node);
    ask($dba, "LOAD 'access_token'");
    like((try($dba, $statement))[1], qr/ERROR:  parameter "access_token.bound_record" cannot be/, "refused: $statement");
    $dba->quit;
}
$node->append_conf('postgresql.conf', "access_token.bound_record = '$record'");
$node->restart;
$session = open_app('app');
is((try($session, $who))[0], 'nobody', 'not from postgresql.conf');
$session->quit;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'access_token'");
$node->restart;
$session = open_app('app');
is_bound('nobody', 'nor with the library preloaded');
is(ask($session, "BEGIN; SELECT test.be('anna'); $who; COMMIT; $who"), "anna\nanna\nnobody", 'where a good token is bound as ever');
$session->quit;

# Other encodings: identities are text of the database, claims are UTF-8 until they are asked for.
foreach my $database ('latin1', 'sql_ascii')
{
    ask($node, "CREATE DATABASE $database ENCODING '$database' LOCALE 'C' TEMPLATE template0");
    prepare_database($node, $database);
    my $other = open_session($node, $database);
    ask($other, <<'SQL');
SET client_encoding = 'UTF8';
SELECT access_token.create_tenant('Acme', 'acme');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
SQL
    my $text = $database eq 'latin1' ? "U&'m\\00FCller'" : "convert_from('\\x6dc3bc6c6c6572', 'UTF8')";
    is(ask($other, "BEGIN; SELECT access_token.authenticate(access_token.issue_access_token('backend', $text,
            claims => jsonb_build_object('name', $text)), 'acme') IS NOT NULL;
        SELECT access_token.current_identity() = $text, length(access_token.current_identity()),
               access_token.current_claims() ->> 'name' = $text; COMMIT"),
        "t\nt|" . ($database eq 'latin1' ? 6 : 7) . '|t', "$database: the identity is text of the database");
    $other->quit;
}
# A token that an UTF-8 database signed with the same secret.
my $latin1 = open_session($node, 'latin1');
my $secret = ask($node, "SELECT secret FROM access_token.create_api_key('acme', 'shared', id => 'shared')");
ask($latin1, "SELECT access_token.create_api_key('acme', 'shared', id => 'shared', imported_secret => '$secret')");
foreach my $arguments (q{'user|42', claims => '{"price": "\u20ac"}'}, q{U&'\20AC'})
{
    my $signed = ask($node, <<"SQL");
SELECT access_token.jwt_sign(d.claims, jsonb_build_object('kty', 'oct', 'alg', 'HS256',
           'k', rtrim(translate(encode('$secret', 'base64'), E'+/\\n', '-_'), '=')), '{"cty": "parra-fpa;v=1"}')
FROM access_token.issue_access_token('shared', $arguments) AS t, access_token.decode_token(t) AS d
SQL
    like((try($latin1, "SELECT access_token.authenticate('$signed', 'acme')"))[1],
        qr/token holds characters that this database cannot represent/, "latin1 refuses what it cannot hold: $arguments");
}
$latin1->quit;

done_testing();
