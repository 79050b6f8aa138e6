"""The artifact: what a verb ends in, made from a spec, sealed, judged, opened and replayed.

A kind of artifact declares its record file, the files whose digests it seals, its spec, and the
functions that draw its figures and reproduce it. Opening, judging and replaying are shared.
"""

import importlib
import math
import tempfile
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import MOST_TOML, refusing, text
from ingenium.core.sealed import sealed_text, unsealed
from ingenium.core.spec import Limit, parse
from ingenium.core.verdict import OUTCOMES, Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
A = TypeVar("A", bound="Artifact")
Table = Sequence[Sequence[str]]  # the first row is the header
Drawn = tuple[str, str, "Figure"]  # heading, sentence and picture
SAME = 1e-6  # relative tolerance of a replay


def load(path: Path, kind: type[T], what: str) -> T:
    """Parse a table of a TOML file as an object, such as a spec.

    Raises:
        InputError: if the file is missing, or is not such a table.
    """
    expected = f"{what} as a TOML file"
    found = text(path, expected, most=MOST_TOML, prose=True)
    with refusing(expected, path):
        table = tomllib.loads(found)
    return parse(table, kind, str(path))


@dataclass(frozen=True)
class ReplayCheck:
    """One part of a record, whether it is reproduced, and the finding."""

    part: str
    reproduced: bool
    found: str


@dataclass(frozen=True)
class Replay:
    """A record compared with the record of the reproduced artifact."""

    checks: tuple[ReplayCheck, ...]
    reasons: tuple[str, ...]  # why a part may not hold

    @staticmethod
    def of(same: Mapping[str, bool]) -> "Replay":
        """Build the comparison from the result of each part of a record, by name."""
        words = {True: "as recorded", False: "not as recorded"}
        return Replay(tuple(ReplayCheck(k, v, words[v]) for k, v in same.items()), ())

    @property
    def reproduced(self) -> bool:
        """Return whether every part of the record is reproduced."""
        return all(c.reproduced for c in self.checks)

    @property
    def broken(self) -> list[str]:
        """Names of the parts that are not reproduced."""
        return [c.part for c in self.checks if not c.reproduced]


