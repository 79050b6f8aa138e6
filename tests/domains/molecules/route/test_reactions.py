"""The table of reactions: every equation balances, and textbook reactions go both ways."""

from collections import Counter

import pytest
from rdkit import Chem

from ingenium.domains.molecules.route.chemistry import Step
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.domains.molecules.route.table import BY_NAME, REACTIONS
from ingenium.kits.chemistry.parsing import canonical, parsed

TEXTBOOK = (  # a product, and its reactants
    ("amide coupling with a carbodiimide", "O=C(NCc1ccccc1)c1ccccc1", "O=C(O)c1ccccc1 NCc1ccccc1"),
    ("direct amidation over boric acid", "O=C(NCc1ccccc1)c1ccccc1", "O=C(O)c1ccccc1 NCc1ccccc1"),
    ("acylation with an acyl chloride", "CC(=O)Nc1ccccc1", "CC(=O)Cl Nc1ccccc1"),
    ("acetylation of an amine", "CC(=O)Nc1ccc(O)cc1", "CC(=O)OC(C)=O Nc1ccc(O)cc1"),
    ("aminolysis of a methyl ester", "CCCNC(=O)c1ccccc1", "COC(=O)c1ccccc1 CCCN"),
    ("esterification over acid", "CCOC(=O)c1ccc(N)cc1", "Nc1ccc(C(=O)O)cc1 CCO"),
    (
        "acylation of a hydroxyl with an acyl chloride",
        "O=C(Oc1ccccc1)c1ccccc1",
        "O=C(Cl)c1ccccc1 Oc1ccccc1",
    ),
    ("acetylation of a hydroxyl", "CC(=O)Oc1ccccc1C(=O)O", "CC(=O)OC(C)=O O=C(O)c1ccccc1O"),
    ("sulfonylation of an amine", "CS(=O)(=O)Nc1ccccc1", "CS(=O)(=O)Cl Nc1ccccc1"),
    ("urea from an isocyanate", "CCNC(=O)Nc1ccccc1", "O=C=Nc1ccccc1 CCN"),
    ("urea from two amines and carbonyldiimidazole", "CCNC(=O)NC1CCCCC1", "CCN NC1CCCCC1"),
    ("thiourea from an isothiocyanate", "CCNC(=S)Nc1ccccc1", "S=C=Nc1ccccc1 CCN"),
    ("carbamate from a chloroformate", "COC(=O)N1CCCC1", "COC(=O)Cl C1CCNC1"),
    ("acylhydrazone or imine by condensation", "CC(=O)NN=Cc1ccccc1", "O=Cc1ccccc1 CC(=O)NN"),
    ("reductive amination with a hydride", "CN(C)Cc1ccccc1", "O=Cc1ccccc1 CNC"),
    ("reductive amination over palladium", "CC(C)NC1CCCCC1", "O=C1CCCCC1 CC(C)N"),
    (
        "alkylation of an amine by an alcohol over ruthenium",
        "c1ccc(CN2CCOCC2)cc1",
        "OCc1ccccc1 C1COCCN1",
    ),
    (
        "alkylation of a secondary amine",
        "CCN(CC)CC(=O)Nc1c(C)cccc1C",
        "Cc1cccc(C)c1NC(=O)CBr CCNCC",
    ),
    ("alkylation of an azole", "CCn1ccnc1", "CCBr c1c[nH]cn1"),
    ("alkylation of an amide", "CN1CCCC1=O", "CBr O=C1CCCN1"),
    ("ether from a phenol and a halide", "CCOc1ccccc1", "Oc1ccccc1 CCBr"),
    ("ether from an alcohol and a halide", "CCOCc1ccccc1", "CCO BrCc1ccccc1"),
    ("ether from a phenol and an alcohol (Mitsunobu)", "CC(C)Oc1ccccc1", "Oc1ccccc1 CC(C)O"),
    ("thioether from a thiol and a halide", "CCSc1ccccc1", "Sc1ccccc1 CCBr"),
    (
        "opening of an epoxide by an amine",
        "CC(C)NCC(O)COc1cccc2ccccc12",
        "CC(C)N c1ccc2c(OCC3CO3)cccc2c1",
    ),
    ("aza-Michael addition", "N#CCCN1CCOCC1", "C1COCCN1 C=CC#N"),
    ("addition of a Grignard reagent", "CC(C)(O)c1ccccc1", "CC(=O)c1ccccc1 C[Mg]Br"),
    ("displacement of an aromatic chlorine by an amine", "c1cnc(N2CCCC2)nc1", "Clc1ncccn1 C1CCNC1"),
    ("displacement of an aromatic chlorine by a hydroxyl", "CCOc1ncccn1", "Clc1ncccn1 CCO"),
    ("displacement of an aromatic chlorine by a thiol", "CCSc1ncccn1", "Clc1ncccn1 CCS"),
    ("Buchwald-Hartwig amination", "c1ccc(N2CCOCC2)cc1", "Brc1ccccc1 C1COCCN1"),
    ("arylation of an azole over copper", "c1ccc(-n2ccnc2)cc1", "Ic1ccccc1 c1c[nH]cn1"),
    ("Suzuki coupling", "COc1ccc(-c2ccccc2)cc1", "Brc1ccccc1 COc1ccc(B(O)O)cc1"),
    ("Sonogashira coupling", "CCC#Cc1ccccc1", "Ic1ccccc1 C#CCC"),
    ("Heck reaction", "COC(=O)C=Cc1ccccc1", "Brc1ccccc1 C=CC(=O)OC"),
    ("Friedel-Crafts acylation", "CC(=O)c1ccc(C)cc1", "Cc1ccccc1 CC(=O)Cl"),
    ("Knoevenagel condensation", "N#CC(C#N)=Cc1ccccc1", "O=Cc1ccccc1 N#CCC#N"),
    (
        "benzimidazole from a diamine and an acid",
        "c1ccc(-c2nc3ccccc3[nH]2)cc1",
        "O=C(O)c1ccccc1 Nc1ccccc1N",
    ),
    (
        "substituted benzimidazole from a diamine and an acid",
        "Cc1nc2ccccc2n1C",
        "CC(=O)O CNc1ccccc1N",
    ),
    ("benzoxazole from an acid", "Cc1nc2ccccc2o1", "CC(=O)O Nc1ccccc1O"),
    ("benzothiazole from an acid", "Cc1nc2ccccc2s1", "CC(=O)O Nc1ccccc1S"),
    (
        "pyrazole from a diketone and a hydrazine (Knorr)",
        "Cc1cc(C)n(-c2ccccc2)n1",
        "CC(=O)CC(C)=O NNc1ccccc1",
    ),
    ("pyrazole from a diketone and hydrazine", "Cc1cc(C)[nH]n1", "CC(=O)CC(C)=O NN"),
    (
        "thiazole from a bromoketone and a thioamide (Hantzsch)",
        "Nc1nc(-c2ccccc2)cs1",
        "O=C(CBr)c1ccccc1 NC(N)=S",
    ),
    (
        "1,2,4-oxadiazole from an amidoxime and an acid",
        "Cc1nc(-c2ccccc2)no1",
        "NC(=NO)c1ccccc1 CC(=O)O",
    ),
    (
        "1,3,4-oxadiazole from a hydrazide and an acid",
        "Cc1nnc(-c2ccccc2)o1",
        "NNC(=O)c1ccccc1 CC(=O)O",
    ),
    (
        "triazole from an azide and an alkyne over copper",
        "c1ccc(Cn2cc(-c3ccccc3)nn2)cc1",
        "[N-]=[N+]=NCc1ccccc1 C#Cc1ccccc1",
    ),
    ("azide from a halide", "[N-]=[N+]=NCc1ccccc1", "BrCc1ccccc1"),
    ("tetrazole from a nitrile and azide", "c1ccc(-c2nnn[nH]2)cc1", "N#Cc1ccccc1"),
    (
        "pyrrole from a diketone and an amine (Paal-Knorr)",
        "Cc1ccc(C)n1-c1ccccc1",
        "CC(=O)CCC(C)=O Nc1ccccc1",
    ),
    ("indole from a hydrazine and a ketone (Fischer)", "Cc1[nH]c2ccccc2c1C", "NNc1ccccc1 CCC(C)=O"),
    ("imide from an anhydride and an amine", "CCN1C(=O)c2ccccc2C1=O", "O=C1OC(=O)c2ccccc21 CCN"),
    (
        "tetrahydro-beta-carboline or isoquinoline (Pictet-Spengler)",
        "CC1NCCc2c1[nH]c1ccccc21",
        "NCCc1c[nH]c2ccccc12 CC=O",
    ),
    (
        "imidazole from a bromoketone and an amidine",
        "Cc1nc(-c2ccccc2)c[nH]1",
        "O=C(CBr)c1ccccc1 CC(=N)N",
    ),
    (
        "imidazopyridine from a bromoketone and an aminopyridine",
        "Cc1ccc2nc(-c3ccccc3)cn2c1",
        "O=C(CBr)c1ccccc1 Cc1ccc(N)nc1",
    ),
    ("removal of a Boc group", "C1CCNCC1", "CC(C)(C)OC(=O)N1CCCCC1"),
    ("protection by a Boc group", "CC(C)(C)OC(=O)N1CCCCC1", "C1CCNCC1"),
    ("hydrolysis of a methyl ester", "O=C(O)c1ccccc1", "COC(=O)c1ccccc1"),
    ("hydrolysis of a nitrile", "O=C(O)Cc1ccccc1", "N#CCc1ccccc1"),
    ("acyl chloride from an acid", "O=C(Cl)c1ccccc1", "O=C(O)c1ccccc1"),
    ("reduction of a nitro group", "Nc1ccccc1", "O=[N+]([O-])c1ccccc1"),
    ("reduction of a nitrile", "NCc1ccccc1", "N#Cc1ccccc1"),
    ("reduction of a ketone or aldehyde", "CC(O)c1ccccc1", "CC(=O)c1ccccc1"),
    ("oxidation of an alcohol by bleach", "O=C1CCCCC1", "OC1CCCCC1"),
    ("oxidation of a thioether to a sulfone", "CS(=O)(=O)c1ccccc1", "CSc1ccccc1"),
    ("cleavage of a methyl phenyl ether", "Oc1ccccc1", "COc1ccccc1"),
    ("cyanation of an aryl bromide", "N#Cc1ccccc1", "Brc1ccccc1"),
    ("boronic acid from an aryl bromide", "OB(O)c1ccccc1", "Brc1ccccc1"),
    ("bromination beside a carbonyl", "O=C(CBr)c1ccccc1", "CC(=O)c1ccccc1"),
    ("bromide from an alcohol", "BrCc1ccccc1", "OCc1ccccc1"),
)


