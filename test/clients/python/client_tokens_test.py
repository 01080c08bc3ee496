"""Tokens of clients at resource servers that know nothing but a tenant's issuer and its published keys.

client_tokens_test.py pyjwt|authlib
"""

import base64
import http.server
import json
import sys
import threading
import time
import urllib.request

import psycopg2

from support import FOREIGN_IDENTITY, Platform, Tap, equal

AUDIENCE = 'https://api.example.com'
ALGORITHMS = ('RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA')

tap = Tap()
platform = Platform(psycopg2)


class PyJWT:
    name = 'PyJWT'

    def __init__(self, issuer, url):
        import jwt
        self.jwt = jwt
        self.issuer = issuer
        self.keys = jwt.PyJWKClient(url)

    def verify(self, token, audience):
        key = self.keys.get_signing_key_from_jwt(token)
        decoded = self.jwt.api_jwt.decode_complete(
            token, key.key, algorithms=list(ALGORITHMS), issuer=self.issuer, audience=audience,
            options={'require': ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id']})
        check_type(decoded['header'])
        return decoded['payload']


class Authlib:
    name = 'authlib'

    def __init__(self, issuer, url):
        import authlib.jose
        self.jose = authlib.jose
        self.issuer = issuer
        self.url = url

    def verify(self, token, audience):
        with urllib.request.urlopen(self.url) as answer:
            keys = self.jose.JsonWebKey.import_key_set(json.load(answer))
        claims = self.jose.JsonWebToken(list(ALGORITHMS)).decode(token, keys, claims_options={
            'iss': {'essential': True, 'value': self.issuer},
            'aud': {'essential': True, 'value': audience},
            'exp': {'essential': True},
            'client_id': {'essential': True},
        })
        claims.validate()
        check_type(claims.header)
        return dict(claims)


def check_type(header):
    """Both leave typ to the caller."""
    if header.get('typ') != 'at+jwt':
        raise ValueError('not an access token')


library = {'pyjwt': PyJWT, 'authlib': Authlib}[sys.argv[1]]


class KeySets(http.server.BaseHTTPRequestHandler):
    """/<tenant> is that tenant's key set, as the database has it now."""

    def do_GET(self):
        body = json.dumps(platform.one('SELECT access_token.jwks(%s)', self.path[1:])).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/jwk-set+json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(('127.0.0.1', 0), KeySets)
threading.Thread(target=server.serve_forever, daemon=True).start()


def url_of(tenant):
    return f'http://127.0.0.1:{server.server_port}/{tenant}'


def issuer_of(tenant):
    return f'https://{tenant.lower()}.example'


def create_client(tenant, algorithm, audience=(AUDIENCE,)):
    return platform.admin_one('SELECT client_id FROM access_token.create_client(%s, %s, %s::text[], %s)',
                              tenant, 'Client', list(audience), json.dumps({'algorithm': algorithm}))


def issue(tenant, client, **options):
    """Returns the row: access_token, expires_at, type."""
    names = ''.join(f', {name} => %s' for name in options)
    return platform.row(f'SELECT * FROM access_token.issue_client_token(%s, %s{names})',
                        tenant, client, *options.values())


def part(token, index):
    segment = token.split('.')[index]
    return json.loads(base64.urlsafe_b64decode(segment + '=' * (-len(segment) % 4)))


def altered(token):
    """The same token with another subject, and the signature it had."""
    header, _, signature = token.split('.')
    payload = json.dumps({**part(token, 1), 'sub': 'admin'}).encode()
    return f'{header}.{base64.urlsafe_b64encode(payload).rstrip(b"=").decode()}.{signature}'


def must_refuse(verifier, token, audience=AUDIENCE):
    try:
        claims = verifier.verify(token, audience)
    except Exception:
        return
    raise AssertionError(f'got {claims!r}')


other = platform.create_tenant('other')
other_client = create_client(other, 'ES256')


def reads_what_the_database_reads(tenant, algorithm, client, verifier):
    token, expires_at, kind = issue(tenant, client, scope='read write', claims=json.dumps({'plan': FOREIGN_IDENTITY}))
    claims = verifier.verify(token, AUDIENCE)
    equal(claims, platform.one('SELECT access_token.verify_access_token(%s, %s, %s, %s)', token, tenant, AUDIENCE, 'read'))
    equal({name: claims[name] for name in claims if name not in ('iat', 'exp', 'jti')}, {
        'iss': issuer_of(tenant), 'sub': client, 'client_id': client, 'aud': AUDIENCE, 'scope': 'read write',
        'plan': FOREIGN_IDENTITY})
    equal((kind, expires_at.timestamp(), claims['exp'] - claims['iat']), ('Bearer', claims['exp'], 3600))


def takes_every_form_of_audience(tenant, algorithm, client, verifier):
    two = create_client(tenant, algorithm, (AUDIENCE, 'https://b.example'))
    equal(verifier.verify(issue(tenant, client, audience_as_array=True)[0], AUDIENCE)['aud'], [AUDIENCE])
    for audience in (AUDIENCE, 'https://b.example'):
        equal(verifier.verify(issue(tenant, two)[0], audience)['aud'], [AUDIENCE, 'https://b.example'])
    must_refuse(verifier, issue(tenant, two)[0], 'https://c.example')
    must_refuse(verifier, issue(tenant, create_client(tenant, algorithm, ()))[0])


def goes_on_through_a_rotation(tenant, algorithm, client, verifier):
    before = issue(tenant, client)[0]
    verifier.verify(before, AUDIENCE)
    platform.admin_one('SELECT access_token.rotate_signing_key(%s, %s, true)', tenant, algorithm)
    after = issue(tenant, client)[0]
    verifier.verify(after, AUDIENCE)
    verifier.verify(before, AUDIENCE)
    if part(before, 0)['kid'] == part(after, 0)['kid']:
        raise AssertionError('the same key signs still')


def refuses_what_is_not_for_it(tenant, algorithm, client, verifier):
    token = issue(tenant, client)[0]
    must_refuse(verifier, altered(token))
    must_refuse(verifier, issue(other, other_client)[0])
    must_refuse(verifier, issue(tenant, client, use_jwt_type=True)[0])
    must_refuse(verifier, platform.admin_one(
        'SELECT access_token.sign_token(%s, %s, %s, %s)', tenant,
        json.dumps({'sub': client, 'client_id': client, 'aud': AUDIENCE}), algorithm, json.dumps({'typ': 'invitation+jwt'})))
    must_refuse(library('https://other.example', url_of(tenant)), token)
    must_refuse(library(issuer_of(tenant), url_of(other)), token)


for algorithm in ALGORITHMS:
    tenant = platform.create_tenant(algorithm)
    client = create_client(tenant, algorithm)
    verifier = library(issuer_of(tenant), url_of(tenant))
    for story in (reads_what_the_database_reads, takes_every_form_of_audience, goes_on_through_a_rotation,
                  refuses_what_is_not_for_it):
        with tap.check(f'{library.name} {algorithm}: {story.__name__.replace("_", " ")}'):
            story(tenant, algorithm, client, verifier)

with tap.check(f'{library.name} and the database refuse a token once it has expired'):
    tenant = platform.create_tenant('one')
    client = create_client(tenant, 'RS256')
    short = issue(tenant, client, expires_in=1)[0]
    while time.time() < part(short, 1)['exp'] + 1:  # authlib takes it in the second of exp
        time.sleep(0.1)
    must_refuse(library(issuer_of(tenant), url_of(tenant)), short)
    platform.refused('TK004', 'SELECT access_token.verify_access_token(%s, %s, %s)', short, tenant, AUDIENCE)

server.shutdown()
platform.close()
tap.end()
