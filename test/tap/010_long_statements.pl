# Statements with very many calls: they end as soon as they are cancelled, and their memory is flat.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;

my $node = new_server('long');
my $dba = open_session($node);
ask($dba, "SELECT access_token.create_tenant('Acme', 'acme')");
ask($dba, "SELECT access_token.create_api_key('acme', 'backend', id => 'backend')");
my $session = open_session($node);
ask($session, '\set VERBOSITY sqlstate');
my $pid = ask($session, 'SELECT pg_backend_pid()');
my $token = issue($session, 'backend');
my $altered = substr($token, 0, -8) . 'AAAAAAAA';

# What is called for each n of a series.
my %calls = (
    'issue_access_token' => "access_token.issue_access_token('backend', n)",
    'verify_access_token' => "access_token.verify_access_token('$token')",
    'inspect_access_token of a good token' => "(access_token.inspect_access_token('$token')).valid",
    'inspect_access_token of an altered one' => "(access_token.inspect_access_token('$altered')).reason",);

sub many
{
    my ($call, $times) = @_;
    return "SELECT count(c) FROM (SELECT $call AS c FROM generate_series(1, $times) AS n) AS s";
}

# Ten million calls would take minutes: who ends with 57014 has not made them all.
my $many = 10_000_000;
my $loop = "DO \$\$ BEGIN FOR n IN 1 .. $many LOOP "
  . "BEGIN PERFORM %s; EXCEPTION WHEN SQLSTATE 'TK003' THEN NULL; END; END LOOP; END \$\$";
my %statements = (
    (map { $_ => many($calls{$_}, $many) } keys %calls),
    'verify_access_token in a loop' => sprintf($loop, $calls{verify_access_token}),
    'failing verify_access_token in a loop' => sprintf($loop, "access_token.verify_access_token('$altered')"));

foreach my $name (sort keys %statements)
{
    ask($session, "SET statement_timeout = '100ms'");
    my (undef, $error) = try($session, $statements{$name});
    like($error, qr/ERROR:  57014$/, "$name obeys statement_timeout");
    ask($session, 'SET statement_timeout = 0');

    $session->query_until(qr/running/, "\\echo running\n$statements{$name};\n");
    $node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND state = 'active' AND query ~ '$many'");
    ask($dba, "SELECT pg_cancel_backend($pid)");
    (undef, $error) = try($session, 'SELECT 1');
    like($error, qr/ERROR:  57014$/, "$name obeys pg_cancel_backend");
    is(verdict($session, $token), 'valid', 'the session goes on');
    isnt(cached($session), '0', 'with its cache');
}

# The most memory in kB that the session's process has at any moment of a statement.
sub peak
{
    my ($statement) = @_;
    open my $clear, '>', "/proc/$pid/clear_refs" or die "clear_refs: $!";
    print $clear "5\n";
    close $clear or die "clear_refs: $!";
    ask($session, $statement);
    my ($kilobytes) = slurp_file("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB$/m or die 'no VmHWM';
    return $kilobytes;
}

# is_flat(what, times, statement for so many times): a byte that a call leaves behind would show.
sub is_flat
{
    my ($what, $times, $statement) = @_;
    ask($session, $statement->($times / 20));
    my $few = peak($statement->($times / 20));
    my $grown = peak($statement->($times)) - $few;
    cmp_ok($grown, '<', 1024, "$what: $times calls take no megabyte more than a twentieth of them ($grown kB)");
    return;
}

ask($session, "SET work_mem = '64kB'");
foreach my $name (sort keys %calls)
{
    is_flat($name, 1_000_000, sub { many($calls{$name}, $_[0]) });
}
is_flat('failing verify_access_token, caught', 200_000,
    sub { $statements{'failing verify_access_token in a loop'} =~ s/$many/$_[0]/r });

# Without the cache each call reads everything anew and closes it at its end.
ask($dba, "ALTER TABLE access_token.$_ ENABLE TRIGGER invalidate_key_cache_after")
  foreach ('tenant', 'api_key');
$session->quit;
$session = open_session($node);
$pid = ask($session, 'SELECT pg_backend_pid()');
ask($session, "SET client_min_messages = error; SET work_mem = '64kB'");
is_flat('verify_access_token without cache', 200_000, sub { many($calls{verify_access_token}, $_[0]) });
is(cached($session), '0', 'nothing was cached');

$_->quit foreach ($session, $dba);
done_testing();
