"""Checks that circuits learn, compared with models without qubits: rows 23.3 to 23.6.

Circuits of five seeds are trained as one batch.

Shapes: s seeds, p angles, a outcomes.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy.stats import chisquare
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.quantum.distribution.opponents import opponents
from ingenium.domains.quantum.distribution.targets import bars_and_stripes, gaussian_mixture
from ingenium.domains.quantum.distribution.verifier import divergence, variation
from ingenium.drawing.style import GOOD, INK, KNOWN, OURS, REJECTED, SMALL, dress, panels
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Interval
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.networks import encoder
from ingenium.kits.circuits.adversarial import AdversarialSettings, CircuitGAN
from ingenium.kits.circuits.born import kernel
from ingenium.kits.circuits.circuit import QubitCircuit
from ingenium.kits.circuits.layers import first_angles, layered
from ingenium.kits.circuits.mps import MatrixProduct, MatrixProductSettings
from ingenium.kits.circuits.statevector import entropy, probabilities, run, sampled
from ingenium.train.plan import Plan
from ingenium_book.findings import Commands, Finding, Picture
from ingenium_book.studies.quantum.plateau_escapes import descended

SEEDS = range(5)
STEPS, RIVAL_STEPS, SHOTS = 150, 200, 1000
DEPTHS = (1, 3, 6)
BONDS = (32, 64, 128, 256)
SITES, DRAWS = 20, 20_000
REQUESTED = """
problem = "quantum.distribution"
[setup]
target = "gaussian_mixture"
qubits = 4
layers = 4
known = 20
steps = 150
[[limits]]
quantity = "total_variation"
at_most = 0.05
"""
Loss = Callable[[Float64[Tensor, "s a"], Float64[Tensor, " a"]], Float64[Tensor, " s"]]


def discrepancy(
    chance: Float64[Tensor, "s a"], target: Float64[Tensor, " a"]
) -> Float64[Tensor, " s"]:
    """Squared discrepancy of means in the kernel of Born machines."""
    distance = chance - target
    return ((distance @ kernel(int(math.log2(len(target))))) * distance).sum(1)


LOSSES: dict[str, Loss] = {"KL": divergence, "MMD": discrepancy}


def course(
    circuit: QubitCircuit, target: Float64[Tensor, " a"], loss: Loss
) -> tuple[Float64[Tensor, "s p"], Float64[np.ndarray, "steps s"]]:
    """Final angles of each seed, and total variation at each step."""
    rngs = [torch.Generator().manual_seed(s) for s in SEEDS]
    start = torch.cat([first_angles(circuit, 1, rng) for rng in rngs])
    seen: list[Tensor] = []

    def lost(angles: Tensor) -> Tensor:
        chance = probabilities(circuit, angles)
        seen.append(variation(chance.detach(), target))
        return loss(chance, target)

    with one_thread(), torch.enable_grad():
        return descended(lost, start, STEPS), torch.stack(seen).numpy()


def born(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.3: bars and stripes and a mixture of bells, by KL and by MMD."""
    targets = {"bars and stripes": bars_and_stripes(2, 2), "two bells": gaussian_mixture(5)}
    figure, grid = panels(2, 2, (3.6, 2.4))
    for row, (name, chance) in zip(grid, targets.items(), strict=True):
        target = torch.from_numpy(chance)
        circuit = layered(int(math.log2(len(target))), 6)
        for loss, colour in zip(LOSSES, (OURS, GOOD), strict=True):
            angles, far = course(circuit, target, LOSSES[loss])
            _band(row[0], np.arange(STEPS), far, colour, loss)
            exact = probabilities(circuit, angles)
            end = t_interval(variation(exact, target).numpy())
            yield Finding(
                f"{name}, {loss}, {circuit.angles} angles: total variation {_reported(end)}",
                end.value < 0.05,
            )
        dress(row[0], "step", "total variation", title=name, grid=True)
        row[0].set_ylim(bottom=0)
        shots = sampled(exact[:1], SHOTS, torch.Generator().manual_seed(0))[0]
        share = torch.bincount(shots, minlength=len(target)) / SHOTS
        place = np.arange(len(target))
        row[1].bar(place, chance, 0.9, color=KNOWN, alpha=0.25, label="target")
        row[1].bar(place, exact[0].numpy(), 0.45, color=OURS, label="circuit, exact")
        row[1].plot(place, share.numpy(), "o", ms=2.6, color=INK, label=f"{SHOTS} shots")
        row[1].xaxis.set_major_locator(MaxNLocator(integer=True))
        dress(row[1], "outcome", "chance", title=f"{name}, by MMD")
    grid[0, 1].get_legend().remove()  # that of the other is the same
    (commands.folder / "bells.toml").write_text(REQUESTED)
    done = commands(
        "propose", "quantum.distribution", "--spec", "bells.toml", "-n", 4, "--out", "bells"
    )
    held = done.answer["summary"]["accepted"] if done.code == 0 else 0
    yield Finding(
        f"a user's circuits of two bells hold a total variation of 0.05 ({held} of 4)", held > 0
    )
    yield Picture(figure, "Total variation in training (mean and 95 % over 5 seeds), and samples")


