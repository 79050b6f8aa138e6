"""Posteriors in Python: hidden states of a problem, inferred from readings, and replayed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingenium.core.artifact import Replay
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Watch, silent
from ingenium.domains import open_problem, problem_class
from ingenium.infer import answering
from ingenium.infer.answering import Inferred
from ingenium.infer.artifact import Posterior
from ingenium.infer.spec import InferSpec
from ingenium.trust.ledger import Ledger, ledger_or_own


def infer(
    requested: InferSpec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> Inferred:
    """Open the problem of a spec, infer its hidden state and save the posterior in `out`."""
    watch("open", 0, 1)
    problem = open_problem(requested.spec)
    with ledger_or_own(ledger) as book:
        return answering.infer(
            problem, requested, out, ledger=book, watch=watch, overwrite=overwrite
        )


def reading(requested: InferSpec, file: Path) -> InferSpec:
    """Return the spec with a file in place of its problem's readings.

    Raises:
        InputError: for a problem without readings.
    """
    kind = problem_class(requested.problem)
    observed = getattr(kind, "observed", "")
    if not observed or not hasattr(kind, "question"):
        raise InputError("a problem with a hidden state, such as radio.estimate", requested.problem)
    choose(observed, {i.name for i in kind.inputs}, "input")
    entry = requested.given.get(observed, {})
    own: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    rest = {k: v for k, v in own.items() if k != "values"}
    return replace(
        requested, given={**requested.given, observed: {**rest, "file": str(file.resolve())}}
    )


def replay(stored: Posterior, folder: Path) -> Replay:
    """Infer it again from its own spec and files, in another folder, and compare."""
    return stored.compared(infer(stored.spec, folder, overwrite=True).stored.record)
