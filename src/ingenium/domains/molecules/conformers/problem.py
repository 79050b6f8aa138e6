"""Problem `molecules.conformers`: the low and distinct conformers of one molecule."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, get_args

import numpy as np
import torch
import xarray as xr
from rdkit import Chem
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Pretrained, Problem, Second, Section, Watch, silent
from ingenium.core.quantity import Condition
from ingenium.core.spec import Limit
from ingenium.domains.molecules.conformers import electrons, forces, report, trained
from ingenium.domains.molecules.conformers.again import ConformerReference
from ingenium.domains.molecules.conformers.codec import ConformerCodec
from ingenium.domains.molecules.conformers.coverage import coverage
from ingenium.domains.molecules.conformers.families import (
    Etkdg,
    RandomTorsions,
    Stiff,
    TorsionalDiffusion,
    TorsionLibrary,
)
from ingenium.domains.molecules.conformers.formats import (
    DIGITS,
    VARIABLE,
    AtomFile,
    ConformerFile,
)
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.requested_molecule import macrocycle, molecule
from ingenium.domains.molecules.conformers.search import (
    ConformerEnsemble,
    ConformerSearch,
    Level,
    searched,
)
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.domains.molecules.conformers.verifier import ConformerVerifier
from ingenium.generators.row_families import CLASSICAL
from ingenium.kits.chemistry.safety import DualUseScreen

SEED = 61453  # of the local structures
FEWEST = 4  # known designs, of which every fourth or tenth is held out
SHARE, MOST_CHECKED = 0.1, 10  # of the designs, measured again by other code
RADIUS = 0.5  # angstrom within which a conformer is covered


@dataclass(frozen=True)
class ConformerSettings:
    """Settings of `molecules.conformers`: the molecule, and relaxation of proposals.

    `relax` selects the method that relaxes both proposals and the known conformers, so that their
    energies can be compared: the force field (0.05 s a conformer) or GFN2-xTB (1 to 3 s).
    """

    smiles: str = "CC(C)Cc1ccc([C@H](C)C(=O)O)cc1"  # the molecule; ibuprofen
    relax: Level = "mmff"  # force field that relaxes proposals, or none
    starts: int = 100  # of the search for known conformers
    looked_at: int = 30  # of its minima, the lowest of the force field, by GFN2-xTB
    window_kcal: float = 6.0  # above the lowest, by GFN2-xTB
    min_distance_angstrom: float = 0.5  # conformers of the ensemble from each other
    screen: bool = True  # refuse molecules of concern for dual use


class Conformers(Problem):
    """Low and distinct conformers of a molecule, verified by GFN2-xTB."""

    name: ClassVar[str] = "molecules.conformers"
    summary: ClassVar[str] = "diverse low-energy conformers of one molecule, by GFN2-xTB"
    Settings: ClassVar[type] = ConformerSettings
    judged: ClassVar[str] = "The atoms with their bonds, isotopes, charges and positions."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Position and orientation of a molecule in space do not matter.",
        "Energies are those of the isolated molecule, without solvent, temperature or crystal.",
    )
    validity = ("stereo_changed",)
    default_family: ClassVar[str] = trained.FAMILY
    conditions: tuple[Condition, ...] = ()
    codec: ConformerCodec
    batch_size = 16

    def __init__(self, settings: ConformerSettings) -> None:
        """Open the problem.

        Raises:
            InputError: if the molecule is not supported, or a number is out of range.
        """
        _check(settings)
        self.settings = settings
        self.mol = molecule(settings.smiles)
        DualUseScreen(settings.screen).admit(Chem.RemoveHs(self.mol), "the molecule")
        self.variables = (VARIABLE,)
        self.sizes = {"atom": self.mol.GetNumAtoms(), "axis": 3}
        self.torsions, self.likeness = Torsions.of(self.mol), Likeness.of(self.mol)
        model, _ = forces.relaxed(self.mol, forces.embedded(self.mol, 1, SEED))
        if not len(model):
            raise InputError(
                "a molecule that distance geometry finds room for",
                f'"{settings.smiles}", for which it finds none',
                "Check its stereochemistry: bridges, for one, cannot cross a ring.",
            )
        self.shape = Shape.of(self.mol, model[0])
        base = self.torsions.framed(torch.from_numpy(model))[0]
        self.codec = ConformerCodec(self.torsions, base)
        self.file = ConformerFile(self.mol, self.likeness, settings.min_distance_angstrom)
        self.formats = {self.file.name: self.file, "xyz": AtomFile(self.mol)}
        self.limits = (
            Limit("clash", at_least=0.5),
            Limit("stretch", at_most=0.1),
            Limit("stereo_changed", at_most=0.0),
            Limit("energy", at_most=settings.window_kcal),
        )
        self.tiers = (
            ConformerVerifier(self.mol, lambda: self.reference, self.shape, self.likeness),
        )
        self.second = Second(
            ConformerReference(self.file, lambda: self.reference), SHARE, MOST_CHECKED
        )
        self.notes = _notes(self.mol)

    @cached_property
    def reference(self) -> ConformerEnsemble:
        """Known conformers; computed on first use."""
        return self._searched(silent)

    def _searched(self, watch: Watch) -> ConformerEnsemble:
        own = self.settings
        how = ConformerSearch(
            starts=own.starts,
            level=own.relax,
            window_kcal=own.window_kcal,
            most=own.looked_at,
        )
        return searched(own.smiles, how, watch)

    @property
    def min_distance_angstrom(self) -> float:
        """Least distance between conformers of an ensemble."""
        return self.settings.min_distance_angstrom

    def prepare(self, watch: Watch = silent) -> None:
        """Search the known conformers; a stopped search resumes."""
        if "reference" not in self.__dict__:
            self.__dict__["reference"] = self._searched(watch)

    def data(self) -> xr.Dataset:
        """Return the known conformers, repeated where they are very few."""
        known = torch.from_numpy(self.reference.position)
        known = _rounded(self.torsions.framed(known))
        rows = np.resize(np.arange(len(known)), max(len(known), FEWEST))
        every = min(10, len(rows))
        held = np.arange(len(rows)) % every == every - 1
        designs = to_dataset((known[rows],), self.variables, self.labels())
        return designs.assign_coords(held_out=(DESIGN, held))

    def labels(self) -> dict[str, Any]:
        """Return elements and axes."""
        atoms = [f"{a.GetSymbol()}{a.GetIdx() + 1}" for a in self.mol.GetAtoms()]
        return {"atom": atoms, "axis": ["x", "y", "z"]}

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Relax each conformer, and round it as files do."""
        (position,) = arrays
        finite = position.flatten(1).isfinite().all(1)
        x = forces.relaxed(self.mol, position[finite].numpy())[0]
        if self.settings.relax == "gfn2":
            x = np.array([electrons.relaxed(self.mol, one)[0] for one in x]).reshape(x.shape)
        repaired = position.clone()
        repaired[finite] = _rounded(self.torsions.framed(torch.from_numpy(x)))
        return (repaired,)

    @cached_property
    def stiff(self) -> Stiff:
        """Molecule with a bank of local structures; computed on first use."""
        return Stiff.of(self.mol, self.codec, SEED)

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Pretrained torsional diffusion, trained on other molecules."""
        made = Pretrained(lambda: TorsionalDiffusion(self.stiff), trained.WEIGHTS, trained.about())
        return {trained.FAMILY: made}

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Distance geometry, torsions from histograms or at random, and known conformers."""
        return {
            "etkdg": lambda: Etkdg(self.stiff),
            "torsion_library": lambda: TorsionLibrary(self.stiff, trained.library()),
            "random_torsions": lambda: RandomTorsions(self.stiff),
            "bootstrap": partial(CLASSICAL["bootstrap"], self.codec.shape, 1),
        }

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the superposed ensemble, its energies, and its coverage."""
        known, apart = self.reference.position, self.min_distance_angstrom
        return report.sections(self.mol, self.likeness, known, apart, designs, verdicts)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Coverage of the known conformers, and the distance of designs from them."""
        apart = self.likeness.between(designs["position"].to_numpy(), self.reference.position)
        return {f"{k}": v for k, v in coverage(apart, RADIUS).items()}

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """The highest known conformer, whose energy is that of the search."""
        last = len(self.reference.position) - 1
        position = _rounded(torch.from_numpy(self.reference.position[[last]]))
        design = to_dataset((position,), self.variables, self.labels())
        above = float(self.reference.gfn2_kcal[last] - self.reference.gfn2_kcal[0])
        truth = {"stereo_changed": 0.0, "nearest": float(last), "energy": above}
        return ((design, truth, 0.01),)


def _rounded(position: Tensor) -> Tensor:
    return torch.round(position, decimals=DIGITS)


def _check(settings: ConformerSettings) -> None:
    choose(settings.relax, get_args(Level), "what relaxes")
    for name, value, least, most in (
        ("starts", settings.starts, 2, 10_000),
        ("looked_at", settings.looked_at, 1, 1_000),
        ("window_kcal", settings.window_kcal, 0.1, 100.0),
        ("min_distance_angstrom", settings.min_distance_angstrom, 0.0, 10.0),
    ):
        if not least <= value <= most:
            raise InputError(f"{name} from {least:g} to {most:g}", value)


def _notes(mol: Chem.Mol) -> tuple[str, ...]:
    ring = macrocycle(mol)
    if not ring:
        return ()
    return (f"A ring of {ring} atoms: its forms come from distance geometry alone.",)
