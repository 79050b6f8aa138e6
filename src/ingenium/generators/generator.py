"""A family fitted to a problem's designs, as the loop uses it for proposals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.problem import Problem, Projection, distance_to_given
from ingenium.core.resolving import sample_conditions
from ingenium.core.seeds import BLOCK, block_rng, one_thread
from ingenium.core.spec import Spec
from ingenium.generators.inverse.family import InverseFamily
from ingenium.generators.inverse.novelty import Novelty
from ingenium.generators.model import Family, InParts
from ingenium.sampling.steer import Steer


@dataclass(frozen=True)
class Generator:
    """Generator of designs of an opened problem under a resolved spec, block by block."""

    problem: Problem
    family: Family
    spec: Spec  # resolved
    known: xr.Dataset  # the training designs
    _last: dict[tuple[int, int, tuple[int, ...]], tuple[tuple[Tensor, ...], xr.Dataset]] = field(
        default_factory=dict, repr=False
    )  # by seed, block and its parts, for the next rows of the same one

    def propose_block(
        self,
        seed: int,
        block: int,
        rows: Sequence[int] = range(BLOCK),
        wanted: Sequence[int] | None = None,
    ) -> xr.Dataset:
        """Propose designs of one block, with conditions; hard constraints are satisfied exactly.

        Args:
            seed: random seed of the whole proposal.
            block: its index; designs `block * BLOCK` and the `BLOCK - 1` that follow.
            rows: rows of the block to return; their values do not depend on this selection.
            wanted: rows among them that are used, by default all; a family that proposes in parts
                may fill the others with copies, so that the repair sees the same shape.
        """
        key = (seed, block, self._parts(rows if wanted is None else wanted))
        if key not in self._last:
            self._last.clear()
            self._last[key] = self._whole(*key)
        arrays, conditions = self._last[key]
        own = conditions.isel({DESIGN: list(rows)})
        arrays = tuple(a[list(rows)] for a in arrays)
        if not isinstance(self.family, InverseFamily):  # which is brought to the whole spec already
            arrays = self.problem.repair(arrays, own)
        return to_dataset(
            arrays,
            self.problem.variables,
            self.problem.labels() | {c.name: own[c.name] for c in self.problem.conditions},
            index=block * BLOCK + np.asarray(rows),
        )

    @property
    def _together(self) -> int:
        """Number of designs that the family proposes at a time."""
        return self.family.together if isinstance(self.family, InParts) else BLOCK

    def _parts(self, rows: Sequence[int]) -> tuple[int, ...]:
        """Parts of a block that contain some rows."""
        return tuple(sorted({row // self._together for row in rows}))

    def _whole(
        self, seed: int, block: int, parts: tuple[int, ...]
    ) -> tuple[tuple[Tensor, ...], xr.Dataset]:
        """Return all proposals of a block, projected but not repaired, and their conditions.

        Rows outside of the parts are copies of the first part.
        """
        spec, known = self.spec, self.problem.queries(self.known)
        conditions = sample_conditions(
            spec,
            self.problem.conditions,
            known,
            BLOCK,
            block_rng(seed, block, "conditions"),
            input_distance=self._input_distance,
        )
        if isinstance(self.family, InverseFamily):
            return self._inverted(self.family, seed, block, conditions)[0], conditions
        together, found = self._together, []
        for part in parts:
            own = conditions.isel({DESIGN: slice(part * together, (part + 1) * together)})
            steer = self._steer(self.problem.project(spec.fixed, own), own)
            rng = block_rng(seed, block, "proposal" if together == BLOCK else f"proposal {part}")
            with one_thread():
                found.append(self.family.propose(self.problem.features(own), rng, steer))
        whole = [found[parts.index(i) if i in parts else 0] for i in range(BLOCK // together)]
        project = self.problem.project(spec.fixed, conditions)
        x = torch.cat(whole).to(torch.float64)
        return project(self.problem.decode(x, conditions)), conditions

    def _inverted(
        self, family: InverseFamily, seed: int, block: int, conditions: xr.Dataset
    ) -> tuple[tuple[Tensor, ...], dict[str, dict[str, float]]]:
        """Return projected proposals of a family that is brought to the spec, and its log."""
        rng, problem = block_rng(seed, block, "proposal"), self.problem
        with one_thread():
            x, log = family.propose_under(problem, self.spec, conditions, self._novelty, rng)
        decoded = problem.decode(x.to(torch.float64), conditions)
        return problem.project(self.spec.fixed, conditions)(decoded), log

    def steps(self, seed: int) -> dict[str, dict[str, float]]:
        """Return what each step of the family changed in the first block; empty without steps."""
        if not isinstance(self.family, InverseFamily):
            return {}
        known = self.problem.queries(self.known)
        conditions = sample_conditions(
            self.spec,
            self.problem.conditions,
            known,
            BLOCK,
            block_rng(seed, 0, "conditions"),
            input_distance=self._input_distance,
        )
        return self._inverted(self.family, seed, 0, conditions)[1]

    @cached_property
    def _novelty(self) -> Novelty:
        """Distances from the known designs, held out or not."""
        return Novelty.of(self.problem, self.problem.data())

    @cached_property
    def _input_distance(self) -> Float[np.ndarray, " m"] | None:
        """Distance of the inputs of known designs from those of the spec; computed once a run."""
        return distance_to_given(self.problem, self.known)

    def _steer(self, project: Projection, conditions: xr.Dataset) -> Steer:
        """Guidance by the spec's targets and its fixed values."""
        spec = self.spec
        problem = self.problem

        def onto(x: Float[Tensor, "n *shape"]) -> Float[Tensor, "n *shape"]:
            arrays = project(problem.decode(x, conditions))
            return problem.codec.encode(problem.proposed(arrays)).to(x.dtype)

        strengths = [t.strength for t in spec.generator.steer]
        return Steer(
            weight=spec.generator.guidance,
            energy=self._energy(conditions) if strengths else None,
            strength=max(strengths, default=1.0),
            project=onto if spec.fixed else None,
        )

    def _energy(self, conditions: xr.Dataset) -> Callable[[Tensor], Tensor]:
        """Half the squared distances to targets in standard deviations, weighted by strength."""
        targets, spread = self.spec.generator.steer, self._spread
        soft = self.problem.steerable()
        most = max(t.strength for t in targets) or 1.0
        share = torch.tensor([t.strength / most for t in targets])

        def energy(x: Float[Tensor, "n *shape"]) -> Float[Tensor, " n"]:
            decoded = self.problem.decode(x.to(torch.float64), conditions)
            parts = [(soft[t.quantity](*decoded) - t.target) / spread[t.quantity] for t in targets]
            return 0.5 * (share[:, None] * torch.stack(parts).square()).sum(0)

        return energy

    @cached_property
    def _spread(self) -> Mapping[str, Tensor]:
        """Standard deviation of each steered quantity over known designs; computed once a run."""
        soft = self.problem.steerable()
        arrays = to_arrays(self.known, self.problem.variables)
        with torch.no_grad():
            return {t.quantity: soft[t.quantity](*arrays).std() for t in self.spec.generator.steer}
