"""The table of methods by their names at the command line."""

from collections.abc import Mapping
from types import MappingProxyType

from ingenium.core.errors import choose
from ingenium.infer.methods.amortised import Amortised
from ingenium.infer.methods.annealed import Annealed
from ingenium.infer.methods.guided import Guided
from ingenium.infer.methods.importance import Importance
from ingenium.infer.methods.method import Method
from ingenium.infer.methods.mixture import Mixture
from ingenium.infer.methods.nuts import NoUTurn
from ingenium.infer.methods.random_walk import RandomWalk

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "importance": Importance(),
        "mixture": Mixture(),
        "gaussian": Mixture(most=1),
        "annealed": Annealed(),
        "langevin": Annealed(langevin=True),
        "nuts": NoUTurn(),
        "random_walk": RandomWalk(),
        "amortised": Amortised(),
        "guided": Guided(),
    }
)


def named(name: str) -> Method:
    """Return a method by its name.

    Raises:
        InputError: if there is none.
    """
    return METHODS[choose(name, METHODS, "method of inference")]
