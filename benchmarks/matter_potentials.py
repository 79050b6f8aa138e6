"""CHGNet and SevenNet against pw.x: energies above two binaries, of crystals sampled at random.

Both potentials and pw.x use the positions relaxed by CHGNet; each uses its own lowest type of each
binary. Crystals of the example are near their hull and have a gap. The difference of the two
potentials is compared with the error of each: if it predicts the error, a crystal on which they
differ is one to compute by pw.x. SevenNet is an extra: `pip install "ingenium[sevennet]"`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import spearmanr

from benchmarks.measuring import report
from ingenium.domains.matter import second_potential
from ingenium.domains.matter.potential import Crystal
from ingenium_book.checks.matter import agreement

FAR_EV = 0.05  # an atom: the limit of the example


def rows(drawn: str, crystals: Sequence[Crystal]) -> list[dict[str, Any]]:
    """A row for each potential, over the crystals with all answers of pw.x."""
    own = [(row, c) for c in crystals for row in agreement.rows([c])]
    exact = np.array([row.by_pw_ev for row, _ in own])
    found = {
        "CHGNet": np.array([row.by_chgnet_ev for row, _ in own]),
        "SevenNet": np.array([second_potential.above_ev(c) for _, c in own]),
    }
    distance = np.abs(found["CHGNet"] - found["SevenNet"])
    return [
        {
            "crystals": drawn,
            "by": name,
            "count": len(own),
            **_off(values, exact),
            "apart_tells_error": round(float(spearmanr(distance, np.abs(values - exact))[0]), 2),
        }
        for name, values in found.items()
    ]


def _off(values: Float[np.ndarray, " n"], exact: Float[np.ndarray, " n"]) -> dict[str, float]:
    off = np.abs(values - exact)
    return {
        "median_off_ev": round(float(np.median(off)), 4),
        "most_off_ev": round(float(off.max()), 4),
        "off_by_more_than_limit": round(float((off > FAR_EV).mean()), 3),
        "mean_error_ev": round(float((values - exact).mean()), 4),
        "order": round(float(spearmanr(values, exact)[0]), 3),
    }


def run() -> None:
    """Run both kinds of crystals."""
    torch.set_num_threads(1)
    table = [
        *rows("drawn at random", agreement.drawn(agreement.MOST)),
        *rows("that the example asked about", agreement.others()),
    ]
    title = "Energies above two binaries by potentials, beside pw.x (order: Spearman)"
    report("matter_potentials", title, table, {"sevenn": second_potential.version()})


if __name__ == "__main__":
    run()
