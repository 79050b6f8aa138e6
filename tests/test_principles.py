"""Six principles at the gate: a run of stories is published, and each planted breach blocks."""

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from random import Random

import pytest

from ingenium.domains.language.report.formats import stories
from ingenium.domains.language.report.problem import StorySettings, TableStories
from ingenium.governance import principles
from ingenium.words.label import NO_PERSON

TODAY, EDITOR = date(2026, 12, 1), "editor@lab"
Change = Callable[[str], str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two exported stories."""
    problem = TableStories(StorySettings(accountable=EDITOR, contact="desk@lab", sentences=4))
    listed = [problem.plan.story(Random(i)) for i in range(2)]
    folder = tmp_path_factory.mktemp("run")
    problem.formats["story"].write(stories(listed, [0, 1]), folder / "designs")
    return folder


def faults(run: Path) -> Mapping[str, list[str]]:
    """First faults of each principle."""
    listed = principles.texts(run)
    return {
        "transparency": list(principles.disclosed(listed)),
        "accountability": list(principles.accountable(listed, [EDITOR])),
        "access": list(principles.readable(listed)),
        "diversity": list(principles.in_languages(listed)),
        "literacy": list(principles.limits_stated(listed)),
        "governance": list(principles.under_review(listed, TODAY)),
    }


def test_an_honest_run_passes(run: Path) -> None:
    assert len(principles.texts(run)) == 4  # Markdown and HTML
    assert not any(faults(run).values())


def _without(start: str) -> Change:
    """Remove a line."""
    return lambda text: "".join(x for x in text.splitlines(True) if not x.startswith(start))


BREACHES: Mapping[str, tuple[str, Change]] = {
    "the disclosure in English is changed": (
        "transparency",
        lambda t: t.replace("No person wrote them.", "Our newsroom wrote them."),
    ),
    "no disclosure": ("transparency", lambda t: _without("> Aut")(_without("> Texte")(t))),
    "no source": ("transparency", _without("> Source:")),
    "an author": ("transparency", lambda t: t.replace("\n\n", "\n\nBy Jane Miller\n", 1)),
    "an author in German": ("transparency", lambda t: t.replace("\n\n", "\n\nVon Eva Lenz\n", 1)),
    "an author below the facts": ("transparency", lambda t: t.replace("- en", "Text: Jo\n- en", 1)),
    "a label in the middle": ("transparency", lambda t: f"{t}\nMore text.\n"),
    "no label at all": ("transparency", lambda t: t[: t.index("\n> ")]),
    "a line in the label": ("transparency", lambda t: t.replace("> Acc", "> Nice.\n> Acc")),
    "a second label": ("transparency", lambda t: t.replace("\n\n", "\n\n> Human text.\n\n", 1)),
    "nobody accountable": ("accountability", _without("> Accountable:")),
    "somebody who did not sign": ("accountability", lambda t: t.replace(EDITOR, "eve@lab")),
    "the default person": ("accountability", lambda t: t.replace(EDITOR, NO_PERSON)),
    "a paywall": ("access", lambda t: t.replace("\n\n", "\n\nFull text: https://a.example\n", 1)),
    "a picture from elsewhere": ("access", lambda t: t.replace("\n\n", "\n\n![x](y.png)\n", 1)),
    "markup": ("access", lambda t: t.replace("\n\n", "\n\n<b>Now</b>\n", 1)),
    "no heading": ("access", lambda t: t.removeprefix("# ")),
    "one language": (
        "diversity",
        lambda t: _without("> Automatisch")(_without("> Texte")(t)),
    ),
    "no facts in German": ("diversity", _without("- de:")),
    "no facts": ("diversity", _without("- ")),
    "no limits": ("literacy", _without("> Not checked:")),
    "softer limits": ("literacy", lambda t: t.replace("> Not checked: whether", "> Checked: that")),
    "no rules": ("governance", _without("> Rules:")),
    "rules past their review": ("governance", lambda t: t.replace("2027-12-31", "2026-11-30")),
    "a date that there is not": ("governance", lambda t: t.replace("2027-12-31", "2027-02-31")),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_blocks(run: Path, tmp_path: Path, name: str) -> None:
    principle, change = BREACHES[name]
    own = tmp_path / "run"
    shutil.copytree(run, own)
    file = own / "designs" / "story_00001" / "story.md"
    before = file.read_text()
    file.write_text(change(before))
    assert file.read_text() != before
    found = faults(own)
    assert found[principle], found
    assert "story_00001/story.md" in found[principle][0]


def test_a_text_without_its_html_blocks(run: Path, tmp_path: Path) -> None:
    own = tmp_path / "run"
    shutil.copytree(run, own)
    (own / "designs" / "story_00000" / "story.html").unlink()
    assert faults(own)["access"]
