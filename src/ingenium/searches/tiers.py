"""A cheap tier as a screen: it measures what the exact tier measures, sooner and less well."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.core.verdict import margins
from ingenium.core.verify import Divisible, Verifier, verify
from ingenium.searches.screening import Outlook
from ingenium.trust.conformal import upper_error

FIRST = 20  # designs that both tiers measured, before a bound is given
LATE = 2000  # the last so many of them count


def cheap_tier(
    problem: Problem, names: tuple[str, ...] = (), *, otherwise: str = "--screen ensemble"
) -> Verifier:
    """The cheap tier of a problem, or that part of its exact one that measures some quantities.

    What does without one, `otherwise`, is told where there is none.

    Raises:
        InputError: if there is none.
    """
    if names:
        known = {q.name for q in problem.quantities}
        if not set(names) <= known:
            odd = ", ".join(sorted(set(names) - known))
            raise InputError(f"quantities of {problem.name}", odd, "See `ingenium show PROBLEM`.")
        if not isinstance(problem.verifier, Divisible):
            raise InputError(
                "a problem whose engine measures some quantities alone",
                problem.name,
                f"Leave --cheap out, or write {otherwise}.",
            )
        return problem.verifier.only(names)
    if len(problem.tiers) < 2:
        instead = f"Write {otherwise}."
        if isinstance(problem.verifier, Divisible):
            instead = "Name quantities that are cheap, such as --cheap weight,logp."
        raise InputError("a problem with a cheap tier", problem.name, instead)
    return problem.tiers[0]


def check_told(tier: Verifier, spec: Spec) -> None:
    """Refuse a cheap tier that has nothing to say of what is asked for.

    Raises:
        InputError: if it measures no quantity that the spec limits or ranks by.
    """
    asked = [x.quantity for x in spec.limits] + [o.quantity for o in spec.objectives]
    if not set(asked) & {q.name for q in tier.quantities}:
        raise InputError(
            f"cheap quantities among those that are asked for: {', '.join(dict.fromkeys(asked))}",
            ", ".join(q.name for q in tier.quantities),
            "Name one that a limit or an objective is about.",
        )


class CheapScreen:
    """Screens by a cheap tier, and learns from those that both tiers measured how far it errs.

    A limit is hopeless where the cheap margin, raised by the error that is hardly exceeded, is
    still below 0. The errors are of designs that were measured: those that pass, and the random
    share. Limits that the cheap tier does not measure are left open.

    Shapes: n designs, k quantities of the cheap tier, l limits, o objectives.
    """

    def __init__(self, problem: Problem, spec: Spec, tier: Verifier, doubt: float) -> None:
        self.problem, self.spec, self.tier, self.doubt = problem, spec, tier, doubt
        self.errors: list[Float[np.ndarray, "n l"]] = []  # exact less cheap margin

    @property
    def name(self) -> str:
        """Of its engine."""
        return f"{self.tier.name} {self.tier.version}"

    def measure(self, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """What the cheap tier measures."""
        found = verify(
            designs, self.tier, (), variables=self.problem.variables, sizes=self.problem.sizes
        )
        return np.stack([found[q.name].to_numpy() for q in self.tier.quantities], 1)

    def expect(self, designs: xr.Dataset, cheap: np.ndarray | None) -> Outlook:
        """What it measured, with the error of its margins."""
        margin, loss = self._seen(cheap)
        errors = np.concatenate(self.errors)[-LATE:] if self.errors else margin[:0]
        most = margin + upper_error(errors, self.doubt, FIRST)
        return Outlook(margin, np.where(np.isnan(most), np.inf, most), loss)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset, cheap: np.ndarray | None) -> None:
        """Note the errors of the cheap margins."""
        self.errors.append(verdicts["margin"].to_numpy() - self._seen(cheap)[0])

    def _seen(
        self, cheap: Float[np.ndarray, "n k"] | None
    ) -> tuple[Float[np.ndarray, "n l"], Float[np.ndarray, "n o"]]:
        """Margins and losses as the cheap tier has them; NaN where it has no answer to a design.

        What it does not measure holds, with an infinite margin, and ranks nothing.
        """
        values = np.empty((0, len(self.tier.quantities))) if cheap is None else cheap
        names = [q.name for q in self.tier.quantities]
        silent = ~np.isfinite(values).all(1, keepdims=True)
        margin = np.full((len(values), len(self.spec.limits)), np.inf)
        for i, limit in enumerate(self.spec.limits):
            if limit.quantity in names:
                margin[:, i] = margins(values, names, (limit,))[:, 0]
        loss = np.zeros((len(values), len(self.spec.objectives)))
        for i, objective in enumerate(self.spec.objectives):
            if objective.quantity in names:
                sign = 1.0 if objective.sense == "minimise" else -1.0
                loss[:, i] = sign * values[:, names.index(objective.quantity)]
        return np.where(silent, np.nan, margin), np.where(silent, np.nan, loss)
