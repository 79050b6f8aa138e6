"""The dual-use screen: classes of chemical weapons, explosives and controlled drugs.

It recognises members of classes that treaties and regulations name, so that none of them is
proposed, measured or exported. It contains only the structural definitions of these texts and is no
legal opinion: it does not cover proteins (ricin), salts of metals, or precursors that many
industries use.

Source: Organisation for the Prohibition of Chemical Weapons, Annex on Chemicals, schedules 1 to 3,
    with the additions of 2019; Lothrop and Handrick, Chem. Rev. 44:419, 1949 (oxygen balance);
    UN Single Convention 1961 and Convention on Psychotropic Substances 1971, schedules I and II,
    and 21 CFR 1308.11(h)(30) (substances related to fentanyl).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.kits.chemistry.forms import forms
from ingenium.kits.chemistry.parsing import canonical, pattern
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place

WEAPONS: Mapping[str, str] = MappingProxyType(
    {
        "1.A.1 alkylphosphonofluoridates": "[CX4][PX4](=O)(F)[OX2][#6]",
        "1.A.2 phosphoramidocyanidates": "[#6][OX2][PX4](=O)(C#N)[NX3]",
        "1.A.3 aminoethyl phosphonothiolates": "[CX4][PX4](=[O,S])[SX2][CX4][CX4][NX3,NX4+]",
        "1.A.4 sulfur mustards": "Cl[CH2][CH2][SX2][CX4]",
        "1.A.5 lewisites": "Cl[CH]=[CH][As]",
        "1.A.6 nitrogen mustards": "[NX3,NX4+]([CH2][CH2]Cl)([CH2][CH2]Cl)"
        "[$([CH3]),$([CH2][CH3]),$([CH2][CH2]Cl)]",
        "1.A.7 saxitoxin": "C1~N~C(~N)~N2~C~C~C~C~2~3~N~C(~N)~N~C~1~3",
        "1.A.13 to 15 phosphonamidic and phosphoramidic fluorides": "[PX4](=O)(F)[NX2]=C[NX3]",
        "1.A.16 quaternary carbamates of pyridines": "CN(C)C(=O)Oc1cccnc1[CH2][NX4+]",
        "1.B.9 alkylphosphonyl difluorides": "[CX4][PX4](=O)(F)F",
        "1.B.10 aminoethyl phosphonites": "[CX4][PX3][OX2][CX4][CX4][NX3]",
        "1.B.11 alkylphosphonochloridates": "[CX4][PX4](=O)(Cl)[OX2][#6]",
        "2.A.1 aminoethyl phosphorothiolates": "[#6][OX2][PX4](=O)([OX2][#6])[SX2][CX4][CX4][NX3]",
        "2.A.2 perfluoroisobutene": "FC(F)=C(C(F)(F)F)C(F)(F)F",
        "2.A.3 quinuclidinyl benzilate": "O=C(OC1C[NX3]2CCC1CC2)C(O)(c1ccccc1)c1ccccc1",
        "2.B.4 phosphorus with one methyl, ethyl or propyl": "[P;!$(P([#6])[#6])]"
        "[$([CH3]),$([CH2][CH3]),$([CH2][CH2][CH3]),$([CH]([CH3])[CH3])]",
    }
)
CONTROLLED: Mapping[str, str] = MappingProxyType(
    {
        "fentanyl and its relatives": "O=C([#6])N(c1ccccc1)C1CCN([CX4][#6])CC1",
        "nitazenes": "[O-][N+](=O)c1ccc2c(c1)nc([CH2]c1ccccc1)n2CC[NX3]",
        "morphinans with a methyl at nitrogen": "[CH3][NX3]1CCC23~C~C~C~C~C~2Oc2cccc(c23)CC1",
        "amphetamines": "[$([N;D1]),$([N;D2][CH3]),$([N;D2][CH2][CH3])][CH]([CH3])[CH2]c1ccccc1",
        "dimethoxyphenethylamines": "[$([N;D1]),$([N;D2][CH3]),$([N;D2][CH2]c)][CH2][CH2]"
        "c1cc(O[CH3])ccc1O[CH3]",
        "cathinones": "[$([N;D1]),$([N;D2][CH3]),$([N;D2][CH2][CH3]),$(N1CCCC1)]"
        "[CH]([CH3,$([CH2][CH3]),$([CH2][CH2][CH3])])C(=O)c1ccccc1",
        "carbonylindoles and carbonylindazoles": "O=C([#6,#7])c1[cH,n]n([CH2][CH2][CH2,CH])"
        "c2ccccc12",
        "indazole carboxamides of amino acids": "O=C([NX3][CX4]C(=O)[N,O])c1[cH,n]n([CH2]c)"
        "c2ccccc12",
        "lysergamides": "O=C([NX3;H0,H2])C1CN([CH3])C2Cc3c[nH]c4cccc(c34)C2=C1",
        "arylcyclohexylamines": "c1ccccc1C1([N;!$(NC=O)])[C;R1][C;R1][C;R1][C;R1][C;R1]1",
        "cocaine and its relatives": "[#6]OC(=O)C1C(OC(=O)c2ccccc2)CC2CCC1N2",
        "tetrahydrocannabinols": "Oc1cc([CH2][CH2][CH2])cc2OC(C)(C)C3CCC(C)=CC3c12",
    }
)
NAMED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "3.A toxic chemicals": ("O=C(Cl)Cl", "N#CCl", "C#N", "O=[N+]([O-])C(Cl)(Cl)Cl"),
        "mescaline": ("COc1cc(CCN)cc(OC)c1OC",),
        "tryptamines of schedule I": (
            "CN(C)CCc1c[nH]c2ccccc12",
            "CCN(CC)CCc1c[nH]c2ccccc12",
            "CN(C)CCc1c[nH]c2ccc(OC)cc12",
            "CN(C)CCc1c[nH]c2cccc(O)c12",
            "CN(C)CCc1c[nH]c2cccc(OP(=O)(O)O)c12",
        ),
    }
)
ENERGETIC = "[$([NX3+](=O)[O-])]"  # nitro groups, including those of nitrates and nitramines
AZIDE = "[$([NX2-]-[NX2+]#N),$([NX2]=[NX2+]=[NX1-])]"
PEROXIDE = "[OX2][OX2]"
MOST_CARBONS = (0, 3, 8)  # of a molecule with none, one or two of them; three are always too many
BALANCE = -80.0  # per cent of oxygen, above which such a molecule counts
WHOLE_GROUP = 5  # heavy atoms of a required group, from which it can be a hazard by itself
CARBONS_PER_GROUP = 6  # fewer to an azide or peroxide make it an explosive


@dataclass(frozen=True)
class DualUseScreen:
    """Screen that refuses molecules of the listed classes; switched off, it refuses none."""

    on: bool = True

    def refuses(self, mol: Chem.Mol) -> bool:
        """Return whether the screen is on and a molecule belongs to any class."""
        return self.on and bool(classes(mol))

    def admit(self, mol: Chem.Mol, what: str) -> Chem.Mol:
        """Return the molecule that a user names, if it belongs to no class.

        Raises:
            InputError: with the class; the refusal is recorded in the ledger.
        """
        if self.refuses(mol):
            found = classes(mol)
            note(what, [mol])
            raise InputError(
                f"{what} outside the classes of the dual-use screen",
                f"a member of: {', '.join(found)}",
                "Name another molecule.",
            )
        return mol

    def admit_group(self, text: str, query: Chem.Mol) -> None:
        """Refuse a required group that is itself a member of a class defined by its groups.

        Explosives depend on the whole molecule, and small groups occur in many harmless ones: the
        screen of proposed molecules covers both.

        Raises:
            InputError: with the class; the refusal is recorded in the ledger.
        """
        with rdBase.BlockLogs():
            mol = Chem.MolFromSmiles(Chem.MolToSmiles(query))  # open bonds end in hydrogen
        if not self.on or mol is None or mol.GetNumHeavyAtoms() < WHOLE_GROUP:
            return
        found = [name for name, hazard in _queries() if mol.HasSubstructMatch(hazard)]
        if found:
            note("a group to keep", [mol])
            raise InputError(
                "groups to keep outside the classes of the dual-use screen",
                f'keep "{text}", which draws a member of: {", ".join(found)}',
                "Name another group.",
            )


def classes(mol: Chem.Mol) -> tuple[str, ...]:
    """Return the names of the classes to which a molecule belongs, in any form it is written."""
    return tuple(dict.fromkeys(name for form in forms(mol) for name in _classes(form)))


def _classes(mol: Chem.Mol) -> tuple[str, ...]:
    found = [name for name, query in _queries() if mol.HasSubstructMatch(query)]
    text = canonical(mol)
    found += [name for name, members in _members().items() if text in members]
    return (*found, *(name for name, holds in EXPLOSIVES.items() if holds(mol)))


def note(where: str, refused: list[Chem.Mol], *, place: str | Path | None = None) -> None:
    """Record refused molecules in the user's ledger, or in the ledger at `place`."""
    with open_ledger(ledger_place() if place is None else place) as book:
        book.append("refusal", refusal(where, refused))


