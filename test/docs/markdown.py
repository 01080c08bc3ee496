"""The parts of a Markdown file that the tests of the documentation look at."""

import re
import textwrap
from dataclasses import dataclass, field


@dataclass
class Block:
    """A fenced block; line is that of its first line of text."""

    language: str
    text: str
    line: int
    follows: int  # the line on which the block before it ended, where nothing but blanks stands between


@dataclass
class Section:
    """A heading and what stands below it, up to the next heading of any level."""

    heading: str
    level: int
    line: int
    blocks: list = field(default_factory=list)
    tables: list = field(default_factory=list)  # each a list of rows: {column: cell}
    prose: list = field(default_factory=list)

    def table(self, first_column):
        """The table whose first column has that name, or an empty one."""
        return next((rows for rows in self.tables if first_column in rows[0]), [])


def read(path):
    """The sections of a file."""
    sections = [Section('', 0, 1)]
    lines = path.read_text(encoding='utf-8').split('\n')
    at = 0
    block_end = 0
    while at < len(lines):
        line = lines[at]
        heading = re.match(r'(#+) +(.*)', line)
        fence = re.match(r' *```(\w*)$', line)  # indented inside a list
        if heading:
            sections.append(Section(heading[2], len(heading[1]), at + 1))
        elif fence:
            end = next(number for number in range(at + 1, len(lines)) if lines[number].strip() == '```')
            text = textwrap.dedent('\n'.join(lines[at + 1:end]))
            sections[-1].blocks.append(Block(fence[1], text, at + 2, block_end))
            at = block_end = end
        elif re.match(r'\| *-', line) and not line.replace('|', '').strip(' -'):
            at = _read_table(lines, at, sections[-1])
        else:
            sections[-1].prose.append(line)
        if line.strip() and not fence:
            block_end = 0
        at += 1
    return sections


def _read_table(lines, rule_at, section):
    """Reads the table whose rule is there; returns the number of its last line."""
    columns = _cells(lines[rule_at - 1])
    rows = []
    at = rule_at
    while at + 1 < len(lines) and lines[at + 1].startswith('|'):
        at += 1
        rows.append(dict(zip(columns, _cells(lines[at]))))
    section.tables.append(rows)
    return at


def _cells(line):
    return [cell.strip().replace('`', '') for cell in line.strip().strip('|').split('|')]


def anchor(heading):
    """The name by which a link reaches a heading."""
    return re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-')


def links(path):
    """(file or '', anchor or '') of every link to this project's documents."""
    text = re.sub(r'^```.*?^```', '', path.read_text(encoding='utf-8'), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r'\]\(([^)\s]+)\)', text)
    return [(target.partition('#')[0], target.partition('#')[2]) for target in targets
            if not re.match(r'[a-z]+:', target)]
