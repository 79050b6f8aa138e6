"""The contract on laws behind a table, and forgeries that only a formula has."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError


def _rewritten(change: Callable[[str], str], path: Path) -> None:
    """Change the formula of SymPy, and nothing else."""
    file = path / "law.sympy"
    before = file.read_text()
    after = change(before)
    if after == before:
        raise UnfitFileError
    file.write_text(after)


def _alone(change: Callable[[str], str], path: Path) -> None:
    """Apply a change, and make the files of LaTeX and C disagree in everything."""
    _rewritten(change, path)
    (path / "law.tex").unlink()
    (path / "law.c").unlink()


def _by_itself(change: Callable[[str], str], path: Path) -> None:
    """Apply a change to the other files too, which are judged by content, whoever wrote them."""
    for file in path.iterdir():
        before = file.read_text()
        after = change(before)
        if after == before:
            raise UnfitFileError
        file.write_text(after)


def _digits(text: str) -> str:
    return re.sub(r"(\d\.\d)(\d*)", r"\g<1>", text)


class TestLaw(ProblemContract):
    problem_name = "equations.law"
    setup: ClassVar[Mapping[str, Any]] = {"bank": 120, "generations": 1, "known": 24}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        add = r"\g<0> + 0.0*mass"
        last = partial(re.sub, r"period = .*")
        own = {
            "that runs a program": partial(_rewritten, partial(last, "period = exit(0)")),
            "with a column squared": partial(
                _rewritten, lambda t: t.replace("length", "length**2")
            ),
            "with rounded constants": partial(_rewritten, _digits),
            "with a term of no weight": partial(_rewritten, partial(last, add)),
            "of two lines": partial(_rewritten, lambda t: t + t.splitlines()[-1] + "\n"),
            "without its companions": partial(_alone, _digits),
            "of a time in milliseconds": partial(
                _rewritten, lambda t: t.replace("period in s", "period in ms")
            ),
            "of times in milliseconds, everywhere": partial(
                _by_itself, lambda t: t.replace("period in s", "period in ms")
            ),
            "of a column that is not there": partial(
                _rewritten, lambda t: t.replace("length", "width")
            ),
            "of letters that look alike": partial(
                _rewritten, lambda t: t.replace("length", "l\u0435ngth")
            ),
            "of no finite value": partial(_rewritten, partial(last, "period = length/0.0")),
            "of a value without a unit": partial(_rewritten, partial(last, "period = 2.0")),
        }
        return {"formula": own}
