# What the stories in this folder share: servers that have the extension, sessions that stay open, and
# questions about tokens whose answers can be compared.
package AccessTokenServer;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

our @EXPORT = qw(new_server prepare_database open_session ask try issue verdict kid sqlstate cached
  copy_of run_bound run_load);

# new_server(name, init parameters, conf => [lines], prepared => 0): a running server; its database
# postgres has been prepared unless that is 0.
sub new_server
{
    my ($name, %options) = @_;
    my $conf = delete $options{conf} // [];
    my $prepared = delete $options{prepared} // 1;
    my $node = PostgreSQL::Test::Cluster->new($name);

    # Without this the cluster takes its encoding from the environment.
    $node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ], %options);
    $node->append_conf('postgresql.conf', join("\n", 'max_connections = 40', @$conf));
    $node->start;
    prepare_database($node, 'postgres') if $prepared;
    return $node;
}

# The extension, and test.sqlstate(statement): '00000', or the SQLSTATE that the statement ends with.
sub prepare_database
{
    my ($node, $database) = @_;
    $node->safe_psql($database, <<'SQL');
CREATE EXTENSION access_token;
CREATE SCHEMA test;
CREATE FUNCTION test.sqlstate(statement text) RETURNS text LANGUAGE plpgsql AS
$$ BEGIN EXECUTE statement; RETURN '00000'; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $$;
SQL
    return;
}

# A session that stays open; statements that fail do not end it.
sub open_session
{
    my ($node, $database) = @_;
    return $node->background_psql($database // 'postgres', on_error_stop => 0);
}

# ask(session or node, statement): its output; dies of an error, in a session also of a warning.
sub ask
{
    my ($asked, $sql) = @_;
    return scalar $asked->safe_psql('postgres', $sql) if $asked->isa('PostgreSQL::Test::Cluster');
    my ($output, $messages) = try($asked, $sql);
    die "statement failed: $messages" if $messages ne '';
    return $output;
}

# try(session, statement): its output, and its notices, warnings and errors.
sub try
{
    my ($session, $sql) = @_;
    $session->{stderr} = '';
    my $output = $session->query($sql);
    my $messages = $session->{stderr};
    $session->{stderr} = '';
    return ($output =~ s/\n+$//r, $messages =~ s/\n+$//r);
}

# issue(session or node, API key): a token for user|42.
sub issue
{
    my ($asked, $api_key) = @_;
    return ask($asked, "SELECT access_token.issue_access_token('$api_key', 'user|42')");
}

# verdict(session or node, token): 'valid', or the reason why it is refused.
sub verdict
{
    my ($asked, $token) = @_;
    return ask($asked,
        "SELECT CASE WHEN valid THEN 'valid' ELSE reason END FROM access_token.inspect_access_token('$token')");
}

sub kid
{
    my ($asked, $token) = @_;
    return ask($asked, "SELECT header ->> 'kid' FROM access_token.decode_token('$token')");
}

# sqlstate(session or node, statement): what it ends with, tried in a subtransaction.
sub sqlstate
{
    my ($asked, $statement) = @_;
    return ask($asked, "SELECT test.sqlstate(\$statement\$$statement\$statement\$)");
}

# How many entries a session holds in its key cache: one by one they are API keys by their
# ids, API keys by the ids of their secrets, and tenants.
sub cached
{
    my ($session) = @_;
    return ask($session,
        "SELECT count(*) FROM pg_backend_memory_contexts WHERE parent = 'access_token key cache'");
}

# Statements that make the rows of one of the extension's tables anew elsewhere.
sub copy_of
{
    my ($node, $table) = @_;
    return ask($node, "SELECT format('INSERT INTO access_token.$table SELECT (%L::access_token.$table).*;', t)
        FROM access_token.$table AS t");
}

# run_bound(node, database, protocol, statement, variables): runs it with values bound in the extended
# protocol, or to a prepared statement; returns the messages.
sub run_bound
{
    my ($node, $database, $protocol, $statement, %variables) = @_;
    my $script = $node->basedir . '/bound.sql';
    unlink $script;
    append_to_file($script, $statement);
    my ($output, $messages);
    local %ENV = $node->_get_env();
    IPC::Run::run(
        [
            'pgbench', '--no-vacuum', '--transactions=1', "--protocol=$protocol", "--file=$script",
            (map { "--define=$_=$variables{$_}" } sort keys %variables), $database
        ],
        '>', \$output, '2>', \$messages);
    return $messages;
}

# run_load(node, {file => script}, options, disturbance): runs pgbench, and the disturbance again and
# again until it has ended, at least once. Returns whether pgbench succeeded, its output, and how often
# the disturbance came to its end.
sub run_load
{
    my ($node, $scripts, $options, $disturb) = @_;
    my @files;
    foreach my $name (sort keys %$scripts)
    {
        my $path = $node->basedir . "/$name";
        unlink $path;
        append_to_file($path, $scripts->{$name});
        push @files, '--file', $path;
    }
    my $output = '';
    my $load = do
    {
        local %ENV = $node->_get_env();
        IPC::Run::start([ 'pgbench', '--no-vacuum', split(/ /, $options), @files, 'postgres' ],
            '>&', \$output);
    };
    my $rounds = 0;
    do
    {
        $disturb->($rounds);
        $rounds++;
        $load->pump_nb;
    } while ($load->pumpable);
    my $succeeded = $load->finish;
    return ($succeeded, $output, $rounds);
}

1;
