// The two libraries behind one face: sign, read, and the words in which each refuses a token.
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const bytesOf = (secret) => (typeof secret === 'string' ? new TextEncoder().encode(secret) : secret);

const joseLibrary = {
  name: 'jose',
  sign: (claims, header, secret) =>
    header.alg === 'none'
      ? unsigned(header, claims)
      : new jose.SignJWT(claims).setProtectedHeader(header).sign(bytesOf(secret)),
  read: async (token, secret, options) => {
    const { payload, protectedHeader } = await jose.jwtVerify(token, bytesOf(secret), options);
    return { header: protectedHeader, claims: { ...payload } };
  },
  wordOf: (error) => (error.claim ? `${error.code} ${error.claim}` : error.code),
  words: {
    signature: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    algorithm: 'ERR_JOSE_ALG_NOT_ALLOWED',
    expired: 'ERR_JWT_EXPIRED exp',
    audience: 'ERR_JWT_CLAIM_VALIDATION_FAILED aud',
    issuer: 'ERR_JWT_CLAIM_VALIDATION_FAILED iss',
  },
};

const jsonwebtokenLibrary = {
  name: 'jsonwebtoken',
  // It adds iat by itself, and with noTimestamp takes away the one that is there.
  sign: (claims, header, secret) =>
    jsonwebtoken.sign(claims, header.alg === 'none' ? null : secret, {
      algorithm: header.alg,
      header,
      noTimestamp: claims.iat === undefined,
    }),
  read: async (token, secret, options) => {
    const { payload, header } = jsonwebtoken.verify(token, secret, { ...options, complete: true });
    return { header, claims: payload };
  },
  wordOf: (error) => error.message.replace(/\. .*/, ''),
  words: {
    signature: 'invalid signature',
    algorithm: 'invalid algorithm',
    expired: 'jwt expired',
    audience: 'jwt audience invalid',
    issuer: 'jwt issuer invalid',
  },
};

// jose signs nothing with the algorithm none; its UnsecuredJWT cannot set typ and cty.
function unsigned(header, claims) {
  const segments = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return `${segments.join('.')}.`;
}

export const libraries = { jose: joseLibrary, jsonwebtoken: jsonwebtokenLibrary };
