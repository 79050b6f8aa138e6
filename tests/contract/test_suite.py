"""The contract of `software.tests`, and forgeries that only a test file has."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError

FILE = "test_colorsys.py"


def _alone(change: Callable[[str], str], path: Path) -> None:
    """Change the test file, without its companions."""
    file = path / FILE
    before = file.read_text()
    after = change(before)
    if after == before:
        raise UnfitFileError
    file.write_text(after)
    for other in path.iterdir():
        if other != file:
            other.unlink()


def _with(body: str) -> Damage:
    """Add a test with that body."""
    more = f'\n\ndef test_more():\n    """Observed."""\n    {body}\n'
    return partial(_alone, lambda text: text + more)


def _better(path: Path) -> None:
    """Change the table of mutants: every survivor is killed."""
    file = path / "mutants.csv"
    before = file.read_text()
    after = before.replace(",survived,", ",killed,test_rgb_to_yiq_1")
    if after == before:
        raise UnfitFileError
    file.write_text(after)


class TestSuite(ProblemContract):
    problem_name = "software.tests"
    setup: ClassVar[Mapping[str, Any]] = {
        "module": "colorsys",
        "rounds": 2,
        "candidates": 30,
        "mutants": 16,
    }
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "pytest": {
                "with every mutant killed": _better,
                "with a test that asserts nothing": _with("colorsys.rgb_to_yiq(0, 0, 0)"),
                "with a test that kills nothing": _with("assert colorsys.ONE_THIRD > 0"),
                "with a test that fails": _with("assert colorsys.ONE_THIRD == 1"),
                "with a test that writes": _with("assert open('x', 'w').write('x') == 1"),
                "with a test that reads the switch": _with("assert _mutant_of_the_module_ == 0"),
                "with a test that imports": _with("import os\n    assert os.fork() == 0"),
                "with a test of the interpreter": _with("assert colorsys.rgb_to_yiq.__code__"),
                "with a test that never ends": _with("while colorsys.ONE_THIRD > 0: pass"),
            }
        }
