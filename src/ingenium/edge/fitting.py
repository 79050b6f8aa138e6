"""Fit a generator to a device: search, export, read back, run on the board, judge, save."""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import EngineError
from ingenium.core.folders import staged, write_atomic
from ingenium.core.judgement import Judgement, stated
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.sealed import RecordMaking
from ingenium.core.verdict import Verdict
from ingenium.edge import c_source, float_file
from ingenium.edge.artifact import HEADER, SOURCE, SmallGenerator
from ingenium.edge.compressing import Compressed, Workshop, equal_on_board
from ingenium.edge.device import QUANTITIES, DeviceSheet
from ingenium.edge.float_file import HALF
from ingenium.edge.integer import Dense
from ingenium.edge.judging import JudgedGenerator, costs, quality
from ingenium.edge.quantise import Scheme
from ingenium.edge.recipe import CompressionRecipe
from ingenium.edge.selecting import admitted, finalists, fitting, screened
from ingenium.edge.task import CompressionTask
from ingenium.evaluate.measured import Interval
from ingenium.trust.ledger import Ledger

FLOAT_BYTES = 4


@dataclass(frozen=True, eq=False)
class Trial:
    """One recipe that was carried out and judged."""

    made: Compressed
    values: dict[str, Interval]
    equal: bool  # whether the board gave the numbers of the file
    steps: int
    file_bytes: int  # of its ONNX files


def fit(
    task: CompressionTask,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    overwrite: bool = False,
) -> SmallGenerator:
    """Fit the generator of a device sheet and save it in `out`.

    Raises:
        InputError: where no recipe meets the limits on costs, naming the nearest.
        EngineError: if the board fails, or differs from the file.
        StorageError: if `out` cannot be written.
    """
    sheet = task.sheet
    identity = digest([asdict(sheet), task.problem.name, task.fitted.digest, code_digest()])
    with RecordMaking() as making, staged(out, identity, overwrite=overwrite) as part:
        shop = Workshop(task, watch)
        watch("judge the original", 0, 1)
        original = task.judged(task.family, sheet.judged)
        all_of = screened(shop, sheet, admitted(shop))
        among = finalists(shop, fitting(all_of, sheet))
        wanted = [s.recipe for s in among]
        plain = [CompressionRecipe(scheme=Scheme(b)) for b in (8, 4)]  # for comparison
        trials = [judged(shop, r, original, part) for r in dict.fromkeys([*wanted, *plain])]
        best = chosen([t for t in trials if t.made.recipe in wanted], sheet)
        files, calls = _export(best.made, part, sheet.fusions), shop.calls(best.made)
        floating = _floating(shop, original, part)
        files += sorted(path.name for path in part.glob(f"*.{HALF}.onnx"))
        reported = {
            **_requested(task),
            **_chosen(best, sheet),
            "original": stated(_original(original, task), QUANTITIES),
            "floating": floating,
            "trials": [_row(t, t is best, sheet) for t in trials],
            "screened": [
                {"title": s.recipe.title, "fits": s.fits, **asdict(s.cost)} for s in all_of
            ],
            "graphs": {k: _about(g, calls[k]) for k, g in best.made.graphs.items()},
        }
        evidence = {
            "model": task.fitted.digest,
            "given": dict(task.problem.given.digests),
            "files": {name: file_digest(part / name) for name in files},
            "package": package_digest(task.problem),
        }
        record = making.write(part / SmallGenerator.file, reported, evidence)
        watch("store", 0, 1)
        short = ("problem", "family", "recipe_title", "verdict", "evidence")
        ledger.append("edge", {k: record[k] for k in short})
    return SmallGenerator.open(out)


def judged(
    shop: Workshop, recipe: CompressionRecipe, original: JudgedGenerator, folder: Path
) -> Trial:
    """Carry out a recipe, export, read back, judge by the verifier and run on the board.

    Raises:
        EngineError: if the board gives other numbers than the file.
    """
    task, steps = shop.task, shop.task.sheet.steps if recipe.retrained else 0
    made = shop.compressed(recipe, steps)
    shop.watch(f"judge {recipe.title}", 0, 1)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        family = task.seated(made.family, made.write(place))
        size = _bytes(place)
        own = task.judged(family, task.sheet.judged, losses=shop.telling(recipe))
    values = quality(own, original, task.sheet.seed)
    runs = {k: shop.on_board(made, k) for k in made.graphs}
    equal = all(equal_on_board(made.graphs[k], shop.given(made, k), r) for k, r in runs.items())
    if not equal:
        raise EngineError(f"the board says other numbers than the file of {recipe.title}")
    return Trial(made, values | costs(shop.cost_of(made, runs), task.sheet), equal, steps, size)


