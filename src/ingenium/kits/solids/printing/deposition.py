"""Metal laid by a wire and an arc: speed, time of layers, and waits between them, by rule."""

import math
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float64

from ingenium.core.errors import InputError
from ingenium.kits.solids.printing.toolpath import Bead, Toolpath


@dataclass(frozen=True)
class Deposition:
    """Aluminium by wire and arc.

    The rate is that of the source; of the bead, it makes the speed of the torch. The least time
    from layer to layer, in which a short one cools, and the speed of travel are assumptions: set
    your own.

    Source: Williams et al., Mater. Sci. Technol. 32(7), 2016 (about 1 kg/h of aluminium);
        Montevecchi et al., Addit. Manuf. 21, 2018 (idle times between layers).

    Raises:
        InputError: for a value that is not above 0.
    """

    bead: Bead
    rate_kg_h: float = 1.0
    density_kg_m3: float = 2670.0
    travel_m_s: float = 0.1
    layer_s: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if not (value > 0 and math.isfinite(value)):
                raise InputError(f"`{field.name}` above 0", value)

    @property
    def laid_m_s(self) -> float:
        """Speed of the torch while it lays a bead."""
        return self.rate_kg_h / 3600 / self.density_kg_m3 / self.bead.section_m2

    def layers_s(self, path: Toolpath) -> Float64[np.ndarray, " h"]:
        """Time of the moves of each layer, travel included."""
        speed = np.where(path.laid, self.laid_m_s, self.travel_m_s)
        number = np.searchsorted(path.layers_m, path.corner_m[path.laid, 2] - 1e-6)
        of = np.zeros(len(path.laid), dtype=np.int64)
        of[path.laid] = number
        of = np.maximum.accumulate(of)  # a travel belongs to the layer that it leaves
        return np.bincount(of, weights=path.length_m / speed, minlength=len(path.layers_m))