def written(smiles: str) -> str:
    mol = parsed(smiles)
    assert mol is not None, smiles
    return canonical(mol)


def atoms(smiles: str, amount: float) -> Counter[str]:
    whole = Chem.AddHs(Chem.MolFromSmiles(smiles))
    count = Counter({"charge": amount * Chem.GetFormalCharge(whole)})
    for atom in whole.GetAtoms():
        count[atom.GetSymbol()] += amount
    return count


def test_every_reaction_has_a_textbook_case() -> None:
    assert [name for name, *_ in TEXTBOOK] == [r.name for r in REACTIONS]
    assert len(BY_NAME) == len(REACTIONS)


@pytest.mark.parametrize(("name", "product", "reactants"), TEXTBOOK, ids=[t[0] for t in TEXTBOOK])
def test_textbook_reactions_go_both_ways_and_balance(
    name: str, product: str, reactants: str
) -> None:
    """The disconnection is found, the forward template yields the product, no atom is lost."""
    made, used = written(product), tuple(map(written, reactants.split()))
    found = BY_NAME[name].precursors(molecule(made))
    same = [p for p in found if sorted(p) == sorted(used)]
    assert same, found
    step = Step(name, same[0], made)
    assert step.verified
    left, right = Counter[str](), Counter[str]()
    for amount, smiles in (*((1.0, s) for s in used), *step.kind.reagents):
        left.update(atoms(smiles, amount))
    for amount, smiles in ((1.0, made), *step.kind.byproducts):
        right.update(atoms(smiles, amount))
    for element in {*left, *right}:
        assert left[element] == pytest.approx(right[element]), element


