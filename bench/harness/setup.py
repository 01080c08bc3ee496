"""The bench's database: our extension, the peers, one key that all of them share, and tokens made with it."""

import json
from types import SimpleNamespace

from .session import Session, literal
from .tokens import from_b64url, sign

PEERS = ('keys', 'plpgsql', 'pgjwt', 'plpython')
SETTINGS = {
    'plan_cache_mode': 'force_generic_plan',    # bound arguments stay parameters
    'max_parallel_workers_per_gather': '0',
    'jit': 'off',
    'work_mem': '256MB',                        # generate_series stays in memory
    'client_min_messages': 'warning',
}


def open_session():
    session = Session()
    for name, value in SETTINGS.items():
        session.run(f'SET {name} = {literal(value)}')
    return session


def set_up(directory, floor_program, sides, quick, say):
    """Returns what rows measure with."""
    session = open_session()
    say('creating the extension and the peers')
    session.run('CREATE EXTENSION access_token')
    for peer in PEERS:
        session.run_file(directory / 'peers' / f'{peer}.sql')
    session.run_file(directory / 'measure.sql')
    bench = SimpleNamespace(session=session, floor_program=floor_program, sides=sides, quick=quick, say=say,
                            notes=[], loaded_keys=0, inputs=make_inputs(session))
    check_comparable(bench)
    return bench


def make_inputs(session):
    session.run("SELECT access_token.create_tenant('Acme', tenant_id => 'acme')")
    ((api_key_id, secret),) = session.rows("SELECT * FROM access_token.create_api_key('acme', 'bench')")
    identity = 'user|42'
    token = session.value(f'SELECT access_token.issue_access_token({literal(api_key_id)}, {literal(identity)})')
    header, payload = (from_b64url(segment) for segment in token.split('.')[:2])
    kid = json.loads(header)['kid']
    session.run('INSERT INTO peer.api_key (api_key_id, kid, tenant_id, secret) VALUES '
                f"({literal(api_key_id)}, {literal(kid)}, 'acme', {literal(secret)})")
    return {'api_key_id': api_key_id, 'secret': secret, 'identity': identity, 'token': token,
            'payload': payload.decode(), 'refused_tokens': refused(token, secret)}


def refused(token, secret):
    """Five tokens, each refused for another reason, as the text of an array."""
    header, payload = (json.loads(from_b64url(segment)) for segment in token.split('.')[:2])
    tokens = (
        token[:-2] + ('AA' if token[-2:] != 'AA' else 'QQ'),                    # wrong signature
        sign(header, payload | {'exp': 1}, secret),                             # expired
        sign(header | {'kid': 'nobody'}, payload, secret),                      # unknown key
        sign(header, json.dumps(payload)[:-1].encode() + b',"exp":1}', secret),  # a member twice
        token.replace('.', '..', 1),                                            # four segments
    )
    return '{' + ','.join(tokens) + '}'


def check_comparable(bench):
    """Every side makes the same members and accepts every other side's token, or the table means nothing."""
    call = {name: side.expression.replace('$1', literal(bench.inputs[side.arguments[0]]))
            for name, side in bench.sides.items() if hasattr(side, 'expression')}
    issuers = {name: expression.replace('$2', literal(bench.inputs['identity'])).replace('AND i > 0', '')
               for name, expression in call.items() if 'issue' in name}
    expected = None
    for name, expression in issuers.items():
        token = bench.session.value(f'SELECT {expression}')
        members = [sorted(json.loads(from_b64url(segment))) for segment in token.split('.')[:2]]
        expected = expected or members
        if members != expected:
            raise RuntimeError(f'{name} makes other members: {members} instead of {expected}')
        check_verifiers(bench, name, token)


def check_verifiers(bench, issuer, token):
    claims = json.loads(from_b64url(token.split('.')[1]))
    for name, side in bench.sides.items():
        if 'verify' not in name or not hasattr(side, 'expression'):
            continue
        expression = (side.expression.replace('$1', literal(token)).replace('AND i > 0', '')
                      .replace('$2', literal(bench.inputs['api_key_id'])))
        if json.loads(bench.session.value(f'SELECT {expression}')) != claims:
            raise RuntimeError(f'{name} reads other claims from the token of {issuer}')


def load_keys(bench):
    """Makes the many API keys, spread over a thousand tenants, once in a run."""
    if bench.loaded_keys:
        return
    wanted = 20000 if bench.quick else 1000000
    bench.say(f'making {wanted:,} API keys')
    bench.session.run("SELECT access_token.create_tenant('Load', tenant_id => 'load-' || i)"
                      ' FROM generate_series(0, 999) AS i')
    for first in range(1, wanted + 1, 20000):
        bench.session.run(
            "SELECT count(k) FROM generate_series({}, {}) AS i, LATERAL access_token.create_api_key("
            "'load-' || i % 1000, 'load', id => 'load-' || i) AS k".format(first, first + 19999))
        if (first - 1) % 100000 == 0:
            bench.say(f'  {first + 19999:,}')
    bench.session.run('VACUUM ANALYZE')
    bench.loaded_keys = wanted
