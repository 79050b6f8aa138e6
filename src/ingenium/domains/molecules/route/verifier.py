"""Verifier of routes: runs every step forward, and measures inputs and waste.

Shapes: n designs, k quantities.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from rdkit import Chem
from torch import Tensor

from ingenium.core.counting import each
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.molecules.route import green
from ingenium.domains.molecules.route.hazards import alerted, hazards
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.domains.molecules.route.route import Route, read
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.domains.molecules.route.table import BY_NAME
from ingenium.kits.chemistry.independent import counted
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.safety import DualUseScreen

QUANTITIES = (
    Quantity("steps", "1", "reactions"),
    Quantity("longest_line", "1", "reactions of the longest line from a block to the target"),
    Quantity("blocks", "1", "different molecules that no step makes"),
    Quantity("missing", "1", "of those the ones that the stock does not hold"),
    Quantity("unverified", "1", "steps whose forward template does not give their product"),
    Quantity("conflicts", "1", "other products of the steps, and other groups that would change"),
    Quantity("hazards", "1", "points of conditions, blocks and intermediates"),
    Quantity("alerts", "1", "PAINS and Brenk alerts of the intermediates"),
    Quantity("cost", "1", "stand-in for the cost of a mol, in the work of a step", rounding=1e-9),
    Quantity("overall_yield", "1", "assumed yield of the worst line to the target"),
    Quantity("atom_economy", "1", "share of the mass of reactants that ends in the target"),
    Quantity("e_factor", "kg/kg", "waste to a kilogram of target, no solvents", rounding=1e-9),
    Quantity("mass_intensity", "kg/kg", "all that goes in to a kilogram of target", rounding=1e-9),
)


@dataclass(frozen=True)
class RouteVerifier:
    """Verifier of routes; NaN for text that is no route, or has an unknown reaction.

    Routes with a molecule that the dual-use screen refuses are NaN too.
    """

    target: str
    stock: BlockStock
    screen: DualUseScreen
    name: ClassVar[str] = "reaction templates run forward, rdkit"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar = QUANTITIES

    @property
    def version(self) -> str:
        """Version of RDKit."""
        return release_of("rdkit")

    def measure(self, codes: Float64[Tensor, "n longest"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN on failure."""
        rows = [self._of(text) for text in each(texts(codes))]  # one tree each
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(QUANTITIES))

    def _of(self, text: str) -> tuple[float, ...]:
        route = read(text, self.target)
        if route is None or not self._answers(route):
            return (math.nan,) * len(QUANTITIES)
        return measured(route, self.stock)

    def _answers(self, route: Route) -> bool:
        if any(step.reaction not in BY_NAME for step in route.steps):
            return False
        inside = {m for step in route.steps for m in (*step.reactants, step.product)}
        return not any(self.screen.refuses(molecule(m)) for m in inside)


@dataclass(frozen=True)
class FileMasses:
    """Atom economy from masses that independent code counts in RDKit's structure files."""

    target: str
    name: ClassVar[str] = "masses of structure files, summed"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar = tuple(q for q in QUANTITIES if q.name == "atom_economy")

    def measure(self, codes: Float64[Tensor, "n longest"]) -> Float64[Tensor, "n 1"]:
        """Measure each route; NaN for text that is none."""
        routes = [read(text, self.target) for text in texts(codes)]
        found = [math.nan if route is None else self._economy(route) for route in routes]
        return torch.tensor(found, dtype=torch.float64)[:, None]

    def _economy(self, route: Route) -> float:
        used = green.amounts(route, perfect=True)
        both = (*used.bought.items(), *used.reagents().items())
        return self._weight(route.target) / sum(mol * self._weight(smiles) for smiles, mol in both)

    def _weight(self, smiles: str) -> float:
        return counted(Chem.MolToMolBlock(Chem.AddHs(molecule(smiles))))["weight"]


def measured(route: Route, stock: BlockStock) -> tuple[float, ...]:
    """Return the quantities of a route whose reactions are known, in order."""
    verified = [step.verified for step in route.steps]
    between = [p for p in route.made if p != route.target]
    return (
        float(len(route.steps)),
        float(route.depth),
        float(len(route.leaves)),
        float(len(route.missing(stock))),
        float(len(verified) - sum(verified)),
        float(sum(len(s.conflicts) for s in route.steps if s.verified)),
        float(hazards(route)),
        float(sum(map(alerted, between))),
        green.cost(route, {leaf: stock.price(leaf) for leaf in route.leaves}),
        green.overall_yield(route),
        green.atom_economy(route),
        green.e_factor(route),
        green.intensity(route),
    )
