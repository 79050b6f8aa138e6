"""Checks of neurons and small networks of spikes, in seconds."""

from collections.abc import Iterator

import numpy as np
import torch

from ingenium.domains.neuro.digits.pictures import draw_sheet
from ingenium.drawing.style import INK, KNOWN, OURS, dress, panels
from ingenium_book.checks.neuro.binary_digits import CELLS, BinaryDigits
from ingenium_book.checks.neuro.evolution import evolved
from ingenium_book.checks.neuro.firing import pattern
from ingenium_book.checks.neuro.membrane import settled, simulate
from ingenium_book.checks.neuro.neurons import ADEX, IZHIKEVICH, LIF
from ingenium_book.findings import Commands, Finding, Picture

WITHIN = 1e-6  # mV, and of a rate
CURRENTS_NA = (0.5, 1.0, 1.4, 1.49, 1.51, 1.6, 2.0, 3.0, 5.0)
EPISODES_NA = (1.2, 1.51, 2.5)  # below, at and above the threshold's current of 1.5
CELL = 10.0  # current of the article's cells
NEURONS, GENERATIONS = (4, 8, 16), 300
DRIVEN = """
problem = "neuro.digits"
[setup]
chip = "Loihi"
known = 100
replayed = 0.0
[select]
export = "verified"
"""


def neuron(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 19.1: voltage and rate of a leaky neuron against the closed form."""
    lif = LIF()
    current = torch.tensor(CURRENTS_NA, dtype=torch.float64)
    found = settled(lif, current[:, None].expand(-1, 1000), 1.0, within_ms=WITHIN)
    period = lif.period_ms(current)
    time = torch.arange(1, 1001, dtype=torch.float64)
    toward = lif.rest_mv + lif.resistance_mohm * current
    since = torch.where(period[:, None].isinf(), time, torch.remainder(time, period[:, None]))
    due = toward[:, None] + (lif.reset_mv - toward[:, None]) * torch.exp(-since / lif.tau_ms)
    away = (since > 1e-6) & (since < period[:, None] - 1e-6)  # at a spike it is both
    off = float((found.voltage_mv - due).abs()[away].max())
    yield Finding(
        f"voltages of {len(CURRENTS_NA)} currents over 1 s lie within {off:.0e} mV of the closed "
        "form, in steps of 1 ms",
        off <= WITHIN,
    )
    rates = [
        float(1 / found.of(i).diff().mean()) if len(found.of(i)) > 1 else 0.0
        for i in range(len(current))
    ]
    wrong = max(abs(r * float(p) - 1) for r, p in zip(rates, period, strict=True) if p < 1000)
    yield Finding(f"rates are within {wrong:.0e} of the closed form", wrong <= WITHIN)
    spikes = np.array([len(found.of(i)) > 0 for i in range(len(current))])
    over = toward.numpy() > lif.threshold_mv
    yield Finding(
        "it is silent below a threshold of -55 mV and spikes above", bool((spikes == over).all())
    )
    (commands.folder / "spec.toml").write_text(DRIVEN)
    done = commands("propose", "neuro.digits", "--spec", "spec.toml", "-n", 4, "--out", "run")
    held = done.answer["summary"]["accepted"] if done.code == 0 else 0
    yield Finding(f"a network of such neurons draws digits ({held} of 4 are recognised)", held > 0)
    figure, grid = panels(1, len(EPISODES_NA), (2.5, 2.2), sharey=True)
    for axes, amount in zip(grid[0], EPISODES_NA, strict=True):
        one = simulate(lif, torch.full((1, 1500), amount, dtype=torch.float64), 0.1)
        axes.axhline(lif.threshold_mv, color=INK, linestyle="--", linewidth=0.8)
        axes.plot(0.1 * np.arange(1, 1501), one.voltage_mv[0], color=OURS, linewidth=1)
        dress(axes, "time (ms)", "voltage (mV)", title=f"{amount:g} nA", grid=True)
    for axes in grid[0, 1:]:
        axes.set_ylabel("")
    yield Picture(figure, "A leaky neuron below, at and above the current that makes it spike")


def cells(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 19.2: firing of published parameter sets, classified from spikes alone."""
    figure, grid = panels(len(IZHIKEVICH), 1, (6.4, 1.1))
    for axes, (name, cell) in zip(grid[:, 0], IZHIKEVICH.items(), strict=True):
        found = simulate(cell, torch.full((1, 1600), CELL, dtype=torch.float64), 0.25)
        reported = pattern(found.time_ms.numpy())
        yield Finding(f"Izhikevich's {name} cell is read as {reported}", reported == name)
        axes.plot(0.25 * np.arange(1600), found.voltage_mv[0].clamp_max(30), color=OURS, lw=0.8)
        dress(axes, title=name.replace("_", " "))
    for name, (adaptive, amount) in ADEX.items():
        found = simulate(adaptive, torch.full((1, 1600), amount, dtype=torch.float64), 0.25)
        reported = pattern(found.time_ms.numpy())
        yield Finding(
            f"the adaptive exponential {name} cell is read as {reported}", reported == name
        )
    grid[-1, 0].set_xlabel("time (ms)")
    yield Picture(figure, "Voltages (mV) of Izhikevich's cells under a constant current")


def evolution(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 19.14: CMA-ES against surrogate gradients on small generators of binary digits."""
    task = BinaryDigits.of()
    evolved_to, descended_to, counts = [], [], []
    for neurons in NEURONS:
        wiring = task.wiring(neurons)
        best, course = evolved(wiring, task.drive, task.loss, generations=GENERATIONS, seed=0)
        _, other = task.by_gradient(wiring, steps=GENERATIONS, seed=0)
        evolved_to.append(course[-1])
        descended_to.append(min(other))
        counts.append(wiring.count)
    yield Finding(
        f"networks of {counts[0]} to {counts[-1]} parameters learn without gradients",
        course[-1] < course[0],
    )
    ratio = max(a / b for a, b in zip(evolved_to, descended_to, strict=True))
    yield Finding(
        f"the loss that CMA-ES reaches is at most {ratio:.2f} of that by surrogate gradients",
        ratio <= 1.0,
        gap=True,
    )
    figure, grid = panels(1, 2, (3.4, 2.6))
    axes = grid[0, 0]
    axes.plot(counts, evolved_to, "o-", color=OURS, label="CMA-ES")
    axes.plot(counts, descended_to, "s-", color=KNOWN, label="surrogate gradients")
    axes.set_xscale("log")
    dress(axes, "parameters", "energy score", grid=True)
    read = wiring.networks(best[None]).run(task.drive).read[0]
    drawn = torch.sigmoid(2 * read).view(10, -1, CELLS, CELLS)[:, :4].flatten(0, 1)
    draw_sheet(grid[0, 1], drawn.numpy(), "by CMA-ES", across=8)
    yield Picture(figure, "Binary digits by small networks, trained with and without gradients")
