"""Canaries: quick looks on the present source, to see whether a stored number would change.

A full result stores the main value of a quick look with one seed, or its row states why not; an
older result gets it when it is first checked. If its source has changed since, the same look is
taken again; the result is stale if its value moved by more than a quarter of the spread between its
seeds. It is a flag, and never by itself a reason to run again.
"""

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import stdev
from typing import TYPE_CHECKING

from ingenium.core.errors import CorruptError
from ingenium.evaluate.measured import Value
from ingenium_book.claims import Claim
from ingenium_book.results import read_sealed, write_sealed
from ingenium_book.study import Result, Study

if TYPE_CHECKING:
    from ingenium.core.problem import Watch

PART = 0.25  # of the spread between seeds
SAME = 1e-6  # of the value, where seeds do not differ


@dataclass(frozen=True)
class Canary:
    """The main value of a quick look, on a later source than that of the result."""

    row: str
    value: float | None
    code: str
    time: str  # UTC


def due(study: Study, result: Result | None) -> bool:
    """True if a result was never checked, without a stated reason."""
    if result is None or result.quick or study.claim.no_canary:
        return False
    return result.canary is None


def reached(study: Study, result: Result | None, stored: Canary | None) -> bool:
    """True if the source of a result with a canary changed since the last measurement."""
    if result is None or result.quick or result.canary is None:
        return False
    return study.code() not in (result.code, stored.code if stored else "")


def take(study: Study, folder: Path, pieces: Path, watch: "Watch") -> Canary:
    """Take the look on the present source, and save its value."""
    found = Canary(
        study.claim.row,
        study.canary(pieces, watch),
        study.code(),
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_sealed(folder / f"{found.row}.json", asdict(found))
    return found


def read(row: str, folder: Path) -> Canary | None:
    """Read the stored canary of a row, if there is one.

    Raises:
        CorruptError: if the file was changed.
    """
    path, again = folder / f"{row}.json", f"Remove it and write: ingenium study canary {row}"
    table = read_sealed(path, again)
    try:
        return None if table is None else Canary(**table)
    except TypeError as error:
        raise CorruptError(str(path), "is not a canary", again) from error


def moved(claim: Claim, result: Result | None, stored: Canary | None) -> bool:
    """True if the canary moved by more than a quarter of the spread between seeds."""
    if result is None or result.canary is None or stored is None or claim.main is None:
        return False
    if stored.value is None:
        return True
    far = abs(stored.value - result.canary)
    if far <= SAME * abs(result.canary):
        return False
    return far > PART * _spread(result.values[claim.main.name], len(result.seeds))


def _spread(main: Value, seeds: int) -> float:
    """Standard deviation between seeds; if they are not stored, from Student's interval."""
    by_seed = [x for x in main.by_seed if math.isfinite(x)]
    if len(by_seed) > 1:
        return stdev(by_seed)
    if by_seed or not main.interval.known or seeds < 2:
        return 0.0
    from scipy.stats import t  # a second, for which a list of rows need not wait

    half = (main.interval.high - main.interval.low) / 2
    return half * math.sqrt(seeds) / float(t.ppf(0.975, seeds - 1))
