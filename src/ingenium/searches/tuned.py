"""A generator that is fine-tuned on the best verified designs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.resolving import as_measured
from ingenium.core.seeds import block_rng, one_thread
from ingenium.generators.generator import Generator
from ingenium.generators.model import Model
from ingenium.runs.aim import LIMIT, OBJECTIVE
from ingenium.searches.fixed_strategies import proposals
from ingenium.searches.fronts import order
from ingenium.searches.strategy import State
from ingenium.train.plan import Plan

DIMS = {"cost": (), "violation": (LIMIT,), "loss": (OBJECTIVE,)}  # beyond `design`
REPORTED = tuple(DIMS)


@dataclass(frozen=True)
class TunedSettings:
    """Training data, frequency, speed and regularisation of the fine-tuning."""

    elite: int = 64  # of the best designs so far
    every: int = 64  # verified designs between two fits
    known_share: float = 0.25  # share of known designs in the training data
    rows: int = 256  # sampled from both for each fit
    sharp: float | None = None  # of the weight by rank; None for equal weights of the elite
    passes: int = 2  # of training over these rows, for families that descend gradients
    batch: int = 32  # rows of a step of it
    rate: float = 1.0  # learning rate, in that of the family's plan
    anchor: float = 0.0  # share of the way back to the first weights after each fit


RANKED = TunedSettings(elite=4096, sharp=1e-2)


class Tuned:
    """Proposals of a family that is repeatedly fine-tuned.

    Families with gradient descent are trained further for a few passes, the others are refitted: on
    the elite and on known designs, so that they do not collapse to a point. More passes would
    overfit the elite, and no row can be held out against that, since a design is sampled more than
    once. Designs of the elite have equal weights or, with `sharp`, the weight `1 / (sharp n + r)`
    by rank `r` from 0 among `n`, so that all verified designs count and the best count most.
    Conditions that the spec leaves open come from the same designs.

    Source: Rubinstein and Kroese, The Cross-Entropy Method, 2004, chapter 4 (refit to the elite);
        Brown et al., J. Chem. Inf. Model. 59:1096, 2019 (fine-tuning on the best so far, in two
        passes); Tripp et al., NeurIPS 2020, arXiv:2006.09191 (weights by rank); Wortsman et al.,
        CVPR 2022, arXiv:2109.01903 (weights between the tuned and the first ones).
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
        self.elite: xr.Dataset | None = None  # designs with the verdicts on them
        self.learned = self.known  # training data of the last fit
        self.first = {k: v.clone() for k, v in self.family.state_dict().items()}

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return proposals of the family in its present state."""
        return proposals(Generator(self.problem, self.family, self.spec, self.learned), n, rng)

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return proposals of the family in its present state, whatever is being measured."""
        return self.ask(n, rng)

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Store the best, and fit once there are enough new designs."""
        answered = np.flatnonzero(np.isfinite(verdicts["cost"].to_numpy()))
        if len(answered):
            truly = as_measured(self.problem, designs, verdicts)
            own = self._bare(truly.isel({DESIGN: answered}))
            reported = {name: verdicts[name].isel({DESIGN: answered}).variable for name in REPORTED}
            own = self._encoded(own.assign(reported))
            if own.sizes[DESIGN]:
                self._store(own)
        self.waiting += designs.sizes[DESIGN]
        if self.waiting >= self.settings.every and self.elite is not None:
            self._fit(self.elite)
            self.fits, self.waiting = self.fits + 1, 0

    def state_dict(self) -> State:
        """Return weights, elite, training data, and the count of designs to the next fit."""
        state = {f"weight.{k}": v.cpu().numpy() for k, v in self.family.state_dict().items()}
        parts = {"learned": self.learned} | ({"elite": self.elite} if self.elite else {})
        for part, designs in parts.items():
            state |= {f"{part}.{name}": designs[name].to_numpy() for name in self._names}
        reported = {f"told.{k}": self.elite[k].to_numpy() for k in REPORTED} if self.elite else {}
        return {"count": np.array([self.fits, self.waiting]), **state, **reported}

    def load_state_dict(self, state: State) -> None:
        """Load weights and elite."""
        self.fits, self.waiting = state["count"].tolist()
        self.learned = self._restored("learned", state)
        self.elite = None
        if "told.cost" in state:
            reported = {k: ((DESIGN, *DIMS[k]), state[f"told.{k}"]) for k in REPORTED}
            self.elite = self._restored("elite", state).assign(reported)
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
        """Select designs with their conditions, without other coordinates."""
        problem = self.problem
        under = {c.name: (DESIGN, _plain(designs[c.name].to_numpy())) for c in problem.conditions}
        arrays = to_arrays(designs, problem.variables)
        return to_dataset(arrays, problem.variables, problem.labels() | under)

    def _encoded(self, designs: xr.Dataset) -> xr.Dataset:
        """Select designs that the codec can encode: a decoded design may have no code."""
        try:
            self.problem.encode(designs)
        except InputError:
            rows = np.arange(designs.sizes[DESIGN])
            if len(rows) < 2:
                return designs.isel({DESIGN: []})
            parts = (designs.isel({DESIGN: half}) for half in np.array_split(rows, 2))
            return _joined(*map(self._encoded, parts))
        return designs

    def _store(self, fresh: xr.Dataset) -> None:
        """Update the elite by new designs, each once."""
        both = fresh if self.elite is None else _joined(self.elite, fresh)
        arrays = to_arrays(both, self.problem.variables)
        flat = torch.cat([a.reshape(len(a), -1) for a in arrays], 1)
        first = np.sort(np.unique(flat.numpy(), axis=0, return_index=True)[1])
        both = both.isel({DESIGN: first})
        best = order(*(both[name].to_numpy() for name in REPORTED))[: self.settings.elite]
        self.elite = both.isel({DESIGN: best})

    def _fit(self, elite: xr.Dataset) -> None:
        how, rng = self.settings, block_rng(self.seed, self.fits, "tuned")
        old = int(how.known_share * how.rows)
        known = torch.randint(self.known.sizes[DESIGN], (old,), generator=rng).numpy()
        best = self._drawn(elite.sizes[DESIGN], how.rows - old, rng)
        parts = self.known.isel({DESIGN: known}), elite.drop_vars(REPORTED).isel({DESIGN: best})
        self.learned = _joined(*parts)
        x = self.problem.encode(self.learned).to(torch.float32)
        cond = self.problem.features(self.learned).to(torch.float32)
        plan = replace(
            self.plan,
            steps=how.passes * -(-how.rows // how.batch),
            batch=how.batch,
            held_out=0.0,
            seed=self.seed + self.fits,
            learning_rate=how.rate * self.plan.learning_rate,
            checkpoint=None,
        )
        with one_thread():
            self.family.fit(x, cond, plan)
            if how.anchor:
                self.family.load_state_dict(self._held_back())

    def _drawn(self, n: int, count: int, rng: torch.Generator) -> np.ndarray:
        """Sample rows of the elite, which is sorted from the best on."""
        sharp = self.settings.sharp
        if sharp is None:
            return torch.randint(n, (count,), generator=rng).numpy()
        weight = 1 / (sharp * n + torch.arange(n))
        return torch.multinomial(weight, count, replacement=True, generator=rng).numpy()

    def _held_back(self) -> dict[str, Tensor]:
        """Average of the present and the initial weights.

        The present weights alone where a family has also changed its buffers.
        """
        now, share = self.family.state_dict(), self.settings.anchor
        inner = getattr(self.family, "inner", self.family)
        weights = dict(inner.named_parameters()) if isinstance(inner, Model) else {}
        others = [k for k in now if k not in weights]
        if not weights or any(not torch.equal(now[k], self.first[k]) for k in others):
            return now
        return {
            k: torch.lerp(v, self.first[k], share) if k in weights else v for k, v in now.items()
        }


def _joined(*parts: xr.Dataset) -> xr.Dataset:
    whole = xr.concat(parts, DESIGN)
    return whole.assign_coords({DESIGN: np.arange(whole.sizes[DESIGN])})


def _plain(values: np.ndarray) -> np.ndarray:
    return values.astype(np.str_) if values.dtype == object else values
