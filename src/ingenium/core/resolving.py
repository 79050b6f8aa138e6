"""Resolve a spec for an opened problem: check its names and convert units."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError, SpecError, choose
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition, Quantity
from ingenium.core.spec import Between, Fixed, Limit, Spec, Wanted
from ingenium.core.units import convert


def resolve(spec: Spec, problem: Problem) -> Spec:
    """Check every name of a spec and convert every number to the unit of its quantity.

    The `given` inputs are replaced by their digests, so two specs with the same contents are equal.

    Raises:
        InputError: for an unknown quantity, condition or category, a unit that does not fit, or
            limits that contradict each other, or that the problem knows to be impossible.
    """
    measured = {q.name: q for q in problem.quantities if q.labels is None}
    fixable = {q.name: q for q in problem.fixable()}
    steerable = {n: measured[n] for n in problem.steerable()}
    objectives = spec.objectives or problem.searches.objectives
    for objective in objectives:
        _measured(objective.quantity, measured, problem, "quantity to improve")
    conditions = {c.name: c for c in problem.conditions}
    limits = tuple(_limit(x, measured, problem) for x in (*spec.limits, *_own(spec, problem)))
    _no_looser(limits, [_limit(x, measured, problem) for x in problem.limits], problem)
    _together(limits)
    problem.allow(limits)
    fixed = {
        k: replace(v, value=_value(v.value, v.unit, k, fixable, "quantity to fix"), unit=None)
        for k, v in spec.fixed.items()
    }
    _held(fixed, limits)
    return replace(
        spec,
        given=dict(problem.given.digests),
        limits=limits,
        objectives=objectives,
        conditions={k: _wanted(k, v, conditions) for k, v in spec.conditions.items()},
        fixed=fixed,
        generator=replace(
            spec.generator,
            steer=tuple(
                replace(
                    t,
                    target=_value(t.target, t.unit, t.quantity, steerable, "quantity to steer by"),
                    unit=steerable[t.quantity].unit,
                )
                for t in spec.generator.steer
            ),
        ),
    )


def _own(spec: Spec, problem: Problem) -> tuple[Limit, ...]:
    """The problem's own limits that a spec neither replaces nor removes.

    Raises:
        InputError: if the spec removes what is no such limit, replaces it too, or removes one
            without which a design is not valid.
    """
    named = {x.quantity for x in spec.limits}
    own = {x.quantity: x for x in problem.limits if x.quantity not in named}
    for name in spec.without:
        if name in named:
            raise InputError(
                f"{name} limited or removed",
                f"both a limit on {name} and {name} under [without]",
                "Write one of them.",
            )
        choose(name, own, "limit of the problem to remove")
        if name in problem.validity:
            raise InputError(
                "a limit that a spec can remove",
                f"{name}, without which a design is not valid",
                f"Write no {name} under [without]: {own[name].label} is judged always.",
            )
    return tuple(x for x in own.values() if x.quantity not in spec.without)


def _no_looser(limits: Sequence[Limit], own: Sequence[Limit], problem: Problem) -> None:
    """Refuse limits of a spec under which a design that is not valid would be accepted.

    Raises:
        InputError: naming the limit and the problem's own.
    """
    for valid in (x for x in own if x.quantity in problem.validity):
        same = [x for x in limits if x.quantity == valid.quantity]
        least, most = max(map(_least, same)), min(map(_most, same))
        if least < _least(valid) or most > _most(valid):
            raise InputError(
                f"a limit on {valid.quantity} no looser than {valid.label}",
                " and ".join(x.label for x in same),
                "A design beyond it is not valid. Write a tighter limit, or none.",
            )


def removed(spec: Spec, problem: Problem) -> tuple[str, ...]:
    """Sentences on the problem's own limits that a spec removes, with its reasons."""
    own = {x.quantity: x for x in problem.limits}
    return tuple(
        f"Not judged: {own[name].label}. Reason in the spec: {reason.rstrip('.')}."
        for name, reason in spec.without.items()
    )


def held(spec: Spec, problem: Problem) -> Spec:
    """Add the requested ranges of measured conditions to a resolved spec as limits.

    A condition is only a target for a generator. Where its achieved value is measured, a search for
    the best design must not leave the requested range.

    Raises:
        SpecError: if a limit of the spec leaves nothing of such a range.
    """
    units = {q.name: q.unit for q in problem.quantities}
    known = {(x.quantity, x.at_least, x.at_most) for x in spec.limits}
    more = []
    for c in problem.conditions:
        wanted = spec.conditions.get(c.name)
        if c.measured not in units or not isinstance(wanted, Between):
            continue
        ends = wanted.at_least, wanted.at_most
        if ends[0] < ends[1] and (c.measured, *ends) not in known:
            more.append(Limit(c.measured, *ends, unit=units[c.measured]))
    limits = (*spec.limits, *more)
    _together(limits)
    return replace(spec, limits=limits) if more else spec


