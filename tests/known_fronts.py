"""Problems with known answers: ZDT1, DTLZ2, and a quadratic under a constraint, in closed form."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

import known_functions
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.domain import Domain, Offer
from ingenium.core.problem import Problem, Projection
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed, Limit, Spec, parse
from plugged import distribution

VARIABLE = Variable("x", ("axis",), "1", "numbers of a point", lower=0.0, upper=1.0)


def zdt1(x: Tensor) -> Tensor:
    """ZDT1; front: second = 1 - sqrt(first), where all but the first number are 0."""
    g = 1 + 9 * x[:, 1:].mean(1)
    return torch.stack([x[:, 0], g * (1 - (x[:, 0] / g).sqrt()), x.sum(1)], 1)


def dtlz2(x: Tensor) -> Tensor:
    """DTLZ2; front: the part of the unit sphere where all three are positive."""
    g = (x[:, 2:] - 0.5).square().sum(1)
    a, b = (x[:, i] * torch.pi / 2 for i in (0, 1))
    parts = [a.cos() * b.cos(), a.cos() * b.sin(), a.sin()]
    return torch.stack([(1 + g) * p for p in parts], 1)


def quadratic(x: Tensor) -> Tensor:
    """Distance to the point of all 0.2, the sum of all numbers, and their difference.

    The least square distance with a mean of at least 0.6 is 0.16 d, at all numbers 0.6.
    """
    return torch.stack([(x - 0.2).square().sum(1), x.mean(1), x[:, 0] - x[:, 1]], 1)


def forrester(x: Tensor) -> Tensor:
    """Forrester's function; minimum -6.020740 at 0.757249."""
    first = x[:, 0]
    return _filled((6 * first - 2).square() * (12 * first - 4).sin())


def cheap_forrester(x: Tensor) -> Tensor:
    """The cheap tier of the same source."""
    return _filled(0.5 * forrester(x)[:, 0] + 10 * (x[:, 0] - 0.5) - 5)


def currin(x: Tensor) -> Tensor:
    """Currin's function; minimum -13.798722 at (0.216667, 0)."""
    a, b = x[:, 0], x[:, 1].clamp(min=1e-12)
    ratio = (2300 * a**3 + 1900 * a**2 + 2092 * a + 60) / (100 * a**3 + 500 * a**2 + 4 * a + 20)
    return _filled(-(1 - (-1 / (2 * b)).exp()) * ratio)


def cheap_currin(x: Tensor) -> Tensor:
    """The mean of four points about it, by Xiong, Qian and Wu, Technometrics 55:37, 2013."""
    moved = [
        currin(torch.stack([x[:, 0] + i, (x[:, 1] + j).clamp(min=0.0)], 1))[:, 0]
        for i in (-0.05, 0.05)
        for j in (-0.05, 0.05)
    ]
    return _filled(torch.stack(moved).mean(0))


def _filled(value: Tensor) -> Tensor:
    return torch.stack([value, torch.zeros_like(value), torch.zeros_like(value)], 1)


CHEAP = {"forrester": cheap_forrester, "currin": cheap_currin}
FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    **known_functions.FUNCTIONS,
    "zdt1": zdt1,
    "dtlz2": dtlz2,
    "quadratic": quadratic,
    "forrester": forrester,
    "currin": currin,
}
QUANTITIES = tuple(Quantity(f"f{i}", "1", f"value {i} of the function") for i in range(3))


@dataclass(frozen=True)
class Settings:
    """Function, number of variables, and faults for tests."""

    function: str = "quadratic"
    d: int = 6
    known: int = 60
    pause_s: float = 0.0  # that the engine takes for each batch
    log: str = ""  # file to which the engine writes each point that it measures
    gap: float = -1.0  # below this first number the engine fails
    rough: float = 0.0  # how far a cheap tier errs, unless it has a form of its own; 0 for none
    slow: float = 0.0  # seconds that the engine takes for a design, by its first number


