// One library and the database, each reading what the other made: library_test.mjs jose|jsonwebtoken
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { libraries } from './libraries.mjs';
import {
  CONTENT_TYPE, FOREIGN_IDENTITY, PUNCTUATED_SECRET, Platform, check, end, minimalClaims, secondsNow,
  withOtherIdentity,
} from './support.mjs';

const library = libraries[process.argv[2]];
const platform = await Platform.create();

const sign = (claims, secret, header = {}) =>
  library.sign(claims, { alg: 'HS256', typ: 'JWT', cty: CONTENT_TYPE, ...header }, secret);

const read = (token, secret, keyId, options = {}) =>
  library.read(token, secret, {
    algorithms: ['HS256'], issuer: keyId, subject: platform.tenant, ...options,
  });

const refuses = (word, token, secret, keyId, options) =>
  assert.rejects(read(token, secret, keyId, options), (error) => {
    assert.equal(library.wordOf(error), library.words[word]);
    return true;
  });

const rotate = (keyId, grace = '1 day') =>
  platform.administer('access_token.rotate_api_key($1, $2)', keyId, grace);

const stories = {
  'an outside token verifies': async (alg) => {
    const { keyId, secret } = await platform.createKey({ algorithm: alg });
    const claims = minimalClaims(platform, keyId);
    const token = await sign(claims, secret, { alg });
    const header = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString());
    assert.deepEqual(header, { alg, typ: 'JWT', cty: CONTENT_TYPE });
    assert.deepEqual(await platform.verify(token), claims);
  },

  'outside tokens verify during a rotation': async (alg) => {
    const { keyId, secret: first } = await platform.createKey({ algorithm: alg });
    const claims = minimalClaims(platform, keyId);
    const second = await rotate(keyId);
    for (const secret of [first, second])
      assert.deepEqual(await platform.verify(await sign(claims, secret, { alg })), claims);
    const third = await rotate(keyId);
    await platform.verifyRefused('TK003', await sign(claims, first, { alg }));
    for (const secret of [second, third])
      assert.deepEqual(await platform.verify(await sign(claims, secret, { alg })), claims);
    await rotate(keyId, '0');
    await platform.verifyRefused('TK003', await sign(claims, third, { alg }));
  },

  'an issued token reads here': async (alg) => {
    const { keyId, secret } = await platform.createKey({ algorithm: alg });
    const token = await platform.issue(keyId, 'user|42');
    const { header, claims } = await platform.inspect(token);
    assert.deepEqual(await read(token, secret, keyId, { algorithms: [alg] }), { header, claims });
    assert.deepEqual(header, { alg, typ: 'JWT', cty: CONTENT_TYPE, kid: header.kid });
    const { iat, jti } = claims;
    assert.deepEqual(claims, {
      iss: keyId, sub: platform.tenant, iat, exp: iat + 3600, jti, grants: { identity: 'user|42' },
    });
    assert.match(jti, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  },

  'a rotated key signs with the new secret': async (alg) => {
    const { keyId, secret: first } = await platform.createKey({ algorithm: alg });
    const second = await rotate(keyId);
    const token = await platform.issue(keyId, 'user|42');
    await read(token, second, keyId, { algorithms: [alg] });
    await refuses('signature', token, first, keyId, { algorithms: [alg] });
  },
};

for (const alg of ['HS256', 'HS384', 'HS512'])
  for (const [story, run] of Object.entries(stories))
    await check(`${library.name} ${alg}: ${story}`, () => run(alg));

const { keyId, secret } = await platform.createKey();
const other = await platform.createKey();

await check(`${library.name}: scope of an issued token`, async () => {
  const token = await platform.issue(keyId, 'user|42', { scope: 'read write' });
  const { claims } = await read(token, secret, keyId);
  assert.equal(claims.scope, 'read write');
  assert.deepEqual(claims, (await platform.inspect(token)).claims);
  await platform.verify(token, { scope: 'write' });
});

await check(`${library.name}: one audience is a string, and is checked`, async () => {
  const audience = 'https://api.example.com';
  const token = await platform.issue(keyId, 'user|42', { audience: [audience] });
  const { claims } = await read(token, secret, keyId, { audience });
  assert.equal(claims.aud, audience);
  assert.deepEqual(claims, (await platform.inspect(token, audience)).claims);
  await refuses('audience', token, secret, keyId, { audience: 'https://other.example.com' });
  await platform.verifyRefused('TK006', token, 'https://other.example.com');
  await platform.verifyRefused('TK006', token);
});

await check(`${library.name}: several audiences are an array, and each is accepted`, async () => {
  const token = await platform.issue(keyId, 'user|42', { audience: ['web', 'mobile'] });
  for (const audience of ['web', 'mobile']) {
    const { claims } = await read(token, secret, keyId, { audience });
    assert.deepEqual(claims.aud, ['web', 'mobile']);
    assert.deepEqual(claims, (await platform.inspect(token, audience)).claims);
  }
  await refuses('audience', token, secret, keyId, { audience: 'we' });
});

const extra = {
  plan: 'Größe "XL"',
  nested: { list: [1, 2.5, -3, null, true, []], empty: {} },
  large: Number.MAX_SAFE_INTEGER,
  control: 'a\u0001\n\t\\/',
  名前: '🙂',
};

