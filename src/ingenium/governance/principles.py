"""Six principles of responsible publishing, as checks of the texts that a run exports.

A text is a Markdown or HTML file below the folder of designs. Each check reads the exported files,
names the text that fails, and says why. A run without texts passes: other checks cover its record.

Source: `33` of the reference: transparency, accountability, equitable access, linguistic diversity,
iterative literacy, adaptive governance.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.words.label import NO_PERSON, LabelParts, bylines, label_parts
from ingenium.words.paper import lines_of

ENDINGS = (".md", ".html")
LEAST_LANGUAGES = 2
FOREIGN = re.compile(r"://|<[A-Za-z/!]|!\[")  # addresses, markup and pictures
MOST = 1 << 18  # bytes of a text
NO_TEXT = "the run has no texts for readers"


@dataclass(frozen=True)
class PublishedText:
    """A text of a run: its lines, and the parts of its label; or why it cannot be read."""

    name: str
    lines: tuple[str, ...] = ()
    label: LabelParts | None = None
    unread: str = ""

    def languages_of_facts(self) -> frozenset[str]:
        """Languages in which a line of facts is given."""
        return frozenset(x[2:].partition(":")[0] for x in self.lines if x.startswith("- "))


def texts(run: Path) -> tuple[PublishedText, ...]:
    """Read every text that a run exported."""
    found = sorted(p for p in (run / "designs").rglob("*") if p.suffix.lower() in ENDINGS)
    return tuple(_text(path, run) for path in found)


def _text(path: Path, run: Path) -> PublishedText:
    name = str(path.relative_to(run / "designs"))
    try:
        found = text_of(path, "a text", most=MOST, prose=True)
        html = path.suffix.lower() == ".html"
        lines = tuple(lines_of(found, "en") if html else found.rstrip("\n").split("\n"))
    except InputError as error:
        return PublishedText(name, unread=str(error))
    try:
        return PublishedText(name, lines, label_parts(lines))
    except InputError as error:
        return PublishedText(name, lines, unread=str(error))


def disclosed(listed: Sequence[PublishedText]) -> Iterator[str]:
    """Transparency: each text says that a program wrote it, and names no author."""
    for one in listed:
        if one.label is None or not one.label.languages or one.label.stray:
            stray = one.label.stray[0] if one.label and one.label.stray else ""
            yield f"{one.name} does not disclose that a program wrote it: {one.unread or stray}"
        elif not one.label.source:
            yield f"{one.name} does not name its source"
        elif named := bylines(one.lines):
            yield f"{one.name} names an author: {named[0][:60]}"


def accountable(listed: Sequence[PublishedText], signed: Sequence[str]) -> Iterator[str]:
    """Accountability: each text names one person, who has approved the run."""
    for one in listed:
        who = one.label.accountable if one.label else ""
        if not who or who == NO_PERSON:
            yield f"{one.name} names nobody who answers for it"
        elif who not in signed:
            yield f"{one.name} names {who}, who has not approved the run"


def readable(listed: Sequence[PublishedText]) -> Iterator[str]:
    """Equitable access: each text opens without a program, a payment or a network."""
    names = {one.name for one in listed}
    for one in listed:
        foreign = next(filter(FOREIGN.search, one.lines), "")
        if not one.lines or foreign:
            yield f"{one.name} is not plain: {foreign[:60] or one.unread}"
        other = str(Path(one.name).with_suffix(".md" if one.name.endswith(".html") else ".html"))
        if other not in names:
            yield f"{one.name} lacks {other}"
        elif not any(x.startswith("# ") for x in one.lines[:1]):
            yield f"{one.name} has no heading"


def in_languages(listed: Sequence[PublishedText]) -> Iterator[str]:
    """Linguistic diversity: the label and a line of facts in the same languages, two at least."""
    for one in listed:
        languages = one.label.languages if one.label else ()
        if len(set(languages)) < LEAST_LANGUAGES:
            yield f"{one.name} is labelled in {len(set(languages))} language(s)"
        elif missing := set(languages) - one.languages_of_facts():
            yield f"{one.name} has no line of facts in {', '.join(sorted(missing))}"


def limits_stated(listed: Sequence[PublishedText]) -> Iterator[str]:
    """Iterative literacy: each text says what was not checked."""
    for one in listed:
        if one.label is None or not one.label.limits:
            yield f"{one.name} does not say what was not checked"


def under_review(listed: Sequence[PublishedText], today: date) -> Iterator[str]:
    """Adaptive governance: a date of review that lies ahead, and an address for corrections."""
    for one in listed:
        review = one.label.review if one.label else ""
        try:
            due = date.fromisoformat(review)
        except ValueError:
            yield f"{one.name} has no date by which its rules are reviewed"
            continue
        if due < today:
            yield f"{one.name}: its rules were to be reviewed by {due}, and were not"
        elif one.label is None or not one.label.contact:
            yield f"{one.name} names no address for corrections"


def finding(listed: Sequence[PublishedText], faults: Iterator[str], good: str) -> tuple[bool, str]:
    """Return a check's outcome and its first fault."""
    if not listed:
        return True, NO_TEXT
    first = next(faults, "")
    return not first, first or f"{good} ({len(listed)} texts)"


def licences(records: Sequence[Mapping[str, object]]) -> set[str]:
    """Return the licences that records state; empty ones too."""
    return {str(r.get("data_licence") or "").strip() for r in records}
