"""Coverage of a reference by conformers, and their distance from it.

Source: Ganea et al., GeoMol, NeurIPS 2021, arXiv:2106.07802, section 5 (COV and AMR, for recall
    and for precision), with the distances of heavy atoms under symmetry.
"""

import numpy as np
from jaxtyping import Float


def coverage(apart: Float[np.ndarray, "n r"], radius_angstrom: float) -> dict[str, float]:
    """Compute coverage metrics of n conformers and r reference ones from their distances.

    `cov_r` is the share of the reference that has a conformer within the radius, `amr_r` the mean
    distance of the reference to the nearest conformer (angstrom); `cov_p` and `amr_p` are the same
    with the roles exchanged.
    """
    recall, precision = apart.min(0), apart.min(1)
    return {
        "cov_r": float((recall <= radius_angstrom).mean()),
        "amr_r": float(recall.mean()),
        "cov_p": float((precision <= radius_angstrom).mean()),
        "amr_p": float(precision.mean()),
    }
