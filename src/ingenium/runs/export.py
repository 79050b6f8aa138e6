"""Export of a run or search: files of the best designs, read back and judged by their content.

A design that is read back with the very bits that were measured keeps its values: the engine would
find the same. All others are measured again, and so is a random share of the equal ones; where one
of these differs, the engine is no function of the design, and all are measured.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Bool

from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import path_digest
from ingenium.core.evidence import Export, table, uncertainty
from ingenium.core.folders import write_atomic
from ingenium.core.formats import Accompanied, FilePerDesign, Format, ReadTogether
from ingenium.core.given import FOLDER, stored
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import CrossCheck, Problem, Watch
from ingenium.core.provenance import versions
from ingenium.core.select import select
from ingenium.core.spec import Spec
from ingenium.core.verdict import flagged, weighed
from ingenium.core.verify import Filed, verify

AUDITED = 0.02  # share of the equal designs that are measured again
REPEATED = 1e-9  # relative, within which an engine repeats a value


def verified(problem: Problem, spec: Spec, designs: xr.Dataset) -> xr.Dataset:
    """Return verdicts of the exact tier; expensive quantities are left out where others reject."""
    return verify(
        designs,
        problem.verifier,
        spec.limits,
        variables=problem.variables,
        sizes=problem.sizes,
        sparing=True,
    )


def export(
    problem: Problem,
    spec: Spec,
    designs: xr.Dataset,
    proposed: xr.Dataset,
    folder: Path,
    *,
    cross_check: CrossCheck | None,
    watch: Watch,
) -> tuple[xr.Dataset, np.ndarray, Export]:
    """Write the selected designs, read the files back and measure these; their values count.

    Limits that must hold beyond the uncertainty are judged with that of the files so far. Where
    this changes the selection, the export is written and measured again, until the files are those
    that their own values select.
    """
    name, form = next(iter(problem.formats.items()))
    shift: Mapping[str, float] = {}
    uncertainty_of = partial(uncertainty, problem, cross_check=cross_check)
    verdicts = weighed(proposed.copy(deep=True), spec.limits, uncertainty_of(shift))
    paths = dict[int, Path]()
    written: set[int] | None = None
    under = problem, spec.objectives, spec.select
    content = _Content(problem, spec, designs, proposed)
    while set(selected := select(*under, designs, verdicts)) != written:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        written, paths = set(selected), {}
        size = problem.batch_size if isinstance(form, FilePerDesign) else max(1, len(selected))
        for part in _parts(selected, size):
            paths |= form.write(designs.isel({DESIGN: part}), folder)
        read = _reader(form, paths, folder)
        while len(rows := content.left(selected)):  # the others have the values of their file
            for part in _parts(rows, problem.batch_size):
                content.judge(part, read(designs[DESIGN].to_numpy()[part].tolist()), verdicts)
                watch("export and read back", int(content.judged.sum()), len(selected))
        shift = _shift(problem, proposed, verdicts, content.judged)
        verdicts = weighed(verdicts, spec.limits, uncertainty_of(shift))
    if paths and isinstance(form, Accompanied):
        form.accompany(folder.parent)
    index = designs[DESIGN].to_numpy()[content.judged].tolist()
    return verdicts, selected, Export(name, _files(paths, folder), shift, frozenset(index))


class _Content:
    """Designs judged by the content of their files, and which of them were measured again."""

    def __init__(
        self, problem: Problem, spec: Spec, designs: xr.Dataset, proposed: xr.Dataset
    ) -> None:
        self.problem, self.spec, self.designs = problem, spec, designs
        self.before = table(problem, proposed)
        self.judged, self.kept = (np.zeros(len(self.before), dtype=bool) for _ in range(2))
        self.repeats = True  # until the engine finds other values for equal designs

    def left(self, selected: np.ndarray) -> np.ndarray:
        """Return the selected designs whose values are not yet those of their file."""
        return np.asarray(selected[~self.judged[selected]])

    def judge(self, part: np.ndarray, back: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Give designs that were read back the values of their content."""
        equal = same_bits(self.problem, self.designs.isel({DESIGN: part}), back)
        judge = self.problem.verifier
        equal &= not (isinstance(judge, Filed) and judge.filed in back)  # more is measured
        keep = equal & self.repeats & (np.random.default_rng(part).random(len(part)) >= AUDITED)
        keep[0] &= self.judged.any()  # at least one is measured again
        self.judged[part], self.kept[part] = True, keep
        if keep.all():
            return
        rows = part[~keep]
        again = verified(self.problem, self.spec, back.isel({DESIGN: ~keep}))
        for variable in again.data_vars:
            verdicts[variable].to_numpy()[rows] = again[variable].to_numpy()
        now, was = table(self.problem, again), self.before[rows]
        close = np.isclose(now, was, rtol=REPEATED, atol=0.0, equal_nan=True).all(1)
        if self.repeats and not close[equal[~keep]].all():
            self.repeats = False
            self.judged &= ~self.kept  # to be measured too


