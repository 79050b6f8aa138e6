"""The strategy added in the documents satisfies the contract, once added as described."""

from collections.abc import Iterator

import pytest
import test_known_answers as answers
import test_searching as contract
from own_strategy import Nearby

from ingenium.searches import strategies

NAME = "nearby"


@pytest.fixture(scope="module", autouse=True)
def added() -> Iterator[None]:
    """Register the strategy by a name."""
    with pytest.MonkeyPatch.context() as patch:
        makers = {**strategies.MAKERS, NAME: lambda task: task.over(Nearby)}
        patch.setattr(strategies, "MAKERS", makers)
        patch.setattr(strategies, "NAMES", tuple(makers))
        yield


def test_a_budget_is_spent_and_no_more(begun, tmp_path) -> None:
    contract.test_a_budget_is_spent_and_no_more(begun, NAME, tmp_path)


def test_stopped_after_each_round_it_ends_as_if_it_was_not(begun) -> None:
    contract.test_stopped_after_each_round_it_ends_as_if_it_was_not(begun, NAME)


def test_a_kept_state_is_the_same_as_being_told_again(begun, monkeypatch) -> None:
    contract.test_a_kept_state_is_the_same_as_being_told_again(begun, NAME, monkeypatch)


def test_the_least_distance_under_a_constraint(begun) -> None:
    answers.test_the_least_distance_under_a_constraint(begun, NAME, within=0.15, calls=800)