def matrix_products(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.4: norm, samples, time by bond, and likelihood compared with circuits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MatrixProduct((1,), 1, MatrixProductSettings(10, 8))
    none = torch.zeros(1024, 1)
    with torch.no_grad():
        chance = model.log_chance(torch.arange(1024), none).exp()
        off = abs(float(chance.sum()) - 1)
        draws = [
            model.sample(torch.zeros(DRAWS, 1), torch.Generator().manual_seed(k)) for k in SEEDS
        ]
    yield Finding(f"the chances of all outcomes add up to 1 within {off:.1e}", off < 1e-12)
    due = DRAWS * chance.numpy()
    right = len(SEEDS) * min(
        _chance_of(torch.bincount(d, minlength=1024).numpy(), due) for d in draws
    )
    yield Finding(
        f"of {len(SEEDS)} times {DRAWS} draws the worst chi-square has p = {min(right, 1):.2f}, "
        "for so many tries",
        right > 0.01,
    )
    seconds = [_seconds(bond) for bond in BONDS]
    power = float(np.polyfit(np.log(BONDS), np.log(seconds), 1)[0])
    yield Finding(
        f"the time of a slope of {SITES} qubits grows as the bond to the power {power:.1f} "
        f"from {BONDS[0]} to {BONDS[-1]}: a polynomial",
        power < 4,
    )
    yield from _likelihoods()
    figure, grid = panels(1, 1, (3.8, 2.8))
    grid[0, 0].loglog(BONDS, seconds, "o-", ms=3, color=OURS)
    grid[0, 0].set_xticks(BONDS, [str(bond) for bond in BONDS])
    grid[0, 0].minorticks_off()
    dress(grid[0, 0], "bond", "time of a slope (s)", grid=True)
    yield Picture(figure, f"Time of a slope of 64 outcomes of {SITES} qubits, by the bond")


def _likelihoods() -> Iterator[Finding]:
    """Circuits, matrix products and networks on the targets of row 23.3."""
    for name, target in (
        ("bars and stripes", torch.from_numpy(bars_and_stripes(2, 2))),
        ("two bells", torch.from_numpy(gaussian_mixture(5))),
    ):
        circuit = layered(int(math.log2(len(target))), 6)
        angles, _ = course(circuit, target, divergence)
        own = divergence(probabilities(circuit, angles), target).numpy()
        product, network = rivals(target, circuit.angles)
        yield Finding(
            f"{name}: divergence of a circuit {_reported(t_interval(own))}, of a matrix product "
            f"{_reported(product)}, of a network {_reported(network)} nats at about "
            f"{circuit.angles} parameters",
            bool(np.isfinite(own).all()),
        )


def rivals(target: Float64[Tensor, " a"], parameters: int) -> tuple[Interval, Interval]:
    """Divergence of the target from a matrix product and from a network, over seeds."""
    found = [opponents(target, parameters, s, steps=RIVAL_STEPS) for s in SEEDS]
    each = [
        [float(divergence(o.chance[None], target)[0]) for o in of_kind]
        for of_kind in zip(*found, strict=True)
    ]
    product, network = (t_interval(np.array(x)) for x in each)
    return product, network


def _chance_of(counts: Float64[np.ndarray, " a"], due: Float64[np.ndarray, " a"]) -> float:
    """Probability of counts at least as far from the expected ones; rare outcomes are pooled."""
    some = due >= 5
    seen = np.append(counts[some], counts[~some].sum())
    return float(chisquare(seen, np.append(due[some], due[~some].sum())).pvalue)


def _seconds(bond: int) -> float:
    """CPU seconds of a gradient."""
    model = MatrixProduct((1,), 1, MatrixProductSettings(SITES, bond))
    outcome, none = torch.arange(64) * 1021, torch.zeros(64, 1)
    spent = []
    with one_thread(), torch.enable_grad():
        for _ in range(3):
            started = time.process_time()
            torch.autograd.grad(model.log_chance(outcome, none).sum(), model.turned)
            spent.append(time.process_time() - started)
    return min(spent)


def expressivity(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.5: entanglement and fit by depth, compared with models of equal size."""
    target = torch.from_numpy(bars_and_stripes(2, 3))
    fits: dict[str, list[Interval]] = {"circuit": [], "matrix product": [], "network": []}
    tied: list[Interval] = []
    sizes = []
    for depth in DEPTHS:
        circuit = layered(6, depth)
        angles, _ = course(circuit, target, divergence)
        states = run(circuit, angles)
        own = divergence(probabilities(circuit, angles), target)
        tied.append(t_interval(entropy(states, 6).numpy()))
        product, network = rivals(target, circuit.angles)
        for name, found in zip(fits, (t_interval(own.numpy()), product, network), strict=True):
            fits[name].append(found)
        sizes.append(circuit.angles)
        yield Finding(
            f"{depth} layers ({circuit.angles} angles): {_reported(tied[-1])} bits, divergence "
            f"{_reported(fits['circuit'][-1])}; matrix product {_reported(product)}, network "
            f"{_reported(network)} nats",
            own.mean().item() < product.value,  # as many parameters, without entangling circuits
        )
    first, last = fits["circuit"][0].value, fits["circuit"][-1].value
    yield Finding(
        f"{DEPTHS[-1]} layers fit better than one ({last:.3f} against {first:.3f} nats)",
        last < first,
    )
    figure, grid = panels(1, 2, (3.6, 2.8))
    for name, colour in zip(fits, (OURS, KNOWN, INK), strict=True):
        _bars(grid[0, 0], sizes, fits[name], colour, name)
    dress(grid[0, 0], "parameters", "divergence of the target (nats)", grid=True)
    _bars(grid[0, 1], sizes, tied, OURS, "circuit")
    dress(grid[0, 1], "parameters", "entropy of half the qubits (bits)", grid=True)
    for axes in grid[0]:
        axes.set_ylim(bottom=0)
    yield Picture(figure, "Bars and stripes of 2 x 3 pixels by size (mean and 95 % over 5 seeds)")


def adversaries(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 23.6: a circuit against a circuit on three qubits, compared with classical GANs.

    Their critic is far larger than the generator, so that the generator alone limits the result.
    """
    target = torch.zeros(8, dtype=torch.float64)
    target[list(EVEN)] = 1 / len(EVEN)
    patterns = sampled(target[None], 2000, torch.Generator().manual_seed(0))[0]
    bits = torch.stack([patterns >> q & 1 for q in range(3)], 1).to(torch.float32)
    x = 2 * bits - 1 + 0.05 * torch.randn(bits.shape, generator=torch.Generator().manual_seed(1))
    circuits, networks, angles = _games(x, target)
    ends = [
        t_interval(np.array([far[-1] for far in each])) for each in (circuits, *networks.values())
    ]
    yield Finding(
        f"a circuit of {angles} angles against a circuit comes to a total variation of "
        f"{_reported(ends[0])}",
        ends[0].value < 0.1,
    )
    product, rival = rivals(target, angles)
    reported = ", ".join(
        f"{w} weights {_reported(e)}" for w, e in zip(networks, ends[1:], strict=True)
    )
    yield Finding(
        f"classical GANs come to: {reported}; by likelihood a matrix product has a divergence of "
        f"{_reported(product)} and a network of {_reported(rival)} nats",
        ends[0].high < ends[1].low,
    )
    figure, grid = panels(1, 1, (4.4, 2.8))
    place = EVERY * np.arange(1, len(circuits[0]) + 1)
    _band(grid[0, 0], place, np.array(circuits).T, OURS, "circuits")
    for (weights, each), colour in zip(networks.items(), (REJECTED, KNOWN), strict=True):
        _band(grid[0, 0], place, np.array(each).T, colour, f"networks of {weights} weights")
    dress(grid[0, 0], "step", "total variation", grid=True)
    grid[0, 0].legend(frameon=False, fontsize=SMALL)
    yield Picture(
        figure, "Adversarial training on even parity of three bits (mean and 95 % over 5 seeds)"
    )


def _games(
    x: Tensor, target: Float64[Tensor, " a"]
) -> tuple[list[list[float]], dict[int, list[list[float]]], int]:
    """Curves of circuits, and of networks by number of weights, one a seed; number of angles."""
    circuits, networks, angles = list[list[float]](), dict[int, list[list[float]]](), 0
    for seed in SEEDS:
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            quantum = CircuitGAN((3,), 1, AdversarialSettings(3, 4, 4))
            circuits.append(_game(quantum, x, seed, 2e-2, target))
            angles = quantum.turned.numel()
            for latent, width in MAKERS:
                network = GAN((3,), 1, GANSettings(latent, width=width, depth=0, penalty=1.0))
                network.critic = encoder((3,), 1, 1, width=64, depth=2)
                weights = sum(p.numel() for p in network.make.parameters())
                networks.setdefault(weights, []).append(_game(network, x, seed, 1e-2, target))
    return circuits, networks, angles


GAME_STEPS, EVERY = 240, 20
MAKERS = ((3, 2), (2, 4))  # latent numbers and width of classical generators
EVEN = (0, 3, 5, 6)  # outcomes of three bits with an even count of ones


def _game(
    family: CircuitGAN | GAN, x: Tensor, seed: int, rate: float, target: Float64[Tensor, " a"]
) -> list[float]:
    """Total variation at some steps, and at the end with the selected weights."""
    none, far = torch.zeros(1, 1), list[float]()

    def distance() -> float:
        if isinstance(family, CircuitGAN):
            with torch.no_grad():
                chance = family.chances(none)[0][0]
        else:
            rng = torch.Generator().manual_seed(seed)
            signs = (family.propose(torch.zeros(4000, 1), rng) > 0).to(torch.int64)
            outcome = (signs << torch.arange(3)).sum(1)
            chance = torch.bincount(outcome, minlength=8).to(torch.float64) / 4000
        return float(variation(chance[None], target)[0])

    def follow(step: int, steps: int, loss: float) -> None:
        if step % EVERY == 0 and step < steps:
            far.append(distance())

    plan = Plan(seed, GAME_STEPS, 128, rate, ema_decay=0.98, check_every=EVERY, patience=100)
    family.fit(x, torch.zeros(len(x), 1), replace(plan, progress=follow))
    return [*far, distance()]


def _reported(found: Interval) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _band(
    axes: Axes, at: np.ndarray, rows: Float64[np.ndarray, "t s"], colour: str, label: str
) -> None:
    """Draw the mean of seeds with its interval."""
    found = [t_interval(row) for row in rows]
    axes.plot(at, [f.value for f in found], color=colour, linewidth=1.2, label=label)
    low, high = [max(f.low, 0.0) for f in found], [f.high for f in found]
    axes.fill_between(at, low, high, color=colour, alpha=0.2, linewidth=0)


def _bars(axes: Axes, at: list[int], found: list[Interval], colour: str, label: str) -> None:
    mean = np.array([f.value for f in found])
    ends = np.array([[f.value - max(f.low, 0.0), f.high - f.value] for f in found]).T
    axes.errorbar(at, mean, ends, fmt="o-", ms=3, color=colour, capsize=2, label=label)
