# Signing keys on a hot standby: it publishes, signs and verifies; what the primary does to the keys is in
# force there once it has been replayed, also for sessions that hold a key and inside their transactions;
# what must write wants the primary. The root key may be in a file of each host, which fails by itself.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Utils;
use Test::More;
use AccessTokenServer;
use RootKeys;

my @algorithms = ('RS256', 'ES256', 'EdDSA');
my $primary = new_server('primary', allows_streaming => 1);
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
# The old snapshot below keeps rows on the primary; else replay would end the transaction that holds it.
$standby->append_conf('postgresql.conf', 'hot_standby_feedback = on');
$standby->start;

sub on_primary
{
    my ($sql) = @_;
    my $answer = $primary->safe_psql('postgres', $sql);
    $primary->wait_for_catchup($standby);
    return $answer;
}

sub sign
{
    my ($asked, $algorithm) = @_;
    return ask($asked,
        qq{SELECT access_token.sign_token('acme', '{"sub": "guest"}', '$algorithm', '{"typ": "own+jwt"}')});
}

sub verify
{
    my ($asked, $token) = @_;
    return sqlstate($asked, "SELECT access_token.verify_token('$token', 'acme', 'own+jwt')");
}

on_primary(<<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example'), access_token.create_tenant('Other', 'other');
SELECT access_token.rotate_signing_key('acme', algorithm) FROM unnest(ARRAY['RS256', 'ES256', 'EdDSA']) AS algorithm;
SQL

my $session = open_session($standby);
my $transaction = open_session($standby);
ask($transaction, 'BEGIN ISOLATION LEVEL REPEATABLE READ');
ask($transaction, 'SELECT count(*) FROM access_token.signing_keys');
my %on_standby = (
    'an open session' => $session,
    'an open REPEATABLE READ transaction' => $transaction,
    'a new session' => $standby);

# standby_says(token, SQLSTATE, what)
sub standby_says
{
    my ($token, $expected, $what) = @_;
    is(verify($on_standby{$_}, $token), $expected, "$what: $_") foreach sort keys %on_standby;
    return;
}

sub same_key_sets
{
    my ($what) = @_;
    my $asked = "SELECT access_token.jwks('acme')";
    is(ask($session, $asked), ask($primary, $asked), "$what: the standby publishes the same key set");
    return;
}

same_key_sets('at first');
my %token;
foreach my $algorithm (@algorithms)
{
    $token{$algorithm} = sign($primary, $algorithm);
    standby_says($token{$algorithm}, '00000', "$algorithm: the primary's token verifies on the standby");
    my $signed = sign($session, $algorithm);
    is(verify($primary, $signed), '00000', "$algorithm: the standby's token verifies on the primary");
    is(verify($session, $signed), '00000', "$algorithm: the standby's token verifies on the standby");
    is(kid($session, $signed), kid($session, $token{$algorithm}), "$algorithm: both sign with the same key");
    is(verify($session, substr($signed, 0, -8) . 'AAAAAAAA'), 'TK003', "$algorithm: an altered token is refused");
    is(sqlstate($session, "SELECT access_token.verify_token('$signed', 'other', 'own+jwt')"),
        'TK003', "$algorithm: by another tenant, too");
}

# Rotation reaches it, in every session at once.
foreach my $algorithm (@algorithms)
{
    my $kid = on_primary("SELECT access_token.rotate_signing_key('acme', '$algorithm', force => true)");
    is(kid($session, sign($on_standby{$_}, $algorithm)), $kid, "$algorithm: after a rotation the new key signs: $_")
      foreach sort keys %on_standby;
    standby_says($token{$algorithm}, '00000', "$algorithm: the former key still verifies");
    same_key_sets("$algorithm: after a rotation");
}

# Revoking and restoring a key, and switching the tenant off.
my $previous = kid($primary, $token{ES256});
on_primary("SELECT access_token.revoke_signing_key('$previous', force => true)");
standby_says($token{ES256}, 'TK003', 'a key revoked on the primary is refused');
standby_says($token{RS256}, '00000', 'others are not');
same_key_sets('after a revocation');
on_primary("SELECT access_token.restore_signing_key('$previous')");
standby_says($token{ES256}, '00000', 'restored, it verifies');
my $current = on_primary("SELECT kid FROM access_token.signing_keys WHERE algorithm = 'EdDSA' AND state = 'current'");
my $revoked = sign($session, 'EdDSA');
on_primary("SELECT access_token.revoke_signing_key('$current')");
standby_says($revoked, 'TK003', 'the current key revoked on the primary is refused');
is(verify($primary, sign($session, 'EdDSA')), '00000', 'and the one after it signs on the standby');
on_primary("SELECT access_token.set_tenant_enabled('acme', false)");
standby_says($token{RS256}, 'TK009', 'a tenant switched off on the primary is refused');
on_primary("SELECT access_token.set_tenant_enabled('acme', true)");
standby_says($token{RS256}, '00000', 'and switched on again, verifies');

# What must write says that it wants the primary; nothing has changed there.
my %writes = (
    create_signing_key => "create_signing_key('acme', 'ES384')",
    import_signing_key => q{import_signing_key('acme', access_token.jwk_generate('ES384')::text, 'ES384')},
    rotate_signing_key => "rotate_signing_key('acme', 'ES256', force => true)",
    'rotate_signing_key of a first key' => "rotate_signing_key('acme', 'ES512')",
    revoke_signing_key => "revoke_signing_key('$previous', force => true)",
    restore_signing_key => "restore_signing_key('$current')",
    delete_signing_key => "delete_signing_key('$current')",
    rewrap_secrets => 'rewrap_secrets()',
    import_root_key => "import_root_key(access_token.export_root_key('correct horse battery'), 'correct horse battery')",);
is(sqlstate($session, "SELECT access_token.$writes{$_}"), 'TK012', "$_ wants the primary") foreach sort keys %writes;
is(ask($session, 'SELECT count(*) FROM access_token.root_keys'), '1', 'the view of root keys answers');

# The standby's own file of root keys.
my $folder = PostgreSQL::Test::Utils::tempdir;
my $key = 'shared:' . new_root_key() . "\n";
write_private("$folder/primary", $key);
$primary->append_conf('postgresql.conf', "access_token.root_key_file = '$folder/primary'");
reload_conf($primary);
$standby->append_conf('postgresql.conf', "access_token.root_key_file = '$folder/standby'");
ask($transaction, 'COMMIT');
delete $on_standby{'an open REPEATABLE READ transaction'};
$transaction->quit;
reload_conf($standby, $session);
is(verify($standby, sign($standby, 'RS256')), '00000', 'a standby without its file opens what the table sealed');
on_primary('SELECT access_token.rewrap_secrets()');
my $signing = q{SELECT access_token.sign_token('acme', '{}', 'RS256', '{"typ": "own+jwt"}')};
is(sqlstate($_, $signing), 'TK011', 'what was rewrapped it does not') foreach ($session, $standby);
is(sqlstate($primary, $signing), '00000', 'while the primary does');
standby_says($token{RS256}, '00000', 'verifying needs public keys alone');
same_key_sets('without a root key');
is(ask($standby, q{SELECT string_agg(source, ' ' ORDER BY source) FROM access_token.root_keys}),
    'database missing', 'the view says what is missing here');
write_private("$folder/standby", $key);
is(verify($primary, sign($standby, 'RS256')), '00000', 'with the file it signs');
reload_conf($standby, $session);
is(verify($primary, sign($session, 'RS256')), '00000', 'after a reload, in open sessions, too');

# After a promotion it rotates by itself.
$standby->promote;
my $kid = ask($standby, "SELECT access_token.rotate_signing_key('acme', 'RS256', force => true)");
is(kid($session, sign($session, 'RS256')), $kid, 'after a promotion the former standby rotates');
is(verify($session, $token{RS256}), '00000', 'and old tokens verify');
isnt(kid($primary, sign($primary, 'RS256')), $kid, 'while the former primary keeps its own state');
$session->quit;
done_testing();
