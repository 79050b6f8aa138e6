"""Truss files: finite element decks and drawings, one truss each, fully checked on reading.

A file is converted to a truss, and that truss to its expected file: any difference is refused. So
no content of a file is ignored, and no header is trusted.
"""

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines, number, refusing
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, KINDS, PANELS, joints_m, layout
from ingenium.domains.structures.roof.settings import GRAVITY_M_S2, RoofSettings

NUMBER = re.compile(r"truss_(\d+)")
NEAR = 1e-6  # relative tolerance between a number of a file and that of its truss
MM = 1e3
MILLIMETRES = 4  # the code of a DXF
SECTIONS_OF_DXF = {"HEADER", "CLASSES", "TABLES", "BLOCKS", "ENTITIES", "OBJECTS"}
SUBCLASS = 100  # a mark of later versions of DXF, which occurs twice
# Of a LINE: handle, line type, layer, colour, ends, owner.
LINE_CODES = (5, 6, 8, 62, *range(10, 32, 10), *range(11, 32, 10), 330)
ENDS = (10, 20, 11, 21)  # a height may be left out
POISSON = 0.3  # that a deck must state; no bar uses it


class TrussNumbers(NamedTuple):
    """One truss, in the order of the variables."""

    kind: int
    panels: int
    depth_m: float
    profile: tuple[int, ...]

    def layer(self, group: int) -> str:
        """Return the name of a group and its section: `BOTTOM_SHS100x100x5`."""
        return f"{GROUPS[group].upper()}_{SECTIONS.names[self.profile[group]]}"


def _profile(names: Sequence[str]) -> tuple[int, ...]:
    """Indices of the sections in the layer names of all groups.

    Raises:
        InputError: for groups that are missing, duplicated, or of no known section.
    """
    found = dict(name.split("_", 1) for name in sorted(set(names)) if "_" in name)
    known = {name.upper(): i for i, name in enumerate(SECTIONS.names)}
    places = [known.get(found.get(g.upper(), "").upper()) for g in GROUPS]
    if len(set(names)) != len(GROUPS) or None in places:
        raise InputError(
            f"one section each for {', '.join(g.upper() for g in GROUPS)}",
            ", ".join(sorted(set(names)))[:200] or "none",
            "Name them like BOTTOM_SHS100x100x5.",
        )
    return tuple(p for p in places if p is not None)


FRAME = ("SECTION", "ENDSEC", "EOF")  # of a drawing


