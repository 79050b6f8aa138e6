"""Export of a run or search: files of the best designs, read back and measured again."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import xarray as xr
from jaxtyping import Bool

from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN
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
from ingenium.core.verify import verify


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
    measured = np.zeros(designs.sizes[DESIGN], dtype=bool)
    while set(selected := select(*under, designs, verdicts)) != written:
        new = selected[~measured[selected]]  # the others have the values of their file already
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        written, paths = set(selected), {}
        size = problem.batch_size if isinstance(form, FilePerDesign) else max(1, len(selected))
        for part in _parts(selected, size):
            paths |= form.write(designs.isel({DESIGN: part}), folder)
        read = _reader(form, paths, folder)
        for part in _parts(new, problem.batch_size):
            again = verified(problem, spec, read(designs[DESIGN].to_numpy()[part].tolist()))
            for variable in again.data_vars:
                verdicts[variable].to_numpy()[part] = again[variable].to_numpy()
            measured[part] = True
            watch("export and read back", int(measured.sum()), len(selected))
        shift = _shift(problem, proposed, verdicts, measured)
        verdicts = weighed(verdicts, spec.limits, uncertainty_of(shift))
    if paths and isinstance(form, Accompanied):
        form.accompany(folder.parent)
    index = designs[DESIGN].to_numpy()[measured].tolist()
    return verdicts, selected, Export(name, _files(paths, folder), shift, frozenset(index))


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