@dataclass(frozen=True)
class Closed:
    """The exact function."""

    settings: Settings
    name: str = "closed form"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = QUANTITIES

    def measure(self, x: Tensor) -> Tensor:
        if self.settings.log:
            with Path(self.settings.log).open("a") as log:
                log.writelines(json.dumps(row) + "\n" for row in x.tolist())
        if self.settings.pause_s:
            time.sleep(self.settings.pause_s)
        if self.settings.slow:
            time.sleep(self.settings.slow * float(x[:, 0].sum()))
        found = FUNCTIONS[self.settings.function](x)
        return torch.where((x[:, :1] < self.settings.gap), float("nan"), found)


@dataclass(frozen=True)
class Rough:
    """The function with an added wave."""

    settings: Settings
    name: str = "rough"
    version: str = "1"
    tier: str = "cheap"
    quantities: tuple[Quantity, ...] = QUANTITIES

    def measure(self, x: Tensor) -> Tensor:
        if self.settings.function in CHEAP:
            return CHEAP[self.settings.function](x)
        wave = (20 * x).sin().mean(1, keepdim=True)
        return FUNCTIONS[self.settings.function](x) + self.settings.rough * wave


@dataclass(frozen=True)
class Plain:
    """Variables from -1 to 1."""

    shape: tuple[int, ...]
    tolerance: float = 1e-6

    def encode(self, arrays: tuple[Tensor, ...]) -> Tensor:
        return 2 * arrays[0] - 1

    def decode(self, x: Tensor) -> tuple[Tensor, ...]:
        return ((x.to(torch.float64) + 1) / 2,)


class Table:
    """A JSON file."""

    name = "json"
    endings = (".json",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        index = designs[DESIGN].to_numpy().tolist()
        path = folder / "points.json"
        rows = dict(zip(map(str, index), designs["x"].to_numpy().tolist(), strict=True))
        path.write_text(json.dumps(rows))
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        rows = json.loads((path / "points.json" if path.is_dir() else path).read_text())
        array = torch.tensor(list(rows.values()), dtype=torch.float64)
        return to_dataset((array,), (VARIABLE,), {}, index=np.array([int(i) for i in rows]))


class Front(Problem):
    """Points of the unit cube."""

    name: ClassVar[str] = "known.front"
    summary: ClassVar[str] = "Points of a cube under functions whose best values are known"
    Settings: ClassVar[type] = Settings
    default_family: ClassVar[str] = "gaussian_copula"
    licence = "CC0-1.0"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.variables = (VARIABLE,)
        self.sizes: Mapping[str, int] = {"axis": settings.d}
        self.conditions = (Condition("mean", "mean of the numbers"),)
        self.limits = (Limit("f1", at_least=0.6),) if settings.function == "quadratic" else ()
        exact, rough = Closed(settings), Rough(settings)
        self.tiers = (rough, exact) if settings.rough else (exact,)
        self.formats = {"json": Table()}
        self.codec = Plain((settings.d,))
        self.batch_size = 16

    def data(self) -> xr.Dataset:
        rng = np.random.default_rng(1)
        x = rng.uniform(size=(self.settings.known, self.settings.d))
        designs = to_dataset((torch.from_numpy(x),), self.variables, {})
        held = np.arange(len(x)) % 10 == 9
        return designs.assign_coords(mean=(DESIGN, x.mean(1)), held_out=(DESIGN, held))

    def features(self, designs: xr.Dataset) -> Tensor:
        return torch.as_tensor(designs["mean"].to_numpy().copy(), dtype=torch.float32)[:, None]

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        return lambda arrays: (arrays[0].clamp(0.0, 1.0),)


OFFER = Offer(f"{__name__}:Front", Front.summary)
DOMAIN = Domain("known", "Known fronts", __name__, {"front": OFFER})
LEAST_SQUARE = [{"quantity": "f0", "sense": "minimise"}]
BOTH = [{"quantity": f"f{i}", "sense": "minimise"} for i in (0, 1)]
ALL = [{"quantity": f"f{i}", "sense": "minimise"} for i in (0, 1, 2)]


def spec(**entries: Any) -> Spec:
    """Points, with further entries of a spec."""
    return parse({"problem": "known.front"} | entries, Spec, "spec")


def install(folder: Path) -> Path:
    """Make a distribution of the problems in `folder`, for `sys.path`."""
    return distribution(folder, "known-fronts", {"known": "known_fronts:DOMAIN"})
