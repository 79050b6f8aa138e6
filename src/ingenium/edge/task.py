"""A generator to compress: its samples, its losses, and the calls of its network.

Shapes: n designs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.designs import DESIGN
from ingenium.core.errors import EngineError, InputError
from ingenium.core.problem import Problem
from ingenium.core.seeds import BLOCK, block_rng, one_thread
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.edge.device import DeviceSheet
from ingenium.edge.graph import NetworkGraph
from ingenium.edge.judging import JudgedGenerator
from ingenium.edge.parts import (
    DenoiserCalls,
    FoundPart,
    Recorder,
    Runner,
    part_of,
)
from ingenium.edge.retraining import pairs
from ingenium.generators import offer
from ingenium.generators.denoising import Denoising
from ingenium.generators.fitted import FittedFamily
from ingenium.generators.generator import Generator
from ingenium.generators.model import Model
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.drawing import OPEN
from ingenium.generators.tokens.vocabulary import BEGIN

HELD_OUT = 128  # designs at most on which losses are compared
RECORDED = 256  # designs that are proposed to record inputs of a network
PAIRS = 8192  # that a denoiser with fewer calls learns from
AGREES = 1e-2  # of a loss, by which a graph may differ from its network


@dataclass(frozen=True, eq=False)
class CompressionTask:
    """A fitted generator, the part of it that goes to the device, and its judgement."""

    problem: Problem
    fitted: FittedFamily
    spec: Spec  # resolved
    known: xr.Dataset
    sheet: DeviceSheet
    part: FoundPart

    @classmethod
    def of(
        cls,
        problem: Problem,
        fitted: FittedFamily,
        spec: Spec,
        known: xr.Dataset,
        sheet: DeviceSheet,
    ) -> "CompressionTask":
        """Find the part that goes to the device.

        Raises:
            InputError: for a family without such a part.
        """
        return cls(problem, fitted, spec, known, sheet, part_of(fitted.family, fitted.name))

    @property
    def family(self) -> nn.Module:
        """The generator as it was fitted."""
        assert isinstance(self.fitted.family, nn.Module)
        return self.fitted.family

    @property
    def model(self) -> Model:
        """The module that holds the network."""
        found = self.part.of(self.family)
        assert isinstance(found, Model)
        return found

    def designs(self, family: nn.Module, count: int) -> xr.Dataset:
        """Proposals of a family, the same block by block for the same family."""
        made = Generator(self.problem, family, self.spec, self.known)  # type: ignore[arg-type]
        blocks = [made.propose_block(self.sheet.seed, b) for b in range(-(-count // BLOCK))]
        return xr.concat(blocks, DESIGN).isel({DESIGN: slice(count)})

    def judged(self, family: nn.Module, count: int, *, losses: bool = True) -> JudgedGenerator:
        """Judge a family by the domain's verifier, its measured values, and the losses."""
        found = verify(
            self.designs(family, count),
            self.problem.verifier,
            self.spec.limits,
            variables=self.problem.variables,
            sizes=self.problem.sizes,
            sparing=True,
        )
        held = found["verdict"].to_numpy() == Verdict.ACCEPTED
        measured = np.stack([found[q.name].to_numpy() for q in self.problem.quantities], 1)
        return JudgedGenerator(held, measured, self.losses(family) if losses else None)

    @cached_property
    def recorded(self) -> Mapping[str, Recorder]:
        """Inputs of the network while designs are proposed.

        Raises:
            EngineError: if the graphs differ from the network.
        """
        found = self.record(self.family, RECORDED)
        again = {k: Recorder(r.graph, most=0) for k, r in found.items()}
        native, ours = self.losses(self.family), self.losses(self.seated(self.family, again))
        if native is not None and ours is not None and np.abs(native - ours).max() > AGREES:
            raise EngineError(
                f"the graph of {self.fitted.name} is not its network: its losses differ by "
                f"{np.abs(native - ours).max():.2g}"
            )
        return found

    def record(self, family: nn.Module, count: int) -> Mapping[str, Recorder]:
        """Record the inputs of a family's network while it proposes."""
        recorders = {k: Recorder(g) for k, g in self.part.graphs(family).items()}
        self.sampled(self.seated(family, recorders), count)
        return recorders

    def sampled(self, family: nn.Module, count: int) -> Float[Tensor, "n *shape"]:
        """Standardised proposals, before they are decoded and repaired."""
        features = self.features
        rows = torch.arange(count) % len(features)
        with one_thread():
            made: Tensor = family.propose(  # type: ignore[operator]  # as all families have
                features[rows], block_rng(self.sheet.seed, 0, "calibration")
            )
        return made

    @cached_property
    def features(self) -> Float[Tensor, "n c"]:
        """Conditions of the known designs, in a fixed random order."""
        found = self.problem.features(self.known)
        order = torch.randperm(len(found), generator=torch.Generator().manual_seed(self.sheet.seed))
        return found[order]

    @cached_property
    def examples(self) -> tuple[Float[Tensor, "n *shape"], Float[Tensor, "n c"]]:
        """Training data for retraining.

        Raises:
            InputError: where the network is inside a family without accessible training examples.
        """
        if self.part.path:
            raise InputError(
                "a network that designs themselves teach",
                f"one inside {self.fitted.name}",
                "The nearest recipe without retraining: int8.",
            )
        return self.problem.encode(self.known).to(torch.float32), self.problem.features(self.known)

    @property
    def batch(self) -> int:
        """Batch size of the generator's training."""
        return offer.plan(self.problem, self.fitted.name).batch

    @property
    def denoises(self) -> bool:
        """True if the part for the device is called at each level of a solver."""
        return isinstance(self.part.part, DenoiserCalls)

    @cached_property
    def pairs(self) -> tuple[Float[Tensor, "n 2 *shape"], Float[Tensor, "n c"]]:
        """Pairs of the denoiser's designs and noise, under conditions of its calls."""
        requested = self.recorded["denoise"].seen()["cond"]
        rng = block_rng(self.sheet.seed, 0, "pairs")
        cond = requested[torch.randint(len(requested), (PAIRS,), generator=rng)]
        assert isinstance(self.model, Denoising)
        with one_thread():
            return pairs(self.model, cond, rng), cond

    @cached_property
    def held_out(self) -> tuple[Float[Tensor, "n *shape"], Float[Tensor, "n c"]] | None:
        """Held-out designs; None if the network is inside another family."""
        if self.part.path:
            return None
        known = self.problem.data()
        rows = np.flatnonzero(known["held_out"].to_numpy())[:HELD_OUT]
        own = known.isel({DESIGN: rows})
        if not len(rows):
            return None
        return self.problem.encode(own).to(torch.float32), self.problem.features(own)

    def losses(self, family: nn.Module) -> Float[np.ndarray, " n"] | None:
        """The family's own loss on each held-out design, with whatever runs its network."""
        if self.held_out is None:
            return None
        x, cond = self.held_out
        model = self.part.of(family)
        with torch.no_grad(), one_thread():
            if isinstance(model, TokenAutoregressive):
                found = _surprise(model, x.to(torch.int64), cond)
            else:
                assert isinstance(model, Model)
                rng = block_rng(self.sheet.seed, 0, "loss")
                found = torch.stack([model.held_out_loss(x, cond, rng) for _ in range(8)]).mean(0)
        out: np.ndarray = found.double().numpy()
        return out

    def seated(self, family: nn.Module, runners: Mapping[str, Runner]) -> nn.Module:
        """Copy a family with its network replaced by the runners."""
        return self.part.seated(family, runners)

    def graphs(self, family: nn.Module) -> dict[str, NetworkGraph]:
        """All graphs of a family for a device."""
        return self.part.graphs(family)


def _surprise(model: TokenAutoregressive, ids: Tensor, cond: Tensor) -> Float[Tensor, " n"]:
    """Negative log density a token, computed step by step, as on a device (nats)."""
    condition = model.told(cond)
    memory = model.decoder.begin(len(ids), model.steps, condition)
    token, total, count = (
        torch.full((len(ids),), BEGIN),
        torch.zeros(len(ids)),
        torch.zeros(len(ids)),
    )
    for step in range(model.steps - 1):  # each needs the one before
        scores, memory = model.follow(token, condition, step, memory)
        token = ids[:, step]
        going = token >= OPEN
        if not bool(going.any()):
            break
        chance = scores.log_softmax(-1).gather(1, (token - OPEN).clamp(min=0)[:, None])[:, 0]
        total -= chance.where(going, torch.zeros(()))
        count += going
    return total / count
