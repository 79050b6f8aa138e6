"""C code that is generated, compiled and run: constants, templates, and a compiler's answer.

A domain provides its own functions as a `CText`; `c_source` writes the integer graph. Only our own
source with numbers filled in is compiled, so no foreign code runs.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.errors import EngineError, InputError, MissingProgram

FLAGS = ("-O1", "-std=c99", "-fPIC", "-shared", "-ffp-contract=off", "-Wall", "-Werror")
TIMEOUT_S = 120
ROW = 24  # numbers in a line
ESCAPES = [f"\\{v:03o}" for v in range(256)]  # of bytes in a literal
MOST = 64  # numbers in a row of a text that is read
_NUMBER = r"-?[0-9.]+(?:e[+-]?[0-9]+)?"
_CONSTANT = re.compile(r"static const double (\w+)(?:\[[^\]]*\])? = \{?([^;{}]*)\}?;")


Numbers = int | float | Sequence[float] | np.ndarray


@dataclass(frozen=True)
class CText:
    """C99 source with `@name@` in place of numbers; it is read back to the same numbers."""

    body: str
    digits: int = 9  # of each number

    def filled(self, entries: Mapping[str, str | Numbers]) -> str:
        """Fill in the numbers; a text is inserted as it is."""
        found = self.body
        for key, value in entries.items():
            found = found.replace(f"@{key}@", value if isinstance(value, str) else self.row(value))
        return found

    def row(self, values: Numbers) -> str:
        """Format numbers."""
        return ", ".join(f"{float(v):.{self.digits}g}" for v in np.ravel(values))


def constants(text: str) -> dict[str, str]:
    """Return the rows of numbers in a source, by name."""
    found = (_CONSTANT.fullmatch(line) for line in text.splitlines())
    return {match[1]: match[2] for match in found if match}


def numbers(row: str) -> tuple[float, ...]:
    """Parse the numbers of a row.

    Raises:
        ValueError: for other text, or more than `MOST` numbers.
    """
    cells = row.split(",")
    if len(cells) > MOST or any(not re.fullmatch(_NUMBER, c.strip()) for c in cells):
        raise ValueError("no numbers")
    found = tuple(float(c) for c in cells)
    if not np.isfinite(found).all():
        raise ValueError("a number that is none")
    return found


def same(expected: str, got: str, where: str, what: str, instead: str) -> None:
    """Accept a text that equals the one generated from its own numbers.

    Raises:
        InputError: with the first line that differs.
    """
    if expected == got:
        return
    both = zip(expected.splitlines(), got.splitlines(), strict=False)
    at = next((i for i, (a, b) in enumerate(both, 1) if a != b), None)
    place = f"line {at}" if at else "its length"
    raise InputError(what, f"{where}, which differs in {place}", instead)


def array(kind: str, name: str, values: np.ndarray | Sequence[int]) -> str:
    """A constant array of integers; bytes become a literal."""
    if kind == "int8_t":
        return _literal(name, np.asarray(values))
    flat = [str(int(v)) for v in np.ravel(values)]
    rows = (",".join(flat[i : i + ROW]) for i in range(0, len(flat), ROW))
    return f"static const {kind} {name}[{len(flat)}] = {{\n" + ",\n".join(rows) + "};"


def _literal(name: str, values: np.ndarray) -> str:
    """Bytes in a string, which compilers read many times faster than numbers."""
    flat = [ESCAPES[v] for v in values.astype(np.int8).tobytes()]
    rows = ("".join(flat[i : i + ROW]) for i in range(0, len(flat), ROW))
    size = f"static const int8_t {name}[{len(flat)}] __attribute__((aligned(4)))"
    return f"{size} =\n" + "\n".join(f'"{row}"' for row in rows) + ";"


def shared_library(
    sources: Mapping[str, str], out: Path, use: str, flags: Sequence[str] = FLAGS
) -> None:
    """Compile files into a shared library for this machine; `use` names its purpose for errors.

    Raises:
        MissingProgram: without a C compiler.
        EngineError: if it fails.
    """
    program = shutil.which("cc")
    if program is None:
        raise MissingProgram("cc", use)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written(sources, folder)
        files = [name for name in sources if name.endswith(".c")]
        answer([program, *flags, *files, "-lm", "-o", "built.so"], folder)
        shutil.copyfile(folder / "built.so", out)


def written(sources: Mapping[str, str], folder: Path) -> None:
    """Write the files of a program to a folder."""
    for name, text in sources.items():
        (folder / name).write_text(text)


def answer(command: Sequence[str], folder: Path) -> str:
    """Run a compiler or an emulator and return its output.

    Raises:
        EngineError: where it fails, or exceeds its time.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"{command[0]} was not done after {TIMEOUT_S} s") from None
    if done.returncode:
        raise EngineError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
