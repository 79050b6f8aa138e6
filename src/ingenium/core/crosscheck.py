"""Independent cross-check: another engine measures a random share of designs again."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int, Shaped

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.evidence import table
from ingenium.core.problem import CrossCheck, Problem, Second
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict, answered, errors_of, judge, margins, slack
from ingenium.core.verify import measure, named


def cross_check(
    problem: Problem, designs: xr.Dataset, verdicts: xr.Dataset, limits: Sequence[Limit], seed: int
) -> CrossCheck | None:
    """Measure a random share of the designs with a verdict by the problem's independent engine.

    Accepted and rejected designs are sampled alike; a finer mesh measures accepted ones alone. None
    where a problem has no independent engine, or the sample is empty.

    Raises:
        InputError: for a quantity of that engine without a counterpart to compare with.
    """
    reported = partial(_again, problem, designs, verdicts, limits, seed)
    code = verdicts["verdict"].to_numpy()
    found = None if problem.second is None else reported(problem.second, code)
    finer = problem.second.finer if problem.second else None
    if found is None or finer is None:
        return found
    retained = np.where(code == Verdict.ACCEPTED, code, str(Verdict.SCREENED))
    return replace(found, finer=reported(finer, retained))


def _again(
    problem: Problem,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
    limits: Sequence[Limit],
    seed: int,
    second: Second,
    code: Shaped[np.ndarray, " n"],
) -> CrossCheck | None:
    """Cross-check a share of the designs that have a verdict in `code` with one engine."""
    whole = table(problem, verdicts)
    code = np.where(_measured(problem, second, whole), code, str(Verdict.SCREENED))
    rows = sampled(second, code, seed)
    if not len(rows):
        return None
    again = measure(
        designs.isel({DESIGN: rows}),
        second.verifier,
        variables=problem.variables,
        sizes=problem.sizes,
    )
    own, solved = whole[rows], ~np.isnan(again).any(1)
    first = verdicts["verdict"].to_numpy()[rows]
    engine = named(second.verifier)
    return CrossCheck(
        engine["name"],
        engine["version"],
        share=len(rows) / int(answered(code).sum()),
        checked=len(rows),
        disagreement=_disagreement(problem, second, own[solved], again[solved]),
        unsolved=int((~solved).sum()),
        other_verdicts=_other_verdicts(
            problem, second, limits, (own[solved], again[solved], first[solved])
        ),
    )


def _measured(
    problem: Problem, second: Second, own: Float[np.ndarray, "n k"]
) -> Bool[np.ndarray, " n"]:
    """Mark designs with a known value of a quantity that the independent engine measures too.

    Expensive quantities are left out after a violated limit; without any value left to compare,
    such a design would agree with anything.
    """
    names = [q.name for q in problem.quantities]
    shared = [second.against.get(q.name, q.name) for q in second.verifier.quantities]
    columns = [names.index(name) for name in shared if name in names]
    found: np.ndarray = ~np.isnan(own[:, columns]).all(1)
    return found if columns else np.ones(len(own), dtype=bool)


def sampled(second: Second, verdicts: Shaped[np.ndarray, " n"], seed: int) -> Int[np.ndarray, " m"]:
    """Sample the indices of the designs to measure again, in order: at least one, or none for 0."""
    known = np.flatnonzero(answered(verdicts))
    count = max(1, round(second.share * len(known))) if second.share and len(known) else 0
    count = count if second.most is None else min(count, second.most)
    return np.sort(np.random.default_rng(seed).choice(known, count, replace=False))


def _disagreement(
    problem: Problem,
    second: Second,
    own: Float[np.ndarray, "m k"],
    again: Float[np.ndarray, "m q"],
) -> dict[str, float]:
    """Return the largest difference in each quantity of both engines, without unknown values."""
    names = [q.name for q in problem.quantities]
    found = {}
    for column, quantity in enumerate(second.verifier.quantities):
        against = second.against.get(quantity.name, quantity.name)
        if against not in names:
            raise InputError(
                f"a quantity of {problem.name} to compare {quantity.name} with",
                against,
                f"Name one of {', '.join(names)} in `against`.",
            )
        gap = np.abs(again[:, column] - own[:, names.index(against)])
        found[quantity.name] = float(gap[~np.isnan(gap)].max(initial=0.0))
    return found


def _other_verdicts(
    problem: Problem,
    second: Second,
    limits: Sequence[Limit],
    found: tuple[Float[np.ndarray, "m k"], Float[np.ndarray, "m q"], Shaped[np.ndarray, " m"]],
) -> int | None:
    """Count the designs whose verdict changes with the independent engine's values.

    None where no limit is on a quantity that it measures.
    """
    own, again, first = found
    names, values = [q.name for q in problem.quantities], own.copy()
    shared = {q.name: i for i, q in enumerate(second.verifier.quantities) if q.name in names}
    if not any(limit.quantity in shared for limit in limits):
        return None
    for name, column in shared.items():
        values[:, names.index(name)] = again[:, column]
    expensive = np.array([q.expensive for q in problem.quantities], dtype=bool)
    errors = errors_of(problem.quantities)
    margin, wide = margins(values, names, limits, errors), slack(values, names, limits, errors)
    return int((judge(values, margin, expensive, slack=wide) != first).sum())
