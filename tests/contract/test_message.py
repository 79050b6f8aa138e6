"""The contract of `language.message`, and messages that say something else than the thread."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError


def _markdown(change: Callable[[str], str], path: Path) -> None:
    """Change the Markdown, without the HTML."""
    file = path / "message.md"
    before = file.read_text()
    if change(before) == before:
        raise UnfitFileError
    file.write_text(change(before))
    (path / "message.html").unlink()


def _swap(old: str, new: str) -> Damage:
    return partial(_markdown, lambda text: text.replace(old, new))


class TestMessage(ProblemContract):
    problem_name = "language.message"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "message": {
                "with another number": _swap("1,450 rpm", "1,540 rpm"),
                "with another unit": _swap("2,400 EUR", "2,400 USD"),
                "with another day": _swap("12 March", "21 March"),
                "by another writer": _swap("Jonas Weber, 2026-03-03", "Ana Silva, 2026-03-02"),
                "without a negation": _swap("can't move", "can move"),
                "with a fact less": _swap(
                    "The pump ran at 1,450 rpm for 6 hours.", "The pump ran."
                ),
                "with a sentence more": _swap("\n\n>", "\nAna Silva, 2026-03-02: It failed.\n\n>"),
                "without its label": partial(_markdown, lambda t: t[: t.index("\n> ")]),
                "with an author": _swap("\n\n>", "\nBy Jane Miller\n\n>"),
            }
        }
