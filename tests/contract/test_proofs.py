"""The contract of `mathematics.proof`, and files that claim more than they prove."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError


def _with(before: str, after: str, path: Path) -> None:
    """Replace a part of the file."""
    text = path.read_text()
    if before not in text:
        raise UnfitFileError
    path.write_text(text.replace(before, after, 1))


def _proved(proof: str, path: Path) -> None:
    """Replace the proof at the end of the file."""
    head, _, _ = path.read_text().rpartition("$=")
    path.write_text(f"{head}$= {proof} $.\n$}}\n")


class TestProofs(ProblemContract):
    problem_name = "mathematics.proof"
    setup: ClassVar[Mapping[str, Any]] = {"library": "small", "expansions": 300, "proofs": 2}
    no_answer = "!"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "mm": {
                "with an axiom more": partial(_with, "${", "cheat $a |- ph $.\n${"),
                "with an axiom that says more": partial(_with, "( ps -> ph ) ) $.", "ps ) $."),
                "with an easier conclusion": partial(_with, "$p |- ( ph -> ch )", "$p |- ph"),
                "with a hypothesis more": partial(
                    _with, "  conjecture $p", "  more $e |- ch $.\n  conjecture $p"
                ),
                "with a step left out": partial(_proved, "( syl ) ABCD?F"),
                "that cites itself": partial(_proved, "( conjecture ) ABCDEF"),
                "that cites nothing known": partial(_proved, "( magic ) ABCDEF"),
                "with hypotheses in another order": partial(_proved, "( syl ) ABCEDF"),
                "that proves another formula": partial(_proved, "( simpl ) ABF"),
                "with a comment in its proof": partial(_proved, "( syl ) $( ? $) ABCDE"),
            }
        }
