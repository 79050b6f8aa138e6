"""Request for molecules, as far as cheap rules and model conditions can express it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.core.quantity import Condition
from ingenium.core.spec import Limit
from ingenium.domains.molecules.known import KnownMolecules, Source, training_set, values
from ingenium.domains.molecules.molecule_problem import scaled
from ingenium.domains.molecules.verifier import EnginePart
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.groups import Groups
from ingenium.kits.chemistry.parsing import canonical

PRICE = 10.0  # of a group that is missing or unwanted, in ranges of a condition
OLD = 5.0  # of a molecule that is known already
CHEAP_MS = 10.0  # a molecule; more expensive parts are left to the verifier
READ, NEAR = 2000, 8  # known molecules; one of the nearest supplies unspecified quantities
INSIDE = 0.25  # of the spread of a quantity, between an input and a limit
CONDITIONS = MappingProxyType(
    {"wanted_weight": "weight", "wanted_logp": "logp", "wanted_tpsa": "tpsa"}
)

Heard = Mapping[str, tuple[float, float]]  # ranges of quantities of rules, from -1 to 1
NOTHING: Heard = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class MoleculeTarget:
    """Requested conditions, groups and limits, evaluated in the order of their cost.

    Shapes: n designs, c conditions, k quantities on which a generator is conditioned.
    """

    conditions: tuple[Condition, ...]
    groups: Groups
    source: Source
    known: KnownMolecules = field(repr=False)
    parts: tuple[EnginePart, ...]
    limits: tuple[Limit, ...]

    def short(self, mol: Chem.Mol, cond: Float[Tensor, " c"]) -> float:
        """Return the distance of a molecule from its conditions, its groups, and novelty."""
        found = rules.measured(tuple(CONDITIONS.values()), mol)
        distance = sum(
            abs(scaled(value, c) - float(x))
            for value, c, x in zip(found, self.conditions, cond, strict=True)
        )
        old = canonical(mol) in training_set(self.source)
        wrong = self.groups.missing(mol) + self.groups.unwanted(mol)
        return distance + PRICE * wrong + OLD * old

    @cached_property
    def requested(self) -> tuple[tuple[EnginePart, tuple[tuple[int, Limit], ...]], ...]:
        """Cheap engine parts that a limit needs, cheapest first.

        Each has the limits on its quantities and their columns.
        """
        found = []
        for part in sorted(self.parts, key=lambda p: p.cost_ms):
            names = [q.name for q in part.quantities]
            own = tuple((names.index(x.quantity), x) for x in self.limits if x.quantity in names)
            if own and part.cost_ms <= CHEAP_MS:
                found.append((part, own))
        return tuple(found)

    def held(self, mol: Chem.Mol) -> int:
        """Return how many parts a molecule passes before the first violated limit."""
        for passed, (part, limits) in enumerate(self.requested):
            values = part.of(mol)
            if not all(_holds(float(values[i]), limit) for i, limit in limits):
                return passed
        return len(self.requested)

    def sampled_conditions(
        self, cond: Float[Tensor, "n c"], heard: Heard, rng: torch.Generator
    ) -> Float[Tensor, "n k"]:
        """Return the generator's inputs for each row: the request, completed by known molecules.

        One of the known molecules nearest to the request supplies the remaining quantities, so that
        their dependence is preserved; its values are moved where they violate a limit.
        """
        names = tuple(heard)
        held = self.known.held_out[:READ]
        own = [s for s, out in zip(self.known.smiles, held, strict=False) if not out]
        table = values(tuple(own), names)
        spread = table.std(0).clip(min=1e-9)
        low, high = self._windows(names, cond, INSIDE * spread)
        away = np.zeros((len(cond), len(table)))
        for i, column in enumerate(table.T):  # all columns together would be a large array
            beyond = np.maximum(low[:, i, None] - column, column - high[:, i, None])
            away += (np.maximum(beyond, 0) / spread[i]) ** 2
        near = np.argsort(away, axis=1, kind="stable")[:, :NEAR]
        pick = torch.randint(near.shape[1], (len(cond),), generator=rng).numpy()
        drawn = np.clip(table[near[np.arange(len(cond)), pick]], low, high)
        return heard_of(drawn, heard)

    def _windows(
        self, names: tuple[str, ...], cond: Float[Tensor, "n c"], inside: Float[np.ndarray, " k"]
    ) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, "n k"]]:
        """Allowed range of each quantity: by limits, and by conditions at one value.

        The ends of limits are moved inwards, since generators do not match their inputs exactly.
        """
        low, high = (np.full((len(cond), len(names)), end) for end in (-np.inf, np.inf))
        for i, name in enumerate(names):
            own = [x for x in self.limits if x.quantity == name]
            least = max((x.at_least for x in own if x.at_least is not None), default=-np.inf)
            most = min((x.at_most for x in own if x.at_most is not None), default=np.inf)
            step = min(inside[i], max(most - least, 0.0) / 4)
            low[:, i], high[:, i] = least + step, most - step
        for (wanted, name), column in zip(CONDITIONS.items(), cond.T.double().numpy(), strict=True):
            if name in names:
                i, (condition,) = (
                    names.index(name),
                    (c for c in self.conditions if c.name == wanted),
                )
                at = condition.lower + (column + 1) / 2 * (condition.upper - condition.lower)
                low[:, i] = high[:, i] = np.clip(at, low[:, i], high[:, i])
        return low, high


def heard_of(found: Float[np.ndarray, "n k"], heard: Heard) -> Float[Tensor, "n k"]:
    """Scale values to [-1, 1] over their ranges."""
    low, high = np.array(list(heard.values())).T
    return torch.as_tensor(2 * (found - low) / (high - low) - 1).float()


def _holds(value: float, limit: Limit) -> bool:
    low = -math.inf if limit.at_least is None else limit.at_least
    high = math.inf if limit.at_most is None else limit.at_most
    return low <= value <= high
