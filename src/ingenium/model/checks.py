"""Checks of a model by algebra: units, conserved quantities, steady states; and a second solver.

Shapes: p constants, s states, t times.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from jaxtyping import Float64

from ingenium.model.system import ProcessModel, parse, scaled

AGREED = 1e-5  # relative, within which two integrators are the same
Constants = Float64[np.ndarray, " p"]


@dataclass(frozen=True)
class ModelCheck:
    """One check of a model, its result, and a sentence on it."""

    name: str
    passed: bool
    found: str


def units(model: ProcessModel) -> ModelCheck:
    """Check that the rates are the same law in all other units, as an identity of SymPy.

    Time and each state are measured in a unit of another size, constants as their units say.
    """
    longer = sympy.Symbol("_T", positive=True)
    alike = "x" if model.family.alike else ""
    sizes = {s: sympy.Symbol(f"_{alike or s}", positive=True) for s in model.family.states}
    own = {"T": longer, **sizes}
    change = {model.symbols[s]: size * model.symbols[s] for s, size in sizes.items()}
    for name, text in {**model.family.units, **model.reference_units}.items():
        change[model.symbols[name]] = parse(text, own) * model.symbols[name]
    wrong = []
    for state, before, after in zip(
        model.family.states, model.formal, scaled(model.formal, change), strict=True
    ):
        share = sizes[state] if model.family.step else sizes[state] / longer
        if sympy.simplify(after - share * before) != 0:
            wrong.append(state)
    reported = "the rates are the same law in any units" if not wrong else f"not for {wrong}"
    return ModelCheck("units", not wrong, reported)


def conserved(model: ProcessModel) -> ModelCheck | None:
    """Check that the conserved quantity of the family is constant, as an identity of SymPy."""
    if not model.family.conserved:
        return None
    whole = parse(model.family.conserved, model.symbols)
    flow = sum(
        sympy.diff(whole, model.symbols[s]) * rate
        for s, rate in zip(model.family.states, model.formal, strict=True)
    )
    passed = sympy.simplify(flow) == 0
    reported = f"{model.family.conserved} does not change in time"
    return ModelCheck("conserved", bool(passed), reported if passed else f"{reported}: not so")


def integrators(
    model: ProcessModel, constants: Constants, first: Float64[np.ndarray, " s"]
) -> ModelCheck:
    """Check that an independent method of order 8 gives the same trajectory."""
    time = model.series.time
    own = model.sensitive(constants, first, time)
    if own is None:
        return ModelCheck("integrators", False, "the trajectory breaks off")
    other = model.independent(constants, first, time)
    size = np.abs(other)
    seen = len(model.family.seen)
    size[:, seen:] = size[:, seen:].max(0)  # hidden states may decay to zero
    off = float(np.max(np.abs(own[0] - other) / size)) if np.isfinite(other).all() else math.inf
    reported = f"two integrators differ by {off:.1e} of the state at most"
    return ModelCheck("integrators", off <= AGREED, reported)


def rest(model: ProcessModel, constants: Constants) -> list[str]:
    """Describe steady states with these constants, and the effect of small departures, in words."""
    if model.family.step:
        return [_growth(model, constants)]
    states = [model.symbols[s] for s in model.family.states]
    held = {model.symbols[c]: v for c, v in zip(model.constants, constants, strict=True)}
    rates = [r.subs(held) for r in model.rates]
    start = dict(zip(states, model.scale, strict=True))
    try:
        point = sympy.nsolve(rates, states, [start[s] for s in states])
        at = [float(v) for v in point]
    except (ValueError, ZeroDivisionError, TypeError):
        return []
    if min(at) <= 1e-6 * float(model.scale.min()):
        return []
    slope = sympy.Matrix(rates).jacobian(states).subs(dict(zip(states, at, strict=True)))
    value = np.linalg.eigvals(np.array(slope, dtype=np.float64))
    names = [*model.columns, *model.family.hidden]
    units = [model.series.units[i] for i in model.order] + [""] * len(model.family.hidden)
    where = ", ".join(f"{n} {v:.3g} {u}" for n, v, u in zip(names, at, units, strict=True))
    turn = max(abs(value.imag))
    reported = f"All rates are zero at {where.strip()}"
    if turn > 1e-9:
        reported += (
            f"; small departures turn around it in {2 * math.pi / turn:.3g} "
            f"{model.series.time_unit}"
        )
    return [f"{reported}."]


def _growth(model: ProcessModel, constants: Constants) -> str:
    """Growth factor of the classes in a step, once their shares are steady."""
    states = [model.symbols[s] for s in model.family.states]
    held = {model.symbols[c]: v for c, v in zip(model.constants, constants, strict=True)}
    matrix = sympy.Matrix(model.rates).jacobian(states).subs(held)
    most = max(abs(np.linalg.eigvals(np.array(matrix, dtype=np.float64))))
    return f"In the long run all classes grow by a factor of {most:.3g} a step."


def same_form(one: ProcessModel, other: ProcessModel) -> bool:
    """True if both have the same terms with the same signs, whatever the constants."""
    if one.family.hidden or other.family.hidden or one.family.step != other.family.step:
        return False
    own = [_terms(m) for m in (one, other)]
    return None not in own[0].values() and own[0] == own[1]


def _terms(model: ProcessModel) -> dict[str, frozenset[Any] | None]:
    """Terms of each column's rate: powers of all columns, and the sign."""
    names = dict(zip(model.columns, model.family.states, strict=True))
    states = [model.symbols[names[c]] for c in model.series.names]
    found: dict[str, frozenset[Any] | None] = {}
    for column, rate in zip(model.columns, model.rates, strict=True):
        whole = sympy.expand(rate)
        if not whole.is_polynomial(*states):
            found[column] = None
            continue
        terms = sympy.Poly(whole, *states).terms()
        found[column] = frozenset((powers, c.could_extract_minus_sign()) for powers, c in terms)
    return found


def equations(model: ProcessModel) -> list[str]:
    """Write the rates in SymPy's syntax, in the names of the columns."""
    names = dict(zip(model.family.seen, model.columns, strict=True))
    reported = {model.symbols[s]: sympy.Symbol(n, positive=True) for s, n in names.items()}
    rows: list[str] = []
    for state, rate in zip(model.family.states, model.rates, strict=True):
        name = names.get(state, state)
        left = f"next {name}" if model.family.step else f"d {name}/dt"
        rows.append(f"{left} = {rate.subs(reported, simultaneous=True)}")
    return rows
