# Zero-failure rotation: while a load signs, issues and verifies, by sessions of its own and of others,
# signing keys are rotated at least twice, and nobody sees an error. Every token's key is in the key set
# that the database publishes at that moment.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my @algorithms = ('RS256', 'ES256', 'EdDSA');
my $node = new_server('rotated');
my $dba = open_session($node);
ask($dba, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example');
SELECT access_token.create_api_key('acme', 'key', id => 'key-' || n) FROM generate_series(1, 3) AS n;
SELECT access_token.rotate_signing_key('acme', algorithm) FROM unnest(ARRAY['RS256', 'ES256', 'EdDSA']) AS algorithm;

CREATE FUNCTION test.sign(n integer) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT access_token.sign_token('acme', '{"sub": "guest"}', ('{RS256,ES256,EdDSA}'::text[])[n], '{"typ": "own+jwt"}')
$$;
CREATE FUNCTION test.verify(token text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM access_token.verify_token(verify.token, 'acme', 'own+jwt');
    IF NOT EXISTS (
        SELECT FROM access_token.decode_token(verify.token) AS d
        WHERE access_token.jwks('acme') -> 'keys' @> jsonb_build_array(jsonb_build_object('kid', d.header -> 'kid')))
    THEN
        RAISE EXCEPTION 'the key set lacks the key of a token that verifies';
    END IF;
END
$$;
CREATE TABLE test.shared (n integer PRIMARY KEY, own text, issued text) WITH (fillfactor = 10);
INSERT INTO test.shared
SELECT n, test.sign(n), access_token.issue_access_token('key-' || n, 'user|42') FROM generate_series(1, 3) AS n;
SQL

# Tokens are verified by the session that has made them, by others, and by sessions that are new.
my %scripts = (
    'own.sql' => <<'SQL',
\set n random(1, 3)
SELECT test.sign(:n) AS own, access_token.issue_access_token('key-' || :n, 'user|42') AS issued \gset
SELECT test.verify(:own), access_token.verify_access_token(:issued);
SQL
    'share.sql' => <<'SQL',
\set n random(1, 3)
UPDATE test.shared SET own = test.sign(n), issued = access_token.issue_access_token('key-' || n, 'user|42') WHERE n = :n;
SQL
    'shared.sql' => <<'SQL');
\set n random(1, 3)
SELECT test.verify(own), access_token.verify_access_token(issued) FROM test.shared WHERE n = :n;
SQL
my %oldest = map { $_ => ask($dba, "SELECT test.sign($_)") } 1 .. 3;

# rotate_under_load(what, options): two rotations of each algorithm at least.
sub rotate_under_load
{
    my ($what, $options) = @_;
    my $rotations = 0;
    my $before = ask($dba, 'SELECT count(*) FROM access_token.signing_keys');
    my ($succeeded, $output, $rounds) = run_load($node, \%scripts, $options, sub {
        foreach my $algorithm (@algorithms, @algorithms)
        {
            ask($dba, "SELECT access_token.rotate_signing_key('acme', '$algorithm', force => true)");
            $rotations++;
        }
    });
    ok($succeeded, "$what: $rotations rotations, and no error under load") or diag($output);
    like($output, qr/number of failed transactions: 0 /, "$what: no transaction failed");
    my ($done) = $output =~ /number of transactions actually processed: (\d+)/;
    cmp_ok($done // 0, '>', $rotations, "$what: there was a load ($done transactions)");
    is(ask($dba, 'SELECT count(*) FROM access_token.signing_keys') - $before,
        $rotations, "$what: each rotation has made a key");
    return;
}

rotate_under_load('open sessions', '--protocol=prepared --client=6 --jobs=2 --time=6');
rotate_under_load('new sessions', '--protocol=extended --connect --client=3 --jobs=1 --time=4');

is(ask($dba, q{SELECT string_agg(DISTINCT format('%s %s', state, n), ', ')
    FROM (SELECT state, count(*) AS n FROM access_token.signing_keys WHERE state IN ('current', 'next') GROUP BY algorithm, state) AS s}),
    'current 1, next 1', 'each algorithm has one current and one next key');
foreach my $n (sort keys %oldest)
{
    is(sqlstate($dba, "SELECT test.verify('$oldest{$n}')"), '00000', "$algorithms[$n - 1]: the first token of all still verifies");
}
$dba->quit;
done_testing();
