"""One server backend, driven through psql's standard input, so that Debian's base packages suffice."""

import subprocess


class SqlError(Exception):
    """psql stopped; the text is what it said."""


class Session:
    """A psql that stays connected. Where it connects to comes from PGHOST, PGUSER and PGDATABASE."""

    END = 'bench:end-of-answer'

    def __init__(self, database=None):
        self.psql = subprocess.Popen(
            ['psql', *([] if database is None else [f'--dbname={database}']), '--no-psqlrc', '--quiet', '--no-align', '--tuples-only',
             '--field-separator=\x1f', '--set=ON_ERROR_STOP=1'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding='utf-8')

    def rows(self, sql):
        """Runs SQL (and psql commands) and returns the rows as lists of strings, NULL as an empty one."""
        end = '' if sql.rstrip().endswith((';', '\\.')) else ';'
        try:
            self.psql.stdin.write(f'{sql}{end}\n\\echo {self.END}\n')
            self.psql.stdin.flush()
        except BrokenPipeError:
            pass
        lines = []
        for line in self.psql.stdout:
            line = line.rstrip('\n')
            if line == self.END:
                return [row.split('\x1f') for row in lines]
            lines.append(line)
        raise SqlError('\n'.join(lines))

    def run(self, sql):
        self.rows(sql)

    def value(self, sql):
        """The single value of a query."""
        (row,) = self.rows(sql)
        (value,) = row
        return value

    def run_file(self, path):
        self.run(path.read_text(encoding='utf-8'))

    def close(self):
        self.psql.stdin.close()
        self.psql.wait()
        self.psql.stdout.close()


def literal(value):
    """A value as an SQL literal."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("'", "''") + "'"
