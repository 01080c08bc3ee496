"""The rows of the table: what is measured, against what, and the target of the design.

To add a row, add a line to ROWS; if it compares something new, add its side to SIDES first.
"""

from harness.result import at_most, at_most_more, at_most_or_more, faster, for_information
from harness.revocations import BulkRevocation, ManyRevocations, PurgeBeside
from harness.rows import FlatMemory, PolicyScan, RandomKey, Ratio, SlowestRefusal
from harness.sides import BareMac, BareSignature, SqlLoop, Sum

# Arguments are names of bench.inputs (harness/setup.py); $1, $2 are bound to them in this order.
SIDES = {
    'issue': SqlLoop('access_token.issue_access_token($1, $2)', 'api_key_id', 'identity'),
    'verify': SqlLoop('access_token.verify_access_token($1)', 'token'),
    'plpgsql issue': SqlLoop('peer.issue($1, $2)', 'api_key_id', 'identity'),
    'plpgsql verify': SqlLoop('peer.verify($1)', 'token'),
    'pgjwt issue': SqlLoop('pgjwt.issue_in_app($1, $2)', 'api_key_id', 'identity'),
    'pgjwt verify': SqlLoop('pgjwt.verify_in_app($1, $2)', 'token', 'api_key_id'),
    'pgjwt issue inline': SqlLoop(
        "(SELECT pgjwt.sign(json_build_object('iss', k.api_key_id, 'sub', k.tenant_id,"
        " 'iat', floor(extract(epoch FROM clock_timestamp())),"
        " 'exp', floor(extract(epoch FROM clock_timestamp())) + k.lifetime, 'jti', gen_random_uuid(),"
        " 'grants', json_build_object('identity', $2)), k.secret, 'HS256', k.content_type, k.kid)"
        ' FROM peer.api_key k WHERE k.api_key_id = $1 AND i > 0)', 'api_key_id', 'identity'),
    'pgjwt verify inline': SqlLoop(
        '(SELECT CAST(opened.payload AS jsonb) FROM peer.api_key k, LATERAL pgjwt.verify($1, k.secret) opened'
        ' WHERE k.api_key_id = $2 AND opened.valid AND i > 0)', 'token', 'api_key_id'),
    'PyJWT issue': SqlLoop('peer.py_issue($1, $2)', 'api_key_id', 'identity'),
    'PyJWT verify': SqlLoop('peer.py_verify($1)', 'token'),
    'bare MAC': BareMac(),
    'cast to jsonb': SqlLoop('CAST($1 AS jsonb)', 'payload'),
    'introspect unknown': SqlLoop("access_token.introspect_access_token($1, 'acme')", 'unknown_token'),
    'introspect foreign': SqlLoop("access_token.introspect_access_token($1, 'acme')", 'foreign_token'),
    'verify floor': Sum('bare MAC', 'cast to jsonb'),
}

# What the toolbox does with keys of its caller, and OpenSSL alone with the same key and the same bytes.
SIGNATURE_ROWS = {}
for algorithm in ('RS256', 'ES256', 'EdDSA'):
    SIDES[f'jws_sign {algorithm}'] = SqlLoop('access_token.jws_sign($1, $2)', 'payload_bytes bytea', f'{algorithm}_key')
    SIDES[f'jws_verify {algorithm}'] = SqlLoop('access_token.jws_verify($1, $2, $3)', f'{algorithm}_token',
                                               f'{algorithm}_public', f'{algorithm}_list text[]')
    for operation in ('sign', 'verify'):
        SIDES[f'bare {operation} {algorithm}'] = BareSignature(operation, algorithm)
        SIGNATURE_ROWS[f'jws-{operation}-{algorithm.lower()}'] = Ratio(
            f'jws_{operation} {algorithm}', f'jws_{operation} {algorithm}', 'bare OpenSSL with a ready key',
            f'bare {operation} {algorithm}', at_most_or_more(1.10, 3))

