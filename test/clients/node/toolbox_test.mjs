// One library and the toolbox, each reading what the other made: toolbox_test.mjs jose|jsonwebtoken|fast-jwt
//
// Every algorithm of the toolbox is tried. One that the library does not know is shown as skipped, and a
// check of its own proves that the library refuses it, so that the list cannot become untrue.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import { FOREIGN_IDENTITY, Platform, check, end, secondsNow, skip } from './support.mjs';
import { libraries } from './toolbox_libraries.mjs';

const ALGORITHMS = [
  'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512',
  'EdDSA',
];
// What each library is known to refuse.
const UNSUPPORTED = { jsonwebtoken: ['EdDSA'] };
const TYP = 'interop+jwt';
const PAYLOAD = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), Buffer.from(FOREIGN_IDENTITY)]);

const library = libraries[process.argv[2]];
const platform = await Platform.create(['verifier', 'toolbox']);
const here = (call, ...values) => platform.one(`SELECT access_token.${call}`, ...values);

const claimsFor = (alg) => ({
  iss: 'https://issuer.example',
  sub: FOREIGN_IDENTITY,
  exp: secondsNow() + 600,
  alg_used: alg,
  nested: { list: [1, 2.5, -3, null, true, []], empty: {} },
});

const isSymmetric = (alg) => alg.startsWith('HS');

// One key for each kind, made once (RSA takes its time), in turn for each of its algorithms.
async function labelled(keys, alg, make) {
  const kind = /^[RP]S/.test(alg) ? 'RSA' : alg;
  keys[kind] ??= await make(alg);
  return keys[kind].alg === undefined ? keys[kind] : { ...keys[kind], alg };
}

const madeHere = {};
const madeThere = {};
const pems = {};
const generate = (alg) => labelled(madeHere, alg, () => here('jwk_generate($1)', alg));
const generateThere = (alg) => labelled(madeThere, alg, library.generate);
const publicPart = (jwk) => (jwk.kty === 'oct' ? jwk : here('jwk_public($1::text)', jwk));
const signHere = (claims, jwk, alg) => here('jwt_sign($1::jsonb, $2::text, $3::jsonb)', claims, jwk, { alg });
const verifyHere = (token, jwk, alg) => here('jwt_verify($1, $2::text, $3)', token, jwk, [alg]);

// The key itself, without what names it or says what it is for.
const keyMembers = ({ kid, alg, use, key_ops, ext, ...members }) => members;

function altered(token) {
  const [header, payload, signature] = token.split('.');
  const bytes = Buffer.from(payload, 'base64url');
  bytes[0] ^= 1;
  return [header, bytes.toString('base64url'), signature].join('.');
}

const mustRefuse = (call) => assert.rejects(async () => call());

// A key pair of Node's own, in every PEM form that its type has.
function pemForms(alg) {
  const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
  const pair = alg === 'EdDSA' ? generateKeyPairSync('ed25519')
    : curves[alg] ? generateKeyPairSync('ec', { namedCurve: curves[alg] })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const old = alg === 'EdDSA' ? null : curves[alg] ? 'sec1' : 'pkcs1';
  const write = (key, type) => key.export({ type, format: 'pem' });
  return {
    privateJwk: pair.privateKey.export({ format: 'jwk' }),
    publicJwk: pair.publicKey.export({ format: 'jwk' }),
    spki: write(pair.publicKey, 'spki'),
    privates: ['pkcs8', old].filter(Boolean).map((type) => write(pair.privateKey, type)),
    publics: ['spki', old === 'pkcs1' ? old : null].filter(Boolean).map((type) => write(pair.publicKey, type)),
  };
}

