"""Aims of a comparison, and whether a family reached them."""

from dataclasses import dataclass

from ingenium.comparison.scores import Comparison

BETTER_THAN_BASELINES = ("energy_score", "variogram_score")
AUC_AT_MOST = 0.70
COVERAGE = (0.87, 0.93)


@dataclass(frozen=True)
class Aim:
    """One aim with its measured values."""

    what: str
    measured: str
    held: bool


def weigh(table: Comparison, family: str) -> tuple[Aim, ...]:
    """Judge the aims of one family.

    Better than every baseline means a lower mean than the best of them; the paired interval of the
    difference over seeds and weeks is shown with it.
    """
    found = []
    for name in BETTER_THAN_BASELINES:
        rivals = [b for b in table.baselines if b in table.families and b != family]
        best = min(rivals, key=lambda b: table.interval(b, name).value)
        pair = table.paired(family, best, name).difference
        found.append(
            Aim(
                f"lower {name.replace('_', ' ')} than every baseline",
                f"{table.interval(family, name).value:.4g} against "
                f"{table.interval(best, name).value:.4g} of {best} "
                f"(difference {pair.low:.3g} to {pair.high:.3g})",
                pair.value < 0,
            )
        )
    auc = table.interval(family, "classifier_auc")
    found.append(
        Aim(
            f"classifier AUC at most {AUC_AT_MOST:.2f}",
            f"{auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f})",
            auc.value <= AUC_AT_MOST,
        )
    )
    inside = table.interval(family, "coverage_90")
    found.append(
        Aim(
            f"90 % intervals that cover {COVERAGE[0]:.0%} to {COVERAGE[1]:.0%}",
            f"{inside.value:.1%} ({inside.low:.1%} to {inside.high:.1%})",
            COVERAGE[0] <= inside.value <= COVERAGE[1],
        )
    )
    return tuple(found)
