# A logical subscriber that receives keys: its apply process fires only ALWAYS row triggers, and by them
# open sessions there hear of what the publisher changes.
use strict;
use warnings FATAL => 'all';

use Test::More;
use AccessTokenServer;

my $publisher = new_server('publisher', allows_streaming => 'logical');
my $subscriber = new_server('subscriber');

ask($publisher, <<'SQL');
SELECT access_token.create_tenant('Acme', 'acme'), access_token.create_tenant('Other', 'other');
SELECT access_token.create_api_key('acme', 'backend', id => 'backend');
SELECT access_token.create_api_key('other', 'backend', id => 'other');
SELECT access_token.update_tenant('acme', '{"issuer": "https://acme.example"}');
SELECT access_token.rotate_signing_key('acme', 'ES256');
SELECT FROM access_token.create_client('acme', 'App', settings => '{"algorithm": "ES256"}', id => 'app');
CREATE PUBLICATION keys FOR TABLE
    access_token.tenant, access_token.tenant_issuer, access_token.api_key, access_token.client,
    access_token.signing_key (kid, tenant_id, algorithm, state, public_jwk, created_at, activated_at, retired_at, revoked_at);
SQL
is( ask($publisher, 'SELECT finding FROM access_token.check_installation() ORDER BY finding'),
    "publication keys carries access_token.api_key.current_sealed_secret\n"
      . 'publication keys carries access_token.api_key.previous_sealed_secret',
    'check_installation lists a publication with secrets');

# The root key comes by hand; that it does is the only way to verify here.
ask($subscriber, copy_of($publisher, 'root_key'));
my $connection = $publisher->connstr . ' dbname=postgres';
ask($subscriber, "CREATE SUBSCRIPTION keys CONNECTION '$connection' PUBLICATION keys");
$subscriber->wait_for_subscription_sync($publisher, 'keys');

my $token = issue($publisher, 'backend');
my $other = issue($publisher, 'other');
my $client_token = ask($publisher, "SELECT access_token FROM access_token.issue_client_token('acme', 'app', scope => 'read')");
my $session = open_session($subscriber);
my $transaction = open_session($subscriber);
ask($transaction, 'BEGIN ISOLATION LEVEL REPEATABLE READ');

sub on_publisher
{
    my ($sql) = @_;
    ask($publisher, $sql);
    $publisher->wait_for_catchup('keys');
    return;
}

sub subscriber_says
{
    my ($asked_token, $expected, $what) = @_;
    is(verdict($session, $asked_token), $expected, "$what: an open session");
    is(verdict($transaction, $asked_token), $expected, "$what: an open REPEATABLE READ transaction");
    is(verdict($subscriber, $asked_token), $expected, "$what: a new session");
    return;
}

# Each change in turn; the other tenant's token stays good all the time.
sub changes
{
    on_publisher("SELECT access_token.set_api_key_enabled('backend', false)");
    subscriber_says($token, 'disabled', 'a key disabled at the publisher');
    on_publisher("SELECT access_token.set_api_key_enabled('backend', true)");
    subscriber_says($token, 'valid', 'enabled again');
    on_publisher("SELECT access_token.set_tenant_enabled('acme', false)");
    subscriber_says($token, 'disabled', 'a tenant disabled at the publisher');
    on_publisher("SELECT access_token.set_tenant_enabled('acme', true)");
    subscriber_says($token, 'valid', 'enabled again');
    on_publisher(q{SELECT access_token.update_tenant('acme', '{"max_token_lifetime": 60}')});
    subscriber_says($token, 'lifetime_too_long', 'a lower cap');
    on_publisher(q{SELECT access_token.update_tenant('acme', '{"max_token_lifetime": 86400}')});
    subscriber_says($token, 'valid', 'the former cap');
    on_publisher("SELECT access_token.set_client_enabled('app', false)");
    subscriber_says($client_token, 'disabled', 'a client disabled at the publisher');
    on_publisher("SELECT access_token.set_client_enabled('app', true)");
    on_publisher(q{SELECT access_token.update_client('app', '{"allowed_scopes": []}')});
    subscriber_says($client_token, 'scope_not_allowed', 'its scopes taken away');
    on_publisher(q{SELECT access_token.update_client('app', '{"allowed_scopes": null}')});
    subscriber_says($client_token, 'valid', 'and given back');
    subscriber_says($other, 'valid', "another tenant's token");
    return;
}

