"""A generator that is pulled towards the best of what the engine has verified."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.seeds import block_rng, one_thread
from ingenium.generators.generator import Generator
from ingenium.search.drawn import proposals
from ingenium.search.fronts import order
from ingenium.search.strategy import State
from ingenium.train.plan import Plan

TOLD = ("cost", "violation", "loss")


@dataclass(frozen=True)
class TunedSettings:
    """What the generator learns from, how often and for how long."""

    elite: int = 64  # of the best designs so far
    every: int = 64  # verified designs between two fits
    kept: float = 0.25  # share of known designs among those that are learned from
    rows: int = 256  # drawn from both for each fit
    steps: int = 100  # of training, for families that descend gradients


class Tuned:
    """Proposals of a family that is fitted again and again, each time from where it is.

    Families that descend gradients are tuned further, the others learn anew: from the elite, each
    of it as often as chance has it, and from known designs, so that it does not narrow to a point.

    Shapes: n designs, e of the elite, c spec features.
    Source: Rubinstein and Kroese, The Cross-Entropy Method, 2004, chapter 4 (refit to the elite);
        Brown et al., J. Chem. Inf. Model. 59:1096, 2019 (fine-tuning on the best so far).
    """

    def __init__(
        self,
        generator: Generator,
        plan: Plan,
        seed: int,
        settings: TunedSettings = TunedSettings(),
    ) -> None:
        self.problem, self.family = generator.problem, generator.family
        self.spec, self.known = generator.spec, generator.known
        self.plan, self.seed, self.settings = plan, seed, settings
        self.fits, self.waiting = 0, 0
        self.elite: dict[str, np.ndarray] = {}  # x, cond, and what is told of verdicts

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Proposals of the family as it is now."""
        return proposals(Generator(self.problem, self.family, self.spec, self.known), n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep the best, and fit once enough is new."""
        answered = np.isfinite(verdicts["cost"].to_numpy())
        own = designs.isel({DESIGN: answered})
        if own.sizes[DESIGN]:
            fresh = {name: verdicts[name].to_numpy()[answered] for name in TOLD}
            fresh["x"] = self.problem.encode(own).to(torch.float32).numpy()
            fresh["cond"] = self.problem.features(own).to(torch.float32).numpy()
            self._keep(fresh)
        self.waiting += designs.sizes[DESIGN]
        if self.waiting >= self.settings.every and self.elite:
            self._fit()
            self.fits, self.waiting = self.fits + 1, 0

    def state_dict(self) -> State:
        """The weights, the elite, and how far it is to the next fit."""
        weights = {f"weight.{k}": v.cpu().numpy() for k, v in self.family.state_dict().items()}
        elite = {f"elite.{k}": v for k, v in self.elite.items()}
        return {"count": np.array([self.fits, self.waiting]), **weights, **elite}

    def load_state_dict(self, state: State) -> None:
        """Take over weights and elite."""
        self.fits, self.waiting = state["count"].tolist()
        self.elite = {k[6:]: v for k, v in state.items() if k.startswith("elite.")}
        weights = {k[7:]: torch.tensor(v) for k, v in state.items() if k.startswith("weight.")}
        self.family.load_state_dict(weights)

    def _keep(self, fresh: dict[str, np.ndarray]) -> None:
        old = self.elite or {name: values[:0] for name, values in fresh.items()}
        both = {name: np.concatenate([old[name], fresh[name]]) for name in fresh}
        _, first = np.unique(both["x"].reshape(len(both["x"]), -1), axis=0, return_index=True)
        distinct = {name: values[np.sort(first)] for name, values in both.items()}
        best = order(*(distinct[name] for name in TOLD))[: self.settings.elite]
        self.elite = {name: values[best] for name, values in distinct.items()}

    def _fit(self) -> None:
        how, rng = self.settings, block_rng(self.seed, self.fits, "tuned")
        old = int(how.kept * how.rows)
        of_known = self.problem.encode(self.known), self.problem.features(self.known)
        known = _rows(of_known[0].to(torch.float32), of_known[1].to(torch.float32), old, rng)
        elite = torch.from_numpy(self.elite["x"]), torch.from_numpy(self.elite["cond"])
        best = _rows(*elite, how.rows - old, rng)
        plan = replace(self.plan, steps=how.steps, seed=self.seed + self.fits, checkpoint=None)
        rows, cond = torch.cat([known[0], best[0]]), torch.cat([known[1], best[1]])
        with one_thread():
            self.family.fit(rows, cond, plan)


def _rows(x: Tensor, cond: Tensor, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """So many rows, drawn with replacement."""
    rows = torch.randint(len(x), (n,), generator=rng)
    return x[rows], cond[rows]
