"""Files of the SSSP library, by element, with the digests used for the stored results.

Debian's quantum-espresso-data-sssp installs them: most are under the GPL or CC BY-SA, so they are
read in place and never shipped.

Source: Prandini et al., npj Computational Materials 4:72, 2018 (SSSP 1.3.0 PBE efficiency).
"""

from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("/usr/share/espresso/pseudo")
FILES: Mapping[str, tuple[str, str]] = {  # name, beginning of its SHA-256
    "Li": ("li_pbe_v1.4.uspp.F.UPF", "02cc4b3810e28a43"),
    "Na": ("na_pbe_v1.5.uspp.F.UPF", "f84820c4280d2160"),
    "K": ("K.pbe-spn-kjpaw_psl.1.0.0.UPF", "1dcce1298a9d62eb"),
    "Rb": ("Rb_ONCV_PBE-1.0.oncvpsp.upf", "b5f77d0adb6f4ae9"),
    "Cs": ("Cs_pbe_v1.uspp.F.UPF", "5039c3123828de0c"),
    "Mg": ("Mg.pbe-n-kjpaw_psl.0.3.0.UPF", "f057a22e5d848468"),
    "Ca": ("Ca_pbe_v1.uspp.F.UPF", "5887acb75823f7f9"),
    "Sr": ("Sr_pbe_v1.uspp.F.UPF", "292f7f1da5cae4b1"),
    "Ba": ("Ba.pbe-spn-kjpaw_psl.1.0.0.UPF", "315a2af416c5906c"),
    "Zn": ("Zn_pbe_v1.uspp.F.UPF", "7710c776159022cd"),
    "Cd": ("Cd.pbe-dn-rrkjus_psl.0.3.1.UPF", "eb5553c18543c409"),
    "Hg": ("Hg_ONCV_PBE-1.0.oncvpsp.upf", "d9739c3b83e714fd"),
    "Ge": ("ge_pbe_v1.4.uspp.F.UPF", "1b95046ab0f3228e"),
    "Sn": ("Sn_pbe_v1.uspp.F.UPF", "2985a215143f6458"),
    "Pb": ("Pb.pbe-dn-kjpaw_psl.0.2.2.UPF", "b67ab5c757bc8993"),
    "Ti": ("ti_pbe_v1.4.uspp.F.UPF", "747afa52fa17dc06"),
    "Zr": ("Zr_pbe_v1.uspp.F.UPF", "d56e2997788a4b3d"),
    "Hf": ("Hf-sp.oncvpsp.upf", "f019947b40f1831f"),
    "O": ("O.pbe-n-kjpaw_psl.0.1.UPF", "7c4b6ed541f83d0a"),
    "F": ("f_pbe_v1.4.uspp.F.UPF", "9802dd8e5c30fe92"),
    "Cl": ("cl_pbe_v1.4.uspp.F.UPF", "5b1ebdea1e5ba743"),
    "Br": ("br_pbe_v1.4.uspp.F.UPF", "611dc0ac2804aed2"),
    "I": ("I.pbe-n-kjpaw_psl.0.2.UPF", "24cb9b3d87f9cd94"),
}