// Serves one JWK Set on loopback while body runs.
async function withServer(jwks, body) {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify(jwks));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await body(new URL(`http://127.0.0.1:${server.address().port}/jwks`));
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const stories = {
  'tokens of jwt_sign verify there': async (alg) => {
    const jwk = await generate(alg);
    const claims = claimsFor(alg);
    const token = await here('jwt_sign($1::jsonb, $2::text)', claims, jwk);
    const key = await publicPart(jwk);
    assert.deepEqual(await library.verify(token, alg, key), claims);
    await mustRefuse(() => library.verify(altered(token), alg, key));
  },

  'its tokens verify with jwt_verify': async (alg) => {
    const jwk = await generate(alg);
    const claims = claimsFor(alg);
    const token = await library.sign(claims, alg, jwk);
    const key = await publicPart(jwk);
    assert.deepEqual(await verifyHere(token, key, alg), claims);
    await platform.refused('TK003', 'SELECT access_token.jwt_verify($1, $2::text, $3)', altered(token), key, [alg]);
    const others = ALGORITHMS.filter((other) => other !== alg);
    await platform.refused('TK002', 'SELECT access_token.jwt_verify($1, $2::text, $3)', token, key, others);
  },

  'bytes signed here read there, and the other way round': library.signBytes && (async (alg) => {
    const jwk = await generate(alg);
    const key = await publicPart(jwk);
    const ours = await here('jws_sign($1::bytea, $2::text)', PAYLOAD, jwk);
    assert.deepEqual(Buffer.from(await library.verifyBytes(ours, alg, key)), PAYLOAD);
    const theirs = await library.signBytes(PAYLOAD, alg, jwk);
    assert.deepEqual(await here('jws_verify($1, $2::text, $3)', theirs, key, [alg]), PAYLOAD);
  }),

  'a key made there works here, with the same thumbprint': library.generate && (async (alg) => {
    const jwk = await generateThere(alg);
    const claims = claimsFor(alg);
    const token = await signHere(claims, jwk, alg);
    const key = await publicPart(jwk);
    assert.deepEqual(await library.verify(token, alg, key), claims);
    assert.equal(await here('jwk_thumbprint($1::text)', jwk), await library.thumbprint(jwk));
  }),

  'thumbprint of a key made here': library.thumbprint && (async (alg) => {
    const jwk = await generate(alg);
    assert.equal(await library.thumbprint(jwk), jwk.kid);
    assert.equal(await here('jwk_thumbprint($1::text)', jwk), jwk.kid);
  }),
};

