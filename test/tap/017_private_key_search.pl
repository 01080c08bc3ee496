# Private keys are sealed from the first write on. No byte of one is in table files, WAL or any other file
# of the data directory, in the log, in statistics or in a dump, whether the server made the key or the
# caller brought it; nor is a passphrase, nor a root key that comes from a file. Keys that the server makes
# are shown to nobody, so the test opens them from outside, as whoever has the root key can. Each search is
# shown to find what is there.
use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256_hex);
use IPC::Run;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(decode_base64 decode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;
use RootKeys;
use SecretSearch;

my $folder = PostgreSQL::Test::Utils::tempdir;
my $file = "$folder/root_keys";
my ($root_key, $other_root_key) = map { new_root_key() } 1 .. 2;
write_private($file, "outside:$root_key\n");
my $node = new_server(
    'searched',
    allows_streaming => 1,
    conf => [
        # What docs/operations names, beside all that a server can log.
        'log_parameter_max_length = 0', 'log_parameter_max_length_on_error = 0',
        "log_statement = 'all'", 'log_min_duration_statement = 0', "log_min_messages = 'debug2'",
        'log_error_verbosity = verbose', "log_min_error_statement = 'info'",
        "shared_preload_libraries = 'pg_stat_statements, auto_explain'",
        'auto_explain.log_min_duration = 0', 'auto_explain.log_nested_statements = on',
        'auto_explain.log_analyze = on', 'auto_explain.log_triggers = on',
        "pg_stat_statements.track = 'all'", 'pg_stat_statements.track_utility = on',
        'max_prepared_transactions = 2', 'autovacuum = off',
        "access_token.root_key_file = '$file'"
    ]);

# bound(statements, protocol, variables): runs them with values bound; returns the messages.
sub bound
{
    my ($statements, $protocol, %variables) = @_;
    return run_bound($node, 'postgres', $protocol, $statements, %variables);
}

# is_done(what, statements, variables), fails_with(SQLSTATE, what, statements, variables)
sub is_done
{
    my ($what, $statements, %variables) = @_;
    my $messages = bound($statements, 'extended', %variables);
    is($messages =~ /ERROR/ ? $messages : '', '', $what);
    return;
}

sub fails_with
{
    my ($sqlstate, $what, $statements, %variables) = @_;
    my $offset = -s $node->logfile;
    bound($statements, 'extended', %variables);
    like(slurp_file($node->logfile, $offset), qr/ERROR:  \Q$sqlstate\E:/, "$what: $sqlstate");
    return;
}

sub openssl
{
    my ($input, @arguments) = @_;
    my ($output, $messages);
    IPC::Run::run([ 'openssl', @arguments ], '<', \$input, '>', \$output, '2>', \$messages)
      or die "openssl @arguments: $messages";
    return $output;
}

# Opens a sealed value: version, id with its length, nonce, AES-256-GCM, tag. GCM without the check of its
# tag is counter mode from 2 on.
sub opened
{
    my ($key, $sealed) = @_;
    my ($id_length) = unpack('x C', $sealed);
    my $nonce = substr($sealed, 2 + $id_length, 12);
    return openssl(substr($sealed, 2 + $id_length + 12, -16), 'enc', '-d', '-aes-256-ctr', '-K',
        unpack('H*', decode_base64($key)), '-iv', unpack('H*', $nonce . pack('N', 2)));
}

# What must not be found of a private JWK: each private member, its beginning, middle and end, so short
# that no line break of a PEM falls into all of them.
my %needle;

sub hide
{
    my ($name, $bytes) = @_;
    my $length = length $bytes;
    my $chunk = $length < 32 ? $length : 16;
    foreach my $at (0, int(($length - $chunk) / 2), $length - $chunk)
    {
        my %forms = forms(substr($bytes, $at, $chunk));
        $needle{"$name at $at, $_"} = $forms{$_} foreach keys %forms;
    }
    return;
}

sub hide_key
{
    my ($name, $jwk) = @_;
    my $key = decode_json($jwk);
    foreach my $member (grep { exists $key->{$_} } qw(d p q dp dq qi k))
    {
        hide("$name, $member", decode_base64url($key->{$member}));
        $needle{"$name, $member, text"} = substr($key->{$member}, 0, 32);
    }
    return $key;
}

ask($node, <<'SQL');
CREATE EXTENSION pg_stat_statements;
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
CREATE TABLE test.result (value text);
SQL

# Keys that the server makes: by rotation, undone, prepared, and one that is revoked and deleted.
foreach my $algorithm ('RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA')
{
    ask($node, "SELECT access_token.rotate_signing_key('acme', '$algorithm')");
    ask($node, qq{SELECT access_token.sign_token('acme', '{}', '$algorithm', '{"typ": "own+jwt"}')});
}
my $undone = ask($node, "BEGIN; SELECT access_token.create_signing_key('acme', 'RS384');
    SELECT encode(sealed_private_key, 'hex') FROM access_token.signing_key WHERE algorithm = 'RS384'; ROLLBACK");
# A transaction that has notified cannot be prepared; without its trigger a change of keys can.
ask($node, 'ALTER TABLE access_token.signing_key DISABLE TRIGGER notify_postgrest');
ask($node, "BEGIN; SELECT access_token.create_signing_key('acme', 'PS384'); PREPARE TRANSACTION 'two'");
ask($node, "COMMIT PREPARED 'two'");
ask($node, 'ALTER TABLE access_token.signing_key ENABLE ALWAYS TRIGGER notify_postgrest');
my $deleted = ask($node, "SELECT access_token.create_signing_key('acme', 'PS512')");
my @made = split /\n/, ask($node, q{SELECT encode(sealed_private_key, 'hex') FROM access_token.signing_key});
push @made, $undone =~ s/^.*\n//r;
ask($node, "SELECT access_token.revoke_signing_key('$deleted'); SELECT access_token.delete_signing_key('$deleted')");
foreach my $sealed (@made)
{
    my $key = hide_key('made ' . substr(sha256_hex($sealed), 0, 8), opened($root_key, pack('H*', $sealed)));
    ok($key->{kty} && $key->{d}, "a private key of type $key->{kty} was opened from outside");
}

# Keys that the caller brings, as PEM and as JWK, which another server reads for us.
my $workshop = new_server('workshop');
my %pem_of = (
    RSA => [ '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048' ],
    EC => [ '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256' ],
    OKP => [ '-algorithm', 'ED25519' ],);
my %algorithm = (RSA => 'RS512', EC => 'ES256', OKP => 'EdDSA');

# new_key(name, type): PEM and JWK of a key that from now on is searched for.
sub new_key
{
    my ($name, $type) = @_;
    my $pem = openssl('', 'genpkey', '-quiet', @{ $pem_of{$type} });
    my $jwk = ask($workshop, "SELECT access_token.jwk_from_pem('$pem')");
    hide_key($name, $jwk);
    return ($pem, $jwk);
}

my $import = 'SELECT access_token.import_signing_key(:tenant, :key, :algorithm);';
my @private;
foreach my $type (sort keys %pem_of)
{
    ask($node, "SELECT access_token.create_tenant('$type', '$type-$_')") foreach ('pem', 'jwk', 'none');
    my ($pem) = new_key("$type as PEM", $type);
    my (undef, $jwk) = new_key("$type as JWK", $type);
    my %key = (algorithm => $algorithm{$type}, tenant => "$type-none");
    is_done("$type: a PEM is imported", $import, %key, tenant => "$type-pem", key => $pem);
    is_done("$type: a JWK is imported", $import, %key, tenant => "$type-jwk", key => $jwk);
    my ($refused, $refused_jwk) = new_key("$type, refused", $type);
    fails_with('55000', "$type: a second next key", $import, %key, tenant => "$type-pem", key => $refused);
    fails_with('42710', "$type: the key of another tenant", $import, %key, key => $pem);
    fails_with('42704', "$type: for nobody", $import, %key, tenant => 'nobody', key => $refused);
    fails_with('TK010', "$type: of another algorithm", $import, %key, algorithm => 'ES384', key => $refused);
    fails_with('TK010', "$type: a PEM cut short", $import, %key, key => substr($refused, 0, -40));
    fails_with('TK010', "$type: a JWK cut short", $import, %key, key => substr($refused_jwk, 0, -2));
    fails_with('TK010', "$type: a private key for a public one", $import, %key, key => "$refused$refused");
    push @private, [ $type, $jwk ];
}

# The toolbox: its keys are arguments.
foreach my $private (@private)
{
    my ($type, $jwk) = @$private;
    my %key = (key => $jwk, header => qq({"alg": "$algorithm{$type}"}));
    is_done("$type: the toolbox signs and verifies", <<'SQL', %key, algorithms => "{$algorithm{$type}}");
SELECT access_token.jws_sign('payload', :key, CAST(:header AS jsonb)) AS token \gset
SELECT access_token.jws_verify(:token, :key, CAST(:algorithms AS text[]));
SELECT access_token.jwk_public(CAST(:key AS text)), access_token.jwk_thumbprint(CAST(:key AS text)),
       length(access_token.jwk_to_pem(CAST(:key AS text)));
SQL
    fails_with('TK010', "$type: the toolbox refuses a broken key",
        q{SELECT access_token.jws_sign('payload', CAST(:key AS text), CAST(:header AS jsonb));}, %key, key => substr($jwk, 0, -2));
    fails_with('TK001', "$type: a key instead of a token",
        q{SELECT access_token.jws_verify(CAST(:key AS text), CAST(:key AS text), ARRAY['ES256']);}, %key);
}

# Passphrases, and root keys from a file, replaced.
my ($passphrase, $wrong) = map { 'passphrase' . random_text(30) } 1 .. 2;
hide('passphrase', $passphrase);
hide('wrong passphrase', $wrong);
foreach my $key ($root_key, $other_root_key)
{
    hide('root key', decode_base64($key));
    hide('root key as text', substr($key, 0, 40));
}
ask($node, 'CREATE TABLE test.exported (sealed text)');
is_done('a root key is exported', 'INSERT INTO test.exported SELECT access_token.export_root_key(:passphrase);',
    passphrase => $passphrase);
my $exported = ask($node, 'SELECT sealed FROM test.exported');
is_done('and imported', 'SELECT access_token.import_root_key(:sealed, :passphrase);',
    sealed => $exported, passphrase => $passphrase);
fails_with('TK010', 'with another passphrase it is not',
    'SELECT access_token.import_root_key(:sealed, :passphrase);', sealed => $exported, passphrase => $wrong);
fails_with('22023', 'a short passphrase',
    'SELECT access_token.export_root_key(:passphrase);', passphrase => substr($wrong, 0, 11));
write_private($file, "new:$other_root_key\noutside:$root_key\n");
reload_conf($node);
cmp_ok(ask($node, 'SELECT access_token.rewrap_secrets()'), '>', 10, 'private keys are sealed anew');
ask($node, q{SELECT access_token.sign_token('acme', '{}', 'ES256', '{"typ": "own+jwt"}')});
write_private($file, "new:$other_root_key\njunk $root_key\n");
reload_conf($node);
fails_with('TK011', 'a file with a broken line', "SELECT access_token.create_signing_key('acme', 'RS512');");

# Everything to disk.
my %searched = (pg_stat_statements => ask($node, 'SELECT string_agg(query, chr(10)) FROM pg_stat_statements'));
foreach my $program (qw(pg_dump pg_dumpall))
{
    my ($output, $messages);
    IPC::Run::run([ $program, '--dbname', $node->connstr('postgres') ], '>', \$output, '2>', \$messages)
      or die "$program: $messages";
    $searched{$program} = $output;
}
my $sealed = ask($node, q{SELECT encode(sealed_private_key, 'hex') FROM access_token.signing_key WHERE algorithm = 'ES256' LIMIT 1});
my $sealed_file = ask($node, "SELECT pg_relation_filepath('access_token.signing_key')");
ask($node, 'CHECKPOINT');
$node->stop;
my $data = $node->data_dir;
$searched{log} = read_bytes($node->logfile);
$searched{$_} = read_bytes($_) foreach files_below($data);

# The search finds what is there: the sealed value in its file, in the WAL and in the dump; and the same
# needles in a text that holds keys in all forms.
ok(holds($searched{"$data/$sealed_file"}, pack('H*', $sealed)), "a sealed private key is found in the table's file");
ok((grep { m{/pg_wal/} && holds($searched{$_}, pack('H*', $sealed)) } keys %searched), 'and in the WAL');
ok(holds($searched{pg_dump}, $sealed), 'and in the dump');
ok(holds($searched{pg_stat_statements}, 'access_token.import_signing_key'), 'calls are found in pg_stat_statements');
ok(holds($searched{log}, 'access_token.import_signing_key'), 'and in the log');

my %name_of = reverse %needle;
my $any_needle = join('|', map { quotemeta } sort keys %name_of);

sub first_needle
{
    my ($text) = @_;
    return $text =~ /($any_needle)/ ? $name_of{$1} : '';
}

foreach my $type (sort keys %pem_of)
{
    my ($pem, $jwk) = new_key("control $type", $type);
    $name_of{ $needle{$_} } = $_ foreach grep { /^control/ } keys %needle;
    $any_needle = join('|', map { quotemeta } sort keys %name_of);
    my $der = openssl($pem, 'pkey', '-outform', 'DER');
    my %text = (
        PEM => $pem, 'PEM with spaces before' => $pem =~ s/^/    /gmr, JWK => $jwk, DER => $der,
        'DER in hexadecimal' => unpack('H*', $der), 'PEM without line breaks' => $pem =~ s/\n//gr);
    foreach my $form (sort keys %text)
    {
        like(first_needle("x\0" . $text{$form}), qr/^control $type/, "$type: a private key as $form is found");
    }
}
cmp_ok(scalar keys %name_of, '>', 1000, 'there is much that is searched for');
is(join(', ', map { my $found = first_needle($searched{$_}); $found ? "$_: $found" : () } sort keys %searched),
    '', 'no file, log, dump or statistics holds a byte of a private key, a passphrase or a root key from a file');

# What docs/operations warns of: with its own defaults the server writes all that is bound.
$node->append_conf('postgresql.conf', 'log_parameter_max_length = -1');
write_private($file, "new:$other_root_key\n");
$node->start;
my ($pem) = new_key('logged', 'RSA');
my $offset = -s $node->logfile;
is_done('a PEM is imported', $import, algorithm => 'PS256', tenant => 'RSA-none', key => $pem);
ok(holds(slurp_file($node->logfile, $offset), (split /\n/, $pem)[4]), 'a server that logs parameters logs a bound key');
done_testing();
