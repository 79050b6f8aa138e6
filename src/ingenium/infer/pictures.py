"""Pictures of a posterior: corner plot with ellipses, bands, and histograms of its calibration.

Shapes: n samples, q quantities.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from scipy import stats

from ingenium.core.artifact import Drawn
from ingenium.core.quantity import Quantity
from ingenium.core.units import convert
from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, panels
from ingenium.infer.answering import Inferred
from ingenium.infer.calibration import Ranks
from ingenium.infer.weights import moments, quantiles

MOST = 6  # quantities of a corner plot
SHOWN = 1500  # points of a panel
BINS, RANK_BINS = 24, 10
LEVELS = ((0.5, 0.9), (0.9, 0.45))  # regions, and how dark their lines are


def figures(made: Inferred) -> list[Drawn]:
    """Figures of a new posterior: those of the problem, and its calibration."""
    question = made.question
    found = [(s.heading, s.text, s.figure) for s in made.sections if s.figure is not None]
    values = question.measure(made.found.arrays).numpy()
    sampled = corner(question.quantities, values, made.found.weight)
    found.append(("Corner plot", "Ellipses cover 50 and 90 % of the posterior.", sampled))
    if any(len(r.levels) for r in made.ranks.values()):
        names = [q.name for q in question.quantities]
        text = "Ranks of samples of the prior and of held-out truths, with bands of 95 %."
        found.append(("Calibration", text, calibration(names, made.ranks)))
        text = "On the line a region is calibrated."
        found.append(("Coverage", text, reached(made.ranks)))
    return found


def corner(
    quantities: Sequence[Quantity],
    values: Float64[np.ndarray, "n q"],
    weight: Float64[np.ndarray, " n"],
) -> Figure:
    """Each quantity by itself, and each pair with ellipses of 50 and 90 %."""
    spread = values.std(0)
    own = np.flatnonzero(spread > 0)[:MOST].tolist() or [0]
    q = len(own)
    figure, grid = panels(q, q, (1.7, 1.55))
    x = np.stack([_shown(quantities[i], values[:, i]) for i in own], 1)
    names = [_named(quantities[i]) for i in own]
    rng = np.random.default_rng(0)
    sampled = x[rng.choice(len(x), min(SHOWN, len(x)), p=weight)]
    for row in range(q):
        for column in range(q):
            axes = grid[row, column]
            if column > row:
                axes.set_axis_off()
                continue
            if column == row:
                _alone(axes, x[:, row], weight)
            else:
                axes.scatter(sampled[:, column], sampled[:, row], 3, OURS, alpha=0.2, linewidths=0)
                for region, dark in LEVELS:
                    ellipse(axes, x[:, [column, row]], weight, region, alpha=dark)
            dress(
                axes,
                names[column] if row == q - 1 else "",
                names[row] if column == 0 and row else "",
            )
            axes.tick_params(labelsize=6)
            axes.locator_params(nbins=3)
            if row < q - 1:
                axes.set_xticklabels([])
            if column or not row:
                axes.set_yticklabels([])
    return figure


def ellipse(
    axes: Axes,
    x: Float64[np.ndarray, "n 2"],
    weight: Float64[np.ndarray, " n"],
    region: float,
    *,
    alpha: float = 0.9,
) -> None:
    """Draw the ellipse of mean and covariance that contains `region` of a posterior."""
    mean, cov = moments(x, weight)
    out = x - mean
    far = np.einsum("ni,ij,nj->n", out, np.linalg.pinv(cov), out)
    reach = float(quantiles(far, weight, (region,))[0])
    sizes, turns = np.linalg.eigh(cov)
    angle = float(np.degrees(np.arctan2(turns[1, 1], turns[0, 1])))
    wide, high = 2 * np.sqrt(np.maximum(sizes[::-1] * reach, 0.0))
    axes.add_patch(
        Ellipse((mean[0], mean[1]), wide, high, angle=angle, fill=False, ec=KNOWN, alpha=alpha)
    )


def calibration(names: Sequence[str], ranks: Mapping[str, Ranks]) -> Figure:
    """Plot ranks of truths in their posteriors: flat if these are right, with 95 % bands."""
    shown = {k: r for k, r in ranks.items() if len(r.levels)}
    figure, grid = panels(max(len(shown), 1), min(len(names), MOST), (1.75, 1.6))
    for row, (what, own) in zip(grid, shown.items(), strict=False):
        n = len(own.levels)
        low, high = (float(stats.binom.ppf(p, n, 1 / RANK_BINS)) for p in (0.025, 0.975))
        for i, axes in enumerate(row):
            axes.axhspan(low, high, color=MUTED, alpha=0.25, lw=0)
            axes.hist(own.levels[:, i], RANK_BINS, range=(0, 1), color=OURS, alpha=0.85)
            dress(axes, "rank of the truth", what if i == 0 else "", title=names[i])
            axes.tick_params(labelsize=6)
    return figure


def reached(ranks: Mapping[str, Ranks]) -> Figure:
    """Plot the share of truths inside regions against the nominal share."""
    figure, grid = panels(1, 1, (3.4, 3.0))
    axes = grid[0, 0]
    said = np.linspace(0.02, 0.98, 49)
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8)
    for (what, own), colour in zip(ranks.items(), (OURS, KNOWN), strict=False):
        if len(own.levels):
            inside = [own.inside(p).mean() for p in said]
            axes.plot(said, inside, color=colour, lw=1.4, label=f"intervals, {what}")
            if own.ellipses.size:
                held = [(own.ellipses <= p).mean() for p in said]
                axes.plot(said, held, color=colour, lw=1.2, ls="--", label=f"ellipses, {what}")
    axes.set_aspect("equal")
    dress(axes, "region of the posterior", "share of truths inside")
    return figure


def _alone(axes: Axes, x: Float64[np.ndarray, " n"], weight: Float64[np.ndarray, " n"]) -> None:
    axes.hist(x, BINS, weights=weight, color=OURS, alpha=0.8)
    for p in (0.05, 0.5, 0.95):
        axes.axvline(float(quantiles(x, weight, (p,))[0]), color=KNOWN, lw=1.0 if p == 0.5 else 0.6)


def _shown(q: Quantity, values: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Convert a quantity to the unit that the field uses."""
    if not q.shown:
        return values
    zero, one = (convert(x, q.unit, q.shown, of=q.name) for x in (0.0, 1.0))
    return np.asarray(zero + (one - zero) * values)


def _named(q: Quantity) -> str:
    unit = q.shown or q.unit
    return q.name.replace("_", " ") + ("" if unit == "1" else f" ({unit})")
