"""The family that the documents add keeps the contract, once it is added as they say."""

from collections.abc import Iterator

import pytest
import test_contract as contract
from own_family import Gaussian

from ingenium.generators import families

NAME = "gaussian"


@pytest.fixture(scope="module", autouse=True)
def added() -> Iterator[None]:
    """The family has a name, and the lists of the contract know what it can do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(families, "FAMILIES", {**families.FAMILIES, NAME: Gaussian})
        patch.setattr(families, "NAMES", (*families.NAMES, NAME))
        patch.setattr(contract, "DENSE", [*contract.DENSE, NAME])
        patch.setitem(contract.QUICK, NAME, (0.25, 0.35))
        yield


@pytest.mark.parametrize("shape", contract.SHAPES, ids=str)
@pytest.mark.parametrize(
    "promise",
    [
        contract.test_same_generator_same_designs,
        contract.test_rows_are_independent,
        contract.test_state_survives_safetensors,
        contract.test_projection_comes_last,
        contract.test_energy_is_followed_or_refused,
        contract.test_weight_is_used_or_refused,
    ],
    ids=lambda promise: promise.__name__,
)
def test_a_promise_is_kept(promise, shape: tuple[int, ...]) -> None:
    promise(NAME, shape)


@pytest.mark.usefixtures("annotations_off")
@pytest.mark.parametrize("shape", contract.SHAPES, ids=str)
def test_wrong_widths_are_refused_and_densities_are_of_rows(shape: tuple[int, ...]) -> None:
    contract.test_wrong_width_is_refused(NAME, shape)
    contract.test_density_of_each_row_or_none(NAME, shape)


def test_it_learns() -> None:
    contract.test_learns_a_conditional_gaussian(NAME)


annotations_off = contract.annotations_off