@pytest.mark.parametrize(
    ("name", "reactants", "product"),
    [
        ("acetylation of an amine", ("CC(=O)OC(C)=O", "Nc1ccc(O)cc1"), "CC(=O)Oc1ccc(N)cc1"),
        ("amide coupling with a carbodiimide", ("CC(=O)O", "CC(N)=O"), "CC(=O)NC(C)=O"),
        ("Suzuki coupling", ("Clc1ccccc1", "OB(O)c1ccccc1"), "c1ccc(-c2ccccc2)cc1"),
        ("alkylation of a secondary amine", ("CC(C)(C)Br", "CNC"), "CN(C)C(C)(C)C"),
        (
            "displacement of an aromatic chlorine by an amine",
            ("Clc1ccccc1", "CNC"),
            "CN(C)c1ccccc1",
        ),
        ("a reaction nobody knows", ("CCO",), "CCN"),
        ("acetylation of an amine", ("Nc1ccc(O)cc1",), "CC(=O)Nc1ccc(O)cc1"),
    ],
)
def test_wrong_steps_are_not_verified(name: str, reactants: tuple[str, ...], product: str) -> None:
    assert not Step(name, tuple(map(written, reactants)), written(product)).verified


def test_conflicts_are_other_products_and_other_groups() -> None:
    diamine = Step("acylation with an acyl chloride", ("CC(=O)Cl", "NCCCNC"), "CNCCCNC(C)=O")
    assert diamine.verified
    assert diamine.conflicts == ("also gives CC(=O)N(C)CCCN",)
    alcohol = Step("acylation with an acyl chloride", ("CC(=O)Cl", "NCCO"), "CC(=O)NCCO")
    assert alcohol.conflicts == ("also changes an alcohol",)
    itself = Step("amide coupling with a carbodiimide", ("NCC(=O)O", "CNC"), "CN(C)C(=O)CN")
    assert "also gives NCC(=O)NCC(=O)O" in itself.conflicts
    assert not Step("acetylation of an amine", ("CC(=O)OC(C)=O", "CCN"), "CCNC(C)=O").conflicts
