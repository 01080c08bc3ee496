"""What the Python clients share: lines of TAP, and a platform of their own in the database."""

import contextlib
import secrets
import sys
import traceback

# What everybody may find in a token of an API key, beside what the key itself says.
CONTENT_TYPE = 'parra-fpa;v=1'

# A text that no encoding but UTF-8 holds, with characters that JSON must escape.
FOREIGN_IDENTITY = 'ユーザー|Zoë "Ünïcödé" \\ 🙂'

# A secret may have every printable character of ASCII, blanks at both ends included.
PUNCTUATED_SECRET = ' ' + ''.join(map(chr, range(0x20, 0x7F))) + ' '


class Tap:
    """Counts checks; each one that raises is a line `not ok` with the reason below it."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    @contextlib.contextmanager
    def check(self, name):
        self.count += 1
        try:
            yield
        except Exception:
            self.failed += 1
            print(f'not ok {self.count} - {name}')
            for line in traceback.format_exc().rstrip().split('\n'):
                print(f'# {line}')
        else:
            print(f'ok {self.count} - {name}')

    def skip(self, name, reason):
        self.count += 1
        print(f'ok {self.count} - {name} # SKIP {reason}')

    def end(self):
        """Prints the plan and ends the program; without it the caller knows that the program broke."""
        print(f'1..{self.count}')
        sys.exit(1 if self.failed else 0)


def equal(got, want):
    if got != want:
        raise AssertionError(f'got {got!r}, not {want!r}')


def raises(expected, call):
    """The call must raise exactly this class of exception, not one derived from it."""
    try:
        result = call()
    except Exception as error:
        if type(error) is not expected:
            raise
    else:
        raise AssertionError(f'got {result!r}, not {expected.__name__}')


class Platform:
    """A tenant, and a role for its backend that has these bundles and nothing else: issue and verify.

    The administrator's connection is the one that PGHOST and the like describe. driver is a module
    of DB-API 2.0.
    """

    def __init__(self, driver, bundles=('issuer', 'verifier')):
        self.driver = driver
        self.bundles = bundles
        self.admin = self._connect()
        self.tenant = f'clients-{secrets.token_hex(8)}'
        self.tenants = [self.tenant]
        self.role = f'access_token_clients_{secrets.token_hex(8)}'
        self._set_up()
        self.app = self._connect()
        self.run(f'SET ROLE {self.role}')

    def _connect(self):
        connection = self.driver.connect('application_name=access_token_clients')
        connection.autocommit = True
        return connection

    def _set_up(self):
        self.admin_run('SET client_min_messages = warning')
        self.admin_run('CREATE EXTENSION IF NOT EXISTS access_token')
        self.admin_run(f'CREATE ROLE {self.role}')
        for bundle in self.bundles:
            self.admin_one('SELECT access_token.grant_access(%s::regrole, %s)', self.role, bundle)
        self.admin_one('SELECT access_token.create_tenant(%s, tenant_id => %s)', 'Clients', self.tenant)

    def close(self):
        self.app.close()
        for tenant in self.tenants:
            self.admin_one('SELECT count(access_token.delete_api_key(api_key_id))'
                           ' FROM access_token.api_keys WHERE tenant_id = %s', tenant)
            self.admin_one('SELECT count(access_token.delete_client(client_id))'
                           ' FROM access_token.clients WHERE tenant_id = %s', tenant)
            # A current signing key is never without a successor, so the owner of the table ends them.
            self.admin.cursor().execute('DELETE FROM access_token.signing_key WHERE tenant_id = %s', (tenant,))
            self.admin_one('SELECT access_token.delete_tenant(%s)', tenant)
        for bundle in self.bundles:
            self.admin_one('SELECT access_token.revoke_access(%s::regrole, %s)', self.role, bundle)
        self.admin_run(f'DROP ROLE {self.role}')
        self.admin.close()

    def create_tenant(self, suffix):
        """One more, with an issuer; ended with the others."""
        tenant = f'{self.tenant}-{suffix}'
        self.admin_one('SELECT access_token.create_tenant(%s, %s, %s)', 'Clients', tenant,
                       f'https://{tenant.lower()}.example')
        self.tenants.append(tenant)
        return tenant

    def admin_run(self, sql):
        self.admin.cursor().execute(sql)

    def admin_one(self, sql, *values):
        return self._row(self.admin, sql, values)[0]

    def admin_row(self, sql, *values):
        return self._row(self.admin, sql, values)

    def run(self, sql):
        self.app.cursor().execute(sql)

    def one(self, sql, *values):
        return self._row(self.app, sql, values)[0]

    def row(self, sql, *values):
        return self._row(self.app, sql, values)

    @staticmethod
    def _row(connection, sql, values):
        cursor = connection.cursor()
        cursor.execute(sql, values)
        return cursor.fetchone()

    def create_key(self, algorithm='HS256', imported_secret=None):
        """Returns the key's id and its secret."""
        return self.admin_row(
            'SELECT * FROM access_token.create_api_key(%s, %s, algorithm => %s, imported_secret => %s)',
            self.tenant, 'clients', algorithm, imported_secret)

    def verify(self, token, audience=None, scope=None):
        return self.one('SELECT access_token.verify_access_token(%s, %s, %s, %s)',
                        token, self.tenant, audience, scope)

    def inspect(self, token, audience=None):
        """Returns header and claims as the database shows them."""
        valid, reason, header, claims = self.row(
            'SELECT * FROM access_token.inspect_access_token(%s, %s, %s)', token, self.tenant, audience)
        equal((valid, reason), (True, None))
        return header, claims

    def refused(self, sqlstate, sql, *values):
        """The statement must fail with this SQLSTATE, as the driver shows it."""
        try:
            got = self.one(sql, *values)
        except self.driver.Error as error:
            equal(error.sqlstate if hasattr(error, 'sqlstate') else error.pgcode, sqlstate)
        else:
            raise AssertionError(f'got {got!r}, not {sqlstate}')

    def verify_refused(self, sqlstate, token, audience=None):
        self.refused(sqlstate, 'SELECT access_token.verify_access_token(%s, %s, %s)',
                     token, self.tenant, audience)
