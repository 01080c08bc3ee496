# Searching files and texts for secrets, in each form in which bytes get written.
package SecretSearch;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Find;
use MIME::Base64 qw(encode_base64);

our @EXPORT = qw(forms needles found holds read_bytes files_below random_text);

# Plain, hexadecimal, base64 and base64url at each of the three alignments that a place in a longer text
# gives; the characters at the edges that depend on the neighbours are left away.
sub forms
{
    my ($bytes) = @_;
    my %forms = (plain => $bytes, hex => unpack('H*', $bytes), 'HEX' => uc unpack('H*', $bytes));
    foreach my $shift (0 .. 2)
    {
        my $shifted = ("\0" x $shift) . $bytes;
        my $whole = substr($shifted, 0, 3 * int(length($shifted) / 3));
        my $base64 = substr(encode_base64($whole, ''), (0, 2, 3)[$shift]);
        $forms{"base64 at $shift"} = $base64;
        $forms{"base64url at $shift"} = $base64 =~ tr{+/}{-_}r;
    }
    return %forms;
}

# needles(name => bytes, ...): each value whole and by halves, in every form.
sub needles
{
    my %values = @_;
    my %needles;
    foreach my $name (keys %values)
    {
        my $bytes = $values{$name};
        my $middle = int(length($bytes) / 2);
        my %parts = (whole => $bytes, start => substr($bytes, 0, $middle), end => substr($bytes, $middle));
        foreach my $part (keys %parts)
        {
            my %forms = forms($parts{$part});
            $needles{"$name, $part, $_"} = $forms{$_} foreach keys %forms;
        }
    }
    return \%needles;
}

# The names of the needles that are in the text, in one line; empty when none is.
sub found
{
    my ($text, $needles) = @_;
    return join('; ', grep { holds($text, $needles->{$_}) } sort keys %$needles);
}

sub holds
{
    my ($text, $bytes) = @_;
    return index($text, $bytes) >= 0;
}

sub read_bytes
{
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!";
    local $/ = undef;
    return <$in> // '';
}

# The paths of all files in a folder and those below.
sub files_below
{
    my ($folder) = @_;
    my @files;
    find({ no_chdir => 1, wanted => sub { push @files, $_ if -f } }, $folder);
    return sort @files;
}

# Random characters of base64url.
sub random_text
{
    my ($length) = @_;
    my @characters = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '-', '_');
    my $bytes = substr(read_random($length), 0, $length);
    return join('', map { $characters[ ord($_) % 64 ] } split(//, $bytes));
}

sub read_random
{
    my ($length) = @_;
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!";
    read($random, my $bytes, $length) == $length or die '/dev/urandom gave too little';
    return $bytes;
}

1;
