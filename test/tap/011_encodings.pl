# The same input gives the same token, byte for byte, in databases of any encoding and collation and
# under any setting of a session; only iat, exp and jti differ. What a database cannot represent is
# refused by name.
use strict;
use warnings FATAL => 'all';

use MIME::Base64 qw(decode_base64url);
use Test::More;
use AccessTokenServer;

my $node = new_server('encoded');

# Every database has the same rows, so that the tokens of one verify in the others.
my %databases = (
    utf8 => "ENCODING 'UTF8' LOCALE 'C.UTF-8'",
    icu => "ENCODING 'UTF8' LOCALE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'da-DK-u-ka-shifted'",
    latin1 => "ENCODING 'LATIN1' LOCALE 'C'",
    latin9 => "ENCODING 'LATIN9' LOCALE 'C'",
    win1252 => "ENCODING 'WIN1252' LOCALE 'C'",
    sql_ascii => "ENCODING 'SQL_ASCII' LOCALE 'C'",);
my @names = sort keys %databases;
ask($node, "SELECT access_token.create_tenant('Acme', 'acme')");
ask($node, "SELECT access_token.create_api_key('acme', 'backend', id => 'backend')");
my @tables = ('tenant', 'api_key', 'root_key');
my %rows = map { $_ => copy_of($node, $_) } @tables;
my %session;
foreach my $name (@names)
{
    ask($node, "CREATE DATABASE $name TEMPLATE template0 $databases{$name}");
    prepare_database($node, $name);
    $session{$name} = open_session($node, $name);
    ask($session{$name}, 'TRUNCATE access_token.root_key');
    ask($session{$name}, $rows{$_}) foreach @tables;
}

# An SQL expression in ASCII for a text that is given in UTF-8; in SQL_ASCII it stands for these bytes.
sub sql_text
{
    my ($utf8) = @_;
    return "convert_from(decode('" . unpack('H*', $utf8) . "', 'hex'), 'UTF8')";
}

my ($role, $audience) = (sql_text("pr\xc3\xbcfer"), sql_text("b\xc3\xbcro"));
my ($identity, $name_claim) = (sql_text("m\xc3\xbcller"), sql_text("Zo\xc3\xab \"\\\n"));
my $issue = <<"SQL";
SELECT access_token.issue_access_token('backend', $identity, 600, 'read write', ARRAY[$audience, 'other'],
    jsonb_build_object('number', 1.50, 'large', 123456789012345678901234567890, 'name', $name_claim,
                       'role', $role, 'list', jsonb_build_array(1, true, NULL)))
SQL
my $verify = "SELECT encode(convert_to("
  . "access_token.verify_access_token('%s', 'acme', $audience) #>> '{grants,identity}', 'UTF8'), 'escape')";

# The token's header as it is; the payload with a word for what differs from token to token.
sub contents
{
    my ($token) = @_;
    my ($header, $payload) = split /\./, $token;
    my $json = decode_base64url($payload);
    $json =~ s/"exp":(\d+),"iat":(\d+),("iss":"\w+","jti"):"[0-9a-f-]{36}"/'"exp" ' . ($1 - $2) . ' after "iat",' . $3/e
      or die "unexpected payload: $json";
    return "$header $json";
}

