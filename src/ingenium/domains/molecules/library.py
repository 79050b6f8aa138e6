"""Problem `molecules.library`: a library of new molecules that resembles a reference set."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import xarray as xr
from rdkit import Chem

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Pretrained, Section
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.domains.molecules import report
from ingenium.domains.molecules.known import Source, training_set
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.trained.model import NAME, pretrained
from ingenium.domains.molecules.verifier import RULES, EnginePart, MoleculeVerifier
from ingenium.kits.chemistry.parsing import canonical
from ingenium.kits.chemistry.safety import DualUseScreen


@dataclass(frozen=True)
class LibrarySettings:
    """Settings of `molecules.library`: the reference set."""

    source: Source = "moses"  # set of known molecules
    known: int = 20_000  # molecules to learn from, every tenth of them held out
    screen: bool = True  # refuse molecules of concern for dual use
    processes: int = 1  # number of processes that measure


class Library(MoleculeProblem):
    """New molecules in the ranges of MOSES that pass its filters."""

    name: ClassVar[str] = "molecules.library"
    summary: ClassVar[str] = "a library of new molecules distributed like a reference set"
    Settings: ClassVar[type] = LibrarySettings
    validity = ("pieces", "radicals", "moses_filters")
    default_family: ClassVar[str] = NAME

    def __init__(self, settings: LibrarySettings) -> None:
        """Open the problem.

        Raises:
            InputError: for too few or too many known molecules.
        """
        screen = DualUseScreen(settings.screen)
        self.opened(settings.source, settings.known, screen)
        self.formats = {
            k: self.formats[k] for k in ("smi", "sdf")
        }  # computing 30,000 conformers takes a while
        self.conditions = ()
        if settings.source != "moses":
            self.default_family = "lstm"  # type: ignore[misc]  # which is fitted to what is known
        # Source: Polykovskiy et al. 2020, section 2.1, for the ranges of MOSES.
        self.limits = (
            Limit("pieces", at_most=1.0),
            Limit("radicals", at_most=0.0),
            Limit("weight", at_least=250.0, at_most=350.0),
            Limit("rotatable", at_most=7.0),
            Limit("moses_filters", at_most=0.0),
            Limit("in_training", at_most=0.0),
        )
        parts = (*RULES, novelty(settings.source))
        self.tiers = (MoleculeVerifier(parts, screen, settings.processes),)

    def conditions_of(self, smiles: tuple[str, ...]) -> Mapping[str, np.ndarray]:
        """Return no conditions: a library is proposed unconditionally."""
        return {}

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Pretrained generator (MOSES), for libraries like it."""
        return pretrained(self.longest) if self.source == "moses" else {}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report structures, the property plane, and statistics of the library."""
        order = {DESIGN: np.argsort(-verdicts["qed"].to_numpy(), kind="stable")}
        ranked = designs.isel(order), verdicts.isel(order)
        by = ", by drug-likeness (QED)"
        return report.sections(self.known, *ranked, ("weight", "logp"), by=by)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Aspirin, with textbook values."""
        aspirin = self.designs_of(("CC(=O)Oc1ccccc1C(=O)O",))
        truth = {"weight": 180.159, "tpsa": 63.60, "heavy_atoms": 13, "rings": 1, "donors": 1}
        return ((aspirin, truth, 1e-4),)


def novelty(source: Source) -> EnginePart:
    """Return the engine part that tests membership of a molecule in the data set."""
    quantity = Quantity("in_training", "1", f"1 if it is one of the molecules of {source}")
    return EnginePart((quantity,), partial(_in_training, source))


def _in_training(source: Source, mol: Chem.Mol) -> tuple[float, ...]:
    return (float(canonical(mol) in training_set(source)),)
