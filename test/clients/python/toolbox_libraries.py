"""JOSE libraries behind one face. A key is a JWK as dict; a text is bytes in, bytes out.

    generate(alg)              a private (or symmetric) JWK made by the library
    sign(payload, alg, jwk)    bytes as compact JWS
    verify(token, alg, jwk)    the payload, or an exception
    verify_by_set(token, alg, jwks)
    thumbprint(jwk)            RFC 7638, None where the library has none
    from_pem(pem)              a JWK, None where the library has none; to_pem(jwk) likewise
"""

import base64
import json
import os
import subprocess
import tempfile

CURVES = {'ES256': 'P-256', 'ES384': 'P-384', 'ES512': 'P-521', 'EdDSA': 'Ed25519'}
RSA_BITS = 2048


def is_symmetric(alg):
    return alg.startswith('HS')


def kind_of(alg):
    """kty, and what its generator wants beside it."""
    if is_symmetric(alg):
        return 'oct', int(alg[2:])
    if alg in CURVES:
        return ('OKP' if alg == 'EdDSA' else 'EC'), CURVES[alg]
    return 'RSA', RSA_BITS


class PyJwt:
    name = 'PyJWT'

    def __init__(self):
        import jwt
        from jwt.api_jws import PyJWS
        self.jwt = jwt
        self.jws = PyJWS()

    def _key(self, alg, jwk):
        return self.jwt.PyJWK(jwk, algorithm=alg).key

    def generate(self, alg):
        """PyJWT's keys are those of the package cryptography; it writes them as JWK itself."""
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
        kind, what = kind_of(alg)
        if kind == 'oct':
            secret = base64.urlsafe_b64encode(os.urandom(what // 8)).rstrip(b'=').decode()
            return {'kty': 'oct', 'k': secret}
        if kind == 'RSA':
            key = rsa.generate_private_key(65537, what)
        elif kind == 'OKP':
            key = ed25519.Ed25519PrivateKey.generate()
        else:
            key = ec.generate_private_key({'P-256': ec.SECP256R1, 'P-384': ec.SECP384R1, 'P-521': ec.SECP521R1}[what]())
        if kind == 'EC':  # its own writer came after this version
            return ec_jwk(key, what)
        written = self.jwt.get_algorithm_by_name(alg).to_jwk(key)
        return json.loads(written) if isinstance(written, str) else written

    def sign(self, payload, alg, jwk):
        return self.jws.encode(payload, self._key(alg, jwk), algorithm=alg)

    def verify(self, token, alg, jwk):
        return self.jws.decode(token, self._key(alg, jwk), algorithms=[alg])

    def verify_by_set(self, token, alg, jwks):
        kid = self.jwt.get_unverified_header(token)['kid']
        found, = [key for key in self.jwt.PyJWKSet.from_dict(jwks).keys if key.key_id == kid]
        return self.jws.decode(token, found.key, algorithms=[alg])

    def verify_by_pem(self, token, alg, pem):
        return self.jws.decode(token, pem, algorithms=[alg])

    thumbprint = None


def ec_jwk(key, curve):
    numbers = key.private_numbers()
    size = (key.curve.key_size + 7) // 8

    def member(number):
        return base64.urlsafe_b64encode(number.to_bytes(size, 'big')).rstrip(b'=').decode()
    point = numbers.public_numbers
    return {'kty': 'EC', 'crv': curve, 'x': member(point.x), 'y': member(point.y), 'd': member(numbers.private_value)}


def padded(jwk):
    """authlib leaves leading zeros of an elliptic curve key away, which RFC 7518 section 6.2.2 forbids."""
    size = {'P-256': 43, 'P-384': 64, 'P-521': 88}.get(jwk.get('crv'))

    def member(value):
        raw = base64.urlsafe_b64decode(value + '=' * (-len(value) % 4))
        return base64.urlsafe_b64encode(raw.rjust(size * 3 // 4, b'\0')).rstrip(b'=').decode()
    return {name: member(value) if size and name in 'xyd' else value for name, value in jwk.items()}


class Authlib:
    name = 'authlib'

    def __init__(self):
        from authlib.jose import JsonWebKey, JsonWebSignature
        self.keys = JsonWebKey
        self.jws = JsonWebSignature

    def generate(self, alg):
        kind, what = kind_of(alg)
        return padded(self.keys.generate_key(kind, what, is_private=True).as_dict(is_private=True))

    def sign(self, payload, alg, jwk):
        return self.jws([alg]).serialize_compact({'alg': alg}, payload, self.keys.import_key(jwk)).decode()

    def verify(self, token, alg, jwk):
        return self.jws([alg]).deserialize_compact(token, self.keys.import_key(jwk))['payload']

    def verify_by_set(self, token, alg, jwks):
        keys = self.keys.import_key_set(jwks)
        return self.jws([alg]).deserialize_compact(
            token, lambda header, _: keys.find_by_kid(header['kid']))['payload']

    def verify_by_pem(self, token, alg, pem):
        return self.jws([alg]).deserialize_compact(token, pem)['payload']

    def thumbprint(self, jwk):
        return self.keys.import_key(jwk).thumbprint()

    def to_pem(self, jwk):
        return self.keys.import_key(jwk).as_pem(is_private='d' in jwk).decode()

    def from_pem(self, pem):
        key = self.keys.import_key(pem)
        return padded(key.as_dict(is_private='PRIVATE' in pem))


class JwCrypto:
    name = 'jwcrypto'

    def __init__(self):
        from jwcrypto import jwk, jws
        self.jwk = jwk
        self.jws = jws

    def _key(self, jwk):
        return self.jwk.JWK(**jwk)

    def generate(self, alg):
        kind, what = kind_of(alg)
        size_or_curve = {'crv': what} if kind in ('EC', 'OKP') else {'size': what}
        return json.loads(self.jwk.JWK.generate(kty=kind, **size_or_curve).export())

    def sign(self, payload, alg, jwk):
        token = self.jws.JWS(payload)
        token.add_signature(self._key(jwk), alg, json.dumps({'alg': alg}))
        return token.serialize(compact=True)

    def _verify(self, token, alg, key):
        read = self.jws.JWS()
        read.allowed_algs = [alg]
        read.deserialize(token, key)
        return read.payload

    def verify(self, token, alg, jwk):
        return self._verify(token, alg, self._key(jwk))

    def verify_by_set(self, token, alg, jwks):
        kid = json.loads(base64.urlsafe_b64decode(token.split('.')[0] + '=='))['kid']
        return self._verify(token, alg, self.jwk.JWKSet.from_json(json.dumps(jwks)).get_key(kid))

    def verify_by_pem(self, token, alg, pem):
        return self._verify(token, alg, self.jwk.JWK.from_pem(pem.encode()))

    def thumbprint(self, jwk):
        return self._key(jwk).thumbprint()

    def to_pem(self, jwk):
        return self._key(jwk).export_to_pem(private_key='d' in jwk, password=None).decode()

    def from_pem(self, pem):
        key = self.jwk.JWK.from_pem(pem.encode())
        return json.loads(key.export_private() if 'PRIVATE' in pem else key.export_public())


class JoseTool:
    """The command line tool of latchset/jose."""

    name = 'jose (command line tool)'
    verify_by_pem = None

    def __init__(self):
        subprocess.run(['jose', 'alg'], check=True, stdout=subprocess.PIPE)

    @staticmethod
    def _run(*arguments, **files):
        """Runs the tool with files; a word of the arguments that names one stands for its path."""
        with tempfile.TemporaryDirectory() as directory:
            paths = {}
            for name, content in files.items():
                paths[name] = os.path.join(directory, name)
                with open(paths[name], 'wb') as file:
                    file.write(content if isinstance(content, bytes) else content.encode())
            done = subprocess.run(['jose', *[paths.get(word, word) for word in arguments]],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'jose {" ".join(arguments)}: {done.stderr.decode().strip() or "refused"}')
        return done.stdout

    def generate(self, alg):
        return json.loads(self._run('jwk', 'gen', '-i', json.dumps({'alg': alg}), '-o', '-'))

    def sign(self, payload, alg, jwk):
        template = json.dumps({'protected': {'alg': alg}})
        return self._run('jws', 'sig', '-I', 'payload', '-s', template, '-k', 'key', '-c', '-o', '-',
                         payload=payload, key=json.dumps(jwk)).decode().strip()

    def verify(self, token, alg, jwk):
        # It takes the algorithm from the token, unless the key names one.
        return self._run('jws', 'ver', '-i', 'token', '-k', 'key', '-O', '-',
                         token=token, key=json.dumps({**jwk, 'alg': alg}))

    def verify_by_set(self, token, alg, jwks):
        return self._run('jws', 'ver', '-i', 'token', '-k', 'keys', '-O', '-', token=token, keys=json.dumps(jwks))

    def thumbprint(self, jwk):
        return self._run('jwk', 'thp', '-i', 'key', '-a', 'S256', key=json.dumps(jwk)).decode().strip()


libraries = {'pyjwt': PyJwt, 'authlib': Authlib, 'jwcrypto': JwCrypto, 'jose_tool': JoseTool}
