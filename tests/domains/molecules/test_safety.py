"""The dual-use screen on members of the classes, on drugs that look alike, and on real sets.

Names are those of the public lists of treaties; structures stand in any encyclopaedia.
"""

from pathlib import Path

import pytest

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.domains.molecules import data, safety
from ingenium.domains.molecules.chemistry.parsing import parsed
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.studies.screened_molecules import ALIKE as alike
from ingenium.studies.screened_molecules import CONTROLLED as controlled
from ingenium.studies.screened_molecules import EXPLOSIVES as explosives
from ingenium.studies.screened_molecules import WEAPONS as weapons
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place

MEMBERS = {
    "sarin": ("CC(C)OP(C)(=O)F", "1.A.1"),
    "cyclosarin": ("CP(=O)(F)OC1CCCCC1", "1.A.1"),
    "soman": ("CC(OP(C)(=O)F)C(C)(C)C", "1.A.1"),
    "tabun": ("CCOP(=O)(C#N)N(C)C", "1.A.2"),
    "VX": ("CCOP(C)(=O)SCCN(C(C)C)C(C)C", "1.A.3"),
    "sulfur mustard": ("ClCCSCCCl", "1.A.4"),
    "lewisite": ("ClC=C[As](Cl)Cl", "1.A.5"),
    "HN1": ("CCN(CCCl)CCCl", "1.A.6"),
    "HN3": ("ClCCN(CCCl)CCCl", "1.A.6"),
    "saxitoxin": ("NC(=O)OCC1N=C(N)N2CCC(O)(O)C23N=C(N)NC13", "1.A.7"),
    "A-234": ("CCOP(=O)(F)N=C(C)N(CC)CC", "1.A.13"),
    "DF": ("CP(=O)(F)F", "1.B.9"),
    "QL": ("CCOP(C)OCCN(C(C)C)C(C)C", "1.B.10"),
    "chlorosarin": ("CC(C)OP(C)(=O)Cl", "1.B.11"),
    "amiton": ("CCOP(=O)(OCC)SCCN(CC)CC", "2.A.1"),
    "PFIB": ("FC(F)=C(C(F)(F)F)C(F)(F)F", "2.A.2"),
    "BZ": ("O=C(OC1CN2CCC1CC2)C(O)(c1ccccc1)c1ccccc1", "2.A.3"),
    "DMMP": ("COP(C)(=O)OC", "2.B.4"),
    "phosgene": ("O=C(Cl)Cl", "3.A"),
    "TNT": ("Cc1c(cc(cc1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]", "nitro"),
    "RDX": ("C1N(CN(CN1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]", "nitramines"),
    "PETN": ("O=[N+]([O-])OCC(CO[N+](=O)[O-])(CO[N+](=O)[O-])CO[N+](=O)[O-]", "nitrates"),
    "nitroglycerin": ("O=[N+]([O-])OCC(CO[N+](=O)[O-])O[N+](=O)[O-]", "nitrates"),
    "FOX-7": ("NC(N)=C([N+](=O)[O-])[N+](=O)[O-]", "nitro"),
    "EGDN": ("O=[N+]([O-])OCCO[N+](=O)[O-]", "nitrates"),
    "TATP": ("CC1(C)OOC(C)(C)OOC(C)(C)OO1", "peroxides"),
    "HMTD": ("C1N2COOCN(CO1)COOC2", "peroxides"),
    "methyl azide": ("CN=[N+]=[N-]", "azides"),
    "fentanyl": ("CCC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1", "fentanyl"),
    "carfentanil": ("CCC(=O)N(c1ccccc1)C1(CCN(CC1)CCc1ccccc1)C(=O)OC", "fentanyl"),
    "etonitazene": ("CCOc1ccc(Cc2nc3cc([N+](=O)[O-])ccc3n2CCN(CC)CC)cc1", "nitazenes"),
    "oxycodone": ("CN1CCC23C4C(=O)CCC2(C1CC5=C3C(=C(C=C5)OC)O4)O", "morphinans"),
    "methamphetamine": ("CNC(C)Cc1ccccc1", "amphetamines"),
    "MDMA": ("CNC(C)Cc1ccc2OCOc2c1", "amphetamines"),
    "2C-B": ("COc1cc(CCN)c(OC)cc1Br", "dimethoxyphenethylamines"),
    "ketamine": ("CNC1(c2ccccc2Cl)CCCCC1=O", "arylcyclohexylamines"),
    "mephedrone": ("CNC(C)C(=O)c1ccc(C)cc1", "cathinones"),
    "JWH-018": ("CCCCCn1cc(C(=O)c2cccc3ccccc23)c2ccccc12", "carbonylindoles"),
    "LSD": ("CCN(CC)C(=O)C1CN(C)C2Cc3c[nH]c4cccc(c34)C2=C1", "lysergamides"),
    "phencyclidine": ("c1ccccc1C1(N2CCCCC2)CCCCC1", "arylcyclohexylamines"),
    "cocaine": ("COC(=O)C1C(OC(=O)c2ccccc2)CC2CCC1N2C", "cocaine"),
    "THC": ("CCCCCc1cc(O)c2c(c1)OC(C)(C)C1CCC(C)=CC21", "tetrahydrocannabinols"),
    "DMT": ("CN(C)CCc1c[nH]c2ccccc12", "tryptamines"),
}
HARMLESS = {
    "chlorambucil": "OC(=O)CCCc1ccc(cc1)N(CCCl)CCCl",
    "melphalan": "NC(Cc1ccc(cc1)N(CCCl)CCCl)C(=O)O",
    "cyclophosphamide": "ClCCN(CCCl)P1(=O)NCCCO1",
    "bendamustine": "Cn1c(CCCC(=O)O)nc2cc(ccc12)N(CCCl)CCCl",
    "fosfomycin": "CC1OC1P(=O)(O)O",
    "zoledronate": "OC(Cn1ccnc1)(P(O)(O)=O)P(O)(O)=O",
    "tenofovir": "CC(Cn1cnc2c(N)ncnc12)OCP(O)(O)=O",
    "malathion": "CCOC(=O)CC(SP(=S)(OC)OC)C(=O)OCC",
    "nifedipine": "COC(=O)C1=C(C)NC(C)=C(C1c1ccccc1[N+]([O-])=O)C(=O)OC",
    "trifluralin": "CCCN(CCC)c1c(cc(cc1[N+](=O)[O-])C(F)(F)F)[N+](=O)[O-]",
    "artemisinin": "CC1CCC2C(C)C(=O)OC3OC4(C)CCC1C23OO4",
    "zidovudine": "CC1=CN(C2CC(N=[N+]=[N-])C(CO)O2)C(=O)NC1=O",
    "isosorbide mononitrate": "OC1COC2C1OCC2O[N+](=O)[O-]",
    "naloxone": "C=CCN1CCC23C4C(=O)CCC2(O)C1Cc1ccc(O)c(O4)c13",
    "dextromethorphan": "COc1ccc2CC3C4CCCCC4(CCN3C)c2c1",
    "haloperidol": "O=C(CCCN1CCC(O)(CC1)c1ccc(Cl)cc1)c1ccc(F)cc1",
    "bupropion": "CC(NC(C)(C)C)C(=O)c1cccc(Cl)c1",
    "ephedrine": "CNC(C)C(O)c1ccccc1",
    "selegiline": "C#CCN(C)C(C)Cc1ccccc1",
    "sumatriptan": "CNS(=O)(=O)Cc1ccc2[nH]cc(CCN(C)C)c2c1",
    "granisetron": "CN1C2CCCC1CC(C2)NC(=O)c1nn(C)c2ccccc12",
    "ergometrine": "CC(CO)NC(=O)C1C=C2c3cccc4[nH]cc(c34)CC2N(C)C1",
    "venlafaxine": "COc1ccc(cc1)C(CN(C)C)C1(O)CCCCC1",
    "atropine": "CN1C2CCC1CC(C2)OC(=O)C(CO)c1ccccc1",
    "cannabidiol": "CCCCCc1cc(O)c(C2C=C(C)CCC2C(=C)C)c(O)c1",
    "solifenacin": "O=C(OC1CN2CCC1CC2)N1CCc2ccccc2C1c1ccccc1",
    "clidinium": "C[N+]12CCC(CC1)C(OC(=O)C(O)(c1ccccc1)c1ccccc1)C2",
}


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_refused(name: str) -> None:
    smiles, told = MEMBERS[name]
    assert any(told in found for found in safety.classes(parsed(smiles)))


