"""Report sections: an ensemble against the exact curve and a chain, costs, and maps.

Shapes: n configurations, t steps of a chain, o observables.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.verdict import Verdict
from ingenium.domains.physics.lattice.costs import ChainRun, DrawnRun, number
from ingenium.domains.physics.lattice.ensemble import BEYOND, effective, mean, pulls
from ingenium.domains.physics.lattice.laws import Law, Sampler
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.domains.physics.lattice.verifier import LawVerifier
from ingenium.drawing import (
    Axis,
    MapField,
    Marks,
    OverTime,
    Plane,
    PlaneMap,
    TimeBand,
    figure_of,
    table,
)
from ingenium.drawing.style import INK, KNOWN, OURS

TRIED, SHOWN, BINS, POINTS = 1024, 8, 12, 60
COSTS = (
    "sampler",
    "kept by lots",
    "accepted by Metropolis",
    "effective size",
    "autocorrelation, steps",
    "independent ones a second",
)


def sections(
    judge: LawVerifier,
    samplers: Mapping[str, Sampler],
    settings: LatticeFieldSettings,
    designs: xr.Dataset,
    verdicts: xr.Dataset,
) -> tuple[Section, ...]:
    """Show means on the exact curve, the history against a chain's, costs, and maps."""
    law, order = judge.law, np.argsort(designs[DESIGN].to_numpy())
    designs, verdicts = designs.isel({DESIGN: order}), verdicts.isel({DESIGN: order})
    retained = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED)
    if not len(retained):
        return (Section("The ensemble", "The resampling accepted no configuration."),)
    beta = designs["beta"].to_numpy()[retained]
    measured = np.stack([verdicts[q.name].to_numpy()[retained] for q in judge.quantities], 1)
    coupling = float(np.median(beta))
    chain = ChainRun.of(law, law.chains[0], coupling, settings.chain)
    chains = [chain, *(ChainRun.of(law, n, coupling, settings.chain) for n in law.chains[1:])]
    fields = to_arrays(designs.isel({DESIGN: retained[:SHOWN]}), law.variables)[0]
    tried = verdicts["log_weight"].to_numpy()
    return (
        _ensemble(judge, beta, measured, int(np.isfinite(tried).sum()), chains[-1]),
        Section(
            "On the exact curve",
            "Weighted means with their standard errors; the line is the exact result.",
            _curve(judge, beta, measured),
        ),
        Section(
            f"History of the {law.slow}",
            f"Configurations are sampled independently; a Markov chain of {chain.name} at "
            f"coupling {coupling:g} generates each from the last.",
            _history(law, measured, chain),
        ),
        Section(
            "Efficiency compared with Markov chains",
            f"At coupling {coupling:g}, CPU seconds of one processor: {TRIED} proposals of each "
            f"sampler, {settings.chain} steps of each chain, run alone; batched chains need less "
            "time for each step (`benchmarks lattice_fields`). If the table has an exact sampler, "
            "this model needs no learned sampler.",
            table=(COSTS, *_costs(judge, samplers, coupling, chains)),
        ),
        Section("Configurations", f"The first accepted: {law.drawn_as}.", _maps(law, fields)),
    )


def _ensemble(
    judge: LawVerifier, beta: np.ndarray, measured: np.ndarray, n: int, chain: ChainRun
) -> Section:
    law, count = judge.law, measured[:, -1]
    own = law.observed(measured)
    middle, error = mean(count, own)
    exact = _exact(law, beta)
    due, distance = (count / count.sum()) @ exact, pulls(count, own, exact)
    one = bool((beta == beta[0]).all())
    known, names = np.isfinite(due), list(law.curve)
    rows = table(
        ("observable", names, ""),
        ("ensemble", map(number, middle, error), ""),
        ("law", [f"{d:.6g}" if k else "not known" for d, k in zip(due, known, strict=True)], ""),
        ("standard errors off", np.where(known, distance, np.nan), "+.1f"),
        (
            "chain",
            [chain.condition(law, i) if one else "other couplings" for i in range(len(names))],
            "",
        ),
    )
    condition = (
        f"{len(beta)} of {n} proposals were accepted, equivalent to {effective(count):.0f} "
        f"independent configurations; {int((count > 1).sum())} count more than 1. The chain is "
        f"one of {chain.name}, with an error corrected for its autocorrelation."
    )
    wrong = bool((np.abs(distance[known]) > BEYOND).any())
    condition += (
        " The means DEVIATE from the exact result: do not use this ensemble." if wrong else ""
    )
    return Section("The ensemble", condition, table=rows)


