#!/usr/bin/env python3
"""A library and the toolbox encrypt for one another: jwe_test.py jwcrypto|jose_tool

Every algorithm, curve and content encryption of the toolbox is tried. What the library does not know is
shown as skipped, and a check proves that it refuses it.
"""

import base64
import json
import sys

import psycopg2
from jwcrypto.jwk import JWK
from jwe_libraries import bytes_of, libraries
from support import FOREIGN_IDENTITY, Platform, Tap, equal

ENCRYPTIONS = ('A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM')
CURVES = ('P-256', 'P-384', 'P-521', 'X25519')
WITH_ONE_KEY = ('A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW', 'RSA-OAEP', 'RSA-OAEP-256')
AGREEMENT = ('ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW')
PLAIN = (FOREIGN_IDENTITY + '\0\1 and so on' * 3).encode()

# (algorithm, curve) that a library is known to refuse; None stands for an algorithm as a whole.
UNSUPPORTED = {
    'jose_tool': {('RSA-OAEP', None), ('RSA-OAEP-256', None), *((alg, 'X25519') for alg in AGREEMENT)},
}
# What a library makes and the toolbox takes none of.
REFUSED = {
    'jwcrypto': ('RSA1_5', 'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'),
    'jose_tool': ('RSA1_5', 'PBES2-HS256+A128KW'),
}

which = sys.argv[1]
library = libraries[which]()
tap = Tap()
platform = Platform(psycopg2, ('toolbox',))


def here(call, *values):
    return platform.one(f'SELECT access_token.{call}', *values)


def public_part(jwk):
    return jwk if jwk['kty'] == 'oct' else here('jwk_public(%s::text)', json.dumps(jwk))


def altered(token):
    """One bit of the ciphertext is another one."""
    segments = token.split('.')
    cipher = bytearray(bytes_of(segments[3]))
    cipher[0] ^= 1
    segments[3] = base64.urlsafe_b64encode(bytes(cipher)).rstrip(b'=').decode()
    return '.'.join(segments)


def must_refuse(call, *values):
    try:
        got = call(*values)
    except Exception:
        return
    raise AssertionError(f'{library.name} took it: {got!r}')


def both_ways(jwk, alg, enc):
    key = public_part(jwk)
    ours = here('jwe_encrypt(%s::bytea, %s::text, %s, %s)', PLAIN, json.dumps(key), alg, enc)
    equal(library.decrypt(ours, alg, enc, jwk), PLAIN)
    theirs = library.encrypt(PLAIN, alg, enc, key)
    equal(bytes(here('jwe_decrypt(%s, %s::text, %s, %s)', theirs, json.dumps(jwk), [alg], [enc])), PLAIN)
    must_refuse(library.decrypt, altered(ours), alg, enc, jwk)
    platform.refused('TK003', 'SELECT access_token.jwe_decrypt(%s, %s::text, %s, %s)', altered(theirs),
                     json.dumps(jwk), [alg], [enc])


def check(jwk, alg, enc, curve=None):
    name = f'{library.name} {alg}{" " + curve if curve else ""} {enc}, both ways'
    if not {(alg, curve), (alg, None)} & UNSUPPORTED.get(which, set()):
        with tap.check(name):
            both_ways(jwk, alg, enc)
        return
    with tap.check(f'{library.name} does not know {alg}{" " + curve if curve else ""} {enc}'):
        must_refuse(library.encrypt, PLAIN, alg, enc, public_part(jwk))
    tap.skip(name, 'the library does not know it')


for encryption in ENCRYPTIONS:
    check(here('jwk_generate(%s)', encryption), 'dir', encryption)
for algorithm in WITH_ONE_KEY:
    made = here('jwk_generate(%s)', algorithm)
    for encryption in ENCRYPTIONS:
        check(made, algorithm, encryption)
for algorithm in AGREEMENT:
    check(here('jwk_generate(%s)', algorithm), algorithm, 'A256GCM', 'by jwk_generate')
    for crv in CURVES:
        made = json.loads(JWK.generate(kty='OKP' if crv == 'X25519' else 'EC', crv=crv).export())
        for encryption in ENCRYPTIONS:
            check(made, algorithm, encryption, crv)

for algorithm in REFUSED[which]:
    with tap.check(f'{library.name} makes {algorithm}; the toolbox refuses it with TK002'):
        kty = 'RSA' if algorithm.startswith('RSA') else 'oct'
        made = json.loads(JWK.generate(kty=kty, size=2048 if kty == 'RSA' else 256).export())
        token = library.encrypt(PLAIN, algorithm, 'A128CBC-HS256', made)
        call = 'SELECT access_token.jwe_decrypt(%s, %s::text, %s, %s)'
        platform.refused('TK002', call, token, json.dumps(made), ['A128KW'], ['A128CBC-HS256'])
        platform.refused('22023', call, token, json.dumps(made), [algorithm], ['A128CBC-HS256'])

platform.close()
tap.end()