def refusal(where: str, refused: list[Chem.Mol]) -> dict[str, Any]:
    """Return the ledger entry of refused molecules: classes and digests, no structures."""
    reported = [{"classes": list(classes(m)), "molecule": digest(canonical(m))} for m in refused]
    return {"screen": "dual use", "where": where, "refused": reported}


def oxygen_balance(mol: Chem.Mol) -> float:
    """Return the oxygen balance: mass per cent of oxygen beyond complete combustion."""
    whole = Chem.AddHs(mol)
    counts = {n: sum(a.GetAtomicNum() == n for a in whole.GetAtoms()) for n in (1, 6, 8)}
    mass = Descriptors.MolWt(mol)
    return float(1600 / mass * (counts[8] - 2 * counts[6] - counts[1] / 2))


def _polynitro(mol: Chem.Mol) -> bool:
    count = min(_count(ENERGETIC, mol), len(MOST_CARBONS))
    if not 0 < count < len(MOST_CARBONS):
        return count > 0
    return _carbons(mol) <= MOST_CARBONS[count] and oxygen_balance(mol) > BALANCE


def _azides(mol: Chem.Mol) -> bool:
    return _carbons(mol) < CARBONS_PER_GROUP * _count(AZIDE, mol)


def _peroxides(mol: Chem.Mol) -> bool:
    count = _count(PEROXIDE, mol)
    return count >= 2 or _carbons(mol) < CARBONS_PER_GROUP * count


