"""Row 27.1: conditional flow scenarios of residential load against VAE and GAN.

The household profiles of SimBench 1-LV-rural1--0-sw, every fifth week of each season held out.
Conditions: calendar, the day's weather level, yesterday's energy and peak. Flow, VAE and GAN, all
on the same six principal components of what a kernel regression on the conditions leaves, with
the same residual texture, each with its own plan of training; the weather level is told as
measured, so as a perfect forecast of it; 50 scenarios for each held-out day. Gains are 1 - score
/ rival's score, with a bootstrap over seeds and weeks. The flow's round trip runs in float64 both
ways. A quick look takes 60 steps.
"""

from collections.abc import Mapping

import torch
from numpy.typing import ArrayLike

from ingenium.domains.grid.studies import day_ahead
from ingenium.domains.grid.studies.day_ahead import BASE, SIZES, LoadDays, Work, feeder_load
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.generators.flow import Flow
from ingenium.generators.principal import Principal

FLOW, RIVALS = "principal_flow", ("principal_vae", "principal_gan")
HOUSEHOLD = "H0"  # as SimBench's names of such profiles begin


def run(name: str, seed: int, size: Work) -> Mapping[str, ArrayLike]:
    """Scores of a family on each held-out day, and how exactly a flow inverts."""
    days = feeder_load(HOUSEHOLD)
    family = day_ahead.fitted(name, days, size, seed)
    found = day_ahead.score(family, days, size.members, day_ahead.rng_of(name, seed))
    if isinstance(family, Principal) and isinstance(family.inner, Flow):
        return {**found, "round_trip": round_trip(family.inner, days)}
    return found


def read(found: Readings) -> Mapping[str, Value]:
    """Gains of the flow over its rivals, and its worst round trip."""
    days = feeder_load(HOUSEHOLD)
    gains = {
        f"{measure}_gain_over_{rival.removeprefix('principal_')}": day_ahead.gain(
            found, FLOW, rival, measure, days
        )
        for measure in ("crps", "energy_score")
        for rival in RIVALS
    }
    worst = float(found(FLOW, "round_trip").max())  # a largest error has no chance in it
    return gains | {"round_trip": exact(worst)} | day_ahead.all_scores(found, days)


def round_trip(flow: Flow, days: LoadDays) -> float:
    """Largest error of noise to design to noise and of design to noise to design, in float64."""
    exactly = flow.double()
    cond = days.held_cond.double()
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(len(cond), exactly.d, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        x = exactly.from_noise(noise, cond)
        back = exactly.to_noise(x, cond)
        again = exactly.from_noise(back, cond)
    return float(max((back - noise).abs().max(), (again - x).abs().max()))


measure = Trials(
    arms={name: name for name in (FLOW, *RIVALS, BASE)},
    sizes=SIZES,
    run=run,
    read=read,
    data=lambda size: feeder_load(HOUSEHOLD).digest,
)
