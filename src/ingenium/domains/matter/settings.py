"""Settings of `matter.crystal`."""

from dataclasses import dataclass
from typing import Literal

from ingenium.core.errors import InputError, choose
from ingenium.domains.matter.charges import triples
from ingenium.domains.matter.grammar import PROPOSED

LEARNED = (  # elements of the crystals that are known, and of their references
    *("Na", "K", "Rb", "Cs", "Sr", "Ba", "Cd", "Hg"),
    *("Ge", "Sn", "Pb", "Ti", "O", "F", "Cl", "Br", "I"),
)
LEAST_RY, MOST_RY = 40.0, 120.0
MOST_PROCESSES = 64
Judge = Literal["pw.x", "chgnet"]


@dataclass(frozen=True)
class CrystalSettings:
    """Settings of the crystals that may be proposed, and of the cutoff of pw.x.

    Raises:
        InputError: for unknown elements or types, elements without balanced charges, or a cutoff at
            which energies are not converged.
    """

    elements: tuple[str, ...] = LEARNED  # symbols of the elements that may occur
    types: tuple[str, ...] = (
        "cubic",
        "tetragonal",
        "rhombohedral",
    )  # crystal systems of perovskites
    judge: Judge = "pw.x"  # pw.x, or CHGNet alone, which gives no gap
    cutoff_ry: float = 40.0  # cutoff of plane waves; that of the density is eight times as high
    second_cutoff_ry: float = 60.0  # cutoff at which a share is measured again
    processes: int = 2  # number of processes of pw.x
    second_potential: bool = False  # SevenNet also measures the energy above the binaries

    def __post_init__(self) -> None:
        for name in self.types:
            choose(name, PROPOSED, "structure type")
        outside = [e for e in self.elements if e not in LEARNED]
        if outside:
            raise InputError(
                f"elements that crystals were learned from: {', '.join(LEARNED)}",
                ", ".join(outside),
                "Leave them out; no reference phases are known of them.",
            )
        if not self.types or not triples(self.elements):
            raise InputError(
                "at least one type, and elements of which the charges of some ABX3 balance",
                f"{', '.join(self.types)} of {', '.join(self.elements)}",
                'Write types = ["cubic"] and elements = ["Cs", "Pb", "I"].',
            )
        for cutoff in (self.cutoff_ry, self.second_cutoff_ry):
            if not LEAST_RY <= cutoff <= MOST_RY:
                raise InputError(
                    f"a cutoff from {LEAST_RY:g} to {MOST_RY:g} Ry, below which SSSP's oxygen is "
                    "not converged",
                    cutoff,
                    "Write cutoff_ry = 40.",
                )
        if not 1 <= self.processes <= MOST_PROCESSES:
            raise InputError(
                f"from 1 to {MOST_PROCESSES} processes", self.processes, "Write processes = 2."
            )
