"""Models by name: the law of each, and its samplers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from scipy.interpolate import CubicSpline
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.physics.lattice.characters import Characters, IndependentPlaquettes
from ingenium.domains.physics.lattice.colour_samplers import ColourCharacters, IndependentColours
from ingenium.domains.physics.lattice.elimination import Elimination
from ingenium.domains.physics.lattice.flux_tree import FluxTree
from ingenium.domains.physics.lattice.glass import Glass
from ingenium.domains.physics.lattice.laws import Law, Sampler
from ingenium.domains.physics.lattice.schwinger import Schwinger, ShiftedGauge
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.domains.physics.lattice.sites import XY, Ising, Phi4
from ingenium.domains.physics.lattice.staircase import Staircase
from ingenium.domains.physics.lattice.su3 import SU3
from ingenium.domains.physics.lattice.u1 import U1

FOLDER = Path(__file__).parent
LOSSES, Z_AT, Z_LOG = "losses", "z_at", "z_log"
NODES, DRAWS = 9, 512  # couplings at which an unknown log Z is estimated, and proposals at each


@dataclass(frozen=True)
class FieldModel:
    """Law and its samplers; the first is trained, with shipped weights for some sizes."""

    law: Callable[..., Any]  # of a size, and of its own settings
    learned: Callable[..., Any] | None  # with first weights, fixed by the global state
    samplers: Mapping[str, Callable[[Any], Any]]  # further ones, untrained
    name: str  # of the trained sampler
    couplings: tuple[float, float]  # range of training
    steps: int  # of training
    sizes: tuple[int, ...]  # of lattices that the weights of the package serve

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all samplers; the first proposes by default."""
        return ((self.name,) if self.learned else ()) + tuple(self.samplers)


def _staircase(law: Any, couplings: tuple[float, float], steps: int) -> FieldModel:
    """Return a model of sites that are sampled in sequence."""
    return FieldModel(law, _stairs(couplings), {}, "staircase", couplings, steps, (16,))


def _stairs(couplings: tuple[float, float]) -> Callable[..., Any]:
    return lambda law, **symmetric: Staircase(law, couplings, **symmetric)


MODELS: Mapping[str, FieldModel] = MappingProxyType(
    {
        "u1": FieldModel(
            U1,
            lambda law: FluxTree(law, (1.0, 8.0)),
            {"characters": Characters, "independent_plaquettes": IndependentPlaquettes},
            "flux_tree",
            (1.0, 8.0),
            2500,
            (16,),
        ),
        "ising": _staircase(Ising, (0.3, 0.5), 1200),
        "xy": _staircase(XY, (0.5, 1.2), 1000),
        "phi4": _staircase(Phi4, (0.2, 0.3), 1000),
        "su3": FieldModel(
            SU3,
            None,
            {"characters": ColourCharacters, "independent_plaquettes": IndependentColours},
            "",
            ColourCharacters.couplings,
            0,
            (),
        ),
        "schwinger": FieldModel(
            Schwinger,
            lambda law: ShiftedGauge(law, (1.0, 4.0)),
            {},
            "shifted_gauge",
            (1.0, 4.0),
            128,
            (),
        ),
        "glass": FieldModel(
            Glass,
            _stairs((0.2, 1.0)),
            {"elimination": Elimination},
            "staircase",
            (0.2, 1.0),
            1500,
            (),
        ),
    }
)


def law_of(settings: LatticeFieldSettings, size: int = 0) -> Any:
    """Return the law of a model, of another size if one is given.

    Raises:
        InputError: for a disorder or fermions of a model that has none.
    """
    model = MODELS[settings.model]
    if settings.disorder and model.law is not Glass:
        raise InputError(
            "no disorder, since all bonds are alike", settings.disorder, "Leave it out."
        )
    if settings.hopping and model.law is not Schwinger:
        raise InputError("no hopping, without fermions", settings.hopping, "Leave it out.")
    if model.law is Glass:
        return Glass(size or settings.size, settings.disorder)
    if model.law is Schwinger:
        return Schwinger(size or settings.size, settings.hopping)
    return model.law(size or settings.size)


