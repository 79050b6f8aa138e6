"""Reads a task in words: its kind, and each of its numbers beside the names that it is of.

Nothing is invented: a number of the data is one of the text, or a count of what stands there, and
what no rule reads is told. A kind is taken if all that it needs was found and no number is left.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any

from ingenium.core.errors import InputError
from ingenium.domains.words.programme.frames import FRAMES, MONEY, Frame
from ingenium.domains.words.programme.kinds import KINDS
from ingenium.domains.words.programme.sentences import Item, TaskText
from ingenium.domains.words.programme.task import WordedTask
from ingenium.words.numbers import ONES

Pair = tuple[str, str]
LEAST = re.compile(r"at least|no less than|not less than|minimum of|must get|or more", re.I)
MOST = re.compile(r"at most|no more than|not more than|maximum of|up to|only|not exceed", re.I)
PAIRED = "-"  # the quantity of pairs
NUMERAL = rf"(\d+|{'|'.join(ONES)})"


@dataclass
class Understood:
    """What was read of a text under one frame."""

    frame: Frame
    text: TaskText
    data: dict[str, Any] = field(default_factory=dict)
    one: dict[str, dict[str, float]] = field(default_factory=dict)  # numbers by name
    two: dict[Pair, float] = field(default_factory=dict)  # numbers by pair
    listed: list[str] = field(default_factory=list)  # names of the last list
    twice: bool = False  # whether a pair was given two numbers

    @property
    def first(self) -> set[str]:
        """Names that a pair begins with, as far as they are known."""
        return {k for p in self.frame.singles if p.first for k in self.one.get(p.name, ())}

    @property
    def second(self) -> set[str]:
        """Names that a pair ends with."""
        return {k for p in self.frame.singles if not p.first for k in self.one.get(p.name, ())}


def read_task(text: str) -> WordedTask:
    """The task that a text asks.

    Raises:
        InputError: if it is of no kind that is known, or lacks something.
    """
    scores = sorted(((f.score(text), -i, f) for i, f in enumerate(FRAMES)), reverse=True)
    lacking = ""
    for score, _, frame in scores:
        if score <= 0:
            break
        task, why = _under(frame, text)
        if task is not None:
            return task
        lacking = lacking or f"a task of the kind {frame.name} ({KINDS[frame.name].about}), {why}"
    raise InputError(
        f"a task of one of the kinds {', '.join(KINDS)}, with all its numbers",
        lacking or "none of them",
        "Name each place or thing beside its numbers, and say what shall be least or most.",
    )


def _under(frame: Frame, text: str) -> tuple[WordedTask | None, str]:
    got = Understood(frame, TaskText(text))
    _scalars(got)
    _rules(got)
    _tables(got)  # prices of rows, which sentences go by
    got.two = {}
    for a, b in got.text.sentences:
        _sentence(got, got.text.items(a, b), a, b)
    _tables(got)  # pairs, by whose names are known now
    got.listed = []
    for a, b in got.text.sentences:
        _pairs(got, got.text.items(a, b))
    why = frame.finish(got)
    if why:
        return None, f"which lacks {why}"
    if got.twice:
        return None, "in which a number could not be told from another"
    if got.text.unread:
        return None, f"of which the numbers {', '.join(got.text.unread[:5])} were not understood"
    return WordedTask(KINDS[frame.name], got.data), ""


def counted(word: str) -> float:
    """Of a numeral in figures or as a word."""
    return float(word) if word[0].isdigit() else float(ONES[word.lower()])


def _scalars(got: Understood) -> None:
    """Numbers of the whole task, such as the capacity of a lorry."""
    for name, pattern in got.frame.scalars.items():
        m = re.search(pattern.replace("NUM", NUMERAL), got.text.text, re.I)
        if m is None:
            continue
        group = next(i for i, g in enumerate(m.groups(), 1) if g)
        value = counted(m[group])
        got.data[name] = int(value) if value.is_integer() else value
        got.text.read.add(m.start(group))


def _rules(got: Understood) -> None:
    """Sentences that name two things, or one, and forbid or order."""
    for name, (pattern, count) in got.frame.rules.items():
        for a, b in got.text.sentences:
            piece = got.text.text[a:b]
            if not re.search(pattern, piece, re.I):
                continue
            found = [i for i in got.text.items(a, b) if not i.number][:count]
            if len(found) == count:
                names = tuple(i.name for i in found)
                got.data.setdefault(name, []).append(names if count > 1 else names[0])


def _sentence(got: Understood, items: list[Item], start: int, end: int) -> None:
    """Numbers of single names in a sentence."""
    text, frame = got.text.text, got.frame
    for numbers, names in _zipped(got, items):
        param = _param(
            got, text[max(start, numbers[0].start - 60) : numbers[-1].end + 12], numbers[0]
        )
        if param is None and len(frame.singles) == 1 and frame.pair == "":
            param = frame.singles[0].name
        if param and param != PAIRED:
            got.one.setdefault(param, {}).update(
                {n: got.text.take(i) for n, i in zip(names, numbers, strict=True)}
            )
    _listing(got, items)
    last, since = "", 0
    left = [i for i in items if i.start not in got.text.read]
    for k, item in enumerate(left):
        if not item.number:
            continue
        begin = left[k - 1].end if k and left[k - 1].number else start
        before = text[begin : item.start]
        after = text[item.end : left[k + 1].start if k + 1 < len(left) else end]
        bound = _bound(got, left, k, before)
        if bound:
            last = ""
            continue
        param = _param(got, before, item) or _param(got, after[:24], item) or last
        if param == PAIRED or not _fits(got, param, item):
            last = ""
            continue
        name = _of(got, left, k, param, since)
        if name:
            last, since = param, k + 1
            got.one.setdefault(param, {})[name] = got.text.take(item)


def _bound(got: Understood, items: list[Item], k: int, before: str) -> bool:
    """Take a least or most of a name; whether it was one."""
    frame = got.frame
    if not frame.bounds:
        return False
    upper, lower = _last(MOST, before), _last(LEAST, before)
    if upper < 0 and lower < 0:
        follows = k and items[k - 1].number is False and "and" in before and got.data.get("_side")
        if not follows:
            got.data.pop("_side", None)
            return False
        side = str(got.data["_side"])
    else:
        side = "most" if upper > lower else "least"
    near = [i for i in items[k + 1 :] if not i.number][:1] or [
        i for i in items[:k] if not i.number
    ][-1:]
    if not near:
        return False
    name = near[0].name
    param = frame.bounds.get((side, name in got.first or name in frame.own(got)), "")
    if not param:
        return False
    got.data["_side"] = side
    got.one.setdefault(param, {})[name] = got.text.take(items[k])
    return True


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.end() for m in pattern.finditer(text)), default=-1)


def _param(got: Understood, near: str, item: Item) -> str:
    """The quantity of single names that words near a number speak of."""
    best, where = "", -1
    for p in got.frame.singles:
        if not _fits(got, p.name, item):
            continue
        place = _last(p.cue, near)
        if place > where:
            best, where = p.name, place
    if got.frame.paired is not None and _last(got.frame.paired, near) > where:
        return PAIRED
    return best


def _fits(got: Understood, param: str, item: Item) -> bool:
    """Whether a number has the unit of a quantity: money or none for a price."""
    money = any(p.name == param and p.money for p in got.frame.singles)
    return bool(param) and not (money and item.unit and not MONEY.match(item.unit))


def _zipped(got: Understood, items: list[Item]) -> Iterator[tuple[list[Item], list[str]]]:
    """Lists of numbers, with as many names before them, or in the last list of names."""
    run: list[str] = list(got.listed)
    k = 0
    while k < len(items):
        end = k
        while (
            end + 1 < len(items)
            and items[end + 1].number == items[k].number
            and re.fullmatch(
                r"\s*(?:[a-z%]+\s*)?(?:,|and|, and|or)\s*(?:the |an? )?",
                got.text.between(items[end], items[end + 1]),
                re.I,
            )
        ):
            end += 1
        group = items[k : end + 1]
        if not items[k].number and len(group) > 1:
            run = [i.name for i in group]
        elif items[k].number and len(group) > 1 and len(group) == len(run):
            yield group, run
        k = end + 1


def _listing(got: Understood, items: list[Item]) -> None:
    """Remember the last list of names, which `they` and `them` mean."""
    names = [i for i in items if not i.number]
    run: list[str] = []
    for one, other in zip_longest(names, names[1:]):
        run.append(one.name)
        gap = got.text.between(one, other) if other else "."
        if not re.fullmatch(r"\s*(?:,|and|, and|or)\s*(?:the |an? )?", gap, re.I):
            if len(run) > 1:
                got.listed = run
            run = []


def _of(got: Understood, items: list[Item], k: int, param: str, since: int) -> str:
    """The name that a number is of: the one before it, or after it in `17 nurses on Monday`."""
    if got.frame.subject is not None:
        told = pairwise(items[: k + 1])
        done = [a for a, b in told if got.frame.subject.search(got.text.between(a, b))]
        return done[-1].name if done else ""
    names = [i for i in items if not i.number]
    first = next((i for i in items if i.number), None)
    leads = bool(names) and first is not None and first.start < names[0].start
    after = items[k + 1] if k + 1 < len(items) else None
    before = items[k - 1] if k else None
    if leads and after is not None and not after.number:
        return after.name
    single = next(p for p in got.frame.singles if p.name == param)
    if got.frame.pair and single.first and not got.frame.same:
        told = zip(items[since:k], [None, *items[since:k]], strict=False)
        mine = [a.name for a, b in told if not a.number and (b is None or not b.number)]
        if mine:
            return mine[0]
    if before is not None and not before.number:
        return before.name
    return after.name if after is not None and not after.number else ""


def _tables(got: Understood) -> None:
    """Cells by row and column; columns may be quantities of single names."""
    cues = {p.name: p.cue for p in got.frame.singles}
    for columns, cells, *_ in got.text.tables:
        own = {
            c: p
            for c in columns
            for p, cue in cues.items()
            if cue.search(c) and c not in got.second
        }
        for (row, column), value in cells.items():
            row, column = got.text.names.get(row, row), got.text.names.get(column, column)
            if column in own:
                got.one.setdefault(own[column], {})[row] = value
            elif got.frame.pair and row != column:
                turned = not got.frame.same and (row in got.second or column in got.first)
                got.two[(column, row) if turned else (row, column)] = value


def _pairs(got: Understood, items: list[Item]) -> None:
    """Numbers of pairs of names in a sentence."""
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
    told = [i for i in items if i.number or got.frame.free or i.name in known]

    def leads(name: str) -> bool:
        return name in first or (bool(second) and name not in second and not first)

    if told and told[0].number:
        _behind(got, told, leads)
    else:
        _crossed(got, told, leads)


def _behind(got: Understood, items: list[Item], leads: Callable[[str], bool]) -> None:
    """Numbers before both of their names: `6 euros from A to B, 8 from A to C`."""
    at = [k for k, item in enumerate(items) if item.number]
    for k, end in zip(at, [*at[1:], len(items)], strict=True):
        names = {leads(i.name): i.name for i in items[k + 1 : end]}
        if len(names) == 2:
            _put(got, (names[True], names[False]), items[k])


def _crossed(got: Understood, items: list[Item], leads: Callable[[str], bool]) -> None:
    """Numbers of one name of each set: `A to B 4`, or `A needs 4 h of B`."""
    now: dict[bool, str] = {}
    units: dict[str, str] = {}
    waiting: Item | None = None
    ahead: bool | None = None  # whether both names stand before their number
    varies = False  # which of both sets goes on, where a number comes first

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
    """Names that pairs begin and end with, by where they stand: `A B 4`, or `A needs 4 of B`."""
    first, second = {i for i, _ in got.two}, {j for _, j in got.two}
    three = list(zip(items, items[1:], items[2:], strict=False))
    before = [(a, b) for a, b, c in three if not a.number and not b.number and c.number]
    around = [(a, c) for a, b, c in three if not a.number and b.number and not c.number]
    for a, b in before or around:
        first |= {a.name} - second
        second |= {b.name} - first
    return first, second


def _columns(got: Understood, items: list[Item]) -> bool:
    """`Their prices are 1, 2 and 3, their acidity 4, 5 and 6`: a list for each of the last list."""
    names = list(got.listed)
    _listing(got, items)
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
    """`The line from A to B carries at most 25`."""
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
    """Take a number for a pair; two numbers for one are no reading."""
    got.twice |= "" in key or got.two.get(key, item.value) != item.value
    got.two[key] = got.text.take(item)


def _legs(got: Understood, items: list[Item]) -> None:
    """Numbers between two names of one set: the last two before, or the next two after."""
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