@pytest.mark.parametrize("name", HARMLESS)
def test_look_alikes_pass(name: str) -> None:
    assert safety.classes(parsed(HARMLESS[name])) == ()


@pytest.mark.parametrize("name", [*weapons, *explosives, *controlled])
def test_other_members_are_refused(name: str) -> None:
    """Of lists that the patterns were not written by, but for three that they missed."""
    assert safety.classes(parsed({**weapons, **explosives, **controlled}[name]))


@pytest.mark.parametrize("name", alike)
def test_other_look_alikes_pass(name: str) -> None:
    assert safety.classes(parsed(alike[name])) == ()


def blocked(smiles: list[str]) -> tuple[int, int]:
    mols = [m for m in map(parsed, smiles) if m is not None]
    return sum(bool(safety.classes(m)) for m in mols), len(mols)


def test_few_of_real_sets_are_refused() -> None:
    """The whole of ZINC250k and of the drugs is the slow test."""
    assert blocked(list(data.moses("test")[:400])) == (0, 400)
    count, _ = blocked(list(data.zinc250k()[:800]))
    assert count <= 2


@pytest.mark.slow
def test_share_of_real_sets_that_is_refused() -> None:
    """Of drugs, nearly all refused ones are controlled themselves, such as morphine."""
    count, total = blocked(list(data.zinc250k()[:100_000]))
    assert count / total < 1e-3
    count, total = blocked(list(data.drugs()))
    assert count / total < 0.02


