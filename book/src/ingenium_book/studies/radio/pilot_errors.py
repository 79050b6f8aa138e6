"""Row 28.2: errors of channel estimates over SNR, beside those that know less and who knows most.

Terminals stand at new places between known ones of a site, with gains of their paths drawn anew;
64 subcarriers of 750 kHz and 8 antennas; each at its own SNR. The posterior is that of
`radio.estimate` with 300 known channels, by particles; its mean is the estimate. It alone knows how
loud terminals are at places, as they send with a known power; the others are told channels of equal
power, which suits them better. The covariance of the site is exact for its known channels, the
mixture has 16 components of about 4,000 draws of them, and pursuit needs nothing. The genie knows
delays, angles and powers of each terminal's paths, and not their gains; its LMMSE is the least
error that anyone can have. Elsewhere the terminal stands in another town than the one that all of
them learned from. Seeds draw which channels are known, which terminals judge, gains and noise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ingenium.core.resolving import resolve
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.radio.estimate import TerminalEstimate
from ingenium.domains.radio.estimators import GlobalLmmse, MixtureLmmse, Pursuit
from ingenium.domains.radio.pilots import Fading, circular, flat
from ingenium.domains.radio.rays import Rays, subcarriers
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators.generator import Generator
from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.table import named
from ingenium.infer.prior import Prior
from ingenium.runs.loop import training
from ingenium.train.plan import Plan

SNR_DB = (-10, 0, 10, 20, 30)
KNOWN = (100, 300, 3000)
OWN = 300  # channels that the posterior learns from
COMPONENTS, GAINS = 16, 4000  # of the mixture, and draws that it learns from
PRIOR_DRAWS, DRAWS = 1024, 150
HZ = subcarriers(64, 750e3)


@dataclass(frozen=True)
class PilotArm:
    """Where terminals stand, and at which SNR they are heard."""

    scene: str
    snr_db: tuple[int, ...] = SNR_DB


ARMS: Mapping[str, PilotArm] = {
    "home": PilotArm("munich"),
    "elsewhere": PilotArm("etoile", (0, 10, 20)),
}


@dataclass(frozen=True)
class PilotTrial:
    """How many terminals judge; particles are dear."""

    terminals: int
    by_particles: int
    known: int


@cache
def site(scene: str, known: int) -> TerminalEstimate:
    """Where many channels are traced."""
    setup = {"scene": scene, "known": known, "held_out": 75}
    problem = open_problem(Spec(problem="radio.estimate", setup=setup))
    assert isinstance(problem, TerminalEstimate)
    return problem


def run(arm: PilotArm, seed: int, size: PilotTrial) -> dict[str, np.ndarray]:
    """Squared errors over mean power of each terminal, by estimate and SNR."""
    home = site("munich", size.known)
    there = home if arm.scene == "munich" else site(arm.scene, OWN)
    rng = torch.Generator().manual_seed(seed)
    hz = home.settings.carrier_hz
    order = torch.randperm(size.known, generator=rng)
    learned = home.part("known").arrays
    judges = there.part("between")
    chosen = torch.randperm(len(judges.east), generator=rng)[: size.terminals]
    truth = Rays(*(a[chosen] for a in judges.arrays))
    loss_db = truth.path_loss_db(hz)
    even = truth.at_unit_power(hz)
    unit = Fading(HZ, home.settings.antennas, hz, 1.0)
    channel = unit.faded(even, rng)
    others = _others(unit, learned, order, size, rng)
    with one_thread():
        prior = _prior(home, order[: min(OWN, size.known)])
        found: dict[str, list[list[float]]] = {}
        for db in arm.snr_db:
            noise = 10 ** (-db / 10)
            received = channel + noise**0.5 * circular(tuple(channel.shape), rng)
            made = {name: of(received, noise) for name, of in others.items()}
            made["genie"] = _genie(replace(unit, noise_power=noise), received, even)
            some = received[: size.by_particles]
            made["posterior"] = _posterior(home, prior, some, loss_db, noise, rng)
            for name, own in made.items():
                wrong = (own - channel[: len(own)]).abs().square().mean((1, 2))
                found.setdefault(name, []).append(wrong.tolist())
    return {name: np.array(rows) for name, rows in found.items()}


def _others(
    unit: Fading, learned: tuple[Tensor, ...], order: Tensor, size: PilotTrial, rng: torch.Generator
) -> dict[str, Callable[[Tensor, float], Tensor]]:
    """Estimates that learn from channels of equal power, or from nothing."""
    found: dict[str, Callable[[Tensor, float], Tensor]] = {
        "ls": lambda received, noise: received,
        "omp": Pursuit().estimate,
    }
    for known in sorted({min(k, size.known) for k in KNOWN}):
        some = Rays(*(a[order[:known]] for a in learned)).at_unit_power(unit.carrier_hz)
        weight = torch.full((known,), 1 / known, dtype=torch.float64)
        found[f"lmmse_{known}"] = GlobalLmmse(unit.covariance(some.arrays, weight)).estimate
        if known >= OWN:
            again = torch.arange(max(GAINS, known)) % known
            drawn = unit.faded(Rays(*(a[again] for a in some.arrays)), rng)
            found[f"mixture_{known}"] = MixtureLmmse.of(drawn, COMPONENTS).estimate
    return found


def _prior(problem: TerminalEstimate, chosen: Tensor) -> Prior:
    """That of `radio.estimate`, from some of the known channels."""
    known = training(problem).isel(design=chosen.numpy())
    spec = resolve(Spec(problem="radio.estimate"), problem)
    family = problem.baselines()["image_neighbours"]()
    family.fit(problem.encode(known).float(), problem.features(known), Plan())
    generator = Generator(problem, family, spec, known)
    some = Rays(*(a[chosen] for a in problem.part("known").arrays))
    return Prior.of(generator, PRIOR_DRAWS, 0, problem.around(some))


def _genie(fading: Fading, received: Tensor, even: Rays) -> Tensor:
    readings = flat(received)
    each = [
        fading.expected(readings[i : i + 1], tuple(a[i : i + 1] for a in even.arrays))[0, 0]
        for i in range(len(received))  # each under its own truth
    ]
    return torch.stack(each)


def _posterior(
    problem: TerminalEstimate,
    prior: Prior,
    received: Tensor,
    loss_db: Tensor,
    noise: float,
    rng: torch.Generator,
) -> Tensor:
    """The posterior's mean of each, which is told the power that terminals send with."""
    found = []
    for y, db in zip(received, loss_db.tolist(), strict=False):  # a posterior each
        size = 10 ** (-db / 20)
        fading = Fading(HZ, problem.settings.antennas, problem.settings.carrier_hz, noise * size**2)
        task = InferenceTask(prior, fading, problem.reported, DRAWS)
        readings = flat(size * y[None])
        drawn = named("annealed").prepared(task, rng)(readings[0], rng)
        each = fading.expected(readings, drawn.arrays)[0]
        found.append(each.mean(0) / size)  # particles weigh the same
    return torch.stack(found)


