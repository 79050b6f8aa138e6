"""Files of a programme: a folder of equivalent OR-Tools code, MPS and LP.

The code is parametric, headed by the task's numbers; MPS and LP contain the programme for these
numbers. The code is parsed and never executed.
"""

import ast
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.words.programme import highs
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.task import WordedTask

PROGRAMME, LONGEST = "programme", 4000  # characters
CODE, MPS, LP = "programme.py", "programme.mps", "programme.lp"
MOST = 1 << 20  # bytes of a file
HEAD = '''"""A {kind} programme, as a task in words asked for it. Run it with Python and ortools."""

from ortools.linear_solver import pywraplp

'''
START = """
solver = pywraplp.Solver.CreateSolver("SCIP")
inf = solver.infinity()
# The programme.
"""
TAIL = """# Its plan.
if solver.Solve() == pywraplp.Solver.OPTIMAL:
    print("optimum", solver.Objective().Value())
    for v in solver.variables():
        if abs(v.solution_value()) > 1e-6:
            print(v.name(), v.solution_value())
else:
    print("no plan")
"""


def programmes(listed: list[str], index: list[int]) -> xr.Dataset:
    """Build designs from code.

    Raises:
        InputError: for code that is too long.
    """
    codes(listed, LONGEST, name=PROGRAMME)
    about = {"units": "1", "long_name": "lines of code for OR-Tools"}
    return xr.Dataset(
        {PROGRAMME: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class ProgrammeFiles:
    """Format of a task's programmes."""

    task: WordedTask
    name: str = "ortools"
    endings: tuple[str, ...] = (".py", ".mps", ".lp")

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a folder for each programme; for invalid code, the code alone."""
        found = {}
        rows = zip(designs[DESIGN].to_numpy().tolist(), designs[PROGRAMME].values, strict=True)
        for i, code in rows:
            place = folder / f"programme_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / CODE).write_text(self.code(str(code)), encoding="utf-8")
            for name, content in self.companions(str(code)).items():
                (place / name).write_text(content, encoding="utf-8")
            found[i] = place
        return found

    def code(self, lines: str) -> str:
        """Return the whole file, with the numbers of the task."""
        reported = [f"{name} = {_literal(value)}" for name, value in self.task.names.items()]
        return HEAD.format(kind=self.task.kind.name) + "\n".join(reported) + START + lines + TAIL

    def companions(self, lines: str) -> Mapping[str, str]:
        """Return MPS and LP, as HiGHS writes them."""
        try:
            made = programme(lines, self.task.names)
        except InputError:
            return {}
        found = {}
        with tempfile.TemporaryDirectory() as folder:
            for name in (MPS, LP):
                highs.write(made, Path(folder) / name)
                found[name] = (Path(folder) / name).read_text(encoding="utf-8")
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a programme, all programmes of a folder, or a file of code alone.

        Raises:
            InputError: for numbers that are not the task's, or files that disagree.
        """
        if path.is_file():
            return programmes([self._code(path)], [_number(path.parent)])
        folders = [path] if (path / CODE).exists() else sorted(path.glob("programme_*"))
        if not folders:
            raise InputError("programmes in folders, programme_00000", f"none in {path}")
        read = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        whole = len(set(numbers)) == len(numbers)
        return programmes(read, numbers if whole else list(range(len(numbers))))

    def _folder(self, place: Path) -> str:
        """Read the code of a folder whose MPS and LP must agree with it."""
        lines = self._code(place / CODE)
        wanted = self.companions(lines)
        if {p.name for p in place.iterdir()} != {CODE, *wanted}:
            raise InputError(f"{', '.join((CODE, *wanted))}, and nothing else", f"{place}")
        for name in wanted:
            text_of(place / name, "a programme as MPS or LP", most=MOST)
            own = programme(lines, self.task.names)
            own.names = [highs.spelt(n) for n in own.names]
            if highs.read(place / name).canonical() != own.canonical():
                raise InputError(
                    f"{name} that says what {CODE} says",
                    f"another programme in {place}",
                    f"Leave {name} as it was written, or verify {CODE} alone.",
                )
        return lines

    def _code(self, file: Path) -> str:
        """Parse the lines of a programme, after checking that its numbers are the task's."""
        what = "code as propose writes it: numbers, a programme, and its plan"
        found = text_of(file, what, most=MOST)
        head, tail = HEAD.format(kind=self.task.kind.name), TAIL
        if not (found.startswith(head) and found.endswith(tail) and found.count(START) == 1):
            raise InputError(what, f"{file}", "Write lines of your own below `# The programme.`.")
        reported, lines = found[len(head) : -len(tail)].split(START)
        numbers = _numbers(reported, what)
        wrong = [n for n, value in self.task.names.items() if numbers.get(n) != value]
        wrong += [n for n in numbers if n not in self.task.names]
        if wrong:
            raise InputError(
                "the numbers in the task's text",
                f"others under {', '.join(wrong)} in {file}",
                "Change the text, and ask again.",
            )
        return lines


def _literal(value: Any) -> str:
    return repr(int(value) if isinstance(value, float) and value.is_integer() else value)


def _numbers(reported: str, what: str) -> dict[str, Any]:
    """Parse assignments of literals, by name."""
    try:
        found: dict[str, Any] = {}
        for statement in ast.parse(reported).body:
            (target,) = statement.targets  # type: ignore[attr-defined]
            if target.id in found:
                raise ValueError(f"{target.id} twice")
            found[target.id] = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
        return found
    except (SyntaxError, ValueError, AttributeError, TypeError, RecursionError, MemoryError) as e:
        raise InputError(what, f"no numbers ({e})", "Write name = value a line.") from None


def _number(place: Path) -> int:
    match = re.fullmatch(r"programme_(\d{1,9})", place.name)
    return int(match[1]) if match else 0
