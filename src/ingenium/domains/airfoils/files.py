"""Selig's `.dat` files, as used by the UIUC database and XFOIL: a name, then points."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import lines, number
from ingenium.domains.airfoils.cst import (
    WORST_FIT,
    Surfaces,
    arrays_of,
    fitted,
    misfits,
    outline,
    straightened,
)

NAMED = "section_"
FEWEST = 10  # points of an outline
BACK = 1e-3  # chords; the next point may lie this far behind, round the nose and at the tail
ROUND = 0.02  # chords from the nose, within which points may go back and forth
SPIKE = 2e-3  # chords; a point may protrude this far from its neighbours; known ones: 99 % less
TINY = 1e-16  # chords to the fourth: ends that touch do not cross
MOST_BYTES = 1 << 20  # of a file; ten thousand points are enough for any section
_FORM = "Write points from the upper trailing edge round the nose to the lower one."


class SeligDat:
    """One outline per file, from the upper trailing edge round the nose to the lower one.

    Nine decimals restore the 18 numbers to about 1e-7, and measured values with them.
    """

    name = "dat"
    endings = (".dat",)

    def __init__(self, variables: tuple[Variable, ...]) -> None:
        self.variables = variables

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file for each design."""
        paths = {}
        outlines = outline(to_arrays(designs, self.variables))
        for index, points in zip(designs[DESIGN].to_numpy().tolist(), outlines, strict=True):
            paths[index] = folder / f"{NAMED}{index:06d}.dat"
            paths[index].write_text(dat(f"ingenium {NAMED}{index:06d}", points))
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read the sections of a folder or a file; files of other origin are numbered in order.

        Raises:
            InputError: for a file without an outline, or an outline that crosses itself.
        """
        files = files_in(path)
        arrays = arrays_of(torch.from_numpy(np.stack([numbers_in(f) for f in files])))
        return to_dataset(arrays, self.variables, {}, index=indices_of(files))


def dat(name: str, points: Float[np.ndarray, "p 2"]) -> str:
    """Return the text of a file."""
    return "\n".join([name, *(f"{x:12.9f} {y:12.9f}" for x, y in points)]) + "\n"


def outline_in(path: Path) -> Float[np.ndarray, "p 2"]:
    """Return the points of a file in Selig's order, converted from Lednicer's order if needed.

    Raises:
        InputError: if the file has no outline.
    """
    found = lines(path, "a .dat file of points", most=MOST_BYTES)
    both = [(line, _pair(line)) for line in found if line.strip()]
    first = next((i for i, (_, pair) in enumerate(both) if pair is not None), len(both))
    pairs = [pair for _, pair in both[first:] if pair is not None]
    if len(pairs) < len(both) - first:
        odd = next(line for line, pair in both[first:] if pair is None)
        raise InputError("x and y on each line below the name", f"{odd[:40]!r} in {path}", _FORM)
    points = np.array(pairs).reshape(-1, 2)
    if len(points) > 1 and (points[0] > 1.5).all() and (points[0] % 1 == 0).all():
        points = _from_lednicer(points, path)
    off = int((~np.isfinite(points)).any(1).sum())
    if len(points) < FEWEST or off:
        raise InputError(
            f"an outline of at least {FEWEST} points, a finite x and y on each line",
            f"{len(points)} points, {off} of them not finite, in {path}",
            "Write Selig's form: a name, then points from the upper tail round the nose.",
        )
    middle = points[len(points) // 4, 1] - points[-len(points) // 4, 1]
    return points if middle >= 0 else points[::-1].copy()  # from below: the other way round


def _pair(line: str) -> tuple[float, float] | None:
    words = line.replace(",", " ").split()
    try:
        x, y = map(number, words)
    except ValueError:
        return None
    return x, y


def _from_lednicer(points: Float[np.ndarray, "p 2"], path: Path) -> Float[np.ndarray, "q 2"]:
    """Lednicer's order (each surface from nose to tail) converted to one way round."""
    above, below = (round(v) for v in points[0])
    rest = points[1:]
    if len(rest) != above + below:
        raise InputError(
            f"{above:g} + {below:g} points", f"{len(rest)} in {path}", "Mend the counts."
        )
    return np.concatenate([rest[:above][::-1], rest[above + 1 :]])


def numbers_in(path: Path) -> Float[np.ndarray, " d"]:
    """Return the Kulfan numbers nearest to the outline of a file.

    Raises:
        InputError: if the file has no outline, or one that crosses itself or is no wing section.
    """
    raw = outline_in(path)
    if not np.ptp(raw, axis=0).any():
        raise InputError("an outline with a chord", f"one point over and over, in {path}", _FORM)
    points = straightened(raw)
    numbers = fitted(points)
    if bool(Surfaces.of(arrays_of(torch.from_numpy(numbers[None]))).crossed):
        raise InputError(
            "an outline whose surfaces do not meet between nose and tail",
            f"one that crosses itself, in {path}",
            _FORM,
        )
    distance = misfits(points, numbers)
    off = float(np.abs(distance).max())
    if off > WORST_FIT:
        raise InputError(
            f"an outline that a smooth section meets within {WORST_FIT:g} chords everywhere",
            f"one that lies {off:.3g} chords off, in {path}",
            _FORM,
        )
    _check_order(points, path)
    spike = float((np.abs(np.diff(distance, 2)) * (points[1:-1, 0] > ROUND)).max()) / 2
    if spike > SPIKE:
        raise InputError(
            f"points of which none deviates by more than {SPIKE:g} chords",
            f"one by {spike:.3g}, in {path}",
            "Smooth the outline: what is judged is a smooth section.",
        )
    return numbers


def _check_order(points: Float[np.ndarray, "p 2"], path: Path) -> None:
    """Refuse points that do not go once round from tail to nose and back, or that cross."""
    front = int(np.argmin(points[:, 0]))
    step = np.diff(points[:, 0])
    back = np.concatenate([step[:front], -step[front:]])
    near = np.minimum(points[:-1, 0], points[1:, 0]) < ROUND
    if (back[~near] > BACK).any() or _crosses(points):
        raise InputError(
            "points that go once round the section",
            f"an outline that turns back or crosses itself, in {path}",
            _FORM,
        )


def _crosses(points: Float[np.ndarray, "p 2"]) -> bool:
    """Return whether two sides of an open outline cross between their ends."""
    a, b = points[:-1], points[1:]

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        way, off = q - p, r - p
        turned: np.ndarray = way[..., 0] * off[..., 1] - way[..., 1] * off[..., 0]
        return turned

    c, d = a[:, None], b[:, None]
    parted = side(a, b, c) * side(a, b, d) < -TINY
    return bool((parted & parted.T).any())


def files_in(path: Path) -> list[Path]:
    """Return the files of a folder, or the named file.

    Raises:
        InputError: for a folder without any.
    """
    files = sorted(path.glob("*.dat")) if path.is_dir() else [path]
    if not files:
        raise InputError("a folder with .dat files", str(path), "Write what propose writes.")
    return files


def indices_of(files: Sequence[Path]) -> np.ndarray:
    """Return the designs' indices from names of our own files; for others, their order."""
    return np.array([_index_of(f, place) for place, f in enumerate(files)])


def _index_of(path: Path, place: int) -> int:
    number = path.stem.removeprefix(NAMED)
    return int(number) if path.stem.startswith(NAMED) and number.isdigit() else place
