# Root keys outside the database, and reloads that have arrived everywhere.
package RootKeys;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use MIME::Base64 qw(encode_base64);
use PostgreSQL::Test::Utils;
use Time::HiRes qw(usleep);
use AccessTokenServer;
use SecretSearch;

our @EXPORT = qw(new_root_key write_private reload_conf);

# Base64 of 32 random bytes.
sub new_root_key
{
    return encode_base64(SecretSearch::read_random(32), '');
}

# Replaces a file, as a careful administrator does, in one step and never readable for others.
sub write_private
{
    my ($path, $content) = @_;
    my $mask = umask 0077;
    open my $out, '>:raw', "$path.new" or die "$path.new: $!";
    print $out $content;
    close $out or die "$path.new: $!";
    umask $mask;
    rename "$path.new", $path or die "$path: $!";
    return;
}

# Reloads the configuration and waits until new sessions and the given ones have taken it in.
sub reload_conf
{
    my ($node, @sessions) = @_;
    my $loaded = 'SELECT extract(epoch FROM pg_conf_load_time())';
    my @waiting = map { [ $_, ask($_, $loaded) ] } ($node, @sessions);
    $node->reload;
    foreach my $wait (@waiting)
    {
        my ($asked, $before) = @$wait;
        my $tries = 100 * $PostgreSQL::Test::Utils::timeout_default;
        while (ask($asked, $loaded) eq $before)
        {
            die 'the reload did not arrive' if $tries-- == 0;
            usleep(10_000);
        }
    }
    return;
}

1;
