"""The SQL functions as psycopg2 calls them: values become literals in the statement's text."""

import json
import uuid

import psycopg2
import psycopg2.extras

from support import FOREIGN_IDENTITY, Platform, Tap, equal

tap = Tap()
platform = Platform(psycopg2)
psycopg2.extras.register_uuid()
key_id, _ = platform.create_key()
user_id = uuid.uuid4()

ISSUE = 'SELECT access_token.issue_access_token(%s, %s)'

for name, identity in (('a str', 'user|42'), ('a str of digits', '42'), ('a foreign str', FOREIGN_IDENTITY),
                       ('a str with quotes', "o'brien \\ \"x\""), ('an int', 42), ('a negative int', -1),
                       ('an int of 64 bits', 2 ** 53 + 1), ('a uuid.UUID', user_id)):
    with tap.check(f'psycopg2: identity is {name}'):
        claims = platform.verify(platform.one(ISSUE, key_id, identity))
        equal(claims['grants'], {'identity': str(identity)})

with tap.check('psycopg2: every argument by name, with a list and a dict'):
    token = platform.one(
        'SELECT access_token.issue_access_token(api_key_id => %s, identity => %s, expires_in => %s,'
        ' scope => %s, audience => %s, claims => %s)',
        key_id, user_id, 60, 'read', ['web', 'mobile'], psycopg2.extras.Json({'plan': 'pro'}))
    claims = platform.one('SELECT access_token.verify_access_token(%s, tenant_id => %s, scope => %s,'
                          ' audience => %s)', token, platform.tenant, 'read', 'web')
    equal((claims['grants'], claims['aud'], claims['scope'], claims['plan'], claims['exp'] - claims['iat']),
          ({'identity': str(user_id)}, ['web', 'mobile'], 'read', 'pro', 60))

with tap.check('psycopg2: None for every optional argument'):
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, %s, %s, %s, %s)',
                         key_id, 42, None, None, None, None)
    claims = platform.one('SELECT access_token.verify_access_token(%s, %s, %s, %s)', token, None, None, None)
    equal((claims['grants'], 'scope' in claims, 'aud' in claims), ({'identity': '42'}, False, False))

with tap.check('psycopg2: a statement prepared in SQL, without types'):
    platform.run('PREPARE issue AS SELECT access_token.issue_access_token($1, $2)')
    for identity in ('user|42', '42', user_id, 42):
        token = platform.one('EXECUTE issue(%s, %s)', key_id, str(identity))
        equal(platform.verify(token)['grants'], {'identity': str(identity)})

with tap.check('psycopg2: rows of inspect_access_token and decode_token'):
    token = platform.one(ISSUE, key_id, 42)
    header, claims = platform.inspect(token)
    decoded_header, decoded_claims, signature = platform.row('SELECT * FROM access_token.decode_token(%s)', token)
    equal((decoded_header, decoded_claims, len(signature)), (header, claims, 32))

with tap.check('psycopg2: pgcode names what is wrong'):
    platform.refused('TK001', 'SELECT access_token.verify_access_token(%s)', 'nonsense')
    platform.refused('TK001', 'SELECT access_token.verify_access_token(%s)', None)
    platform.refused('42704', ISSUE, 'nobody', 'user|42')
    platform.refused('22004', ISSUE, key_id, None)
    platform.refused('22023', ISSUE, key_id, '')
    platform.refused('22023', 'SELECT access_token.issue_access_token(%s, %s, claims => %s)',
                     key_id, 42, json.dumps({'iss': 'me'}))
    platform.refused('42501', 'SELECT access_token.create_tenant(%s)', 'mine')

platform.close()
tap.end()
