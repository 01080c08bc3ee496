"""The SQL functions as psycopg 3 calls them: bound parameters, prepared statements and a pipeline.

It sends a str as text of unknown type, an int as the smallest integer type that holds it, and a
uuid.UUID as uuid, so each form of issue_access_token is the one that the server resolves.
"""

import uuid

import psycopg
from psycopg.types.json import Jsonb

from support import FOREIGN_IDENTITY, Platform, Tap, equal

tap = Tap()
platform = Platform(psycopg)
key_id, _ = platform.create_key()
user_id = uuid.uuid4()

ISSUE = 'SELECT access_token.issue_access_token(%s, %s)'
IDENTITIES = (('a str', 'user|42'), ('a str of digits', '42'), ('a foreign str', FOREIGN_IDENTITY),
              ('an int of 16 bits', 42), ('an int of 32 bits', -70000), ('an int of 64 bits', 2 ** 53 + 1),
              ('a uuid.UUID', user_id))


def issue(cursor, identity, **options):
    return cursor.execute(ISSUE, (key_id, identity), **options).fetchone()[0]


for name, identity in IDENTITIES:
    for how, options in (('bound', {'prepare': False}), ('prepared', {'prepare': True}),
                         ('bound, result in binary', {'binary': True})):
        with tap.check(f'psycopg 3, {how}: identity is {name}'):
            for _ in range(2):
                token = issue(platform.app.cursor(), identity, **options)
                equal(platform.verify(token)['grants'], {'identity': str(identity)})

with tap.check('psycopg 3: a pipeline of many statements'):
    with platform.app.pipeline():
        cursors = [(identity, platform.app.execute(ISSUE, (key_id, identity)))
                   for _, identity in IDENTITIES for _ in range(20)]
    tokens = [cursor.fetchone()[0] for _, cursor in cursors]
    equal(len(set(tokens)), len(cursors))
    with platform.app.pipeline():
        verdicts = [platform.app.execute('SELECT access_token.verify_access_token(%s, %s)',
                                         (token, platform.tenant)) for token in tokens]
    equal([verdict.fetchone()[0]['grants']['identity'] for verdict in verdicts],
          [str(identity) for identity, _ in cursors])

with tap.check('psycopg 3: a refused token in a pipeline, and the connection goes on'):
    token = issue(platform.app.cursor(), 42)
    try:
        with platform.app.pipeline():
            platform.app.execute('SELECT access_token.verify_access_token(%s)', (token[:-5] + 'AAAAA',))
    except psycopg.Error as error:
        equal(error.sqlstate, 'TK003')
    else:
        raise AssertionError('the token was accepted')
    platform.verify(token)

with tap.check('psycopg 3: every argument by name, with a list and a dict'):
    token = platform.one(
        'SELECT access_token.issue_access_token(api_key_id => %s, identity => %s, expires_in => %s,'
        ' scope => %s, audience => %s, claims => %s)',
        key_id, user_id, 60, 'read', ['web', 'mobile'], Jsonb({'plan': 'pro'}))
    claims = platform.verify(token, audience='mobile', scope='read')
    equal((claims['grants'], claims['aud'], claims['scope'], claims['plan'], claims['exp'] - claims['iat']),
          ({'identity': str(user_id)}, ['web', 'mobile'], 'read', 'pro', 60))

with tap.check('psycopg 3: None for every optional argument'):
    token = platform.one('SELECT access_token.issue_access_token(%s, %s, %s, %s, %s, %s)',
                         key_id, 42, None, None, None, None)
    claims = platform.one('SELECT access_token.verify_access_token(%s, %s, %s, %s)', token, None, None, None)
    equal(claims['grants'], {'identity': '42'})

with tap.check('psycopg 3: sqlstate names what is wrong, whatever the identity\'s type'):
    for _, identity in IDENTITIES:
        platform.refused('42704', ISSUE, 'nobody', identity)
    platform.refused('22004', ISSUE, key_id, None)
    platform.refused('42501', 'SELECT access_token.create_tenant(%s)', 'mine')

with tap.check('psycopg 3: a client and its token, by name, with a list, a dict and a datetime'):
    tenant = platform.create_tenant('clients')
    client_id, secret = platform.admin_row(
        'SELECT * FROM access_token.create_client(tenant_id => %s, name => %s, audience => %s, settings => %s)',
        tenant, 'Client', ['api', FOREIGN_IDENTITY], Jsonb({'algorithm': 'ES256', 'allowed_scopes': ['read']}))
    equal(secret, None)
    token, expires_at, kind = platform.row(
        'SELECT * FROM access_token.issue_client_token(tenant_id => %s, client_id => %s, expires_in => %s,'
        ' use_jwt_type => %s, audience_as_array => %s, force_default_domain => %s, scope => %s, claims => %s)',
        tenant, client_id, 60, True, True, False, 'read', Jsonb({'plan': 'pro'}))
    claims = platform.one('SELECT access_token.verify_access_token(%s, %s, %s)', token, tenant, FOREIGN_IDENTITY)
    equal((claims['sub'], claims['aud'], claims['scope'], claims['plan'], claims['exp']),
          (client_id, ['api', FOREIGN_IDENTITY], 'read', 'pro', int(expires_at.timestamp())))
    equal((kind, expires_at.tzinfo is not None), ('Bearer', True))
    platform.row('SELECT * FROM access_token.issue_client_token(%s, %s, %s, scope => %s, claims => %s)',
                 tenant, client_id, None, None, None)
    platform.refused('22023', 'SELECT access_token.issue_client_token(%s, %s, %s)', tenant, client_id, 172801)

platform.close()
tap.end()
