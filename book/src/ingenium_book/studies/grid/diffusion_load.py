"""Row 22.5: what diffusion adds to a regression with real residuals, a day ahead.

Hourly load of a US utility of 1.4 GW (BigDEAL Challenge 2022, qualifying match) in place of PJM's,
of which a user fetches the file (`INGENIUM_BIGDEAL2022`): three years are learned from, the fourth
is tuned on, with it all families are fitted again, and the fifth is held out. Beside it the total
load of the feeder 1-LV-rural1--0-sw, by weeks. What a day is told, and the logarithm in which it is
proposed, are in `day_ahead`; all families are told the same.

Diffusion, Gaussian process, linear quantile regression, residual bootstrap (a kernel regression
with the residuals of near days), persistence and the week before with their own past errors, and
days of near conditions have four settings each. Each setting is fitted once, and the one with the
least CRPS on the days to tune on is kept. Diffusion, process and quantile regression may model the
whole day or what the kernel regression leaves, as comes out best. 25 proposals for each held-out
day, fair scores in means of the load. What has no chance in its fit is fitted and drawn from once.

The main number is how much lower the CRPS of the diffusion is than that of the residual bootstrap;
2 % is what row 27.1 takes as practical equality. The control's look-up are days of near conditions,
its chance is hours drawn one by one; its losses are those of diffusion with half and all of its
steps. A quick look tries one setting with 2 % of the steps.
"""

from collections.abc import Mapping
from functools import partial

from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators.classical import NearestNeighbours, NeighbourSettings, RandomProposal
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.gaussian_process import GaussianProcess, GaussianProcessSettings
from ingenium_book.studies.grid.ahead_comparison import AheadComparison
from ingenium_book.studies.grid.day_ahead import (
    DAY,
    MEAN,
    NOTHING,
    SIZES,
    WEEK,
    makers,
    settings,
)
from ingenium_book.studies.grid.load_hours import feeder, utility
from ingenium_book.studies.grid.quantile_regression import QuantileRegression

BOTH = (NOTHING, MEAN)
ERRORS = makers(NearestNeighbours, NeighbourSettings, k=(10, 30, 100, 300))
DAYS = makers(NearestNeighbours, NeighbourSettings, k=(5, 10, 20, 40))
RIDGES = (1e-4, 1e-3)
FAMILIES = {
    "diffusion": settings(
        BOTH,
        makers(Diffusion, DiffusionSettings, width=(32, 128), drop=(0.0, 0.0)),
        1000,
    ),
    "gaussian_process": settings(
        BOTH,
        makers(GaussianProcess, GaussianProcessSettings, components=(3, 6), rows=(2000, 2000)),
    ),
    "quantile_regression": settings(
        BOTH, {f"ridge {x:g}": partial(QuantileRegression, ridge=x) for x in RIDGES}
    ),
    "residual_bootstrap": settings((MEAN,), ERRORS),
    "persistence": settings((DAY,), ERRORS),
    "week_before": settings((WEEK,), ERRORS),
    "near_days": settings((NOTHING,), DAYS),
    "chance": settings((NOTHING,), {"hour by hour": RandomProposal}),
}
COMPARISON = AheadComparison(
    {"utility": utility, "feeder": feeder},
    FAMILIES,
    learned=("diffusion",),
    alongside=(
        "diffusion", "gaussian_process", "quantile_regression", "residual_bootstrap", "persistence",
    ),
)  # fmt: skip
NAMED = {
    "learned_gain": "crps gain over residual_bootstrap (%)",
    "gain_over_process": "crps gain over gaussian_process (%)",
    "gain_over_quantiles": "crps gain over quantile_regression (%)",
    "gain_over_persistence": "crps gain over persistence (%)",
    "feeder_learned_gain": "feeder crps gain over residual_bootstrap (%)",
    "feeder_gain_over_process": "feeder crps gain over gaussian_process (%)",
}


def read(found: Readings) -> Mapping[str, Value]:
    """Gains of the diffusion over its rivals, and the scores of all."""
    values = COMPARISON.values(found)
    return {name: values.pop(condition) for name, condition in NAMED.items()} | values


measure = Trials(
    arms=COMPARISON.arms,
    sizes=SIZES,
    run=COMPARISON.run,
    read=read,
    data=COMPARISON.data,
    notes=COMPARISON.notes,
    control=COMPARISON.control,
)
