"""What the tests of a domain inherit, of ours as of another package's.

It needs pytest::

from ingenium.testing import ProblemContract

class TestCoating(ProblemContract):
    problem_name = "thin_films.coating"
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.file_contract", f"{__name__}.problem_contract")

from ingenium.testing.file_contract import opened  # noqa: E402
from ingenium.testing.forging import Damage, with_bytes, with_numbers  # noqa: E402
from ingenium.testing.problem_contract import ProblemContract  # noqa: E402

__all__ = ["Damage", "ProblemContract", "opened", "with_bytes", "with_numbers"]