ROWS = {
    'issue-plpgsql': Ratio('issue HS256', 'issue', 'PL/pgSQL signer on pgcrypto', 'plpgsql issue', faster(10)),
    'issue-pgjwt': Ratio('issue HS256', 'issue', 'nested SQL of pgjwt\'s shape', 'pgjwt issue', faster(50)),
    'issue-pgjwt-inline': Ratio('issue HS256', 'issue', 'the same, planned once for all rows',
                                'pgjwt issue inline', for_information(faster(1))),
    'issue-floor': Ratio('issue HS256', 'issue', 'bare EVP_MAC over the same bytes', 'bare MAC', at_most(3)),
    'issue-pyjwt': Ratio('issue HS256', 'issue', 'PL/Python with PyJWT', 'PyJWT issue', faster(25)),
    'verify-plpgsql': Ratio('verify HS256 to jsonb', 'verify', 'PL/pgSQL verifier on pgcrypto',
                            'plpgsql verify', faster(4)),
    'verify-pgjwt': Ratio('verify HS256 to jsonb', 'verify', 'nested SQL of pgjwt\'s shape',
                          'pgjwt verify', faster(20)),
    'verify-pgjwt-inline': Ratio('verify HS256 to jsonb', 'verify', 'the same, planned once for all rows',
                                 'pgjwt verify inline', for_information(faster(1))),
    'verify-floor': Ratio('verify HS256 to jsonb, revocations and cut-offs probed', 'verify',
                          'bare EVP_MAC + cast of the payload to jsonb', 'verify floor', at_most(2.5)),
    'verify-pyjwt': Ratio('verify HS256 to jsonb', 'verify', 'PL/Python with PyJWT', 'PyJWT verify', faster(10)),
    **SIGNATURE_ROWS,
    'revocations-many': ManyRevocations('verify HS256 to jsonb', 1, at_most(1.5)),
    'revocations-many-tokens': ManyRevocations('verify HS256 to jsonb, 20,000 tokens in turn', 20000, at_most(1.5)),
    'revocations-many-users': ManyRevocations('verify HS256 to jsonb, 20,000 tokens in turn', 20000,
                                              for_information(at_most(1.5)), of_users=True),
    'revocations-purge': PurgeBeside('issue HS256', at_most(1.5)),
    'revocations-bulk': BulkRevocation(100000),
    'introspect-unknown': Ratio('introspect, a token of an unknown key', 'introspect unknown', 'another tenant\'s token',
                                'introspect foreign', for_information(at_most(1))),
    'random-issue': RandomKey('issue HS256', 'issue', "'load-' || number", at_most_more(15)),
    'random-verify': RandomKey('verify HS256 to jsonb', 'verify',
                               "access_token.issue_access_token('load-' || number, 'user|42')", at_most_more(15)),
    'random-select': RandomKey('bare SELECT from api_key by primary key', 'select', "'load-' || number",
                               for_information(at_most_more(15))),
    'policy': PolicyScan('current_identity()', 'owner = {0}', at_most(1.3)),
    'policy-tenant': PolicyScan('current_tenant(), current_identity()', 'tenant_id = {1} AND owner = {0}',
                                for_information(at_most(1.3))),
    'refusal-default': SlowestRefusal('default', 'boot_val', 50),
    'refusal-largest': SlowestRefusal('at its largest', 'max_val', 50),
    'memory-issue': FlatMemory('issue', 'access_token.issue_access_token($1, $2)', 'api_key_id', 'identity'),
    'memory-issue-keys': FlatMemory('issue, 5,000 keys in turn',
                                    "access_token.issue_access_token('load-' || 1 + i % 5000, $1)",
                                    'identity', needs_keys=True),
    'memory-verify': FlatMemory('verify', 'access_token.verify_access_token($1)', 'token'),
    'memory-inspect': FlatMemory('inspect, refused',
                                 '(SELECT read.reason FROM access_token.inspect_access_token('
                                 '(CAST($1 AS text[]))[1 + i % 5]) AS read)', 'refused_tokens'),
    'memory-caught': FlatMemory('verify, raised and caught', None, 'refused_tokens'),
}
