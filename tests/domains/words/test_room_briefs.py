"""Briefs of buildings: the forty hand-written ones, and the drafted file."""

import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.domains.words.rooms.brief import BuildingBrief, single
from ingenium.domains.words.rooms.draft import rooms
from ingenium.domains.words.rooms.zoning import broken
from ingenium_book.checks.words.briefs import briefs, by_keywords, by_reader, scored


def test_the_reader_finds_what_keywords_do_not() -> None:
    own, plain = scored(by_reader, briefs()), scored(by_keywords, briefs())
    assert len(briefs()) == 40
    assert own["f1"] > 0.95 > plain["f1"]
    assert own["found"] == own["planted"] == 31
    assert own["wrong_flags"] == 0 < plain["wrong_flags"]


def test_a_denial_turns_next_to_into_apart() -> None:
    brief = BuildingBrief.of(
        "A flat with a kitchen and a bath. The kitchen is not next to the bath."
    )
    assert [(r.one, r.other, r.together) for r in brief.relations] == [("bath", "kitchen", False)]


@pytest.mark.parametrize(
    ("many", "one"), [("dressing rooms", "dressing room"), ("galleries", "gallery"), ("bus", "bus")]
)
def test_names_are_of_one_room(many: str, one: str) -> None:
    assert single(many) == one


@pytest.mark.parametrize(
    ("words", "rule", "breaks"),
    [
        ("It is 9 m high.", "Houses are at most 8 m high.", True),
        ("It is 8 m high.", "Houses are at most 8 m high.", False),
        ("It is 9 m wide.", "Houses are at most 8 m high.", False),
        ("It has 3 storeys.", "No more than 2 storeys are allowed.", True),
        ("A bar is planned.", "Bars are not permitted.", True),
        ("A barn is planned.", "Bars are not permitted.", False),
        ("A bar is planned.", "Bars are permitted.", False),
    ],
)
def test_a_rule_is_broken_by_its_own_measure(words: str, rule: str, breaks: bool) -> None:
    assert bool(broken(words, rule)) == breaks


def test_a_draft_names_the_words_of_each_line(tmp_path: Path) -> None:
    requested = briefs()[3]
    for name, text in (("brief.txt", requested.text), ("rules.txt", requested.rules)):
        (tmp_path / name).write_text(text)
    text, notes = rooms(str(tmp_path / "brief.txt"), str(tmp_path / "rules.txt"))
    table = tomllib.loads(text)
    assert all(r["words"] in requested.text for r in (*table["together"], *table["apart"]))
    assert [b["number"] for b in table["broken"]] == [1, 2]
    assert len(notes) == 2


def test_a_text_without_rooms_is_refused(tmp_path: Path) -> None:
    (tmp_path / "brief.txt").write_text("Build me something.")
    with pytest.raises(InputError, match="names rooms"):
        rooms(str(tmp_path / "brief.txt"))


@pytest.mark.slow
def test_the_commands_of_the_how_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).parents[3]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(root / "examples")
    Path("brief.txt").write_text(briefs()[0].text)
    Path("rules.txt").write_text(briefs()[0].rules)
    page = (root / "docs" / "how-to" / "programmes.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("ingenium ")]
    codes = [CliRunner().invoke(app, shlex.split(line)[1:]).exit_code for line in lines]
    assert codes == [0, 0]
    assert Path("out/deliveries/designs/programme_00000/programme.mps").is_file()
    assert tomllib.loads(Path("rooms.toml").read_text())["broken"]