def different(problem: Problem, spec: Spec, designs: xr.Dataset) -> int | None:
    """Count the distinct conditions under which designs were proposed.

    None if the spec fixes every numeric condition, so that none was filled in from known designs.
    """
    left = [c for c in problem.conditions if c.choices is None and c.name not in spec.conditions]
    if not left:
        return None
    columns = [designs[c.name].to_numpy().tolist() for c in problem.conditions]
    return len(set(zip(*columns, strict=True)))


def as_measured(problem: Problem, designs: xr.Dataset, verdicts: xr.Dataset) -> xr.Dataset:
    """Replace the requested values of measured conditions by the achieved ones.

    A condition that is a variable of the design stays, and so does one without an answer.
    """
    given = {v.given for v in problem.variables}
    own = {}
    for c in problem.conditions:
        if c.measured in verdicts and c.name not in given:
            requested, found = designs[c.name].to_numpy(), verdicts[c.measured].to_numpy()
            known = np.clip(found, c.lower, c.upper)
            own[c.name] = (DESIGN, np.where(np.isfinite(found), known, requested))
    return designs.assign_coords(own)


def _value(
    value: float, unit: str | None, name: str, known: Mapping[str, Quantity], what: str
) -> float:
    quantity = known[choose(name, known, what)]
    return value if unit is None else convert(value, unit, quantity.unit, of=name)


def _measured(name: str, measured: Mapping[str, Quantity], problem: Problem, what: str) -> Quantity:
    """Return the quantity of a name.

    Raises:
        InputError: for an unknown name; the message says which setup adds an optional quantity.
    """
    if name in problem.absent and name not in measured:
        raise InputError(
            expected=f"a {what} that the setup has measured",
            got=f'"{name}"',
            instead=f"Write {problem.absent[name]} under [setup].",
        )
    return measured[choose(name, measured, what)]


def _limit(limit: Limit, measured: Mapping[str, Quantity], problem: Problem) -> Limit:
    quantity = _measured(limit.quantity, measured, problem, "quantity to limit")
    beyond = limit.beyond_uncertainty
    beyond = quantity.beyond or None if beyond is None else beyond
    return replace(limit.in_unit(quantity.unit), beyond_uncertainty=beyond)


def _together(limits: Iterable[Limit]) -> None:
    """Refuse limits on one quantity, in its unit, between which there is no value.

    Raises:
        SpecError: naming the two.
    """
    low: dict[str, Limit] = {}  # the tightest of each quantity
    high: dict[str, Limit] = {}
    for limit in limits:
        name = limit.quantity
        if limit.at_least is not None and limit.at_least > _least(low.get(name)):
            low[name] = limit
        if limit.at_most is not None and limit.at_most < _most(high.get(name)):
            high[name] = limit
    for name in [name for name in low if name in high]:
        least, most = _least(low[name]), _most(high[name])
        if least > most and not math.isclose(least, most, rel_tol=1e-9):  # as units convert
            raise SpecError(
                f"limits on {name} that one value holds",
                f"{low[name].label} and {high[name].label}",
                f"Write at_least = {most:g} or less, at_most = {least:g} or more, or one of them.",
            )


def _held(fixed: Mapping[str, Fixed], limits: Iterable[Limit]) -> None:
    """Refuse a fixed value that violates a limit: no run could satisfy both.

    Raises:
        SpecError: naming the two.
    """
    for limit in limits:
        if limit.quantity not in fixed:
            continue
        value, bounds = fixed[limit.quantity].value, (_least(limit), _most(limit))
        near = any(math.isclose(value, bound, rel_tol=1e-9) for bound in bounds)  # as units convert
        if not (near or bounds[0] <= value <= bounds[1]):
            raise SpecError(
                f"a fixed {limit.quantity} that holds {limit.label}",
                f"{value:g}",
                "Write another value under [fixed], or another limit.",
            )


def _least(limit: Limit | None) -> float:
    return -math.inf if limit is None or limit.at_least is None else limit.at_least


def _most(limit: Limit | None) -> float:
    return math.inf if limit is None or limit.at_most is None else limit.at_most


