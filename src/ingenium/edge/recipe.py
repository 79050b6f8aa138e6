"""Recipes that make a generator small, and those to try for a device.

Source: Han et al., ICLR 2016, arXiv:1510.00149 (pruned, retrained, then quantised).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from ingenium.edge.quantise import Scheme

WIDTHS = (1.0, 0.75, 0.5, 0.35, 0.25)
CALLS = (4,)  # calls of a denoiser that are tried instead of those of its solver
FORMATS = {"int8": 8, "int4": 4}


@dataclass(frozen=True)
class CompressionRecipe:
    """Techniques in the order in which they are used."""

    width: float = 1.0  # share of the units that remain: structured pruning
    sparse: float = 0.0  # share of the weights that are zero: unstructured pruning
    distilled: bool = False  # retrained towards the generator's outputs, and not only to designs
    matched: bool = False  # its hidden states too: by features, and not by outputs alone
    aware: bool = False  # retrained with weights that are rounded: quantisation-aware
    calls: int = 0  # of a denoiser for a design; 0: those of its solver
    scheme: Scheme = field(default_factory=Scheme)

    @property
    def retrained(self) -> bool:
        """True if anything is retrained."""
        return self.distilled or self.aware or self.thinner

    @property
    def thinner(self) -> bool:
        """True if units or weights are removed."""
        return self.width < 1 or self.sparse > 0

    @property
    def title(self) -> str:
        """Title in tables: `int8, 50 % of units, distilled`."""
        parts = [f"int{self.scheme.bits}"]
        parts += [] if self.scheme.per_channel else ["one scale"]
        parts += [] if self.scheme.zero_points else ["no zero points"]
        parts += [f"{100 * self.width:.0f} % of units"] if self.width < 1 else []
        parts += [f"{100 * self.sparse:.0f} % zeros"] if self.sparse else []
        parts += [f"{self.calls} call{'s' if self.calls > 1 else ''}"] if self.calls else []
        parts += ["distilled"] if self.distilled else []
        parts += ["by states"] if self.matched else []
        return ", ".join([*parts, "aware"] if self.aware else parts)


def recipes(
    formats: Sequence[str],
    widths: Sequence[float] = WIDTHS,
    zeros: Sequence[float] = (),
    calls: Sequence[int] = (),
    *,
    matched: bool = False,
) -> Iterator[CompressionRecipe]:
    """List all recipes that a device's formats admit, from the one that changes least.

    Unstructured zeros are tried only if a sheet says so: rows are stored whole, so that zeros save
    neither flash nor time. With `matched` distillation includes hidden states.
    """
    whole = [name for name in formats if name in FORMATS]
    for name, width, sparse, requested in product(whole, widths, (0.0, *zeros), (0, *calls)):
        bits = FORMATS[name]
        for distilled, aware in product((False, True), (False, True)):
            states = matched and distilled
            own = CompressionRecipe(
                width, sparse, distilled, states, aware, requested, Scheme(bits)
            )
            if bits == 8 and (aware or (distilled and not own.thinner and not requested)):
                continue  # there is no loss to recover
            yield own
    if "int8" in whole:
        yield CompressionRecipe(scheme=Scheme(per_channel=False))
        yield CompressionRecipe(scheme=Scheme(zero_points=False))
