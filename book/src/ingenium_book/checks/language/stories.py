"""Rows 33.10 and 33.16: stories from a table, planted faults, bylines, and six principles."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from ingenium_book.checks.governance.release import Release
from ingenium_book.findings import Commands, Finding

PROBLEM, COUNT, EDITOR = "language.report", 20, "editor@lab"
SPEC = f"""
problem = "{PROBLEM}"
[given]
table = {{ file = "sales.csv" }}
[setup]
accountable = "{EDITOR}"
contact = "desk@lab"
"""
TABLE = "quarter,region,revenue [EUR],orders [1],margin [percent]\n" + "".join(
    f"{2023 + q // 4}-Q{q % 4 + 1},{name},{base * (1 + 0.04 * ((q * k) % 7)):.1f},"
    f"{10 + (3 * q + 5 * k) % 17},{5 + (2 * q + k) % 9}.5\n"
    for q in range(12)
    for k, (name, base) in enumerate((("North", 1200), ("South", 830), ("East", 640)), 1)
)
Change = Callable[[str], str]
SWAPS = (
    ("rose", "fell"), ("fell", "rose"), ("grew", "dropped"), ("climbed", "dropped"),
    ("highest", "lowest"), ("lowest", "highest"), ("above", "below"), ("higher", "lower"),
)  # fmt: skip
BYLINES = ("By Jane Miller", "by Sam Ode, staff writer", "Written by Ann Lee", "Von Eva Lenz",
           "Par Anne Roy", "Por Ana Gil", "Text: Jo Day", "Our correspondent Al Fox",
           "Reporter: Kim Ito", "Author: Max Orr")  # fmt: skip


def recomputed_stories(commands: Commands) -> Iterator[Finding]:
    """Row 33.10: each number is traceable, the label is there, and a byline is refused."""
    (commands.folder / "sales.csv").write_text(TABLE)
    (commands.folder / "spec.toml").write_text(SPEC)
    words = ("--spec", "spec.toml", "-n", COUNT, "--seed", 7, "--out", "run")
    commands("propose", PROBLEM, *words)
    stories = sorted((commands.folder / "run" / "designs").glob("story_*"))
    yield Finding(f"{len(stories)} of {COUNT} stories are accepted", len(stories) >= COUNT - 1)
    traced = [_traced(place) for place in stories]
    yield Finding(f"every sentence has its query in {sum(traced)} stories", all(traced))
    labelled = [("> Accountable: " + EDITOR) in (p / "story.md").read_text() for p in stories]
    yield Finding(f"the label stands in {sum(labelled)} stories", all(labelled))
    run = json.loads((commands.folder / "run" / "run.json").read_text())
    again, spent = run["cross_check"], run["seconds"]
    agrees = again["checked"] == COUNT and not again["disagreement"]["wrong"]
    yield Finding(f"DuckDB recounts {again['checked']} stories and agrees", agrees)
    taken = 1000 * (spent["propose"] + spent["verify"]) / COUNT
    yield Finding(f"a story takes {taken:.0f} ms to write and verify", taken < 1000)
    tried = [(p, line) for p, line in zip(stories, BYLINES, strict=False)]
    refused = [_refused(commands, p, partial(_below, line=line)) for p, line in tried]
    yield Finding(f"a byline is refused {sum(refused)} of {len(tried)} times", all(refused))
    planted = list(_planted(commands, stories))
    yield Finding(
        f"{sum(planted)} of {len(planted)} planted numbers and directions are caught",
        len(planted) >= 20 and all(planted),
    )


def _traced(place: Path) -> bool:
    found = json.loads((place / "queries.json").read_text())["sentences"]
    lines = (place / "story.md").read_text().splitlines()
    prose = [x for x in lines[1:] if x and x[:2] not in ("- ", "> ")]
    return [e["sentence"] for e in found[1:]] == prose and all(e["queries"] for e in found)


def _below(text: str, line: str) -> str:
    return text.replace("\n\n", f"\n\n{line}\n", 1)


def _instead(text: str, other: str) -> str:
    return other


def _swapped(text: str, pair: tuple[str, str]) -> str:
    return text.replace(f" {pair[0]} ", f" {pair[1]} ", 1)


def _refused(commands: Commands, place: Path, change: Change) -> bool:
    """True if a changed story is not accepted."""
    text = (place / "story.md").read_text()
    changed = change(text)
    file = commands.folder / "changed.md"
    file.write_text(changed)
    done = commands("verify", PROBLEM, file, "--spec", "spec.toml")
    return changed != text and done.code != 0


def _planted(commands: Commands, stories: list[Path]) -> Iterator[bool]:
    """Change a digit, and a direction, of the first sentence with one in each story."""
    for place in stories:
        text = (place / "story.md").read_text()
        number = re.search(r"(?<=\s)\d[\d,]*\.\d(?= )", text)
        if number:
            digit = str((int(number[0][0]) % 9) + 1)
            other = text[: number.start()] + digit + text[number.start() + 1 :]
            yield _refused(commands, place, partial(_instead, other=other))
        pair = next((p for p in SWAPS if f" {p[0]} " in text), None)
        if pair:
            yield _refused(commands, place, partial(_swapped, pair=pair))


def _without(start: str) -> Change:
    return lambda text: "".join(x for x in text.splitlines(True) if not x.startswith(start))


BREACHES: Mapping[str, tuple[str, Change]] = {
    "transparency and disclosure": ("disclosed", _without("> Auto")),
    "accountability": ("accountable", lambda t: t.replace(EDITOR, "eve@lab")),
    "equitable access": ("readable", lambda t: _below(t, "Full text: https://pay.example")),
    "linguistic diversity": ("languages", _without("- de:")),
    "iterative literacy": ("limits", _without("> Not checked:")),
    "adaptive governance": ("review", lambda t: t.replace("2027-12-31", "2020-01-01")),
}


def principles_of_texts(commands: Commands) -> Iterator[Finding]:
    """Six principles as checks of exported texts: one planted breach for each blocks."""
    (commands.folder / "sales.csv").write_text(TABLE)
    release = Release(commands, ("editor",), count=2, problem=PROBLEM, spec=SPEC, out="stories")
    release.sign("editor", "--minutes", "12")
    for principle, (check, change) in BREACHES.items():
        file = sorted((release.run / "designs").glob("story_*/story.md"))[0]
        before = file.read_text()
        file.write_text(
            _without("> Texte")(change(before)) if check == "disclosed" else change(before)
        )
        done = release.publish("crate")
        file.write_text(before)
        held = {c["name"]: c["held"] for c in done.answer["checks"]}
        yield Finding(f"{principle}: a planted breach blocks", done.code == 1 and not held[check])
    done = release.publish("texts")
    yield Finding("the texts as they were signed are published", done.code == 0)
    said = next(c["said"] for c in done.answer["checks"] if c["name"] == "energy")
    yield Finding("energy and labour are on the bill", "12 minutes of people's work" in said)
