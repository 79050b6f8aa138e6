"""Channels and beams a second, against what users of Sionna would use instead.

Channels: the generator of `radio.site_channel` against Sionna's ray tracer at the same places, and
against clusters of 3GPP (CDL-C of Sionna, with the site's median spread of delays). Distances are
Wasserstein distances to channels traced at other new places, over their spread; those of a second
traced part show the sampling error. Beams: batches of sets of users against Clarabel through CVXPY,
one after the other, each programme compiled once, and against its solver without CVXPY. Seconds are
CPU seconds.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from scipy.stats import wasserstein_distance

from benchmarks.measuring import Timing, interleaved, report, spread, timed
from ingenium.core.designs import DESIGN
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.radio.clarabel import EXTRA as DEV
from ingenium.domains.radio.duality import least_power
from ingenium.domains.radio.rays import Rays
from ingenium.domains.radio.site_channel import STATISTICS, SiteChannel
from ingenium.train.plan import Plan

MANY, TRACED, CLUSTERED = 4096, 60, 200
ROUNDS = 5
SETS, ALONE = 1000, 20
USERS = ((4, 8), (8, 16), (16, 64))
SINR_DB = 5.0


def run() -> None:
    """Measure channels and beams."""
    torch.set_num_threads(1)
    channels()
    beams()


def channels() -> None:
    """Rates, and distances from traced channels."""
    problem = open_problem(Spec(problem="radio.site_channel", setup={}))
    assert isinstance(problem, SiteChannel)
    known = problem.data()
    own = known.isel({DESIGN: ~known["held_out"].to_numpy()})
    family = problem.baselines()["image_neighbours"]()
    family.fit(problem.encode(own).float(), problem.features(own), Plan())
    places = problem.queries(known)
    at = np.stack([places["east"].to_numpy(), places["north"].to_numpy()], 1)
    cond, rng = problem.features(places), torch.Generator().manual_seed(0)
    onto, hz = problem.project({}, places), problem.settings.carrier_hz
    clusters, reported = _clusters(problem, float(problem.part("known").delay_spread(hz).median()))
    problem.scene.trace(at[:1])  # compiles once
    part = iter(np.split(at[1 : 1 + ROUNDS * TRACED], ROUNDS))

    def made() -> tuple[torch.Tensor, ...]:
        return onto(problem.decode(family.propose(cond, rng).double(), places))

    works: Mapping[str, tuple[Callable[[], Any], int]] = {
        "generator": (made, MANY),
        "ray tracer": (lambda: problem.scene.trace(next(part)), TRACED),
        "CDL-C": (clusters, CLUSTERED),
    }
    made(), clusters()
    found = interleaved({name: work for name, (work, _) in works.items()}, ROUNDS)
    rate = {name: _rate(found[name], works[name][1]) for name in works}
    truth, again = problem.part("between"), problem.scene.trace(at[1 : 1 + ROUNDS * TRACED])
    heard = Rays(*(a[again.present.any(1)] for a in again.arrays))  # like all surveyed channels
    distance = {
        "generator": _difference(Rays.of(made()), truth, hz),
        "ray tracer": _difference(heard, truth, hz),
        "CDL-C": {"delay_spread": _distance(reported(), truth.delay_spread(hz))},
    }
    rows = [
        {"channels by": name, "per_s": rate[name], "generator_times": _over(rate, name)}
        | {key: distance[name].get(key, "") for key in STATISTICS}
        for name in works
    ]
    report("radio_channels", "Channels a second (aims: 1,000 and 100 times)", rows, {})


def _clusters(
    problem: SiteChannel, delay_spread_s: float
) -> tuple[Callable[[], Any], Callable[[], torch.Tensor]]:
    """Sionna's CDL-C with the array of the site; and spreads of delays of its channels."""
    from sionna.phy.channel.tr38901 import CDL, Antenna, AntennaArray

    hz = problem.settings.carrier_hz
    pattern = {"polarization": "single", "polarization_type": "V", "antenna_pattern": "omni"}
    one = Antenna(**pattern, carrier_frequency=hz)
    array = AntennaArray(1, problem.settings.antennas, **pattern, carrier_frequency=hz)
    model = CDL("C", delay_spread_s, hz, one, array, "uplink", min_speed=1.5)

    def made() -> Any:
        return model(batch_size=CLUSTERED, num_time_steps=1, sampling_frequency=1e3)

    def reported() -> torch.Tensor:
        a, tau = made()
        power = a[..., 0].abs().square().mean(dim=(1, 2, 3, 4)).double()
        late = tau[:, 0, 0].double()
        share = power / power.sum(1, keepdim=True)
        mean = (share * late).sum(1, keepdim=True)
        spread: torch.Tensor = (share * (late - mean).square()).sum(1).sqrt()
        return spread

    return made, reported


