"""A function that is wrong on some cases: its source, the cases, and which of them are hidden."""

import ast
import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ingenium.core.errors import InputError
from ingenium.domains.software import bench

FILE = "program.py"
MOST_LINES, MOST_CASES = 2000, 200
JUDGED_S = 0.5  # CPU time of a case
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_HEAD = [f"--- a/{FILE}", f"+++ b/{FILE}"]
_TEXT = '{"arguments": [[3, 1], 4], "value": [1, 3]} a line'


@dataclass(frozen=True)
class BugCase:
    """Arguments, the correct value, and a flag for cases that the repair may not see."""

    arguments: tuple[Any, ...]
    value: Any
    hidden: bool = False


@dataclass(frozen=True)
class Bug:
    """A wrong function with its cases; nothing runs before a result is needed."""

    source: str
    function: str
    cases: tuple[BugCase, ...]

    @cached_property
    def visible(self) -> tuple[BugCase, ...]:
        """Cases that a repair may use."""
        return tuple(c for c in self.cases if not c.hidden)

    @cached_property
    def hidden(self) -> tuple[BugCase, ...]:
        """Cases that judge a repair and that no search sees."""
        return tuple(c for c in self.cases if c.hidden)

    @cached_property
    def right(self) -> tuple[bool, ...]:
        """Flags of visible cases on which the unchanged program is correct."""
        return passed(self.function, [self.source], self.visible)[0]

    def diff(self, source: str) -> str:
        """Return a source as a unified diff."""
        old, new = self.source.splitlines(), source.splitlines()
        before, after = (h[4:] for h in _HEAD)
        rows = difflib.unified_diff(old, new, before, after, lineterm="")
        return "\n".join(rows) + "\n"

    def patched(self, diff: str) -> str:
        """Return the source with a unified diff applied.

        Raises:
            InputError: for a text that is no diff of this file, or does not fit it.
        """
        rows, old = diff.splitlines(), self.source.splitlines()
        what = f"a unified diff of {FILE} that fits it"
        if rows[:2] != _HEAD or len(rows) < 4:
            raise InputError(what, f"{diff[:60]!r}", f"Write {_HEAD[0]} and {_HEAD[1]} first.")
        out: list[str] = []
        at = 0
        for row in rows[2:]:
            if found := _HUNK.fullmatch(row):
                start = int(found[1]) - (found[2] != "0")
                if not at <= start <= len(old):
                    raise InputError(what, f"a hunk at line {found[1]}")
                out += old[at:start]
                at = start
            elif row[:1] == "+":
                out.append(row[1:])
            elif row[:1] in " -" and row and at < len(old) and old[at] == row[1:]:
                out += old[at : at + 1] if row[0] == " " else []
                at += 1
            else:
                raise InputError(what, f"the line {row[:60]!r}", "Make it against this file.")
        return "\n".join([*out, *old[at:]]) + "\n"


def passed(
    function: str, sources: Sequence[str], cases: Sequence[BugCase], *, cpu_s: float = JUDGED_S
) -> list[tuple[bool, ...]]:
    """Test sources on cases; values are compared outside the sandbox."""
    job = {
        "cpu_s": cpu_s,
        "function": function,
        "sources": list(sources),
        "arguments": [list(c.arguments) for c in cases],
    }
    (found,) = bench.run("calls.run", job)
    return [
        tuple(_same(ended, value, c) for (ended, value), c in zip(row, cases, strict=True))
        for row in found
    ]


def _same(ended: str, value: Any, case: BugCase) -> bool:
    if ended != "done" or not isinstance(value, list) or len(value) != 1:
        return False
    got, wanted = value[0], case.value
    if isinstance(wanted, float) and isinstance(got, int | float) and not isinstance(got, bool):
        return abs(got - wanted) <= 1e-6 * max(1.0, abs(wanted))
    return type(got) is type(wanted) and bool(got == wanted)


def read_bug(source: str, function: str, text: str) -> Bug:
    """Read a bug from its source and its cases, one JSON object per line.

    Raises:
        InputError: for a source that is not Python, invalid cases, or no failing case.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        came = f"line {error.lineno}: {error.msg}"
        raise InputError("a program that Python reads", came, "Mend this line first.") from None
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    if function not in names:
        raise InputError(
            f"[setup] function as one of {', '.join(names) or 'none'}", f'"{function}"'
        )
    if source.count("\n") > MOST_LINES:
        raise InputError(f"a program of at most {MOST_LINES} lines", source.count("\n"))
    bug = Bug(source.rstrip("\n") + "\n", function, _split(_cases(text)))
    if all(bug.right):
        raise InputError(
            f"a case of {function} that fails, among those that are not hidden",
            f"{len(bug.right)} cases that pass already",
            'Add the failing one, with "hidden": false.',
        )
    return bug


def _cases(text: str) -> list[tuple[BugCase, bool]]:
    """Parse cases, each with a flag that is True if the case itself states `hidden`."""
    found = []
    for number, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        try:
            row = json.loads(line)
            arguments, value = tuple(row["arguments"]), row["value"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            came = f"line {number}: {type(error).__name__} {error}"
            raise InputError(f"cases as JSON, {_TEXT}", came) from None
        found.append((BugCase(arguments, value, bool(row.get("hidden", False))), "hidden" in row))
    if not 2 <= len(found) <= MOST_CASES:
        raise InputError(f"2 to {MOST_CASES} cases", len(found), f"Write {_TEXT}.")
    return found


def _split(found: Sequence[tuple[BugCase, bool]]) -> tuple[BugCase, ...]:
    """Hide every second case if no case states it."""
    if any(said for _, said in found):
        return tuple(case for case, _ in found)
    return tuple(
        BugCase(case.arguments, case.value, hidden=bool(i % 2)) for i, (case, _) in enumerate(found)
    )
