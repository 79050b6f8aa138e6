"""Reactions that close a ring, and those that change one group into another.

Source: as in `bonds`; the ring closures are among the 58 of Hartenfeller et al., 2011.
"""

from ingenium.domains.molecules.route.groups import (
    AMINE,
    REDUCIBLE,
    WATER,
)
from ingenium.domains.molecules.route.reaction import Reaction

_TWO_WATER = ((2.0, "O"),)
_ACID = "[C:4](=O)[OX2H1]"

CLOSING = (
    Reaction(
        "benzimidazole from a diamine and an acid",
        "ring",
        "[#6:5][c:4]1[n;H0;X2:3][c:2]:[c:1][nX3;H1:6]1>>[#6:5][C:4](=O)[OH].[NH2:3][c:2]:[c:1][NH2:6]",
        f"[#6:5]{_ACID}.[NX3;H2:3][c:2]:[c:1][NX3;H2:6]>>[#6:5][c:4]1[n:3][c:2]:[c:1][nH:6]1",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "substituted benzimidazole from a diamine and an acid",
        "ring",
        "[#6:5][c:4]1[n;H0;X2:3][c:2]:[c:1][nX3;H0:6]1>>[#6:5][C:4](=O)[OH].[NH2:3][c:2]:[c:1][NH:6]",
        f"[#6:5]{_ACID}.[NX3;H2:3][c:2]:[c:1][NX3;H1:6][#6:7]"
        ">>[#6:5][c:4]1[n:3][c:2]:[c:1][nH0:6]1[#6:7]",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "benzoxazole from an acid",
        "ring",
        "[#6:5][c:4]1[n;X2:3][c:2]:[c:1][o:6]1>>[#6:5][C:4](=O)[OH].[NH2:3][c:2]:[c:1][OH:6]",
        f"[#6:5]{_ACID}.[NX3;H2:3][c:2]:[c:1][OX2H1:6]>>[#6:5][c:4]1[n:3][c:2]:[c:1][oH0:6]1",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "benzothiazole from an acid",
        "ring",
        "[#6:5][c:4]1[n;X2:3][c:2]:[c:1][s:6]1>>[#6:5][C:4](=O)[OH].[NH2:3][c:2]:[c:1][SH:6]",
        f"[#6:5]{_ACID}.[NX3;H2:3][c:2]:[c:1][SX2H1:6]>>[#6:5][c:4]1[n:3][c:2]:[c:1][sH0:6]1",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "pyrazole from a diketone and a hydrazine (Knorr)",
        "ring",
        "[#6:1][c:2]1[c:3][c:4]([#6:5])[n;X2:6][n;X3;H0:7]1[#6:8]"
        ">>[#6:1][C:2](=O)[C:3][C:4]([#6:5])=O.[NH2:6][NH:7][#6:8]",
        "[#6:1][CX3:2](=O)[CX4;H2,H1:3][CX3:4]([#6:5])=O.[NX3;H2:6][NX3;H1:7][#6;!$(C=O):8]"
        ">>[#6:1][c:2]1[c:3][c:4]([#6:5])[n:6][nH0:7]1[#6:8]",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "pyrazole from a diketone and hydrazine",
        "ring",
        "[#6:1][c:2]1[c:3][c:4]([#6:5])[n;X2:6][nX3;H1:7]1"
        ">>[#6:1][C:2](=O)[C:3][C:4]([#6:5])=O.[NH2:6][NH2:7]",
        "[#6:1][CX3:2](=O)[CX4;H2,H1:3][CX3:4]([#6:5])=O.[NX3;H2:6][NX3;H2:7]"
        ">>[#6:1][c:2]1[c:3][c:4]([#6:5])[n:6][nH:7]1",
        byproducts=_TWO_WATER,
        hazard=1,
    ),
    Reaction(
        "thiazole from a bromoketone and a thioamide (Hantzsch)",
        "ring",
        "[#6:6][c:1]1[c:2][s:3][c:4]([#6,NX3:7])[n;X2:5]1"
        ">>[#6:6][C:1](=O)[C:2]Br.[S:3]=[C:4]([NH2:5])[*:7]",
        "[#6:6][CX3:1](=O)[CX4;H1,H2:2][Cl,Br].[SX1:3]=[CX3:4]([NX3;H2:5])[#6,NX3:7]"
        ">>[#6:6][c:1]1[c:2][s:3][c:4]([*:7])[n:5]1",
        byproducts=((1.0, "Br"), (1.0, "O")),
        rivals=("an aliphatic amine",),
    ),
    Reaction(
        "1,2,4-oxadiazole from an amidoxime and an acid",
        "ring",
        "[#6:1][c:2]1[n;X2:3][o:8][c:5]([#6:6])[n;X2:7]1"
        ">>[#6:1][C:2](=[N:3][OH:8])[NH2:7].[#6:6][C:5](=O)[OH]",
        "[#6:1][CX3:2](=[NX2:3][OX2H1:8])[NX3;H2:7].[#6:6][CX3:5](=O)[OX2H1]"
        ">>[#6:1][c:2]1[n:3][o:8][c:5]([#6:6])[n:7]1",
        byproducts=_TWO_WATER,
        rivals=("an amine",),
        hazard=1,
    ),
    Reaction(
        "1,3,4-oxadiazole from a hydrazide and an acid",
        "ring",
        "[#6:1][c:2]1[n;X2:3][n;X2:4][c:5]([#6:6])[o:7]1"
        ">>[#6:1][C:2](=[O:7])[NH:3][NH2:4].[#6:6][C:5](=O)[OH]",
        "[#6:1][CX3:2](=[O:7])[NX3;H1:3][NX3;H2:4].[#6:6][CX3:5](=O)[OX2H1]"
        ">>[#6:1][c:2]1[nH0:3][nH0:4][c:5]([#6:6])[o:7]1",
        byproducts=_TWO_WATER,
        rivals=("an amine",),
        hazard=1,
    ),
    Reaction(
        "triazole from an azide and an alkyne over copper",
        "click",
        "[#6:1][nX3;H0:2]1[cH:3][c:4]([#6:5])[n;X2:6][n;X2:7]1"
        ">>[#6:1][N:2]=[N+:7]=[N-:6].[CH:3]#[C:4][#6:5]",
        "[#6:1][NX2:2]=[NX2+:7]=[NX1-:6].[CX2;H1:3]#[CX2:4][#6:5]"
        ">>[#6:1][n:2]1[c:3][c:4]([#6:5])[n+0:6][n+0:7]1",
    ),
    Reaction(
        "azide from a halide",
        "alkylation",
        "[CX4;H2:1][NX2:2]=[NX2+:3]=[NX1-:4]>>[C:1]Br",
        "[CX4;H2:1][Cl,Br,I]>>[C:1]N=[N+]=[N-]",
        ((1.0, "[Na+].[N-]=[N+]=[N-]"),),
        ((1.0, "[Na+].[Br-]"),),
        ("a thiol", "an aliphatic amine"),
        hazard=3,
    ),
    Reaction(
        "tetrazole from a nitrile and azide",
        "ring",
        "[#6:1][c:2]1[n:3][n][n][nH]1>>[#6:1][C:2]#[N:3]",
        "[#6:1][CX2:2]#[NX1:3]>>[#6:1][c:2]1[n:3]nn[nH]1",
        ((1.0, "[Na+].[N-]=[N+]=[N-]"), (1.0, "Cl")),
        ((1.0, "[Na+].[Cl-]"),),
        hazard=3,
    ),
    Reaction(
        "pyrrole from a diketone and an amine (Paal-Knorr)",
        "ring",
        "[#6:1][c:2]1[cH:3][cH:4][c:5]([#6:6])[nX3;H0:7]1[#6:8]"
        ">>[#6:1][C:2](=O)[CH2:3][CH2:4][C:5](=O)[#6:6].[NH2:7][#6:8]",
        "[#6:1][CX3:2](=O)[CH2:3][CH2:4][CX3:5](=O)[#6:6].[NX3;H2:7][#6;!$(C=O):8]"
        ">>[#6:1][c:2]1[cH:3][cH:4][c:5]([#6:6])[nH0:7]1[#6:8]",
        byproducts=_TWO_WATER,
    ),
    Reaction(
        "indole from a hydrazine and a ketone (Fischer)",
        "ring",
        "[c:7]1:[c:6][nX3;H1:5][c:3]([#6:4])[c:1]1[#6:8]"
        ">>[cH:7]:[c:6][NH:5]N.[C:3](=O)([#6:4])[CH2:1][#6:8]",
        "[cH:7]:[c:6][NX3;H1:5][NX3;H2].[CX3:3](=O)([#6:4])[CX4;H2:1][#6:8]"
        ">>[c:7]1:[c:6][nH:5][c:3]([#6:4])[c:1]1[#6:8]",
        byproducts=((1.0, "N"), (1.0, "O")),
    ),
    Reaction(
        "imide from an anhydride and an amine",
        "condensation",
        "[C:2]1(=[O:3])[#6:1]~[#6:4][C:5](=[O:6])[NX3:7]1>>[C:2]1(=[O:3])[#6:1]~[#6:4][C:5](=[O:6])O1.[NH2:7]",
        "[C:2]1(=[O:3])[#6:1]~[#6:4][C:5](=[O:6])O1.[NX3;H2;$(N[#6]):7]"
        ">>[C:2]1(=[O:3])[#6:1]~[#6:4][C:5](=[O:6])[N:7]1",
        byproducts=WATER,
    ),
    Reaction(
        "tetrahydro-beta-carboline or isoquinoline (Pictet-Spengler)",
        "ring",
        "[c:1]1[c:2][CH2:3][CH2:4][NX3;H1:5][CX4;H1:6]1[#6:7]"
        ">>[cH:1][c:2][CH2:3][CH2:4][NH2:5].[CH:6](=O)[#6:7]",
        "[cH:1][c:2][CH2:3][CH2:4][NX3;H2:5].[CX3;H1:6](=O)[#6:7]"
        ">>[c:1]1[c:2][C:3][C:4][N:5][C:6]1[#6:7]",
        byproducts=WATER,
    ),
    Reaction(
        "imidazole from a bromoketone and an amidine",
        "ring",
        "[#6:1][c:2]1[cH:3][nX3;H1:4][c:5]([#6:6])[n;X2:7]1"
        ">>[#6:1][C:2](=O)[CH2:3]Br.[NH:4]=[C:5]([#6:6])[NH2:7]",
        "[#6:1][CX3:2](=O)[CH2:3][Cl,Br].[NX2;H1:4]=[CX3:5]([#6:6])[NX3;H2:7]"
        ">>[#6:1][c:2]1[cH:3][nH:4][c:5]([#6:6])[nH0:7]1",
        byproducts=((1.0, "Br"), (1.0, "O")),
    ),
    Reaction(
        "imidazopyridine from a bromoketone and an aminopyridine",
        "ring",
        "[#6:1][c:2]1[cH:3][n:4]2[c:5]([n;X2:6]1):[c,n:7]:[c,n:8]:[c,n:9]:[c,n:10]:2"
        ">>[#6:1][C:2](=O)[CH2:3]Br.[n:4]1:[c:5]([NH2:6]):[c,n:7]:[c,n:8]:[c,n:9]:[c,n:10]:1",
        "[#6:1][CX3:2](=O)[CH2:3][Cl,Br].[nX2:4]1:[c:5]([NX3;H2:6]):[c,n:7]:[c,n:8]:[c,n:9]:[c,n:10]:1"
        ">>[#6:1][c:2]1[cH:3][n:4]2:[c:5]([nH0:6]1):[*:7]:[*:8]:[*:9]:[*:10]:2",
        byproducts=((1.0, "Br"), (1.0, "O")),
    ),
)
CHANGING = (
    Reaction(
        "removal of a Boc group",
        "deprotection",
        "[NX3;!H0;+0;$(N[CX4]);!$(N~[!#6]);!$(N[C,S]=[O,S,N]):1]>>[N:1]C(=O)OC(C)(C)C",
        "[NX3;$(N[CX4]):1]C(=O)O[CX4]([CH3])([CH3])[CH3]>>[N:1]",
        byproducts=((1.0, "O=C=O"), (1.0, "C=C(C)C")),
        hazard=1,
    ),
    Reaction(
        "protection by a Boc group",
        "deprotection",
        "[NX3;+0;$(N[CX4]);!$(N~[!#6]):1]C(=O)O[CX4]([CH3])([CH3])[CH3]>>[N:1]",
        f"[{AMINE};$(N[CX4]):1]>>[N:1]C(=O)OC(C)(C)C",
        ((1.0, "CC(C)(C)OC(=O)OC(=O)OC(C)(C)C"),),
        ((1.0, "O=C=O"), (1.0, "CC(C)(C)O")),
    ),
    Reaction(
        "hydrolysis of a methyl ester",
        "hydrolysis",
        "[#6:3][CX3:1](=[O:2])[OX2H1:4]>>[#6:3][C:1](=[O:2])[O:4]C",
        "[#6:3][CX3:1](=[O:2])[OX2:4][CH3]>>[#6:3][C:1](=[O:2])[OH:4]",
        ((1.0, "[Na+].[OH-]"), (1.0, "Cl")),
        ((1.0, "CO"), (1.0, "[Na+].[Cl-]")),
    ),
    Reaction(
        "hydrolysis of a nitrile",
        "hydrolysis",
        "[#6:3][CX3:1](=O)[OX2H1]>>[#6:3][C:1]#N",
        "[#6:3][CX2:1]#[NX1]>>[#6:3][C:1](=O)O",
        ((2.0, "O"), (1.0, "Cl")),
        ((1.0, "[NH4+].[Cl-]"),),
        ("an ester",),
        hazard=1,
    ),
    Reaction(
        "acyl chloride from an acid",
        "activation",
        "[#6:3][CX3:1](=[O:2])Cl>>[#6:3][C:1](=[O:2])[OH]",
        "[#6:3][CX3:1](=[O:2])[OX2H1]>>[#6:3][C:1](=[O:2])Cl",
        ((1.0, "O=S(Cl)Cl"),),
        ((1.0, "O=S=O"), (1.0, "Cl")),
        ("an alcohol", "an amine"),
        hazard=2,
    ),
    Reaction(
        "reduction of a nitro group",
        "hydrogenation",
        "[c:1][NX3;H2:2]>>[c:1][N+:2](=O)[O-]",
        "[c:1][N+:2](=O)[O-]>>[c:1][NH2+0:2]",
        ((3.0, "[H][H]"),),
        _TWO_WATER,
        REDUCIBLE[1:],
        hazard=2,
    ),
    Reaction(
        "reduction of a nitrile",
        "hydrogenation",
        "[#6:3][CH2:1][NX3;H2:2]>>[#6:3][C:1]#[N:2]",
        "[#6:3][CX2:1]#[NX1:2]>>[#6:3][CH2:1][NH2:2]",
        ((2.0, "[H][H]"),),
        rivals=("a nitro group", "an alkene", "an aryl halide"),
        hazard=2,
    ),
    Reaction(
        "reduction of a ketone or aldehyde",
        "reduction",
        "[CX4;!H3;!H0;$(C([#6])):1][OX2H1:2]>>[C:1]=[O:2]",
        "[CX3;$([CH](=O)[#6]),$(C(=O)([#6])[#6]):1]=[OX1:2]>>[C:1][OH:2]",
        ((0.25, "[Na+].[BH4-]"), (1.0, "O")),
        ((0.25, "[Na+].[OH-].OB(O)O"),),
        hazard=1,
    ),
    Reaction(
        "oxidation of an alcohol by bleach",
        "oxidation",
        "[CX3;$([CH](=O)[#6]),$(C(=O)([#6])[#6]):1]=[OX1:2]>>[C:1][OH:2]",
        "[CX4;!H3;!H0;$(C([#6])):1][OX2H1:2]>>[C:1]=[O:2]",
        ((1.0, "[Na+].Cl[O-]"),),
        ((1.0, "[Na+].[Cl-]"), (1.0, "O")),
        ("a thiol", "a thioether", "an amine"),
        hazard=1,
    ),
    Reaction(
        "oxidation of a thioether to a sulfone",
        "oxidation",
        "[#6:1][SX4:2](=O)(=O)[#6:3]>>[#6:1][S:2][#6:3]",
        "[#6:1][SX2;!$(S-C=O):2][#6:3]>>[#6:1][S:2](=O)(=O)[#6:3]",
        ((2.0, "OO"),),
        _TWO_WATER,
        ("a thiol", "an amine"),
        hazard=2,
    ),
    Reaction(
        "cleavage of a methyl phenyl ether",
        "deprotection",
        "[c:1][OX2H1:2]>>[c:1][O:2]C",
        "[c:1][OX2:2][CH3]>>[c:1][OH:2]",
        ((1.0, "BrB(Br)Br"), (3.0, "O")),
        ((1.0, "CBr"), (1.0, "OB(O)O"), (2.0, "Br")),
        ("an alcohol", "an ester"),
        hazard=3,
    ),
    Reaction(
        "cyanation of an aryl bromide",
        "palladium cyanation",
        "[c:1][CX2:2]#[NX1:3]>>[c:1]Br",
        "[c:1][Br,I]>>[c:1]C#N",
        ((0.5, "[Zn+2].[C-]#N.[C-]#N"),),
        ((0.5, "[Zn+2].[Br-].[Br-]"),),
        hazard=3,
    ),
    Reaction(
        "boronic acid from an aryl bromide",
        "borylation",
        "[c:1][BX3:2]([OH])[OH]>>[c:1]Br",
        "[c:1][Br]>>[c:1]B(O)O",
        ((1.0, "OB(O)B(O)O"), (1.0, "[K+].CC(=O)[O-]"), (1.0, "O")),
        ((1.0, "OB(O)O"), (1.0, "[K+].[Br-]"), (1.0, "CC(=O)O")),
        hazard=1,
    ),
    Reaction(
        "bromination beside a carbonyl",
        "halogenation",
        "[#6:1][CX3:2](=[O:3])[CX4;H2:4]Br>>[#6:1][C:2](=[O:3])[CH3:4]",
        "[#6:1][CX3:2](=[O:3])[CH3:4]>>[#6:1][C:2](=[O:3])[CH2:4]Br",
        ((1.0, "BrBr"),),
        ((1.0, "Br"),),
        ("an amine", "an alkene"),
        hazard=2,
    ),
    Reaction(
        "bromide from an alcohol",
        "halogenation",
        "[CX4;H2:1]Br>>[C:1][OH]",
        "[CX4;H2:1][OX2H1]>>[C:1]Br",
        ((1 / 3, "BrP(Br)Br"),),
        ((1 / 3, "O[PH](=O)O"),),
        ("an amine",),
        hazard=2,
    ),
)
