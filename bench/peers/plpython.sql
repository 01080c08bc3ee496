-- The peer that lives in the same database and uses a library: PL/Python with
-- PyJWT. Imports and the plan of the key's look-up are kept in SD, as the manual
-- of PL/Python advises.
CREATE EXTENSION IF NOT EXISTS plpython3u;

CREATE FUNCTION peer.py_issue(api_key_id text, identity text) RETURNS text
LANGUAGE plpython3u VOLATILE STRICT
AS $function$
if 'plan' not in SD:
    import jwt, time, uuid
    SD['encode'], SD['time'], SD['uuid4'] = jwt.encode, time.time, uuid.uuid4
    SD['plan'] = plpy.prepare(
        'SELECT kid, tenant_id, secret, content_type, lifetime FROM peer.api_key'
        ' WHERE api_key_id = $1 AND disabled_at IS NULL', ['text'])
rows = SD['plan'].execute([api_key_id], 1)
if not rows:
    plpy.error('no such API key')
key = rows[0]
issued_at = int(SD['time']())
return SD['encode'](
    {'iss': api_key_id, 'sub': key['tenant_id'],
     'iat': issued_at, 'exp': issued_at + key['lifetime'],
     'jti': str(SD['uuid4']()), 'grants': {'identity': identity}},
    key['secret'], algorithm='HS256',
    headers={'cty': key['content_type'], 'kid': key['kid']})
$function$;

CREATE FUNCTION peer.py_verify(token text) RETURNS jsonb
LANGUAGE plpython3u VOLATILE STRICT
AS $function$
if 'plan' not in SD:
    import json, jwt
    SD['decode'], SD['dumps'], SD['header'] = jwt.decode, json.dumps, jwt.get_unverified_header
    SD['plan'] = plpy.prepare(
        'SELECT secret FROM peer.api_key WHERE kid = $1 AND disabled_at IS NULL', ['text'])
rows = SD['plan'].execute([SD['header'](token).get('kid')], 1)
if not rows:
    plpy.error('bad signature')
return SD['dumps'](SD['decode'](token, rows[0]['secret'], algorithms=['HS256'],
                                options={'require': ['exp']}))
$function$;
