"""Row 27.1: a conditional flow of whole days of households against VAE and GAN.

Fifteen measured homes of a year (CityLearn Challenge 2022), of which a user fetches the files
(`INGENIUM_CITYLEARN2022`), in place of a hundred. Whole weeks are held out and others tuned on.
Flow, VAE and GAN each model all 24 hours of a home's day, given the calendar, the hours of the day
before and of the same day a week ago, the home's mean day, and temperature and sun as measured, so
as a perfect forecast of them: no mean is taken out for them. Each has two settings and about 25
seconds of a processor for one fit; each setting is fitted once, the one with the least CRPS on the
weeks to tune on is kept, and it is fitted again with them, for each seed. 25 proposals for each
held-out day, fair scores in means of the home's load. Gains are 1 - score / rival's score with a
bootstrap over seeds and weeks; 2 % is taken as practical equality. Five seeds, not twenty.

Beside them a residual bootstrap (a kernel regression with the residuals of near days), days of near
conditions and hours drawn one by one, tuned alike; the last two are the control's look-up and
chance, and its losses are those of the flow with half and all of its steps. The flow's round trip
runs in float64 both ways.
"""

from collections.abc import Mapping

import torch

from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact
from ingenium.generators.classical import NearestNeighbours, NeighbourSettings, RandomProposal
from ingenium.generators.flow import Flow, FlowSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.vae import VAE, VAESettings
from ingenium_book.studies.grid.ahead_comparison import AheadComparison
from ingenium_book.studies.grid.day_ahead import (
    HELD,
    MEAN,
    NOTHING,
    SIZES,
    AheadFit,
    makers,
    settings,
)
from ingenium_book.studies.grid.home_hours import homes

WHOLE = (NOTHING,)
FAMILIES = {
    "flow": settings(WHOLE, makers(Flow, FlowSettings, transforms=(2, 3), width=(64, 128)), 1000),
    "vae": settings(WHOLE, makers(VAE, VAESettings, latent=(8, 16), beta=(0.5, 1.0)), 1500),
    "gan": settings(WHOLE, makers(GAN, GANSettings, penalty=(0.1, 1.0), latent=(32, 32)), 300),
    "residual_bootstrap": settings(
        (MEAN,), makers(NearestNeighbours, NeighbourSettings, k=(100, 300))
    ),
    "near_days": settings(WHOLE, makers(NearestNeighbours, NeighbourSettings, k=(30, 100))),
    "chance": settings(WHOLE, {"hour by hour": RandomProposal}),
}
RIVALS = ("vae", "gan", "residual_bootstrap")


def inverts(made: AheadFit) -> Mapping[str, float]:
    """How exactly a flow inverts at the conditions of held-out days."""
    if not isinstance(made.family, Flow):
        return {}
    return {"round_trip": round_trip(made.family, made.days.cond[made.days.rows(HELD)])}


def round_trip(flow: Flow, cond: torch.Tensor) -> float:
    """Largest error of noise to design to noise and of design to noise to design, in float64."""
    exactly, condition = flow.double(), cond.double()
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(len(condition), exactly.d, generator=rng, dtype=torch.float64)
    with torch.no_grad():
        x = exactly.from_noise(noise, condition)
        back = exactly.to_noise(x, condition)
        again = exactly.from_noise(back, condition)
    return float(max((back - noise).abs().max(), (again - x).abs().max()))


COMPARISON = AheadComparison(
    {"homes": homes},
    FAMILIES,
    learned=("flow", "vae", "gan"),
    alongside=(),
    also=inverts,
)


def read(found: Readings) -> Mapping[str, Value]:
    """Gains of the flow over its rivals, and its worst round trip."""
    values = COMPARISON.values(found)
    gains = {
        f"{measure}_gain_over_{rival}": values.pop(f"{measure} gain over {rival} (%)")
        for measure in ("crps", "energy_score")
        for rival in RIVALS
    }
    worst = float(found("flow", "round_trip").max())  # a largest error has no chance in it
    return gains | {"round_trip": exact(worst)} | values


measure = Trials(
    arms=COMPARISON.arms,
    sizes=SIZES,
    run=COMPARISON.run,
    read=read,
    data=COMPARISON.data,
    notes=COMPARISON.notes,
    control=COMPARISON.control,
)
