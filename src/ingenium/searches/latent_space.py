"""Latent numbers of a generator as a cube, for strategies that search over numbers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from scipy.spatial.distance import cdist
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.generators.admission import admitted as admitted_family
from ingenium.generators.flow import Flow
from ingenium.generators.model import Family
from ingenium.generators.tokens.codec import kind_of
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.generators.vae import VAE
from ingenium.searches.space import admitted, conditions_of, finished, inside, spans

REACH = 3.0  # standard deviations of a latent number on each side
HAVING = ("vae", "flow")  # families that have latent numbers
START = 512  # known designs from which searches begin
Write = Callable[[Float[Tensor, "n m"], Float[Tensor, "n c"]], Float[Tensor, "n ..."]]


@dataclass(frozen=True)
class LatentSpace:
    """The unit cube, whose points map to latent numbers from -3 to 3.

    They are those of a family that maps standard normal numbers to designs, so likely designs lie
    in the middle of the cube. The first numbers are the conditions with a range in the spec; all
    other conditions are those of the nearest known design. Where a family samples more than the
    latent numbers, the sample is the same for each point.

    Shapes: n points, m numbers of a point, r known designs, c spec features.
    Source: Gómez-Bombarelli et al., ACS Cent. Sci. 4:268, 2018.
    """

    problem: Problem
    spec: Spec  # resolved
    known: xr.Dataset
    low: Float[np.ndarray, " m"]
    high: Float[np.ndarray, " m"]
    start: Float[np.ndarray, "r m"]
    write: Write

    @classmethod
    def of(cls, problem: Problem, spec: Spec, known: xr.Dataset, family: Family) -> "LatentSpace":
        """Build the cube of a fitted family.

        Raises:
            InputError: for a family without latent numbers, or if no known design has the wanted
                categories.
        """
        known = admitted(problem, spec, known)
        known = known.isel({DESIGN: inside(problem, spec, known)[:START]})
        if not isinstance(family, (TokenVAE, Flow, VAE)):
            raise _without(problem, spec)
        with one_thread(), torch.no_grad():
            x = problem.encode(known).to(torch.float32)
            latent, write = _code(family, x, problem.features(known).to(torch.float32))
        ends, width = spans(spec), latent.shape[1]
        outer = [known[name].to_numpy()[:, None] for name in ends]
        low = np.array([*(e.at_least for e in ends.values()), *[-REACH] * width])
        high = np.array([*(e.at_most for e in ends.values()), *[REACH] * width])
        at = np.concatenate([*outer, latent.to(torch.float64).numpy()], 1)
        start = np.clip((at - low) / (high - low), 0.0, 1.0)
        return cls(problem, spec, known, low, high, start, write)

    @property
    def m(self) -> int:
        """Number of coordinates of a point."""
        return len(self.low)

    def designs(self, points: Float[np.ndarray, "n {self.m}"]) -> xr.Dataset:
        """Return the designs of points, with the points as a coordinate."""
        at = self.low + points * (self.high - self.low)
        near = self.known.isel({DESIGN: cdist(points, self.start).argmin(1)})
        free = dict(zip(spans(self.spec), at.T, strict=False))
        conditions = conditions_of(self.problem, self.spec, free, near)
        z = torch.from_numpy(at[:, len(spans(self.spec)) :]).to(torch.float32)
        with one_thread(), torch.no_grad():
            x = self.write(z, self.problem.features(conditions).to(torch.float32))
        return finished(self.problem, self.spec, x.to(torch.float64), conditions, points)


def _without(problem: Problem, spec: Spec) -> InputError:
    """Error for a family without latent numbers; it names those with them for such designs."""
    codec, got = problem.codec, spec.generator.family
    if got == "default":
        got = f"{problem.default_family}, the default of {problem.name}"
    kind = kind_of(codec)
    fit = [name for name in HAVING if admitted_family(name, codec.shape, kind=kind)]
    return InputError(
        f"a family with latent numbers: {' or '.join(fit or HAVING)}",
        got,
        f'Write family = "{(fit or HAVING)[0]}" under [generator].',
    )


def _code(
    family: TokenVAE | Flow | VAE, x: Float[Tensor, "n ..."], cond: Float[Tensor, "n c"]
) -> tuple[Float[Tensor, "n m"], Write]:
    """Latent numbers of designs, standardised by the family's own distribution, and the decoder."""
    if isinstance(family, TokenVAE):
        return family.latent_of(x), lambda z, c: family.write(
            z, c, torch.Generator().manual_seed(0)
        )
    if isinstance(family, Flow):
        return family.to_noise(x, cond), family.from_noise
    centre, width = family.believed(cond)

    def write(z: Float[Tensor, "n m"], c: Float[Tensor, "n c"]) -> Float[Tensor, "n ..."]:
        middle, wide = family.believed(c)
        x: Tensor = family.decode(middle + wide * z, c)
        return x

    return (family.posterior(x, cond)[0] - centre) / width, write
