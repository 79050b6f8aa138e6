"""Inputs of the metrics for one molecule, computed in one pass over its text."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from rdkit import Chem, rdBase
from rdkit.Chem import QED, AllChem, Crippen, Descriptors
from rdkit.Chem.Scaffolds import MurckoScaffold
from rdkit.Contrib.SA_Score import sascorer

from ingenium.kits.chemistry.alerts import breaks_moses
from ingenium.kits.chemistry.likeness import fingerprints
from ingenium.kits.chemistry.work import mapped

BITS = 1024  # of the fingerprint that MOSES uses
FEWEST_RINGS = 2  # of a scaffold that MOSES counts
PROPERTIES = ("logP", "SA", "QED", "weight")


@dataclass(frozen=True)
class Facts:
    """Facts of one valid molecule.

    Shapes: the fingerprint is packed, eight bits a byte.
    """

    smiles: str  # canonical
    fingerprint: UInt8[np.ndarray, " 128"]
    fragments: tuple[str, ...]  # by BRICS
    scaffold: str  # empty with too few rings
    passes: bool  # the filters
    properties: tuple[float, ...]  # in the order of PROPERTIES


def facts(smiles: str) -> Facts | None:
    """Facts of the molecule; None if RDKit does not parse the text."""
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles) if smiles else None
    return None if mol is None or not mol.GetNumAtoms() else _of(mol)


def all_facts(smiles: list[str], *, processes: int = 1) -> list[Facts | None]:
    """Facts of each text, each distinct one computed once."""
    distinct = list(dict.fromkeys(smiles))
    known = dict(zip(distinct, mapped(facts, distinct, processes=processes), strict=True))
    return [known[text] for text in smiles]


def _of(mol: Chem.Mol) -> Facts:
    cut = Chem.MolToSmiles(AllChem.FragmentOnBRICSBonds(mol))
    return Facts(
        Chem.MolToSmiles(mol),
        np.packbits(fingerprints([mol], bits=BITS)[0]),
        tuple(cut.split(".")),
        _scaffold(mol),
        not breaks_moses(mol),
        (
            Crippen.MolLogP(mol),
            sascorer.calculateScore(mol),
            QED.qed(mol),
            Descriptors.MolWt(mol),
        ),
    )


def _scaffold(mol: Chem.Mol) -> str:
    core = MurckoScaffold.GetScaffoldForMol(mol)
    enough = core.GetRingInfo().NumRings() >= FEWEST_RINGS
    return str(Chem.MolToSmiles(core)) if enough else ""
