// The SQL functions as pg calls them: every value is sent as text of unknown type, and the server
// resolves which form of issue_access_token is meant.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { FOREIGN_IDENTITY, Platform, check, end } from './support.mjs';

const platform = await Platform.create();
const { keyId } = await platform.createKey();
const userId = randomUUID();

const ISSUE = 'SELECT access_token.issue_access_token($1, $2)';

const identities = {
  'a string': 'user|42',
  'a string of digits': '42',
  'a foreign string': FOREIGN_IDENTITY,
  'a number': 42,
  'a negative number': -1,
  'a BigInt': 2n ** 53n + 1n,
  'a string with a UUID': userId,
};

const query = async (client, config) => (await client.query({ ...config, rowMode: 'array' })).rows[0][0];

for (const [name, identity] of Object.entries(identities))
  await check(`pg: identity is ${name}`, async () => {
    const token = await query(platform.app, { text: ISSUE, values: [keyId, identity] });
    assert.deepEqual((await platform.verify(token)).grants, { identity: String(identity) });
  });

await check('pg: one prepared statement for identities of every kind', async () => {
  for (let round = 0; round < 3; round += 1)
    for (const identity of Object.values(identities)) {
      const token = await query(platform.app, { name: 'issue', text: ISSUE, values: [keyId, identity] });
      const claims = await query(platform.app, {
        name: 'verify', text: 'SELECT access_token.verify_access_token($1, $2)', values: [token, platform.tenant],
      });
      assert.deepEqual(claims.grants, { identity: String(identity) });
    }
});

for (const [type, identity] of [
  ['smallint', -32768], ['integer', 2147483647], ['bigint', 9223372036854775807n], ['uuid', userId],
])
  await check(`pg: identity is cast to ${type}`, async () => {
    const token = await query(platform.app, {
      name: `issue ${type}`,
      text: `SELECT access_token.issue_access_token($1, $2::${type})`,
      values: [keyId, identity],
    });
    assert.deepEqual((await platform.verify(token)).grants, { identity: String(identity) });
  });

await check('pg: a pipeline of many statements, with a refused token among them', async () => {
  const client = await platform.connectBackend({ pipeline: true });
  try {
    const wanted = Array.from({ length: 100 }, (_, i) => `user|${i}`);
    const tokens = await Promise.all(
      wanted.map((identity) => query(client, { text: ISSUE, values: [keyId, identity] })),
    );
    const verdicts = await Promise.allSettled(
      [...tokens, 'nonsense', tokens[0]].map((token) =>
        query(client, { text: 'SELECT access_token.verify_access_token($1)', values: [token] }),
      ),
    );
    assert.equal(verdicts[100].reason?.code, 'TK001');
    const found = verdicts.filter((_, i) => i !== 100).map(({ value }) => value?.grants.identity);
    assert.deepEqual(found, [...wanted, wanted[0]]);
  } finally {
    await client.end();
  }
});

await check('pg: every argument by name, with an array and an object', async () => {
  const token = await query(platform.app, {
    text: `SELECT access_token.issue_access_token(api_key_id => $1, identity => $2, expires_in => $3,
             scope => $4, audience => $5, claims => $6)`,
    values: [keyId, userId, 60, 'read', ['web', 'mobile'], { plan: 'pro' }],
  });
  const claims = await platform.verify(token, { audience: 'web', scope: 'read' });
  const { iat, jti } = claims;
  assert.deepEqual(claims, {
    iss: keyId, sub: platform.tenant, iat, exp: iat + 60, jti, grants: { identity: userId },
    scope: 'read', aud: ['web', 'mobile'], plan: 'pro',
  });
});

await check('pg: null for every optional argument', async () => {
  const token = await platform.issue(keyId, 42);
  const claims = await platform.one(
    'SELECT access_token.verify_access_token($1, $2, $3, $4)', token, null, null, null,
  );
  assert.deepEqual(Object.keys(claims).sort(), ['exp', 'grants', 'iat', 'iss', 'jti', 'sub']);
});

await check('pg: error.code names what is wrong', async () => {
  const verify = 'SELECT access_token.verify_access_token($1)';
  await platform.refused('TK001', verify, 'nonsense');
  await platform.refused('TK001', verify, null);
  await platform.refused('42704', ISSUE, 'nobody', 42);
  await platform.refused('22004', ISSUE, keyId, null);
  await platform.refused('22023', ISSUE, keyId, '');
  await platform.refused('22023', `${ISSUE.slice(0, -1)}, claims => $3)`, keyId, 42, { iss: 'me' });
  await platform.refused('42501', 'SELECT access_token.create_tenant($1)', 'mine');
});

await platform.close();
end();
