"""What row 20.18 counts is new, holds the rules, and counts once."""

import numpy as np
import pytest

from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.known import training_set
from ingenium.domains.molecules.studies import novel_structures
from ingenium.domains.molecules.studies.novel_structures import counted
from ingenium.kits.chemistry.parsing import canonical, parsed

KNOWN = str(moses("train")[0])
HELD = [s for s in map(str, moses("test")[:40]) if s not in training_set("moses")]


def test_known_repeated_and_broken_proposals_count_for_nothing() -> None:
    found = counted([*HELD[:10], *HELD[:10], KNOWN, "C1CC", "", "CCO"])
    assert found.found == pytest.approx(10 / 24)
    assert found.novel == pytest.approx(11 / 12)  # ethanol is new, and no clean lead
    assert 0 < found.diverse < 1


@pytest.mark.parametrize("way", [w for w in novel_structures.WAYS if w != "generator"])
def test_random_search_proposes_as_often_as_asked_and_the_same_for_a_seed(way: str) -> None:
    propose = novel_structures.WAYS[way]
    first, again, other = propose(20, 1), propose(20, 1), propose(20, 2)
    assert len(first) == 20
    assert first == again != other


def test_changes_are_molecules_that_differ_from_where_they_began() -> None:
    rng = np.random.default_rng(3)
    began = novel_structures._drawn(20, rng)
    made = novel_structures.changed(20, 3)
    differ = [canonical(parsed(a)) != b for a, b in zip(began, made, strict=True) if b]
    assert np.mean(differ) > 0.8
