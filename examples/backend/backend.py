#!/usr/bin/python3
"""An application backend on access_token: POST /login gives a token, GET /me takes one, and
GET /.well-known/jwks.json shows the keys by which others verify the tokens of the tenant's clients.

It holds no secret. Its database role has the bundles issuer and verifier and nothing else, and every
value goes to the server as a bound parameter. (psycopg 3 binds; psycopg2 pastes values into the text
of the statement, and a statement that fails is logged with its text.)

Environment: libpq's own PG* variables; TENANT_ID and API_KEY_ID (those of setup.sql unless set);
PORT (8080; 0 takes a free one). Listens on the loopback interface: put TLS in front.
"""

import http.server
import json
import os
import queue
import re
import signal
import sys
import threading

import psycopg

TENANT_ID = os.environ.get("TENANT_ID", "example")
API_KEY_ID = os.environ.get("API_KEY_ID", "example-backend")
LIFETIME = 900  # seconds
SCOPE = "profile"
MAX_BODY = 4096  # bytes

ISSUE = "SELECT access_token.issue_access_token(%s, %s, expires_in => %s, scope => %s)"
VERIFY = "SELECT access_token.verify_access_token(%s, tenant_id => %s, scope => %s)"
JWKS = "SELECT access_token.jwks(%s)"
JWKS_MAX_AGE = 300  # seconds: less than the 10 minutes for which a key is published before it signs
MAX_WAIT = 5  # seconds, for a free connection, and for the database's answer

# RFC 6750 section 2.1; the scheme is compared without case (RFC 9110 section 11.1).
BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)

# What the database says of a token -> status and error code of RFC 6750 section 3.1. A class of errors,
# not its reason: the reason goes into the log, and the sender learns only that the token is no good.
# Whatever is not here (TK010, TK011, 42501, ...) is no fault of the token.
REFUSALS = {f"TK00{n}": (401, "invalid_token") for n in (1, 2, 3, 4, 5, 6, 7, 9)}
REFUSALS["TK008"] = (403, "insufficient_scope")


def check_user(name, password):
    """THE APPLICATION'S OWN BUSINESS: who is this? Returns the user's id, or None.

    A pretence, so that the example runs. A real backend looks into its own users, with a slow hash of
    the password, a second factor, a limit on attempts; access_token has no part in it.
    """
    return {("alice", "wonderland"): "user|42"}.get((name, password))


class Unavailable(Exception):
    """The database cannot be asked, or cannot answer, for a reason that is not the request's."""


class Database:
    """A few connections. All statements only read, so a lost connection is simply tried anew."""

    def __init__(self, most=8):
        self._places = queue.LifoQueue()
        for _ in range(most):
            self._places.put(None)

    def value(self, statement, parameters):
        """The one value that the statement returns; psycopg.Error for what the server refuses."""
        try:
            connection = self._places.get(timeout=MAX_WAIT)
        except queue.Empty:
            raise Unavailable("all connections are in use") from None
        try:
            for _ in range(2):
                try:
                    if connection is None or connection.closed:
                        connection = psycopg.connect(
                            autocommit=True,
                            application_name="example-backend",
                            connect_timeout=MAX_WAIT,
                            options=f"-c statement_timeout={MAX_WAIT}s",
                        )
                    return connection.execute(statement, parameters).fetchone()[0]
                except psycopg.OperationalError as error:
                    lost = error
                    if connection is not None and not connection.closed:
                        break
            raise Unavailable(lost.sqlstate or "no connection")
        finally:
            self._places.put(connection)


def issue_token(identity):
    try:
        return database.value(ISSUE, (API_KEY_ID, identity, LIFETIME, SCOPE))
    except psycopg.Error as error:
        raise Unavailable(f"{error.sqlstate} {error.diag.message_primary}") from None


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 30  # seconds without a byte
    server_version = "example"
    sys_version = ""

    def do_POST(self):
        if self.path != "/login":
            return self.answer(404, {"error": "not_found"})
        try:
            request = self.read_json()
            name, password = request["user"], request["password"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return self.answer(400, {"error": "invalid_request"})
        identity = check_user(name, password) if type(name) is type(password) is str else None
        if identity is None:
            return self.answer(403, {"error": "access_denied"})
        try:
            token = issue_token(identity)
        except Unavailable as reason:
            return self.answer_unavailable(reason)
        self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME})

    def do_GET(self):
        answers = {"/me": self.answer_me, "/.well-known/jwks.json": self.answer_jwks}
        return answers.get(self.path, lambda: self.answer(404, {"error": "not_found"}))()

    do_HEAD = do_GET  # RFC 9110 section 9.3.2; answer() leaves the body away

    def answer_jwks(self):
        try:
            keys = database.value(JWKS, (TENANT_ID,))
        except Unavailable as reason:
            return self.answer_unavailable(reason)
        except psycopg.Error as error:
            return self.answer_unavailable(f"{error.sqlstate} {error.diag.message_primary}")
        headers = {"Content-Type": "application/jwk-set+json"}
        if keys["keys"]:  # the first key signs at once
            headers["Cache-Control"] = f"public, max-age={JWKS_MAX_AGE}"
        self.answer(200, keys, headers)

    def answer_me(self):
        headers = self.headers.get_all("Authorization", [])
        if not headers:
            return self.challenge(401, None)  # no error code where there was no token
        match = BEARER.fullmatch(headers[0].strip())
        if len(headers) > 1 or match is None:
            return self.challenge(400, "invalid_request")
        try:
            claims = database.value(VERIFY, (match.group(1), TENANT_ID, SCOPE))
        except Unavailable as reason:
            return self.answer_unavailable(reason)
        except psycopg.Error as error:
            reason = f"{error.sqlstate} {error.diag.message_primary}"
            if error.sqlstate not in REFUSALS:
                return self.answer_unavailable(reason)
            self.log_message("token refused: %s", reason)
            return self.challenge(*REFUSALS[error.sqlstate])
        self.answer(200, {"identity": claims["grants"]["identity"], "expires": claims["exp"]})

    def read_json(self):
        length = int(self.headers.get("Content-Length", "-1"))
        if not 0 <= length <= MAX_BODY or self.headers.get_content_type() != "application/json":
            raise ValueError
        return json.loads(self.rfile.read(length))

    def challenge(self, status, error):
        """RFC 6750 section 3."""
        challenge = 'Bearer realm="example"'
        if error is not None:
            challenge += f', error="{error}"'
        if error == "insufficient_scope":
            challenge += f', scope="{SCOPE}"'
        self.answer(status, {"error": error or "unauthorized"}, {"WWW-Authenticate": challenge})

    def answer_unavailable(self, reason):
        self.log_message("unavailable: %s", reason)
        self.answer(503, {"error": "temporarily_unavailable"})

    def answer(self, status, body, headers=None):
        content = json.dumps(body).encode()
        usual = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in {**usual, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


database = Database()


def main():
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", int(os.environ.get("PORT", "8080"))), Handler
    )
    # shutdown() waits for the loop to end, so it must not run in the thread of the loop.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
