"""A database of its own for the documentation, driven by psql alone."""

import json
import os
import re
import secrets
import subprocess

# How the examples are shown; a reader's psql differs in nothing that counts.
DISPLAY = r"""
\pset footer off
\pset null NULL
\set VERBOSITY verbose
\set SHOW_CONTEXT never
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET IntervalStyle = 'postgres';
SET lc_messages = 'C';
SET client_min_messages = 'warning';
"""


class Database:
    """Made in the cluster that PGHOST and the like name; dropped by close."""

    def __init__(self, with_extension=True):
        self.name = f'access_token_docs_{secrets.token_hex(8)}'
        self.roles = set()
        self._psql(None, f'CREATE DATABASE {self.name}')
        if with_extension:
            self.run('CREATE EXTENSION access_token')

    def close(self):
        self._psql(None, f'DROP DATABASE {self.name}')
        for role in sorted(self.roles):
            self._psql(None, f'DROP ROLE {role}')

    def run(self, sql):
        """Runs SQL that must succeed."""
        return self._psql(self.name, sql)

    def query(self, sql):
        """The rows of the last statement, whose result is JSON."""
        return json.loads(self.run(sql).strip().split('\n')[-1])

    def run_examples(self, examples):
        """Runs the texts in one session and returns what psql printed for each."""
        mark = f'example {secrets.token_hex(8)}'
        script = DISPLAY + ''.join(f'\n\\echo {mark}\n{text}\n' for text in examples)
        for text in examples:
            self.roles.update(re.findall(r'CREATE ROLE (\w+)', text))
        printed = subprocess.run(
            ['psql', '--no-psqlrc', '--quiet', '--dbname', self.name], input=script,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', env=self._environment(), check=False)
        return printed.stdout.split(f'{mark}\n')[1:]

    def _psql(self, database, sql):
        target = ['--dbname', database] if database else []
        return subprocess.run(
            ['psql', '--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1', *target],
            input=sql, stdout=subprocess.PIPE, encoding='utf-8', env=self._environment(), check=True).stdout

    @staticmethod
    def _environment():
        return {**os.environ, 'PGCLIENTENCODING': 'UTF8', 'PAGER': ''}
