// Tokens of clients at resource servers that know nothing but a tenant's issuer and its published keys:
// client_tokens_test.mjs jose|oauth4webapi|jsonwebtoken|fast-jwt
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { resourceServers } from './resource_servers.mjs';
import { FOREIGN_IDENTITY, Platform, check, end, secondsNow } from './support.mjs';

const AUDIENCE = 'https://api.example.com';

const name = process.argv[2];
const library = resourceServers[name];
const platform = await Platform.create();

// /<tenant> is that tenant's key set, as the database has it now.
let fetched = 0;
const server = createServer(async (request, response) => {
  fetched += 1;
  const keys = await platform.one('SELECT access_token.jwks($1)', request.url.slice(1));
  response.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify(keys));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const urlOf = (tenant) => new URL(`http://127.0.0.1:${server.address().port}/${tenant}`);
const issuerOf = (tenant) => `https://${tenant.toLowerCase()}.example`;

const createClient = (tenant, alg, audience = [AUDIENCE], settings = {}) =>
  platform.admin
    .query('SELECT client_id FROM access_token.create_client($1, $2, $3, $4::jsonb)',
      [tenant, 'Client', audience, { algorithm: alg, ...settings }])
    .then(({ rows }) => rows[0].client_id);

const issue = async (tenant, client, options = {}) => {
  const names = Object.keys(options);
  const { rows } = await platform.app.query(
    `SELECT * FROM access_token.issue_client_token($1, $2${names.map((n, i) => `, ${n} => $${i + 3}`).join('')})`,
    [tenant, client, ...names.map((n) => options[n])],
  );
  return rows[0];
};
const tokenOf = async (...args) => (await issue(...args)).access_token;

const inspect = async (tenant, token, audience = AUDIENCE) => {
  const { rows } = await platform.app.query(
    'SELECT * FROM access_token.inspect_access_token($1, $2, $3)', [token, tenant, audience]);
  assert.deepEqual({ valid: rows[0].valid, reason: rows[0].reason }, { valid: true, reason: null });
  return rows[0];
};

const refuses = (verify, token, audience = AUDIENCE) =>
  assert.rejects(async () => verify(await token, audience), (error) => {
    assert.notEqual(error.code, 'ERR_ASSERTION');
    return true;
  });

const other = await platform.createTenant('other');
const otherClient = await createClient(other, 'ES256');

// The same token with another client's id in it, and the signature it had.
function altered(token) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  claims.client_id = claims.sub = otherClient;
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

const stories = {
  'reads what the database reads': async ({ tenant, client, verify }) => {
    const { access_token: token, expires_at: expiresAt, type } = await issue(tenant, client, {
      scope: 'read write', claims: { plan: FOREIGN_IDENTITY },
    });
    const claims = await verify(token, AUDIENCE);
    assert.deepEqual({ ...claims }, (await inspect(tenant, token)).claims);
    const { iat, exp, jti } = claims;
    assert.deepEqual({ ...claims }, {
      iss: issuerOf(tenant), sub: client, client_id: client, iat, exp, jti, aud: AUDIENCE,
      scope: 'read write', plan: FOREIGN_IDENTITY,
    });
    assert.equal(type, 'Bearer');
    assert.equal(expiresAt.getTime(), exp * 1000);
    assert.equal(exp - iat, 3600);
  },

  'takes the audience as a string and as an array': async ({ tenant, alg, verify }) => {
    const two = await createClient(tenant, alg, [AUDIENCE, 'https://b.example']);
    const one = await createClient(tenant, alg);
    assert.deepEqual((await verify(await tokenOf(tenant, one, { audience_as_array: true }), AUDIENCE)).aud, [AUDIENCE]);
    for (const audience of [AUDIENCE, 'https://b.example'])
      assert.deepEqual((await verify(await tokenOf(tenant, two), audience)).aud, [AUDIENCE, 'https://b.example']);
    await refuses(verify, tokenOf(tenant, two), 'https://c.example');
    await refuses(verify, tokenOf(tenant, one), 'https://api.example.co');
  },

  'has the next key before its first token': async ({ tenant, alg, client, verify }) => {
    const before = await tokenOf(tenant, client);
    await verify(before, AUDIENCE);
    await platform.administer('access_token.rotate_signing_key($1, $2, true)', tenant, alg);
    const asked = fetched;
    const after = await tokenOf(tenant, client);
    await verify(after, AUDIENCE);
    await verify(before, AUDIENCE);
    // jwks-rsa keeps single keys, not the set.
    if (name !== 'jsonwebtoken') assert.equal(fetched, asked, 'the key set was fetched again');
    const kids = [before, after].map((token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid);
    assert.notEqual(kids[0], kids[1]);
  },

  'refuses what is not for it': async ({ tenant, alg, client, verify }) => {
    const token = await tokenOf(tenant, client);
    await refuses(verify, altered(token));
    await refuses(verify, token, 'https://other.example.com');
    await refuses(verify, tokenOf(other, otherClient));
    await refuses(verify, tokenOf(tenant, client, { use_jwt_type: true }));
    await refuses(verify, platform.administer('access_token.sign_token($1, $2::jsonb, $3, $4::jsonb)', tenant,
      { sub: client, client_id: client, aud: AUDIENCE }, alg, { typ: 'invitation+jwt' }));
    await refuses(library.open('https://other.example', urlOf(tenant)), token);
    await refuses(library.open(issuerOf(tenant), urlOf(other)), token);
  },
};

for (const alg of library.algorithms) {
  const tenant = await platform.createTenant(alg);
  const client = await createClient(tenant, alg);
  const verify = library.open(issuerOf(tenant), urlOf(tenant));
  for (const [story, run] of Object.entries(stories))
    await check(`${name} ${alg}: ${story}`, () => run({ tenant, alg, client, verify }));
}

const tenant = await platform.createTenant('one');
const client = await createClient(tenant, 'RS256');
const verify = library.open(issuerOf(tenant), urlOf(tenant));

await check(`${name} and the database refuse a token once it has expired`, async () => {
  const token = await tokenOf(tenant, client, { expires_in: 1 });
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  while (secondsNow() <= exp) await sleep(100);
  await refuses(verify, token);
  await platform.refused('TK004', 'SELECT access_token.verify_access_token($1, $2, $3)', token, tenant, AUDIENCE);
});

await check(`${name} refuses a client's token without aud, which the database takes`, async () => {
  const token = await tokenOf(tenant, await createClient(tenant, 'RS256', []));
  await refuses(verify, token);
  await inspect(tenant, token, null);
});

await check(`${name} refuses an API key's token of the same tenant`, async () => {
  const { rows } = await platform.admin.query('SELECT api_key_id FROM access_token.create_api_key($1, $2)', [tenant, 'key']);
  await refuses(verify, platform.issue(rows[0].api_key_id, 'user|42', { audience: [AUDIENCE] }));
});

await check(`${name}: a disabled client gets no token, and the database refuses the ones it has`, async () => {
  const token = await tokenOf(tenant, client);
  await platform.administer('access_token.set_client_enabled($1, false)', client);
  await platform.refused('TK009', 'SELECT access_token.issue_client_token($1, $2)', tenant, client);
  await platform.refused('TK009', 'SELECT access_token.verify_access_token($1, $2, $3)', token, tenant, AUDIENCE);
  await verify(token, AUDIENCE); // a library alone cannot know
});

server.close();
server.closeAllConnections();
await platform.close();
end();
