"""The strategies of molecules by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingenium.domains.molecules.strategies.genetic import Genetic
from ingenium.domains.molecules.strategies.reinforced import reinforced
from ingenium.search.strategies import Made, Task

MAKERS: Mapping[str, Callable[[Task], Made]] = MappingProxyType(
    {"genetic": lambda task: Made(Genetic(task)), "reinforced": reinforced}
)
