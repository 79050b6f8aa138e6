"""Wire-arc deposition of metal: build rate by rule."""

import math
from dataclasses import dataclass, fields

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.toolpath import Bead


@dataclass(frozen=True)
class Deposition:
    """Aluminium by wire and arc.

    The rate is from the source; with the section of the bead it determines the speed of the torch.
    The travel speed is an assumption: set your own.

    Source: Williams et al., Mater. Sci. Technol. 32(7), 2016 (about 1 kg/h of aluminium).

    Raises:
        InputError: for a value that is not above 0.
    """

    bead: Bead
    rate_kg_h: float = 1.0
    density_kg_m3: float = 2670.0
    travel_m_s: float = 0.1

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if not (value > 0 and math.isfinite(value)):
                raise InputError(f"`{field.name}` above 0", value)

    @property
    def laid_m_s(self) -> float:
        """Speed of the torch while it lays a bead."""
        return self.rate_kg_h / 3600 / self.density_kg_m3 / self.bead.section_m2
