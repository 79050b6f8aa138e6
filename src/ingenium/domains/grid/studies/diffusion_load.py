"""Row 22.5: diffusion scenarios of load against a Gaussian process.

All load profiles of SimBench 1-LV-rural1--0-sw in place of the chapter's PJM load, every fifth
week of each season held out. Conditions: calendar, the day's weather level (as measured: a
perfect forecast of it), yesterday's energy and peak level. Diffusion on six principal components
of what a kernel regression leaves, with real residuals, against a multi-output Gaussian process
with the same conditions; 50 scenarios for each held-out day. Gains are 1 - score / rival's score
with a bootstrap over seeds and weeks. The same without the diffusion (residual bootstrap) is
reported beside, for how much is owed to the regression. The row's MAPE and contingency set are
not tested here. Budget: 5 seeds, the steps of each family's own plan; quick: 1 seed, 60 steps.
"""

from ingenium.core.problem import Watch
from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import BASE, LoadDays, Work
from ingenium.evaluate.measured import Budget, Measured, from_intervals

DIFFUSION, RIVAL = "principal_diffusion", "gaussian_process"
FULL, QUICK = Work(steps=None, members=50), Work(steps=60, members=20)
CLAIMED = 18.3  # %


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fit both families with each seed, and score them on the held-out weeks."""
    return compare_diffusion(day_ahead.feeder_load(lambda name: True), budget, watch)


def compare_diffusion(days: LoadDays, budget: Budget, watch: Watch) -> Measured:
    """The measurement on given days."""
    table = day_ahead.score_families(
        days, (DIFFUSION, RIVAL, BASE), budget, QUICK if budget.quick else FULL, watch
    )
    values = {
        name: day_ahead.gain_percent(table, DIFFUSION, RIVAL, measure, days.week)
        for name, measure in (
            ("crps_better", "crps"),
            ("crps_gain", "crps"),
            ("pinball_gain", "pinball"),
        )
    }
    beside = day_ahead.all_scores(table, days.week)
    beside |= {
        f"{BASE} {measure} gain (%)": day_ahead.gain_percent(table, BASE, RIVAL, measure, days.week)
        for measure in ("crps", "pinball")
    }
    return from_intervals(values, beside, days.digest)
