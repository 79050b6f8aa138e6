"""A study: one published claim, how it is tested, and what came out."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest, file_digest
from ingenium.core.energy import Meter
from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import machine, versions
from ingenium.evaluate.intervals import Interval
from ingenium.studies.rules import Outcome, Part, Status, decide, outcomes

SOURCE = Path(__file__).parents[1]  # of the package
FEWEST = 5  # seeds of a full study
CORE = ("designs", "seeds", "select", "verdict", "verify")  # what judges in every study
SHIPPED = (".gz", ".json", ".npz", ".safetensors", ".toml", ".txt")  # data that come with it


@dataclass(frozen=True)
class Budget:
    """What one run of a study may spend."""

    seeds: tuple[int, ...]
    quick: bool
    folder: Path  # for parts that are kept between runs


@dataclass(frozen=True)
class Measured:
    """What a study measured: parts of the claim, everything beside them, and on which data."""

    values: Mapping[str, Interval]  # of the parts
    beside: Mapping[str, Interval]  # baselines and further values, by name
    data: str  # digest
    notes: tuple[str, ...] = ()


Measure = Callable[[Budget, Watch], Measured]


@dataclass(frozen=True)
class Result:
    """The outcome of one run, with all that is needed to repeat and to distrust it."""

    row: str
    status: Status
    quick: bool
    seeds: tuple[int, ...]
    values: Mapping[str, Interval]
    outcomes: Mapping[str, Outcome]
    beside: Mapping[str, Interval]
    notes: tuple[str, ...]
    seconds: float
    time: str  # when it was finished, UTC
    data: str
    code: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    command: str
    shipped: str = ""  # digest of the data in the source; not known of results from before it
    energy: Mapping[str, Any] | None = None  # entries of `core.energy.Energy`
    core: str = ""  # digest of the source that judges; not known of results from before it


@dataclass(frozen=True)
class Study:
    """A claim of the reference, cut into parts with bounds, and the experiment that tests it.

    `depends` names the source, relative to the package, that the result rests on, `without` files
    and folders in it that it does not use; when the rest changes the result is stale. A claim
    that cannot be tested says why in `untestable`.
    """

    row: str  # such as "27.1"
    chapter: str
    title: str
    claim: str  # as the reference has it
    claimed: str  # its value, or what stands in for one
    protocol: str
    budget: str
    parts: tuple[Part, ...]
    headline: str  # name of the part that stands for the whole in a table
    measure: Measure | None
    depends: tuple[str, ...]
    quick_seeds: int = 1
    packages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()  # of what `depends` names, what the result does not use
    untestable: str = ""
    source: Path = field(default=SOURCE, repr=False)

    def __post_init__(self) -> None:
        if (self.measure is None) != bool(self.untestable):
            raise InputError(
                "a measurement, or the reason why there can be none",
                f"study {self.row} with {'both' if self.untestable else 'neither'}",
            )
        if self.measure is not None and self.headline not in [p.name for p in self.parts]:
            raise InputError("a headline among the parts", self.headline)

    def code(self) -> str:
        """Digest of the source that the result rests on.

        Raises:
            InputError: if a named part of the source does not exist.
        """
        content: dict[str, str] = {}
        for name in self.depends:
            path = self.source / name
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
            if not files or not all(file.is_file() for file in files):
                raise InputError("a file or folder of the package", name)
            content |= self._digests(files)
        used = dict(content)
        for name in self.without:
            idle = [k for k in content if k == name or k.startswith(f"{name}/")]
            if not idle:
                raise InputError("files among those that the study depends on", name)
            for k in idle:
                used.pop(k, None)
        return digest(used)

    def shipped(self) -> str:
        """Digest of the data files that lie in the source that the result rests on."""
        content: dict[str, str] = {}
        for name in self.depends:
            files = sorted((self.source / name).rglob("*"))
            content |= self._digests([f for f in files if f.suffix in SHIPPED and f.is_file()])
        idle = tuple(f"{name}/" for name in self.without)
        return digest({k: v for k, v in content.items() if not f"{k}/".startswith(idle)})

    def core(self) -> str:
        """Digest of the source that judges and draws seeds, on which every result rests."""
        files = [self.source / "core" / f"{name}.py" for name in CORE]
        return digest(self._digests([file for file in files if file.is_file()]))

    def _digests(self, files: list[Path]) -> dict[str, str]:
        return {str(f.relative_to(self.source)): file_digest(f) for f in files}

    def seeds(self, count: int | None, *, quick: bool) -> tuple[int, ...]:
        """The seeds of a run.

        Raises:
            InputError: for fewer than five seeds of a full study, or none at all.
        """
        least = 1 if quick else FEWEST
        asked = (self.quick_seeds if quick else FEWEST) if count is None else count
        if asked < least:
            raise InputError(
                f"at least {least} seed{'s' if least > 1 else ''}",
                asked,
                "Write --quick for a look with fewer." if not quick else "Write --seeds 1.",
            )
        return tuple(range(asked))

    def run(
        self, seeds: tuple[int, ...], *, quick: bool, folder: Path, watch: Watch = silent
    ) -> Result:
        """Measure, and let the rule decide. `folder` keeps parts of long measurements.

        Raises:
            InputError: if there are too few seeds.
            MissingExtra: if the packages of a domain are not installed.
        """
        self.seeds(len(seeds), quick=quick)
        code, shipped, core = self.code(), self.shipped(), self.core()
        started = time.perf_counter()
        found = Measured({}, {}, "", (self.untestable,))
        status, energy = Status.NOT_TESTABLE, None
        if self.measure is not None:
            parts = folder / code[7:19]  # those of other source are never taken up
            with Meter() as meter:
                found = self.measure(Budget(seeds, quick, parts), watch)
                energy = asdict(meter.read())
            shutil.rmtree(parts, ignore_errors=True)
            status = decide(self.parts, found.values)
        return Result(
            row=self.row,
            status=status,
            quick=quick,
            seeds=seeds,
            values=found.values,
            outcomes=outcomes(self.parts, found.values) if found.values else {},
            beside=found.beside,
            notes=found.notes,
            seconds=time.perf_counter() - started,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            data=found.data,
            code=code,
            versions=versions(self.packages),
            machine=machine(),
            command=self.command(len(seeds), quick=quick),
            shipped=shipped,
            energy=energy,
            core=core,
        )

    def command(self, count: int, *, quick: bool) -> str:
        """The command that repeats a run."""
        return f"ingenium study run {self.row}{' --quick' if quick else ''} --seeds {count}"
