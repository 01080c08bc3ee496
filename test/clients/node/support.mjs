// What the Node clients share: lines of TAP, and a platform of their own in the database.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';

export const CONTENT_TYPE = 'parra-fpa;v=1';

// A text that no encoding but UTF-8 holds, with characters that JSON must escape.
export const FOREIGN_IDENTITY = 'ユーザー|Zoë "Ünïcödé" \\ 🙂';

// A secret may have every printable character of ASCII, blanks at both ends included.
export const PUNCTUATED_SECRET =
  ' ' + String.fromCharCode(...Array.from({ length: 0x7f - 0x20 }, (_, i) => 0x20 + i)) + ' ';

let count = 0;

// Runs one check; when it throws, its line is `not ok`, with the reason below.
export async function check(name, body) {
  count += 1;
  try {
    await body();
    console.log(`ok ${count} - ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`not ok ${count} - ${name}`);
    console.log(String(error.stack).replace(/^/gm, '# '));
  }
}

export function skip(name, reason) {
  count += 1;
  console.log(`ok ${count} - ${name} # SKIP ${reason}`);
}

// Prints the plan; without it the caller knows that the program broke.
export function end() {
  console.log(`1..${count}`);
}

export const secondsNow = () => Math.floor(Date.now() / 1000);

// What Parra documents and nothing else; a change to undefined leaves a claim out.
export function minimalClaims(platform, keyId, changes = {}) {
  const claims = {
    iss: keyId,
    sub: platform.tenant,
    exp: secondsNow() + 600,
    grants: { identity: 'user|42' },
    ...changes,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

// The same token with another user's id in it, and the signature it had.
export function withOtherIdentity(token) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  claims.grants.identity = 'admin';
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

// A tenant, and a role for its backend that has these bundles and nothing else. The administrator's
// connection is the one that PGHOST and the like describe.
export class Platform {
  static async create(bundles = ['issuer', 'verifier']) {
    const platform = new Platform();
    platform.bundles = bundles;
    platform.tenant = `clients-${randomBytes(8).toString('hex')}`;
    platform.role = `access_token_clients_${randomBytes(8).toString('hex')}`;
    platform.admin = await connect();
    await platform.admin.query('SET client_min_messages = warning');
    await platform.admin.query('CREATE EXTENSION IF NOT EXISTS access_token');
    await platform.admin.query(`CREATE ROLE ${platform.role}`);
    for (const bundle of bundles)
      await platform.administer('access_token.grant_access($1::regrole, $2)', platform.role, bundle);
    await platform.administer('access_token.create_tenant($1, $2)', 'Clients', platform.tenant);
    platform.tenants = [platform.tenant];
    platform.app = await platform.connectBackend();
    return platform;
  }

  async connectBackend(options) {
    const client = await connect(options);
    await client.query(`SET ROLE ${this.role}`);
    return client;
  }

  async close() {
    await this.app.end();
    for (const tenant of this.tenants) {
      await this.admin.query(
        'SELECT access_token.delete_api_key(api_key_id) FROM access_token.api_keys WHERE tenant_id = $1',
        [tenant],
      );
      await this.admin.query(
        'SELECT access_token.delete_client(client_id) FROM access_token.clients WHERE tenant_id = $1',
        [tenant],
      );
      // A current signing key is never without a successor, so the owner of the table ends them.
      await this.admin.query('DELETE FROM access_token.signing_key WHERE tenant_id = $1', [tenant]);
      await this.administer('access_token.delete_tenant($1)', tenant);
    }
    for (const bundle of this.bundles)
      await this.administer('access_token.revoke_access($1::regrole, $2)', this.role, bundle);
    await this.admin.query(`DROP ROLE ${this.role}`);
    await this.admin.end();
  }

  // One more, with an issuer; ended with the others.
  async createTenant(suffix) {
    const tenant = `${this.tenant}-${suffix}`;
    await this.administer('access_token.create_tenant($1, $2, $3)', 'Clients', tenant,
      `https://${tenant.toLowerCase()}.example`);
    this.tenants.push(tenant);
    return tenant;
  }

  administer(call, ...values) {
    return one(this.admin, `SELECT ${call}`, values);
  }

  one(sql, ...values) {
    return one(this.app, sql, values);
  }

  async createKey({ algorithm = 'HS256', importedSecret = null } = {}) {
    const { rows } = await this.admin.query(
      'SELECT * FROM access_token.create_api_key($1, $2, algorithm => $3, imported_secret => $4)',
      [this.tenant, 'clients', algorithm, importedSecret],
    );
    return { keyId: rows[0].api_key_id, secret: rows[0].secret };
  }

  issue(keyId, identity, { expiresIn = null, scope = null, audience = null, claims = null } = {}) {
    return this.one(
      'SELECT access_token.issue_access_token($1, $2, $3, $4, $5, $6)',
      keyId, identity, expiresIn, scope, audience, claims,
    );
  }

  verify(token, { audience = null, scope = null } = {}) {
    return this.one(
      'SELECT access_token.verify_access_token($1, $2, $3, $4)', token, this.tenant, audience, scope,
    );
  }

  // Header and claims as the database shows them.
  async inspect(token, audience = null) {
    const { rows } = await this.app.query(
      'SELECT * FROM access_token.inspect_access_token($1, $2, $3)', [token, this.tenant, audience],
    );
    const [{ valid, reason, header, claims }] = rows;
    assert.deepEqual({ valid, reason }, { valid: true, reason: null });
    return { header, claims };
  }

  // The statement must fail with this SQLSTATE, as the driver shows it.
  async refused(sqlstate, sql, ...values) {
    await assert.rejects(this.app.query(sql, values), (error) => {
      assert.equal(error.code, sqlstate, error.message);
      return true;
    });
  }

  verifyRefused(sqlstate, token, audience = null) {
    return this.refused(
      sqlstate, 'SELECT access_token.verify_access_token($1, $2, $3)', token, this.tenant, audience,
    );
  }
}

async function connect(options = {}) {
  const client = new pg.Client({ application_name: 'access_token clients', ...options });
  await client.connect();
  return client;
}

async function one(client, sql, values) {
  const { rows } = await client.query({ text: sql, values, rowMode: 'array' });
  return rows[0][0];
}
