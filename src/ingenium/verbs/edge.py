"""Small generators in Python: any problem's generator, fitted to a device, and replayed."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingenium.core.artifact import Replay
from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.core.resolving import resolve
from ingenium.core.sealed import without_none
from ingenium.core.seeds import one_thread
from ingenium.core.spec import GeneratorChoice, Spec, parse
from ingenium.domains import open_problem
from ingenium.edge import board, exportable, fitting
from ingenium.edge.artifact import SmallGenerator
from ingenium.edge.device import DeviceSheet
from ingenium.edge.link import Lender
from ingenium.edge.task import CompressionTask
from ingenium.generators import fitted
from ingenium.runs.loop import training
from ingenium.trust.ledger import Ledger, ledger_or_own


def opened(name: str, sheet: DeviceSheet, *, watch: Watch = silent) -> CompressionTask:
    """Open the generator of a problem as a task of compression.

    Raises:
        InputError: for a family without a network that a device can run.
    """
    requested = parse(
        {"problem": name, "setup": dict(sheet.setup), "generator": _choice(sheet.generator)},
        Spec,
        "the device sheet",
    )
    watch("open", 0, 1)
    problem = open_problem(requested)
    spec = resolve(requested, problem)
    fitted.check(problem, spec.generator)
    problem.prepare(watch)
    known = training(problem)
    name, width = fitted.chosen(problem, spec.generator), problem.features(known).shape[1]
    exportable.check(problem, name, width, sheet)
    made = fitted.fit(problem, known, spec.generator, watch=watch)
    return CompressionTask.of(problem, made, spec, known, sheet)


def fit(
    name: str,
    sheet: DeviceSheet,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> SmallGenerator:
    """Fit the generator of a problem to a device, and save it in `out`.

    Raises:
        EngineError: where compiler or board are absent, before anything is fitted.
    """
    board.require()
    with one_thread():
        task = opened(name, sheet, watch=watch)
        with ledger_or_own(ledger) as book:
            return fitting.fit(task, out, ledger=book, watch=watch, overwrite=overwrite)


def lender(stored: SmallGenerator) -> Lender:
    """Open a small generator as a source for others: its graphs and its whole designs.

    Raises:
        CorruptError: for a record without problem or sheet.
    """
    with one_thread():
        task = opened(*_requested(stored))
    runners = stored.runners()
    family: Any = task.seated(task.family, runners)
    return Lender.of(stored.files, runners, family.propose)


def replay(stored: SmallGenerator, folder: Path) -> Replay:
    """Fit it again from the sheet in its record, in another folder, and compare.

    Raises:
        CorruptError: for a record without problem or sheet.
    """
    return stored.compared(fit(*_requested(stored), folder, overwrite=True).record)


def _requested(stored: SmallGenerator) -> tuple[str, DeviceSheet]:
    """Problem and device sheet of a record."""
    try:
        return str(stored.record["problem"]), stored.spec
    except (LookupError, InputError) as error:
        what = f"holds no device sheet and problem ({error})"
        raise stored.corrupt(stored.folder / stored.file, what) from error


def _choice(choice: GeneratorChoice) -> dict[str, Any]:
    found = without_none(asdict(choice))
    assert isinstance(found, dict)
    return found
