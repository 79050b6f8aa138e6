"""Reasons why an engine has no answer to a design."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import EngineError
from ingenium.core.problem import Problem
from ingenium.core.verdict import Verdict, undecided
from ingenium.core.verify import Verifier

MOST = 3  # quantities that a reason names


@runtime_checkable
class Explaining(Verifier, Protocol):
    """A verifier that knows why it has no answer, such as what its program printed."""

    @property
    def explain(self) -> Callable[..., Sequence[str]]:
        """Return a reason for each design of float64 arrays (n, ...); empty where unknown."""
        ...


@runtime_checkable
class FindingVerifier(Verifier, Protocol):
    """A verifier that knows where a design breaks a limit, such as a page and a line."""

    @property
    def find(self) -> Callable[..., Sequence[str]]:
        """Return the findings in each design of float64 arrays (n, ...); empty where none."""
        ...


def findings(problem: Problem, designs: xr.Dataset, verdicts: xr.Dataset) -> list[str]:
    """Return where each rejected design breaks a limit, in words; empty for the others."""
    found = [""] * designs.sizes[DESIGN]
    wrong = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.REJECTED)
    if len(wrong) and isinstance(problem.verifier, FindingVerifier):
        arrays = to_arrays(designs.isel({DESIGN: wrong}), problem.variables)
        for row, said in zip(wrong.tolist(), problem.verifier.find(*arrays), strict=True):
            found[row] = said
    return found


def reasons(problem: Problem, designs: xr.Dataset, verdicts: xr.Dataset) -> list[str]:
    """Return why each failed design has no answer, in words; empty for the others.

    The engine itself explains where it can; else the quantities without a value are named.
    """
    found = [""] * designs.sizes[DESIGN]
    failed = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.FAILED)
    if not len(failed):
        return found
    arrays = to_arrays(designs.isel({DESIGN: failed}), problem.variables)
    engine = problem.verifier
    own = engine.explain(*arrays) if isinstance(engine, Explaining) else [""] * len(failed)
    finite = torch.stack([a.reshape(len(a), -1).isfinite().all(1) for a in arrays]).all(0).tolist()
    open_ended = undecided(verdicts)[failed].tolist()
    values = np.stack([verdicts[q.name].to_numpy()[failed] for q in problem.quantities], 1)
    names = [q.long_name or q.name for q in problem.quantities]
    for i, row in enumerate(failed.tolist()):  # a sentence each
        if not finite[i]:
            found[row] = "a variable of the design is not a finite number"
        elif open_ended[i]:
            found[row] = "its interval reaches across a limit after all scenarios"
        else:
            found[row] = own[i] or _unmeasured(names, values[i])
    return found


def check_answers(problem: Problem, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
    """Refuse a batch to which the engine has no answer at all.

    Raises:
        EngineError: with the commonest reasons.
    """
    failed = (verdicts["verdict"] == Verdict.FAILED).to_numpy() & ~undecided(verdicts)
    if not failed.all():
        return
    commonest = list(counted(reasons(problem, designs, verdicts)).items())[:MOST]
    why = "; ".join(f"{n} times: {reason}" for reason, n in commonest)
    raise EngineError(
        f"{problem.verifier.name} failed on every one of the {len(failed)} designs ({why}); "
        "check the model that the spec names with `ingenium doctor`"
    )


def counted(found: Sequence[str]) -> Mapping[str, int]:
    """Return how many designs each reason has, the commonest first."""
    return dict(Counter(x for x in found if x).most_common())


def _unmeasured(names: Sequence[str], values: np.ndarray) -> str:
    missing = [name for name, v in zip(names, values.tolist(), strict=True) if not np.isfinite(v)]
    more = "" if len(missing) <= MOST else f" and {len(missing) - MOST} more"
    return f"no value of {', '.join(missing[:MOST])}{more}" if missing else "no reason is known"
