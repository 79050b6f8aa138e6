"""Route searches as generators for the target of an opened problem."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Pretrained
from ingenium.domains.molecules.route.codec import Choices
from ingenium.domains.molecules.route.policies import by_chance, greedy, tree_search
from ingenium.domains.molecules.route.route import Route
from ingenium.domains.molecules.route.search import BestFirst, RouteSearch
from ingenium.domains.molecules.route.stock import WEIGHTS
from ingenium.domains.molecules.route.table import REACTIONS
from ingenium.generators.rows import check_cond, check_steer
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

RETAINED = 200  # routes of a search among which favoured ones are selected
ASTAR, TREE, GREEDY, CHANCE = "route_astar", "route_mcts", "route_greedy", "route_chance"
Worth = Callable[[Route], tuple[float, ...]]  # small is good, one number for each favoured measure


@dataclass(eq=False)
class RouteProposals:
    """One search for the target, whose routes are distributed to rows by what they favour.

    Rows 0 to c-1 get the best route for their favoured measure, the next c rows the second best,
    and so on, so rows do not influence each other. Where no route is found, the row gets the
    unfinished route of a greedy search, which the verifier rejects.
    """

    name: str
    codec: Choices
    worth: Worth
    c: int
    budget: int
    count: Tensor = field(default_factory=lambda: torch.zeros(len(REACTIONS)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one standardised design."""
        return self.codec.shape

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Do nothing: reaction counts were computed with the blocks."""
        return {}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Return one route for each row of `cond`, which selects the favoured measure.

        Raises:
            ValueError: if `cond` has the wrong width or `steer` asks for guidance.
        """
        check_cond(cond, self.c)
        check_steer(steer, self.name)
        seed = int(torch.randint(2**31, (1,), generator=rng))
        routes = self._fitting(self.search(seed).routes) or (self._unfinished(),)
        worth = np.array([self.worth(r) for r in routes])
        order = [np.lexsort((np.arange(len(routes)), worth[:, k])) for k in range(self.c)]
        chosen = [
            routes[order[int(row.argmax())][i // self.c % len(routes)]]
            for i, row in enumerate(cond)
        ]
        return self.codec.of_routes(chosen)

    def search(self, seed: int) -> RouteSearch:
        """Search with the budget of the setup."""
        chemistry, target, deepest = self.codec.chemistry, self.codec.target, self.codec.deepest
        rng = np.random.default_rng(seed)
        if self.name == ASTAR:
            search = BestFirst(chemistry, target, budget=self.budget, deepest=deepest)
            return search.run(retained=RETAINED)
        if self.name == GREEDY:
            return greedy(chemistry, target, budget=self.budget, deepest=deepest)
        if self.name == CHANCE:
            return by_chance(chemistry, target, rng, budget=self.budget, deepest=deepest)
        prior = dict(zip((r.name for r in REACTIONS), self.count.tolist(), strict=True))
        return tree_search(chemistry, target, rng, budget=self.budget, deepest=deepest, prior=prior)

    def _fitting(self, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        """Routes that fit into the text and the choices of a design."""
        short = [
            r
            for r in routes[:RETAINED]
            if len(r.steps) <= self.codec.most and len(r.text) <= self.codec.longest
        ]
        return tuple(short)

    def _unfinished(self) -> Route:
        """Route of a greedy search, which may be incomplete."""
        return self.codec.to_routes(torch.full((1, self.codec.most), 3.0))[0]

    def state_dict(self) -> dict[str, Tensor]:
        """Return how often each reaction of the table takes a known molecule apart."""
        return {"count": self.count}

    def load_state_dict(self, state_dict: Mapping[str, Tensor]) -> object:
        """Load the counts.

        Raises:
            InputError: if they are of another table of reactions.
        """
        if state_dict["count"].shape != self.count.shape:
            raise InputError(
                f"counts of {len(self.count)} reactions",
                f"{tuple(state_dict['count'].shape)}",
                "Make the blocks again with this table.",
            )
        self.count = state_dict["count"].to(torch.float32)
        return self


def searches(codec: Choices, worth: Worth, c: int, budget: int) -> Mapping[str, Pretrained]:
    """Return all searches by their names in a spec."""
    about = {"expansions": budget}
    made = {
        name: Pretrained(partial(RouteProposals, name, codec, worth, c, budget), WEIGHTS, about)
        for name in (ASTAR, TREE, GREEDY, CHANCE)
    }
    return MappingProxyType(made)
