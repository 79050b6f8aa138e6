"""SVG files of sketches, one each: paths of straight lines, as a pen draws them."""

import re
import xml.parsers.expat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import numbered
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.edge.doodle.paths import polylines
from ingenium.domains.edge.doodle.raster import PEN
from ingenium.domains.edge.doodle.strokes import (
    BOX,
    LEAST,
    LONGEST,
    MOST,
    Stroke,
    strokes_of,
    word_of,
    written,
)

SKETCH = "sketch"
ABOUT = "word and points of the pen"
MOST_BYTES = 1 << 16
SHOWN = "240"  # pixels of a side
# Possessive matches: a near-path would otherwise be tried in 2^n ways.
BLANK = "[ \\t\\n]*+"
PATH = re.compile(  # a comma stands between numbers alone
    rf"(?>{BLANK}(?:[MLHVmlhv]{BLANK}|(?:(?<=[0-9 \t\n]),{BLANK})?)"
    rf"-?[0-9]{{1,3}}+(?:\.[0-9]{{1,6}}+)?+)++{BLANK}"
)
WHAT = "a sketch as SVG: a title, and paths of straight lines on whole points"


def sketches(listed: list[str], index: list[int]) -> xr.Dataset:
    """Build designs from texts.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=SKETCH)
    text = (DESIGN, np.array(listed, dtype=object), {"units": "1", "long_name": ABOUT})
    return xr.Dataset({SKETCH: text}, coords={DESIGN: np.array(index, dtype=np.int64)})


def svg(text: str) -> str:
    """Write a sketch as a picture that browsers and plotters accept."""
    paths = "\n".join(f'  <path d="{_d(s)}"/>' for s in strokes_of(text))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOX} {BOX}" width="{SHOWN}" '
        f'height="{SHOWN}" fill="none" stroke="black" stroke-width="{PEN:g}" '
        f'stroke-linecap="round" stroke-linejoin="round">\n'
        f"  <title>{word_of(text)}</title>\n{paths}\n</svg>\n"
    )


def _d(stroke: Stroke) -> str:
    points = [f"{x} {y}" for x, y in stroke]
    return "M" + "L".join(points if len(points) > 1 else points * 2)


class SketchSvg:
    """SVG format, one file for each sketch."""

    name = "svg"
    endings = (".svg",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write each sketch below `folder`."""
        found = {}
        for i, text in zip(
            designs[DESIGN].to_numpy().tolist(), designs[SKETCH].values, strict=True
        ):
            path = folder / f"sketch_{i:05d}.svg"
            path.write_text(svg(str(text)), encoding="utf-8")
            found[i] = path
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a sketch, or all sketches of a folder.

        Raises:
            InputError: if there is none, or an invalid file.
        """
        files, index = numbered(path, "sketch_*.svg", "sketches as SVG")
        return sketches([_read(file) for file in files], index)


def _read(file: Path) -> str:
    """Read the text of a file.

    Raises:
        InputError: for a file with elements that a pen cannot draw.
    """
    words, paths = _parsed(file, text_of(file, WHAT, most=MOST_BYTES))
    strokes: list[Stroke] = []
    for d in paths:
        strokes += read_path(d, str(file))
    if len(words) != 1 or not re.fullmatch("[a-z]{0,24}", words[0].strip()):
        raise InputError(WHAT, f"{file}, whose title is no word")
    return written(words[0].strip(), strokes)


def _parsed(file: Path, text: str) -> tuple[list[str], list[str]]:
    """Parse titles and paths; refuses any other element that draws, moves or scales."""
    parser = xml.parsers.expat.ParserCreate()
    titles, paths, within = list[str](), list[str](), list[str]()

    def refuse(why: str) -> None:
        raise InputError(WHAT, f"{file}, with {why}", "Write what propose writes.")

    def start(name: str, given: dict[str, str]) -> None:
        within.append(name)
        own = {"svg": set(_FRAME), "title": set[str](), "path": {"d"}}.get(name)
        if own is None or set(given) - own or len(within) != 1 + (name != "svg"):
            refuse(f"<{' '.join((*within[1:-1], name, *given))}>")
        if name == "svg":
            for entry, value in _FRAME.items():
                if given.get(entry) != value and (entry in given or entry not in _SIZE):
                    refuse(f'{entry}="{given.get(entry, "")[:40]}" instead of "{value}"')
        if name == "title":
            titles.append("")
        if name == "path":
            paths.append(given.get("d", ""))

    def reported(text: str) -> None:
        if within and within[-1] == "title":
            titles[-1] += text

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: within.pop()
    parser.CharacterDataHandler = reported
    parser.StartDoctypeDeclHandler = lambda *given: refuse("a document type")
    parser.ProcessingInstructionHandler = lambda *given: refuse(f"<?{given[0]} ...?>")
    try:
        parser.Parse(text.encode(), True)
    except (xml.parsers.expat.ExpatError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(WHAT, f"{file} ({error})", "Write what propose writes.") from None
    return titles, paths


_SIZE = ("width", "height")  # size in a document, optional
# Required attributes of the frame; any other value could hide, fill or stretch what the pen draws.
_FRAME: Mapping[str, str] = {
    "xmlns": "http://www.w3.org/2000/svg",
    "viewBox": f"0 0 {BOX} {BOX}",
    **dict.fromkeys(_SIZE, SHOWN),
    "fill": "none",
    "stroke": "black",
    "stroke-width": f"{PEN:g}",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


def read_path(d: str, where: str) -> list[Stroke]:
    """Parse the strokes of a path of straight lines.

    Raises:
        InputError: for curves, and for points off the grid.
    """
    if not PATH.fullmatch(d) or d.lstrip(" \t\n")[:1] not in ("M", "m"):
        raise InputError("a path of straight lines, such as M4 4L20 20", f"{d[:60]!r} in {where}")
    try:
        lines = polylines(d)
    except (ValueError, IndexError, TypeError):
        raise InputError("a path with two numbers a point", f"{d[:60]!r} in {where}") from None
    found = []
    for line in lines:
        points = np.rint(line).astype(int)
        if np.abs(line - points).max() > 1e-9 or points.min() < LEAST or points.max() > MOST:
            raise InputError(f"whole points from {LEAST} to {MOST}", f"others in {where}")
        separate = np.any(np.diff(points, axis=0) != 0, axis=1)
        found.append(points[np.r_[True, separate]])
    return found
