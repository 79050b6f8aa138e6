"""A function that is wrong on some cases: its source, the cases, and which of them are hidden."""

import ast
import difflib
import json
import math
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
        before, after = (h[4:] for h in _HEAD)
        both = lines_of(self.source), lines_of(source)
        return "\n".join(difflib.unified_diff(*both, before, after, lineterm="")) + "\n"

    def patched(self, diff: str) -> str:
        """Return the source with a unified diff applied.

        Raises:
            InputError: for a text that is no diff of this file, or does not fit it.
        """
        rows, old = lines_of(diff), lines_of(self.source)
        what = f"a unified diff of {FILE} that fits it"
        if rows[:2] != _HEAD or len(rows) < 4:
            raise InputError(what, f"{diff[:60]!r}", f"Write {_HEAD[0]} and {_HEAD[1]} first.")
        out: list[str] = []
        at, left = 0, [0, 0]  # lines of the hunk that are still to come, before and after
        for row in rows[2:]:
            if found := _HUNK.fullmatch(row):
                start, new = (int(found[k]) - (found[k + 1] != "0") for k in (1, 3))
                if any(left) or not at <= start <= len(old) or new != len(out) + start - at:
                    raise InputError(what, f"a hunk at line {found[1]} that does not fit")
                out += old[at:start]
                at, left = start, [int(found[k] or 1) for k in (2, 4)]
            elif row[:1] == "+":
                out.append(row[1:])
                left[1] -= 1
            elif row[:1] in " -" and row and at < len(old) and old[at] == row[1:]:
                out += old[at : at + 1] if row[0] == " " else []
                at, left = at + 1, [left[0] - 1, left[1] - (row[0] == " ")]
            else:
                raise InputError(what, f"the line {row[:60]!r}", "Make it against this file.")
            if min(left) < 0:
                raise InputError(what, f"more lines in a hunk than its head states: {row[:60]!r}")
        if any(left):
            raise InputError(what, "fewer lines in the last hunk than its head states")
        return "\n".join([*out, *old[at:]]) + "\n"


def lines_of(text: str) -> list[str]:
    """Split a text at line feeds alone, as `patch` and `git apply` do."""
    return text.removesuffix("\n").split("\n")


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
    one = ended == "done" and isinstance(value, list) and len(value) == 1
    return one and _equal(value[0], case.value)


def _equal(got: Any, wanted: Any) -> bool:
    """Compare JSON values by type at every depth; numbers with a fraction to a millionth."""
    if isinstance(wanted, float) and isinstance(got, int | float) and not isinstance(got, bool):
        return math.isclose(got, wanted, rel_tol=1e-6, abs_tol=1e-6)
    if type(got) is not type(wanted):
        return False
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(map(_equal, got, wanted))
    if isinstance(wanted, dict):
        return got.keys() == wanted.keys() and all(_equal(got[k], wanted[k]) for k in wanted)
    return bool(got == wanted)


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
    seen = [c.arguments for c in bug.visible]
    if not bug.hidden or any(c.arguments in seen for c in bug.hidden):
        got = "a hidden case that is also visible" if bug.hidden else "none"
        raise InputError("hidden cases, which judge the repair", got, 'Write "hidden": true.')
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
