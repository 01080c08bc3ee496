#!/usr/bin/env python3
"""One library and the toolbox, each reading what the other made: toolbox_test.py pyjwt|authlib|jwcrypto|jose_tool

Every algorithm of the toolbox is tried. One that the library does not know is shown as skipped, and a check
of its own proves that the library refuses it, so that the list cannot become untrue.
"""

import base64
import json
import sys
import time

import psycopg2
from support import FOREIGN_IDENTITY, Platform, Tap, equal
from toolbox_libraries import is_symmetric, kind_of, libraries

ALGORITHMS = ('HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
              'ES256', 'ES384', 'ES512', 'EdDSA')
# What each library is known to refuse.
UNSUPPORTED = {'jose_tool': ('EdDSA',)}
TYP = 'interop+jwt'
PAYLOAD = bytes(range(256)) + FOREIGN_IDENTITY.encode()

which = sys.argv[1]
library = libraries[which]()
made_here = {}
made_there = {}
tap = Tap()
platform = Platform(psycopg2, ('verifier', 'toolbox'))


def claims_for(alg):
    return {'iss': 'https://issuer.example', 'sub': FOREIGN_IDENTITY, 'exp': int(time.time()) + 600,
            'alg_used': alg, 'nested': {'list': [1, 2.5, -3, None, True, []], 'empty': {}}}


def here(call, *values):
    return platform.one(f'SELECT access_token.{call}', *values)


def text(jwk):
    return json.dumps(jwk)


def labelled(keys, alg, generate):
    """One key for each kind, made once (RSA takes its time), in turn for each of its algorithms."""
    kind = kind_of(alg)
    if kind not in keys:
        keys[kind] = generate(alg)
    return {**keys[kind], 'alg': alg} if 'alg' in keys[kind] else keys[kind]


def key_made_here(alg):
    return labelled(made_here, alg, lambda alg: here('jwk_generate(%s)', alg))


def key_made_there(alg):
    return labelled(made_there, alg, library.generate)


def public_part(jwk):
    """A symmetric key verifies by itself."""
    return jwk if jwk['kty'] == 'oct' else here('jwk_public(%s::text)', text(jwk))