def test_oxygen_balance() -> None:
    """Source: Meyer, Köhler and Homburg, Explosives, 6th ed., 2007: TNT and PETN."""
    assert safety.oxygen_balance(parsed(MEMBERS["TNT"][0])) == pytest.approx(-73.9, abs=0.1)
    assert safety.oxygen_balance(parsed(MEMBERS["PETN"][0])) == pytest.approx(-10.1, abs=0.1)


@pytest.fixture(scope="module")
def problem(own_folders: object) -> Library:
    return Library(LibrarySettings(known=200))


def test_a_refused_proposal_leaves_no_structure(problem: Library) -> None:
    written = ("CCO", MEMBERS["sarin"][0], "C1CC")
    with open_ledger(ledger_place()) as book:
        before = len(book.entries("refusal"))
    arrays = problem.repair((codes(written, problem.longest),), problem.data())
    assert texts(arrays[0]) == ["CCO", "", "C1CC"]
    with open_ledger(ledger_place()) as book:
        entries = book.entries("refusal")
        assert len(entries) == before + 1
        assert not book.check()
    told = str(entries[-1].body)
    assert "1.A.1" in told
    assert "sha256:" in told
    assert MEMBERS["sarin"][0] not in told


def test_refused_molecules_are_neither_measured_nor_written(
    problem: Library, tmp_path: Path
) -> None:
    refused = problem.designs_of((MEMBERS["TNT"][0],))
    measured = problem.verifier.measure(*to_arrays(refused, problem.variables))
    assert bool(measured.isnan().all())
    for form in problem.formats.values():
        with pytest.raises(InputError, match="dual-use screen"):
            form.write(refused, tmp_path)
    (tmp_path / "theirs.smi").write_text(f"CCO one\n{MEMBERS['TNT'][0]} two\n")
    with pytest.raises(InputError, match=r"line 2.*nitro compounds"):
        problem.formats["smi"].read(tmp_path / "theirs.smi")
    with pytest.raises(InputError, match="peroxides"):
        safety.Screen().admit(parsed(MEMBERS["TATP"][0]), "query")


def test_the_screen_can_be_switched_off_and_says_so() -> None:
    off = Library(LibrarySettings(known=200, screen=False))
    measured = off.verifier.measure(codes(["CN=[N+]=[N-]"], off.longest))
    assert bool(measured.isfinite().all())
    assert off.notes
    assert safety.Screen(on=False).refuses(parsed(MEMBERS["VX"][0])) is False
