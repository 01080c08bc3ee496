// jose and the toolbox encrypt for one another: every algorithm, curve and content encryption.
import assert from 'node:assert/strict';
import * as jose from 'jose';

import { FOREIGN_IDENTITY, Platform, check, end } from './support.mjs';

const ENCRYPTIONS = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'];
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519'];
const WRAPPING = ['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'];
const RSA = ['RSA-OAEP', 'RSA-OAEP-256'];
const AGREEMENT = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];
// jose makes these; the toolbox takes none of them.
const REFUSED = ['RSA-OAEP-384', 'RSA-OAEP-512', 'PBES2-HS256+A128KW'];
const PLAIN = Buffer.from(`${FOREIGN_IDENTITY}\u0000\u0001 and so on`.repeat(3));

const platform = await Platform.create(['toolbox']);
const here = (call, ...values) => platform.one(`SELECT access_token.${call}`, ...values);
const decrypt = 'jwe_decrypt($1, $2::text, $3, $4)';

async function encryptThere(plain, jwk, alg, enc) {
  return new jose.CompactEncrypt(plain).setProtectedHeader({ alg, enc }).encrypt(await jose.importJWK(jwk, alg));
}

async function decryptThere(token, jwk, alg, enc) {
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] };
  const { plaintext } = await jose.compactDecrypt(token, await jose.importJWK(jwk, alg === 'dir' ? enc : alg), options);
  return Buffer.from(plaintext);
}

function altered(token) {
  const segments = token.split('.');
  const cipher = Buffer.from(segments[3], 'base64url');
  cipher[0] ^= 1;
  segments[3] = cipher.toString('base64url');
  return segments.join('.');
}

async function bothWays(jwk, alg, enc) {
  const key = jwk.kty === 'oct' ? jwk : await here('jwk_public($1::text)', jwk);
  const ours = await here('jwe_encrypt($1::bytea, $2::text, $3, $4)', PLAIN, key, alg, enc);
  assert.deepEqual(await decryptThere(ours, jwk, alg, enc), PLAIN);
  const theirs = await encryptThere(PLAIN, key, alg, enc);
  assert.deepEqual(await here(decrypt, theirs, jwk, [alg], [enc]), PLAIN);
  await platform.refused('TK003', `SELECT access_token.${decrypt}`, altered(theirs), jwk, [alg], [enc]);
  await assert.rejects(decryptThere(altered(ours), jwk, alg, enc));
  const empty = await encryptThere(new Uint8Array(0), key, alg, enc);
  assert.deepEqual(await here(decrypt, empty, jwk, [alg], [enc]), Buffer.alloc(0));
}

const pairOf = async (alg, crv) =>
  jose.exportJWK((await jose.generateKeyPair(alg, { crv, extractable: true })).privateKey);

for (const enc of ENCRYPTIONS)
  await check(`jose dir ${enc}, both ways`, async () => bothWays(await here('jwk_generate($1)', enc), 'dir', enc));

for (const alg of [...WRAPPING, ...RSA]) {
  const jwk = await here('jwk_generate($1)', alg);
  for (const enc of ENCRYPTIONS) await check(`jose ${alg} ${enc}, both ways`, () => bothWays(jwk, alg, enc));
}

for (const alg of AGREEMENT) {
  const made = await here('jwk_generate($1)', alg);
  await check(`jose ${alg} with a key of jwk_generate, both ways`, () => bothWays(made, alg, 'A256GCM'));
  for (const crv of CURVES) {
    const jwk = await pairOf(alg, crv);
    for (const enc of ENCRYPTIONS)
      await check(`jose ${alg} ${crv} ${enc}, both ways`, () => bothWays(jwk, alg, enc));
  }
}

await check('jose: apu and apv enter the key agreement, both ways', async () => {
  const jwk = await pairOf('ECDH-ES', 'P-256');
  const header = { apu: 'QWxpY2U', apv: 'Qm9i' };
  const ours = await here('jwe_encrypt($1::bytea, $2::text, $3, $4, $5::jsonb)',
    PLAIN, await here('jwk_public($1::text)', jwk), 'ECDH-ES', 'A128GCM', header);
  assert.deepEqual(await decryptThere(ours, jwk, 'ECDH-ES', 'A128GCM'), PLAIN);
  const theirs = await new jose.CompactEncrypt(PLAIN).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM' })
    .setKeyManagementParameters({ apu: Buffer.from('Alice'), apv: Buffer.from('Bob') })
    .encrypt(await jose.importJWK(await here('jwk_public($1::text)', jwk), 'ECDH-ES'));
  assert.deepEqual(await here(decrypt, theirs, jwk, ['ECDH-ES'], ['A128GCM']), PLAIN);
});

for (const alg of REFUSED) {
  const password = Buffer.from('a password of some length');
  await check(`jose makes ${alg}; the toolbox refuses it with TK002`, async () => {
    const pbes2 = alg.startsWith('PBES2');
    const jwk = pbes2 ? { kty: 'oct', k: password.toString('base64url') } : await pairOf(alg);
    const { kty, k, n, e } = jwk;
    const token = await encryptThere(PLAIN, pbes2 ? { kty, k } : { kty, n, e }, alg, 'A256GCM');
    await platform.refused('TK002', `SELECT access_token.${decrypt}`, token, jwk, ['A128KW'], ['A256GCM']);
    await platform.refused('22023', `SELECT access_token.${decrypt}`, token, jwk, [alg], ['A256GCM']);
  });
}

await platform.close();
end();
