"""Targets, results and the table."""

from dataclasses import dataclass, replace
from statistics import median
from typing import Callable, Optional

COLUMNS = ('work', 'ours us', 'against', 'theirs us', 'ratio (least to most)', 'target', 'met')


@dataclass(frozen=True)
class Target:
    """How a ratio is formed from one round, and what its median must reach; or the median of us more."""
    text: str
    of: Callable[[float, float], float]
    holds: Optional[Callable[[float], bool]]
    unit: str = ''
    or_more: Optional[float] = None

    def met(self, ratio, more):
        if self.holds is None:
            return '-'
        return 'yes' if self.holds(ratio) or (self.or_more is not None and more <= self.or_more) else 'no'


def faster(times):
    return Target(f'at least {times} times faster', lambda ours, theirs: theirs / ours,
                  lambda ratio: ratio >= times, ' times faster')


def at_most(times):
    return Target(f'at most {times} times', lambda ours, theirs: ours / theirs,
                  lambda ratio: ratio <= times, ' times')


def at_most_more(microseconds):
    return Target(f'at most {microseconds} us more', lambda ours, theirs: ours - theirs,
                  lambda more: more <= microseconds, ' us more')


def at_most_or_more(times, microseconds):
    return replace(at_most(times), text=f'at most {times} times, or {microseconds} us more', or_more=microseconds)


def for_information(like):
    """The same ratio as another target's, without a target."""
    return replace(like, text='-', holds=None)


@dataclass
class Result:
    """One line of the table, ready to print."""
    work: str
    ours: str
    against: str
    theirs: str
    ratio: str
    target: str
    met: str

    def cells(self):
        return (self.work, self.ours, self.against, self.theirs, self.ratio, self.target, self.met)


def compare(work, against, target, pairs):
    """The line of a ratio: the median of the rounds' ratios, and medians of both sides."""
    ratios = [target.of(ours, theirs) for ours, theirs in pairs]
    middle = median(ratios)
    more = median(ours - theirs for ours, theirs in pairs)
    in_us = '' if target.or_more is None else f', {figure(more)} us more'
    return Result(
        work, figure(median(ours for ours, _ in pairs)),
        against, figure(median(theirs for _, theirs in pairs)),
        f'{figure(middle)}{target.unit} ({figure(min(ratios))} to {figure(max(ratios))}){in_us}',
        target.text, target.met(middle, more))


def figure(number):
    """Three significant digits, and no more than two decimals."""
    magnitude = abs(number)
    return f'{number:.0f}' if magnitude >= 100 else f'{number:.1f}' if magnitude >= 10 else f'{number:.2f}'


def as_markdown(results):
    lines = [COLUMNS, *(result.cells() for result in results)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    lines.insert(1, tuple('-' * width for width in widths))
    return '\n'.join(
        '| ' + ' | '.join(cell.ljust(width) for cell, width in zip(line, widths)) + ' |' for line in lines)
