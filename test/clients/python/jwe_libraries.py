"""JWE libraries behind one face: encrypt(plain, alg, enc, jwk), decrypt(token, alg, enc, jwk).

authlib is none of them: it writes the coordinates of its ephemeral keys without leading zeros, which RFC
7518 section 6.2.1.2 forbids and the toolbox refuses, so that what it makes for P-521 decrypts by chance.
"""

import base64
import json

from toolbox_libraries import JoseTool


def bytes_of(member):
    return base64.urlsafe_b64decode(member + '=' * (-len(member) % 4))


class JwCrypto:
    name = 'jwcrypto'

    def __init__(self):
        from jwcrypto import jwe, jwk
        self.jwe = jwe
        self.jwk = jwk

    def encrypt(self, plain, alg, enc, jwk):
        token = self.jwe.JWE(plain, json.dumps({'alg': alg, 'enc': enc}), algs=[alg, enc])
        token.add_recipient(self.jwk.JWK(**jwk))
        return token.serialize(compact=True)

    def decrypt(self, token, alg, enc, jwk):
        read = self.jwe.JWE(algs=[alg, enc])
        read.deserialize(token, self.jwk.JWK(**jwk))
        return read.payload


class JoseToolEncryption(JoseTool):
    def encrypt(self, plain, alg, enc, jwk):
        template = json.dumps({'protected': {'alg': alg, 'enc': enc}})
        return self._run('jwe', 'enc', '-I', 'plain', '-i', template, '-k', 'key', '-c', '-o', '-',
                         plain=plain, key=json.dumps(jwk)).decode().strip()

    def decrypt(self, token, alg, enc, jwk):
        return self._run('jwe', 'dec', '-i', 'token', '-k', 'key', '-O', '-', token=token, key=json.dumps(jwk))


libraries = {'jwcrypto': JwCrypto, 'jose_tool': JoseToolEncryption}
