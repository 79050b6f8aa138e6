"""Base classes for tests of a package, ours or a third party's.

It needs pytest::

from ingenium.testing import GeneratorContract, ProblemContract, Skills

class TestCoating(ProblemContract):
    problem_name = "thin_films.coating"

class TestGaussian(GeneratorContract):
    skills = Skills(Gaussian, dense=True)
"""

import pytest

pytest.register_assert_rewrite(
    f"{__name__}.file_contract", f"{__name__}.generator_contract", f"{__name__}.problem_contract"
)

from ingenium.testing.file_contract import opened  # noqa: E402
from ingenium.testing.forging import Damage, with_bytes, with_numbers  # noqa: E402
from ingenium.testing.generator_contract import GeneratorContract, Skills  # noqa: E402
from ingenium.testing.problem_contract import ProblemContract  # noqa: E402

__all__ = [
    "Damage",
    "GeneratorContract",
    "ProblemContract",
    "Skills",
    "opened",
    "with_bytes",
    "with_numbers",
]
