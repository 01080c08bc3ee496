"""Compact tokens made outside the server, with the standard library alone."""

import base64
import hashlib
import hmac
import json


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def from_b64url(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def compact(value):
    """JSON without white space, as bytes; bytes stay what they are."""
    return value if isinstance(value, bytes) else json.dumps(value, separators=(',', ':')).encode()


def sign(header, payload, secret):
    """A token whose HS256 signature is right, whatever its header and payload are."""
    signing_input = f'{b64url(compact(header))}.{b64url(compact(payload))}'
    mac = hmac.new(secret.encode(), signing_input.encode(), hashlib.sha256).digest()
    return f'{signing_input}.{b64url(mac)}'