def _difference(own: Rays, truth: Rays, hz: float) -> dict[str, float]:
    return {name: _distance(of(own, hz), of(truth, hz)) for name, of in STATISTICS.items()}


def _distance(own: torch.Tensor, truth: torch.Tensor) -> float:
    return round(float(wasserstein_distance(own, truth) / truth.std()), 3)


def beams() -> None:
    """Sets a second, by users and antennas, and the differences of the powers."""
    rows = [_beams(users, antennas) for users, antennas in USERS]
    report("radio_beams", "Sets of beams a second (aim: 100 times Clarabel)", rows, {})


def _beams(users: int, antennas: int) -> dict[str, Any]:
    rng = torch.Generator().manual_seed(0)
    parts = torch.randn(2, SETS, users, antennas, generator=rng, dtype=torch.float64)
    channel = torch.complex(parts[0], parts[1]) / 2**0.5
    sinr = torch.full((SETS, users), 10 ** (SINR_DB / 10), dtype=torch.float64)
    solve = _programme(users, antennas, 10 ** (SINR_DB / 10))
    solve(channel[0])  # compiles
    theirs: list[tuple[float, float]] = []
    other = timed(lambda: theirs.extend(solve(h) for h in channel[:ALONE]), 1)
    found, inner = np.array(theirs).T
    others_s = other.cpu_s[0] - float(inner.sum())  # without the second run of the solver alone
    ours = timed(lambda: least_power(channel, sinr), ROUNDS)
    power = least_power(channel[:ALONE], sinr[:ALONE]).power.numpy()
    rate = {"ours": _rate(ours, SETS), "clarabel": spread([ALONE / others_s])}
    return {
        "users": users,
        "antennas": antennas,
        "ours_per_s": rate["ours"],
        "clarabel_per_s": rate["clarabel"],
        "times": round(rate["ours"]["median"] / rate["clarabel"]["median"], 1),
        "times_solver_alone": round(rate["ours"]["median"] * float(inner.mean()), 1),
        "power_apart": float(np.abs(found / power - 1).max()),
    }


def _programme(users: int, antennas: int, sinr: float) -> Callable[[Any], tuple[float, float]]:
    """The cone programme of `clarabel.power`, compiled once for all channels."""
    cvxpy: Any = DEV.package("cvxpy")
    real, imaginary = (cvxpy.Parameter((users, antennas)) for _ in range(2))
    a, b = (cvxpy.Variable((antennas, users)) for _ in range(2))
    along, across = real @ a + imaginary @ b, real @ b - imaginary @ a  # of the conjugate channel
    rules = []
    for k in range(users):
        rest = [x[k, j] for j in range(users) if j != k for x in (along, across)]
        rules += [
            across[k, k] == 0,
            along[k, k] >= sinr**0.5 * cvxpy.norm(cvxpy.hstack([*rest, 1.0])),
        ]
    whole = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(cvxpy.hstack([a, b]), "fro")), rules)

    def solve(channel: Any) -> tuple[float, float]:
        real.value, imaginary.value = channel.real.numpy(), channel.imag.numpy()
        whole.solve(solver="CLARABEL")
        data, chain, _ = whole.get_problem_data("CLARABEL")
        started = time.process_time()
        chain.solver.solve_via_data(data, warm_start=False, verbose=False, solver_opts={})
        return float(whole.value) ** 2, time.process_time() - started

    return solve


def _rate(timing: Timing, count: int) -> dict[str, float]:
    return spread([count / s for s in timing.cpu_s])


def _over(rate: Mapping[str, Mapping[str, float]], name: str) -> Any:
    times = rate["generator"]["median"] / rate[name]["median"]
    return "" if name == "generator" else round(times, 1)
