"""Problem `quantum.molecules`: molecules from latent numbers of quantum or classical priors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr
from scipy.stats import wasserstein_distance
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem, SearchDefaults, Second, Section
from ingenium.core.spec import Limit
from ingenium.core.text import codes, texts
from ingenium.domains.quantum.autoencoder.model import SMILES, codec
from ingenium.domains.quantum.autoencoder.recipe import HELD_OUT, LONGEST, constitutions
from ingenium.domains.quantum.devices import NONE, calibration, noise_of
from ingenium.domains.quantum.molecules import priors
from ingenium.domains.quantum.molecules.formats import VARIABLE, LinesOfSmiles, molecules
from ingenium.domains.quantum.molecules.verifier import (
    MoleculeJudge,
    RecordCount,
)
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.latent_prior import LatentPrior
from ingenium.kits.chemistry import zinc as source
from ingenium.kits.chemistry.kekule import bonds_of
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.rules import measured
from ingenium.kits.chemistry.safety import DualUseScreen, note
from ingenium.train.plan import Plan

SHARE, MOST = 0.1, 50  # of molecules, counted again by other code
HELD_OUT_EVERY = 20
PRINTED: Mapping[str, Mapping[str, float]] = {  # Table 1 of the chapter, in shares and epochs
    "vae": {"valid": 0.918, "unique": 0.842, "epochs": 150},
    "gan": {"valid": 0.893, "unique": 0.821, "epochs": 200},
    "qvae": {"valid": 0.942, "unique": 0.876, "epochs": 88},
    "qgan": {"valid": 0.871, "unique": 0.794, "epochs": 120},
}


@dataclass(frozen=True)
class QuantumMoleculeSettings:
    """Settings of the training molecules, and of the device that circuits run on."""

    noise: Literal["none", "heavyhex"] = "none"  # noise of the device
    known: int = 4000  # number of molecules of ZINC250k whose latents train the priors
    screen: bool = True  # refuse molecules of dual use

    def __post_init__(self) -> None:
        if not 200 <= self.known <= 100_000:
            raise InputError("200 to 100000 known molecules", self.known, "Write known = 4000.")


class QuantumMolecules(Problem):
    """Molecules like those of ZINC250k: one decoder writes them, only the priors differ."""

    name: ClassVar[str] = "quantum.molecules"
    summary: ClassVar[str] = (
        "molecules from latent codes sampled by quantum circuits, compared with classical "
        "priors of equal size"
    )
    Settings: ClassVar[type] = QuantumMoleculeSettings
    validity = ("pieces", "radicals")
    default_family: ClassVar[str] = "qvae"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    judged: ClassVar[str] = "The atoms and bonds of each line of SMILES, in canonical form."
    unchecked: ClassVar[tuple[str, ...]] = (
        "No quantum computer ran: circuits are simulated.",
        "The decoder, which is the same for all priors, has some thousand times their parameters.",
        "The decoder was trained on molecules of ZINC250k beyond the known ones; such molecules "
        "count as new.",
        "No molecule was synthesised or measured in a laboratory.",
    )
    codec: TokenCodec
    sizes: Mapping[str, int] = {}  # a text has no further dimensions

    def __init__(self, settings: QuantumMoleculeSettings) -> None:
        """Open the problem."""
        self.settings = settings
        self.noise = noise_of(settings.noise)
        device = "" if settings.noise == NONE else f"; {calibration(settings.noise)['source']}"
        self.licence = source.LICENCE + device
        self.screen = DualUseScreen(settings.screen)
        self.variables = (VARIABLE,)
        self.conditions = ()
        self.limits = (
            Limit("pieces", at_most=1.0),
            Limit("radicals", at_most=0.0),
            Limit("in_known", at_most=0.0),
        )
        self.second = Second(RecordCount(), SHARE, MOST)
        self.codec = codec()
        self._known = self._drawn()
        self._texts = frozenset(self._known[SMILES].values.tolist())
        self.tiers = (MoleculeJudge(self.screen, self._texts),)
        self.formats = {"smi": LinesOfSmiles(self.screen)}
        if not self.screen.on:
            self.notes = ("The dual-use screen was switched off by the setup.",)

    def data(self) -> xr.Dataset:
        """Return encoded molecules; every twentieth was not used to train the autoencoder."""
        return self._known

    def _drawn(self) -> xr.Dataset:
        n = self.settings.known
        held = np.arange(n) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        whole = source.sampled(source.zinc250k(), HELD_OUT + 2 * n)
        listed = np.empty(n, dtype=object)
        listed[~held] = self._with_room(whole[HELD_OUT:], int((~held).sum()))
        listed[held] = self._with_room(whole[:HELD_OUT], int(held.sum()))
        return molecules(listed.tolist(), range(n)).assign_coords(held_out=(DESIGN, held))

    def _with_room(self, some: np.ndarray, count: int) -> list[str]:
        """Return the first molecules that fit into the tokens; a few in a thousand do not."""
        found = constitutions(some[: count + count // 20 + 5].tolist())
        rows = self.codec.vocabulary.encode([bonds_of(text) for text in found])
        return [t for t, r in zip(found, rows, strict=True) if len(r) < self.codec.steps][:count]

    def budgets(self) -> Mapping[str, Plan]:
        """Training plans of the priors."""
        return priors.plans()

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the decoder with each prior."""
        return priors.families(self.noise)

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Write valid molecules as canonical text; remove invalid and screened ones."""
        refused, written = [], []
        for text in texts(arrays[0]):  # RDKit reads one text at a time
            mol = parsed(text)
            if mol is not None and self.screen.refuses(mol):
                refused.append(mol)
                text = ""
            elif mol is not None and len(canonical(mol)) <= LONGEST:
                text = canonical(mol)
            written.append(text)
        if refused:
            note(f"proposals of {self.name}", refused)
        return (codes(written, LONGEST, name=SMILES),)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score shares of valid, unique and new molecules, and distances to held-out data.

        Scored before any repair; `unique` is of the valid ones, `novel` of the unique ones.
        """
        listed = texts(to_arrays(designs, self.variables)[0])
        mols = [m for m in map(parsed, listed) if m is not None]
        found = {canonical(m) for m in mols}
        table = {"valid": len(mols) / max(len(listed), 1)}
        if not mols:
            return table
        names = ("logp", "weight")
        own = np.array([measured(names, m) for m in mols])
        truth = [parsed(str(s)) for s in held_out[SMILES].values]
        other = np.array([measured(names, m) for m in truth if m is not None])
        distance = {
            f"{name}_distance": float(wasserstein_distance(own[:, i], other[:, i]))
            for i, name in enumerate(names)
        }
        novel = len(found - self._texts) / len(found)
        return table | {"unique": len(found) / len(mols), "novel": novel} | distance

    def comparison(self) -> FieldComparison:
        """Return published shares, and the measurements of parameters and epochs."""
        return FieldComparison(
            higher=("valid", "unique", "novel"), printed=PRINTED, costs=self.costs
        )

    def costs(self, family: Any, designs: xr.Dataset) -> Mapping[str, float]:
        """Count the proposing parameters, and the epochs to the least held-out loss."""
        if not isinstance(family, LatentPrior):
            return {}
        table = {"parameters": float(priors.parameters(family.inner))}
        if family.curve:
            least = int(np.argmin(family.curve["held_out"]))
            learned = int((~self._known["held_out"].to_numpy()).sum())
            table["epochs"] = priors.epochs(family.curve["step"][least], learned)
        return table

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show structures, and properties alongside those of known molecules."""
        from ingenium.domains.quantum.molecules.report import sections

        return sections(self.data()[SMILES].values.astype(str).tolist(), designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return aspirin, whose properties are tabulated."""
        truth = {"weight": 180.159, "heavy_atoms": 13.0, "rings": 1.0, "in_known": 0.0}
        return ((molecules(["CC(=O)Oc1ccccc1C(=O)O"], [0]), truth, 1e-4),)
