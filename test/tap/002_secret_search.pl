# The plain text of a secret is written nowhere: not into table files, WAL or any other file of the data
# directory, not into the log when it is bound, not into statistics, not into a dump. Every place is
# shown to be searched well: a value that is written there is found by the same search.
#
# The root key is in its table's file and in the WAL, because the default of keeping it in the database
# protects dumps and table access, not disks; that is tested, too, so that nobody believes otherwise.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use MIME::Base64 qw(encode_base64 encode_base64url decode_base64url);
use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;
use SecretSearch;

my $node = new_server(
    'searched',
    allows_streaming => 1,
    conf => [
        # What docs/operations names, beside all that a server can log.
        'log_parameter_max_length = 0', 'log_parameter_max_length_on_error = 0',
        "log_statement = 'all'", 'log_min_duration_statement = 0',
        'log_error_verbosity = verbose', "log_min_error_statement = 'info'",
        "shared_preload_libraries = 'pg_stat_statements, auto_explain'",
        'auto_explain.log_min_duration = 0', 'auto_explain.log_nested_statements = on',
        'auto_explain.log_analyze = on', 'auto_explain.log_triggers = on',
        "pg_stat_statements.track = 'all'", 'pg_stat_statements.track_utility = on',
        'max_prepared_transactions = 2', 'autovacuum = off'
    ]);

# bound(statement, protocol, variables): runs it with values bound; returns the messages.
sub bound
{
    my ($statement, $protocol, %variables) = @_;
    return run_bound($node, 'postgres', $protocol, $statement, %variables);
}

sub dump_of
{
    my ($program) = @_;
    my ($output, $messages);
    IPC::Run::run([ $program, '--dbname', $node->connstr('postgres') ], '>', \$output, '2>', \$messages)
      or die "$program: $messages";
    return $output;
}

# Written on purpose: into a row, and into a statement as a literal and as a name.
my $control = 'control' . random_text(20) =~ tr/-_/xy/r;
ask($node, qq{CREATE EXTENSION pg_stat_statements;
SELECT access_token.create_tenant('$control', 'acme') AS "$control"});

# Secrets that the server makes: it shows them once.
my %secret = (
    generated =>
      ask($node, "SELECT secret FROM access_token.create_api_key('acme', 'a', id => 'generated')"),
    'of HS512' => ask($node,
        "SELECT secret FROM access_token.create_api_key('acme', 'b', algorithm => 'HS512', id => 'long')"),
    rotated => ask($node, "SELECT access_token.rotate_api_key('generated')"),
    'rolled back' => ask($node,
        "BEGIN; SELECT secret FROM access_token.create_api_key('acme', 'c', id => 'undone'); ROLLBACK"),
    prepared => ask($node, <<'SQL'));
BEGIN;
SELECT secret FROM access_token.create_api_key('acme', 'd', id => 'prepared');
PREPARE TRANSACTION 'two'
SQL

foreach my $name (keys %secret)
{
    like($secret{$name}, qr/^atk_[\w-]{43,}$/, "the secret, $name, was shown");
    $secret{"random bytes, $name"} = decode_base64url(substr($secret{$name}, 4, -6));
}

# Secrets that the caller brings.
$secret{imported} = 'imported' . random_text(40);
$secret{'imported by a prepared statement'} = 'imported' . random_text(40);
$secret{refused} = 'refused' . random_text(40);
my $import = 'SELECT api_key_id FROM access_token.create_api_key('
  . ':tenant, :name, id => :id, imported_secret => :secret);';
my %row = (tenant => 'acme', name => 'x', secret => $secret{refused});
is(bound($import, 'extended', %row, id => 'imported', secret => $secret{imported}) =~ /ERROR/,
    '', 'a bound secret is imported');
is( bound(
        $import, 'prepared', %row,
        id => 'imported-2', secret => $secret{'imported by a prepared statement'}) =~ /ERROR/,
    '', 'one bound to a prepared statement is imported');

# Calls that fail after a secret was bound, each at another step.
my @failing = (
    [ 42710, $import, id => 'imported' ],
    [ 42704, $import, id => 'y', tenant => 'nobody' ],
    [ 22023, $import, id => 'no id at all' ],
    [ 'TK010', $import, id => 'y', secret => substr($secret{refused}, 0, 31) ],
    [ 'TK010', $import, id => 'y', secret => $secret{refused} x 200 ],
    [ 22023, q{SELECT access_token.create_api_key('acme', 'z', true, imported_secret => :secret);} ],
    [ 22023, q{SELECT access_token.create_api_key('acme', 'z', algorithm => :secret);} ],
    [ 42704, q{SELECT access_token.issue_access_token(:secret, 'user|42');} ],
    [ 'TK001', q{SELECT access_token.verify_access_token(:secret);} ],
    [ 'TK001', q{SELECT * FROM access_token.decode_token(:secret);} ],);
# Symmetric keys of the toolbox; private keys are searched for in 017_private_key_search.pl. A result is
# shown to its caller and written nowhere.
my %jwk = map { $_ => ask($node, "SELECT access_token.jwk_generate('$_')") } qw(HS256 A256KW);
foreach my $algorithm (keys %jwk)
{
    my ($k) = $jwk{$algorithm} =~ /"k":"([\w-]+)"/;
    $secret{"k of $algorithm"} = decode_base64url($k);
}
my %good = (
    HS256 => q{SELECT access_token.jwt_sign('{}', :key), access_token.jwk_thumbprint(:key);},
    A256KW => q{SELECT access_token.jwe_encrypt('x', :key, 'A256KW', 'A256GCM');});
