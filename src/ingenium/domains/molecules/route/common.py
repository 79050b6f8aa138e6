"""Common laboratory reagents, available independently of the data."""

ACYL = (
    "CC(=O)OC(C)=O CC(=O)Cl CC(=O)O O=CO CCC(=O)O CCC(=O)Cl O=C(Cl)c1ccccc1 O=C(O)c1ccccc1 "
    "COC(C)=O COC(=O)c1ccccc1 O=C(Cl)C1CCCCC1 CC(C)C(=O)O CC(C)C(=O)Cl CC(C)(C)C(=O)Cl "
    "CC(C)(C)C(=O)O O=C(Cl)CCl O=C(O)CCl O=C(O)CBr O=C(Cl)CBr O=C1CCC(=O)O1 O=C1OC(=O)c2ccccc21 "
    "O=C1C=CC(=O)O1 COC(=O)Cl CCOC(=O)Cl CC(C)COC(=O)Cl O=C(Cl)OCc1ccccc1 O=C(Cl)Oc1ccccc1 "
    "CC(C)(C)OC(=O)OC(=O)OC(C)(C)C CS(=O)(=O)Cl Cc1ccc(S(=O)(=O)Cl)cc1 O=S(=O)(Cl)c1ccccc1 "
    "O=C(O)c1cccnc1 O=C(O)c1ccncc1 O=C(O)Cc1ccccc1 O=C(O)C=Cc1ccccc1 O=C(O)c1ccco1 O=C(O)c1cccs1 "
    "O=C(O)C(F)(F)F O=C(O)c1ccccc1O O=C(O)c1ccc(O)cc1 CCOC(=O)CC(C)=O CC(=O)CC(C)=O "
    "COC(=O)CC(=O)OC N#CCC(=O)O COC(=O)CC#N N#CCC#N C=CC(=O)O C=CC(=O)OC C=CC#N C=CC(N)=O"
)
NITROGEN = (
    "N CN CNC CCN CCNCC CCCN CC(C)N CCCCN CC(C)(C)N C1CCNC1 C1CCNCC1 C1COCCN1 C1CNCCN1 CN1CCNCC1 "
    "NCc1ccccc1 NCCc1ccccc1 Nc1ccccc1 CNc1ccccc1 NC1CCCCC1 NC1CC1 NC1CCCC1 NCCO NCCN OCCNCCO "
    "Nc1ccc(O)cc1 Nc1cccc(O)c1 Nc1ccccc1O Nc1ccccc1N Nc1ccccc1S Nc1ccc(Cl)cc1 Nc1ccc(F)cc1 "
    "Cc1cccc(C)c1N Cc1ccccc1N Cc1ccc(N)cc1 COc1ccc(N)cc1 Nc1ccccn1 Nc1cccnc1 Nc1ccncc1 Nc1nccs1 "
    "NN CNN NNc1ccccc1 NO c1c[nH]cn1 c1cn[nH]c1 c1c[nH]nn1 c1ccc2[nH]ccc2c1 c1ccc2[nH]cnc2c1 "
    "NC(N)=S NC(N)=O CC(N)=S NC(=S)c1ccccc1 CC(=N)N N=C(N)c1ccccc1 CC(N)=O NCC(=O)O CC(N)C(=O)O "
    "O=C1CCC(=O)N1 O=C1NC(=O)c2ccccc21 NCCc1c[nH]c2ccccc12 CC(C)(C)OC(=O)N1CCNCC1 "
    "O=C=Nc1ccccc1 CCN=C=O S=C=Nc1ccccc1 O=[N+]([O-])c1ccc(Cl)cc1 O=[N+]([O-])c1ccc(F)cc1 "
    "O=[N+]([O-])c1ccccc1F O=[N+]([O-])c1ccccc1Cl NS(=O)(=O)c1ccc(NN)cc1"
)
CARBON = (
    "C=O CC=O CCC=O CCCC=O CC(C)C=O CC(C)=O CCC(C)=O O=Cc1ccccc1 O=C1CCCC1 O=C1CCCCC1 "
    "CC(=O)c1ccccc1 O=Cc1ccc(Cl)cc1 O=Cc1ccccc1O COc1ccc(C=O)cc1 O=Cc1cccnc1 O=Cc1ccco1 O=Cc1cccs1 "
    "CO CCO CCCO CC(C)O CCCCO CC(C)CO OCc1ccccc1 OC1CCCCC1 OCCO OCC(O)CO OC1CCCC1 "
    "CBr CI CCBr CCI CCCBr CC(C)Br CCCCBr CC(C)CBr BrCC1CC1 BrCc1ccccc1 ClCc1ccccc1 BrCCBr BrCCCBr "
    "C=CCBr C#CCBr BrCCO BrCC#N ClCC#N ClCC1CO1 BrCC1CO1 C1CO1 CC1CO1 COC(=O)CBr CCOC(=O)CBr "
    "O=C(CBr)c1ccccc1 CC(=O)CBr CC(=O)CCl Oc1ccccc1 Oc1ccc(Cl)cc1 Oc1ccc(F)cc1 Oc1cccc2ccccc12 "
    "Cc1ccccc1O COc1ccccc1O COc1ccc(O)cc1 Sc1ccccc1 CCS CS c1ccccc1 Cc1ccccc1 COc1ccccc1 "
    "Clc1ccccc1 Fc1ccccc1 Brc1ccccc1 Ic1ccccc1 Brc1cccnc1 Brc1ccccn1 Clc1ccccn1 Clc1ncccn1 "
    "OB(O)c1ccccc1 OB(O)c1ccc(F)cc1 OB(O)c1ccc(Cl)cc1 COc1ccc(B(O)O)cc1 OB(O)c1cccnc1 "
    "C#Cc1ccccc1 C[Mg]Br CC[Mg]Br CC(C)[Mg]Br Br[Mg]c1ccccc1 BrC1CCCC1 BrC1CCCCC1 "
    "C=Cc1ccccc1 N#Cc1ccccc1 CC#N"
)
COMMON: tuple[str, ...] = tuple(f"{ACYL} {NITROGEN} {CARBON}".split())
