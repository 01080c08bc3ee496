# CREATE EXTENSION takes no schema in which somebody else could plant objects, gives nobody anything but
# what it means to give, and DROP EXTENSION leaves nothing behind.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $node = new_server('installed', prepared => 0);
ask($node, 'CREATE ROLE mallory; CREATE ROLE reader');
my $number = 0;

# A session in a new database, in which the statements have been run.
sub database_after
{
    my ($sql) = @_;
    my $database = 'database_' . ++$number;
    ask($node, "CREATE DATABASE $database");
    $node->safe_psql($database, $sql);
    return open_session($node, $database);
}

sub is_refused
{
    my ($sql, $sqlstate, $message, $what) = @_;
    my $session = database_after($sql);
    my (undef, $error) = try($session, "\\set VERBOSITY verbose\nCREATE EXTENSION access_token");
    like($error, qr/ERROR:  $sqlstate: $message/, $what);
    is(ask($session, "SELECT count(*) FROM pg_extension WHERE extname = 'access_token'"), '0', 'nothing was made');
    $session->quit;
    return;
}

is_refused('CREATE SCHEMA access_token AUTHORIZATION mallory',
    42501, 'schema access_token is owned by another role', "somebody else's schema");
is_refused('CREATE SCHEMA access_token; GRANT CREATE ON SCHEMA access_token TO mallory',
    42501, 'others may create objects in schema access_token', 'a schema in which another role may create');
is_refused('CREATE SCHEMA access_token; GRANT CREATE ON SCHEMA access_token TO PUBLIC',
    42501, 'others may create objects in schema access_token', 'a schema in which everybody may create');

my %planted = (
    table => 'CREATE TABLE access_token.t ()',
    view => 'CREATE VIEW access_token.v AS SELECT 1',
    sequence => 'CREATE SEQUENCE access_token.s',
    function => 'CREATE FUNCTION access_token.f(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$',
    type => "CREATE TYPE access_token.e AS ENUM ('a')",
    domain => 'CREATE DOMAIN access_token.d AS text',
    operator => 'CREATE OPERATOR access_token.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)',);
foreach my $kind (sort keys %planted)
{
    is_refused("CREATE SCHEMA access_token; $planted{$kind}",
        55000, 'schema access_token is not empty', "a schema with a $kind in it");
}

# Everything in the schema, by the catalogs that have a schema.
my $objects = <<'SQL';
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = n.oid)
     + (SELECT count(*) FROM pg_proc WHERE pronamespace = n.oid)
     + (SELECT count(*) FROM pg_type WHERE typnamespace = n.oid)
     + (SELECT count(*) FROM pg_constraint WHERE connamespace = n.oid)
     + (SELECT count(*) FROM pg_operator WHERE oprnamespace = n.oid)
FROM pg_namespace AS n WHERE n.nspname = 'access_token'
SQL

# An empty schema of a superuser is taken, and is there again, empty, after DROP EXTENSION.
my $session = database_after('CREATE SCHEMA access_token');
ask($session, 'CREATE EXTENSION access_token');
cmp_ok(ask($session, $objects), '>', 0, 'an empty schema of a superuser is taken');
ask($session, "SELECT access_token.create_tenant('Acme', 'acme')");
ask($session, "SELECT access_token.create_api_key('acme', 'backend', id => 'backend')");
ask($session, "SELECT access_token.grant_access('reader', 'verifier')");
ask($session, 'DROP EXTENSION access_token');
is(ask($session, $objects), '0', 'DROP EXTENSION leaves no object in it');
my $dangling = <<'SQL';
SELECT count(*) FROM pg_init_privs
WHERE classoid = 'pg_proc'::regclass AND objoid NOT IN (SELECT oid FROM pg_proc)
   OR classoid = 'pg_class'::regclass AND objoid NOT IN (SELECT oid FROM pg_class)
