"""Two short sessions on one draft, by two persons and a program, and own readers of their files.

The readers share no code with the product: the Markdown record, the segments of TEI, the spans of
HTML and the runs of DOCX are read as a stranger would read them.
"""

import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ingenium_book.findings import Commands, Done

ENDINGS = (".md", ".xml", ".html", ".docx")
PROMPT = "A found poem of the tide: \u201cwhat it lent\u201d & what <it> took"
DRAFT = """# The mill

Ada was at the mill. Piet walked to the inn, and Ada looked at the letter.

"Nobody will read it," said Ada. It was a cold morning in January.

Maren was waiting at the inn. Maren was 29 years old.
"""
FIRST = f"""
title = "The mill"
writer = "Ann"
[[step]]
do = "verify"
spec = "desk.story"
[[step]]
do = "propose"
spec = "desk.cutup"
n = 4
seed = 3
prompt = '{PROMPT}'
[[step]]
do = "choose"
pick = 1
after = "## What the tide said"
[[step]]
do = "propose"
spec = "desk.story"
n = 4
seed = 5
given = "draft"
prompt = "how it goes on"
[[step]]
do = "choose"
pick = 1
"""
SECOND = """
title = "The mill"
writer = "Bo"
[[step]]
do = "edit"
find = "cold morning in January"
replace = "bold morning in January"
[[step]]
do = "edit"
find = {taken}
replace = {given}
"""
Spans = list[tuple[str, str]]  # text and author


def held(commands: Commands) -> tuple[Done, dict[str, Spans]]:
    """Hold the first session, and return its answer and the spans of each file."""
    (commands.folder / "draft.md").write_text(DRAFT)
    (commands.folder / "first.toml").write_text(FIRST)
    done = commands("write", "draft.md", "--script", "first.toml", "--out", "one")
    return done, {e: spans(commands.folder / f"one/draft{e}") for e in ENDINGS}


def carried_on(commands: Commands, ending: str, text: str) -> Done:
    """Go on from a file of the first session as another person, who edits one word of each."""
    last = text.rstrip().rpartition("\n")[2]  # the program's last line
    script = SECOND.format(taken=json.dumps(last), given=json.dumps(f"Zq{last[1:]}"))
    (commands.folder / "second.toml").write_text(script)
    out = f"two_{ending[1:]}"
    return commands("write", f"one/draft{ending}", "--script", "second.toml", "--out", out)


def spans(path: Path) -> Spans:
    """Return the spans of a file, neighbours of one author joined; empty for no such file."""
    if not path.is_file():
        return []
    return joined(READERS[path.suffix](path))


def joined(listed: Spans) -> Spans:
    """Return spans of which neighbours have different authors."""
    found: Spans = []
    for text, author in listed:
        if found and found[-1][1] == author:
            found[-1] = (found[-1][0] + text, author)
        elif text:
            found.append((text, author))
    return found


def shares(listed: Spans) -> dict[str, float]:
    """Return the share of each author of the characters that are no white space."""
    counts: Counter[str] = Counter()
    for text, author in listed:
        counts[author] += sum(not c.isspace() for c in text)
    return {a: n / counts.total() for a, n in counts.items()}


def record(path: Path) -> Mapping[str, Any]:
    """Return the record of authors in a file of any kind."""
    if path.suffix == ".md":
        text = path.read_text().partition("<!-- provenance\n")[2]
    elif path.suffix == ".xml":
        text = ElementTree.parse(path).getroot().findtext(".//{*}xenoData") or ""
    elif path.suffix == ".docx":
        with zipfile.ZipFile(path) as archive:
            text = ElementTree.fromstring(archive.read("customXml/item1.xml")).text or ""
    else:
        text = path.read_text().partition('id="record">')[2].partition("</script>")[0]
    found: Mapping[str, Any] = json.JSONDecoder().raw_decode(text)[0]
    return found


def _of_markdown(path: Path) -> Spans:
    text, place, found = path.read_text(), 0, []
    for one in record(path)["spans"]:
        found.append((text[place : place + one["length"]], one["author"]))
        place += one["length"]
    return found


def _of_tei(path: Path) -> Spans:
    root = ElementTree.parse(path).getroot()
    name = "{http://www.w3.org/XML/1998/namespace}id"
    who = {f"#{r.get(name)}": r.findtext("{*}name") or "" for r in root.iter() if r.get(name)}
    return [(s.text or "", who[s.get("resp", "")]) for s in root.findall(".//{*}seg")]


class _Titles(HTMLParser):
    """Collects the texts of spans with a title."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Spans = []
        self.author = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter a span."""
        self.author = dict(attrs).get("title") or "" if tag == "span" else ""

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        self.author = ""

    def handle_data(self, data: str) -> None:
        """Take its text."""
        if self.author:
            self.found.append((data, self.author))


def _of_page(path: Path) -> Spans:
    reader = _Titles()
    reader.feed(path.read_text())
    return reader.found


def _of_word(path: Path) -> Spans:
    with zipfile.ZipFile(path) as archive:
        body, styles = (
            ElementTree.fromstring(archive.read(f"word/{n}.xml")) for n in ("document", "styles")
        )
    w = "{" + body.tag[1:].partition("}")[0] + "}"
    names = {
        s.get(f"{w}styleId"): s.find(f"{w}name").get(f"{w}val", "")  # type: ignore[union-attr]
        for s in styles.iter(f"{w}style")
    }
    found: Spans = []
    for number, paragraph in enumerate(body.iter(f"{w}p")):
        if number:  # a line end has no run of its own: it goes with what is before it
            found.append(("\n", found[-1][1] if found else ""))
        for run in paragraph.iter(f"{w}r"):
            style = run.find(f"{w}rPr/{w}rStyle")
            said = names[style.get(f"{w}val")] if style is not None else ""
            text = "".join("\t" if t.tag == f"{w}tab" else t.text or "" for t in run[1:])
            found.append((text, said.removeprefix("Written by ")))
    return found


READERS = {".md": _of_markdown, ".xml": _of_tei, ".html": _of_page, ".docx": _of_word}
