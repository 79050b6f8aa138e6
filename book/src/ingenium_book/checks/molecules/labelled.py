"""Test molecules of the dual-use screen: members of classes, and drugs that resemble them.

Names and structures are those of public lists and encyclopaedias: the Annex on Chemicals of the
OPCW, the lists of the UN conventions of 1961 and 1971, and class 1 of the UN's Model Regulations.
"""

from collections.abc import Mapping
from types import MappingProxyType

WEAPONS: Mapping[str, str] = MappingProxyType(
    {
        "ethylsarin": "CCP(=O)(F)OC(C)C",
        "VR": "CCN(CC)CCSP(C)(=O)OCC(C)C",
        "VM": "CCN(CC)CCSP(C)(=O)OCC",
        "VE": "CCOP(=O)(CC)SCCN(CC)CC",
        "GE of tabun's kind": "CC(C)OP(=O)(C#N)N(C)C",
        "sesquimustard": "ClCCSCCSCCCl",
        "O-mustard": "ClCCSCCOCCSCCCl",
        "chloroethyl chloromethyl sulfide": "ClCCSCCl",
        "HN2": "CN(CCCl)CCCl",
        "EA-2192": "CC(C)N(CCSP(C)(=O)O)C(C)C",
        "lewisite 2": "ClC=C[As](Cl)C=CCl",
        "A-230": "CCN(CC)C(C)=NP(C)(=O)F",
        "A-232": "CCN(CC)C(C)=NP(=O)(F)OC",
        "chlorosoman": "CC(OP(C)(=O)Cl)C(C)(C)C",
        "methylphosphonic dichloride": "CP(=O)(Cl)Cl",
        "cyanogen chloride": "N#CCl",
        "chloropicrin": "O=[N+]([O-])C(Cl)(Cl)Cl",
    }
)
EXPLOSIVES: Mapping[str, str] = MappingProxyType(
    {
        "HMX": "O=[N+]([O-])N1CN([N+](=O)[O-])CN([N+](=O)[O-])CN([N+](=O)[O-])C1",
        "tetryl": "CN(c1c([N+](=O)[O-])cc([N+](=O)[O-])cc1[N+](=O)[O-])[N+](=O)[O-]",
        "erythritol tetranitrate": "O=[N+]([O-])OCC(O[N+](=O)[O-])C(O[N+](=O)[O-])CO[N+](=O)[O-]",
        "hexanitrostilbene": "O=[N+]([O-])c1cc([N+](=O)[O-])c(C=Cc2c([N+](=O)[O-])cc([N+](=O)[O-])"
        "cc2[N+](=O)[O-])c([N+](=O)[O-])c1",
        "ethyl nitrate": "CCO[N+](=O)[O-]",
        "TATB": "Nc1c([N+](=O)[O-])c(N)c([N+](=O)[O-])c(N)c1[N+](=O)[O-]",
        "EDNA": "O=[N+]([O-])NCCN[N+](=O)[O-]",
        "DEGDN": "O=[N+]([O-])OCCOCCO[N+](=O)[O-]",
        "nitroguanidine": "NC(=N)N[N+](=O)[O-]",
        "DADP": "CC1(C)OOC(C)(C)OO1",
        "MEKP": "CCC(C)(OO)OOC(C)(CC)OO",
    }
)
CONTROLLED: Mapping[str, str] = MappingProxyType(
    {
        "acetylfentanyl": "CC(=O)N(c1ccccc1)C1CCN(CCc2ccccc2)CC1",
        "sufentanil": "CCC(=O)N(c1ccccc1)C1(COC)CCN(CCc2cccs2)CC1",
        "para-fluorofentanyl": "CCC(=O)N(c1ccc(F)cc1)C1CCN(CCc2ccccc2)CC1",
        "metonitazene": "COc1ccc(Cc2nc3cc([N+](=O)[O-])ccc3n2CCN(CC)CC)cc1",
        "hydromorphone": "CN1CCC23c4c5ccc(O)c4OC2C(=O)CCC3C1C5",
        "amphetamine": "CC(N)Cc1ccccc1",
        "MDA": "CC(N)Cc1ccc2OCOc2c1",
        "ethylone": "CCNC(C)C(=O)c1ccc2OCOc2c1",
        "alpha-PVP": "CCCC(N1CCCC1)C(=O)c1ccccc1",
        "AB-FUBINACA": "CC(C)C(NC(=O)c1nn(Cc2ccc(F)cc2)c2ccccc12)C(N)=O",
        "oxymorphone": "CN1CCC23c4c5ccc(O)c4OC2C(=O)CCC3(O)C1C5",
        "methoxetamine": "CCNC1(c2cccc(OC)c2)CCCCC1=O",
        "eticyclidine": "CCNC1(c2ccccc2)CCCCC1",
        "methcathinone": "CNC(C)C(=O)c1ccccc1",
        "AM-2201": "FCCCCCn1cc(C(=O)c2cccc3ccccc23)c2ccccc12",
        "5F-ADB": "COC(=O)C(NC(=O)c1nn(CCCCCF)c2ccccc12)C(C)(C)C",
        "dronabinol": "CCCCCc1cc(O)c2C3C=C(C)CCC3C(C)(C)Oc2c1",
    }
)
ALIKE: Mapping[str, str] = MappingProxyType(
    {
        "ifosfamide": "ClCCNP1(=O)OCCCN1CCCl",
        "adefovir": "Nc1ncnc2c1ncn2CCOCP(=O)(O)O",
        "alendronate": "NCCCC(O)(P(=O)(O)O)P(=O)(O)O",
        "glyphosate": "OC(=O)CNCP(=O)(O)O",
        "parathion": "CCOP(=S)(OCC)Oc1ccc([N+](=O)[O-])cc1",
        "echothiophate": "CCOP(=O)(OCC)SCC[N+](C)(C)C",
        "sofosbuvir": "CC(C)OC(=O)C(C)NP(=O)(OCC1OC(n2ccc(=O)[nH]c2=O)C(C)(F)C1O)Oc1ccccc1",
        "trospium": "O=C(OC1CC2CCC(C1)[N+]21CCCC1)C(O)(c1ccccc1)c1ccccc1",
        "nitrazepam": "O=C1CN=C(c2ccccc2)c2cc([N+](=O)[O-])ccc2N1",
        "metronidazole": "Cc1ncc([N+](=O)[O-])n1CCO",
        "ranitidine": "CNC(=C[N+](=O)[O-])NCCSCc1ccc(CN(C)C)o1",
        "pendimethalin": "CCC(CC)Nc1c([N+](=O)[O-])cc(C)c(C)c1[N+](=O)[O-]",
        "nicorandil": "O=C(NCCO[N+](=O)[O-])c1cccnc1",
        "artesunate": "CC1CCC2C(C)C(OC(=O)CCC(=O)O)OC3OC4(C)CCC1C23OO4",
        "loperamide": "CN(C)C(=O)C(CCN1CCC(O)(CC1)c1ccc(Cl)cc1)(c1ccccc1)c1ccccc1",
        "domperidone": "O=c1[nH]c2ccccc2n1CCCN1CCC(n2c(=O)[nH]c3cc(Cl)ccc32)CC1",
        "naltrexone": "O=C1CCC2(O)C3Cc4ccc(O)c5c4C2(CCN3CC2CC2)C1O5",
        "pseudoephedrine": "CNC(C)C(O)c1ccccc1",
        "salbutamol": "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1",
        "dopamine": "NCCc1ccc(O)c(O)c1",
        "diphenhydramine": "CN(C)CCOC(c1ccccc1)c1ccccc1",
        "indomethacin": "COc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1",
        "melatonin": "COc1ccc2[nH]cc(CCNC(C)=O)c2c1",
        "rizatriptan": "CN(C)CCc1c[nH]c2ccc(Cn3cncn3)cc12",
        "cabergoline": "CCNC(=O)N(CCCN(C)C)C(=O)C1CC2c3cccc4[nH]cc(CC2N(CC=C)C1)c34",
        "tramadol": "COc1cccc(C2(O)CCCCC2CN(C)C)c1",
        "scopolamine": "CN1C2CC(OC(=O)C(CO)c3ccccc3)CC1C1OC12",
        "benzocaine": "CCOC(=O)c1ccc(N)cc1",
        "tocopherol": "Cc1c(C)c2OC(C)(CCCC(C)CCCC(C)CCCC(C)C)CCc2c(C)c1O",
    }
)
