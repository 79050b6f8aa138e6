"""A generator that is pulled towards the best of what the engine has verified."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.seeds import block_rng, one_thread
from ingenium.generators.generator import Generator
from ingenium.search.aim import LIMIT, OBJECTIVE
from ingenium.search.drawn import proposals
from ingenium.search.fronts import order
from ingenium.search.strategy import State
from ingenium.train.plan import Plan

DIMS = {"cost": (), "violation": (LIMIT,), "loss": (OBJECTIVE,)}  # beyond `design`
TOLD = tuple(DIMS)


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
    What the spec leaves open of the conditions comes from the same designs.

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
        self.spec, self.known = generator.spec, self._bare(generator.known)
        self.plan, self.seed, self.settings = plan, seed, settings
        self.fits, self.waiting = 0, 0
        self.elite: xr.Dataset | None = None  # designs with what was told of their verdicts
        self.learned = self.known  # what the last fit learned from

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Proposals of the family as it is now."""
        return proposals(Generator(self.problem, self.family, self.spec, self.learned), n, rng)

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Proposals of the family as it is, whatever is being measured."""
        return self.ask(n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep the best, and fit once enough is new."""
        answered = np.flatnonzero(np.isfinite(verdicts["cost"].to_numpy()))
        if len(answered):
            own = self._bare(designs.isel({DESIGN: answered}))
            told = {name: verdicts[name].isel({DESIGN: answered}).variable for name in TOLD}
            self._keep(own.assign(told))
        self.waiting += designs.sizes[DESIGN]
        if self.waiting >= self.settings.every and self.elite is not None:
            self._fit(self.elite)
            self.fits, self.waiting = self.fits + 1, 0

    def state_dict(self) -> State:
        """The weights, the elite, what was learned from, and how far it is to the next fit."""
        state = {f"weight.{k}": v.cpu().numpy() for k, v in self.family.state_dict().items()}
        parts = {"learned": self.learned} | ({"elite": self.elite} if self.elite else {})
        for part, designs in parts.items():
            state |= {f"{part}.{name}": designs[name].to_numpy() for name in self._names}
        told = {f"told.{k}": self.elite[k].to_numpy() for k in TOLD} if self.elite else {}
        return {"count": np.array([self.fits, self.waiting]), **state, **told}

    def load_state_dict(self, state: State) -> None:
        """Take over weights and elite."""
        self.fits, self.waiting = state["count"].tolist()
        self.learned = self._restored("learned", state)
        self.elite = None
        if "told.cost" in state:
            told = {k: ((DESIGN, *DIMS[k]), state[f"told.{k}"]) for k in TOLD}
            self.elite = self._restored("elite", state).assign(told)
        weights = {k[7:]: torch.tensor(v) for k, v in state.items() if k.startswith("weight.")}
        self.family.load_state_dict(weights)

    @property
    def _names(self) -> tuple[str, ...]:
        variables = tuple(v.name for v in self.problem.variables)
        return variables + tuple(c.name for c in self.problem.conditions)

    def _restored(self, part: str, state: State) -> xr.Dataset:
        like = {name: self.known[name].dims for name in self._names}
        found = {name: (dims, state[f"{part}.{name}"]) for name, dims in like.items()}
        return self._bare(xr.Dataset(found))

    def _bare(self, designs: xr.Dataset) -> xr.Dataset:
        """Designs with their conditions and nothing else."""
        problem = self.problem
        under = {c.name: (DESIGN, _plain(designs[c.name].to_numpy())) for c in problem.conditions}
        arrays = to_arrays(designs, problem.variables)
        return to_dataset(arrays, problem.variables, problem.labels() | under)

    def _keep(self, fresh: xr.Dataset) -> None:
        """The best of those that were kept and of fresh ones, each once."""
        both = fresh if self.elite is None else _joined(self.elite, fresh)
        flat = torch.cat(
            [a.reshape(len(a), -1) for a in to_arrays(both, self.problem.variables)], 1
        )
        first = np.sort(np.unique(flat.numpy(), axis=0, return_index=True)[1])
        both = both.isel({DESIGN: first})
        best = order(*(both[name].to_numpy() for name in TOLD))[: self.settings.elite]
        self.elite = both.isel({DESIGN: best})

    def _fit(self, elite: xr.Dataset) -> None:
        how, rng = self.settings, block_rng(self.seed, self.fits, "tuned")
        old = int(how.kept * how.rows)
        parts = []
        for designs, n in ((self.known, old), (elite.drop_vars(TOLD), how.rows - old)):
            rows = torch.randint(designs.sizes[DESIGN], (n,), generator=rng).numpy()
            parts.append(designs.isel({DESIGN: rows}))
        self.learned = _joined(*parts)
        x = self.problem.encode(self.learned).to(torch.float32)
        cond = self.problem.features(self.learned).to(torch.float32)
        plan = replace(self.plan, steps=how.steps, seed=self.seed + self.fits, checkpoint=None)
        with one_thread():
            self.family.fit(x, cond, plan)


def _joined(*parts: xr.Dataset) -> xr.Dataset:
    """Designs one after the other, numbered anew."""
    whole = xr.concat(parts, DESIGN)
    return whole.assign_coords({DESIGN: np.arange(whole.sizes[DESIGN])})


def _plain(values: np.ndarray) -> np.ndarray:
    return values.astype(np.str_) if values.dtype == object else values
