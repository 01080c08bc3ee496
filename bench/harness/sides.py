"""The sides of a ratio: something that is done many times in a row and costs so many microseconds."""

import subprocess

from .session import literal
from .tokens import from_b64url

MEASURE_SECONDS = 0.4
EMPTY = 'empty'


class SqlLoop:
    """An expression evaluated n times in one statement:

        SELECT count(expression) FROM generate_series(1, n) AS i

    It is a prepared statement with a forced generic plan, and its arguments are bound, so that nothing is
    folded into a constant. The time of the empty loop, SELECT count(i), is taken off by what runs the round.
    An argument is the name of an input, a text; or a name and another type behind it, as 'payload bytea'.
    """

    def __init__(self, expression, *arguments):
        self.expression = expression
        self.arguments = [argument.split()[0] for argument in arguments]
        self.types = [(argument.split() + ['text'])[1] for argument in arguments]

    def prepare(self, bench, name):
        self.session = bench.session
        self.values = [literal(bench.inputs[argument]) for argument in self.arguments]
        self.statement = 'loop_' + name.replace(' ', '_')
        types = ''.join(f'{name}, ' for name in self.types)
        self.session.run(
            f'PREPARE {self.statement}({types}integer) AS SELECT count({self.expression})'
            f' FROM generate_series(1, ${len(self.values) + 1}) AS i')
        self.calls = 200
        seconds = self.seconds()                        # first calls: caches fill
        while seconds < MEASURE_SECONDS / 4:
            self.calls *= 2
            seconds = self.seconds()
        self.calls = max(1, round(self.calls * MEASURE_SECONDS / seconds))

    def seconds(self):
        arguments = ', '.join([*self.values, str(self.calls)])
        rows = self.session.rows(
            f"SELECT clock_timestamp() AS started \\gset\n"
            f"EXECUTE {self.statement}({arguments});\n"
            f"SELECT extract(epoch FROM clock_timestamp() - :'started');")
        (counted,), (seconds,) = rows
        if int(counted) != self.calls:
            raise RuntimeError(f'{self.expression}: {counted} results of {self.calls}')
        return float(seconds)

    def microseconds(self):
        return self.seconds() / self.calls * 1e6


class BareMac:
    """One HMAC over the token's signing input in a C program: the least that a token can cost."""

    def __init__(self, digest='SHA256'):
        self.digest = digest

    def prepare(self, bench, _name):
        self.program = bench.floor_program
        signing_input, _, signature = bench.inputs['token'].rpartition('.')
        self.lines = f'{bench.inputs["secret"]}\n{signing_input}\n'
        self.mac = from_b64url(signature).hex()
        self.calls = 1000
        self.calls = max(1, round(MEASURE_SECONDS / self.microseconds() * 1e6))

    def microseconds(self):
        output = subprocess.run([self.program, self.digest, str(self.calls)], input=self.lines,
                                stdout=subprocess.PIPE, check=True, text=True).stdout
        nanoseconds, mac = output.split()
        if mac != self.mac:
            raise RuntimeError('the bare loop and the token have different MACs')
        return float(nanoseconds) / 1000


class BareSignature:
    """One signature made or verified in a C program, over the signing input of a token of ours."""

    def __init__(self, operation, algorithm):
        self.operation = operation      # sign, verify
        self.algorithm = algorithm

    def prepare(self, bench, _name):
        self.program = bench.floor_program
        signing_input, _, signature = bench.inputs[f'{self.algorithm}_token'].rpartition('.')
        self.signature = openssl_form(self.algorithm, from_b64url(signature)).hex()
        self.message = signing_input
        self.keys = {'sign': bench.inputs[f'{self.algorithm}_der'], 'verify': bench.inputs[f'{self.algorithm}_public_der']}
        self.calls = 20
        microseconds = self.microseconds()
        self.calls = max(20, round(MEASURE_SECONDS / microseconds * 1e6))

    def microseconds(self):
        nanoseconds, signature = self.run(self.operation, self.signature, self.calls)
        if self.operation == 'sign' and signature != self.signature:
            self.run('verify', signature, 1)        # ECDSA signs with a random number; another one is an error
            if self.algorithm != 'ES256':
                raise RuntimeError('the bare loop and the token have different signatures')
        return float(nanoseconds) / 1000

    def run(self, operation, signature, calls):
        lines = f'{self.keys[operation]}\n{self.message}\n{signature}\n'
        output = subprocess.run([self.program, operation, self.algorithm, str(calls)], input=lines,
                                stdout=subprocess.PIPE, check=True, text=True).stdout
        return output.split()


def openssl_form(algorithm, signature):
    """ECDSA's R and S one after the other, as the DER that OpenSSL takes; others as they are."""
    if algorithm != 'ES256':
        return signature
    numbers = b''
    for half in (signature[:32], signature[32:]):
        number = int.from_bytes(half, 'big')
        digits = number.to_bytes(number.bit_length() // 8 + 1, 'big')
        numbers += b'\x02' + bytes([len(digits)]) + digits
    return b'\x30' + bytes([len(numbers)]) + numbers


class Sum:
    """Sides one after the other; named, because each is also measured by itself."""

    def __init__(self, *names):
        self.names = names


def measure_in_turn(bench, names, rounds):
    """Measures the sides A B C A B C ..., returns a list of rounds, each a dict: name -> microseconds."""
    sides = {EMPTY: SqlLoop('i')}
    for name in names:
        side = bench.sides[name]
        parts = side.names if isinstance(side, Sum) else (name,)
        sides.update((part, bench.sides[part]) for part in parts)
    for name, side in sides.items():
        bench.say(f'  preparing {name}')
        side.prepare(bench, name)
    measured = []
    for number in range(1, rounds + 1):
        bench.say(f'  round {number} of {rounds}')
        measured.append(one_round(bench, names, sides))
    for name, side in sides.items():
        if isinstance(side, SqlLoop):
            bench.session.run(f'DEALLOCATE {side.statement}')
    return measured


def one_round(bench, names, sides):
    taken = {name: side.microseconds() for name, side in sides.items()}
    for name, side in sides.items():
        if isinstance(side, SqlLoop) and name != EMPTY:
            taken[name] -= taken[EMPTY]
    for name in names:
        side = bench.sides[name]
        if isinstance(side, Sum):
            taken[name] = sum(taken[part] for part in side.names)
    return taken
