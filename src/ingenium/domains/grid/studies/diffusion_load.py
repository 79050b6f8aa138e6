"""Row 22.5: diffusion scenarios of load against a Gaussian process.

All load profiles of SimBench 1-LV-rural1--0-sw in place of the chapter's PJM load, every fifth
week of each season held out. Conditions: calendar, the day's weather level (as measured: a
perfect forecast of it), yesterday's energy and peak level. Diffusion on six principal components
of what a kernel regression leaves, with real residuals, against a multi-output Gaussian process
with the same conditions; 50 scenarios for each held-out day. Gains are 1 - score / rival's score
with a bootstrap over seeds and weeks. The same without the diffusion (residual bootstrap) is
reported beside, for how much is owed to the regression. Each family trains by its own plan; a
quick look takes 60 steps.
"""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import BASE, SIZES, Work, feeder_load
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials

DIFFUSION, RIVAL = "principal_diffusion", "gaussian_process"


def run(name: str, seed: int, size: Work) -> Mapping[str, ArrayLike]:
    """Scores of a family on each held-out day."""
    days = feeder_load()
    family = day_ahead.fitted(name, days, size, seed)
    return day_ahead.score(family, days, size.members, day_ahead.rng_of(name, seed))


def read(found: Readings) -> Mapping[str, Value]:
    """Gains of the diffusion and of the regression alone over the Gaussian process."""
    days = feeder_load()
    crps, pinball = (
        day_ahead.gain(found, DIFFUSION, RIVAL, measure, days) for measure in ("crps", "pinball")
    )
    alone = {
        f"{BASE} {measure} gain (%)": day_ahead.gain(found, BASE, RIVAL, measure, days)
        for measure in ("crps", "pinball")
    }
    own = {"crps_better": crps, "crps_gain": crps, "pinball_gain": pinball}
    return own | alone | day_ahead.all_scores(found, days)


measure = Trials(
    arms={name: name for name in (DIFFUSION, RIVAL, BASE)},
    sizes=SIZES,
    run=run,
    read=read,
    data=lambda size: feeder_load().digest,
)
