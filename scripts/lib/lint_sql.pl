#!/usr/bin/perl
# Two rules on every CREATE FUNCTION and CREATE PROCEDURE of the SQL files named:
#   stated      the volatility and PARALLEL are written down, not left to their defaults
#   parameters  a body writes a parameter only as function_name.parameter, because a bare name that is
#               also a column's name silently means the column: WHERE tenant_id = tenant_id is every row
# It reads tokens, so comments, strings and quoting are no trap. Findings go to standard output.
use strict;
use warnings;

my ($rule, @files) = @ARGV;
my %check = (stated => \&check_stated, parameters => \&check_parameters);
die "usage: lint_sql.pl stated|parameters FILE...\n" unless $rule && $check{$rule};

our $current_file;
for my $file (@files) {
    $current_file = $file;
    open my $in, '<', $file or die "$file: $!\n";
    my $sql = do { local $/; <$in> };
    $sql =~ s/^\\.*$//mg;    # psql's own commands
    for my $statement (statements(tokens($sql, 1))) {
        my $function = read_function($statement) or next;
        $check{$rule}->($file, $function);
    }
}

# A token is [kind, text, line]; the kinds are word, string, dollar, number and sign.
sub tokens {
    my ($sql, $line) = @_;
    my @tokens;
    pos($sql) = 0;
    while (pos($sql) < length $sql) {
        my $start = pos($sql);
        my ($kind, $text) = eval { next_token(\$sql) } or die "$current_file:$line: $@";
        push @tokens, [$kind, $kind eq 'word' ? lc $text : $text, $line] if $kind ne 'space';
        $line += substr($sql, $start, pos($sql) - $start) =~ tr/\n//;
    }
    return \@tokens;
}

sub next_token {
    my ($sql) = @_;
    return ('space', '')  if $$sql =~ /\G(?:\s+|--[^\n]*)/gc;
    return ('space', '')  if $$sql =~ m{\G(/\*(?:[^*/]|\*(?!/)|/(?!\*)|(?1))*+\*/)}gc;    # they nest
    die "a comment does not end; mind that PostgreSQL's comments nest\n" if $$sql =~ m{\G/\*}gc;
    return ('dollar', $2) if $$sql =~ /\G\$(\w*)\$(.*?)\$\1\$/gcs;
    return ('string', '') if $$sql =~ /\G[eE]'(?:\\.|''|[^'\\])*'/gcs;
    return ('string', '') if $$sql =~ /\G'(?:''|[^'])*'/gcs;
    return ('word', $1)   if $$sql =~ /\G"((?:""|[^"])*)"/gcs;
    return ('word', $1)   if $$sql =~ /\G([A-Za-z_][\w\$]*)/gc;
    return ('number', $1) if $$sql =~ /\G(\d[\w.]*)/gc;
    return ('sign', $1)   if $$sql =~ /\G(::|:=|=>|.)/gcs;
    die "cannot read SQL at byte " . pos($$sql) . "\n";
}

# Splits at semicolons, but not inside BEGIN ATOMIC ... END.
sub statements {
    my ($tokens) = @_;
    my (@all, @current);
    my $atomic = 0;
    for my $token (@$tokens) {
        my $before = @current ? $current[-1][1] : '';
        if    ($token->[0] eq 'word' && $token->[1] eq 'atomic' && $before eq 'begin') { $atomic = 1 }
        elsif ($token->[0] eq 'word' && $token->[1] eq 'case' && $atomic) { $atomic++ }
        elsif ($token->[0] eq 'word' && $token->[1] eq 'end'  && $atomic) { $atomic-- }
        if ($token->[1] eq ';' && !$atomic) { push @all, [@current]; @current = () }
        else                                { push @current, $token }
    }
    return (@all, [@current]);
}