EXPLOSIVES: Mapping[str, Callable[[Chem.Mol], bool]] = MappingProxyType(
    {
        "explosives: nitro compounds, nitrates and nitramines": _polynitro,
        "explosives: azides": _azides,
        "explosives: peroxides": _peroxides,
        "explosives: fulminates and perchlorates": lambda mol: bool(
            _count("[C-]#[N+][O-]", mol) + _count("[#6][OX2]Cl(=O)(=O)=O", mol)
        ),
    }
)


def _count(smarts: str, mol: Chem.Mol) -> int:
    return len(mol.GetSubstructMatches(pattern(smarts, "a class")))


def _carbons(mol: Chem.Mol) -> int:
    return sum(a.GetAtomicNum() == 6 for a in mol.GetAtoms())


@cache
def _queries() -> tuple[tuple[str, Chem.Mol], ...]:
    weapons = [(f"chemical weapons: {name}", s) for name, s in WEAPONS.items()]
    controlled = [(f"controlled drugs: {name}", s) for name, s in CONTROLLED.items()]
    return tuple((name, pattern(smarts, "a class")) for name, smarts in (*weapons, *controlled))


@cache
def _members() -> Mapping[str, frozenset[str]]:
    return {
        name: frozenset(canonical(Chem.MolFromSmiles(s)) for s in listed)
        for name, listed in NAMED.items()
    }
