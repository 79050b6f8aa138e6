"""The contracts of `desk.story` and `desk.cutup`, and texts that contradict themselves."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError


def _change(change: Callable[[str], str], path: Path) -> None:
    before = path.read_text()
    if change(before) == before:
        raise UnfitFileError
    path.write_text(change(before))


def _add(sentences: str) -> Damage:
    return partial(_change, lambda text: f"{text}\n{sentences}\n")


class TestStory(ProblemContract):
    problem_name = "desk.story"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "md": {
                "with a dead speaker": _add('Ada died that night. "Wait," said Ada.'),
                "with a person at two places": _add("Piet was at the inn. Piet sat in the mill."),
                "with a lost thing in use": _add("Piet lost the violin. Maren held up the violin."),
                "with two ages": _add("Maren was 30. Maren, who was 24, laughed."),
                "with early knowledge": _add(
                    "Ada spoke of the plot. Piet told Ada about the plot."
                ),
                "with two seasons": _add("It was July. It was a cold day in January."),
            }
        }


class TestCut(ProblemContract):
    problem_name = "desk.cutup"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "md": {
                "with a word of its own": partial(
                    _change, lambda t: t.replace("\n\n## Sources", " indeed\n\n## Sources")
                ),
                "with a piece of another line": partial(
                    _change, lambda t: t.replace(" 1:", " 2:", 1).replace(" 3:", " 4:", 1)
                ),
                "with an absent piece": partial(_change, lambda t: t.rstrip("\n")[:-1] + "99\n"),
            }
        }
