"""Checks of laws that are found from what a network learned, and of what units save a search."""

import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import sympy
import torch

from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import INK, KNOWN, OURS, dress, plane

COLUMNS: Mapping[str, tuple[str, float, float]] = {  # units and ranges
    "mass": ("kg", 1.0, 4.0),
    "speed": ("m/s", 2.0, 9.0),
    "fall": ("m/s^2", 1.6, 24.0),
    "height": ("m", 0.5, 3.0),
}
NOISE, SEEN, TOLD, STEPS = 0.02, 400, 240, 1500  # spread of readings; rows, of both; of the fit
BANKS = (5, 10, 20, 50, 100, 200, 400, 800, 1600, 3200, 6400)  # formulas that a search may look at
TAUGHT = 1600  # of those, for what a network learned
NEAR = 0.05  # of a coefficient
SPEC = """
problem = "equations.law"
[given]
table = {{ file = "{table}.csv" }}
[setup]
target = "energy"
operations = ["+", "-", "*", "/", "sq"]
bank = {bank}
generations = 0
known = 40
[[limits]]
quantity = "misfit"
at_most = 0.2
[[limits]]
quantity = "misfit_outside"
at_most = 0.4
"""


def recovered(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.22, its part on laws: from readings with noise to a network, and on to the law."""
    yield from _distilled(commands)
    yield Finding("probes of what a model holds, against shuffled labels", False, gap=True)
    yield Finding("a bottleneck of named concepts", False, gap=True)


def prior(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.6: how many formulas a search looks at with units told and without, and a network."""
    x, energy = _read(np.random.default_rng(5), TOLD, NOISE / 10)
    _write(commands, "units", x, energy, told=True)
    _write(commands, "plain", x, energy, told=False)
    least = {name: _least(commands, name) for name in ("units", "plain")}
    shown = {k: f"{v}" if v else f"more than {BANKS[-1]}" for k, v in least.items()}
    yield Finding(
        f"the law is found among {shown['units']} formulas where units are told, and among "
        f"{shown['plain']} where they are not",
        bool(least["units"]) and (not least["plain"] or least["units"] < least["plain"]),
    )
    yield Finding("forms that a language model proposes", False, gap=True)
    yield from _distilled(commands)


def _distilled(commands: Commands) -> Iterator[Finding | Picture]:
    """A network learns from noisy readings; a search of laws sees its answers alone."""
    rng = np.random.default_rng(11)
    x, noisy = _read(rng, SEEN, NOISE)
    network = _taught(x, noisy)
    fresh, exact = _read(rng, TOLD, 0.0)
    answers = network(fresh)
    off = float(np.sqrt(np.square(answers - exact).mean()) / exact.std())
    _write(commands, "learned", fresh, answers, told=True)
    found = _found(commands, "learned", TAUGHT)
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
    """Columns within their ranges, and the energy with errors of a share of its spread."""
    x = np.stack([rng.uniform(low, high, rows) for _, low, high in COLUMNS.values()], 1)
    mass, speed, fall, height = x.T
    energy = 0.5 * mass * speed**2 + mass * fall * height
    return x, energy + noise * energy.std() * rng.standard_normal(rows)


def _taught(x: np.ndarray, energy: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """A network of two layers on standardised columns."""
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
        told = torch.from_numpy((rows - middle) / spread).float()
        return np.asarray(net(told)[:, 0].double().numpy() * width + start)

    return answer


def _write(commands: Commands, name: str, x: np.ndarray, energy: np.ndarray, *, told: bool) -> None:
    """A table with units at its heads, or without any."""
    units = [u if told else "1" for u, _, _ in COLUMNS.values()] + ["J" if told else "1"]
    heads = ",".join(f"{n} [{u}]" for n, u in zip([*COLUMNS, "energy"], units, strict=True))
    rows = "\n".join(",".join(f"{v:.9g}" for v in row) for row in np.c_[x, energy])
    (commands.folder / f"{name}.csv").write_text(f"{heads}\n{rows}\n")


def _least(commands: Commands, table: str) -> int:
    """The smallest bank from which the law is found; 0 if from none."""
    return next((b for b in BANKS if _found(commands, table, b) is not None), 0)


def _found(commands: Commands, table: str, bank: int) -> tuple[float, float] | None:
    """The coefficients of `m v^2` and `m g h` of an accepted law that has these terms alone."""
    (commands.folder / "law.toml").write_text(SPEC.format(table=table, bank=bank))
    asked = ("--spec", "law.toml", "-n", 40, "--out", "law", "--overwrite")
    commands("propose", "equations.law", *asked)
    symbols = sympy.symbols(" ".join(COLUMNS))
    m, v, g, h = symbols
    for file in sorted((commands.folder / "law").rglob("law.sympy")):
        text = file.read_text(encoding="utf-8")
        held = dict(re.findall(r"^(c\d+) = (-?[0-9.e+-]+)", text, re.M))
        formula = text.rpartition("=")[2].strip()
        names = dict(zip(COLUMNS, symbols, strict=True)) | {
            k: sympy.Float(value) for k, value in held.items()
        }
        whole = sympy.expand(sympy.sympify(formula, locals=names))
        terms = whole.as_coefficients_dict()
        if set(terms) == {m * v**2, m * g * h}:
            return float(terms[m * v**2]), float(terms[m * g * h])
    return None
