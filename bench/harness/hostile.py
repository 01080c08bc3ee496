"""Tokens made to be refused as slowly as possible, each as large as a limit allows.

Most carry a right signature, so that nothing but the named defect or the expired exp can end the work early.
"""

import functools
import itertools
import random

from .tokens import b64url, compact, from_b64url, sign

ALPHABET = b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'


def hostile_tokens(token, secret, limit):
    """Yields (name, token) made after a good token, at most limit characters long where size is not the defect."""
    header_segment, payload_segment, _ = token.split('.')
    header = from_b64url(header_segment)
    claims = from_b64url(payload_segment)
    without_kid = compact({'alg': 'HS256', 'typ': 'JWT', 'cty': 'parra-fpa;v=1'})
    expired = claims[:-1].replace(b'"exp":', b'"exp":1,"was":')
    room = (limit - len(header_segment) - 45) // 4 * 3 - len(expired) - 16

    for name, filler in fillers(room):
        yield name, sign(header, expired + b',"x":' + filler + b'}', secret)
    for name, members in colliding_members(room):
        yield name, sign(header, expired + b',' + members + b'}', secret)
        yield name + ', no kid', sign(without_kid, b'{' + members + b',' + expired[1:] + b'}', secret)
    yield 'wrong signature', sign(header, expired + b',"x":' + string_of(b'a', room) + b'}', secret + 'x')
    yield from broken_headers(header, claims, secret)
    yield from beyond_any_limit(header, claims, secret)


def string_of(unit, room, last=b''):
    return b'"' + unit * ((room - 2 - len(last)) // len(unit)) + last + b'"'


def list_of(element, room):
    return b'[' + b','.join([element] * ((room - 1) // (len(element) + 1))) + b']'


def object_of(names, value=b'0'):
    return b'{' + b','.join(b'"' + name + b'":' + value for name in names) + b'}'


def short_names(count):
    names = (bytes(letters) for letters in itertools.product(ALPHABET, repeat=2))
    return list(itertools.islice(names, count))


def fillers(room):
    """Values that fill the payload, each slow for another part of a reader."""
    yield 'ASCII string', string_of(b'a', room)
    yield 'string of \\n', string_of(b'\\n', room)
    yield 'string of \\u escapes', string_of(b'\\u00e9', room)
    yield 'string of surrogate pairs', string_of(b'\\ud83d\\ude00', room)
    yield 'string of raw UTF-8', string_of('\u20ac'.encode(), room)
    yield 'invalid UTF-8 at the end', string_of(b'a', room, b'\xff')
    yield 'lone surrogate at the end', string_of(b'a', room, b'\\ud800')
    yield 'white space', b' ' * (room - 1) + b'0'
    yield 'list of 0', list_of(b'0', room)
    yield 'list of numbers of 120 digits', list_of(b'9' * 120, room)
    yield 'list of 1e-300', list_of(b'1e-300', room)
    yield 'list of 1e308', list_of(b'1e308', room)
    yield 'list of empty strings', list_of(b'""', room)
    yield 'list of {}', list_of(b'{}', room)
    yield 'list of []', list_of(b'[]', room)
    yield 'list of {"a":0}', list_of(b'{"a":0}', room)
    yield 'list of objects of 30 members', list_of(object_of(short_names(30)), room)
    yield 'list of nests 30 deep', list_of(b'[' * 25 + b']' * 25, room)
    wide = object_of(short_names(1000))
    if len(wide) < room:
        yield 'list of objects of 1,000 members', list_of(wide, room)
    many = [b'%07d' % number for number in range((room - 2) // 12)]
    yield 'many members in one object', object_of(many)
    yield 'many members, one name twice', object_of([*many[1:-1], many[0], many[0]])
    yield 'nest of 100,000 lists', b'[' * min(100000, room // 2) + b']' * min(100000, room // 2)
    yield 'number of 200,000 digits', b'9' * min(200000, room)


def colliding_members(room):
    """Objects whose names all have one FNV-1a hash, with and without an escape, which makes comparing slow."""
    for name, prefix, written in (('names of one hash', b'', b''),
                                  ('names of one hash, escaped', b'a' * 20, b'\\u0061' + b'a' * 19)):
        names = [written + tail for tail in colliding_names(prefix)]
        per_object = max(2, min(1000, room // (len(names[0]) + 5)))
        one = object_of(names[:per_object])
        yield name, b'"x":' + list_of(one, max(len(one) + 2, room))


@functools.cache
def colliding_names(prefix):
    """1,024 names that have, after the prefix, one 32-bit FNV-1a hash.

    Ten times two blocks are searched that lead from one state to the same next one; every choice of one
    block out of each pair is a name.
    """
    state = fnv1a(prefix, 2166136261)
    pairs = []
    dice = random.Random(1)
    for _ in range(10):
        seen = {}
        while True:
            block = bytes(dice.choices(ALPHABET, k=5))
            next_state = fnv1a(block, state)
            if seen.get(next_state, block) != block:
                pairs.append((seen[next_state], block))
                state = next_state
                break
            seen[next_state] = block
    return [b''.join(blocks) for blocks in itertools.product(*pairs)]


def fnv1a(data, state):
    for byte in data:
        state = ((state ^ byte) * 16777619) & 0xffffffff
    return state


def broken_headers(header, claims, secret):
    """Headers at and above the size that a reader takes."""
    yield 'header of 700 members', sign(object_of(short_names(700)), claims, secret)
    yield 'kid of 64 kB', sign({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k' * 65536}, claims, secret)
    yield 'kid of 6,000 characters', sign({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k' * 6000}, claims, secret)
    yield 'header nested 100,000 deep', sign(b'{"alg":"HS256","x":' + b'[' * 100000 + b']' * 100000 + b'}',
                                             claims, secret)
    collisions = [b'a' * 20 + tail for tail in colliding_names(b'a' * 20)]
    yield 'header of names of one hash', sign(
        object_of([b'\\u0061' + name[1:] for name in collisions[:85]]), claims, secret)
    yield 'header without a right JSON', f'{b64url(header[:-1])}.{b64url(claims)}.{"A" * 43}'


def beyond_any_limit(header, claims, secret):
    """Sizes that are the defect."""
    yield '16 MB of A', 'A' * 16 * 1024 * 1024
    yield '16 MB of A in three segments', '.'.join(['A' * (16 * 1024 * 1024 // 3)] * 3)
    yield '1,000,000 dots', '.' * 1000000
    yield 'payload of 1 MB', sign(header, claims[:-1] + b',"x":' + string_of(b'a', 1024 * 1024) + b'}', secret)
    yield 'payload of 100 MB', sign(header, claims[:-1] + b',"x":' + string_of(b'a', 100 * 1024 * 1024) + b'}',
                                    secret)
