"""The contract on tasks in words, and forgeries that only a programme has."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError

TASK = (
    "Warehouses North and South hold 120 and 90 pallets. Customers Lidl, Spar and Coop have "
    "ordered 80, 60 and 50 pallets. Freight per pallet: North to Lidl 2.5, North to Spar 4, North "
    "to Coop 6, South to Lidl 5, South to Spar 3.5, South to Coop 2. Minimise the total freight."
)


def _alone(change: Callable[[str], str], path: Path) -> None:
    """Change the code, without the companion files that would reveal it."""
    _rewritten(change, path)
    (path / "programme.mps").unlink()
    (path / "programme.lp").unlink()


def _rewritten(change: Callable[[str], str], path: Path) -> None:
    file = path / "programme.py"
    before = file.read_text()
    after = change(before)
    if after == before:
        raise UnfitFileError
    file.write_text(after)


def _line(word: str, text: str) -> str:
    return "".join(x for x in text.splitlines(keepends=True) if f"{word}[" not in x)


class TestProgramme(ProblemContract):
    problem_name = "words.programme"
    given: ClassVar[Mapping[str, Any]] = {"task": TASK}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        def swap(old: str, new: str) -> Damage:
            return partial(_rewritten, lambda t: t.replace(old, new))

        return {
            "ortools": {
                "that forgets what is held": partial(_rewritten, partial(_line, "supply")),
                "with cheaper freight": swap("2.5", "1.5"),
                "with a number for a name": swap("<= supply[k]", "<= 120"),
                "that earns instead": swap("Minimize(sum", "Minimize(-sum"),
                "that runs a program": swap("inf = solver", "import os\ninf = solver"),
                "that calls something": swap("sum(x[i, j] for", "exit(x[i, j] for"),
                "of negative shipments": swap("NumVar(0, inf", "NumVar(-inf, inf"),
                "without its companions": partial(
                    _alone, lambda t: t.replace(">= demand", "== demand")
                ),
            }
        }