def read(found: Readings) -> Mapping[str, np.ndarray]:
    """Errors in dB, a row a seed, and differences on the same terminals."""

    def error(arm: str, name: str, like: str) -> np.ndarray:
        """By seed and SNR, over the terminals that another was measured on."""
        count = found(arm, like).shape[2]
        return np.asarray(10 * np.log10(found(arm, name)[:, :, :count].mean(2)))

    values: dict[str, np.ndarray] = {}
    for arm in found.pieces:
        names = list(found.pieces[arm][0])
        rivals = [n for n in names if n not in ("posterior", "genie")]
        own, genie = (error(arm, n, "posterior") for n in ("posterior", "genie"))
        best = np.min([error(arm, n, "posterior") for n in rivals], axis=0)
        for i, db in enumerate(ARMS[arm].snr_db):
            at = f"{arm}.{db}_db"
            values |= {f"{at}.{n}": error(arm, n, n)[:, i] for n in names}
            values[f"{at}.to_genie"] = (own - genie)[:, i]
            values[f"{at}.gain"] = (best - own)[:, i]
            for name in rivals:
                values[f"{at}.over_{name}"] = (error(arm, name, "posterior") - own)[:, i]
    reported = {"gain": "home.10_db.gain", "to_genie": "home.10_db.to_genie"}
    reported |= {f"to_genie_at_{db}": f"home.{db}_db.to_genie" for db in SNR_DB if db != 10}
    reported |= {"gain_elsewhere": "elsewhere.10_db.gain"}
    return values | {name: values[own] for name, own in reported.items()}


measure = Trials(
    arms=ARMS, sizes=(PilotTrial(25, 3, 3000), PilotTrial(4, 1, 300)), run=run, read=read
)
