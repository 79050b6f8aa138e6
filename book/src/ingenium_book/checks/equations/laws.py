"""Checks of laws found in what a network has learned."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy
import torch

from ingenium.drawing.style import INK, KNOWN, OURS, dress, plane
from ingenium_book.findings import Commands, Done, Finding, Picture

COLUMNS: Mapping[str, tuple[str, float, float]] = {  # units and ranges
    "mass": ("kg", 1.0, 4.0),
    "speed": ("m/s", 2.0, 9.0),
    "fall": ("m/s^2", 1.6, 24.0),
    "height": ("m", 0.5, 3.0),
}
NOISE, SEEN, REPORTED, STEPS = 0.02, 400, 240, 1500  # spread of readings; rows, of both; of the fit
TAUGHT = 1600  # short formulas that a search builds laws from, for a network's answers
NEAR = 0.05  # of a coefficient
SPEC = """
problem = "equations.law"
[given]
table = {{ file = "law.csv" }}
[setup]
target = "{target}"
operations = ["+", "-", "*", "/", "sq"]
bank = {bank}
generations = 0
known = 40
{limits}"""
NOISY = """
[[limits]]
quantity = "misfit"
at_most = 0.2
[[limits]]
quantity = "misfit_outside"
at_most = 0.4
"""


def recovered(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.22, its part on laws: from noisy readings to a network, and on to the law."""
    yield from distilled(commands)


def distilled(commands: Commands) -> Iterator[Finding | Picture]:
    """Train a network on noisy readings; search for laws in its answers alone."""
    rng = np.random.default_rng(11)
    x, noisy = _read(rng, SEEN, NOISE)
    network = _taught(x, noisy)
    fresh, exact = _read(rng, REPORTED, 0.0)
    answers = network(fresh)
    off = float(np.sqrt(np.square(answers - exact).mean()) / exact.std())
    heads = [*(f"{n} [{u}]" for n, (u, *_) in COLUMNS.items()), "energy [J]"]
    write_table(commands, heads, fresh, answers)
    found = _found(commands)
    yield Finding(
        f"of a network that is {off:.1%} of the spread off, the search finds the law "
        "m v^2 / 2 + m g h, its constants within 5 %",
        found is not None and max(abs(found[0] / 0.5 - 1), abs(found[1] - 1)) < NEAR,
    )
    if found is None:
        return
    own = found[0] * x[:, 0] * x[:, 1] ** 2 + found[1] * x[:, 0] * x[:, 2] * x[:, 3]
    figure, axes = plane(4.6, 2.6)
    axes.plot(noisy, network(x) - noisy, ".", ms=3, color=KNOWN, label="network less reading")
    axes.plot(noisy, own - noisy, ".", ms=3, color=OURS, label="law less reading")
    axes.axhline(0, color=INK, lw=0.8)
    dress(axes, "energy that was read (J)", "difference (J)", grid=True)
    yield Picture(figure, "What is left of the readings by the network, and by the law found in it")


def _read(rng: np.random.Generator, rows: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Sample columns within their ranges, and the energy with errors of a share of its spread."""
    x = np.stack([rng.uniform(low, high, rows) for _, low, high in COLUMNS.values()], 1)
    mass, speed, fall, height = x.T
    energy = 0.5 * mass * speed**2 + mass * fall * height
    return x, energy + noise * energy.std() * rng.standard_normal(rows)


def _taught(x: np.ndarray, energy: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Train a network of two layers on standardised columns."""
    middle, spread = x.mean(0), x.std(0)
    start, width = float(energy.mean()), float(energy.std())
    a = torch.from_numpy((x - middle) / spread).float()
    b = torch.from_numpy((energy - start) / width).float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        layers = [torch.nn.Linear(4, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32)]
        net = torch.nn.Sequential(*layers, torch.nn.Tanh(), torch.nn.Linear(32, 1))
    adam = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-5)
    for _ in range(STEPS):
        adam.zero_grad()
        (net(a)[:, 0] - b).square().mean().backward()
        adam.step()

    @torch.no_grad()
    def answer(rows: np.ndarray) -> np.ndarray:
        reported = torch.from_numpy((rows - middle) / spread).float()
        return np.asarray(net(reported)[:, 0].double().numpy() * width + start)

    return answer


def write_table(commands: Commands, heads: Sequence[str], x: np.ndarray, y: np.ndarray) -> None:
    """Write a table whose last column is the target, in the folder of the commands."""
    rows = "\n".join(",".join(f"{v:.12g}" for v in row) for row in np.c_[x, y])
    (commands.folder / "law.csv").write_text(f"{','.join(heads)}\n{rows}\n")


def searched(commands: Commands, names: Sequence[str], bank: int, limits: str = "") -> Done:
    """Search laws of that table from `bank` short formulas, in the folder `law`."""
    spec = SPEC.format(target=names[-1], bank=bank, limits=limits)
    (commands.folder / "law.toml").write_text(spec)
    requested = ("--spec", "law.toml", "-n", 40, "--out", "law", "--overwrite")
    return commands("propose", "equations.law", *requested)


def formulas(commands: Commands, names: Sequence[str]) -> Iterator[Any]:
    """The accepted laws as expressions of SymPy."""
    for file in sorted((commands.folder / "law").rglob("law.sympy")):
        text = file.read_text(encoding="utf-8")
        held = dict(re.findall(r"^(c\d+) = (-?[0-9.e+-]+)", text, re.M))
        known = {n: sympy.Symbol(n) for n in names} | {k: sympy.Float(v) for k, v in held.items()}
        yield sympy.sympify(text.rpartition("=")[2].strip(), locals=known)


def _found(commands: Commands) -> tuple[float, float] | None:
    """Coefficients of `m v^2` and `m g h` of an accepted law with these terms alone."""
    searched(commands, (*COLUMNS, "energy"), TAUGHT, NOISY)
    m, v, g, h = sympy.symbols(" ".join(COLUMNS))
    for formula in formulas(commands, tuple(COLUMNS)):
        terms = sympy.expand(formula).as_coefficients_dict()
        if set(terms) == {m * v**2, m * g * h}:
            return float(terms[m * v**2]), float(terms[m * g * h])
    return None
