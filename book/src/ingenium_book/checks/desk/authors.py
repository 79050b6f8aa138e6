"""Rows 30.13 and 30.14: the author of every span through four formats and back; tampering.

Tried against: edits that give the whole text to the editor, or to its first author (identity);
authors at random; a reader that compares no seal; a session that drops the prompt. The checks fail
on each.
"""

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from ingenium.core.errors import InputError
from ingenium.write import files
from ingenium.write.document import Author, Document, Span
from ingenium_book.checks.desk import sessions
from ingenium_book.checks.desk.sessions import ENDINGS, PROMPT, Spans
from ingenium_book.findings import Commands

CHANGES = 1000
PROGRAMS = ("desk.cutup/technique", "desk.story/divergent")


def spans_and_shares(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Write in four formats, go on from each as another person, and compare all spans."""
    first, one = sessions.held(commands)
    text = "".join(t for t, _ in one[".md"])
    second = {e: sessions.carried_on(commands, e, text) for e in ENDINGS}
    two = {
        e: [sessions.spans(commands.folder / f"two_{e[1:]}/draft{f}") for f in ENDINGS]
        for e in ENDINGS
    }
    after = two[".md"][0]
    answers = [(first.answer, one[".md"]), *((second[e].answer, two[e][0]) for e in ENDINGS)]
    off = max(_off(a.get("shares", {}), sessions.shares(s)) for a, s in answers)
    return {
        "spans": len(one[".md"]),
        "alike": sum(_printed(s) == _printed(one[".md"]) for s in one.values()),
        "back": sum(_printed(s) == _printed(after) and d.code == 0
                    for e, d in second.items() for s in two[e]),
        "off": off,
        "authors": sorted(sessions.shares(after)),
        "hands": _hands(one[".md"], after),
    }  # fmt: skip


def _off(told: Mapping[str, float], found: Mapping[str, float]) -> float:
    names = {*told, *found}
    return max((abs(told.get(n, -1.0) - found.get(n, -1.0)) for n in names), default=1.0)


def _printed(listed: Spans) -> Spans:
    """Spans without white space, which DOCX has between its paragraphs."""
    return sessions.joined([("".join(t.split()), a) for t, a in listed])


def _hands(before: Spans, after: Spans) -> int:
    """Characters whose author is right after the edits: of two places, and all others."""
    old = [(c, a) for t, a in before for c in t]
    new = [(c, a) for t, a in after for c in t]
    text = "".join(c for c, _ in old)
    at, last = text.index("cold morning"), text.rstrip().rindex("\n") + 1
    wanted = list(old)
    wanted[at] = ("b", "Bo")
    wanted[last : last + 1] = [("Z", "Bo"), ("q", "Bo")]
    return sum(x != y for x, y in zip(wanted, new, strict=False)) + abs(len(wanted) - len(new))


def tampering(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Change one byte of a file at a time, its authors, and all of its seals."""
    folder, rng, found = commands.folder, Random(7), 0
    (folder / "changed").mkdir()
    data = {e: (folder / f"one/draft{e}").read_bytes() for e in ENDINGS}
    for i in range(CHANGES):
        ending = ENDINGS[i % len(ENDINGS)]
        changed = bytearray(data[ending])
        at = rng.randrange(len(changed))
        changed[at] = (changed[at] + rng.randrange(1, 255)) % 256
        file = folder / f"changed/draft{ending}"
        file.write_bytes(bytes(changed))
        found += _refused(file)
    forged = [_renamed(folder, e) for e in ENDINGS if e != ".docx"]
    told = [commands("write", file, "--script", "second.toml", "--out", "no") for file in forged]
    sealed = _sealed_anew(folder)
    head = json.loads((folder / "one/session.jsonl").read_text().splitlines()[-1])
    return {
        "changes": CHANGES,
        "found": found,
        "renamed": sum(d.code == 2 for d in told),
        "tried": len(forged),
        "sealed_found": _refused(sealed),
        "head_differs": sessions.record(sealed)["head"] not in json.dumps(head),
        "head_kept": sessions.record(folder / "one/draft.md")["head"] in json.dumps(head),
        "saved_read": not _refused(_saved_elsewhere(folder)),
    }


def _refused(file: Path) -> bool:
    try:
        files.read_document(file)
    except InputError:
        return True
    return False


def _renamed(folder: Path, ending: str) -> Path:
    """Say everywhere that the program's spans are the writer's, and leave the seals."""
    text = (folder / f"one/draft{ending}").read_text()
    for name in PROGRAMS:
        text = text.replace(name, "Ann")
    file = folder / f"changed/renamed{ending}"
    file.write_text(text.replace("program", "person"))
    return file


def _sealed_anew(folder: Path) -> Path:
    """Give all spans to one person, with the seals that belong to that."""
    one = files.read_document(folder / "one/draft.md")
    ann = Author("Ann", "person")
    whole = Document(one.title, tuple(Span(s.text, ann, s.origin) for s in one.spans))
    file = folder / "changed/sealed.md"
    file.write_bytes(files.WRITERS[".md"](whole))
    return file


def _saved_elsewhere(folder: Path) -> Path:
    """Pack the same parts of the DOCX file again, as another program does."""
    file = folder / "changed/saved.docx"
    with zipfile.ZipFile(folder / "one/draft.docx") as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return file


def prompts(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Look for the prompt, the marks of generated spans and both writers in every file."""
    _, one = sessions.held(commands)
    folder = commands.folder
    records = [sessions.record(folder / f"one/draft{e}")["spans"] for e in ENDINGS]
    wanted = [(PROGRAMS[0], PROMPT), (PROGRAMS[1], "how it goes on")]
    kept = [
        [(s["author"], s["origin"].get("prompt")) for s in r if s["kind"] == "program"]
        for r in records
    ]
    texts = [("".join(t for t, a in s if a in PROGRAMS)).split() for s in one.values()]
    made = [
        line
        for n, at in ((0, PROGRAMS[0]), (1, PROGRAMS[1]))
        for line in _chosen(folder / f"one/run_{n}", one[".md"], at)
    ]
    done = sessions.carried_on(commands, ".html", "".join(t for t, _ in one[".md"]))
    both = sessions.shares(sessions.spans(folder / "two_html/draft.md"))
    return {
        "with_prompt": sum(k == wanted for k in kept),
        "marked": sum(t == texts[0] and bool(t) for t in texts),
        "generated": all(made) and len(made) == len(PROGRAMS),
        "persons": sorted(n for n in both if n not in PROGRAMS),
        "continued": done.code == 0,
        "steered": _steered(commands),
    }


def _chosen(run: Path, listed: Spans, author: str) -> list[bool]:
    """Return whether the marked span, without its list of sources, begins an exported text."""
    own = [t.partition("\n\n## Sources")[0].split() for t, a in listed if a == author]
    exported = [p.read_text().split() for p in run.glob("designs/*")]
    return [len(own) == 1 and any(e[: len(own[0])] == own[0] for e in exported)]


def _steered(commands: Commands) -> bool:
    """Return True if another prompt with the same seed gives another text."""
    folder = commands.folder
    (folder / "first.toml").write_text(sessions.FIRST.replace(PROMPT, "something else entirely"))
    commands("write", "draft.md", "--script", "first.toml", "--out", "other")
    found = sessions.spans(folder / "other/draft.md")
    shutil.rmtree(folder / "other", ignore_errors=True)
    return bool(found) and found != sessions.spans(folder / "one/draft.md")
