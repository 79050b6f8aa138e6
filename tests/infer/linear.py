"""A hidden vector with a normal prior, read through a matrix: its posterior is known exactly.

Source: Bishop, Pattern Recognition and Machine Learning, 2006, eq. 2.116 and 2.117.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.domain import Domain, Offer
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.infer.question import InferenceQuestion, Nearby, NormalReadings

MEAN = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
ROOT = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [-0.3, 0.4, 0.5]], dtype=torch.float64)
READ = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]], dtype=torch.float64)
ERROR = torch.tensor([0.3, 0.4], dtype=torch.float64)
SEEN = Input("seen", "array", "two sums of the three numbers", dims=("reading",), most=2)


@dataclass(frozen=True)
class Settings:
    """Number of known vectors, and a fault for tests."""

    known: int = 4000
    method: str = "mixture"
    error_scale: float = 1.0  # by which the likelihood believes errors larger than they are
    exact_prior: bool = False  # normal numbers generate each vector like the truth


@dataclass(frozen=True)
class Norm:
    """Length of the vector."""

    name: str = "norm"
    version: str = "1"
    tier: str = "exact"
    quantities: tuple[Quantity, ...] = (Quantity("length", "1", "length of the vector"),)

    def measure(self, *arrays: Tensor) -> Tensor:
        return arrays[0].norm(dim=1)[:, None]


class Overconfident(NormalReadings):
    """A likelihood with smaller errors than those it simulates."""

    def simulate(self, arrays: Any, rng: torch.Generator) -> Tensor:
        exact = self.mean(arrays)
        return exact + ERROR * torch.randn(exact.shape, generator=rng, dtype=torch.float64)


def _exactly(arrays: tuple[Tensor, ...], z: Tensor) -> tuple[Tensor, ...]:
    return (MEAN + z @ ROOT.T,)


class Linear(Problem):
    """Three numbers with readings of two sums."""

    name: ClassVar[str] = "hidden.linear"
    summary: ClassVar[str] = "three hidden numbers"
    Settings: ClassVar[type] = Settings
    inputs: ClassVar[tuple[Input, ...]] = (SEEN,)
    observed: ClassVar[str] = "seen"
    default_family: ClassVar[str] = "bootstrap"

    def __init__(self, settings: Settings, given: Given = NOTHING) -> None:
        self.settings, self.given = settings, given
        self.variables = (Variable("x", ("place",), "1", "hidden numbers"),)
        self.conditions = (Condition("none", "nothing"),)
        self.sizes = {"place": 3}
        self.limits = ()
        self.tiers = (Norm(),)
        self.formats = {}
        rng = torch.Generator().manual_seed(1)
        z = torch.randn(settings.known, 3, generator=rng, dtype=torch.float64)
        self._x = MEAN + z @ ROOT.T
        self.codec = Channels.of((self._x,))

    def data(self) -> xr.Dataset:
        n = len(self._x)
        held = np.arange(n) % 5 == 0
        coords = {"none": (DESIGN, np.zeros(n)), "held_out": (DESIGN, held)}
        return xr.Dataset({"x": ((DESIGN, "place"), self._x.numpy())}, coords=coords)

    def question(self) -> InferenceQuestion:
        error = ERROR * self.settings.error_scale
        kind = NormalReadings if self.settings.error_scale == 1 else Overconfident
        if "seen" not in self.given:
            raise InputError("two sums as seen", "nothing", "Write --given seen.csv.")
        names = ("first", "second", "third")
        return InferenceQuestion(
            torch.from_numpy(np.asarray(self.given["seen"], dtype=np.float64)),
            kind(("a", "b"), lambda arrays: arrays[0] @ READ.T, error),
            tuple(Quantity(n, "1", f"the {n} number") for n in names),
            lambda arrays: arrays[0],
            self.settings.method,
            pairs=(("first", "second"),),
            nearby=Nearby(3, _exactly) if self.settings.exact_prior else None,
        )


def exact(seen: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and covariance of the posterior."""
    cov = ROOT @ ROOT.T
    inner = READ @ cov @ READ.T + torch.diag(ERROR.square())
    gain = cov @ READ.T @ torch.linalg.inv(inner)
    return MEAN + gain @ (seen - READ @ MEAN), cov - gain @ READ @ cov


def opened(seen: list[float], **setup: Any) -> tuple[Linear, Tensor]:
    given = Given({"seen": np.array(seen)}, {"seen": "sha256:0"}, {}, {"seen": "1"})
    problem = Linear(Settings(**setup), given)
    assert len(to_arrays(problem.data(), problem.variables)) == 1
    return problem, torch.tensor(seen, dtype=torch.float64)


DOMAIN = Domain(
    name="hidden",
    summary="a toy",
    package=__name__,
    problems={"linear": Offer("linear:Linear", "three hidden numbers")},
)