@dataclass(frozen=True)
class JudgedValue:
    """A measured value with its interval and the limits on it, in its unit."""

    value: float | None  # None without an answer
    low: float | None
    high: float | None
    unit: str
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, repr=False)
class Artifact:
    """An artifact in its folder, with its record as it was sealed."""

    folder: Path
    record: Mapping[str, Any]

    what: ClassVar[str]  # such as `a monitor`
    file: ClassVar[str]  # name of the record
    made_by: ClassVar[str]  # the command
    parts: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # compared by a replay: paths in a record
    remade_by: ClassVar[str] = ""  # "module:function" of the artifact and a folder, to a Replay
    drawn_by: ClassVar[str] = ""  # "module:function" of the artifact, to its figures

    def __repr__(self) -> str:
        return f"{type(self).__name__} in {self.folder}: {self.lead}."

    @classmethod
    def open(cls: type[A], folder: Path, *, without: Collection[str] = ()) -> A:
        """Open the artifact in a folder and check that its files are those that were judged.

        Args:
            folder: where its record lies.
            without: names of sealed files that may be absent.

        Raises:
            InputError: if there is none, or one of an older version.
            CorruptError: if it cannot be read, or it or one of its files was altered.
        """
        path = folder / cls.file
        if not path.is_file():
            raise InputError(f"the folder of {cls.what}", f"{folder}", f"Write `{cls.made_by}`.")
        try:
            found, whole = unsealed(path.read_bytes())
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise cls.corrupt(path, f"is no record ({error})") from error
        if not whole:
            raise cls.corrupt(path, "is not the record that was written")
        if found.get("verdict") not in OUTCOMES:
            raise InputError(
                f"a verdict of {', '.join(OUTCOMES)} in {path}",
                f"{found.get('verdict', 'none')}, from an older version",
                f"Make it again with `{cls.made_by}`.",
            )
        own = cls(folder, found)
        try:
            for name, digest in own.sealed().items():
                if name not in without:
                    own._check_file(name, digest)
            own.check()
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise cls.corrupt(path, f"is no record of {cls.what} ({error})") from error
        return own

    def _check_file(self, name: str, digest: str) -> None:
        path = self.folder / name
        if not path.is_file() or file_digest(path) != digest:
            raise self.corrupt(path, "is not the file that was judged")

    @classmethod
    def corrupt(cls, path: Path, found: str) -> CorruptError:
        """Return the error for a damaged part of it."""
        return CorruptError(str(path), found, f"Make it again with `{cls.made_by}`.")

    @classmethod
    def write(cls, folder: Path, record: Mapping[str, Any]) -> None:
        """Seal a record and write it to a folder, as `open` expects it.

        Raises:
            StorageError: if it cannot be written.
        """
        write_atomic(folder / cls.file, sealed_text(record))

    def sealed(self) -> Mapping[str, str]:
        """Files in the folder with their digests, as the record names them."""
        return {}

    def check(self) -> None:
        """Read the contents that the record must hold; any error means that it is corrupt."""

    @property
    def spec(self) -> Any:
        """The spec that it was made from."""
        raise NotImplementedError

    @property
    def verdict(self) -> Verdict:
        """Accepted, rejected, inconclusive or failed."""
        return Verdict(self.record["verdict"])

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons for a verdict other than accepted, in sentences."""
        broken = (k for k, m in self.record.get("margins", {}).items() if m is None or m < 0)
        return tuple(self.record.get("reasons", broken))

    @property
    def values(self) -> dict[str, JudgedValue]:
        """Measured values by quantity, with the limits on them."""
        limits: Sequence[Limit] = getattr(self.spec, "limits", ())
        return {
            name: JudgedValue(
                own["value"],
                own.get("low", own["value"]),
                own.get("high", own["value"]),
                own["unit"],
                tuple(x for x in limits if x.quantity == name),
            )
            for name, own in self.record.get("measured", {}).items()
        }

    @property
    def title(self) -> str:
        """The heading of its report."""
        return str(self.record.get("title") or self.what)

    @property
    def lead(self) -> str:
        """The artifact and its verdict in a sentence, without its full stop."""
        return f"{self.what}: {self.verdict}"

    @property
    def notes(self) -> Sequence[str]:
        """Further facts for the reader, in sentences."""
        return tuple(self.record.get("notes", ()))

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Tables of its report, with their headings."""
        return (self.measured(),)

    def measured(self) -> tuple[str, Table]:
        """The table of its measured values, with their intervals and limits."""
        rows = [("quantity", "value", "95 % interval", "unit", "limit")]
        for name, own in self.values.items():
            limits = " and ".join(x.label for x in own.limits)
            rows.append((name, *shown(own), own.unit, limits))
        some = any(row[-1] for row in rows[1:])
        return "What was measured", rows if some else [row[:-1] for row in rows]

    def figures(self) -> Sequence[Drawn]:
        """Return the figures of its report, plotted from the contents of its folder."""
        if not self.drawn_by:
            return ()
        drawn: Sequence[Drawn] = named(self.drawn_by)(self)
        return drawn

    def replay(self) -> Replay:
        """Reproduce it in a temporary folder and compare the two records.

        Raises:
            InputError: if what it was made from is no longer there.
        """
        with tempfile.TemporaryDirectory() as place:
            found: Replay = named(self.remade_by)(self, Path(place) / "again")
        return found

    def compared(self, again: Mapping[str, Any]) -> Replay:
        """Compare its record with the record of the reproduced artifact."""
        ways = {**self.parts, "verdict": ("verdict",)}
        return Replay.of({k: alike(_at(self.record, w), _at(again, w)) for k, w in ways.items()})


def listed(
    records: Iterable[Mapping[str, Any]], columns: Mapping[str, str], *, none: str = ""
) -> Table:
    """A table of records.

    Args:
        records: a row each.
        columns: by heading, entries of a record as `str.format` writes them: `{at_s:.1f}`.
        none: text for an entry without a value.
    """

    def cell(pattern: str, record: Mapping[str, Any]) -> str:
        try:
            return pattern.format_map(record)
        except TypeError:  # an entry without a value, which has no digits
            return none

    words = {True: "yes", False: "no"}
    plain = ({k: words[v] if isinstance(v, bool) else v for k, v in r.items()} for r in records)
    return [tuple(columns), *(tuple(cell(p, r) for p in columns.values()) for r in plain)]


def shown(own: JudgedValue) -> tuple[str, str]:
    """Format a value and its interval to three digits; no interval where it was counted."""
    if own.value is None:
        return "unknown", ""
    if own.low is None or own.high is None or own.low == own.high:
        return f"{own.value:.3g}", ""
    return f"{own.value:.3g}", f"{own.low:.3g} to {own.high:.3g}"


def named(reference: str) -> Any:
    """Import the class or function of `module:name`."""
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def alike(a: Any, b: Any) -> bool:
    """Compare plain data; two numbers are equal within a relative difference of one millionth."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=SAME)
    return bool(a == b)


def _at(found: Any, way: Sequence[str]) -> Any:
    """Return an entry of a record, None where it is absent."""
    for step in way:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