const asymmetricStories = {
  'tokens of sign_token verify by the JWKS, through a rotation': async (alg) => {
    const tokens = [];
    for (let step = 0; step < 2; step += 1) {
      const kid = await platform.administer('access_token.rotate_signing_key($1, $2, true)', platform.tenant, alg);
      const token = await platform.administer('access_token.sign_token($1, $2::jsonb, $3, $4::jsonb)',
        platform.tenant, { sub: FOREIGN_IDENTITY }, alg, { typ: TYP });
      assert.equal(JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid, kid);
      tokens.push(token);
    }
    const jwks = await here('jwks($1)', platform.tenant);
    for (const token of tokens) {
      const claims = await library.verifyBySet(token, alg, jwks);
      assert.deepEqual(claims, await here('verify_token($1, $2, $3)', token, platform.tenant, TYP));
      assert.equal(claims.sub, FOREIGN_IDENTITY);
      await mustRefuse(() => library.verifyBySet(altered(token), alg, jwks));
    }
  },

  'tokens of sign_token verify by the JWKS over HTTP': library.verifyByUrl && (async (alg) => {
    const token = await platform.administer('access_token.sign_token($1, $2::jsonb, $3, $4::jsonb)',
      platform.tenant, { sub: FOREIGN_IDENTITY }, alg, { typ: TYP });
    await withServer(await here('jwks($1)', platform.tenant), async (url) => {
      assert.equal((await library.verifyByUrl(token, alg, url)).sub, FOREIGN_IDENTITY);
      await mustRefuse(() => library.verifyByUrl(altered(token), alg, url));
    });
  }),

  'PEM of every form comes here and works': async (alg) => {
    const forms = await labelled(pems, alg, pemForms);
    const claims = claimsFor(alg);
    for (const pem of forms.privates) {
      const jwk = await here('jwk_from_pem($1)', pem);
      assert.deepEqual(keyMembers(jwk), forms.privateJwk);
      const token = await signHere(claims, jwk, alg);
      assert.deepEqual(await library.verifyByPem(token, alg, forms.spki), claims);
    }
    for (const pem of forms.publics) {
      const jwk = await here('jwk_from_pem($1)', pem);
      assert.deepEqual(keyMembers(jwk), forms.publicJwk);
      const token = await library.signByPem(claims, alg, forms.privates[0]);
      assert.deepEqual(await verifyHere(token, jwk, alg), claims);
    }
  },

  'PEM of jwk_to_pem signs and verifies there': async (alg) => {
    const jwk = await generate(alg);
    const claims = claimsFor(alg);
    const privatePem = await here('jwk_to_pem($1::text)', jwk);
    const publicPem = await here('jwk_to_pem($1::text)', await publicPart(jwk));
    const ours = await here('jwt_sign($1::jsonb, $2::text)', claims, jwk);
    assert.deepEqual(await library.verifyByPem(ours, alg, publicPem), claims);
    const theirs = await library.signByPem(claims, alg, privatePem);
    assert.deepEqual(await verifyHere(theirs, await publicPart(jwk), alg), claims);
  },

  'PEM written and read by the library is the same key': library.toPem && (async (alg) => {
    const jwk = await generate(alg);
    for (const key of [jwk, await publicPart(jwk)]) {
      const pem = await here('jwk_to_pem($1::text)', key);
      assert.deepEqual(keyMembers(await library.fromPem(pem, alg)), keyMembers(key));
      assert.deepEqual(keyMembers(await here('jwk_from_pem($1)', await library.toPem(key, alg))), keyMembers(key));
    }
  }),

  'a key from elsewhere becomes a signing key, in every form': async (alg) => {
    // A key is one tenant's, once: each form needs another. EdDSA has one PEM form; RSA's forms are tried once.
    const isRsaAgain = /^[RP]S/.test(alg) && alg !== 'RS256';
    for (const which of isRsaAgain ? [0] : alg === 'EdDSA' ? [0, 'jwk'] : [0, 1, 'jwk']) {
      const { privates, privateJwk, publicJwk, spki } = pemForms(alg);
      const key = which === 'jwk' ? JSON.stringify(privateJwk) : privates[which];
      const tenant = await platform.createTenant(`${alg}-${which}`);
      const kid = await platform.administer('access_token.import_signing_key($1, $2, $3)', tenant, key, alg);
      assert.equal(kid, await here('jwk_thumbprint($1::text)', publicJwk));
      assert.equal(await platform.administer('access_token.rotate_signing_key($1, $2)', tenant, alg), kid);
      const token = await platform.administer('access_token.sign_token($1, $2::jsonb, NULL, $3::jsonb)',
        tenant, { sub: FOREIGN_IDENTITY }, { typ: TYP });
      assert.equal((await library.verifyByPem(token, alg, spki)).sub, FOREIGN_IDENTITY);
    }
  },
};

const storiesOf = (alg) =>
  Object.entries({ ...stories, ...(isSymmetric(alg) ? {} : asymmetricStories) }).filter(([, run]) => run);

await platform.administer('access_token.update_tenant($1, $2::jsonb)', platform.tenant,
  { issuer: `https://${platform.tenant}.example` });

for (const alg of ALGORITHMS) {
  if ((UNSUPPORTED[process.argv[2]] ?? []).includes(alg)) {
    await check(`${library.name} does not know ${alg}`, async () => {
      const jwk = await generate(alg);
      const token = await here('jwt_sign($1::jsonb, $2::text)', claimsFor(alg), jwk);
      const key = await publicPart(jwk);
      await mustRefuse(() => library.sign(claimsFor(alg), alg, jwk));
      await mustRefuse(() => library.verify(token, alg, key));
    });
    for (const [story] of storiesOf(alg))
      skip(`${library.name} ${alg}: ${story}`, 'the library does not know the algorithm');
    continue;
  }
  for (const [story, run] of storiesOf(alg)) await check(`${library.name} ${alg}: ${story}`, () => run(alg));
}

await platform.close();
end();