def chosen(trials: Sequence[Trial], sheet: DeviceSheet) -> Trial:
    """Choose the trial with most accepted designs among those that satisfy all limits.

    Among those not distinguishable from it, it is the one with the least loss or, if some have
    none, the one with the designs nearest to the original's; then the smallest.
    """
    held = [t for t in trials if _accepted(t, sheet)]
    best = max(held or trials, key=lambda t: t.values["accepted"].value)
    share = best.values["accepted"].value
    alike = [t for t in held or trials if t.values["accepted"].high >= share]

    reported = all(math.isfinite(t.values["loss"].value) for t in alike)

    def price(t: Trial) -> tuple[float, float]:
        own = t.values["loss" if reported else "distance"].value
        return (math.inf if math.isnan(own) else own), t.values["flash"].value

    return min(alike, key=price)


def notes(sheet: DeviceSheet, task: CompressionTask) -> list[str]:
    """Assumptions behind the numbers."""
    rate, clock = sheet.cycles_per_instruction, f"{sheet.clock_hz / 1e6:g} MHz"
    return [
        *task.problem.notes,
        f"Latency takes {rate:g} cycle{'' if rate == 1 else 's'} an instruction at {clock}: caches "
        "and wait states of flash have no say in an emulator that counts instructions.",
        "Energy is a model: counted instructions and weights that are read, at published energies "
        "of 45 nm (Horowitz, ISSCC 2014).",
        "On the device run the networks alone; drawing, solver, grammar and what mends designs "
        "are the host's.",
    ]


def _requested(task: CompressionTask) -> dict[str, Any]:
    """Describe the generator and its device."""
    return {
        "problem": task.problem.name,
        "title": task.sheet.title or task.problem.summary,
        "family": task.fitted.name,
        "device": asdict(task.sheet),
        "notes": notes(task.sheet, task),
    }


def _chosen(best: Trial, sheet: DeviceSheet) -> dict[str, Any]:
    """The chosen recipe and its verdict."""
    return {
        "recipe": asdict(best.made.recipe),
        "recipe_title": best.made.recipe.title,
        **Judgement.of(best.values, sheet.limits).record,
        "measured": stated(best.values, QUANTITIES),
        "board": {"machine": "mps2-an500", "equal": best.equal, "core": sheet.core},
    }


def _export(made: Compressed, folder: Path, fusions: Sequence[str]) -> list[str]:
    made.write(folder)
    graphs = list(made.graphs.values())
    write_atomic(folder / HEADER, c_source.header(graphs))
    code = c_source.source(graphs, HEADER.removesuffix(".h"), fusions)
    write_atomic(folder / SOURCE, code)
    return [*(f"{k}.onnx" for k in made.graphs), HEADER, SOURCE]


def _bytes(folder: Path) -> int:
    """Bytes of all ONNX files in a folder."""
    return sum(path.stat().st_size for path in folder.glob("*.onnx"))


def _floating(shop: Workshop, original: JudgedGenerator, folder: Path) -> dict[str, Any]:
    """Files of the original: in single precision, and in half if the sheet has that format."""
    task, graphs = shop.task, shop.task.graphs(shop.task.family)
    with tempfile.TemporaryDirectory() as name:
        for key, graph in graphs.items():
            float_file.write(graph, Path(name) / f"{key}.onnx", half=False)
        reported: dict[str, Any] = {"fp32": {"file": _bytes(Path(name))}}
    if HALF not in task.sheet.formats:
        return reported
    shop.watch(f"judge {HALF}", 0, 1)
    places = {key: folder / f"{key}.{HALF}.onnx" for key in graphs}
    for key, graph in graphs.items():
        float_file.write(graph, places[key], half=True)
    family = task.seated(task.family, {k: float_file.FloatFile(p) for k, p in places.items()})
    found = quality(task.judged(family, task.sheet.judged), original, task.sheet.seed)
    size = sum(path.stat().st_size for path in places.values())
    return reported | {HALF: {"file": size, "measured": stated(found, QUANTITIES)}}


def _original(original: JudgedGenerator, task: CompressionTask) -> dict[str, Interval]:
    found = quality(original, original, task.sheet.seed)
    size = float(FLOAT_BYTES * sum(g.parameters for g in task.graphs(task.family).values()))
    return {k: found[k] for k in ("accepted", "loss")} | {"flash": Interval(size, size, size)}


def _row(trial: Trial, best: bool, sheet: DeviceSheet) -> dict[str, Any]:
    return {
        "title": trial.made.recipe.title,
        "recipe": asdict(trial.made.recipe),
        "steps": trial.steps,
        "zeros": _zeros(trial.made),
        "file": trial.file_bytes,
        "chosen": best,
        "holds": _accepted(trial, sheet),
        "measured": stated(trial.values, QUANTITIES),
    }


def _accepted(trial: Trial, sheet: DeviceSheet) -> bool:
    return Judgement.of(trial.values, sheet.limits).verdict is Verdict.ACCEPTED


def _zeros(made: Compressed) -> float:
    """Share of zeros in all weight matrices."""
    own = [op.weight for g in made.graphs.values() for op in g.operators if isinstance(op, Dense)]
    return 1 - sum(int(np.count_nonzero(w)) for w in own) / sum(w.size for w in own)


def _about(graph: Any, calls: float) -> dict[str, Any]:
    return {
        "calls": calls,
        "products": graph.products,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "places": dict(graph.places),
    }
