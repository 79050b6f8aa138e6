"""SevenNet itself, where it is installed."""

import numpy as np
import pytest

from ingenium.domains.matter import second_potential
from ingenium_book.checks.matter import agreement


@pytest.mark.slow
def test_it_is_as_near_to_pw_as_chgnet_is() -> None:
    """Compare on the five random crystals whose answers are all in the package."""
    pytest.importorskip("sevenn", exc_type=ImportError)
    drawn = {c.sites.text: c for c in agreement.drawn(agreement.MOST)}
    rows = agreement.rows(list(drawn.values()))[:5]
    second = [second_potential.above_ev(drawn[row.text]) for row in rows]
    off = np.abs(np.array(second) - [row.by_pw_ev for row in rows])
    own = np.abs(np.array([row.by_chgnet_ev - row.by_pw_ev for row in rows]))
    assert np.median(off) < max(np.median(own), 0.03)
