"""The bench's database: our extension, the peers, one key that all of them share, and tokens made with it."""

import json
from types import SimpleNamespace

from .session import Session, literal
from .tokens import from_b64url, sign

PEERS = ('keys', 'plpgsql', 'pgjwt', 'plpython')
SIGNATURES = ('RS256', 'ES256', 'EdDSA')
SETTINGS = {
    'plan_cache_mode': 'force_generic_plan',    # bound arguments stay parameters
    'max_parallel_workers_per_gather': '0',
    'jit': 'off',
    'work_mem': '256MB',                        # generate_series stays in memory
    'client_min_messages': 'warning',
}


def open_session(database=None):
    session = Session(database)
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
                            notes=[], loaded_keys=0, revocation_sessions={}, inputs=make_inputs(session))
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
    inputs = {'api_key_id': api_key_id, 'secret': secret, 'identity': identity, 'token': token,
                'payload': payload.decode(), 'refused_tokens': refused(token, secret),
                'foreign_token': foreign(session, identity),
                'unknown_token': sign(json.loads(header) | {'kid': 'nobody'}, payload, secret)}
    for algorithm in SIGNATURES:
        inputs.update(signature_inputs(session, algorithm, payload))
    return inputs


def foreign(session, identity):
    """A token of another tenant."""
    session.run("SELECT access_token.create_tenant('Other', tenant_id => 'other')")
    session.run("SELECT FROM access_token.create_api_key('other', 'bench', id => 'other')")
    return session.value(f"SELECT access_token.issue_access_token('other', {literal(identity)})")


def signature_inputs(session, algorithm, payload):
    """A key in the forms of the toolbox and of OpenSSL, and a token; the payload is that of an API key's token."""
    key = session.value(f'SELECT access_token.jwk_generate({literal(algorithm)})')
    public = session.value(f'SELECT access_token.jwk_public({text(key)})')
    payload_bytes = '\\x' + payload.hex()
    token = session.value(f'SELECT access_token.jws_sign({literal(payload_bytes)}, {text(key)})')
    opened = session.value(f'SELECT access_token.jws_verify({literal(token)}, {text(public)}, ARRAY[{literal(algorithm)}])')
    if opened != payload_bytes:
        raise RuntimeError(f'{algorithm}: the token does not hold its payload')
    return {f'{algorithm}_key': key, f'{algorithm}_public': public, f'{algorithm}_token': token,
            f'{algorithm}_list': '{' + algorithm + '}', 'payload_bytes': payload_bytes,
            f'{algorithm}_der': der(session, key), f'{algorithm}_public_der': der(session, public)}


def text(value):
    """A key as a literal of type text, because the toolbox takes json as well."""
    return f'CAST({literal(value)} AS text)'


def der(session, key):
    """Base64 of a key's DER form in one line: the body of its PEM."""
    rows = session.rows(f'SELECT access_token.jwk_to_pem({text(key)})')
    return ''.join(row[0] for row in rows if row[0] and not row[0].startswith('-----'))


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
            for name, side in of_api_keys(bench).items()}
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


def of_api_keys(bench):
    """The sides in SQL that make or read tokens of API keys; those of the toolbox have no peers."""
    return {name: side for name, side in bench.sides.items()
            if hasattr(side, 'expression') and not name.startswith('jws_')}


def check_verifiers(bench, issuer, token):
    claims = json.loads(from_b64url(token.split('.')[1]))
    for name, side in of_api_keys(bench).items():
        if 'verify' not in name:
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
