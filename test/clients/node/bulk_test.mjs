// A thousand tokens made by one statement: all are different, and jose reads each.
import assert from 'node:assert/strict';
import { jwtVerify } from 'jose';

import { Platform, check, end } from './support.mjs';

const COUNT = 1000;

const platform = await Platform.create();
const { keyId, secret } = await platform.createKey();

const { rows } = await platform.app.query(
  `SELECT n, access_token.issue_access_token($1, 'user|' || n) AS token
   FROM generate_series(1, $2::integer) AS n`,
  [keyId, COUNT],
);
const key = new TextEncoder().encode(secret);
const claims = [];

await check(`jose: ${COUNT} tokens of one statement verify, each for its user`, async () => {
  assert.equal(rows.length, COUNT);
  for (const { n, token } of rows) {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'], issuer: keyId, subject: platform.tenant, typ: 'JWT',
    });
    assert.equal(payload.grants.identity, `user|${n}`);
    claims.push(payload);
  }
});

await check(`jose: ${COUNT} tokens of one statement have as many jti`, () => {
  assert.equal(new Set(claims.map(({ jti }) => jti)).size, COUNT);
});

await check(`pg: ${COUNT} tokens in one statement verify to the claims that jose read`, async () => {
  const { rows: verified } = await platform.app.query(
    `SELECT access_token.verify_access_token(token, $2) AS claims
     FROM unnest($1::text[]) WITH ORDINALITY AS t (token, n) ORDER BY n`,
    [rows.map(({ token }) => token), platform.tenant],
  );
  assert.deepEqual(verified.map((row) => row.claims), claims.map((payload) => ({ ...payload })));
});

await platform.close();
end();
