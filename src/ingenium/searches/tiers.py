"""A cheap tier as a screen: faster and less accurate measurements of the same quantities."""

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

FIRST = 20  # designs that both tiers must have measured before there is a bound
LATE = 2000  # number of the latest errors that count


def cheap_tier(
    problem: Problem, names: tuple[str, ...] = (), *, otherwise: str = "--screen ensemble"
) -> Verifier:
    """Return the cheap tier of a problem, or the part of its exact one for some quantities.

    The error names `otherwise`, an alternative without a cheap tier.

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


def check_reported(tier: Verifier, spec: Spec) -> None:
    """Refuse a cheap tier that is irrelevant for a spec.

    Raises:
        InputError: if it measures no quantity that the spec limits or ranks by.
    """
    requested = [x.quantity for x in spec.limits] + [o.quantity for o in spec.objectives]
    if not set(requested) & {q.name for q in tier.quantities}:
        raise InputError(
            f"cheap quantities among those requested: {', '.join(dict.fromkeys(requested))}",
            ", ".join(q.name for q in tier.quantities),
            "Name one that a limit or an objective is about.",
        )


class CheapScreen:
    """Screen by a cheap tier, whose errors are learned from designs that both tiers measured.

    A limit is predicted to be violated where the cheap margin plus the upper bound of its error is
    still below 0. The errors are those of measured designs: those that pass, and the random share.
    Limits that the cheap tier does not measure are left open.

    Shapes: n designs, k quantities of the cheap tier, l limits, o objectives.
    """

    def __init__(self, problem: Problem, spec: Spec, tier: Verifier, miscoverage: float) -> None:
        self.problem, self.spec, self.tier, self.miscoverage = problem, spec, tier, miscoverage
        self.errors: list[Float[np.ndarray, "n l"]] = []  # exact less cheap margin

    @property
    def name(self) -> str:
        """Name and version of its engine."""
        return f"{self.tier.name} {self.tier.version}"

    def measure(self, designs: xr.Dataset) -> Float[np.ndarray, "n k"]:
        """Return the values of the cheap tier."""
        found = verify(
            designs, self.tier, (), variables=self.problem.variables, sizes=self.problem.sizes
        )
        return np.stack([found[q.name].to_numpy() for q in self.tier.quantities], 1)

    def expect(self, designs: xr.Dataset, cheap: np.ndarray | None) -> Outlook:
        """Return its margins and losses, with the error of the margins."""
        margin, loss = self._seen(cheap)
        errors = np.concatenate(self.errors)[-LATE:] if self.errors else margin[:0]
        most = margin + upper_error(errors, self.miscoverage, FIRST)
        return Outlook(margin, np.where(np.isnan(most), np.inf, most), loss)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset, cheap: np.ndarray | None) -> None:
        """Store the errors of the cheap margins."""
        self.errors.append(verdicts["margin"].to_numpy() - self._seen(cheap)[0])

    def _seen(
        self, cheap: Float[np.ndarray, "n k"] | None
    ) -> tuple[Float[np.ndarray, "n l"], Float[np.ndarray, "n o"]]:
        """Margins and losses of the cheap tier; NaN where it has no answer to a design.

        Limits that it does not measure have infinite margins, and such objectives rank nothing.
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
