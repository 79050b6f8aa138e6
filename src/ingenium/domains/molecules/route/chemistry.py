"""Last synthesis steps of a molecule, and its availability in the stock."""

from dataclasses import dataclass, field
from functools import cached_property

from ingenium.domains.molecules.route.reaction import Reaction, molecule
from ingenium.domains.molecules.route.stock import BlockStock
from ingenium.domains.molecules.route.table import BY_NAME, REACTIONS
from ingenium.kits.chemistry.safety import DualUseScreen

MOST_STEPS = 60  # last steps of a molecule, the most promising
CONFLICT, HAZARD = 0.5, 0.1  # cost of each, in steps
MOST_CONFLICTS = 3  # that count in the effort


@dataclass(frozen=True)
class Step:
    """One reaction with its reactants in the order of its template."""

    reaction: str  # its name
    reactants: tuple[str, ...]
    product: str

    @property
    def kind(self) -> Reaction:
        """Reaction of the table.

        Raises:
            KeyError: if there is none of this name.
        """
        return BY_NAME[self.reaction]

    @cached_property
    def verified(self) -> bool:
        """True if the forward template of a known reaction makes the product of the reactants."""
        known = BY_NAME.get(self.reaction)
        return known is not None and known.makes(self.reactants, self.product)

    @cached_property
    def conflicts(self) -> tuple[str, ...]:
        """Other products, and other groups that would react."""
        return self.kind.conflicts(self.reactants, self.product)

    @cached_property
    def effort(self) -> float:
        """Cost that the search minimises: one for the step, more for conflicts and hazards."""
        conflicts = min(len(self.conflicts), MOST_CONFLICTS)
        return 1.0 + CONFLICT * conflicts + HAZARD * self.kind.hazard

    def __str__(self) -> str:
        return f"{self.reaction}|{'.'.join(self.reactants)}>>{self.product}"


@dataclass
class Chemistry:
    """Last steps of molecules, each computed once, and the stock at which routes end."""

    stock: BlockStock
    screen: DualUseScreen
    reactions: tuple[Reaction, ...] = REACTIONS
    _steps: dict[str, tuple[Step, ...]] = field(default_factory=dict, repr=False)
    _refused: dict[str, bool] = field(default_factory=dict, repr=False)

    def steps(self, product: str) -> tuple[Step, ...]:
        """Return the last steps that make a molecule, verified forward, most promising first."""
        if product not in self._steps:
            found = [
                Step(r.name, reactants, product)
                for r in self.reactions
                for reactants in r.precursors(molecule(product))
                if product not in reactants
            ]
            held = [s for s in found if self._admitted(s) and s.verified]
            self._steps[product] = tuple(sorted(held, key=self._promise)[:MOST_STEPS])
        return self._steps[product]

    def _admitted(self, step: Step) -> bool:
        """Return whether the dual-use screen refuses none of the reactants."""
        return not any(map(self.refuses, step.reactants))

    def refuses(self, smiles: str) -> bool:
        """Return whether the dual-use screen refuses a molecule."""
        if smiles not in self._refused:
            self._refused[smiles] = self.screen.refuses(molecule(smiles))
        return self._refused[smiles]

    def _promise(self, step: Step) -> tuple[float, ...]:
        """Sort key, small for promising steps: remaining work, effort, and evenness."""
        left = [molecule(s).GetNumHeavyAtoms() for s in step.reactants if s not in self.stock]
        return (float(len(left)), float(sum(n * n for n in left)), step.effort)
