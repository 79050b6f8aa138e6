"""Row 27.1: conditional flow scenarios of residential load against VAE and GAN.

The household profiles of SimBench 1-LV-rural1--0-sw, every fifth week of each season held out.
Conditions: calendar, the day's weather level, yesterday's energy and peak. Flow, VAE and GAN, all
on the same six principal components of what a kernel regression on the conditions leaves, with
the same residual texture, each with its own plan of training; the weather level is told as
measured, so as a perfect forecast of it; 50 scenarios for each held-out day. Gains are 1 - score
/ rival's score, with a bootstrap over seeds and weeks. The flow's round trip runs in float64 both
ways. Budget: 5 seeds, the steps of each family's own plan; quick: 1 seed, 60 steps.
"""

import torch

from ingenium.core.problem import Watch
from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import BASE, LoadDays, Work
from ingenium.evaluate.intervals import Interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.flow import Flow
from ingenium.generators.model import Family
from ingenium.generators.principal import Principal

FLOW, RIVALS = "principal_flow", ("principal_vae", "principal_gan")
FULL, QUICK = Work(steps=None, members=50), Work(steps=60, members=20)
ROUND_TRIP = 1e-9


def household(name: str) -> bool:
    """Whether a profile of SimBench is that of a household."""
    return name.startswith("H0")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fit the three families with each seed, and score them on the held-out weeks."""
    return compare_flow(day_ahead.feeder_load(household), budget, watch)


def compare_flow(days: LoadDays, budget: Budget, watch: Watch) -> Measured:
    """The measurement on given days."""
    table = day_ahead.score_families(
        days,
        (FLOW, *RIVALS, BASE),
        budget,
        QUICK if budget.quick else FULL,
        watch,
        also=lambda family: _inverted(family, days),
    )
    values = {
        f"{measure}_gain_over_{rival.removeprefix('principal_')}": day_ahead.gain_percent(
            table, FLOW, rival, measure, days.week
        )
        for measure in ("crps", "energy_score")
        for rival in RIVALS
    }
    worst = float(table[FLOW]["round_trip"].max())
    values["round_trip"] = Interval(worst, worst, worst)  # a largest error has no chance in it
    return from_intervals(values, day_ahead.all_scores(table, days.week), days.digest)


def _inverted(family: Family, days: LoadDays) -> dict[str, float]:
    if isinstance(family, Principal) and isinstance(family.inner, Flow):
        return {"round_trip": round_trip(family.inner, days)}
    return {}


def round_trip(flow: Flow, days: LoadDays) -> float:
    """Largest error of noise to design to noise and of design to noise to design, in float64."""
    exact = flow.double()
    cond = days.held_cond.double()
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(len(cond), exact.d, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        x = exact.from_noise(noise, cond)
        back = exact.to_noise(x, cond)
        again = exact.from_noise(back, cond)
    return float(max((back - noise).abs().max(), (again - x).abs().max()))
