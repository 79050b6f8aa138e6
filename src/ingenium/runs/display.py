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
from ingenium.runs.session import SearchSession
from ingenium.runs.summary import summary

Scales = Mapping[str, Scale]


def shown(run: Run) -> Run:
    """Convert a run to display units."""
    limits = run.spec.limits
    by = run.scales
    reported = tuple(bound(x, by[x.quantity]) for x in limits)
    verdicts, session = rescaled(run.verdicts, limits, by), run.session
    quantities = [replace(q, unit=by[q.name].unit) for q in run.problem.quantities]
    counts, own = summary(verdicts, reported, quantities), run.summary
    return replace(
        run,
        spec=replace(run.spec, limits=reported),
        verdicts=verdicts,
        summary=replace(counts, reasons=own.reasons, distinct=own.distinct),
        session=session and _session(session, run.spec, reported, by),
    )


def _session(
    session: SearchSession, spec: Spec, reported: tuple[Limit, ...], by: Scales
) -> SearchSession:
    """Convert the progress of a search; its best value is one of the first objective."""
    rounds = session.rounds
    if spec.objectives:
        one = by[spec.objectives[0].quantity]
        rounds = tuple(
            replace(r, best=None if r.best is None else one.value(r.best)) for r in rounds
        )
    labels = {x.label: t.label for x, t in zip(spec.limits, reported, strict=True)}
    lacking = session.unmet and _unmet(session.unmet, labels, by)
    return replace(session, rounds=rounds, unmet=lacking)


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
