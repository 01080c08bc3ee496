// Resource servers that know a tenant's issuer and where its public keys are, each with another library:
//   verify(token, audience): the claims, or a rejection; keys are fetched from url when they are needed
// algorithms are those of signing keys that the library knows.
import { createPublicKey } from 'node:crypto';
import fastJwt from 'fast-jwt';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';
import * as oauth from 'oauth4webapi';

const every = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

function withJose(issuer, url) {
  const keys = jose.createRemoteJWKSet(url);
  return async (token, audience) => {
    const { payload } = await jose.jwtVerify(token, keys, {
      issuer, audience, typ: 'at+jwt', algorithms: every, requiredClaims: ['sub', 'client_id', 'iat', 'jti'],
    });
    return { ...payload };
  };
}

// RFC 9068 as its section 4 wants it.
function withOauth4webapi(issuer, url) {
  const server = { issuer, jwks_uri: url.href };
  return (token, audience) =>
    oauth.validateJwtAccessToken(
      server,
      new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } }),
      audience,
      { [oauth.allowInsecureRequests]: true, [oauth.clockTolerance]: 0 },
    );
}

// It leaves typ to the caller.
function withJsonwebtoken(issuer, url) {
  const client = jwksClient({ jwksUri: url.href });
  const findKey = (header, done) =>
    client.getSigningKey(header.kid).then((key) => done(null, key.getPublicKey()), done);
  return (token, audience) =>
    new Promise((resolve, reject) => {
      const options = { issuer, audience, algorithms: every.filter((alg) => alg !== 'EdDSA'), complete: true };
      jsonwebtoken.verify(token, findKey, options, (error, decoded) => {
        if (error || decoded.header.typ !== 'at+jwt') reject(error ?? new Error('no access token'));
        else resolve(decoded.payload);
      });
    });
}

// It fetches no keys, and what it checks may be missing unless it is required.
function withFastJwt(issuer, url) {
  let keys = [];
  const find = (kid) => keys.find((key) => key.kid === kid);
  const findKey = async ({ header: { kid } }) => {
    if (!find(kid)) ({ keys } = await (await fetch(url)).json());
    return createPublicKey({ key: find(kid), format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  };
  return (token, audience) =>
    fastJwt.createVerifier({
      key: findKey, algorithms: every, allowedIss: issuer, allowedAud: audience, checkTyp: 'at+jwt',
      requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti'],
    })(token);
}

export const resourceServers = {
  jose: { open: withJose, algorithms: every },
  oauth4webapi: { open: withOauth4webapi, algorithms: every },
  jsonwebtoken: { open: withJsonwebtoken, algorithms: every.filter((alg) => alg !== 'EdDSA') },
  'fast-jwt': { open: withFastJwt, algorithms: every },
};