def recipe(settings: LatticeFieldSettings) -> Recipe:
    """Return the recipe of the trained weights, shipped where they serve these settings."""
    model = MODELS[settings.model]
    own = not settings.train and settings.size in model.sizes and settings.symmetric
    size = max(model.sizes) if own else settings.size
    steps = model.steps if own else settings.steps or model.steps
    seed = 0 if own else settings.seed

    def make(_: int) -> Arrays:
        law = law_of(settings, size)
        sampler = first(settings, law, seed)
        with torch.enable_grad():  # the first call may be for a density only
            losses = sampler.learn(steps, seed)
        state = {k: v.detach().numpy() for k, v in sampler.state_dict().items()}
        alongside = _normalised(sampler, seed) if law.log_z(model.couplings[0]) is None else {}
        return {**state, **alongside, LOSSES: np.array(losses, dtype=np.float32)}

    under = [settings.model, size, steps, seed]
    under += [] if settings.symmetric else ["plain"]
    under += [settings.disorder] if model.law is Glass else []
    under += [settings.hopping] if model.law is Schwinger else []
    path = FOLDER / f"{settings.model}.npz" if own else None
    return Recipe(f"lattice_{settings.model}", under, make, packaged=path)


@torch.no_grad()
def _normalised(sampler: Any, seed: int) -> Arrays:
    """Estimate log Z at couplings of the range, from weights of the sampler's own proposals."""
    rng, found = torch.Generator().manual_seed(seed + 1), []
    at = np.linspace(float(sampler.couplings[0]), float(sampler.couplings[1]), NODES)
    for coupling in at.tolist():
        condition = torch.full((DRAWS,), coupling, dtype=torch.float64)
        field = sampler.sample(condition, rng)[0]
        weight = -sampler.law.action(field, condition) - sampler.log_density(field, condition)
        found.append(float(torch.logsumexp(weight, 0)) - math.log(DRAWS))
    return {Z_AT: at, Z_LOG: np.array(found)}


def first(settings: LatticeFieldSettings, law: Law, seed: int) -> Any:
    """Return the untrained sampler.

    Raises:
        InputError: for a model without a trained sampler, or with required symmetry.
    """
    model = MODELS[settings.model]
    if model.learned is None:
        raise InputError("a model that is learned", law.name, "Leave out train and steps.")
    plain = {} if settings.symmetric else {"symmetric": False}
    if plain and model.name != "staircase":
        raise InputError("a model that can do without symmetry", law.name, "Leave it out.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model.learned(law, **plain)


class Learned:
    """Trained sampler, which loads or trains its weights on first use."""

    def __init__(self, settings: LatticeFieldSettings, law: Law) -> None:
        self.settings, self.law = settings, law
        self.couplings = MODELS[settings.model].couplings
        self._made: Any = None
        self._log_z: Callable[[float], Any] | None = None

    def prepare(self, watch: Watch = silent) -> None:
        """Load the weights; train them now where they are neither shipped nor cached."""
        if self._made is None:
            found = recipe(self.settings).complete(watch)
            found.pop(LOSSES)
            if Z_AT in found:
                self._log_z = CubicSpline(found.pop(Z_AT), found.pop(Z_LOG))
            made = first(self.settings, self.law, self.settings.seed)
            made.load_state_dict({k: torch.from_numpy(v) for k, v in found.items()})
            self._made = made.eval()

    def log_z(self, coupling: float) -> float:
        """Estimated log Z of the law; any smooth function leaves means unbiased."""
        self.prepare()
        return 0.0 if self._log_z is None else float(self._log_z(coupling))

    @torch.no_grad()
    def sample(self, coupling: Float64[Tensor, " n"], rng: torch.Generator) -> tuple[Tensor, ...]:
        """Sample arrays of a configuration for each coupling."""
        self.prepare()
        found: tuple[Tensor, ...] = self._made.sample(coupling, rng)
        return found

    @torch.no_grad()
    def log_density(self, field: Tensor, coupling: Float64[Tensor, " n"]) -> Float64[Tensor, " n"]:
        """Log density of configurations under the measure of the law."""
        self.prepare()
        found: Tensor = self._made.log_density(field, coupling)
        return found


def samplers(settings: LatticeFieldSettings, law: Law) -> dict[str, Sampler]:
    """Return all samplers of a model by name; the trained one first.

    Raises:
        InputError: for settings of training where nothing is trained.
    """
    model = MODELS[settings.model]
    others = {name: make(law) for name, make in model.samplers.items()}
    if model.name != "staircase" and not settings.symmetric:
        first(settings, law, settings.seed)  # which refuses it
    if model.learned:
        return {model.name: Learned(settings, law), **others}
    if settings.train or settings.steps:
        first(settings, law, settings.seed)
    return others
