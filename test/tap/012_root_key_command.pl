# The command that gives root keys is ended by whoever waits for it: when its time is over, and when the
# statement is cancelled, with all that it has started, also where it has closed its output already.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Time::HiRes qw(time sleep);
use AccessTokenServer;

my $node = new_server('commanded');
my $key = 'outside:' . 'AAAA' x 10 . 'AAA=';
my $create = q{SELECT access_token.create_api_key('acme', 'backend')};
my $marker = $node->basedir . '/started';
ask($node, q{SELECT access_token.create_tenant('Acme', 'acme')});

# Only who has loaded the library knows its settings.
sub setting_is
{
    my ($name, $value) = @_;
    ask($node, "LOAD 'access_token'; ALTER SYSTEM SET access_token.$name = \$value\$$value\$value\$");
    ask($node, 'SELECT pg_reload_conf()');
    $node->poll_query_until('postgres', "SELECT current_setting('access_token.$name') = \$value\$$value\$value\$")
      or die 'no reload';
    return;
}

# The command writes its process group into a file, so that the test sees whether it has gone.
sub command_is
{
    my ($command) = @_;
    unlink $marker;
    setting_is('root_key_command', "echo \$\$ > $marker; $command");
    return;
}

# What a statement ends with, and after how many seconds; and whether anything of the command still runs.
sub result_of
{
    my ($statement) = @_;
    my $start = time;
    my ($status, $output, $messages) =
      $node->psql('postgres', $statement, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
    my ($sqlstate, $text) = $messages =~ /ERROR:  (\w+): (.*)/s;
    return ($sqlstate // 'none', time - $start, $text // '');
}

# A process that has been killed may wait for a while until its end is taken note of: state Z.
sub members_of
{
    my ($group) = @_;
    my @found;
    foreach my $path (glob '/proc/[0-9]*/stat')
    {
        open my $in, '<', $path or next;
        my $line = <$in> // next;
        my ($state, $of_group) = $line =~ /^\d+ \(.*\) (\S) \d+ (\d+) /s or next;
        push @found, $line if $of_group == $group && $state ne 'Z';
    }
    return @found;
}

sub is_running
{
    open my $in, '<', $marker or die "$marker: $!";
    chomp(my $group = <$in>);
    foreach (1 .. 50)
    {
        return 'gone' unless members_of($group);
        sleep 0.1;
    }
    return 'running';
}

command_is("echo $key");
my ($sqlstate, $seconds, $text) = result_of($create);
is($sqlstate, 'none', 'a command that prints a key');
is(ask($node, "SELECT string_agg(source || ' ' || seals_rows, ', ' ORDER BY source) FROM access_token.root_keys"),
    'command 1, database 0', 'its key seals');

my %hanging = (
    'prints nothing' => 'sleep 1000',
    'prints a key and goes on' => "echo $key; sleep 1000",
    'closes its output and goes on' => "echo $key; exec >&-; sleep 1000",
    'leaves a process behind that has its output' => "echo $key; sleep 1000 &");
foreach my $what (sort keys %hanging)
{
    command_is($hanging{$what});
    ($sqlstate, $seconds, $text) = result_of($create);
    is($sqlstate, 'TK011', "a command that $what");
    like($text, qr/root_key_command: it took too long/, 'the error says what was wrong');
    unlike($text, qr/AAAA/, 'and shows no key');
    cmp_ok($seconds, '>', 9, 'after its time');
    cmp_ok($seconds, '<', 30, 'and not long after');
    is(is_running(), 'gone', 'nothing of it is left');

    command_is($hanging{$what});
    ($sqlstate, $seconds) = result_of("SET statement_timeout = '500ms'; $create");
    is($sqlstate, '57014', "cancelled while a command $what");
    cmp_ok($seconds, '<', 9, 'at once');
    is(is_running(), 'gone', 'and it is ended');
}

# A pipe in place of a file is looked at without waiting for whoever writes to it.
setting_is('root_key_command', '');
my $pipe = $node->basedir . '/pipe';
system('mkfifo', '-m', '600', $pipe) == 0 or die 'mkfifo';
setting_is('root_key_file', $pipe);
($sqlstate, $seconds, $text) = result_of($create);
is($sqlstate, 'TK011', 'a pipe as file');
like($text, qr/it is no regular file/, 'says what is wrong');

$node->stop;
done_testing();
