"""The record of a run, checked for alterations by seals, digests and the ledger."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium.core import evidence, seals
from ingenium.core import spec as specs
from ingenium.core.digest import file_digest, path_digest
from ingenium.core.errors import InputError
from ingenium.core.quantity import SCENARIOS
from ingenium.core.spec import Spec
from ingenium.runs.artifacts import RUN_RECORDS
from ingenium.runs.store import FILE, Store
from ingenium.trust.ledger import Ledger
from ingenium.trust.records import Entry

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

EVIDENCE, DESIGNS = "evidence.jsonl", "designs"
REMADE = ("designs/", "report.html")  # files that records name, without being evidence
TOLERANCE = 1e-9  # relative tolerance of one engine on the same numbers
RUNS = ("proposal", "search-end")  # entries of the ledger


@dataclass(frozen=True)
class Recorded:
    """Evidence of a run as its folder contains it now."""

    folder: Path
    records: tuple[dict[str, Any], ...]
    sealed: bool
    entry: int | None  # of the ledger, that notes it
    faults: tuple[str, ...]  # alterations after the run, in sentences

    @property
    def whole(self) -> bool:
        """Return whether seals show that nothing was altered."""
        return self.sealed and not self.faults

    @property
    def reported(self) -> str:
        """State in a sentence."""
        if self.faults:
            return self.faults[0]
        if not self.sealed:
            return "not sealed: made before there were seals, or robbed of them"
        if self.entry is None:
            return "sealed, and not in this ledger: who wrote all of it anew could seal it anew"
        return f"sealed, and noted by entry {self.entry} of the ledger"

    @classmethod
    def of(cls, folder: Path, ledger: Ledger | None = None) -> "Recorded":
        """Read and check the evidence in a folder.

        Raises:
            CorruptError: if it cannot be read.
        """
        records = evidence.read(folder / EVIDENCE)
        broken = seals.faults((folder / EVIDENCE).read_bytes())
        said = _said(folder)
        faults = list(broken or ())
        if broken is None and said is not None:
            faults.append(f"the records of {EVIDENCE} lost their seals after the run")
        if not faults and (broken is not None or said is not None):
            faults += _distance(folder, said, len(records))
        if broken is None and len({r["design"] for r in records}) < len(records):
            faults.append(f"{EVIDENCE} holds more than one record of a design")
        faults += _searched(folder)
        entry, wrong = None, list[str]()
        if ledger is not None:
            entry, wrong = _noted(folder, ledger)
        return cls(folder, tuple(records), broken is not None, entry, (*faults, *wrong))

    def of_file(self, path: Path) -> list[dict[str, Any]]:
        """Return the records of the designs in a file, or in a folder of files."""
        inside = path.resolve().relative_to(self.folder).as_posix()
        own = self._by_file.get(inside, [])
        if own or not path.is_dir():
            return own
        below = "" if inside == "." else f"{inside}/"
        return [r for k, those in self._by_file.items() if k.startswith(below) for r in those]

    @cached_property
    def _by_file(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for record in self.records:
            if record["file"]:
                found.setdefault(record["file"], []).append(record)
        return found

    def searched(self, path: Path) -> "Recorded":
        """Add faults for files that the run wrote below a folder and that are missing now."""
        lost = dict.fromkeys(r["file"] for r in self.of_file(path)) if path.is_dir() else {}
        gone = [f"{file} is gone" for file in lost if not (self.folder / file).exists()]
        return replace(self, faults=(*self.faults, *gone)) if gone else self

    def against(
        self,
        record: Mapping[str, Any],
        problem: "Problem",
        requested: Spec,
        values: Mapping[str, Mapping[str, Any]],
    ) -> Iterator[str]:
        """Yield differences of a design from its record: its file, or its values as measured now.

        Values are compared where the same engine measures under the same setup with the inputs of
        the run, which its folder contains.
        """
        path = self.folder / record["file"]
        if not path.exists() or path_digest(path) != record["file_digest"]:
            yield f"{record['file']} was altered after the run"
            return
        judge = problem.verifier
        engine = {"engine": judge.name, "engine_version": judge.version, "tier": judge.tier}
        own = self._spec()
        if own is None or record["engine"] != engine or own.setup != requested.setup:
            return
        if record.get("given", {}) != dict(problem.given.digests):
            if own.given == requested.given:
                yield "what was given to the run was altered after it"
            return
        rounding = {q.name: q.rounding for q in problem.quantities}
        left_out = {q.name for q in problem.quantities if q.expensive}
        drawn = {k for q in problem.quantities if q.error for k in (q.name, q.error)}
        if drawn and values[SCENARIOS]["value"] != record["measured"][SCENARIOS]["value"]:
            drawn.add(SCENARIOS)  # other limits took other pains
            values = {k: v for k, v in values.items() if k not in drawn}
        for name, now in values.items():
            was = record["measured"].get(name, {})
            value, recorded = now["value"], was.get("value")
            if name in left_out and recorded is None:
                continue
            slack = rounding[name] + (evidence.repeatable(was) if self.whole else 0.0)
            if not _same(value, recorded, slack):
                yield f"{name} of design {record['design']} is {value}, recorded {recorded}"

    def _spec(self) -> Spec | None:
        """Spec of the run; None if the folder has no valid one."""
        try:
            return specs.load(self.folder / "spec.toml")
        except (InputError, OSError):
            return None


def _same(value: Any, recorded: Any, slack: float) -> bool:
    """Return whether two values are equal, numbers within the tolerance of one engine."""
    if isinstance(value, float) and isinstance(recorded, int | float):
        return abs(value - recorded) <= TOLERANCE * abs(recorded) + slack
    return bool(value == recorded)


def run_of(path: Path) -> Path | None:
    """Return the folder of the run that contains a file or a folder of files, if there is one.

    Raises:
        InputError: if several folders above it contain records.
    """
    place = path.resolve()
    around = [place, *place.parents[:4]]
    found = [p for p in around if (p / EVIDENCE).is_file()]
    if len(found) > 1:
        raise InputError(
            f"one {EVIDENCE} above {path}",
            " and ".join(str(p / EVIDENCE) for p in found),
            "Remove what no run has put there, or verify a copy of the file elsewhere.",
        )
    return found[0] if found else None


def delivered(path: Path) -> Path:
    """Return the folder of exported files for the folder of a run; any other path unchanged."""
    for folder in (path, path / "result"):
        if (folder / EVIDENCE).is_file() and (folder / DESIGNS).is_dir():
            return folder / DESIGNS
    return path


def _said(folder: Path) -> Mapping[str, Any] | None:
    """Entry on the evidence in the record of the whole run; None where there is none."""
    for name in RUN_RECORDS:
        try:
            found = json.loads((folder / name).read_bytes())[evidence.KEY]
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            continue
        return found if isinstance(found, dict) else {}
    return None


def _distance(folder: Path, said: Mapping[str, Any] | None, count: int) -> list[str]:
    """Differences of valid evidence from the record of the whole run."""
    if said is None:
        return [f"the record of the whole run does not name its {EVIDENCE} any more"]
    if said.get("digest") == file_digest(folder / EVIDENCE):
        return []
    if said.get("records") != count:
        return [f"{EVIDENCE} holds {count} records, and the run wrote {said.get('records')}"]
    return [f"{EVIDENCE} was written anew after the run"]


def _searched(folder: Path) -> list[str]:
    """Faults of the search that a result belongs to; none for a proposal."""
    file, reported = folder.parent / FILE, folder / "search.json"
    if not file.is_file() or not reported.is_file():
        return []
    with Store(file) as store:
        faults = store.check()
        with suppress(ValueError, LookupError, TypeError):
            if not store.contains(json.loads(reported.read_bytes())["head"]):
                faults.append(f"the end that {reported.name} names was cut off")
    return [f"{FILE}: {fault}" for fault in faults]


def _noted(folder: Path, ledger: Ledger) -> tuple[int | None, list[str]]:
    """Entry of the ledger for the evidence in a folder, and the differences from that entry."""
    runs = [entry for kind in RUNS for entry in ledger.entries(kind)]
    now = file_digest(folder / EVIDENCE)
    own = [entry for entry in runs if entry.table.get("evidence") == now]
    if own:
        return own[-1].sequence, _changed(folder, own[-1])
    arrays = folder / "designs.nc"
    designs = file_digest(arrays) if arrays.is_file() else None
    for entry in runs:
        if designs is not None and entry.table.get("designs") == designs:
            where = f"entry {entry.sequence} of the ledger"
            return None, [f"{EVIDENCE} is not the one that {where} notes for the same designs"]
    return None, []


def _changed(folder: Path, entry: Entry) -> list[str]:
    """Files other than designs that differ from an entry of the ledger."""
    wrote = entry.table.get("wrote")
    listed = wrote.items() if isinstance(wrote, dict) else ()
    paths = {k: (folder / k, digest) for k, digest in listed if k not in REMADE}
    wrong = [k for k, (p, was) in paths.items() if not p.is_file() or file_digest(p) != was]
    where = f"entry {entry.sequence} of the ledger"
    return [f"{', '.join(wrong)}: not what {where} says was written"] if wrong else []