@dataclass(frozen=True, eq=False)
class TrussFile:
    """One file for each truss, `truss_00012` with the suffix of the format."""

    roof: RoofSettings
    variables: tuple[Variable, ...]
    name: ClassVar[str]
    suffix: ClassVar[str]

    @property
    def endings(self) -> tuple[str, ...]:
        """Suffixes of its files."""
        return (self.suffix,)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every truss below the folder."""
        paths = {}
        columns = (designs[v.name].to_numpy().tolist() for v in self.variables)
        index = designs[DESIGN].to_numpy().tolist()
        for i, kind, panels, depth, profile in zip(index, *columns, strict=True):
            one = TrussNumbers(int(kind), int(panels), depth, tuple(int(p) for p in profile))
            paths[i] = folder / f"truss_{i:05d}{self.suffix}"
            write_atomic(paths[i], ("\n".join(self.reported(one)) + "\n").encode())
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the truss of a file, or all trusses of a folder.

        Raises:
            InputError: for other files, or trusses of other problems.
        """
        paths = [path] if path.is_file() else sorted(path.glob(f"truss_*{self.suffix}"))
        if not paths:
            what = f"a {self.name} file of a truss, or a folder of them"
            raise InputError(what, str(path), f"Name them truss_00000{self.suffix}.")
        match = [NUMBER.search(p.name) for p in paths]
        index = np.array([int(m.group(1)) if m else i for i, m in enumerate(match)])
        columns = zip(*(self.checked(p) for p in paths), strict=True)
        arrays = tuple(torch.tensor(c, dtype=torch.float64) for c in columns)
        return to_dataset(arrays, self.variables, {"group": list(GROUPS)}, index=index)

    def checked(self, path: Path) -> TrussNumbers:
        """Read the truss of a file and check that the file contains nothing else.

        Raises:
            InputError: for any other file.
        """
        what = f"a truss as {self.name}"
        if not path.name.endswith(self.suffix):
            raise InputError(f"a file that ends in {self.suffix}", path.name)
        with refusing(what, path):
            said = self.blocks(lines(path, what))
            panels, depth, profile = self.seen(said)
            low, high = self.roof.depths_m
            if panels not in PANELS or not low <= depth <= high:
                raise InputError(
                    f"{PANELS[0]} to {PANELS[-1]} panels, even, {low:g} to {high:g} m deep",
                    f"{panels} and {depth:g} m in {path.name}",
                )
            every = [TrussNumbers(k, panels, depth, profile) for k in range(len(KINDS))]
            faults = [_fault(said, self.blocks(self.reported(one))) for one in every]
            if None in faults:
                return every[faults.index(None)]
            fault = max(faults, key=lambda f: f[0] if f else 0)
            raise InputError(
                f"a {' or '.join(KINDS)} truss of {self.roof.span_m:g} m under the roof's load",
                f"{fault[1] if fault else ''} in {path.name}"[:200],
                "The span and the loads are those of [setup].",
            )

    @abstractmethod
    def reported(self, truss: TrussNumbers) -> list[str]:
        """Return the lines of a truss's file."""

    @abstractmethod
    def blocks(self, found: list[str]) -> "list[Block]":
        """Return the content of a file in canonical order."""

    @abstractmethod
    def seen(self, said: "list[Block]") -> tuple[int, float, tuple[int, ...]]:
        """Return panels, depth and sections, before they are checked."""


class Block(NamedTuple):
    """Words of a file, and the numbers that belong to them."""

    words: str
    numbers: Float64[np.ndarray, "r c"]


def _fault(said: list[Block], due: list[Block]) -> tuple[int, str] | None:
    """Index and words of the first block that differs from the expected ones, or None."""
    for i, (one, other) in enumerate(zip(said, due, strict=False)):
        same = one.words == other.words and one.numbers.shape == other.numbers.shape
        if not same or not np.allclose(one.numbers, other.numbers, NEAR, 1e-9):
            return i, one.words
    return None if len(said) == len(due) else (len(due), f"{len(said)} parts for {len(due)}")


