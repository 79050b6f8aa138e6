"""Row 33.6: functions of a story studio on a story of fifty pages, and the reader on prose.

Tried against solvers that report nothing (identity): no planted slip is found then.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingenium_book.checks.desk.narratives import narrative
from ingenium_book.findings import Commands

SEED, COUNT, TRIED = 501, 16, 8
START = (
    "## Before\n\nWilma was 34 years old. Edgar lost the sextant. Wilma spoke of the mutiny.\n\n"
    "They buried Jasper on Sunday.\n\n"
)
SLIPS = (
    "Wilma was 61 years old.",
    "Wilma held up the sextant.",
    "Wilma learned of the mutiny.",
    "Jasper opened the door and laughed.",
)  # the first try: Edgar occurs once, Wilma does next to nothing, and she may have grown older
BEFORE = (
    '## Before\n\nWilma laughed. "We are late," said Wilma. Edgar opened the door.\n\n'
    "Wilma was 34 years old. Edgar lost the sextant. Wilma spoke of the mutiny. They buried "
    "Jasper on Sunday.\n\n"
)
AFTER = (
    "Wilma was 29 years old.",
    "Edgar held up the sextant.",
    "Wilma learned of the mutiny.",
    "Jasper opened the door and laughed.",
)
SPEC = """
problem = "desk.story"
[given]
draft = { file = "long.md" }
[setup]
longest = 600
[select]
export = "verified"
"""
SCRIPT = """
[[step]]
do = "rephrase"
find = "Wilma was 34 years old."
"""


def functions(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Continue, comment and rephrase a long story, and look for slips that lie 50 pages apart."""
    folder = commands.folder
    body = narrative(SEED, frozen=False, plants=0).text
    story = BEFORE + body
    (folder / "long.md").write_text(story)
    (folder / "on.toml").write_text(SPEC)
    made = commands("propose", "desk.story", "--spec", "on.toml", "-n", COUNT, "--out", "on")
    ways = [p.read_text() for p in sorted((folder / "on" / "designs").glob("*.md"))][:TRIED]
    clean = _verdicts(commands, [f"{story}\n{way}" for way in ways])
    caught = _caught(commands, story, AFTER)
    (folder / "again.toml").write_text(SCRIPT)
    again = commands("write", "long.md", "--script", "again.toml", "--out", "again")
    whole = sum(not reasons for reasons in clean)
    working = {
        "continue": bool(ways) and whole == len(ways),
        "comment": caught == len(AFTER),
        "rephrase": again.code == 0,
        "keep consistent": whole == len(ways) and caught == len(AFTER),
    }
    return {
        "pages": len(story.split()) / 250,
        "accepted": made.answer["summary"]["accepted"],
        "proposed": COUNT,
        "tried": len(ways),
        "clean": whole,
        "planted": len(AFTER),
        "caught": caught,
        "first": _caught(commands, START + body, SLIPS),
        "working": [name for name, works in working.items() if works],
        "prose": _read_share(commands),
    }


def _caught(commands: Commands, story: str, slips: tuple[str, ...]) -> int:
    """Count slips at the end of the story that alone are found, with their pages."""
    texts = [f"{story}\n{slip}\n" for slip in slips]
    found = _verdicts(commands, texts)
    return sum(_points(r, s) and len(r) == 1 for r, s in zip(found, slips, strict=False))


def _verdicts(commands: Commands, texts: list[str]) -> list[list[str]]:
    """Return the reasons against each text."""
    files = []
    for i, text in enumerate(texts):
        files.append(f"whole_{i}.md")
        (commands.folder / files[-1]).write_text(text)
    done = commands("verify", "desk.story", *files)
    return [d["reasons"] for d in done.answer.get("designs", ())]


def _points(reasons: list[str], slip: str) -> bool:
    """Return True if the slip is reported, with what it contradicts at the beginning."""
    return any(slip in r and "before, page 1, line" in r for r in reasons)


def _read_share(commands: Commands) -> float:
    """Share of sentences on persons of the example draft in which a fact is read."""
    commands("examples", "given")
    file = next(iter(Path(commands.folder).glob("given/**/harbour.md")))
    design = commands("verify", "desk.story", file).answer["designs"][0]
    share: float = design["measured"]["read_share"]["value"]
    return share
