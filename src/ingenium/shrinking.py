"""Small generators in Python: any generator of any problem, fitted to a device, and replayed."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tomli_w

from ingenium.core.asking import resolve
from ingenium.core.folders import write_atomic
from ingenium.core.judged import JudgedReplay, without_none
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.core.spec import GeneratorChoice, Spec, parse
from ingenium.domains import open_problem
from ingenium.edge import fitting
from ingenium.edge.device import DeviceSheet, load
from ingenium.edge.keeping import SHEET, SmallGenerator
from ingenium.edge.task import CompressionTask
from ingenium.generators import fitted
from ingenium.loop import training
from ingenium.trust.ledger import Ledger, open_ledger
from ingenium.trust.place import ledger_place

SAME = 1e-6  # relative, within which a replay gives what was recorded


def opened(name: str, sheet: DeviceSheet, *, watch: Watch = silent) -> CompressionTask:
    """The generator of a problem as it stands, ready to be made small.

    Raises:
        InputError: for a family without a network that a device can run.
    """
    asked = parse(
        {"problem": name, "setup": dict(sheet.setup), "generator": _choice(sheet.generator)},
        Spec,
        "the device sheet",
    )
    watch("open", 0, 1)
    problem = open_problem(asked)
    spec = resolve(asked, problem)
    fitted.check(problem, spec.generator)
    problem.prepare(watch)
    known = training(problem)
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
    """Fit the generator of a problem to a device, and keep it in `out`."""
    with one_thread():
        task = opened(name, sheet, watch=watch)
        if ledger is not None:
            kept = fitting.fit(task, out, ledger=ledger, watch=watch, overwrite=overwrite)
        else:
            with open_ledger(ledger_place()) as book:
                kept = fitting.fit(task, out, ledger=book, watch=watch, overwrite=overwrite)
    table = without_none(asdict(sheet))
    write_atomic(out / SHEET, tomli_w.dumps(table))
    return kept


def replay(kept: SmallGenerator, folder: Path) -> JudgedReplay:
    """Fit it again from its own sheet, in another folder, and compare."""
    again = fit(kept.record["problem"], load(kept.folder / SHEET), folder, overwrite=True).record
    old, evidence = kept.record, kept.record["evidence"]
    return JudgedReplay(
        {
            "model": evidence["model"] == again["evidence"]["model"],
            "recipe": old["recipe"] == again["recipe"],
            "files": evidence["files"] == again["evidence"]["files"],
            "measured": _alike(old["measured"], again["measured"]),
            "verdict": old["verdict"] == again["verdict"],
        }
    )


def _choice(choice: GeneratorChoice) -> dict[str, Any]:
    found = without_none(asdict(choice))
    assert isinstance(found, dict)
    return found


def _alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether all values are the same to a millionth."""
    pairs = [(a[k]["value"], b[k]["value"]) for k in a]
    return all(
        x == y or (None not in (x, y) and abs(x - y) <= SAME * max(abs(x), abs(y)))
        for x, y in pairs
    )
