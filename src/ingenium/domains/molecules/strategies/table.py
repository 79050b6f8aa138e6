"""The strategies of molecules by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingenium.domains.molecules.strategies.genetic import Genetic
from ingenium.domains.molecules.strategies.reinforced import reinforced
from ingenium.searches.strategies import StrategyStart, Task

MAKERS: Mapping[str, Callable[[Task], StrategyStart]] = MappingProxyType(
    {"genetic": lambda task: StrategyStart(Genetic(task)), "reinforced": reinforced}
)