def _wanted(name: str, wanted: Wanted, known: Mapping[str, Condition]) -> Wanted:
    condition = known[choose(name, known, "condition")]
    if condition.choices is not None:
        names = wanted if isinstance(wanted, tuple) else (wanted,)
        return tuple(choose(str(x), condition.choices, f"choice of {name}") for x in names)
    low, high = condition.lower, condition.upper
    if isinstance(wanted, (str, tuple)):
        raise InputError(
            expected=f"{name} as a number or a range in {condition.unit}",
            got=repr(wanted),
            instead=f"Write {name} = {{ at_least = {low:g}, at_most = {high:g} }}.",
        )
    span = wanted if isinstance(wanted, Between) else Between(float(wanted), float(wanted))
    if span.at_least < low or span.at_most > high:
        raise InputError(
            expected=f"{name} between {low:g} and {high:g}",
            got=f"{span.at_least:g} to {span.at_most:g}",
            instead=f"Write {name} = {{ at_least = {low:g}, at_most = {high:g} }} or less.",
        )
    return span


def sample_conditions(
    spec: Spec,
    conditions: Iterable[Condition],
    known: xr.Dataset,
    n: int,
    rng: torch.Generator,
    *,
    input_distance: Float[np.ndarray, " m"] | None = None,
) -> xr.Dataset:
    """Sample conditions for `n` designs: from the spec, and for the rest from the known designs.

    Wanted numbers are spread evenly over their ranges; everything else, categories and numbers,
    comes together from one of the eight known designs of the wanted categories that lie nearest to
    the wanted numbers, so that conditions keep their dependence. `input_distance` is that of the
    inputs of each known design from those of the spec (`distance_to_given`), and is added
    to it.

    Raises:
        InputError: if no known design has the wanted categories together.
    """
    table = {c.name: known[c.name].to_numpy() for c in conditions}
    kinds = {c.name: c for c in conditions}
    fits = np.ones(known.sizes["design"], dtype=bool)
    for name, wanted in spec.conditions.items():
        if isinstance(wanted, tuple):
            fits &= np.isin(table[name], wanted)
    if not fits.any():
        raise _no_such_design(spec, table)
    pool = np.flatnonzero(fits)
    spans = {k: v for k, v in spec.conditions.items() if isinstance(v, Between)}
    uniform = torch.rand(n, len(spans), generator=rng, dtype=torch.float64).numpy()
    low = np.array([s.at_least for s in spans.values()])
    high = np.array([s.at_most for s in spans.values()])
    drawn = low + uniform * (high - low)
    if spans or input_distance is not None:
        distance = np.zeros((n, len(pool)))
        if input_distance is not None:
            distance += input_distance[pool]
        for i, name in enumerate(spans):
            scale = kinds[name].upper - kinds[name].lower or 1.0  # a range of one number
            distance += np.abs(drawn[:, i, None] - table[name][pool]) / scale
        near = _nearest(distance, 8)
    else:
        near = np.broadcast_to(np.arange(len(pool)), (n, len(pool)))
    pick = torch.randint(near.shape[1], (n,), generator=rng).numpy()
    chosen = pool[near[np.arange(n), pick]]
    columns: dict[str, Any] = {c: values[chosen] for c, values in table.items()}
    columns |= {name: drawn[:, i] for i, name in enumerate(spans)}
    own = {} if columns else {"design": np.arange(n)}  # otherwise no column determines their number
    return xr.Dataset({k: ("design", v) for k, v in columns.items()}, coords=own)


def _nearest(distance: Float[np.ndarray, "n m"], k: int) -> Int[np.ndarray, "n k"]:
    """Columns of the `k` least values of each row, in order; ties go to the first column."""
    if distance.shape[1] <= k:
        return np.argsort(distance, axis=1, kind="stable")
    bound = np.partition(distance, k - 1, axis=1)[:, k - 1]
    rows = []
    for values, most in zip(distance, bound, strict=True):  # ties make rows of several lengths
        close = np.flatnonzero(values <= most)
        rows.append(close[np.argsort(values[close], kind="stable")][:k])
    return np.stack(rows)


def _no_such_design(spec: Spec, table: Mapping[str, np.ndarray]) -> InputError:
    """Return the error that names the wanted categories that never occur together."""
    wanted = {k: v for k, v in spec.conditions.items() if isinstance(v, tuple)}
    rows = {tuple(str(table[k][i]) for k in wanted) for i in range(len(next(iter(table.values()))))}
    best = max(rows, key=lambda r: sum(v in wanted[k] for k, v in zip(wanted, r, strict=True)))
    return InputError(
        expected="conditions that occur together in the known designs",
        got=", ".join(f"{k} = {'/'.join(v)}" for k, v in wanted.items()),
        instead="The nearest that do: "
        + ", ".join(f'{k} = "{v}"' for k, v in zip(wanted, best, strict=True))
        + ".",
    )
