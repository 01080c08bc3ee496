"""The sides of a ratio: something that is done many times in a row and costs so many microseconds."""

import base64
import subprocess

from .session import literal

MEASURE_SECONDS = 0.4
EMPTY = 'empty'


class SqlLoop:
    """An expression evaluated n times in one statement:

        SELECT count(expression) FROM generate_series(1, n) AS i

    It is a prepared statement with a forced generic plan, and its arguments are bound, so that nothing is
    folded into a constant. The time of the empty loop, SELECT count(i), is taken off by what runs the round.
    """

    def __init__(self, expression, *arguments):
        self.expression = expression
        self.arguments = arguments

    def prepare(self, bench, name):
        self.session = bench.session
        self.values = [literal(bench.inputs[argument]) for argument in self.arguments]
        self.statement = 'loop_' + name.replace(' ', '_')
        types = ''.join('text, ' for _ in self.values)
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
        self.mac = base64.urlsafe_b64decode(signature + '=' * (-len(signature) % 4)).hex()
        self.calls = 1000
        self.calls = max(1, round(MEASURE_SECONDS / self.microseconds() * 1e6))

    def microseconds(self):
        output = subprocess.run([self.program, self.digest, str(self.calls)], input=self.lines,
                                stdout=subprocess.PIPE, check=True, text=True).stdout
        nanoseconds, mac = output.split()
        if mac != self.mac:
            raise RuntimeError('the bare loop and the token have different MACs')
        return float(nanoseconds) / 1000


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
