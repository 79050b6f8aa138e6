"""Tries calls on the module: records results, lines that run, and mutants that are detected."""

import ast
import itertools
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from types import CodeType, FrameType
from typing import Any

from . import forks
from .module import FILE, SwitchedModule

_LONG = 400  # characters of an asserted value
_FIRST = 20  # items of an iterator
_TRIES_S = 0.5  # CPU time of a candidate
_MUTANT_S = 0.06  # CPU time of some candidates on a mutant
_GROUP = 12  # candidates that are tried on a mutant
Portrait = list[Any]


def observe(job: dict[str, Any]) -> dict[str, Any]:
    """Return each candidate's results and branches, and the mutants that candidates detect.

    `job`: the module's name and source, `candidates` (lists of statements), and `alive`, the
    numbers of the mutants that are still to be killed.
    """
    module = SwitchedModule(job["name"], job["source"])
    compiled = [[compile(s, "candidate", "exec") for s in c] for c in job["candidates"]]
    seen: list[dict[str, Any] | None] = []
    for statements in compiled:
        ended, first = forks.forked(partial(_watched, statements, module), _TRIES_S)
        seen.append(first if ended == "done" else None)
    kills = _kills(module, compiled, seen, job["alive"]) if job["alive"] else {}
    return {"seen": seen, "kills": kills}


def _kills(
    module: SwitchedModule,
    compiled: Sequence[Sequence[CodeType]],
    seen: Sequence[dict[str, Any] | None],
    alive: Sequence[int],
) -> dict[int, list[int]]:
    """Return the candidates that detect each mutant, among some that run its line."""
    by_line: dict[int, list[int]] = {}
    for i, one in enumerate(seen):
        if one is not None and one["portrait"] is not None:
            for line in one["lines"]:
                by_line.setdefault(line, []).append(i)
    kills = {}
    everything = [i for i, s in enumerate(seen) if s is not None and s["portrait"] is not None]
    for number in alive:
        mutant = module.mutants[number]
        near = everything if mutant.static else by_line.get(mutant.line, [])
        near = sorted(near, key=lambda i: (seen[i]["work"], i))  # type: ignore[index]
        some = near[:: max(1, len(near) // _GROUP)][:_GROUP]
        if not some:
            continue
        pairs = [(compiled[i], seen[i]["portrait"]) for i in some]  # type: ignore[index]
        noticing = partial(_noticed, module, number, pairs)
        ended, found = forks.forked(noticing, _MUTANT_S)
        if ended == "raised":
            found = [True] * len(some)
        elif ended != "done":  # the candidate that was running detected it
            found = [*found, True]
        kills[number] = [i for i, bad in zip(some, found, strict=False) if bad]
    return kills


def _noticed(
    module: SwitchedModule, number: int, pairs: Sequence[tuple[Sequence[CodeType], Portrait]]
) -> Iterator[bool]:
    """Yield, for each candidate, True if its result differs on the mutant."""
    forks.guard()
    module.become(number)
    for statements, wanted in pairs:
        yield _plain_data(portrait(statements, module.name)) != wanted


def _plain_data(found: Portrait | None) -> Any:
    """Return a portrait in the form that JSON gives back."""
    return found if found is None else [found[0], [list(x) for x in found[1]]]


def _watched(statements: Sequence[CodeType], module: SwitchedModule) -> dict[str, Any]:
    """Return a candidate's portrait, its steps from line to line, and their number."""
    forks.guard()
    steps: dict[tuple[int, int], int] = {}

    def local(frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            line = frame.f_lineno
            step = last.get(frame, 0), line
            steps[step] = steps.get(step, 0) + 1
            last[frame] = line
        return local

    def begun(frame: FrameType, event: str, _: object) -> Any:
        return local if frame.f_code.co_filename == FILE else None

    last: dict[FrameType, int] = {}
    sys.settrace(begun)
    try:
        found = portrait(statements, module.name)
    finally:
        sys.settrace(None)
    again = portrait(statements, module.name)  # results that differ are not reproducible
    return {
        "portrait": found if _plain_data(found) == _plain_data(again) else None,
        "steps": [list(s) for s in steps],
        "lines": sorted({line for _, line in steps}),
        "work": sum(steps.values()),
    }


def portrait(statements: Sequence[CodeType], name: str) -> Portrait | None:
    """Return values of names after the statements, or the error; None if literals cannot say it.

    `["value", [[name, kind, text], ...]]` or `["raised", [[name of its type, message, ""]]]`.
    """
    room: dict[str, Any] = {"__name__": "candidate"}
    exec(f"import {name}, math, itertools", room)
    for i, code in enumerate(statements):
        try:
            exec(code, room)
        except forks.RefusedError:
            return None
        except Exception as error:  # noqa: BLE001 - what a call raises is what it does
            if i < len(statements) - 1:
                return None
            return _raised(error)
    known = {"__builtins__", "__name__", "math", "itertools", name.partition(".")[0]}
    reported = []
    for variable, value in room.items():
        if variable not in known:
            said = _said(value)
            if said is None:
                return None
            reported.append([variable, *said])
    if reported and reported[-1][2] != "None":  # a method's value is enough
        reported = [row for row in reported[:-1] if row[1] != "attributes"] + reported[-1:]
    return ["value", reported]


def _raised(error: Exception) -> Portrait | None:
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - of a module that is a mutant
        return ["raised", [[type(error).__name__, "?", ""]]]
    return ["raised", [[type(error).__name__, "" if _unsayable(message) else message, ""]]]


def _said(value: object) -> tuple[str, str] | None:
    """Return a kind and a text by which a test can assert the value."""
    try:
        if isinstance(value, Iterator):
            drawn = list(itertools.islice(value, _FIRST))
            inner = _said(drawn)
            return ("iterator", inner[1]) if inner and inner[0] == "literal" else None
        text = repr(value)
        if not _unsayable(text) and _is_literal(value, text):
            return "literal", text
        if isinstance(value, float):
            return "repr", text
        if not _unsayable(text):
            return "repr", text
        return "attributes", _attributes(value)
    except RecursionError:
        return None
    except Exception as error:  # noqa: BLE001 - of a module that is a mutant
        return "broken", type(error).__name__


def _attributes(value: object) -> str:
    """Return public attributes of an object that literals can express."""
    held = getattr(value, "__dict__", {})
    reported = {}
    for key in sorted(held):
        text = repr(held[key])
        if not key.startswith("_") and not _unsayable(text) and _is_literal(held[key], text):
            reported[key] = text
    return repr([type(value).__name__, reported])


def _unsayable(text: str) -> bool:
    return len(text) > _LONG or " at 0x" in text or "\x00" in text or not text.isprintable()


def _is_literal(value: object, text: str) -> bool:
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError):
        return False
    return type(read) is type(value) and bool(read == value)
