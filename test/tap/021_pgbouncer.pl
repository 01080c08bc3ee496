# PgBouncer in transaction mode: 200 clients share ten connections, mix what they do, and none of them ever
# sees another's rows or is somebody without a token.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

plan skip_all => 'pgbouncer is not installed' if system('pgbouncer --version >/dev/null 2>&1') != 0;

my $node = new_server('pooled');
ask($node, <<'SQL');
SELECT access_token.create_tenant(t, t) FROM (VALUES ('acme'), ('other')) AS r (t);
SELECT access_token.create_api_key(t, t, id => t) FROM (VALUES ('acme'), ('other')) AS r (t);
CREATE ROLE app LOGIN;
SELECT access_token.grant_access('app', 'subject');
GRANT USAGE ON SCHEMA test TO app;

-- Forty users, twenty of each tenant, with ten notes each, and a token for each that everybody can read.
CREATE TABLE test.token AS
SELECT n, CASE n % 2 WHEN 0 THEN 'acme' ELSE 'other' END AS tenant_id, 'user-' || n / 2 AS identity,
       access_token.issue_access_token(CASE n % 2 WHEN 0 THEN 'acme' ELSE 'other' END, 'user-' || n / 2) AS token
FROM generate_series(0, 39) AS n;
CREATE TABLE test.note AS SELECT t.tenant_id, t.identity AS owner, i AS n FROM test.token AS t, generate_series(1, 10) AS i;
CREATE INDEX ON test.note (owner);
ALTER TABLE test.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON test.note TO app
    USING (tenant_id = access_token.current_tenant() AND owner = access_token.current_identity());
GRANT SELECT ON test.token, test.note TO app;
GRANT UPDATE ON test.note TO app;

-- Raises unless the rows that are seen are those of the n-th user, all ten; with -1: unless there are none.
CREATE FUNCTION test.sees_only(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who test.token%ROWTYPE;
    own bigint;
    foreign_rows bigint;
BEGIN
    SELECT t.* INTO who FROM test.token AS t WHERE t.n = sees_only.n;
    SELECT count(*) FILTER (WHERE e.tenant_id = who.tenant_id AND e.owner = who.identity),
           count(*) FILTER (WHERE (e.tenant_id = who.tenant_id AND e.owner = who.identity) IS NOT TRUE)
    INTO own, foreign_rows FROM test.note AS e;
    IF own <> (CASE WHEN sees_only.n < 0 THEN 0 ELSE 10 END) OR foreign_rows <> 0
       OR access_token.current_identity() IS DISTINCT FROM who.identity
       OR access_token.current_tenant() IS DISTINCT FROM who.tenant_id
    THEN
        RAISE EXCEPTION 'LEAK: user % sees % own and % foreign rows', sees_only.n, own, foreign_rows;
    END IF;
END $$;
CREATE FUNCTION test.be(n integer, what text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM access_token.authenticate(t.token || be.what, t.tenant_id) FROM test.token AS t WHERE t.n = be.n;
END $$;
CREATE FUNCTION test.is_refused(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM test.be(is_refused.n, 'x');
    RAISE EXCEPTION 'LEAK: a bad token was bound';
EXCEPTION WHEN SQLSTATE 'TK001' OR SQLSTATE 'TK003' THEN
    NULL;
END $$;
SQL

my $directory = $node->basedir . '/pgbouncer';
mkdir $directory or die "$directory: $!";
my $socket = $node->host;
my $port = PostgreSQL::Test::Cluster::get_free_port();
append_to_file("$directory/users.txt", qq("app" "unused"\n));
append_to_file("$directory/pgbouncer.ini", <<"INI");
[databases]
postgres = host=$socket port=@{[ $node->port ]} dbname=postgres user=app
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $socket
auth_type = any
auth_file = $directory/users.txt
logfile = $directory/pgbouncer.log
pool_mode = transaction
default_pool_size = 10
max_client_conn = 300
INI
my $bouncer = IPC::Run::start([ 'pgbouncer', '--quiet', "$directory/pgbouncer.ini" ], '>', "$directory/out", '2>', "$directory/err");
my $is_there = 0;
foreach my $try (1 .. 100)
{
    $is_there = system_log('psql', '--no-psqlrc', '--quiet', '--host', $socket, '--port', $port, '--username', 'app', '--command', 'SELECT 1', 'postgres') == 0;
    last if $is_there || !$bouncer->pumpable;
    select(undef, undef, undef, 0.1);
}
ok($is_there, 'PgBouncer pools connections') or diag(slurp_file("$directory/err"));

# Every script is what one request may be.
my $choose = "\\set n random(0, 39)\n\\set other random(0, 39)\n";
my $bind = "SELECT test.be(:n);\n";
my $check = "SELECT test.sees_only(:n);\n";
my $nobody = "SELECT test.sees_only(-1);\n";
my %scripts = (
    'asks' => "BEGIN;\n$bind$check${check}COMMIT;\n",
    'writes' => "BEGIN;\n${bind}UPDATE test.note SET n = n;\n${check}COMMIT;\n",
    'rolls_back' => "BEGIN;\n$bind${check}ROLLBACK;\n$nobody",
    'nobody' => "BEGIN;\n${nobody}SELECT pg_sleep(0.001);\n${nobody}COMMIT;\n",
    'no_transaction' => "$bind$nobody",
    'is_refused' => "BEGIN;\nSELECT test.is_refused(:n);\n${nobody}COMMIT;\n",
    'is_refused_later' => "BEGIN;\n${bind}SELECT test.is_refused(:other);\n${check}COMMIT;\n",
    'changes' => "BEGIN;\n$bind${check}SAVEPOINT one;\nSELECT test.be(:other);\nSELECT test.sees_only(:other);\n"
      . "ROLLBACK TO one;\n${check}SELECT test.be(:other);\nSELECT test.sees_only(:other);\nCOMMIT;\n",
    'resets' => "BEGIN;\n${bind}RESET ALL;\n${nobody}COMMIT;\n",);
my @files;
foreach my $name (sort keys %scripts)
{
    append_to_file("$directory/$name.sql", $choose . $scripts{$name});
    push @files, '--file', "$directory/$name.sql";
}

foreach my $protocol ('simple', 'extended')
{
    my ($output, $messages);
    my $succeeded = IPC::Run::run(
        [
            'pgbench', '--no-vacuum', '--client=200', '--jobs=2', '--time=6', "--protocol=$protocol",
            '--host', $socket, '--port', $port, '--username', 'app', @files, 'postgres'
        ],
        '>', \$output, '2>', \$messages);
    ok($succeeded, "200 clients, $protocol protocol: no error, and nobody sees what is not his");
    unlike($messages, qr/LEAK|ERROR/, 'nothing was said') or diag(substr($messages, 0, 2000));
    my ($transactions) = $output =~ /number of transactions actually processed: (\d+)/;
    cmp_ok($transactions, '>', 1000, "$transactions requests");
    my @ran = $output =~ /- (\d+) transactions \(/g;
    is(scalar(grep { $_ > 0 } @ran), scalar(keys %scripts), 'of every kind');
}
my $connections = ask($node, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'");
cmp_ok($connections, '<=', 10, "through $connections connections");
is(ask($node, "SELECT count(*) FROM test.note"), '400', 'all rows are there');

$bouncer->signal('TERM');
$bouncer->finish;
done_testing();
