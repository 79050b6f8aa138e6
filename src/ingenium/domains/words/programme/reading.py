"""Parser of a task in words: its kind, and each number with the names that it belongs to.

Nothing is invented: a number of the data is one of the text, or a count of its items, and unread
parts are reported. A kind is accepted if everything it needs was found and no number remains.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from ingenium.core.errors import InputError
from ingenium.domains.words.programme.frames import FRAMES, MONEY, MOST, TaskFrame
from ingenium.domains.words.programme.kinds import KINDS
from ingenium.domains.words.programme.pairs import listing, pairs
from ingenium.domains.words.programme.sentences import Item, TaskText
from ingenium.domains.words.programme.task import WordedTask
from ingenium.domains.words.programme.understood import Understood
from ingenium.words.numbers import ONES

LEAST = re.compile(r"at least|no less than|not less than|minimum of|must get|or more", re.I)
PAIRED = "-"  # the quantity of pairs
NUMERAL = rf"(\d+|{'|'.join(ONES)})"


def read_task(text: str) -> WordedTask:
    """Read the task that a text describes.

    Raises:
        InputError: if it is of no known kind, or incomplete.
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
        "Name each place or thing with its numbers, and say what to minimise or maximise.",
    )


def _under(frame: TaskFrame, text: str) -> tuple[WordedTask | None, str]:
    got = Understood(frame, TaskText(text))
    _scalars(got)
    _rules(got)
    _tables(got)  # prices of rows, which sentences refer to
    got.two = {}
    for a, b in got.text.sentences:
        _sentence(got, got.text.items(a, b), a, b)
    _tables(got)  # pairs, whose names are known now
    got.listed = []
    for a, b in got.text.sentences:
        pairs(got, got.text.items(a, b))
    why = frame.finish(got)
    if why:
        return None, f"which lacks {why}"
    if got.twice:
        return None, "in which two numbers could not be distinguished"
    if got.text.unread:
        return None, f"of which the numbers {', '.join(got.text.unread[:5])} were not understood"
    return WordedTask(KINDS[frame.name], got.data), ""


def counted(word: str) -> float:
    """Parse a numeral in figures or as a word."""
    return float(word) if word[0].isdigit() else float(ONES[word.lower()])


def _scalars(got: Understood) -> None:
    """Read numbers of the whole task, such as the capacity of a lorry."""
    for name, pattern in got.frame.scalars.items():
        m = re.search(pattern.replace("NUM", NUMERAL), got.text.text, re.I)
        if m is None:
            continue
        group = next(i for i, g in enumerate(m.groups(), 1) if g)
        value = counted(m[group])
        got.data[name] = int(value) if value.is_integer() else value
        got.text.read.add(m.start(group))


def _rules(got: Understood) -> None:
    """Read sentences that forbid or order one or two names."""
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
    """Read numbers of single names in a sentence."""
    text, frame = got.text.text, got.frame
    for numbers, names in _zipped(got, items):
        param = _param(
            got,
            text[max(start, numbers[0].start - 60) : min(end, numbers[-1].end + 12)],
            numbers[0],
        )
        if param is None and len(frame.singles) == 1 and frame.pair == "":
            param = frame.singles[0].name
        if param and param != PAIRED:
            got.one.setdefault(param, {}).update(
                {n: got.text.take(i) for n, i in zip(names, numbers, strict=True)}
            )
    listing(got, items)
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
    """Read a least or most of a name; return True if there was one."""
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
    """Return the quantity of single names that words near a number refer to."""
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
    """Return True if a number has the unit of a quantity: money or none for a price."""
    money = any(p.name == param and p.money for p in got.frame.singles)
    return bool(param) and not (money and item.unit and not MONEY.match(item.unit))


def _zipped(got: Understood, items: list[Item]) -> Iterator[tuple[list[Item], list[str]]]:
    """Return lists of numbers, with as many names before them, or in the last list of names."""
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


def _of(got: Understood, items: list[Item], k: int, param: str, since: int) -> str:
    """Return the name of a number: the one before it, or after it in `17 nurses on Monday`."""
    if got.frame.subject is not None:
        reported = pairwise(items[: k + 1])
        done = [a for a, b in reported if got.frame.subject.search(got.text.between(a, b))]
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
        near = zip(items[since:k], [None, *items[since:k]], strict=False)
        mine = [a.name for a, b in near if not a.number and (b is None or not b.number)]
        if mine:
            return mine[0]
    if before is not None and not before.number:
        return before.name
    return after.name if after is not None and not after.number else ""


def _tables(got: Understood) -> None:
    """Read cells by row and column; columns may be quantities of single names."""
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
