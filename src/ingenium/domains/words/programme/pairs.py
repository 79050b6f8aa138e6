"""Parser of numbers of pairs of names in a sentence: of two sets, or of legs within one."""

import re
from collections.abc import Callable
from itertools import pairwise, zip_longest

from ingenium.domains.words.programme.frames import MOST
from ingenium.domains.words.programme.sentences import Item
from ingenium.domains.words.programme.understood import Pair, Understood


def listing(got: Understood, items: list[Item]) -> None:
    """Store the last list of names, to which `they` and `them` refer."""
    names = [i for i in items if not i.number]
    run: list[str] = []
    for one, other in zip_longest(names, names[1:]):
        run.append(one.name)
        gap = got.text.between(one, other) if other else "."
        if not re.fullmatch(r"\s*(?:,|and|, and|or)\s*(?:the |an? )?", gap, re.I):
            if len(run) > 1:
                got.listed = run
            run = []


def pairs(got: Understood, items: list[Item]) -> None:
    """Read numbers of pairs of names in a sentence."""
    if not got.frame.pair:
        return
    if got.frame.same:
        return _legs(got, items)
    if got.frame.pair_most and _pair_bound(got, items):
        return
    first, second = got.first, got.second
    if not first and not second:
        first, second = _sides(got, items)
    if _columns(got, items):
        return
    known = first | second
    reported = [i for i in items if i.number or got.frame.free or i.name in known]

    def leads(name: str) -> bool:
        return name in first or (bool(second) and name not in second and not first)

    if reported and reported[0].number:
        _behind(got, reported, leads)
    else:
        _crossed(got, reported, leads)


def _behind(got: Understood, items: list[Item], leads: Callable[[str], bool]) -> None:
    """Read numbers before both of their names: `6 euros from A to B, 8 from A to C`."""
    at = [k for k, item in enumerate(items) if item.number]
    for k, end in zip(at, [*at[1:], len(items)], strict=True):
        names = {leads(i.name): i.name for i in items[k + 1 : end]}
        if len(names) == 2:
            _put(got, (names[True], names[False]), items[k])


def _crossed(got: Understood, items: list[Item], leads: Callable[[str], bool]) -> None:
    """Read numbers of one name of each set: `A to B 4`, or `A needs 4 h of B`."""
    now: dict[bool, str] = {}
    units: dict[str, str] = {}
    waiting: Item | None = None
    ahead: bool | None = None  # whether both names precede their number
    varies = False  # which of both sets advances, where a number is first

    def put(number: Item, column: str | None) -> None:
        if column is not None:
            other = now.get(not varies, "")
            key = (column, other) if varies else (other, column)
            _put(got, key, number)
            units[number.unit] = column

    for item in items:
        if not item.number:
            side = leads(item.name)
            if waiting is not None:
                put(waiting, item.name if side == varies else units.get(waiting.unit))
                waiting = None
            now[side] = item.name
            continue
        if ahead is None:
            ahead = len(now) == 2
            varies = not (ahead or True in now)
        if waiting is not None:
            put(waiting, units.get(waiting.unit))
            waiting = None
        if ahead:
            _put(got, (now[True], now[False]), item)
        elif now:
            waiting = item
    if waiting is not None:
        put(waiting, units.get(waiting.unit))


def _sides(got: Understood, items: list[Item]) -> tuple[set[str], set[str]]:
    """Names that pairs begin and end with, by their position: `A B 4`, or `A needs 4 of B`."""
    first, second = {i for i, _ in got.two}, {j for _, j in got.two}
    three = list(zip(items, items[1:], items[2:], strict=False))
    before = [(a, b) for a, b, c in three if not a.number and not b.number and c.number]
    around = [(a, c) for a, b, c in three if not a.number and b.number and not c.number]
    for a, b in before or around:
        first |= {a.name} - second
        second |= {b.name} - first
    return first, second


def _columns(got: Understood, items: list[Item]) -> bool:
    """Read lists of the last names: `Their prices are 1, 2 and 3, their acidity 4, 5 and 6`."""
    names = list(got.listed)
    listing(got, items)
    if not names or any(i.name in names for i in items if not i.number):
        return False
    heads = [k for k, i in enumerate(items) if not i.number]
    runs = [items[a + 1 : b] for a, b in pairwise([*heads, len(items)])]
    if not heads or not all(len(run) == len(names) > 1 for run in runs):
        return False
    for head, run in zip(heads, runs, strict=True):
        for name, number in zip(names, run, strict=True):
            _put(got, (name, items[head].name), number)
    return True


def _pair_bound(got: Understood, items: list[Item]) -> bool:
    """Read a bound: `The line from A to B carries at most 25`."""
    names = [i.name for i in items if not i.number]
    numbers = [i for i in items if i.number]
    if len(names) != 2 or len(numbers) != 1:
        return False
    begin, end = min(i.start for i in items), max(i.end for i in items)
    rows, columns = got.first & set(names), got.second & set(names)
    if not (MOST.search(got.text.text[begin:end]) and rows and columns):
        return False
    key = rows.pop(), columns.pop()
    got.data.setdefault(got.frame.pair_most, {})[key] = got.text.take(numbers[0])
    return True


def _put(got: Understood, key: Pair, item: Item) -> None:
    """Store a number for a pair; two numbers for one pair are ambiguous."""
    got.twice |= "" in key or got.two.get(key, item.value) != item.value
    got.two[key] = got.text.take(item)


def _legs(got: Understood, items: list[Item]) -> None:
    """Read numbers between two names of one set: the last two before, or the next two after."""
    first = next((k for k, i in enumerate(items) if i.number), None)
    if first is None:
        return
    leads = first == 0
    ends: list[str] = []
    waiting: Item | None = None
    for item in items:
        if item.number and leads:
            waiting = item
            ends = ends[:1]
        elif item.number and len(ends) > 1:
            _put(got, (ends[-2], ends[-1]), item)
            ends = ends[-2:-1]
        elif not item.number:
            ends.append(item.name)
            if waiting is not None and len(ends) > 1:
                _put(got, (ends[-2], ends[-1]), waiting)
                waiting, ends = None, ends[-2:-1]