def altered(token):
    """One bit of the payload is another one."""
    header, payload, signature = token.split('.')
    flipped = bytearray(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
    flipped[0] ^= 1
    return '.'.join((header, base64.urlsafe_b64encode(bytes(flipped)).rstrip(b'=').decode(), signature))


def must_refuse(call, *values):
    try:
        got = call(*values)
    except Exception:
        return
    raise AssertionError(f'{library.name} took it: {got!r}')


def ours_reads_there(alg):
    jwk = key_made_here(alg)
    claims = claims_for(alg)
    token = here('jwt_sign(%s::jsonb, %s::text)', text(claims), text(jwk))
    equal(json.loads(library.verify(token, alg, public_part(jwk))), claims)
    must_refuse(library.verify, altered(token), alg, public_part(jwk))
    token = here('jws_sign(%s::bytea, %s::text)', PAYLOAD, text(jwk))
    equal(library.verify(token, alg, public_part(jwk)), PAYLOAD)


def theirs_reads_here(alg):
    jwk = key_made_here(alg)
    claims = claims_for(alg)
    token = library.sign(text(claims).encode(), alg, jwk)
    verify = 'jwt_verify(%s, %s::text, %s, issuer => %s)'
    equal(here(verify, token, text(public_part(jwk)), [alg], claims['iss']), claims)
    platform.refused('TK003', f'SELECT access_token.{verify}', altered(token), text(public_part(jwk)), [alg],
                     claims['iss'])
    token = library.sign(PAYLOAD, alg, jwk)
    equal(bytes(here('jws_verify(%s, %s::text, %s)', token, text(public_part(jwk)), [alg])), PAYLOAD)


def their_key_works_here(alg):
    jwk = key_made_there(alg)
    claims = claims_for(alg)
    token = here('jwt_sign(%s::jsonb, %s::text, %s::jsonb)', text(claims), text(jwk), text({'alg': alg}))
    equal(json.loads(library.verify(token, alg, public_part(jwk))), claims)
    equal(here('jwt_verify(%s, %s::text, %s)', token, text(public_part(jwk)), [alg]), claims)
    if library.thumbprint:
        equal(here('jwk_thumbprint(%s::text)', text(jwk)), library.thumbprint(jwk))


def our_thumbprint(alg):
    jwk = key_made_here(alg)
    equal(library.thumbprint(jwk), here('jwk_thumbprint(%s::text)', text(jwk)))
    equal(library.thumbprint(jwk), jwk['kid'])


def key_members(jwk):
    """The key itself, without what names it or says what it is for."""
    return {name: value for name, value in jwk.items() if name not in ('kid', 'alg', 'use', 'key_ops')}


def pem_both_ways(alg):
    jwk = key_made_here(alg)
    for key in (jwk, public_part(jwk)):
        pem = here('jwk_to_pem(%s::text)', text(key))
        equal(key_members(library.from_pem(pem)), key_members(key))
    jwk = key_made_there(alg)
    for key in (jwk, public_part(jwk)):
        got = here('jwk_from_pem(%s)', library.to_pem(key))
        equal(key_members(got), key_members(key))


def verifies_by_pem(alg):
    jwk = key_made_here(alg)
    claims = claims_for(alg)
    token = here('jwt_sign(%s::jsonb, %s::text)', text(claims), text(jwk))
    pem = here('jwk_to_pem(%s::text)', text(public_part(jwk)))
    equal(json.loads(library.verify_by_pem(token, alg, pem)), claims)


def signing_key_by_jwks(alg):
    """Through a rotation: tokens of the current and of the previous key, by the published set."""
    tokens = []
    for _ in range(2):
        kid = platform.admin_one('SELECT access_token.rotate_signing_key(%s, %s, true)', platform.tenant, alg)
        token = platform.admin_one('SELECT access_token.sign_token(%s, %s::jsonb, %s, %s::jsonb)', platform.tenant,
                                   text({'sub': FOREIGN_IDENTITY}), alg, text({'typ': TYP}))
        tokens.append((kid, token))
    jwks = here('jwks(%s)', platform.tenant)
    for kid, token in tokens:
        equal(json.loads(base64.urlsafe_b64decode(token.split('.')[0] + '=='))['kid'], kid)
        read = json.loads(library.verify_by_set(token, alg, jwks))
        equal(read, here('verify_token(%s, %s, %s)', token, platform.tenant, TYP))
        equal(read['sub'], FOREIGN_IDENTITY)
        must_refuse(library.verify_by_set, altered(token), alg, jwks)


def their_key_signs_for_a_tenant(alg):
    jwk = library.generate(alg)  # not one of those above: a signing key is one tenant's, once
    tenant = platform.create_tenant(alg)
    kid = platform.admin_one('SELECT access_token.import_signing_key(%s, %s, %s)', tenant, text(jwk), alg)
    equal(kid, here('jwk_thumbprint(%s::text)', text(jwk)))
    equal(platform.admin_one('SELECT access_token.rotate_signing_key(%s, %s)', tenant, alg), kid)
    token = platform.admin_one('SELECT access_token.sign_token(%s, %s::jsonb, NULL, %s::jsonb)', tenant,
                               text({'sub': 'x'}), text({'typ': TYP}))
    equal(json.loads(library.verify(token, alg, public_part(jwk)))['sub'], 'x')


def stories(alg):
    """Those that the library can play."""
    yield 'tokens of jwt_sign and jws_sign verify there', ours_reads_there
    yield 'its tokens verify with jwt_verify and jws_verify', theirs_reads_here
    yield 'a key made there works here', their_key_works_here
    if library.thumbprint:
        yield 'thumbprint of a key made here', our_thumbprint
    if is_symmetric(alg):
        return
    yield 'tokens of sign_token verify by the JWKS, through a rotation', signing_key_by_jwks
    yield 'a key made there becomes a signing key', their_key_signs_for_a_tenant
    if library.verify_by_pem:
        yield 'verifies with the PEM of jwk_to_pem', verifies_by_pem
    if hasattr(library, 'from_pem'):
        yield 'PEM both ways', pem_both_ways


platform.admin_one('SELECT access_token.update_tenant(%s, %s::jsonb)', platform.tenant,
                   text({'issuer': f'https://{platform.tenant}.example'}))

for algorithm in ALGORITHMS:
    if algorithm in UNSUPPORTED.get(which, ()):
        with tap.check(f'{library.name} does not know {algorithm}'):
            key = here('jwk_generate(%s)', algorithm)
            token_here = here('jwt_sign(%s::jsonb, %s::text)', text(claims_for(algorithm)), text(key))
            must_refuse(library.sign, b'{}', algorithm, key)
            must_refuse(library.verify, token_here, algorithm, public_part(key))
        for story, _ in stories(algorithm):
            tap.skip(f'{library.name} {algorithm}: {story}', 'the library does not know the algorithm')
        continue
    for story, run in stories(algorithm):
        with tap.check(f'{library.name} {algorithm}: {story}'):
            run(algorithm)

platform.close()
tap.end()
