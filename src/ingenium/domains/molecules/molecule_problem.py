"""Base class of molecule problems: texts, tokens, files, the screen and known molecules."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from rdkit import Chem, DataStructs
from torch import Tensor

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.problem import Problem, SearchDefaults, Second, Watch, silent
from ingenium.core.quantity import Condition
from ingenium.core.select import Metric
from ingenium.core.text import codes, texts
from ingenium.domains.molecules.formats import SmilesFile, StructureFile, molecules
from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.known import LONGEST, Source, known, training_set
from ingenium.domains.molecules.language import SMILES, variable
from ingenium.domains.molecules.likeness_scores import scores
from ingenium.domains.molecules.trained.model import codec
from ingenium.domains.molecules.verifier import FileCount, MoleculeVerifier
from ingenium.kits.chemistry import sources
from ingenium.kits.chemistry.likeness import prints
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.safety import DualUseScreen, note

Number = TypeVar("Number", float, Tensor)
SHARE, MOST_CHECKED = 0.1, 50  # of the designs, counted again by independent code


def _strategies() -> Mapping[str, Callable[[Any], Any]]:
    from ingenium.domains.molecules.strategies.table import MAKERS

    return MAKERS


class MoleculeProblem(Problem):
    """A problem whose designs are constitutions of molecules, as canonical SMILES."""

    judged: ClassVar[str] = "The atoms and bonds of each record, in canonical form."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Only atoms and bonds are judged: their positions in a file do not matter.",
        "No molecule was synthesised or measured: solubility, alerts and similarity are models.",
        "Whether it is purchasable, patented or toxic.",
    )
    default_family: ClassVar[str] = "autoregressive"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "reweighted", own=_strategies
    )  # evolution needs numbers, and texts are none
    tiers: tuple[MoleculeVerifier, ...]
    codec: KekuleCodec
    sizes: Mapping[str, int] = {}  # a text has no further dimensions

    def opened(
        self, source: Source, count: int, screen: DualUseScreen, *, placed: bool = False
    ) -> None:
        """Set the attributes that follow from the data and the screen.

        With `placed`, quantities are measured at the atomic positions in files.
        """
        self.source, self.known = source, known(source, count)
        self.licence = self.known.licence
        self.longest = LONGEST[source]
        self.screen = screen
        self.variables = (variable(self.longest),)
        self.second = Second(FileCount(), SHARE, MOST_CHECKED)
        self.codec = codec(source, self.longest)
        self.formats = {
            form.name: form
            for form in (
                StructureFile(self.longest, screen, placed=placed),
                SmilesFile(self.longest, screen),
            )
        }
        if not screen.on:
            self.notes = ("The dual-use screen was switched off by the setup.",)

    @abstractmethod
    def conditions_of(self, smiles: tuple[str, ...]) -> Mapping[str, np.ndarray]:
        """Return the value of each condition of known molecules."""

    def prepare(self, watch: Watch = silent) -> None:
        """Fetch the data of MOSES where it is not installed."""
        sources.fetch(watch)

    def data(self) -> xr.Dataset:
        """Return the known molecules; every tenth is held out."""
        smiles = self.known.smiles
        under: dict[str, Any] = {k: (DESIGN, v) for k, v in self.conditions_of(smiles).items()}
        held = (DESIGN, self.known.held_out)
        designs = molecules(smiles, range(len(smiles)), self.longest)
        return designs.assign_coords(under | {"held_out": held})

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return conditions scaled to [-1, 1] in single precision, as for pretrained networks."""
        if not self.conditions:
            return super().features(designs)
        return torch.stack([_scaled(designs, c) for c in self.conditions], 1)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return the canonical text of molecules.

        The text is empty if the screen refuses the molecule, or its canonical text is too long for
        a design.
        """
        refused, written = [], []
        for text in texts(arrays[0]):  # RDKit reads one text at a time
            mol = parsed(text)
            if mol is None:
                written.append(text)
            elif self.screen.refuses(mol):
                refused.append(mol)
                written.append("")
            else:
                whole = canonical(mol)
                written.append(whole if len(whole) <= self.longest else "")
        if refused:
            note(f"proposals of {self.name}", refused)
        return (codes(written, self.longest, name=SMILES),)

    def metric(self, designs: xr.Dataset) -> Metric:
        """Return one less Tanimoto similarity of fingerprints (ECFP4): 0 for the same molecule.

        Text that is no molecule is 1 away from all.
        """
        empty = Chem.Mol()
        found = prints([parsed(str(s)) or empty for s in designs[SMILES].to_numpy()])
        return lambda i: 1.0 - np.array(DataStructs.BulkTanimotoSimilarity(found[i], found))

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Validity, uniqueness, novelty and likeness, as in MOSES."""
        proposed, held = (tuple(map(str, d[SMILES].to_numpy())) for d in (designs, held_out))
        return scores(proposed, held, training_set(self.source))

    def designs_of(self, smiles: tuple[str, ...]) -> xr.Dataset:
        """Build designs from texts, in the form of the verifier."""
        return to_dataset((codes(smiles, self.longest),), self.variables, {})


def scaled(value: Number, condition: Condition) -> Number:
    """Scale values to [-1, 1] over the range of a condition."""
    return 2 * (value - condition.lower) / (condition.upper - condition.lower) - 1


def _scaled(designs: xr.Dataset, condition: Condition) -> Float[Tensor, " n"]:
    values = torch.as_tensor(designs[condition.name].to_numpy().astype(np.float32))
    return scaled(values, condition)
