# A logical subscriber of what is public, the columns of tenants, clients and signing keys without private keys,
# of revocations and cut-offs: a client's token is verified there, revoked here, and refused there.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $publisher = new_server('publisher', allows_streaming => 'logical');
my $subscriber = new_server('subscriber');

ask($publisher, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme', 'https://acme.example'), access_token.create_tenant('Other', 'other', 'https://other.example');
SELECT access_token.create_client('acme', 'Client', settings => '{"algorithm": "ES256"}', id => client)
    FROM unnest(ARRAY['one', 'two']) AS client;
SELECT access_token.create_client('other', 'Client', settings => '{"algorithm": "ES256"}', id => 'other');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
CREATE TABLE test.key AS SELECT access_token.jwk_generate('EdDSA')::text AS jwk;
CREATE TABLE test.kid AS SELECT access_token.import_signing_key('acme', jwk, 'EdDSA') AS kid FROM test.key;
SELECT access_token.rotate_signing_key('acme', 'EdDSA');
CREATE PUBLICATION public FOR TABLE
    access_token.tenant, access_token.tenant_issuer, access_token.client, access_token.revocation,
    access_token.signing_key (kid, tenant_id, algorithm, state, public_jwk, created_at, activated_at, retired_at, revoked_at);
SQL
my $connection = $publisher->connstr . ' dbname=postgres';
ask($subscriber, "CREATE SUBSCRIPTION public CONNECTION '$connection' PUBLICATION public");
$subscriber->wait_for_subscription_sync($publisher, 'public');
is(ask($publisher, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'the publication carries no secret');
is(ask($subscriber, 'SELECT count(*) FROM access_token.check_installation()'), '0', 'nothing is unsafe at the subscriber');
is(ask($subscriber, 'SELECT count(sealed_private_key) FROM access_token.signing_key'), '0', 'which has no private key');

sub issue_client
{
    my ($client, $tenant) = @_;
    return ask($publisher, "SELECT access_token FROM access_token.issue_client_token('" . ($tenant // 'acme') . "', '$client')");
}

# A client's token for a user, signed with a key that was imported.
sub issue_for_user
{
    my ($user) = @_;
    return ask($publisher, <<"SQL");
SELECT access_token.jws_sign(
    convert_to(json_build_object('iss', 'https://acme.example', 'sub', '$user', 'client_id', 'one', 'jti', gen_random_uuid(),
        'iat', floor(extract(epoch FROM clock_timestamp())), 'exp', floor(extract(epoch FROM clock_timestamp())) + 600)::text, 'UTF8'),
    jwk, json_build_object('typ', 'at+jwt', 'kid', kid)::jsonb) FROM test.key, test.kid
SQL
}

my $session = open_session($subscriber);
my $transaction = open_session($subscriber);
ask($transaction, 'BEGIN ISOLATION LEVEL REPEATABLE READ');

sub on_publisher
{
    my ($sql) = @_;
    ask($publisher, $sql);
    $publisher->wait_for_catchup('public');
    return;
}

sub subscriber_says
{
    my ($token, $expected, $what) = @_;
    is(verdict($session, $token), $expected, "$what: an open session");
    is(verdict($transaction, $token), $expected, "$what: an open REPEATABLE READ transaction");
    is(verdict($subscriber, $token), $expected, "$what: a new session");
    return;
}

my $other = issue_client('other', 'other');
subscriber_says($other, 'valid', 'a token of another tenant');
subscriber_says(issue($publisher, 'backend'), 'bad_signature', "an API key's token, whose secret is not here");

sub is_revoked_by
{
    my ($kind, $make, $call, $stays) = @_;
    my $token = $make->();
    subscriber_says($token, 'valid', "$kind: before");
    on_publisher('SELECT access_token.' . $call =~ s/%s/$token/r);
    subscriber_says($token, 'revoked', "$kind: revoked at the publisher");
    is(ask($session, "SELECT access_token.introspect_access_token('$token', 'acme')"), '{"active": false}', "$kind: introspected");
    subscriber_says($stays->(), 'valid', "$kind: another token");
    subscriber_says($other, 'valid', "$kind: another tenant's token");
    return;
}

my $of_one = sub { issue_client('one') };
my $id = issue_client('one');
my $jti = ask($publisher, "SELECT claims ->> 'jti' FROM access_token.decode_token('$id')");
is_revoked_by('token', $of_one, "revoke_access_token('%s')", $of_one);
is_revoked_by('jti', sub { $id }, "revoke_token_id('acme', '$jti')", $of_one);
is_revoked_by('identity', sub { issue_for_user('user|42') }, "revoke_identity('acme', 'user|42')", sub { issue_for_user('user|43') });
is_revoked_by('client', $of_one, "revoke_client_tokens('one')", sub { issue_client('two') });
is_revoked_by('tenant', sub { issue_client('two') }, "revoke_tenant_tokens('acme')", $of_one);

# Switched off, on, and purged.
my $token = $of_one->();
on_publisher("SELECT access_token.set_client_enabled('one', false)");
subscriber_says($token, 'disabled', 'a client that is switched off');
on_publisher("SELECT access_token.set_client_enabled('one', true)");
subscriber_says($token, 'valid', 'and on again');
on_publisher("UPDATE access_token.revocation SET expires_at = clock_timestamp() - interval '1 hour' WHERE kind = 'jti'");
on_publisher('SELECT access_token.purge_expired()');
is(ask($subscriber, "SELECT string_agg(DISTINCT kind, ' ') FROM access_token.revocations"), 'identity', 'what is purged goes there, too');
on_publisher("SELECT access_token.delete_client('one')");
subscriber_says($token, 'disabled', 'a client that is deleted');

# TRUNCATE takes revocations away on both sides; the cut-offs stand in other tables.
my $last = issue_client('two');
on_publisher("SELECT access_token.revoke_access_token('$last')");
subscriber_says($last, 'revoked', 'before TRUNCATE');
on_publisher('TRUNCATE access_token.revocation');
subscriber_says($last, 'valid', 'after it');

$_->quit foreach ($session, $transaction);
$subscriber->stop;
done_testing();
