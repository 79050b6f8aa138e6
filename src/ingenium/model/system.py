"""A family on the columns of a table: compiled rates, sensitivities, and trajectories.

SymPy derives the derivatives by states and constants; trajectories are integrated together with
sensitivities, and without them in batches by another method.

Shapes: s states, p constants, m constants and first states, t times, n sets of numbers.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from jaxtyping import Float64
from scipy.integrate import ODEintWarning, odeint, solve_ivp

from ingenium.model.families import ProcessFamily
from ingenium.model.series import MeasuredSeries

ERROR, FINE = 1e-8, 1e-11  # relative, of the integrator and of the one that checks it
MOST = 4000  # steps between two times
HUGE = 1e9  # times the scale, beyond which a trajectory is given up
NOTHING = 1e-6  # share of a hidden state's maximum, below which it counts as 0


@dataclass(frozen=True, eq=False)
class ProcessModel:
    """A family whose observed states are columns; `order[i]` is that of observed state i."""

    family: ProcessFamily
    order: tuple[int, ...]
    series: MeasuredSeries

    @property
    def label(self) -> str:
        """The family, and the part of each column where that can differ."""
        parts = [f"{s} is {n}" for s, n in zip(self.family.seen, self.columns, strict=True)]
        reported = len(parts) > 1 and not self.family.symmetric
        return f"{self.family.title} ({', '.join(parts)})" if reported else self.family.title

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the observed states."""
        return tuple(self.series.names[i] for i in self.order)

    @cached_property
    def constants(self) -> tuple[str, ...]:
        """Names of the constants."""
        return tuple(self.family.units)

    @cached_property
    def symbols(self) -> dict[str, Any]:
        """Symbols of states and constants, all above 0."""
        names = (*self.family.states, *self.constants, *self.family.references)
        return {n: sympy.Symbol(n, positive=True) for n in names}

    @cached_property
    def formal(self) -> list[Any]:
        """Right sides as expressions, with symbols for reference sizes."""
        return [parse(text, self.symbols) for text in self.family.rates.values()]

    @cached_property
    def rates(self) -> list[Any]:
        """Right sides as expressions of states and constants."""
        sizes = {self.symbols[k]: v for k, (_, v) in self.family.references.items()}
        return [r.subs(sizes) for r in self.formal]

    @property
    def reference_units(self) -> dict[str, str]:
        """Units of reference sizes: those of their states."""
        return {k: state for k, (state, _) in self.family.references.items()}

    @cached_property
    def scale(self) -> Float64[np.ndarray, " s"]:
        """Sizes of all states; for a hidden one that of the first."""
        seen = self.series.scale[list(self.order)]
        rest = np.full(len(self.family.hidden), seen[0])
        return np.concatenate([seen, rest])

    @cached_property
    def _sensitive(self) -> Callable[..., Any]:
        """Rates of the states and of their derivatives by constants and first states, flat."""
        states = [self.symbols[s] for s in self.family.states]
        held = [self.symbols[c] for c in self.constants]
        jacobian = sympy.Matrix(self.rates).jacobian(states)
        by = sympy.Matrix(self.rates).jacobian(held) if held else sympy.zeros(len(states), 0)
        width = len(held) + len(states)
        moved = sympy.Matrix(len(states), width, lambda i, j: sympy.Symbol(f"_s{i}_{j}"))
        flow = jacobian * moved + by.row_join(sympy.zeros(len(states), len(states)))
        flat = [*self.rates, *flow]
        arguments = [[*states, *moved], held]
        found: Callable[..., Any] = sympy.lambdify(arguments, flat, modules="math", cse=True)
        return found

    @cached_property
    def _plain(self) -> Callable[..., Any]:
        """Compiled rates of the states alone, on arrays."""
        states = [self.symbols[s] for s in self.family.states]
        held = [self.symbols[c] for c in self.constants]
        found: Callable[..., Any] = sympy.lambdify([states, held], self.rates, modules="numpy")
        return found

    def sensitive(
        self,
        constants: Float64[np.ndarray, " p"],
        first: Float64[np.ndarray, " s"],
        time: Float64[np.ndarray, " t"],
    ) -> tuple[Float64[np.ndarray, "t s"], Float64[np.ndarray, "t s m"]] | None:
        """States, and their derivatives by constants and first states; None if it breaks off."""
        s, p = len(first), len(constants)
        start = np.concatenate([first, np.hstack([np.zeros((s, p)), np.eye(s)]).ravel()])
        held = constants.tolist()
        function = self._sensitive
        try:
            if self.family.step:
                rows = [start]
                for _ in range(len(time) - 1):
                    rows.append(np.array(function(rows[-1].tolist(), held)))
                trajectory = np.array(rows)
            else:
                with warnings.catch_warnings():  # the message states why it breaks off
                    warnings.simplefilter("ignore", ODEintWarning)
                    trajectory, reported = odeint(
                        lambda y, t: function(y.tolist(), held),
                        start,
                        time,
                        rtol=ERROR,
                        atol=ERROR * float(self.scale.min()) * 1e-2,
                        mxstep=MOST,
                        full_output=True,
                        printmessg=False,
                    )
                if reported["message"] != "Integration successful.":
                    return None
        except (ValueError, OverflowError, ZeroDivisionError, TypeError):
            return None
        states = trajectory[:, :s]
        seen = len(self.family.seen)
        if (
            not np.isfinite(trajectory).all()
            or (states[:, :seen] <= 0).any()
            or (states[:, seen:] < -NOTHING * states[:, seen:].max(0)).any()
            or states.max() > HUGE * start.max()
        ):
            return None
        return states, trajectory[:, s:].reshape(len(time), s, p + s)

    def many(
        self,
        constants: Float64[np.ndarray, "n p"],
        first: Float64[np.ndarray, "n s"],
        time: Float64[np.ndarray, " t"],
        steps: int = 12,
    ) -> Float64[np.ndarray, "n t s"]:
        """States of a batch, by Runge-Kutta steps of even length."""
        held = list(constants.T)
        rows = [first.T.copy()]

        def rate(x: np.ndarray) -> np.ndarray:
            return np.stack(np.broadcast_arrays(*self._plain(list(x), held)))

        with np.errstate(all="ignore"):
            for long in np.diff(time):
                x = rows[-1]
                if self.family.step:
                    rows.append(rate(x))
                    continue
                h = long / steps
                for _ in range(steps):
                    a = rate(x)
                    b = rate(x + h / 2 * a)
                    c = rate(x + h / 2 * b)
                    d = rate(x + h * c)
                    x = x + h / 6 * (a + 2 * b + 2 * c + d)
                rows.append(x)
        return np.moveaxis(np.stack(rows), (0, 1, 2), (1, 2, 0))

    def independent(
        self,
        constants: Float64[np.ndarray, " p"],
        first: Float64[np.ndarray, " s"],
        time: Float64[np.ndarray, " t"],
    ) -> Float64[np.ndarray, "t s"]:
        """States by the independent Dormand-Prince method of order 8."""
        held = constants.tolist()
        if self.family.step:
            rows = [np.asarray(first)]
            for _ in range(len(time) - 1):
                rows.append(np.array([float(r) for r in self._plain(list(rows[-1]), held)]))
            return np.array(rows)
        done = solve_ivp(
            lambda t, x: np.array([float(r) for r in self._plain(list(x), held)]),
            (time[0], time[-1]),
            first,
            method="DOP853",
            t_eval=time,
            rtol=FINE,
            atol=FINE * float(self.scale.min()),
        )
        return np.asarray(done.y.T) if done.success else np.full((len(time), len(first)), np.nan)

    def unit(self, constant: str) -> str:
        """Unit of a constant, from the units of the table."""
        text = self.family.units[constant]
        series = self.series
        parts = dict(zip(self.family.seen, (series.units[i] for i in self.order), strict=True))
        parts |= dict.fromkeys(self.family.hidden, parts[self.family.seen[0]])
        parts["T"] = series.time_unit
        symbols = {k: sympy.Symbol(v.replace(" ", "_"), positive=True) for k, v in parts.items()}
        symbols = {k: sympy.Integer(1) if v == "1" else symbols[k] for k, v in parts.items()}
        return str(parse(text, symbols))

    def guesses(self) -> Float64[np.ndarray, " p"]:
        """Initial guess for each constant by its unit: a rate of ten over the span, or a state."""
        sizes: dict[str, Any] = dict(zip(self.family.states, self.scale.tolist(), strict=True))
        sizes["T"] = self.series.span / 10
        own = {k: sympy.Symbol(k, positive=True) for k in sizes}
        found = []
        for text in self.family.units.values():
            value = parse(text, own).subs({own[k]: v for k, v in sizes.items()})
            found.append(float(value))
        return np.array(found)


FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos")


def parse(text: str, symbols: Mapping[str, Any]) -> Any:
    """Parse an expression of our own families and laws, with known names only."""
    names: dict[str, Any] = {f: getattr(sympy, f) for f in FUNCTIONS}
    return sympy.sympify(text, locals=names | dict(symbols))


def scaled(expressions: Sequence[Any], change: Mapping[Any, Any]) -> list[Any]:
    """Substitute all symbols simultaneously."""
    return [e.subs(change, simultaneous=True) for e in expressions]
