"""Row 25.16: what is compared is compared rightly."""

from pathlib import Path

import numpy as np
import pytest
from ingenium.studies.registry import find

from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.container.milled import PLAIN_MM
from ingenium.domains.structures.container.settings import ContainerSettings
from ingenium.domains.structures.studies.container_corner import COLD, SAFETY, Contest


@pytest.fixture(scope="module")
def contest() -> Contest:
    """On the measurements that come with the package."""
    return Contest(Container(ContainerSettings()))


def test_the_plain_fitting_is_the_lightest_strong_one_of_one_thickness(contest: Contest) -> None:
    rows = contest.drawn[: len(PLAIN_MM)]
    mass = contest.column(rows, "mass")
    assert (np.diff(mass) > 0).all()
    at = int(np.flatnonzero(mass == contest.plain["mass"])[0])
    both = ("strength_used", "strength_used_cold")
    used = np.stack([contest.column(rows, name) for name in both]).max(0)
    assert used[at - 1] > 1 / SAFETY >= used[at]


def test_the_plain_fitting_is_equal_to_itself_and_saves_nothing(contest: Contest) -> None:
    rows = contest.drawn[: len(PLAIN_MM)]
    assert contest.saved(rows) == 0.0
    own = rows[contest.column(rows, "mass") == contest.plain["mass"]]
    assert contest.equal(own, (*contest.warm, *COLD)).all()
    worse = own * np.where(np.array(contest.names) == "compliance_lifting", 1.01, 1.0)
    assert not contest.equal(worse, contest.warm).any()
    half = own * np.where(np.array(contest.names) == "mass", 0.5, 1.0)
    assert contest.saved(half) == pytest.approx(50.0)


def test_every_limit_is_one_of_the_plain_fitting_or_of_printing(contest: Contest) -> None:
    told = {limit.quantity for limit in contest.limits}
    assert {*contest.warm, *COLD, "min_feature", "pieces", "missing"} <= told
    for limit in contest.limits:
        if limit.quantity in (*contest.warm, *COLD):
            assert limit.at_most == contest.plain[limit.quantity]


@pytest.mark.slow
def test_quick_study_measures_all_parts(tmp_path: Path) -> None:
    study = find("25.16")
    result = study.run((0,), quick=True, folder=tmp_path)
    assert set(result.values) == {part.name for part in study.parts}
