"""Files of a law: a folder of equal formulas in SymPy, LaTeX and C."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.domains.equations.law import written
from ingenium.domains.equations.law.codec import LAW, VALUES
from ingenium.domains.equations.law.language import CONSTANTS, Postfix, text
from ingenium.domains.equations.law.table import MeasuredTable

MOST = 1 << 16  # bytes of a file
SYMPY, LATEX, C = "law.sympy", "law.tex", "law.c"
HELD = re.compile(r"(c\d+) = (-?[0-9.e+-]+)  # (\S+)")


def laws(listed: list[Postfix], constants: list[tuple[float, ...]], index: list[int]) -> xr.Dataset:
    """Build designs from tokens and constants."""
    table = np.zeros((len(listed), CONSTANTS))
    for row, own in zip(table, constants, strict=True):
        row[: len(own)] = own
    texts = np.array([text(t) for t in listed], dtype=object)
    about = {"units": "1", "long_name": "formula in postfix order"}
    values = ((DESIGN, "place"), table, {"units": "1", "long_name": "constants of the formula"})
    return xr.Dataset(
        {LAW: (DESIGN, texts, about), VALUES: values},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class FormulaFiles:
    """Format of a table's laws. A constant with a unit has a line and a symbol of its own."""

    table: MeasuredTable
    name: str = "formula"
    endings: tuple[str, ...] = (".sympy", ".tex", ".c")

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a folder for each law."""
        found = {}
        index = designs[DESIGN].to_numpy().tolist()
        rows = zip(index, designs[LAW].values, designs[VALUES].to_numpy().tolist(), strict=True)
        for i, law, constants in rows:
            place = folder / f"law_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            for name, content in self.contents(str(law), constants).items():
                (place / name).write_text(content, encoding="utf-8")
            found[i] = place
        return found

    def contents(self, law: str, constants: list[float]) -> Mapping[str, str]:
        """Return the three files of a law; for an invalid formula, its text."""
        tokens = self.table.language.split(law)
        if tokens is None:
            return dict.fromkeys((SYMPY, LATEX, C), f"no formula: {law}\n")
        held = [t for t in tokens if t in self.table.language.held]
        own = constants[: len(held)]
        symbols, lines, places = [], [], []
        for i, (token, value) in enumerate(zip(held, own, strict=True), 1):
            unit = token.partition("[")[2].removesuffix("]")
            symbols.append(f"c{i}" if unit else written.number(value))
            if unit:
                lines.append(f"c{i} = {written.number(value)}  # {unit}\n")
                places.append(f"    const double c{i} = {written.number(value)}; /* {unit} */\n")
        return {
            SYMPY: self._sympy(tokens, symbols, lines),
            LATEX: self._latex(tokens, own, held),
            C: self._c(tokens, symbols, places),
        }

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the table."""
        return self.table.language.names

    @property
    def target(self) -> str:
        """The explained column, as it is called in files."""
        return written.exported((self.table.target, *self.names))[self.table.target]

    def _about(self) -> str:
        """Return the head of a file: columns with units, and what they are called in formulas."""
        columns = zip(self.names, self.table.units, strict=True)
        own = written.exported(self.names) | {self.table.target: self.target}
        other = [f"{new} is {name}" for name, new in own.items() if new != name]
        reported = ", ".join(f"{name} in {unit}" for name, unit in columns)
        about = f"{self.table.target} in {self.table.target_unit}, of {reported}"
        return f"{about}; here {', '.join(other)}" if other else about

    def _sympy(self, tokens: Postfix, symbols: list[str], lines: list[str]) -> str:
        formula = written.infix(tokens, symbols, "sympy", written.exported(self.names))
        return f"# {self._about()}\n{''.join(lines)}{self.target} = {formula}\n"

    def _latex(self, tokens: Postfix, constants: list[float], held: list[str]) -> str:
        formula = latex(self.table, tokens, constants)
        units = [
            f"% c{i} in {t.partition('[')[2].removesuffix(']')}\n"
            for i, t in enumerate(held, 1)
            if "[" in t
        ]
        return f"% {self._about()}\n{''.join(units)}{formula}\n"

    def _c(self, tokens: Postfix, symbols: list[str], places: list[str]) -> str:
        names = written.exported(self.names)
        takes = ", ".join(f"double {names[n]}" for n in self.names)
        formula = written.infix(tokens, symbols, "c", names)
        return (
            f"/* {self._about()} */\n#include <math.h>\n\n"
            f"double {self.target}({takes})\n{{\n{''.join(places)}"
            f"    return {formula};\n}}\n"
        )

    def read(self, path: Path) -> xr.Dataset:
        """Read a law, all laws of a folder, or a file of SymPy alone.

        Raises:
            InputError: for an invalid formula over the table, or files that disagree.
        """
        if path.is_file():
            tokens, constants = self._read(path)
            return laws([tokens], [constants], [_number(path.parent)])
        folders = [path] if (path / SYMPY).exists() else sorted(path.glob("law_*"))
        if not folders:
            raise InputError("laws in folders, law_00000", f"none in {path}")
        read = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        index = numbers if len(set(numbers)) == len(numbers) else list(range(len(numbers)))
        return laws([t for t, _ in read], [c for _, c in read], index)

    def _folder(self, place: Path) -> tuple[Postfix, tuple[float, ...]]:
        """Read a law whose three files must agree."""
        if {p.name for p in place.iterdir()} != {SYMPY, LATEX, C}:
            raise InputError(f"{SYMPY}, {LATEX} and {C}, and nothing else", f"{place}")
        tokens, constants = self._read(place / SYMPY)
        for name, content in self.contents(text(tokens), list(constants)).items():
            if text_of(place / name, "a law as text", most=MOST) != content:
                raise InputError(
                    f"{name} as it follows from {SYMPY}",
                    f"another formula in {place}",
                    f"Leave {name} as it was written, or verify {SYMPY} alone.",
                )
        return tokens, constants

    def _read(self, file: Path) -> tuple[Postfix, tuple[float, ...]]:
        """Parse tokens and constants of a file of SymPy."""
        found = text_of(file, "a law in SymPy's syntax", most=MOST)
        lines = [x for x in found.splitlines() if x.strip() and not x.startswith("#")]
        for reported in (
            x for x in found.splitlines() if x.startswith(f"# {self.table.target} in ")
        ):
            if reported != f"# {self._about()}":
                raise InputError(
                    self._about(), f"a law of other columns or units: {reported[2:80]}"
                )
        values: dict[str, float] = {}
        units: dict[str, str] = {}
        admitted = dict(self.table.language.constants)
        for line in lines[:-1]:
            match = HELD.fullmatch(line)
            token = f"c[{match[3]}]" if match else ""
            if match is None or token not in admitted:
                known = ", ".join(t[2:-1] for t in admitted) or "none"
                raise InputError(
                    "constants such as `c1 = 9.81  # m/s**2` in admitted units",
                    line[:60],
                    f"Admitted: {known}; see constant_units.",
                )
            values[match[1]], units[match[1]] = _float(match[2]), token
        head, _, formula = (lines[-1] if lines else "").partition(" = ")
        if head != self.target:
            raise InputError(f"a last line `{self.target} = ...`", head[:60])
        tokens, held = written.parsed(formula, self.table.language, units)
        own = tuple(values[h] if isinstance(h, str) else float(h) for h in held)
        if not all(np.isfinite(own)):
            raise InputError("finite constants", formula[:60])
        return tokens, own


def latex(table: MeasuredTable, tokens: Postfix, constants: list[float], digits: int = 6) -> str:
    """Write the law as LaTeX, `T = ...`."""
    names = {n: written.latex_name(n) for n in table.language.names}
    own = [written.latex_number(c, digits) for c in constants]
    formula = written.infix(tokens, own, "latex", names)
    return f"{written.latex_name(table.target)} = {formula}"


def _number(place: Path) -> int:
    tail = place.name.rpartition("_")[2]
    return int(tail) if tail.isdigit() and len(tail) < 10 else 0


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError("a number", text) from None
