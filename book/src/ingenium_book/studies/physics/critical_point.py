"""Row 35.4: the critical temperature of Ising spins, from a network that was told cold and hot.

Spins of 8 x 8 to 64 x 64 sites by cluster chains. For each size a perceptron with one hidden layer
learns to tell temperatures up to 1.8 from those of 3.5 to 5: the middle of what it was told lies a
sixth off the critical point, and it never saw a configuration near it. Where the mean of what it
says of configurations between 2.05 and 2.75 crosses a half is the transition of that size; a line
in 1 / size through the four gives that of the infinite lattice. Beside it, on the same
configurations: Binder's cumulant (the temperature at which its curves of all sizes are one), a mean
magnetisation of a half in place of what the network says (the shortcut: no learning at all), and
without any label the temperature at which the leading principal component of all configurations
fluctuates most. Seeds draw chains, first weights and batches. A first run, on half the chains and
with a third or less for small lattices to learn from, left the claim open, and took crossings of
cumulants by straight lines, which lie low by their own fault; it was repeated once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ingenium.core.seeds import one_thread
from ingenium.domains.physics.lattice.sites import Ising
from ingenium.evaluate.trials import Readings, Trials

ONSAGER = 2 / math.log(1 + math.sqrt(2))
ARMS: Mapping[str, int] = {"8": 8, "16": 16, "32": 32, "64": 64}
GRID = np.linspace(2.05, 2.75, 22)  # temperatures at which configurations are judged
COLD, HOT = (1.0, 1.8), (3.5, 5.0)  # temperatures that the network is told
HIDDEN, BATCH, RATE, DECAY = 32, 64, 2e-2, 1e-3
FIRST = 64  # sites for which the first layer learns as fast as the last
REACH = 2.5  # sizes over the correlation length, up to which cumulants are compared
RETAINED = 4  # configurations of a chain that the network is told


@dataclass(frozen=True)
class CriticalTrial:
    """How much a run draws and learns."""

    chains: int  # of 64 x 64 sites at a temperature; of half the side three times as many
    settle: int  # sweeps that do not count
    sweeps: int  # that do
    condition: int  # chains of each phase at 64 x 64 sites, alike, of four configurations each
    steps: int  # of learning

    def at(self, size: int, chains: int) -> int:
        """Chains of a size where there are so many of the largest."""
        return round(chains * 3 ** math.log2(max(ARMS.values()) / size))


def run(size: int, seed: int, work: CriticalTrial) -> dict[str, np.ndarray]:
    """Transitions of one size, and its cumulants over the grid."""
    law, rng = Ising(size), torch.Generator().manual_seed(1000 * seed + size)
    with one_thread():
        judge = learned(law, work, rng)
        at = torch.from_numpy(1 / GRID).repeat_interleave(work.at(size, work.chains))
        spin = _settled(law, at, work.settle, rng)
        axis = _leading(spin)
        said, mean, along = [], [], []
        for _ in range(work.sweeps):
            spin = law.step("clusters", spin, at, rng)
            with torch.no_grad():
                said.append(torch.sigmoid(judge(spin.float().flatten(1)))[:, 0].double())
            mean.append(spin.mean((1, 2)))
            along.append(spin.flatten(1) @ axis / size)
    p, m, x = (torch.stack(own).view(work.sweeps, len(GRID), -1) for own in (said, mean, along))
    fluctuation = size**2 * (x.square().mean((0, 2)) - x.abs().mean((0, 2)).square())
    square, fourth = m.square().mean((0, 2)), m.square().square().mean((0, 2))
    return {
        "network": np.array(crossing(p.mean((0, 2)).numpy())),
        "magnetisation": np.array(crossing(m.abs().mean((0, 2)).numpy())),
        "component": np.array(peak(fluctuation.numpy())),
        "cumulant": (1 - fourth / (3 * square.square())).numpy(),
        "said": p.mean((0, 2)).numpy(),
    }


def learned(law: Ising, work: CriticalTrial, rng: torch.Generator) -> nn.Module:
    """A network that tells ordered from disordered spins, by configurations far from the change."""
    condition = work.at(law.size, work.condition)
    at = torch.cat([torch.linspace(*span, condition, dtype=torch.float64) for span in (COLD, HOT)])
    spin, found = _settled(law, 1 / at, work.settle, rng), []
    for _ in range(RETAINED):
        spin = law.step("clusters", spin, 1 / at, rng)
        found.append(spin.float())
    known, label = torch.cat(found), (at <= COLD[1]).float()[:, None].repeat(RETAINED, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=rng)))
        net = nn.Sequential(nn.Linear(law.sites, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))
    rates = (RATE * FIRST / law.sites, RATE)  # all sites of an ordered field pull the same way
    own = [{"params": net[i].parameters(), "lr": r} for i, r in zip((0, 2), rates, strict=True)]
    best = torch.optim.AdamW(own, weight_decay=DECAY)
    for _ in range(work.steps):
        rows = torch.randint(len(known), (BATCH,), generator=rng)
        sign = 2.0 * torch.randint(0, 2, (BATCH, 1, 1), generator=rng) - 1
        shift = torch.randint(law.size, (2,), generator=rng).tolist()
        x = (sign * known[rows]).roll(shift, (1, 2)).flatten(1)
        loss = nn.functional.binary_cross_entropy_with_logits(net(x), label[rows])
        best.zero_grad()
        loss.backward()
        best.step()
    return net


def _settled(law: Ising, at: Float64[Tensor, " n"], sweeps: int, rng: torch.Generator) -> Tensor:
    spin = law.start(len(at), rng)
    for _ in range(sweeps):
        spin = law.step("clusters", spin, at, rng)
    return spin


def _leading(spin: Float64[Tensor, "n x y"]) -> Float64[Tensor, " v"]:
    """Direction of the leading principal component, by the power method."""
    x = spin.flatten(1)
    axis: Tensor = x.new_ones(x.shape[1]) + 0.1 * x[0]
    for _ in range(50):
        turned: Tensor = x.T @ (x @ axis)
        axis = turned / turned.norm()
    return axis


def crossing(curve: Float[np.ndarray, " g"], level: float = 0.5) -> float:
    """The last temperature at which a falling curve is at a level; NaN where it never is."""
    above = np.flatnonzero(curve >= level)
    if not len(above) or above[-1] + 1 == len(curve):
        return float("nan")
    i = above[-1]
    share = (curve[i] - level) / (curve[i] - curve[i + 1])
    return float(GRID[i] + share * (GRID[i + 1] - GRID[i]))


def peak(curve: Float[np.ndarray, " g"]) -> float:
    """Where a curve is highest: the vertex of a parabola through five points about the most."""
    i = int(np.clip(np.argmax(curve), 2, len(curve) - 3))
    near = slice(i - 2, i + 3)
    a, b, _ = np.polyfit(GRID[near], curve[near], 2)
    return float(-b / (2 * a)) if a < 0 else float(GRID[i])


def scaled(found: Readings, name: str) -> Float64[np.ndarray, " s"]:
    """Transitions of all sizes, to the infinite lattice along 1 / size."""
    at = np.stack([found(arm, name) for arm in ARMS])
    inverse = np.array([1 / size for size in ARMS.values()])
    lines: Float64[np.ndarray, " s"] = np.polyfit(inverse, at, 1)[1]
    return lines


def collapsed(found: Readings) -> Float64[np.ndarray, " s"]:
    """Where cumulants of all sizes, over (T - Tc) size / Tc, lie best on one curve.

    Source: Binder, Z. Phys. B 43 (1981) 119; the exponent of the correlation length is 1.
    """
    curves = np.stack([found(arm, "cumulant") for arm in ARMS], 1)
    trials = np.arange(GRID[0], GRID[-1], 0.002)
    return np.array([trials[np.argmin([_distance(own, tc) for tc in trials])] for own in curves])


def _distance(curves: Float[np.ndarray, "l g"], tc: float) -> float:
    """Mean square distance from one curve, near the critical point."""
    sizes = np.array(list(ARMS.values()))
    x = (GRID - tc)[None] * sizes[:, None] / tc
    near = np.abs(x) < REACH
    line = np.polynomial.Polynomial.fit(x[near], curves[near], 5)
    return float(np.square(line(x[near]) - curves[near]).mean())


def read(found: Readings) -> dict[str, ArrayLike]:
    """Critical temperatures by the network and beside it, and the transitions of each size."""
    values: dict[str, ArrayLike] = {
        "tc": scaled(found, "network"),
        "tc_cumulant": collapsed(found),
        "tc_magnetisation": scaled(found, "magnetisation"),
        "tc_component": scaled(found, "component"),
    }
    off = {name: np.abs(np.asarray(values[name]) - ONSAGER) for name in ("tc", "tc_cumulant")}
    values["gain"] = off["tc_cumulant"] - off["tc"]
    for arm in ARMS:
        values |= {f"{name}_{arm}": found(arm, name) for name in ("network", "component")}
    return values


measure = Trials(
    arms=ARMS,
    sizes=(CriticalTrial(12, 15, 12, 24, 400), CriticalTrial(2, 8, 6, 8, 150)),
    run=run,
    read=read,
)
