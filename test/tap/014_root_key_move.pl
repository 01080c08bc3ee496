# Moving a logical dump together with its root key: exported under a passphrase, imported into a fresh
# cluster, where old tokens verify and keys sign again; then rewrapped, so that the imported key may go.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;
use RootKeys;
use SecretSearch;

my @quiet = ('log_parameter_max_length = 0', 'log_parameter_max_length_on_error = 0', "log_statement = 'all'",
    'log_min_duration_statement = 0', "log_min_messages = 'debug1'");
my $source = new_server('source', conf => \@quiet);
ask($source, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
SELECT access_token.rotate_api_key('backend');
SELECT access_token.create_api_key('acme', 'frontend', id => 'frontend', public => true);
SELECT access_token.rotate_signing_key('acme', algorithm) FROM unnest(ARRAY['RS256', 'ES256', 'EdDSA']) AS algorithm;
SQL
my $secrets = 3 + 6;    # of API keys, one of them twice, and private keys
my $rows = 2 + 6;
my @algorithms = ('RS256', 'ES256', 'EdDSA');

sub sign
{
    my ($algorithm) = @_;
    return qq{SELECT access_token.sign_token('acme', '{"sub": "guest"}', '$algorithm', '{"typ": "own+jwt"}')};
}

my $token = issue($source, 'backend');
my %own = map { $_ => ask($source, sign($_)) } @algorithms;
my $root_key_id = ask($source, 'SELECT root_key_id FROM access_token.root_key');
my $root_key = pack('H*', ask($source, "SELECT encode(key, 'hex') FROM access_token.root_key"));

# What needs the root key, and what needs public keys alone, with their SQLSTATEs in a new session.
sub states
{
    my ($node, $database) = @_;
    my @statements = (
        "SELECT access_token.verify_access_token('$token')",
        "SELECT access_token.issue_access_token('backend', 'user|42')",
        "SELECT access_token.issue_public_token('acme', 'frontend', 'user|42')",
        map { sign($_) } @algorithms);
    return join(' ', map { $node->safe_psql($database, "SELECT test.sqlstate(\$q\$$_\$q\$)") } @statements);
}

sub own_verify
{
    my ($asked) = @_;
    return join(' ', map {
        sqlstate($asked, "SELECT access_token.verify_token('$own{$_}', 'acme', 'own+jwt')")
    } @algorithms);
}

sub counts
{
    my ($node) = @_;
    return ask($node, q{SELECT string_agg(format('%s %s', source, seals_rows), ', ' ORDER BY source) FROM access_token.root_keys});
}

# bound(node, script, variables): one transaction of pgbench with its variables bound; its messages.
sub bound
{
    my ($node, $statements, %variables) = @_;
    my $messages = run_bound($node, 'postgres', 'extended', $statements, %variables);
    return $messages =~ /ERROR/ ? $messages : '';
}

sub dump_of
{
    my ($node) = @_;
    my ($dump, $messages);
    IPC::Run::run([ 'pg_dump', '--dbname', $node->connstr('postgres') ], '>', \$dump, '2>', \$messages)
      or die "pg_dump: $messages";
    return $dump;
}

sub restore
{
    my ($node, $database, $dump) = @_;
    my ($output, $messages);
    IPC::Run::run([ 'psql', '--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', $node->connstr($database) ],
        '<', \$dump, '>', \$output, '2>', \$messages) or die "psql: $messages";
    return;
}

my $lost = join(' ', ('TK011') x 6);
my $fine = join(' ', ('00000') x 6);
is(states($source, 'postgres'), $fine, 'the source works');

# The export, with its passphrase bound; what it returns is safe to keep beside the dump.
my ($passphrase, $wrong) = map { 'passphrase' . random_text(30) } 1 .. 2;
ask($source, 'CREATE TABLE test.exported (sealed text)');
is(bound($source, 'INSERT INTO test.exported SELECT access_token.export_root_key(:passphrase);', passphrase => $passphrase),
    '', 'the root key is exported');
like(bound($source, 'SELECT access_token.export_root_key(:passphrase);', passphrase => substr($wrong, 0, 11)),
    qr/passphrase is too short/, 'not under a short passphrase');
my $sealed = ask($source, 'SELECT sealed FROM test.exported');
ask($source, 'DROP TABLE test.exported');

# A fresh cluster gets the dump, and wants the key.
my $dump = dump_of($source);
my $target = new_server('target', prepared => 0, conf => \@quiet);
restore($target, 'postgres', $dump);
my $open = open_session($target);
is(states($target, 'postgres'), $lost, 'without the root key nothing opens');
my ($status, $output, $messages) = $target->psql('postgres', "SELECT access_token.verify_access_token('$token')",
    extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($messages, qr/TK011.*DETAIL:.*"\Q$root_key_id\E".*HINT:.*"\Q$root_key_id\E".*import_root_key/s,
    'TK011 names the root key, and the way to bring it');
is(own_verify($target), '00000 00000 00000', 'tokens of signing keys verify by public keys alone');
is(ask($target, "SELECT jsonb_array_length(access_token.jwks('acme') -> 'keys')"), '6', 'which are published');
is(counts($target), "database 0, missing $rows", 'root_keys counts what is missing');
is(ask($target, 'SELECT finding FROM access_token.check_installation()'),
    "$secrets secrets are sealed under the root key \"$root_key_id\", which is missing", 'so does check_installation');
is(sqlstate($target, 'SELECT access_token.rewrap_secrets()'), 'TK011', 'nothing can be rewrapped');
my $new = ask($target, "SELECT secret FROM access_token.create_api_key('acme', 'new', id => 'new')");
is(verdict($target, issue($target, 'new')), 'valid', 'a key that is made here works');

# The import.
my $import = 'SELECT access_token.import_root_key(:sealed, :passphrase);';
my $altered = $sealed =~ s/(.)(.{20})$/($1 eq 'A' ? 'B' : 'A') . $2/er;
like(bound($target, $import, sealed => $sealed, passphrase => $wrong),
    qr/root key cannot be imported/, 'another passphrase is refused');
like(bound($target, $import, sealed => $altered, passphrase => $passphrase),
    qr/root key cannot be imported/, 'an altered text is refused');
is(counts($target), "database 1, missing $rows", 'and nothing was imported');
is(bound($target, $import, sealed => $sealed, passphrase => $passphrase), '', 'the right one is taken');
is(states($target, 'postgres'), $fine, 'everything opens');
is(verdict($open, $token), 'valid', 'in open sessions, too');
is(own_verify($open), '00000 00000 00000', 'tokens of signing keys go on to verify');
is(counts($target), "database 1, imported $rows", 'root_keys says imported');
foreach my $algorithm (@algorithms)
{
    my $signed = ask($target, sign($algorithm));
    is(sqlstate($source, "SELECT access_token.verify_token('$signed', 'acme', 'own+jwt')"),
        '00000', "$algorithm: the source verifies what the target signs");
}

# It only opens: what is new is sealed under the database's own key.
ask($target, "SELECT access_token.create_api_key('acme', 'newer', id => 'newer')");
ask($target, "SELECT access_token.create_signing_key('acme', 'PS256')");
is(counts($target), "database 3, imported $rows", 'an imported key seals nothing');

# Rewrapped in batches; then the imported key may go.
my @batches;
do { push @batches, ask($target, 'SELECT access_token.rewrap_secrets(4)') } until $batches[-1] == 0;
is("@batches", '4 4 0', 'rewrapped, a batch at a time');
is(counts($target), 'database 11, imported 0', 'nothing is left under the imported key');
ask($target, "DELETE FROM access_token.root_key WHERE root_key_id = '$root_key_id'");
$open->quit;
$target->restart;
is(states($target, 'postgres'), $fine, 'without it, after a restart, everything opens');
is(verdict($target, $token), 'valid', 'old tokens verify');
is(own_verify($target), '00000 00000 00000', 'old tokens of signing keys, too');
is(ask($target, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'and nothing is left to mend');

# Root keys from a file need no export: the new server gets the same file.
my $file = PostgreSQL::Test::Utils::tempdir . '/root_keys';
write_private($file, 'file:' . new_root_key() . "\n");
foreach my $node ($source, $target)
{
    $node->append_conf('postgresql.conf', "access_token.root_key_file = '$file'");
    reload_conf($node);
}
is(ask($source, 'SELECT access_token.rewrap_secrets()'), $rows, 'the source moves to a key in a file');
$dump = dump_of($source);
ask($target, 'CREATE DATABASE by_file');
restore($target, 'by_file', $dump);
is(states($target, 'by_file'), $fine, 'a dump of it opens where the file is, without any import');

# Nothing of all this is in a log or in a dump.
my $needles = needles('root key' => $root_key, passphrase => $passphrase, 'wrong passphrase' => $wrong, 'export' => $sealed);
is(found($dump, $needles), '', 'the dump holds neither root key nor passphrase');
foreach my $node ($source, $target)
{
    $node->stop;
    is(found(read_bytes($node->logfile), needles('root key' => $root_key, passphrase => $passphrase, wrong => $wrong)),
        '', $node->name . ': neither does the log');
}
done_testing();
