"""PyJWT and the database, each reading what the other made."""

import base64
import json
import time

import jwt
import psycopg2

from support import CONTENT_TYPE, FOREIGN_IDENTITY, PUNCTUATED_SECRET, Platform, Tap, equal, raises

ALGORITHMS = ('HS256', 'HS384', 'HS512')

tap = Tap()
platform = Platform(psycopg2)


def minimal_claims(key_id, **changes):
    """What Parra documents and nothing else; a change to None leaves a claim out."""
    claims = {'iss': key_id, 'sub': platform.tenant, 'exp': int(time.time()) + 600,
              'grants': {'identity': 'user|42'}, **changes}
    return {name: value for name, value in claims.items() if value is not None}


def sign(claims, secret, algorithm='HS256', **header):
    return jwt.encode(claims, secret, algorithm, headers={'cty': CONTENT_TYPE, **header})


def read(token, secret, key_id, algorithm='HS256', **options):
    return jwt.decode(token, secret, algorithms=[algorithm], issuer=key_id, **options)


def segment(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b'=').decode()


def with_other_identity(token):
    """The same token with another user's id in it, and the signature it had."""
    header, payload, signature = token.split('.')
    claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
    claims['grants']['identity'] = 'admin'
    return f'{header}.{segment(claims)}.{signature}'


def outside_token_verifies(algorithm):
    key_id, secret = platform.create_key(algorithm)
    claims = minimal_claims(key_id)
    token = sign(claims, secret, algorithm)
    equal(jwt.get_unverified_header(token), {'alg': algorithm, 'typ': 'JWT', 'cty': CONTENT_TYPE})
    equal(platform.verify(token), claims)


def outside_token_verifies_during_rotation(algorithm):
    key_id, first = platform.create_key(algorithm)
    second = platform.admin_one('SELECT access_token.rotate_api_key(%s)', key_id)
    for secret in (first, second):
        claims = minimal_claims(key_id)
        equal(platform.verify(sign(claims, secret, algorithm)), claims)
    third = platform.admin_one('SELECT access_token.rotate_api_key(%s)', key_id)
    platform.verify_refused('TK003', sign(minimal_claims(key_id), first, algorithm))
    for secret in (second, third):
        platform.verify(sign(minimal_claims(key_id), secret, algorithm))
    platform.admin_one('SELECT access_token.rotate_api_key(%s, %s)', key_id, '0')
    platform.verify_refused('TK003', sign(minimal_claims(key_id), third, algorithm))


def issued_token_reads_here(algorithm):
    key_id, secret = platform.create_key(algorithm)
    token = platform.one('SELECT access_token.issue_access_token(%s, %s)', key_id, 'user|42')
    header, claims = platform.inspect(token)
    equal(read(token, secret, key_id, algorithm), claims)
    equal(jwt.get_unverified_header(token), header)
    equal(header, {'alg': algorithm, 'typ': 'JWT', 'cty': CONTENT_TYPE, 'kid': header['kid']})
    equal(set(claims), {'iss', 'sub', 'iat', 'exp', 'jti', 'grants'})
    equal((claims['iss'], claims['sub'], claims['exp'] - claims['iat'], claims['grants']),
          (key_id, platform.tenant, 3600, {'identity': 'user|42'}))


def rotated_key_signs_with_the_new_secret(algorithm):
    key_id, first = platform.create_key(algorithm)
    second = platform.admin_one('SELECT access_token.rotate_api_key(%s)', key_id)
    token = platform.one('SELECT access_token.issue_access_token(%s, %s)', key_id, 'user|42')
    read(token, second, key_id, algorithm)
    raises(jwt.InvalidSignatureError, lambda: read(token, first, key_id, algorithm))


for algorithm in ALGORITHMS:
    for story in (outside_token_verifies, outside_token_verifies_during_rotation,
                  issued_token_reads_here, rotated_key_signs_with_the_new_secret):
        with tap.check(f'PyJWT {algorithm}: {story.__name__.replace("_", " ")}'):
            story(algorithm)

key_id, secret = platform.create_key()

with tap.check('PyJWT: scope of an issued token'):
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, scope => %s)',
                         key_id, 'user|42', 'read write')
    equal(read(token, secret, key_id)['scope'], 'read write')
    equal(read(token, secret, key_id), platform.inspect(token)[1])
    platform.verify(token, scope='write')

with tap.check('PyJWT: one audience is a string, and is checked'):
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, audience => %s)',
                         key_id, 'user|42', ['https://api.example.com'])
    claims = read(token, secret, key_id, audience='https://api.example.com')
    equal(claims['aud'], 'https://api.example.com')
    equal(claims, platform.inspect(token, 'https://api.example.com')[1])
    raises(jwt.InvalidAudienceError, lambda: read(token, secret, key_id, audience='https://other.example.com'))
    raises(jwt.InvalidAudienceError, lambda: read(token, secret, key_id))
    platform.verify_refused('TK006', token, audience='https://other.example.com')
    platform.verify_refused('TK006', token)

with tap.check('PyJWT: several audiences are an array, and each is accepted'):
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, audience => %s)',
                         key_id, 'user|42', ['web', 'mobile'])
    for audience in ('web', 'mobile'):
        claims = read(token, secret, key_id, audience=audience)
        equal(claims['aud'], ['web', 'mobile'])
        equal(claims, platform.inspect(token, audience)[1])
    raises(jwt.InvalidAudienceError, lambda: read(token, secret, key_id, audience='we'))

