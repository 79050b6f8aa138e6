"""Fit the generator of a spec ahead of a proposal."""

from functools import partial

from ingenium import __version__
from ingenium.core import spec as specs
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.problem import Watch, silent
from ingenium.core.resolving import resolve
from ingenium.domains import open_problem
from ingenium.generators import fitted
from ingenium.runs import loop
from ingenium.scale.place import HERE, WorkPlace
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs.propose import SpecLike, as_spec


def fit(
    spec: SpecLike,
    *,
    ledger: Ledger | None = None,
    watch: Watch = silent,
    on: WorkPlace = HERE,
) -> fitted.FittedFamily:
    """Fit the generator that a spec chooses, so that proposing finds it in the cache.

    Workers `on` label the rows of a family that is fitted to rows of the engine.

    Examples:
        >>> import ingenium
        >>> fitted = ingenium.fit("structures.roof")
    """
    spec = as_spec(spec)
    with ledger_or_own(ledger) as book:
        watch("open the problem", 0, 1)
        problem = open_problem(spec)
        resolved = resolve(spec, problem)
        fitted.check(problem, resolved.generator)
        known = loop.training(problem)
        data = dataset_digest(known)
        opener = partial(open_problem, spec, problem.given)
        model = fitted.fit(problem, known, resolved.generator, watch=watch, on=on, opener=opener)
        body = {
            "problem": problem.name,
            "spec": digest(specs.as_table(resolved)),
            "data": data,
            "family": model.name,
            "model": model.digest,
            "cached": model.cached,
            "version": __version__,
        }
        book.append("fit", body)
    return model