subscriber_says($token, 'valid', "the publisher's token");
isnt(cached($session), '0', 'the open session has the key in its cache');
changes();

# Rotation, and a token made here.
on_publisher("SELECT access_token.rotate_api_key('backend')");
subscriber_says($token, 'valid', 'the old token during the grace of a rotation');
my $rotated = issue($session, 'backend');
is(kid($session, $rotated),
    ask($publisher, "SELECT current_secret_id FROM access_token.api_keys WHERE api_key_id = 'backend'"),
    'the subscriber signs with the new secret');
subscriber_says($rotated, 'valid', 'the new token');
is(verdict($publisher, $rotated), 'valid', 'and it verifies at the publisher');

# The same where triggers have become plain: they do not fire here, so nothing is cached.
ask($subscriber, "ALTER TABLE access_token.$_ ENABLE TRIGGER ALL") foreach ('tenant', 'api_key');
ask($_, 'SET client_min_messages = error') foreach ($session, $transaction);
changes();
my $new = open_session($subscriber);
ask($new, 'SET client_min_messages = error');
is(verdict($new, $token), 'valid', 'a session that starts while triggers are plain');
is(cached($new), '0', 'caches nothing');
ask($subscriber, "ALTER TABLE access_token.$_ ENABLE ALWAYS TRIGGER invalidate_key_cache_before,
        ENABLE ALWAYS TRIGGER invalidate_key_cache_before_truncate,
        ENABLE ALWAYS TRIGGER invalidate_key_cache_after,
        ENABLE ALWAYS TRIGGER invalidate_key_cache_after_truncate") foreach ('tenant', 'api_key');
subscriber_says($rotated, 'valid', 'the triggers ENABLE ALWAYS again');
is(verdict($new, $rotated), 'valid', 'in the session that began without');
isnt(cached($new), '0', 'which caches now');

# Signing keys: their public columns are all that verifying needs, and too little for signing.
sub own_says
{
    my ($own_token, $expected, $what) = @_;
    my $verify = "SELECT access_token.verify_token('$own_token', 'acme', 'invitation+jwt')";
    is(sqlstate($session, $verify), $expected, "$what: an open session");
    is(sqlstate($transaction, $verify), $expected, "$what: an open REPEATABLE READ transaction");
    is(sqlstate($subscriber, $verify), $expected, "$what: a new session");
    return;
}

my $sign = q{SELECT access_token.sign_token('acme', '{}', 'ES256', '{"typ": "invitation+jwt"}')};
my $own = ask($publisher, $sign);
my $signer = kid($publisher, $own);
own_says($own, '00000', "a token of the publisher's signing key");
is(sqlstate($session, $sign), 'TK010', 'the subscriber has no private key to sign with');
is(ask($subscriber, 'SELECT count(*) FROM access_token.signing_keys WHERE has_private_key'), '0', 'as its view says');
on_publisher("SELECT access_token.rotate_signing_key('acme', 'ES256', force => true)");
own_says($own, '00000', 'the key is previous');
own_says(ask($publisher, $sign), '00000', 'a token of the key that was next');
on_publisher("SELECT access_token.revoke_signing_key('$signer', force => true)");
own_says($own, 'TK003', 'revoked at the publisher');
on_publisher("SELECT access_token.restore_signing_key('$signer')");
own_says($own, '00000', 'restored');
is(ask($subscriber, "SELECT access_token.jwks('acme')"), ask($publisher, "SELECT access_token.jwks('acme')"),
    'both publish the same key set');

# Rows that go, one by one and all at once.
on_publisher("SELECT access_token.rotate_api_key('backend', '0')");
subscriber_says($rotated, 'bad_signature', 'a secret without grace');
on_publisher("SELECT access_token.delete_api_key('backend')");
my $unknown = sqlstate($session, "SELECT access_token.issue_access_token('backend', 'user|42')");
is($unknown, '42704', 'a key deleted at the publisher is unknown');
subscriber_says($other, 'valid', "another tenant's token");
on_publisher('TRUNCATE access_token.tenant, access_token.tenant_issuer, access_token.signing_key, access_token.api_key, access_token.client');
subscriber_says($other, 'bad_signature', 'after TRUNCATE at the publisher');
own_says($own, 'TK003', 'and of its signing keys');

$_->quit foreach ($session, $transaction, $new);
$subscriber->stop;
done_testing();