def same_bits(problem: Problem, designs: xr.Dataset, back: xr.Dataset) -> Bool[np.ndarray, " n"]:
    """Return which designs are those that were read back, to the last bit of their variables."""
    pairs = zip(*(to_arrays(d, problem.variables) for d in (designs, back)), strict=True)
    found = np.ones(designs.sizes[DESIGN], dtype=bool)
    for one, other in pairs:
        if one.shape != other.shape:
            return np.zeros_like(found)
        bits = (x.contiguous().numpy().reshape(len(found), -1).view(np.int64) for x in (one, other))
        found &= np.equal(*bits).all(1)
    return found


def _parts(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (rows[i : i + size] for i in range(0, len(rows), size))


def _reader(
    form: Format, paths: Mapping[int, Path], folder: Path
) -> Callable[[list[int]], xr.Dataset]:
    """Function that reads designs by their index: each from its own file, or all together."""
    if isinstance(form, ReadTogether):
        return lambda index: form.together([paths[i] for i in index])
    if isinstance(form, FilePerDesign):
        return lambda index: xr.concat([form.read(paths[i]) for i in index], DESIGN)
    back = cache(lambda: form.read(folder))
    return lambda index: back().sel({DESIGN: index})


def store(
    part: Path, problem: Problem, requested: Spec, designs: xr.Dataset, verdicts: xr.Dataset
) -> None:
    """Write the spec with its input files, and the designs with their verdicts."""
    for name, (ending, content) in problem.given.files.items():
        write_atomic(part / FOLDER / f"{name}{ending}", content)
    own = replace(requested, given=stored(requested.given, problem.given))
    write_atomic(part / "spec.toml", specs.dump(own))
    reported = designs.assign_coords(
        {c.name: designs[c.name].assign_attrs(c.attrs) for c in problem.conditions}
    )
    whole = xr.merge([reported, flagged(verdicts)], combine_attrs="drop_conflicts").assign_attrs(
        title=requested.title or problem.summary,
        source=f"ingenium {versions()['ingenium']}, problem {problem.name}",
        license=problem.licence,
        Conventions="CF-1.11",
    )
    write_netcdf(part / "designs.nc", whole)


def _shift(
    problem: Problem, before: xr.Dataset, after: xr.Dataset, measured: Bool[np.ndarray, " n"]
) -> dict[str, float]:
    """Largest change of each quantity by writing and reading back."""
    change = np.abs(table(problem, after)[measured] - table(problem, before)[measured])
    largest = np.where(np.isfinite(change), change, 0.0).max(0, initial=0.0)
    return dict(zip((q.name for q in problem.quantities), largest.tolist(), strict=True))


def _files(paths: Mapping[int, Path], folder: Path) -> dict[int, tuple[str, str]]:
    """Path and digest of the file of each design; several may share one."""
    known = {
        path: (f"designs/{path.relative_to(folder).as_posix()}", path_digest(path))
        for path in set(paths.values())
    }
    return {index: known[path] for index, path in paths.items()}