with tap.check('PyJWT: extra claims and a foreign identity arrive unchanged'):
    extra = {'plan': 'Größe "XL"', 'nested': {'list': [1, 2.5, -3, None, True, []], 'empty': {}},
             'large': 2 ** 53 - 1, 'control': 'a\x01\n\t\\/', '名前': '🙂'}
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, claims => %s)',
                         key_id, FOREIGN_IDENTITY, json.dumps(extra))
    claims = read(token, secret, key_id)
    equal(claims, platform.inspect(token)[1])
    equal(claims['grants'], {'identity': FOREIGN_IDENTITY})
    equal({name: claims[name] for name in extra}, extra)

with tap.check('PyJWT: extra claims and a foreign identity from outside arrive unchanged'):
    claims = minimal_claims(key_id, grants={'identity': FOREIGN_IDENTITY}, **extra)
    equal(platform.verify(sign(claims, secret)), claims)

with tap.check('PyJWT: an imported secret with spaces and punctuation, both ways'):
    imported_key_id, shown = platform.create_key(imported_secret=PUNCTUATED_SECRET)
    equal(shown, PUNCTUATED_SECRET)
    claims = minimal_claims(imported_key_id)
    equal(platform.verify(sign(claims, PUNCTUATED_SECRET)), claims)
    token = platform.one('SELECT access_token.issue_access_token(%s, %s)', imported_key_id, 'user|42')
    equal(read(token, PUNCTUATED_SECRET, imported_key_id), platform.inspect(token)[1])
    raises(jwt.InvalidSignatureError, lambda: read(token, PUNCTUATED_SECRET.strip(), imported_key_id))
    platform.verify_refused('TK003', sign(claims, PUNCTUATED_SECRET.strip()))

token = platform.one('SELECT access_token.issue_access_token(%s, %s)', key_id, 'user|42')

with tap.check('PyJWT refuses a tampered issued token, and so does the database'):
    forged = with_other_identity(token)
    raises(jwt.InvalidSignatureError, lambda: read(forged, secret, key_id))
    platform.verify_refused('TK003', forged)

with tap.check('PyJWT refuses an issued token with another secret, algorithm or issuer'):
    other_key_id, other_secret = platform.create_key()
    raises(jwt.InvalidSignatureError, lambda: read(token, other_secret, key_id))
    raises(jwt.InvalidAlgorithmError, lambda: read(token, secret, key_id, 'HS512'))
    raises(jwt.InvalidIssuerError, lambda: read(token, secret, other_key_id))

with tap.check('PyJWT and the database refuse an issued token once it has expired'):
    short = platform.one('SELECT access_token.issue_access_token(%s, %s, %s)', key_id, 'user|42', 1)
    expiry = read(short, secret, key_id, options={'verify_exp': False})['exp']
    while time.time() < expiry:
        time.sleep(0.1)
    raises(jwt.ExpiredSignatureError, lambda: read(short, secret, key_id))
    platform.verify_refused('TK004', short)

now = int(time.time())
for story, sqlstate, refused in (
        ('that was tampered with', 'TK003', with_other_identity(sign(minimal_claims(key_id), secret))),
        ('signed with another key\'s secret', 'TK003', sign(minimal_claims(key_id), other_secret)),
        ('of an unknown key', 'TK003', sign(minimal_claims('nobody'), secret)),
        ('signed with the right secret and another algorithm', 'TK003',
         sign(minimal_claims(key_id), secret, 'HS384')),
        ('that is not signed', 'TK002', sign(minimal_claims(key_id), None, 'none')[:-1] + '.AAAA'),
        ('that is not signed and has no third segment', 'TK001', sign(minimal_claims(key_id), None, 'none')),
        ('with a critical header', 'TK002', sign(minimal_claims(key_id), secret, crit=['exp'])),
        ('that has expired', 'TK004', sign(minimal_claims(key_id, exp=now - 1), secret)),
        ('that is not yet valid', 'TK005', sign(minimal_claims(key_id, nbf=now + 300), secret)),
        ('from the future', 'TK005', sign(minimal_claims(key_id, iat=now + 300), secret)),
        ('without exp', 'TK006', sign(minimal_claims(key_id, exp=None), secret)),
        ('without identity', 'TK006', sign(minimal_claims(key_id, grants={}), secret)),
        ('of another tenant', 'TK006', sign(minimal_claims(key_id, sub='other'), secret)),
        ('that lives too long', 'TK006', sign(minimal_claims(key_id, exp=now + 90000), secret)),
        ('with an audience that nobody asked for', 'TK006', sign(minimal_claims(key_id, aud='web'), secret)),
        ('of another type', 'TK006', sign(minimal_claims(key_id), secret, typ='at+jwt')),
        ('of another content type', 'TK006', sign(minimal_claims(key_id), secret, cty='other')),
        ('with a role that the key may not give', 'TK008',
         sign(minimal_claims(key_id, role='postgres'), secret)),
        ('with the scope public', 'TK008', sign(minimal_claims(key_id, scope='public'), secret)),
        ('with a claim of the wrong type', 'TK001', sign(minimal_claims(key_id, sub=42), secret)),
):
    with tap.check(f'PyJWT: a token {story} is refused with {sqlstate}'):
        platform.verify_refused(sqlstate, refused)

with tap.check('PyJWT: a disabled key\'s token is refused with TK009 until it is enabled'):
    good = sign(minimal_claims(key_id), secret)
    platform.admin_one('SELECT access_token.set_api_key_enabled(%s, false)', key_id)
    platform.verify_refused('TK009', good)
    platform.admin_one('SELECT access_token.set_api_key_enabled(%s, true)', key_id)
    platform.verify(good)

platform.close()
tap.end()
