"""Isotropic materials for parts."""

from dataclasses import dataclass

from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Material:
    """A linear elastic material; the defaults are the unit material of the benchmarks.

    Raises:
        InputError: for values that no solid has.
    """

    modulus_pa: float = 1.0
    poisson: float = 0.3
    density_kg_m3: float = 1.0
    yield_pa: float = 1.0
    price_per_kg: float = 1.0

    def __post_init__(self) -> None:
        if not -1.0 < self.poisson < 0.5:
            raise InputError(
                "a Poisson ratio between -1 and 0.5", self.poisson, "Write poisson = 0.3."
            )
        least = {
            k: getattr(self, k) for k in ("modulus_pa", "density_kg_m3", "yield_pa", "price_per_kg")
        }
        for name, value in least.items():
            if not value > 0:
                raise InputError(f"{name} above 0", value)