await check(`${library.name}: extra claims and a foreign identity arrive unchanged`, async () => {
  const token = await platform.issue(keyId, FOREIGN_IDENTITY, { claims: extra });
  const { claims } = await read(token, secret, keyId);
  assert.deepEqual(claims, (await platform.inspect(token)).claims);
  const { iat, exp, jti } = claims;
  assert.deepEqual(claims, {
    iss: keyId, sub: platform.tenant, iat, exp, jti, grants: { identity: FOREIGN_IDENTITY }, ...extra,
  });
});

await check(`${library.name}: extra claims and a foreign identity from outside arrive unchanged`, async () => {
  const claims = minimalClaims(platform, keyId, { grants: { identity: FOREIGN_IDENTITY }, ...extra });
  assert.deepEqual(await platform.verify(await sign(claims, secret)), claims);
});

await check(`${library.name}: an imported secret with spaces and punctuation, both ways`, async () => {
  const key = await platform.createKey({ importedSecret: PUNCTUATED_SECRET });
  assert.equal(key.secret, PUNCTUATED_SECRET);
  const claims = minimalClaims(platform, key.keyId);
  assert.deepEqual(await platform.verify(await sign(claims, PUNCTUATED_SECRET)), claims);
  const token = await platform.issue(key.keyId, 'user|42');
  const inspected = await platform.inspect(token);
  assert.deepEqual(await read(token, PUNCTUATED_SECRET, key.keyId), inspected);
  await refuses('signature', token, PUNCTUATED_SECRET.trim(), key.keyId);
  await platform.verifyRefused('TK003', await sign(claims, PUNCTUATED_SECRET.trim()));
});

const token = await platform.issue(keyId, 'user|42');

await check(`${library.name} refuses a tampered issued token, and so does the database`, async () => {
  const forged = withOtherIdentity(token);
  await refuses('signature', forged, secret, keyId);
  await platform.verifyRefused('TK003', forged);
});

await check(`${library.name} refuses an issued token with another secret, algorithm or issuer`, async () => {
  await refuses('signature', token, other.secret, keyId);
  await refuses('algorithm', token, secret, keyId, { algorithms: ['HS512'] });
  await refuses('issuer', token, secret, other.keyId);
});

await check(`${library.name} and the database refuse an issued token once it has expired`, async () => {
  const short = await platform.issue(keyId, 'user|42', { expiresIn: 1 });
  const { exp } = JSON.parse(Buffer.from(short.split('.')[1], 'base64url').toString());
  while (secondsNow() < exp) await sleep(100);
  await refuses('expired', short, secret, keyId);
  await platform.verifyRefused('TK004', short);
});

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const claimsWith = (changes) => minimalClaims(platform, keyId, changes);
const now = secondsNow();
const refusals = [
  ['that was tampered with', 'TK003', async () => withOtherIdentity(await sign(claimsWith(), secret))],
  ["signed with another key's secret", 'TK003', () => sign(claimsWith(), other.secret)],
  ['of an unknown key', 'TK003', () => sign(claimsWith({ iss: 'nobody' }), secret)],
  ['with an unknown kid', 'TK003', () => sign(claimsWith(), secret, { kid: 'nobody' })],
  ['signed with the right secret and another algorithm', 'TK003',
    () => sign(claimsWith(), secret, { alg: 'HS384' })],
  ['signed with RS256', 'TK003', () => sign(claimsWith(), rsa.privateKey, { alg: 'RS256' })],
  ['that is not signed', 'TK001', () => sign(claimsWith(), null, { alg: 'none' })],
  ['that is not signed, with a signature', 'TK002',
    async () => `${await sign(claimsWith(), null, { alg: 'none' })}AAAA`],
  ['that has expired', 'TK004', () => sign(claimsWith({ exp: now - 1 }), secret)],
  ['that is not yet valid', 'TK005', () => sign(claimsWith({ nbf: now + 300 }), secret)],
  ['from the future', 'TK005', () => sign(claimsWith({ iat: now + 300 }), secret)],
  ['without exp', 'TK006', () => sign(claimsWith({ exp: undefined }), secret)],
  ['without identity', 'TK006', () => sign(claimsWith({ grants: {} }), secret)],
  ['of another tenant', 'TK006', () => sign(claimsWith({ sub: 'other' }), secret)],
  ['that lives too long', 'TK006', () => sign(claimsWith({ exp: now + 90000 }), secret)],
  ['with an audience that nobody asked for', 'TK006', () => sign(claimsWith({ aud: 'web' }), secret)],
  ['of another type', 'TK006', () => sign(claimsWith(), secret, { typ: 'at+jwt' })],
  ['of another content type', 'TK006', () => sign(claimsWith(), secret, { cty: 'other' })],
  ['with a role that the key may not give', 'TK008', () => sign(claimsWith({ role: 'postgres' }), secret)],
  ['with the scope public', 'TK008', () => sign(claimsWith({ scope: 'public' }), secret)],
  ['with a claim of the wrong type', 'TK001', () => sign(claimsWith({ grants: 'user|42' }), secret)],
];

for (const [story, sqlstate, make] of refusals)
  await check(`${library.name}: a token ${story} is refused with ${sqlstate}`, async () =>
    platform.verifyRefused(sqlstate, await make()));

await check(`${library.name}: a disabled key's token is refused with TK009 until it is enabled`, async () => {
  const good = await sign(claimsWith(), secret);
  await platform.administer('access_token.set_api_key_enabled($1, false)', keyId);
  await platform.verifyRefused('TK009', good);
  await platform.administer('access_token.set_api_key_enabled($1, true)', keyId);
  await platform.verify(good);
});

await platform.close();
end();
