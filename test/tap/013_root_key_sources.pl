# Root keys from a file or a command: several at once, changed without a restart, and broken in every way.
# Whatever state they are in, the server starts and works; only calls that need a root key fail, and say
# which key they want.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use AccessTokenServer;
use RootKeys;
use SecretSearch;

my $folder = PostgreSQL::Test::Utils::tempdir;
my $file = "$folder/root_keys";
my %key = map { $_ => new_root_key() } qw(one two three);
my @lines = map { "$_:$key{$_}" } qw(one two three);
my ($one, $two, $three) = @lines;

write_private($file, "# the first\n\n \t$one\t\r\n");
my $node = new_server(
    'sources',
    conf => [
        "access_token.root_key_file = '$file'", "access_token.root_key_command = ''", "log_statement = 'all'",
        'log_parameter_max_length = 0', "log_min_messages = 'debug5'", 'restart_after_crash = off'
    ]);
my $warm = open_session($node);
ask($warm, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
SELECT access_token.rotate_signing_key('acme', 'ES256');
SQL
my $token = issue($warm, 'backend');
my $own = ask($warm, sign());

sub sign
{
    return q{SELECT access_token.sign_token('acme', '{"sub": "guest"}', header => '{"typ": "own+jwt"}')};
}

# What needs a root key in a session that has opened nothing: to open an API key's secret, a private
# signing key, and to seal.
my %needy = (
    verify_access_token => "SELECT access_token.verify_access_token('$token')",
    issue_access_token => "SELECT access_token.issue_access_token('backend', 'user|42')",
    sign_token => sign(),
    create_api_key => "SELECT access_token.create_api_key('acme', 'another')",
    rewrap_secrets => 'SELECT access_token.rewrap_secrets()',);

# What does not.
my %needless = (
    verify_token => "SELECT access_token.verify_token('$own', 'acme', 'own+jwt')",
    jwks => "SELECT access_token.jwks('acme')",
    decode_token => "SELECT access_token.decode_token('$token')",
    update_tenant => "SELECT access_token.update_tenant('acme', '{\"name\": \"Acme\"}')",
    root_keys => 'SELECT * FROM access_token.root_keys',
    check_installation => 'SELECT * FROM access_token.check_installation()',
    toolbox => "SELECT access_token.jwk_thumbprint(access_token.jwk_generate('ES256'))",);

# What each ends with, all in one new session; rolled back, so that what works leaves nothing behind.
sub answers
{
    my (%statements) = @_;
    my $asked = join('', map { "SELECT '$_=' || test.sqlstate(\$q\$$statements{$_}\$q\$);" } sort keys %statements);
    return ask($node, "BEGIN; $asked ROLLBACK") =~ s/\n/ /gr;
}

sub all_answer
{
    my ($sqlstate, %statements) = @_;
    return join(' ', map { "$_=$sqlstate" } sort keys %statements);
}

sub works
{
    my ($what) = @_;
    is(answers(%needy, %needless), all_answer('00000', %needy, %needless), "$what: all calls work");
    return;
}

# is_broken(what, detail): calls that need the key say why there is none, and which is wanted.
sub is_broken
{
    my ($what, $detail) = @_;
    is(answers(%needy), all_answer('TK011', %needy), "$what: what needs a root key fails with TK011");
    is(answers(%needless), all_answer('00000', %needless), "$what: all else works");
    like(messages_of($needy{verify_access_token}),
        qr/ERROR:.*TK011: .*DETAIL:.*\Q$detail\E.*HINT:.*"one"/s, "$what: the detail says so, the hint names the key");
    like(messages_of($needy{create_api_key}),
        qr/ERROR:.*TK011: .*DETAIL:.*\Q$detail\E.*HINT:.*a key to seal with/s, "$what: so it is for what would be sealed");
    like(ask($node, 'SELECT finding FROM access_token.check_installation()'),
        qr/\Q$detail\E/, "$what: check_installation reports it");
    return;
}

sub set
{
    my (%settings) = @_;
    foreach my $name (sort keys %settings)
    {
        $node->adjust_conf('postgresql.conf', "access_token.$name", "'" . ($settings{$name} =~ s/'/''/gr) . "'");
    }
    reload_conf($node, $warm);
    return;
}

# What a new session is told.
sub messages_of
{
    my ($statement) = @_;
    my ($status, $output, $messages) =
      $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    return $messages;
}

sub counts
{
    return ask($node, q{SELECT string_agg(format('%s %s', source, seals_rows), ', ' ORDER BY position(source IN 'database imported missing file'), root_key_id)
        FROM access_token.root_keys});
}

sub sources
{
    return ask($node, 'SELECT access_token.external_root_keys()');
}

# Several keys at once: the first seals, all open.
works('a file with one key');
is(sources(), '{file:one}', 'it is the one in the file');
is(counts(), 'database 0, file 3', 'and seals what there is');

write_private($file, "$one\n$two\n");
is(verdict($warm, $token), 'valid', 'a changed file, not reloaded yet, changes nothing');
reload_conf($node, $warm);
is(sources(), '{file:one,file:two}', 'a second key is there after a reload');
is(ask($warm, 'SELECT access_token.external_root_keys()'), '{file:one,file:two}', 'in open sessions, too');
works('with a second key');
write_private($file, "$two\n$one");
reload_conf($node, $warm);
works('with the other order');
ask($warm, "SELECT access_token.create_api_key('acme', 'newer', id => 'newer')");
is(counts(), 'database 0, file 3, file 1', 'the first key seals what is new');

# A key that is taken away too early: what it sealed does not open, what another sealed does.
write_private($file, "$two\n");
reload_conf($node, $warm);
is(counts(), 'database 0, missing 3, file 1', 'a key that was taken away is missing');
like(messages_of($needy{verify_access_token}), qr/TK011.*DETAIL:.*"one".*HINT:.*"one"/s, 'detail and hint name it');
like(ask($node, 'SELECT finding FROM access_token.check_installation()'), qr/"one"/, 'so does check_installation');
my $newer = issue($node, 'newer');
is(verdict($node, $newer), 'valid', 'what the other key sealed is issued and verifies');
is(verdict($warm, $token), 'valid', 'a session goes on with what it has opened');

# Rewrapped, the old key may go.
write_private($file, "$two\n$one\n");
reload_conf($node, $warm);
is(ask($node, 'SELECT access_token.rewrap_secrets(2)'), '2', 'two rows are moved');
is(ask($node, 'SELECT access_token.rewrap_secrets()'), '1', 'and the rest');
is(ask($node, 'SELECT access_token.rewrap_secrets()'), '0', 'until nothing is left');
is(counts(), 'database 0, file 0, file 4', 'all is sealed under the first key');
write_private($file, "$two\n");
reload_conf($node, $warm);
works('without the old key');

# And back, for the key's own name is what the cases below want.
write_private($file, "$one\n$two\n");
reload_conf($node, $warm);
is(ask($node, 'SELECT access_token.rewrap_secrets()'), '4', 'moved back');
write_private($file, "$one\n");
reload_conf($node, $warm);
works('before it gets worse');
is(verdict($warm, $token), 'valid', 'also in a session that opens the secret anew');

# Files that do not count. The server is not stopped in between, but for the last.
my $secret_line = substr($one, 0, -2);
my %bad_content = (
    'an empty file' => [ '', 'it holds no key' ],
    'comments alone' => [ "# nothing\n\n", 'it holds no key' ],
    'junk' => [ "\0\xff junk \x80\n", 'a line is not of the form' ],
    'a line cut short' => [ "$secret_line\n", 'a line is not of the form' ],
    'a second line that is junk' => [ "$one\njunk\n", 'a line is not of the form' ],
    'base64url' => [ 'one:' . ('-_' x 21) . "A=\n", 'a line is not of the form' ],
    'quotes' => [ "\"$one\"\n", 'a line is not of the form' ],
    'no id' => [ ":$key{one}\n", 'a line is not of the form' ],
    'an id of 65 characters' => [ ('i' x 65) . ":$key{one}\n", 'a line is not of the form' ],
    'a NUL behind the key' => [ "$one\0\n", 'a line is not of the form' ],
    'an id twice' => [ "$one\none:$key{two}\n", 'it holds an id twice' ],
    '17 keys' => [ join('', map { "k$_:$key{two}\n" } 1 .. 16) . "$one\n", 'it holds too many keys' ],
    'too many bytes' => [ "$one\n" . ('#' x 4096), 'it is too long' ],);
foreach my $what (sort keys %bad_content)
{
    my ($content, $detail) = @{ $bad_content{$what} };
    write_private($file, $content);
    reload_conf($node, $warm);
    is_broken($what, $detail);
}
write_private($file, "$one\n");
my %bad_mode = map { sprintf('mode %04o', $_) => $_ } (0640, 0620, 0610, 0604, 0602, 0601, 0666);
foreach my $what (sort keys %bad_mode)
{
    chmod $bad_mode{$what}, $file or die "chmod: $!";
    reload_conf($node, $warm);
    is_broken($what, 'others than its owner have access to it');
}
foreach my $mode (0400, 0600, 0700)
{
    chmod $mode, $file or die "chmod: $!";
    reload_conf($node, $warm);
    works(sprintf('mode %04o', $mode));
}
chmod 0200, $file or die "chmod: $!";
reload_conf($node, $warm);
is_broken('a file that its owner may not read', 'it cannot be opened');
chmod 0600, $file or die "chmod: $!";

# Other places.
mkdir "$folder/locked" or die "mkdir: $!";
write_private("$folder/locked/root_keys", "$one\n");
chmod 0, "$folder/locked" or die "chmod: $!";
system('mkfifo', '-m', '0600', "$folder/pipe") == 0 or die 'mkfifo';
symlink $file, "$folder/link" or die "symlink: $!";
my %bad_place = (
    'a file that is not there' => [ "$folder/nowhere", 'it cannot be opened' ],
    'a folder that is closed' => [ "$folder/locked/root_keys", 'it cannot be opened' ],
    'a folder' => [ $folder, 'it is no regular file' ],
    'a device' => [ '/dev/zero', 'it is no regular file' ],
    'a pipe that nobody writes to' => [ "$folder/pipe", 'it is no regular file' ],
    "root's file that all may read" => [ '/etc/passwd', 'it belongs to root and has a wider mode' ],);
# Made by scripts/test, where it can be root.
my $others_file = $ENV{OTHERS_FILE} // '';
SKIP:
{
    skip "no file of another user, because scripts/test could not be root", 5 if $others_file eq '';
    set(root_key_file => $others_file);
    is_broken("another user's file", 'it belongs neither');
}
foreach my $what (sort keys %bad_place)
{
    my ($path, $detail) = @{ $bad_place{$what} };
    set(root_key_file => $path);
    is_broken($what, $detail);
}
is(verdict($warm, $token), 'valid', 'all the while an open session goes on with what it has opened');
$warm->quit;
$node->restart;
is_broken('after a restart', $bad_place{"root's file that all may read"}[1]);
$warm = open_session($node);
set(root_key_file => "$folder/link");
works('a symbolic link to a good file, without a restart');

# The same keys by a command. The view and check_installation, which report on it, run it.
my %patient = map { $_ => $needless{$_} } grep { !/^(root_keys|check_installation)$/ } keys %needless;
my $seal = "BEGIN; SELECT access_token.create_api_key('acme', 'x'); ROLLBACK";
my $count = "$folder/count";
set(root_key_file => '', root_key_command => "echo >> '$count'; cat '$file'");
works('a command');
is(sources(), '{command:one}', 'the source is the command');
ask($warm, $seal);
unlink $count;
ask($warm, $seal) foreach 1 .. 3;
ok(!-e $count, 'a session that has its keys does not run it again');
is(answers(%patient), all_answer('00000', %patient), 'what needs no root key works');
ok(!-e $count, 'and does not run it');
reload_conf($node, $warm);
ask($warm, $seal) foreach 1 .. 3;
is(-s $count, 1, 'after a reload it is run once');

# File and command: the file's first key seals, those of both open; broken is either.
write_private("$folder/second", "$three\n");
set(root_key_file => "$folder/second");
is(sources(), '{file:three,command:one}', "the file's keys come first");
works('file and command');
set(root_key_file => "$folder/nowhere");
is_broken('a good command beside a bad file', 'The file access_token.root_key_file: it cannot be opened');
set(root_key_file => $file, root_key_command => 'exit 1');
is_broken('a good file beside a bad command', 'The command access_token.root_key_command: it failed');
set(root_key_command => "cat '$folder/second' '$file'");
is(sources(), '{file:one,command:three}', 'a key that both have counts once');
works('the same key in both');
write_private("$folder/second", "$three\none:$key{two}\n");
set(root_key_command => "cat '$folder/second'");
is_broken('another key under the same id in both', 'it holds another key under an id of the file');
set(root_key_file => '');

# Commands that do not count.
my %bad_command = (
    'a command that is not there' => [ '/nowhere/at/all', 'it failed' ],
    'a command that fails behind good output' => [ "cat '$file'; exit 3", 'it failed' ],
    'a command that is killed behind good output' => [ "cat '$file'; kill -9 \$\$", 'it failed' ],
    'a command that prints nothing' => [ ':', 'it holds no key' ],
    'a command that prints junk' => [ 'echo junk', 'a line is not of the form' ],
    'a command that prints 4096 bytes' => [ "cat '$file'; head -c 4096 /dev/zero", 'it prints too much' ],
    'a command that never stops to print' => [ 'yes', 'it prints too much' ],);
foreach my $what (sort keys %bad_command)
{
    my ($command, $detail) = @{ $bad_command{$what} };
    set(root_key_command => $command);
    is_broken($what, $detail);
}
set(root_key_command => 'echo what went wrong >&2; exit 1');
my $offset = -s $node->logfile;
messages_of($needy{issue_access_token});
like(slurp_file($node->logfile, $offset), qr/^what went wrong$/m, "a command's standard error goes to the log");

# Commands that hang: the statement can be cancelled, and nothing of the command stays behind. The last
# two have closed their output or have left something that keeps it open.
my $pids = "$folder/pids";
my %hanging = (
    'a command that hangs' => "echo \$\$ >> '$pids'; exec sleep 1000",
    'a command whose child hangs' => "echo \$\$ >> '$pids'; sleep 1000 & echo \$! >> '$pids'; wait",
    'a command that ignores signals' => "trap '' INT TERM HUP QUIT; echo \$\$ >> '$pids'; while :; do sleep 1000; done",
    'a command that hangs behind its output' => "cat '$file'; echo \$\$ >> '$pids'; exec sleep 1000 >&-",
    'a command that leaves its output open' => "cat '$file'; sleep 1000 & echo \$! >> '$pids'",);

sub pids
{
    return grep { /^\d+$/ } -e $pids ? split /\n/, slurp_file($pids) : ();
}

# Waits until a command has noted more than so many processes.
sub wait_for_pids
{
    my ($more_than) = @_;
    foreach (1 .. 100 * $PostgreSQL::Test::Utils::timeout_default)
    {
        return if pids() > $more_than;
        usleep(10_000);
    }
    die 'the command does not run';
}

# A process that was killed may have nobody who takes note of its end: then it is a zombie, state Z.
sub is_running
{
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 0;
    my $stat = <$in> // '';
    return $stat =~ /\) [^ZX] /;
}

sub is_gone
{
    my ($what) = @_;
    my @left = pids();
    cmp_ok(scalar @left, '>', 0, "$what: it did run");
    foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
    {
        @left = grep { is_running($_) } @left or last;
        usleep(100_000);
    }
    is("@left", '', "$what: its processes are gone");
    unlink $pids;
    return;
}

foreach my $what (sort keys %hanging)
{
    set(root_key_command => $hanging{$what});
    is(answers(%patient), all_answer('00000', %patient), "$what: what needs no root key works");

    my $session = open_session($node);
    ask($session, '\set VERBOSITY sqlstate');
    ask($session, "SET statement_timeout = '200ms'");
    my (undef, $error) = try($session, $needy{issue_access_token});
    like($error, qr/ERROR:  57014$/, "$what: statement_timeout ends the call");
    is_gone("$what, statement_timeout");

    ask($session, 'SET statement_timeout = 0');
    my $pid = ask($session, 'SELECT pg_backend_pid()');
    $session->query_until(qr/running/, "\\echo running\n$needy{issue_access_token};\n");
    wait_for_pids(0);
    is(ask($node, "SELECT pg_cancel_backend($pid)"), 't', "$what: another session cancels it");
    (undef, $error) = try($session, 'SELECT 1');
    like($error, qr/ERROR:  57014$/, "$what: pg_cancel_backend ends the call");
    is_gone("$what, cancelled");

    $session->query_until(qr/running/, "\\echo running\n$needy{issue_access_token};\n");
    wait_for_pids(0);
    is(ask($node, "SELECT pg_terminate_backend($pid)"), 't', "$what: another session ends it");
    is_gone("$what, terminated");
    $session->{run}->finish;
}

# Left alone, each ends by itself. All at once, because that takes 10 seconds.
my %left_alone;
foreach my $what (sort keys %hanging)
{
    set(root_key_command => $hanging{$what});
    my $session = $left_alone{$what} = open_session($node);
    ask($session, '\set VERBOSITY verbose');
    my $running = () = pids();
    $session->query_until(qr/running/, "\\echo running\n$needy{issue_access_token};\n");
    wait_for_pids($running);
}
foreach my $what (sort keys %left_alone)
{
    my (undef, $error) = try($left_alone{$what}, 'SELECT 1');
    like($error, qr/TK011.*it took too long.*HINT:.*"one"/s, "$what: left alone it ends with TK011");
    $left_alone{$what}->quit;
}
is_gone('commands that took too long');

# The server starts while the command hangs, and shuts down while it waits for it.
$warm->quit;
$node->restart;
is(answers(%patient), all_answer('00000', %patient), 'a server with a command that hangs starts and works');
my $waiting = open_session($node);
$waiting->query_until(qr/running/, "\\echo running\n$needy{issue_access_token};\n");
wait_for_pids(0);
$node->stop('fast');
is_gone('a command at the shutdown');
$waiting->{run}->finish;
$node->start;
$warm = open_session($node);

set(root_key_command => "cat '$file'");
works('a good command again');
is(ask($node, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'and nothing is left to mend');

# Where the keys come from is for superusers to see.
ask($node, 'CREATE ROLE curious');
like(messages_of("LOAD 'access_token'; SET ROLE curious; SHOW access_token.$_"), qr/ERROR:.*42501/, "$_ is not shown to everybody")
  foreach ('root_key_file', 'root_key_command');

# No byte of a root key in the log, which had all that a server can say.
$warm->quit;
$node->stop;
my %secrets = map { ("base64 of $_" => $key{$_}, "bytes of $_" => decode_base64($key{$_})) } keys %key;
is(found(read_bytes($node->logfile), needles(%secrets)), '', 'the log holds no root key');
done_testing();