# In each database.
foreach my $name (@names)
{
    ask($session{$name}, "SELECT access_token.update_api_key('backend',
        jsonb_build_object('allowed_roles', jsonb_build_array($role)))");
}
my %token = map { $_ => ask($session{$_}, $issue) } @names;
my $contents = contents($token{utf8});
is( $contents =~ s/^\S+ //r,
    qq({"exp" 600 after "iat","iss":"backend","jti","sub":"acme","grants":{"identity":"m\xc3\xbcller"},)
      . qq("scope":"read write","aud":["b\xc3\xbcro","other"],"list":[1,true,null],"name":"Zo\xc3\xab \\"\\\\\\n",)
      . qq("role":"pr\xc3\xbcfer","large":123456789012345678901234567890,"number":1.50}),
    'the payload in UTF-8');
is(contents($token{$_}), $contents, "$_ makes the same token as utf8") foreach @names;
foreach my $verifying (@names)
{
    foreach my $issuing (@names)
    {
        is(ask($session{$verifying}, sprintf($verify, $token{$issuing})),
            'm\303\274ller', "$verifying verifies the token of $issuing");
    }
}

# Under each setting.
my @settings = (
    "DateStyle = 'SQL, DMY'", "DateStyle = 'German'", "TimeZone = 'Asia/Kathmandu'", "TimeZone = 'America/St_Johns'",
    "IntervalStyle = 'sql_standard'", 'extra_float_digits = -15', "bytea_output = 'escape'",
    'standard_conforming_strings = off', 'array_nulls = off', 'quote_all_identifiers = on',
    "client_encoding = 'LATIN1'", "client_encoding = 'SQL_ASCII'", "search_path = ''", 'jit_above_cost = 0',
    "default_transaction_isolation = 'serializable'", 'default_transaction_read_only = on',
    "plan_cache_mode = 'force_generic_plan'", 'transform_null_equals = on',);
foreach my $category ('lc_numeric', 'lc_monetary', 'lc_time', 'lc_messages')
{
    push @settings, map { "$category = '$_'" } foreign_locale();
}

# A locale with a comma in its numbers, of those that the machine has.
sub foreign_locale
{
    my @locales = grep { /^(de|fr|es|it|pl|sv|da)_/ && /utf-?8$/i } split /\n/, `locale -a 2>/dev/null`;
    return @locales ? $locales[0] : ();
}

foreach my $name ('utf8', 'latin1')
{
    foreach my $setting (@settings)
    {
        my $session = $session{$name};
        ask($session, "SET $setting");
        my $made = ask($session, $issue);
        is(contents($made), $contents, "$name makes the same token with $setting");
        is(verdict($session, $made), 'wrong_audience', 'it is refused without its audience');
        is(ask($session, "SELECT valid FROM access_token.inspect_access_token('$made', 'acme', $audience, 'read')"),
            't', 'and verifies with it');
        ask($session, 'RESET ALL');
    }
}
SKIP:
{
    skip 'no locale with a decimal comma is installed', 1 unless foreign_locale();
    is(ask($session{utf8}, "SET lc_numeric = '" . foreign_locale() . "'; SELECT to_char(1.5, '0D0')"), ' 1,5',
        'the locale has a decimal comma');
}

# What a database cannot represent.
my %unknown = (
    latin1 => [ euro => "\xe2\x82\xac", emoji => "\xf0\x9f\x94\x91" ],
    latin9 => [ emoji => "\xf0\x9f\x94\x91", 'one half' => "\xc2\xbd" ],
    win1252 => [ emoji => "\xf0\x9f\x94\x91", han => "\xe9\x8d\xb5" ]);
foreach my $name (sort keys %unknown)
{
    my %characters = @{ $unknown{$name} };
    cannot_represent($name, $_, sql_text($characters{$_})) foreach sort keys %characters;
}

sub cannot_represent
{
    my ($name, $character, $text) = @_;
    my $session = $session{$name};
    my %places = (
        'as identity' => "'backend', $text",
        'in a claim' => "'backend', 'u', claims => jsonb_build_object('c', $text)",
        'in a name' => "'backend', 'u', claims => jsonb_build_object($text, 1)",);
    foreach my $place (sort keys %places)
    {
        my $made = ask($session{utf8}, "SELECT access_token.issue_access_token($places{$place})");
        my $what = "$character $place in $name";
        my (undef, $error) =
          try($session, "\\set VERBOSITY verbose\nSELECT access_token.verify_access_token('$made')");
        like($error, qr/ERROR:  TK002: token holds characters .*HINT:  Use a database with the encoding UTF8/s,
            "$what is TK002");
        is(sqlstate($session, "SELECT access_token.decode_token('$made')"), 'TK002', 'and so for decode_token');
        is( ask($session, "SELECT valid, reason, header ->> 'typ', claims IS NULL
                FROM access_token.inspect_access_token('$made')"),
            'f|unrepresentable|JWT|t', 'inspect_access_token has the reason');
        is(verdict($session{$_}, $made), 'valid', "$_ knows it") foreach ('utf8', 'icu', 'sql_ascii');
    }
    return;
}

my $euro = ask($session{utf8}, "SELECT access_token.issue_access_token('backend', " . sql_text("\xe2\x82\xac") . ')');
is(verdict($session{$_}, $euro), 'valid', "$_ knows the euro") foreach ('latin9', 'win1252');

# Bytes that are no UTF-8, which SQL_ASCII takes for text.
my $bytes = 'chr(252)';
my %not_utf8 = (
    identity => "issue_access_token('backend', $bytes)",
    'an API key id' => "issue_access_token($bytes, 'u')",
    'a scope' => "issue_access_token('backend', 'u', scope => $bytes)",
    'an audience' => "issue_access_token('backend', 'u', audience => ARRAY[$bytes])",
    'a claim' => "issue_access_token('backend', 'u', claims => jsonb_build_object('c', $bytes))",
    'a tenant to verify' => "verify_access_token('$token{utf8}', $bytes)",
    'an audience to verify' => "verify_access_token('$token{utf8}', 'acme', $bytes)",
    'a tenant to inspect' => "inspect_access_token('$token{utf8}', $bytes)",
    'a role to allow' =>
      "update_api_key('backend', jsonb_build_object('allowed_roles', jsonb_build_array($bytes)))",);
foreach my $what (sort keys %not_utf8)
{
    is(sqlstate($session{sql_ascii}, "SELECT access_token.$not_utf8{$what}"), '22023',
        "bytes that are no UTF-8 as $what");
}
foreach my $name (@names)
{
    is(sqlstate($session{$name}, "SELECT access_token.verify_access_token('$token{utf8}' || $bytes)"), 'TK001',
        "and in a token, in $name");
}
is(sqlstate($session{sql_ascii}, sprintf($verify, $token{utf8})), '00000', 'the key still verifies');

$_->quit foreach values %session;
done_testing();