class TrussDeck(TrussFile):
    """Finite element deck of pinned bars in SI units, for CalculiX, PrePoMax and Abaqus.

    Its step has the service loads: the roof on the upper chord, and gravity.

    Source: Dhondt, CalculiX CrunchiX User's Manual, 2.21 (T3D2, SOLID SECTION, DLOAD GRAV).
    """

    name = "inp"
    suffix = ".inp"

    def reported(self, truss: TrussNumbers) -> list[str]:
        roof, own = self.roof, layout(truss.kind, truss.panels)
        at = joints_m(own, roof.span_m, np.array([truss.depth_m]))[0]
        out = ["** ingenium: flat roof truss; m, N, kg", "*NODE, NSET=JOINTS"]
        out += [f"{i}, {x:.9g}, {y:.9g}, 0" for i, (x, y) in enumerate(at.tolist(), 1)]
        names = [truss.layer(g) for g in range(len(GROUPS))]
        for g, name in enumerate(names):
            out.append(f"*ELEMENT, TYPE=T3D2, ELSET={name}")
            rows = np.flatnonzero(own.group == g)
            out += [f"{b + 1}, {own.bars[b, 0] + 1}, {own.bars[b, 1] + 1}" for b in rows]
        out += ["*MATERIAL, NAME=STEEL", "*ELASTIC", f"{roof.modulus_pa:.9g}, {POISSON}"]
        out += ["*DENSITY", f"{roof.density_kg_m3:.9g}"]
        for name, p in zip(names, truss.profile, strict=True):
            out += [f"*SOLID SECTION, ELSET={name}, MATERIAL=STEEL"]
            out += [f"{SECTIONS.area_m2[p]:.9e}"]
        out += ["*BOUNDARY", "1, 1, 2", f"{truss.panels + 1}, 2, 2"]
        out += [f"{i + 1}, 3, 3" for i in range(len(at))]
        out += ["*STEP", "*STATIC", "*CLOAD"]
        load = own.shares * roof.service_n_m * roof.span_m / truss.panels
        out += [f"{i + 1}, 2, {-load[i]:.9g}" for i in own.top]
        for name in names:
            out += ["*DLOAD", f"{name}, GRAV, {GRAVITY_M_S2}, 0, -1, 0"]
        return [*out, "*NODE PRINT, NSET=JOINTS", "U", "*END STEP"]

    def blocks(self, found: list[str]) -> list[Block]:
        out: list[Block] = []
        words, rows = "", list[list[float]]()

        def close() -> None:
            if words or rows:
                out.append(Block(words, np.array(rows, dtype=np.float64, ndmin=2)))

        for line in (one.strip().upper() for one in found):
            if line.startswith("**") or not line:
                continue
            parts = [p.strip() for p in line.split(",")]
            if line.startswith("*"):
                close()
                words, rows = ", ".join(parts), []
            else:
                if not all(map(_is_number, parts)):  # names and numbers in the order they have
                    words += " " + ", ".join("#" if _is_number(p) else p for p in parts)
                rows.append([number(p) for p in parts if _is_number(p)])
        close()
        return out

    def seen(self, said: list[Block]) -> tuple[int, float, tuple[int, ...]]:
        names = [b.words.rpartition("ELSET=")[2] for b in said if b.words.startswith("*ELEMENT")]
        joints = next((b.numbers for b in said if b.words.startswith("*NODE,")), np.zeros((0, 4)))
        if joints.ndim != 2 or joints.shape[1] != 4 or not len(joints):
            raise InputError("*NODE with x, y and z of each joint", "none")
        return len(joints) // 2 - 1, round(float(joints[-1, 2]), 6), _profile(names)


