"""Posteriors in Python: hidden states of a problem, inferred from what was read, and replayed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import InputError, choose
from ingenium.core.judged import JudgedReplay
from ingenium.core.problem import Watch, silent
from ingenium.domains import open_problem, problem_class
from ingenium.infer import answering
from ingenium.infer.answering import Inferred
from ingenium.infer.record import Posterior
from ingenium.infer.spec import InferSpec, load
from ingenium.trust.ledger import Ledger, ledger_or_own

SAME = 1e-6  # of a quantity's spread, within which a replay tells what was recorded


def infer(
    asked: InferSpec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> Inferred:
    """Open the problem of a spec, answer it and keep the posterior in `out`."""
    watch("open", 0, 1)
    problem = open_problem(asked.spec)
    with ledger_or_own(ledger) as book:
        return answering.infer(problem, asked, out, ledger=book, watch=watch, overwrite=overwrite)


def reading(asked: InferSpec, file: Path) -> InferSpec:
    """The spec with a file in place of what its problem reads.

    Raises:
        InputError: for a problem that nothing can be read of.
    """
    kind = problem_class(asked.problem)
    observed = getattr(kind, "observed", "")
    if not observed or not hasattr(kind, "question"):
        raise InputError("a problem with a hidden state, such as radio.estimate", asked.problem)
    choose(observed, {i.name for i in kind.inputs}, "input")
    entry = asked.given.get(observed, {})
    own: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    rest = {k: v for k, v in own.items() if k != "values"}
    return replace(asked, given={**asked.given, observed: {**rest, "file": str(file.resolve())}})


def replay(kept: Posterior, folder: Path) -> JudgedReplay:
    """Infer it again from its own spec and files, in another folder, and compare."""
    again = infer(load(kept.folder / "spec.toml"), folder, overwrite=True).kept.record
    old, evidence = kept.record, kept.record["evidence"]
    parts = {k: evidence[k] == again["evidence"][k] for k in ("given", "readings", "data", "model")}
    return JudgedReplay(
        {
            **parts,
            "told": _alike(old["told"], again["told"]),
            "measured": _measured(old["measured"]) == _measured(again["measured"]),
            "margins": old["margins"] == again["margins"],
            "verdict": old["verdict"] == again["verdict"],
        }
    )


def _alike(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether all bands agree, by the width of each."""
    if set(a) != set(b):
        return False
    for name, own in a.items():
        width = max(own["q95"] - own["q05"], 1e-12)
        if any(abs(own[k] - b[name][k]) > SAME * width for k in ("mean", "q05", "q50", "q95")):
            return False
    return True


def _measured(table: Mapping[str, Any]) -> dict[str, str]:
    return {
        k: "unknown" if v["value"] is None else f"{np.float64(v['value']):.6g}"
        for k, v in table.items()
    }
