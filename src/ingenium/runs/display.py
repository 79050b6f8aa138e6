"""A run in display units: those of its spec's limits, or else of its field.

Nothing is judged again: counts, shares and verdicts are those of the run.
"""

from collections.abc import Mapping
from dataclasses import replace

from ingenium.core.shown import bound, rescaled
from ingenium.core.spec import Limit, Spec
from ingenium.core.units import Scale
from ingenium.runs.conflicts import Unmet
from ingenium.runs.outcome import Run
from ingenium.runs.sitting import Sitting
from ingenium.runs.summary import summary

Scales = Mapping[str, Scale]


def shown(run: Run) -> Run:
    """Convert a run to display units."""
    limits = run.spec.limits
    by = run.scales
    told = tuple(bound(x, by[x.quantity]) for x in limits)
    verdicts, sitting = rescaled(run.verdicts, limits, by), run.sitting
    quantities = [replace(q, unit=by[q.name].unit) for q in run.problem.quantities]
    return replace(
        run,
        spec=replace(run.spec, limits=told),
        verdicts=verdicts,
        summary=replace(summary(verdicts, told, quantities), reasons=run.summary.reasons),
        sitting=sitting and _sitting(sitting, run.spec, told, by),
    )


def _sitting(sitting: Sitting, spec: Spec, told: tuple[Limit, ...], by: Scales) -> Sitting:
    """Convert the progress of a search; its best value is one of the first objective."""
    rounds = sitting.rounds
    if spec.objectives:
        one = by[spec.objectives[0].quantity]
        rounds = tuple(
            replace(r, best=None if r.best is None else one.value(r.best)) for r in rounds
        )
    labels = {x.label: t.label for x, t in zip(spec.limits, told, strict=True)}
    lacking = sitting.unmet and _unmet(sitting.unmet, labels, by)
    return replace(sitting, rounds=rounds, unmet=lacking)


def _unmet(unmet: Unmet, labels: Mapping[str, str], by: Scales) -> Unmet:
    return replace(
        unmet,
        conflicts=tuple(
            replace(c, limits=tuple(labels[x] for x in c.limits)) for c in unmet.conflicts
        ),
        front=tuple(
            replace(
                one,
                values={k: by[k].value(v) for k, v in one.values.items()},
                broken=tuple(labels[x] for x in one.broken),
            )
            for one in unmet.front
        ),
    )
