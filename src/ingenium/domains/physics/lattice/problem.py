"""Problem `physics.lattice`: independent configurations of lattice fields under their exact law."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import choose
from ingenium.core.problem import Problem, Projection, Section, Watch, silent
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.physics.lattice import report
from ingenium.domains.physics.lattice.families import DrawnFields
from ingenium.domains.physics.lattice.formats import formats
from ingenium.domains.physics.lattice.laws import Law
from ingenium.domains.physics.lattice.models import MODELS, Learned, law_of, recipe, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.domains.physics.lattice.verifier import LawVerifier

DIGITS = 5  # of a coupling, as single-precision conditions resolve


class LatticeField(Problem):
    """Configurations accepted by rejection control, so that their means are those of the law."""

    name: ClassVar[str] = "physics.lattice"
    summary: ClassVar[str] = (
        "independent lattice-field configurations, reweighted to the exact distribution"
    )
    Settings: ClassVar[type] = LatticeFieldSettings
    default_family: ClassVar[str] = "sampler"
    judged: ClassVar[str] = (
        "The ensemble's file: action, density and weight of each configuration are recomputed, "
        "its acceptance in the resampling is recomputed from its own bits, and from a hundred "
        "configurations on the weighted means must agree with the exact curve."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "A single configuration cannot show which others were omitted: only a whole ensemble can "
        "deviate from its distribution.",
        "A configuration transformed by a symmetry of the action is another one, equally likely.",
        "Continuum limits, and lattices of other sizes.",
    )
    licence = ""

    def __init__(self, settings: LatticeFieldSettings) -> None:
        """Open the model; its sampler is trained on first use.

        Raises:
            InputError: for an unknown model or sampler, or an invalid lattice.
        """
        settings.check()
        choose(settings.model, MODELS, "model")
        model = MODELS[settings.model]
        if settings.sampler:
            choose(settings.sampler, model.names, f"sampler of {settings.model}")
        self.settings = settings
        self.law: Law = law_of(settings)
        coupling = Variable(
            "beta", (), "1", f"coupling: {self.law.coupling}", lower=0.0, given="coupling"
        )
        self.variables = (*self.law.variables, coupling)
        self.sizes = self.law.sizes
        self.codec = self.law.codec
        self._all = samplers(settings, self.law)
        self.sampler = self._all[settings.sampler or model.names[0]]
        low, high = self.sampler.couplings
        self.conditions = (
            Condition("coupling", self.law.coupling, lower=low, upper=high, acts=True),
        )
        judge = LawVerifier(self.law, self.sampler)
        self.tiers, self._judge = (judge,), judge
        self.limits = (Limit("retained", at_least=0.0),)
        self.formats = dict(formats(judge, self.variables, self.sizes))
        self.system = digest(
            [settings.model, settings.size, settings.disorder, settings.sampler, self._weights]
            + ([settings.hopping] if settings.hopping else [])
        )

    def prepare(self, watch: Watch = silent) -> None:
        """Train the sampler if needed."""
        if isinstance(self.sampler, Learned):
            self.sampler.prepare(watch)

    @property
    def _weights(self) -> object:
        """Return what identifies the trained weights."""
        if MODELS[self.settings.model].learned is None:
            return None
        made = recipe(self.settings)
        return [made.name, made.under]

    def data(self) -> xr.Dataset:
        """Return accepted configurations, at couplings spread over the range."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        rng = torch.Generator().manual_seed(self.settings.seed)
        n, (low, high) = self.settings.known, self.sampler.couplings
        wanted = low + (high - low) * (torch.arange(n) + 0.5).to(torch.float64) / n
        found: list[tuple[Tensor, ...]] = []
        coupling, left = wanted.numpy().round(DIGITS), np.arange(n)
        retained = np.zeros(n, dtype=bool)
        while not retained.all():  # rounds of proposals until each place has an accepted one
            under = torch.from_numpy(coupling)
            arrays = (*self.law.settled(self._drawn(under, rng)), under)
            good = self._judge.measure(*arrays)[:, self._judge.column("retained")].numpy() >= 0
            if not found:
                found.append(tuple(a.clone() for a in arrays))
            new = left[good & ~retained]
            for old, a in zip(found[0], arrays, strict=True):
                old[new] = a[new]
            retained |= good
        coords: dict[str, Any] = {
            "coupling": (DESIGN, coupling),
            "held_out": (DESIGN, np.arange(n) % 5 == 4),
        }
        return to_dataset(found[0], self.variables, coords)

    @torch.no_grad()
    def _drawn(self, coupling: Tensor, rng: torch.Generator) -> tuple[Tensor, ...]:
        return self.sampler.sample(coupling, rng)

    def couplings(self, condition: Float[Tensor, "n 1"]) -> Float64[Tensor, " n"]:
        """Decode couplings from standardised conditions, rounded as designs store them."""
        (c,) = self.conditions
        own = c.lower + (condition[:, 0].to(torch.float64) + 1) * (c.upper - c.lower) / 2
        return own.round(decimals=DIGITS)

    def decode(self, x: Float[Tensor, "n *shape"], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Decode fields, and the coupling rounded as designs store it."""
        *own, coupling = super().decode(x, conditions)
        return (*own, coupling.round(decimals=DIGITS))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto valid configurations."""
        return lambda arrays: (*self.law.settled(arrays[:-1]), arrays[-1])

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the sampler of the setup, with whose density the verifier computes weights."""
        name = self.settings.sampler or MODELS[self.settings.model].names[0]
        return {"sampler": lambda: DrawnFields(self.sampler, self.codec, self.couplings, name=name)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show means on the exact curve, the history against a chain's, costs, and maps."""
        return report.sections(self._judge, self._all, self.settings, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return configurations whose action is known in closed form."""
        return tuple(
            (to_dataset(arrays, self.variables, {}), truth, 1e-9)
            for arrays, truth in self.law.answers()
        )