class TrussDrawing(TrussFile):
    """DXF drawing of one line a bar in millimetres; its layer names group and section.

    Source: Autodesk, DXF Reference (LINE; group codes 8, 10 to 31; $INSUNITS).
    """

    name = "dxf"
    suffix = ".dxf"

    def reported(self, truss: TrussNumbers) -> list[str]:
        own = layout(truss.kind, truss.panels)
        at = MM * joints_m(own, self.roof.span_m, np.array([truss.depth_m]))[0]
        pairs: list[tuple[int, str]] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER")]
        pairs += [(1, "AC1009"), (9, "$INSUNITS"), (70, str(MILLIMETRES)), (0, "ENDSEC")]
        pairs += [(0, "SECTION"), (2, "ENTITIES")]
        for group, ends in zip(own.group, at[own.bars].tolist(), strict=True):
            pairs += [(0, "LINE"), (8, truss.layer(int(group)))]
            for end, (x, y) in enumerate(ends):
                codes = (10 + end, 20 + end, 30 + end)
                pairs += zip(codes, (f"{x:.6f}", f"{y:.6f}", "0.0"), strict=True)
        pairs += [(0, "ENDSEC"), (0, "EOF")]
        return [line for code, value in pairs for line in (f"{code:3d}", value)]

    def blocks(self, found: list[str]) -> list[Block]:
        """Return a block for each layer, lines sorted, independent of their directions."""
        pairs = [(_code(c), v.strip()) for c, v in zip(found[::2], found[1::2], strict=True)]
        starts = [i for i, (code, _) in enumerate(pairs) if code == 0]
        _check_frame(pairs, starts)
        section = ""
        by_layer: dict[str, list[list[tuple[float, ...]]]] = {}
        for a, b in pairwise(starts):
            what, reported = pairs[a][1], dict(pairs[a + 1 : b])
            if what in ("SECTION", "ENDSEC"):
                section = reported.get(2, "").upper()
            if what == "LINE":
                _check_drawn(pairs[a + 1 : b], section)
                ends = [
                    tuple(number(reported.get(c + e, "0")) for c in (10, 20, 30)) for e in (0, 1)
                ]
                by_layer.setdefault(reported.get(8, "").upper(), []).append(sorted(ends))
            elif what == "LAYER" and (
                reported.get(62, "0").strip()[:1] == "-" or reported.get(70, "0") != "0"
            ):
                raise InputError("layers that are shown", f"{reported.get(2)}, frozen or off")
            elif what not in ("SECTION", "ENDSEC", "TABLE", "ENDTAB", "LAYER"):
                raise InputError("lines alone", what, "Draw each bar as one LINE.")
        at = [i for i, pair in enumerate(pairs) if pair == (9, "$INSUNITS")]
        units = [int(pairs[i + 1][1]) for i in at]
        if units != [MILLIMETRES]:
            raise InputError(f"$INSUNITS {MILLIMETRES}, millimetres", str(units))
        return [
            Block(name, np.array(sorted(rows), dtype=np.float64).reshape(len(rows), -1))
            for name, rows in sorted(by_layer.items())
        ]

    def seen(self, said: list[Block]) -> tuple[int, float, tuple[int, ...]]:
        profile = _profile([b.words for b in said])
        bottom = next(b for b in said if b.words.startswith(GROUPS[0].upper()))
        every = np.concatenate([b.numbers for b in said])
        return len(bottom.numbers), round(float(every[:, [1, 4]].max()) / MM, 6), profile


def _code(word: str) -> int:
    if re.fullmatch(r" {0,3}-?[0-9]{1,4} *", word) is None:
        raise InputError("a group code, a whole number", f"{word[:40]!r}", "Export it again.")
    return int(word)


def _check_frame(pairs: list[tuple[int, str]], starts: list[int]) -> None:
    """Refuse a drawing whose sections are not closed, or stand twice, or that goes on after EOF."""
    frame = [i for i in starts if pairs[i][1] in FRAME]
    names = [pairs[i + 1][1].upper() for i in frame if pairs[i][1] == FRAME[0]]
    closed = [pairs[i][1] for i in frame] == [*FRAME[:2] * len(names), FRAME[2]]
    odd = len(set(names)) < len(names) or not SECTIONS_OF_DXF.issuperset(names)
    if odd or not closed or pairs[-1] != (0, FRAME[2]):
        got = f"{len(names)} sections, and {pairs[-1][1][:40]} as its last word"
        raise InputError("a drawing of closed DXF sections, each once, that ends in EOF", got)


def _check_drawn(codes: list[tuple[int, str]], section: str) -> None:
    """Refuse a line that is hidden, in paper space, in a block, thick or extruded.

    Raises:
        InputError: for any code other than ends, layer, colour and marks, or a duplicate.
    """
    reported = [code for code, _ in codes if code != SUBCLASS]
    odd = [code for code in reported if code not in LINE_CODES or reported.count(code) > 1]
    absent = [code for code in ENDS if code not in reported]
    if odd or absent or section != "ENTITIES":
        got = f"one in the section {section}"
        if odd or absent:
            got = f"code {odd[0]}" if odd else f"none of code {absent[0]}"
        raise InputError("lines with exactly two end points each", got, "Draw plain lines.")


def _is_number(word: str) -> bool:
    try:
        number(word)
    except ValueError:
        return False
    return True
