"""Functional groups of reactions, and reagents used with the reactants.

SMARTS of template atoms, without their brackets, so that a map number can follow.
"""

from collections.abc import Mapping
from types import MappingProxyType

AMINE = (  # nitrogen with a hydrogen that attacks: no amide, no sulfonamide, no N-N or N-O
    "NX3;!H0;+0;!$(N~[!#6]);!$(N[C,S]=[O,S,N]);!$(NC#N)"
)
PLAIN_AMINE = "NX3;!H0;+0;!$(N~[!#6]);!$(N[C,S]=[O,S,N]);!$(NC#N);!$(Nc)"  # and no aniline
SECONDARY = "NX3;H1;+0;!$(N~[!#6]);!$(N[C,S]=[O,S,N]);!$(NC#N)"  # one that adds no second carbon
BASIC = "NX3;+0;!$(N~[!#6]);!$(N[C,S]=[O,S,N]);!$(NC#N)"  # an amine of a product
ACYLATED = "NX3;+0;!$(N~[!#6]);!$(N(C=[O,S,N])[C,S]=[O,S,N])"  # nitrogen of exactly one amide
SULFONATED = "NX3;+0;!$(N[N,O]);!$(N(S(=O)=O)[C,S]=[O,S,N])"  # of exactly one sulfonamide
ALCOHOL = "OX2H1;$(O[CX4;!$(C[O,N,S;!$([OX2H1])])])"
PHENOL = "OX2H1;$(Oc)"
ALKYL = "CX4;H2,H3;!$(C([!#6])[!#6])"  # carbon that a nucleophile reaches from behind
LEAVING = "Cl,Br,I"
ACTIVE = (  # aromatic carbon whose halogen a nucleophile displaces
    "c;$(c1:n:*:*:*:*1),$(c1:*:*:n:*:*1),$(c1:c([$(N(=O)~O),$(C#N)]):*:*:*:*1),"
    "$(c1:*:*:c([$(N(=O)~O),$(C#N)]):*:*1)"
)
AZOLE = "nX3;H1"

BASE = ((1.0, "[K+].[K+].[O-]C([O-])=O"),)
BASE_SPENT = (1.0, "[K+].OC([O-])=O")
AMINE_BASE = ((1.0, "CCN(CC)CC"),)
CARBODIIMIDE = ((1.0, "CCN=C=NCCCN(C)C"),)
UREA_OF_IT = ((1.0, "CCNC(=O)NCCCN(C)C"),)
WATER = ((1.0, "O"),)
HYDRIDE = ((1.0, "[Na+].CC(=O)O[BH-](OC(C)=O)OC(C)=O"),)
HYDRIDE_SPENT = ((1.0, "[Na+].CC(=O)O[B-](O)(OC(C)=O)OC(C)=O"),)


def spent(halide: str) -> tuple[tuple[float, str], ...]:
    """Return the products of potassium carbonate after neutralising one acid."""
    return (BASE_SPENT, (1.0, f"[K+].[{halide}-]"))


def salt(halide: str = "Cl") -> tuple[tuple[float, str], ...]:
    """Return the product of triethylamine after neutralising one acid."""
    return ((1.0, f"CC[NH+](CC)CC.[{halide}-]"),)


RIVALS: Mapping[str, str] = MappingProxyType(
    {
        "an amine": f"[{AMINE}]",
        "an aliphatic amine": f"[{PLAIN_AMINE}]",
        "an alcohol": f"[{ALCOHOL}]",
        "a hydroxyl": "[OX2H1]",
        "a phenol": f"[{PHENOL}]",
        "a thiol": "[SX2H1]",
        "a thioether": "[#6][SX2][#6]",
        "an acid": "[CX3](=O)[OX2H1]",
        "an ester": "[CX3](=O)[OX2H0][#6]",
        "an acidic hydrogen": "[OX2H1,SX2H1,NX3;!H0]",
        "an amide N-H": "[NX3;!H0]C=O",
        "an azole N-H": "[nH]",
        "a nitro group": "[$([NX3](=O)=O),$([NX3+](=O)[O-])]",
        "an alkene": "[CX3;!$(C=O)]=[CX3;!$(C=O)]",
        "a triple bond": "C#[C,N]",
        "a nitrile": "C#N",
        "an aryl halide": "c[Br,I]",
        "a benzyl ether": "c[CH2][OX2][#6]",
        "an azo group": "[NX2]=[NX2]",
    }
)
"""Groups that some conditions change too, as SMARTS."""
REDUCIBLE = (  # by hydrogen over palladium
    "a nitro group",
    "an alkene",
    "a triple bond",
    "an aryl halide",
    "a benzyl ether",
    "an azo group",
)
