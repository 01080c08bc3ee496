// Libraries behind one face, for the toolbox and signing keys. A key is a JWK, unless PEM is said.
//   sign(claims, alg, jwk), verify(token, alg, jwk), signByPem, verifyByPem, verifyBySet(token, alg, jwks)
// Where the library has them: generate(alg), thumbprint(jwk), toPem(jwk), fromPem(pem, alg),
//   signBytes, verifyBytes, verifyByUrl(token, alg, url).
import { createPrivateKey, createPublicKey } from 'node:crypto';
import fastJwt from 'fast-jwt';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const headerOf = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
const claimsOf = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

const joseLibrary = {
  name: 'jose',

  signBytes: async (payload, alg, jwk) =>
    new jose.CompactSign(payload).setProtectedHeader({ alg }).sign(await jose.importJWK(jwk, alg)),
  verifyBytes: async (token, alg, jwk) => {
    const { payload } = await jose.compactVerify(token, await jose.importJWK(jwk, alg), { algorithms: [alg] });
    return payload;
  },
  sign: async (claims, alg, jwk) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(await jose.importJWK(jwk, alg)),
  verify: async (token, alg, jwk) => claimsOf(await joseLibrary.verifyBytes(token, alg, jwk)),

  signByPem: async (claims, alg, pem) =>
    new jose.SignJWT(claims).setProtectedHeader({ alg }).sign(await jose.importPKCS8(pem, alg)),
  verifyByPem: async (token, alg, pem) =>
    claimsOf((await jose.compactVerify(token, await jose.importSPKI(pem, alg), { algorithms: [alg] })).payload),
  verifyBySet: async (token, alg, jwks) =>
    claimsOf((await jose.compactVerify(token, jose.createLocalJWKSet(jwks), { algorithms: [alg] })).payload),
  verifyByUrl: async (token, alg, url) =>
    claimsOf((await jose.compactVerify(token, jose.createRemoteJWKSet(url), { algorithms: [alg] })).payload),

  generate: async (alg) => {
    if (alg.startsWith('HS')) return jose.exportJWK(await jose.generateSecret(alg, { extractable: true }));
    return jose.exportJWK((await jose.generateKeyPair(alg, { extractable: true })).privateKey);
  },
  thumbprint: (jwk) => jose.calculateJwkThumbprint(jwk),
  toPem: async (jwk, alg) => {
    const key = await jose.importJWK(jwk, alg, { extractable: true });
    return jwk.d === undefined ? jose.exportSPKI(key) : jose.exportPKCS8(key);
  },
  fromPem: async (pem, alg) =>
    jose.exportJWK(pem.includes('PRIVATE')
      ? await jose.importPKCS8(pem, alg, { extractable: true })
      : await jose.importSPKI(pem, alg, { extractable: true })),
};

// Node's own reading of a JWK, for libraries that read none.
function nodeKey(jwk) {
  if (jwk.kty === 'oct') return Buffer.from(jwk.k, 'base64url');
  return jwk.d === undefined
    ? createPublicKey({ key: jwk, format: 'jwk' })
    : createPrivateKey({ key: jwk, format: 'jwk' });
}

function pemOf(jwk) {
  const key = nodeKey(jwk);
  if (Buffer.isBuffer(key)) return key;
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' });
}

const findByKid = (token, { keys }) => keys.find(({ kid }) => kid === headerOf(token).kid);

// It adds iat unless told not to.
const jsonwebtokenLibrary = {
  name: 'jsonwebtoken',
  sign: (claims, alg, jwk) => jsonwebtoken.sign(claims, nodeKey(jwk), { algorithm: alg, noTimestamp: true }),
  verify: (token, alg, jwk) => jsonwebtoken.verify(token, nodeKey(jwk), { algorithms: [alg] }),
  signByPem: (claims, alg, pem) => jsonwebtoken.sign(claims, pem, { algorithm: alg, noTimestamp: true }),
  verifyByPem: (token, alg, pem) => jsonwebtoken.verify(token, pem, { algorithms: [alg] }),
  verifyBySet: (token, alg, jwks) =>
    new Promise((resolve, reject) => {
      const find = (header, done) => done(null, nodeKey(jwks.keys.find(({ kid }) => kid === header.kid)));
      jsonwebtoken.verify(token, find, { algorithms: [alg] }, (error, claims) =>
        error ? reject(error) : resolve(claims));
    }),
};

const fastJwtLibrary = {
  name: 'fast-jwt',
  sign: (claims, alg, jwk) => fastJwtLibrary.signByPem(claims, alg, pemOf(jwk)),
  verify: (token, alg, jwk) => fastJwtLibrary.verifyByPem(token, alg, pemOf(jwk)),
  signByPem: (claims, alg, key) => fastJwt.createSigner({ key, algorithm: alg, noTimestamp: true })(claims),
  verifyByPem: (token, alg, key) => fastJwt.createVerifier({ key, algorithms: [alg] })(token),
  verifyBySet: (token, alg, jwks) =>
    fastJwt.createVerifier({ key: async () => pemOf(findByKid(token, jwks)), algorithms: [alg] })(token),
};

export const libraries = { jose: joseLibrary, jsonwebtoken: jsonwebtokenLibrary, 'fast-jwt': fastJwtLibrary };