is(bound($good{$_}, 'extended', key => $jwk{$_}) =~ /ERROR/, '', "a bound key for $_ is used") foreach sort keys %good;
push @failing, (
    [ 'TK001', q{SELECT access_token.jws_verify('x', :key, '{HS256}');}, key => $jwk{HS256} ],
    [ 'TK003', q{SELECT access_token.jws_verify('eyJhbGciOiJIUzI1NiJ9.eA.eA', :key, '{HS256}');}, key => $jwk{HS256} ],
    [ 'TK010', q{SELECT access_token.jws_sign('x', :key);}, key => substr($jwk{HS256}, 1) ],
    [ 'TK010', q{SELECT access_token.jwe_encrypt('x', :key, 'A128KW', 'A128GCM');}, key => $jwk{A256KW} ],
    [ 'TK001', q{SELECT access_token.jwe_decrypt('x', :key, '{A256KW}', '{A256GCM}');}, key => $jwk{A256KW} ]);

foreach my $call (@failing)
{
    my ($sqlstate, $statement, %variables) = @$call;
    my $offset = -s $node->logfile;
    bound($statement, 'extended', %row, %variables);
    like(slurp_file($node->logfile, $offset),
        qr/ERROR:  \Q$sqlstate\E:/, "a call with a bound secret fails with $sqlstate");
}

# A token that is good, and one that is not.
my $token = issue($node, 'generated');
my $altered = substr($token, 0, -8) . 'AAAAAAAA';
my $verify = 'SELECT access_token.verify_access_token(:token);';
is(bound($verify, 'extended', token => $token) =~ /ERROR/, '', 'a bound token verifies');
like(bound($verify, 'extended', token => $altered), qr/ERROR/, 'an altered one does not');
my ($payload, $signature) = (split /\./, $token)[ 1, 2 ];
my %in_token = (token => $token, altered => $altered, payload => $payload, signature => $signature);

# Everything to disk.
my $statistics = ask($node, 'SELECT string_agg(query, chr(10)) FROM pg_stat_statements');
my %dump = map { $_ => dump_of($_) } qw(pg_dump pg_dumpall);
my %file_of = map { $_ => ask($node, "SELECT pg_relation_filepath('access_token.$_')") } qw(tenant root_key);
my $root_key = pack('H*', ask($node, "SELECT encode(key, 'hex') FROM access_token.root_key"));
ask($node, 'CHECKPOINT');
$node->stop;
my $data = $node->data_dir;
my %file = map { $_ => read_bytes($_) } files_below($data);
my @wal = map { $file{$_} } grep { m{/pg_wal/[0-9A-F]{24}$} } keys %file;
my $log = read_bytes($node->logfile);

# The search finds what is there.
ok(holds($file{"$data/$file_of{tenant}"}, $control), "a tenant's name is found in the table's file");
is(scalar(grep { holds($_, $control) } @wal) > 0, 1, 'and in the WAL');
ok(holds($log, $control), 'a literal is found in the log');
ok(holds($statistics, $control), 'a name is found in pg_stat_statements');
ok(holds($dump{$_}, $control), "the tenant's name is found in the output of $_") foreach sort keys %dump;
my @placed = map { ('!' x $_) . $control . '!!!' } 0 .. 2;
my $written = join(
    ' ',
    map { ($_, unpack('H*', $_), uc unpack('H*', $_), encode_base64($_, ''), encode_base64url($_)) }
      @placed);
my %form = forms($control);
ok(holds($written, $form{$_}), "a text in the form $_ is found") foreach sort keys %form;

# No secret anywhere.
my $needles = needles(%secret);
my %found = map { $_ => found($file{$_}, $needles) } keys %file;
is(join(', ', map { "$_: $found{$_}" } grep { $found{$_} } sort keys %found),
    '', 'no file of the data directory holds a secret');
is(found($log, $needles), '', 'the log holds no secret');
is(found($statistics, $needles), '', 'pg_stat_statements holds no secret');
is(found($dump{$_}, $needles), '', "$_ writes no secret") foreach sort keys %dump;
is(found($log, \%in_token), '', 'the log holds no token');
is(found($statistics, \%in_token), '', 'pg_stat_statements holds no token');

# The root key is on the disk and in the WAL, and nowhere else.
my $root_key_needles = needles('root key' => $root_key);
ok(holds($file{"$data/$file_of{root_key}"}, $root_key), "the root key is in its table's file");
is(scalar(grep { holds($_, $root_key) } @wal) > 0, 1, 'and in the WAL');
is(found($dump{$_}, $root_key_needles), '', "$_ leaves it out") foreach sort keys %dump;
is(found($log, $root_key_needles), '', 'the log does not have it');

# What docs/operations warns of: auto_explain writes what is bound where it stands in a condition, and
# with its own defaults the server writes all of it.
$node->start;
bound("SELECT 1 WHERE access_token.verify_access_token(:token) ->> 'sub' = 'acme';", 'extended',
    token => $token);
ok(holds(read_bytes($node->logfile), $token), 'auto_explain logs a bound token in a condition');
my $offset = -s $node->logfile;
$node->append_conf('postgresql.conf', 'log_parameter_max_length = -1');
$node->restart;
bound($verify, 'extended', token => $token);
ok(holds(slurp_file($node->logfile, $offset), $token), 'a server that logs parameters logs a bound token');

done_testing();
