"""Judgement of folders of files from any tools, with one verdict a design and one row a folder.

Every file of a format of the problem is read by itself, at any depth. A file, or a record of it,
that cannot be read is listed with the reason and counts as not accepted; the others are judged.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from jaxtyping import Bool

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.formats import ReadByRecord
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec
from ingenium.core.verdict import weighed
from ingenium.evaluate.intervals import wilson
from ingenium.runs.audit import Audited, audited, doubt_of, read_designs, verified
from ingenium.runs.recorded import delivered

MOST_FILES = 100_000  # of a folder
SAME = 0.01  # standard deviations (root mean square) from a known design, within which one is known


@dataclass(frozen=True)
class FolderJudgement:
    """Counts over the designs in a folder."""

    folder: str
    files: int  # that a format of the problem may read
    unreadable: Mapping[str, str]  # reason by file or record
    proposed: int  # designs, and files and records that cannot be read
    designs: int
    accepted: int
    rejected: int
    failed: int
    acceptance_low: float  # 95 % interval of the accepted share of the proposed, Wilson
    acceptance_high: float
    distinct: int  # accepted designs, equal ones counted once
    new: int | None  # of the distinct, those that equal no known design; None if not compared
    violated: Mapping[str, int]  # designs that violate a limit, by limit
    reasons: Mapping[str, int]  # of the failed, commonest first


@dataclass(frozen=True)
class JudgedDesign:
    """A design of a folder with its verdict, and the earlier design that it equals."""

    folder: str
    audited: Audited
    group: int  # equal designs share it
    equals: str  # number and file of the first equal design; empty for the first
    known: bool | None  # whether it is a known design of the problem; None if not compared


@dataclass(frozen=True)
class FolderJudgements:
    """Judgement of folders under one spec."""

    problem: str
    engine: str
    limits: tuple[Limit, ...]
    folders: tuple[FolderJudgement, ...]
    designs: tuple[JudgedDesign, ...]

    @property
    def accepted(self) -> int:
        """Number of accepted designs over all folders."""
        return sum(f.accepted for f in self.folders)


def judge(
    problem: Problem,
    requested: Spec,
    folders: Sequence[Path],
    *,
    known: xr.Dataset | None = None,
    watch: Watch = silent,
) -> FolderJudgements:
    """Measure every design in some folders with the exact engine and judge it against a spec.

    Args:
        problem: opened.
        requested: the spec.
        folders: folders, or single files.
        known: designs that an accepted one is compared with; without them none is called new.
        watch: called after each file.

    Raises:
        InputError: for a folder that is missing or has no file that can be read.
    """
    spec = resolve(requested, problem)
    read: list[_Part] = []
    faults: dict[Path, dict[str, str]] = {}
    counts: dict[Path, int] = {}
    for folder in dict.fromkeys(folders):
        files = list(_files(problem, delivered(folder)))
        counts[folder], faults[folder] = len(files), {}
        for i, file in enumerate(files):
            parts, said = _parts(problem, file)
            read += [_Part(folder, f, n, d, verified(problem, spec, d)) for f, n, d in parts]
            faults[folder] |= said
            watch(f"judge {folder.name}", i + 1, len(files))
        if not any(part.folder == folder for part in read):
            first = next(iter(faults[folder].values()), "no file of a format of the problem")
            raise InputError(
                f"a folder with files of {problem.name}",
                f"{folder}: {first}",
                f"`ingenium show {problem.name}` says what its formats hold.",
            )
    rows = _designs(problem, spec, read, known)
    one = {f: [d for d in rows if d.folder == str(f)] for f in counts}
    return FolderJudgements(
        problem.name,
        f"{problem.verifier.name} {problem.verifier.version}",
        spec.limits,
        tuple(_counted(f, counts[f], faults[f], one[f], known is not None) for f in counts),
        tuple(rows),
    )


def _files(problem: Problem, place: Path) -> Iterator[Path]:
    """Files, or folders of single designs, that a format of the problem may read, in order."""
    if not place.exists():
        raise InputError("a folder of files to judge", f"nothing at {place}", "Check its path.")
    if place.is_file():
        yield place
        return
    endings = {e for form in problem.formats.values() for e in form.endings}
    inside = sorted(p for p in place.rglob("*") if p.is_file() and p.suffix.lower() in endings)
    if len(inside) > MOST_FILES:
        raise InputError(f"at most {MOST_FILES:,} files in a folder", f"{len(inside):,} in {place}")
    if inside:
        yield from inside
        return
    below = sorted(p for p in place.iterdir() if p.is_dir())
    yield from below or [place]


def _parts(
    problem: Problem, file: Path
) -> tuple[list[tuple[str, str, xr.Dataset]], dict[str, str]]:
    """Return the designs of a file with its name and format, and what of it cannot be read.

    A file that is refused as a whole is read record by record, where its format can.
    """
    try:
        return [(str(file), *read_designs(problem, file))], {}
    except InputError as error:
        refused = str(error)
    forms = [f for f in problem.formats.values() if file.suffix.lower() in f.endings]
    if not file.is_file() or not forms or not isinstance(forms[0], ReadByRecord):
        return [], {str(file): refused}
    found, faults = list[tuple[str, str, xr.Dataset]](), dict[str, str]()
    with TemporaryDirectory() as place:
        one = Path(place) / file.name
        for where, text in forms[0].records(file):
            one.write_text(text)
            try:
                found.append((f"{file}, {where}", forms[0].name, forms[0].read(one)))
            except InputError as error:
                faults[f"{file}, {where}"] = error.got.replace(str(one), file.name)
    return found, faults


@dataclass(frozen=True)
class _Part:
    """Designs of one file, or one record, with their verdicts."""

    folder: Path
    file: str
    format: str
    designs: xr.Dataset
    verdicts: xr.Dataset


def _designs(
    problem: Problem,
    spec: Spec,
    read: Sequence[_Part],
    known: xr.Dataset | None,
) -> list[JudgedDesign]:
    uncertainty = doubt_of(problem, spec, [(p.designs, p.verdicts) for p in read])
    own = [_bare(problem, p.designs) for p in read]
    before = [] if known is None else [_bare(problem, known)]
    count = sum(d.sizes[DESIGN] for d in before)
    whole = xr.concat([*before, *own], DESIGN)
    whole = whole.assign_coords({DESIGN: np.arange(whole.sizes[DESIGN])})
    first, near = problem.equal(whole), _near_known(problem, whole, count)
    found: list[JudgedDesign] = []
    seen: dict[int, str] = {}
    for part in read:
        judged = weighed(part.verdicts, spec.limits, uncertainty) if uncertainty else part.verdicts
        place = Path(part.file), None
        for row in audited(problem, spec, place, (part.format, part.designs), judged):
            at = count + len(found)
            group = int(first[at])
            old = None if known is None else group < count or bool(near[at])
            found.append(JudgedDesign(str(part.folder), row, group, seen.get(group, ""), old))
            seen.setdefault(group, f"design {row.design} of {row.file}")
    return found


def _near_known(problem: Problem, whole: xr.Dataset, count: int) -> Bool[np.ndarray, " n"]:
    """Return which designs lie within `SAME` of one of the first `count`, the known ones.

    A file rounds the numbers of a known design, so that its bits are others; texts it keeps.
    """
    near = np.zeros(whole.sizes[DESIGN], dtype=bool)
    if count and all(v.longest is None for v in problem.variables):
        metric = problem.metric(whole)
        for i in range(count, len(near)):  # a row of distances at a time
            near[i] = metric(i)[:count].min() <= SAME
    return near


def _bare(problem: Problem, designs: xr.Dataset) -> xr.Dataset:
    """Return the variables of designs alone, without conditions and labels."""
    named = {v.name: designs.variables[v.name] for v in problem.variables}
    return xr.Dataset({k: (v.dims, v.to_numpy()) for k, v in named.items()})


def _counted(
    folder: Path,
    files: int,
    unreadable: Mapping[str, str],
    rows: Sequence[JudgedDesign],
    compared: bool,
) -> FolderJudgement:
    verdicts = Counter(d.audited.verdict for d in rows)
    good = [d for d in rows if d.audited.verdict == "accepted"]
    groups = {d.group for d in good}
    proposed = len(rows) + len(unreadable)
    low, high = wilson(len(good), proposed)
    broken = Counter(
        label
        for d in rows
        for label, margin in d.audited.margins.items()
        if margin is not None and margin < 0
    )
    failed = [d for d in rows if d.audited.verdict == "failed"]
    why = Counter(reason for d in failed for reason in d.audited.reasons)
    return FolderJudgement(
        folder=str(folder),
        files=files,
        unreadable=unreadable,
        proposed=proposed,
        designs=len(rows),
        accepted=len(good),
        rejected=verdicts["rejected"],
        failed=len(failed),
        acceptance_low=low,
        acceptance_high=high,
        distinct=len(groups),
        new=len({d.group for d in good if not d.known}) if compared else None,
        violated=dict(broken.most_common()),
        reasons=dict(why.most_common()),
    )