SQL
is(ask($session, $dangling), '0', 'and no trace in the catalog of initial privileges');
my (undef, $error) = try($session, 'CREATE EXTENSION access_token');
is($error, '', 'the schema is taken again');
$session->quit;

# A schema that CREATE EXTENSION makes is PostgreSQL's to keep: it stays, empty.
$session = database_after('CREATE EXTENSION access_token; DROP EXTENSION access_token');
is(ask($session, $objects), '0', 'DROP EXTENSION leaves no object in a schema of its own making');

# Default privileges that the installing superuser has set for something else must not open the doors.
is_refused('ALTER DEFAULT PRIVILEGES GRANT CREATE ON SCHEMAS TO reader',
    42501, 'others may create objects in schema access_token', 'a schema that default privileges open');
$session->quit;

# All that anybody but the owner may do with anything of the extension.
my $open = <<'SQL';
SELECT coalesce(string_agg(format('%s: %s to %s', o.name, a.privilege_type, coalesce(r.rolname, 'PUBLIC')), ', ' ORDER BY o.name), '')
FROM (SELECT oid::regprocedure::text AS name, coalesce(proacl, acldefault('f', proowner)) AS acl, proowner AS owner, pronamespace AS namespace
      FROM pg_proc
      UNION ALL
      SELECT oid::regclass::text, relacl, relowner, relnamespace FROM pg_class
      UNION ALL
      SELECT format('column %s.%s', c.oid::regclass, t.attname), t.attacl, c.relowner, c.relnamespace
      FROM pg_attribute AS t JOIN pg_class AS c ON c.oid = t.attrelid
      UNION ALL
      SELECT 'type ' || t.oid::regtype, coalesce(t.typacl, acldefault('T', t.typowner)), t.typowner, t.typnamespace FROM pg_type AS t
      WHERE t.typelem = 0 -- an array goes with its elements
      UNION ALL
      SELECT 'schema ' || nspname, nspacl, nspowner, oid FROM pg_namespace) AS o
CROSS JOIN LATERAL aclexplode(o.acl) AS a
LEFT JOIN pg_roles AS r ON r.oid = a.grantee
WHERE o.namespace = 'access_token'::regnamespace AND a.grantee <> o.owner
SQL
my $meant = 'access_token.decode_token(text): EXECUTE to PUBLIC, schema access_token: USAGE to PUBLIC';
$session = database_after('CREATE EXTENSION access_token');
is(ask($session, $open), $meant, 'without default privileges: decode_token for everybody, and nothing else');
$session->quit;

ask($node, 'CREATE ROLE "Odd, reader"');
my @kinds = ('TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES');
foreach my $grantee ('reader', 'PUBLIC', '"Odd, reader"', 'reader WITH GRANT OPTION')
{
    $session = database_after(join('', map { "ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO $grantee;" } @kinds)
          . 'CREATE EXTENSION access_token');
    is(ask($session, $open), $meant, "default privileges for $grantee give nothing away");
    $session->quit;
    $session = database_after('CREATE SCHEMA access_token;'
          . join('', map { "ALTER DEFAULT PRIVILEGES IN SCHEMA access_token GRANT ALL ON $_ TO $grantee;" } @kinds)
          . 'CREATE EXTENSION access_token');
    is(ask($session, $open), $meant, "nor do those of the schema alone, for $grantee");
    is(ask($session, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'and nothing is found unsafe');
    $session->quit;
}

# Nor do they take away what is meant for everybody.
$session = database_after('ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC;'
      . 'ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC; CREATE EXTENSION access_token');
is(ask($session, $open), $meant, 'where they give less, decode_token is still for everybody');
$session->quit;

# Only a superuser installs it.
ask($node, 'CREATE ROLE owner LOGIN; CREATE DATABASE owned OWNER owner');
my ($status, $output, $refusal) = $node->psql('owned', 'SET ROLE owner; CREATE EXTENSION access_token');
like($refusal, qr/permission denied to create extension "access_token"/, "a database's owner cannot install it");

done_testing();