def _exact(law: Law, beta: np.ndarray) -> np.ndarray:
    return np.stack([law.exact(b) for b in beta.tolist()])


def _curve(judge: LawVerifier, beta: np.ndarray, measured: np.ndarray) -> Figure:
    law, count = judge.law, measured[:, -1]
    own = law.observed(measured)
    low, high = judge.sampler.couplings
    line = np.linspace(max(low, beta.min() - 1), min(high, beta.max() + 1), POINTS)
    exact = _exact(law, line)
    edges = np.unique(np.quantile(beta, np.linspace(0, 1, BINS + 1)))
    place = np.searchsorted(edges[1:-1], beta, side="right")
    groups = [np.flatnonzero(place == i) for i in np.unique(place)]
    groups = [g for g in groups if len(g) > 1]
    found = [mean(count[g], own[g]) for g in groups]
    at = np.array([float(np.average(beta[g], weights=count[g])) for g in groups])
    pieces = []
    for i, name in enumerate(law.curve):
        middle, error = (np.array([f[k][i] for f in found]) for k in (0, 1))
        theory = np.isfinite(exact[:, i]).all()
        lines = (Marks("exact", line, exact[:, i], INK, "-"),) if theory else ()
        means = Marks("ensemble", at, middle, OURS, "o", 14.0, error=error)
        coupling = Axis(np.empty(0), "coupling", ends=(line[0], line[-1]))
        pieces.append(Plane(coupling, Axis(np.empty(0), name), marks=(*lines, means)))
    return figure_of(*pieces, size=(3.2, 2.6))


def _history(law: Law, measured: np.ndarray, chain: ChainRun) -> Figure:
    place = [q.name for q in law.quantities].index(law.slow)
    theirs = chain.measured[0, :, place]
    ours = measured[: len(theirs), place]
    pieces = (
        OverTime(np.arange(len(y)), [TimeBand(y[None], law.slow, colour)], title, x="step")
        for y, colour, title in ((ours, OURS, "proposed one by one"), (theirs, KNOWN, chain.name))
    )
    return figure_of(*pieces, size=(3.6, 2.4), sharey=True)


def _costs(
    judge: LawVerifier,
    samplers: Mapping[str, Sampler],
    coupling: float,
    chains: list[ChainRun],
) -> list[tuple[str, ...]]:
    """Measure the cost of each sampler, then of each chain."""
    rows = []
    for name, sampler in samplers.items():
        own = DrawnRun.of(judge.law, sampler, coupling, TRIED)
        shares = (f"{x:.1%}" for x in (own.retained, own.moved, own.effective))
        rows.append((name, *shares, "none", f"{own.rate:.0f}"))
    for run in chains:
        tau, rate = run.memory(judge.law), run.rate(judge.law)
        condition = (f"{tau:.1f}", f"{rate:.1f}") if math.isfinite(tau) else ("never moved", "none")
        rows.append((run.name, "", "", "", *condition))
    return rows


def _maps(law: Law, fields: torch.Tensor) -> Figure:
    maps = law.pictured(fields)
    extent = (0.0, float(maps.shape[-1]), 0.0, float(maps.shape[-2]))
    shown = (PlaneMap(field=MapField(one.T, extent, law.colours, (-1.0, 1.0))) for one in maps)
    return figure_of(*shown, size=(1.6, 1.6), columns=4)