# {name, line, parameters, options, body}, or nothing for another statement.
sub read_function {
    my ($tokens) = @_;
    my $text = join ' ', map { $_->[1] } @$tokens;
    return unless $text =~ /^create (or replace )?(function|procedure) /;
    my ($open) = grep { $tokens->[$_][1] eq '(' } 0 .. $#$tokens;
    my $close = closing($tokens, $open);
    my @rest = @$tokens[$close + 1 .. $#$tokens];
    my ($body_at) = grep { $rest[$_][0] eq 'dollar' || $rest[$_][1] =~ /^(atomic|return)$/ } 0 .. $#rest;
    $body_at = @rest unless defined $body_at;
    my @options = @rest[grep { $_ != $body_at } 0 .. $#rest];
    return {
        name       => $tokens->[$open - 1][1],
        line       => $tokens->[0][2],
        parameters => [parameters(@$tokens[$open + 1 .. $close - 1])],
        options    => join(' ', map { $_->[1] } grep { $_->[0] eq 'word' } @options),
        body       => body(@rest[$body_at .. $#rest]),
    };
}

sub closing {
    my ($tokens, $at) = @_;
    my $depth = 0;
    for my $i ($at .. $#$tokens) {
        $depth++ if $tokens->[$i][1] eq '(';
        return $i if $tokens->[$i][1] eq ')' && --$depth == 0;
    }
    die "line $tokens->[$at][2]: a parenthesis is not closed\n";
}

# The names of those that a body can read; OUT ones it only assigns.
sub parameters {
    my @names;
    my $depth = 0;
    my @current;
    for my $token (@_, ['sign', ',', 0]) {
        if ($token->[1] eq ',' && $depth == 0) {
            my @words = map { $_->[1] } @current;
            my $out = @words && $words[0] eq 'out';
            shift @words while @words && $words[0] =~ /^(in|out|inout|variadic)$/;
            push @names, $words[0] if !$out && @words > 1 && $words[1] =~ /^\w/;
            @current = ();
            next;
        }
        $depth++ if $token->[1] eq '(';
        $depth-- if $token->[1] eq ')';
        push @current, $token;
    }
    return @names;
}

sub body {
    my @tokens = @_;
    return [] unless @tokens;
    return tokens($tokens[0][1], $tokens[0][2]) if $tokens[0][0] eq 'dollar';
    return [@tokens[1 .. $#tokens]];
}

sub check_stated {
    my ($file, $function) = @_;
    my @missing;
    push @missing, 'VOLATILE, STABLE or IMMUTABLE' unless $function->{options} =~ /\b(volatile|stable|immutable)\b/;
    push @missing, 'PARALLEL' unless $function->{options} =~ /\bparallel (safe|restricted|unsafe)\b/;
    print "$file:$function->{line}: $function->{name} does not state $_\n" for @missing;
}

sub check_parameters {
    my ($file, $function) = @_;
    my %is_parameter = map { $_ => 1 } @{ $function->{parameters} };
    my @body = @{ $function->{body} };
    my %skip = name_positions(@body);
    for my $i (0 .. $#body) {
        my ($kind, $word, $line) = @{ $body[$i] };
        next unless $kind eq 'word' && $is_parameter{$word} && !$skip{$i};
        next if is_no_reference($i, @body);
        print "$file:$line: $function->{name}: bare parameter name $word\n";
    }
}

# What stands around a word that only looks like a parameter.
sub is_no_reference {
    my ($i, @body) = @_;
    my $before = $i > 0      ? $body[$i - 1][1] : ';';
    my $after  = $i < $#body ? $body[$i + 1][1] : ';';
    return 1 if $before eq '.';                       # qualified, by the function or by a table
    return 1 if $before eq '::' || $before eq 'as';   # a type, an alias
    return 1 if $after eq '.' || $after eq '=>' || $after eq '(';
    return 1 if $after eq ':=' && $before =~ /^(;|begin|then|else|loop)$/;
    return 1 if $body[$i][1] eq 'public' && $before =~ /^(to|from)$/;
    return 0;
}

# Positions of words that name columns by grammar: INSERT INTO t (here), AS t (here), SET here = ...
sub name_positions {
    my @body = @_;
    my %skip;
    my ($depth, $set_depth, $target) = (0, -1, 0);
    for my $i (0 .. $#body) {
        my $text = $body[$i][1];
        if ($text eq '(' && is_column_list($i, @body)) {
            $skip{$_} = 1 for $i .. closing(\@body, $i);
        }
        $depth++ if $text eq '(';
        $depth-- if $text eq ')';
        $set_depth = -1 if $depth < $set_depth || $text =~ /^(;|where|from|returning)$/ && $depth == $set_depth;
        $skip{$i} = 1 if $target;
        $target = $depth == $set_depth && $text eq ',';
        ($set_depth, $target) = ($depth, 1) if $text eq 'set';
    }
    return %skip;
}

sub is_column_list {
    my ($i, @body) = @_;
    my $start = $i - 1;
    $start -= 2 while $start >= 2 && $body[$start - 1][1] eq '.';
    return 0 unless $start >= 1 && $body[$start][0] eq 'word';
    my $before = $body[$start - 1][1];
    return 1 if $before eq 'into' && $start >= 2 && $body[$start - 2][1] eq 'insert';
    return 0 unless $before eq 'as';
    # INSERT INTO t AS alias (columns), or FROM f() AS alias (columns); WITH x AS (...) has no word there.
    return $start >= 2 && ($body[$start - 2][0] eq 'word' || $body[$start - 2][1] eq ')');
}
