"""Several strategies with one budget, which shifts to the successful ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.searches.fronts import order
from ingenium.searches.strategy import Ahead, State, Strategy

ARM = "arm"  # coordinate of designs: the strategy that proposed them
REPORTED = ("cost", "violation", "loss")


@dataclass(frozen=True)
class PortfolioSettings:
    """Definition of a success, and its decay."""

    elite: int = 32  # a design succeeds if it is among the best that many when it is judged
    memory: float = 0.9  # of successes and failures, after each round


class Portfolio:
    """Thompson sampling of the strategy of each round, by the success of its designs.

    A success is a design among the best so far. A strategy learns from its own proposals alone.

    Shapes: a strategies, e of the elite.
    Source: Thompson, Biometrika 25:285, 1933; Russo et al., A Tutorial on Thompson Sampling, 2018,
        section 6.3 (nonstationary rewards: old counts fade).
    """

    def __init__(
        self, arms: Mapping[str, Strategy], settings: PortfolioSettings = PortfolioSettings()
    ) -> None:
        """Share a budget among strategies by name.

        Raises:
            InputError: for no strategy at all.
        """
        if not arms:
            raise InputError("at least one strategy", "none", "Name some.")
        self.arms, self.settings = dict(arms), settings
        self.names = tuple(arms)
        self.counts: Float[np.ndarray, "a 2"] = np.zeros((len(arms), 2))  # successes, failures
        self.elite: dict[str, np.ndarray] = {}

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """Return proposals of the sampled strategy, or of the next one where it has no more."""
        return self.ask_ahead(n, rng, ())

    def ask_ahead(self, n: int, rng: torch.Generator, flying: Sequence[xr.Dataset]) -> xr.Dataset:
        """Return proposals of a strategy that has nothing in flight, or need not wait for it."""
        draw = np.random.default_rng(int(torch.randint(2**31, (), generator=rng)))
        worth = draw.beta(*(1.0 + self.counts).T)
        for arm in np.argsort(-worth, kind="stable").tolist():
            own = [part.drop_vars(ARM) for part in flying if int(part[ARM].to_numpy()[0]) == arm]
            designs = self._requested_of(arm, n, rng, own)
            if designs.sizes[DESIGN]:
                break
        return designs.assign_coords({ARM: (DESIGN, np.full(designs.sizes[DESIGN], arm))})

    def _requested_of(
        self, arm: int, n: int, rng: torch.Generator, own: Sequence[xr.Dataset]
    ) -> xr.Dataset:
        """Proposals of a strategy, given those that it has in flight."""
        strategy = self.arms[self.names[arm]]
        if not own:
            return strategy.ask(n, rng)
        if isinstance(strategy, Ahead):
            return strategy.ask_ahead(n, rng, own)
        return own[-1].isel({DESIGN: slice(0, 0)})

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Pass the verdicts to the strategy that proposed, and count the successes."""
        arm = int(designs[ARM].to_numpy()[0])
        self.arms[self.names[arm]].tell(designs.drop_vars(ARM), verdicts)
        fresh = {name: verdicts[name].to_numpy() for name in REPORTED}
        old = self.elite or {name: values[:0] for name, values in fresh.items()}
        both = {name: np.concatenate([old[name], fresh[name]]) for name in REPORTED}
        best = order(*both.values())[: self.settings.elite]
        joined = int((best >= len(old["cost"])).sum())
        self.elite = {name: values[best] for name, values in both.items()}
        self.counts = self.settings.memory * self.counts
        self.counts[arm] += joined, designs.sizes[DESIGN] - joined

    def state_dict(self) -> State:
        """Return the counts, the elite, and the state of each strategy."""
        state = {"counts": self.counts} | {f"elite.{k}": v for k, v in self.elite.items()}
        for name, arm in self.arms.items():
            state |= {f"{name}/{k}": v for k, v in arm.state_dict().items()}
        return state

    def load_state_dict(self, state: State) -> None:
        """Continue from a saved state."""
        self.counts = state["counts"]
        self.elite = {name: state[f"elite.{name}"] for name in REPORTED if f"elite.{name}" in state}
        for name, arm in self.arms.items():
            start = f"{name}/"
            own = {k[len(start) :]: v for k, v in state.items() if k.startswith(start)}
            arm.load_state_dict(own)
