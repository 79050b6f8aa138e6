"""Route search as a quantity of problems that propose molecules."""

from functools import cache, lru_cache

from rdkit import Chem

from ingenium.core.quantity import Quantity
from ingenium.domains.molecules.route.chemistry import Chemistry
from ingenium.domains.molecules.route.search import best_first
from ingenium.domains.molecules.route.stock import pretrained
from ingenium.kits.chemistry.parsing import canonical
from ingenium.kits.chemistry.safety import DualUseScreen

DEEPEST = 5  # steps of the longest branch
QUANTITIES = (
    Quantity("route_found", "1", "1 if a route from the blocks of the package was found"),
    Quantity("route_steps", "1", f"steps of the one of least effort; {DEEPEST + 1} without any"),
)


def found(expansions: int, mol: Chem.Mol) -> tuple[float, ...]:
    """Return whether a search of at most `expansions` expansions finds a route, and its steps.

    A search is bounded by its expansions and not by time, so that it is reproducible.
    """
    return _found(canonical(mol), expansions)


@lru_cache(maxsize=100_000)
def _found(smiles: str, expansions: int) -> tuple[float, ...]:
    chemistry = _chemistry()
    if smiles in chemistry.stock:
        return (1.0, 0.0)
    routes = best_first(chemistry, smiles, budget=expansions, deepest=DEEPEST, enough=True).routes
    return (1.0, float(len(routes[0].steps))) if routes else (0.0, DEEPEST + 1.0)


@cache
def _chemistry() -> Chemistry:
    return Chemistry(pretrained(), DualUseScreen())
