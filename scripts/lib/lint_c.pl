#!/usr/bin/perl
# Prints each line of the C files named as "file:line:code", with comments and the contents of strings
# taken out (but not of #include), so that a rule of scripts/lint can grep for code alone.
use strict;
use warnings;

sub blank { my ($text) = @_; $text =~ s/[^\n]//g; return $text; }

for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";
    my $code = do { local $/; <$in> };
    $code =~ s{
        (^[ \t]*\#[ \t]*include[^\n]*)      # kept as it is
        | (/\*.*?\*/ | //[^\n]*)            # a comment
        | "(?:\\.|[^"\\])*"                 # a string
        | '(?:\\.|[^'\\])*'                 # a character
    }{ defined $1 ? $1 : defined $2 ? ' ' . blank($2) : '""' }gemsx;
    my $number = 0;
    printf "%s:%d:%s\n", $file, ++$number, $_ for split /\n/, $code;
}
