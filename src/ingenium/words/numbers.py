"""Numbers in a text, in digits or in words, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MINUS_SIGN = "\u2212"
_GROUPED = r"[1-9]\d{0,2}(?:[, \u202f']\d{3})+(?![\d])(?:\.\d+)?"
_COMMA = r"(?:0,\d{3}|\d+,(?:\d{1,2}|\d{4,}))(?![\d,])"  # `1,6`, and `0,125`
_DIGITS = rf"{_GROUPED}|{_COMMA}|\d+(?:\.\d+)?|\.\d+"
DIGITS = re.compile(
    rf"(?<![\w.,^])(?P<sign>[-\u2212+](?=[\d.]))?(?P<digits>{_DIGITS})"
    r"(?:(?:[eE]|\s?(?:x|\*|\u00d7|·)\s?10\^?\*{0,2})(?P<power>[-\u2212+]?\d{1,3})(?!\w))?"
)
ONES = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        range(20),
        strict=True,
    )
)
TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
SCALES = {"hundred": 100, "dozen": 12, "thousand": 1000, "million": 10**6}
PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10, "twentieth": 20}
PARTS |= {f"{name}s": part for name, part in PARTS.items()} | {"halves": 2, "hundredth": 100}
WORD = re.compile(r"[a-z]+", re.IGNORECASE)
COMPARED = re.compile(r"\b(?:than|as|least|most|exactly|number)\s$", re.IGNORECASE)  # `than one`
MINUS = re.compile(r"\b(?:minus|negative)\s$", re.IGNORECASE)


@dataclass(frozen=True)
class Number:
    """A number that occupies a text from `start` to `end`."""

    value: float
    start: int
    end: int
    worded: bool = False  # in words


def numbers(text: str) -> list[Number]:
    """All numbers of a text, in order, except parts of names, as in `T3` or `gfn2`."""
    found = sorted((*_digits(text), *_worded(text)), key=lambda n: n.start)
    retained: list[Number] = []
    for number in found:
        if not retained or number.start >= retained[-1].end:
            retained.append(number)
    return retained


def _digits(text: str) -> Iterator[Number]:
    for match in DIGITS.finditer(text):
        decimal = re.fullmatch(_COMMA, match["digits"])
        written = re.sub(r"[, \u202f']", "." if decimal else "", match["digits"])
        before = text[max(0, match.start() - 2) : match.start()]
        signed = match["sign"] or ""
        ranged = signed and before[-1:] and not before[-1].isspace() and before[-1] not in "([=<>:,"
        start = match.start() + bool(ranged)
        value = float(f"{written}e{(match['power'] or '0').replace(MINUS_SIGN, '-')}")
        scale = re.match(r"\s(hundred|thousand|million)\b", text[match.end() :], re.IGNORECASE)
        end = match.end() + (scale.end() if scale else 0)
        value *= SCALES[scale[1].lower()] if scale else 1
        minus = MINUS.search(text, 0, match.start())
        if minus:
            start = minus.start()
        down = minus or (signed in ("-", MINUS_SIGN) and not ranged)
        yield Number(-value if down else value, start, end)


def _worded(text: str) -> Iterator[Number]:
    words = [(m[0].lower(), m.start(), m.end()) for m in WORD.finditer(text)]
    at = 0
    while at < len(words):
        value, count = _longest(text, words, at)
        if not count and words[at][0] == "one" and COMPARED.search(text, 0, words[at][1]):
            value, count = 1.0, 1
        if count:
            yield Number(value, words[at][1], words[at + count - 1][2], worded=True)
        at += count or 1


def _longest(text: str, words: list[tuple[str, int, int]], at: int) -> tuple[float, int]:
    """The value of the number words from a place on, and their count."""
    run = [words[at][0]]
    for (_, _, end), (word, start, _) in zip(words[at:], words[at + 1 :], strict=False):
        if text[end:start] not in (" ", "-", "  "):
            break
        run.append(word)
    for count in range(min(len(run), 9), 0, -1):
        value = _value(run[:count])
        if value is not None:
            return value, count
    return 0.0, 0


def _value(words: list[str]) -> float | None:
    """The number that some words form; None if they form none."""
    if words[0] == "minus":
        inner = _value(words[1:]) if len(words) > 1 else None
        return None if inner is None else -inner
    if words[0] == "one" and "in" in words[1:3]:  # one in twenty, one batch in ten
        odds = _whole(words[words.index("in") + 1 :])
        return 1 / odds if odds and odds > 1 else None
    if words[-3:] == ["and", "a", "half"]:
        whole = 1.0 if words[:-3] == ["one"] else _whole(words[:-3])
        return None if whole is None else whole + 0.5
    part = PARTS.get(words[-1])
    if part:
        if words == ["half"]:
            return 0.5
        count = 1 if words[:-1] in (["a"], ["one"]) else _whole(words[:-1])
        return None if count is None or count >= part else count / part
    if words[0] == "half" and words[1:] == ["a"]:
        return 0.5
    return _whole(words)


def _whole(words: list[str]) -> float | None:
    """A whole number; `a` counts only before a scale, and a lone `one` is a pronoun."""
    if not words or words == ["one"] or words[-1] in ("and", "a"):
        return None
    total = current = 0
    last = 10**9
    for place, word in enumerate(words):
        if word == "a":
            if place or len(words) < 2 or words[1] not in SCALES:
                return None
            current = 1
        elif word == "and":
            if words[place - 1] not in SCALES:
                return None
        elif word in SCALES:
            scale = SCALES[word]
            if not current and place:
                return None
            if scale >= 1000:
                total, current = total + (current or 1) * scale, 0
            else:
                current = (current or 1) * scale
            last = scale
        else:
            step = ONES.get(word, TENS.get(word))
            if step is None or (place and step >= last):
                return None
            current, last = current + step, 10 if step >= 20 else 1
    return float(total + current)
