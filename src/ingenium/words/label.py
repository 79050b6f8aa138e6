"""Labels of texts that a program wrote: disclosure, an accountable person, source and limits.

A label is the block of quoted lines at the end of a document. It is plain text, so that it survives
a copy to HTML and back; readers of a gate find it in the exported file.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ingenium.core.errors import InputError

NO_PERSON = "the person who signs the run"  # by default; the gate wants a name
DISCLOSED = {
    "en": "Automated text. A program wrote these sentences from a given source and recomputed "
    "every number. No person wrote them.",
    "de": "Automatisch erstellter Text. Ein Programm hat diese Sätze aus einer Quelle geschrieben "
    "und jede Zahl nachgerechnet. Kein Mensch hat sie geschrieben.",
    "fr": "Texte automatique. Un programme a écrit ces phrases à partir d'une source et a "
    "recalculé chaque nombre. Personne ne les a écrites.",
    "es": "Texto automático. Un programa escribió estas frases a partir de una fuente y recalculó "
    "cada número. Ninguna persona las escribió.",
    "it": "Testo automatico. Un programma ha scritto queste frasi da una fonte e ha ricalcolato "
    "ogni numero. Nessuna persona le ha scritte.",
    "nl": "Automatische tekst. Een programma heeft deze zinnen uit een bron geschreven en elk "
    "getal nagerekend. Geen mens heeft ze geschreven.",
    "pt": "Texto automático. Um programa escreveu estas frases a partir de uma fonte e recalculou "
    "cada número. Nenhuma pessoa as escreveu.",
}
ARRANGED = {
    "en": "Automated text. A program selected and arranged these sentences from given texts, whose "
    "authors wrote them; phrases may differ in tone.",
    "de": "Automatisch erstellter Text. Ein Programm hat diese Sätze aus gegebenen Texten "
    "ausgewählt und geordnet, deren Verfasser sie schrieben; der Ton kann abweichen.",
    "fr": "Texte automatique. Un programme a choisi et ordonné ces phrases dans des textes donnés, "
    "écrits par leurs auteurs ; le ton peut différer.",
    "es": "Texto automático. Un programa eligió y ordenó estas frases de textos dados, escritos "
    "por sus autores; el tono puede variar.",
    "it": "Testo automatico. Un programma ha scelto e ordinato queste frasi da testi dati, scritti "
    "dai loro autori; il tono può variare.",
    "nl": "Automatische tekst. Een programma heeft deze zinnen gekozen en geordend uit gegeven "
    "teksten van hun auteurs; de toon kan afwijken.",
    "pt": "Texto automático. Um programa escolheu e ordenou estas frases de textos dados, escritos "
    "pelos seus autores; o tom pode variar.",
}
Origin = Literal["written", "arranged"]  # by a program, from a table or from texts of people
STATEMENTS: Mapping[Origin, Mapping[str, str]] = {"written": DISCLOSED, "arranged": ARRANGED}
BY_TEXT = {text: (o, lang) for o, texts in STATEMENTS.items() for lang, text in texts.items()}
LANGUAGES = tuple(DISCLOSED)
LIMITS = (
    "Not checked: whether the source is right, why a number changed, and what the source leaves "
    "out."
)
LINE = re.compile(r"> (?P<text>\S.*)")
ENTRY = re.compile(r"(?P<name>Accountable|Source|Rules): (?P<value>\S.*)")
RULES = re.compile(r"next review (?P<date>\d{4}-\d\d-\d\d); corrections to (?P<contact>\S.*)")
BYLINE = re.compile(
    r"^\W*(?:by|von|par|por|di|da|door|text|words|story|author|autor|auteur|reporter|report|"
    r"written by|reported by|edited by|our (?:own )?correspondent|staff writer|redaktion)\b\s*:?\s+"
    r"(?!the\b|a\b|an\b)[A-Z\u00c0-\u00de]",
    re.IGNORECASE,
)
_ONE_LINE = re.compile(
    r"[^\n\r<>|`*\\\[\]\u0000-\u001f\u200b-\u200f\u202a-\u202e\u2060-\u2069]{1,200}"
)


@dataclass(frozen=True)
class Label:
    """Disclosure for readers of a text: its author, who answers for it, its source and rules.

    Raises:
        InputError: for an entry that is no single line of plain text, an unknown language, or a
            date of review that there is not.
    """

    accountable: str
    source: str
    review: str  # date by which the rules are reviewed
    contact: str  # for corrections
    languages: tuple[str, ...]
    origin: Origin = "written"

    def __post_init__(self) -> None:
        for name in ("accountable", "source", "contact"):
            value = getattr(self, name)
            if not _ONE_LINE.fullmatch(value) or value != value.strip():
                raise InputError(f"{name} as one line of plain text", repr(value)[:80])
        unknown = [x for x in self.languages if x not in DISCLOSED]
        if unknown or not self.languages or len(set(self.languages)) < len(self.languages):
            got = ", ".join(unknown or self.languages) or "none"
            raise InputError(f"languages out of {', '.join(LANGUAGES)}", got)
        try:
            date.fromisoformat(self.review)
        except ValueError:
            got = repr(self.review)
            raise InputError("a date of review such as 2027-06-30", got) from None

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines of the block."""
        said = [STATEMENTS[self.origin][language] for language in self.languages]
        rules = f"Rules: next review {self.review}; corrections to {self.contact}"
        entries = (f"Accountable: {self.accountable}", f"Source: {self.source}", LIMITS, rules)
        return tuple(f"> {text}" for text in (*said, *entries))


@dataclass(frozen=True)
class LabelParts:
    """Entries of a label as they stand, each of which may be absent."""

    languages: tuple[str, ...] = ()
    accountable: str = ""
    source: str = ""
    limits: bool = False
    review: str = ""
    contact: str = ""
    origin: Origin = "written"
    stray: tuple[str, ...] = ()  # lines that belong to no label


def label_parts(lines: Sequence[str]) -> LabelParts:
    """Return the parts of the label at the end of a document, the only quoted lines in it.

    Raises:
        InputError: if there is none.
    """
    matches = [LINE.fullmatch(line) for line in lines]
    last = next((i for i, m in reversed(list(enumerate(matches))) if m is None), -1)
    block = [m["text"] for m in matches[last + 1 :] if m]
    if not block or any(m for m in matches[: last + 1]):
        raise InputError("one label, as the quoted lines at the end of the text", "none there")
    said = [BY_TEXT[x] for x in block if x in BY_TEXT]
    origin: Origin = said[0][0] if said else "written"
    found = {m["name"]: m["value"] for m in map(ENTRY.fullmatch, block) if m}
    rules = RULES.fullmatch(found.get("Rules", ""))
    known = [
        x
        for x in block
        if (x in BY_TEXT and BY_TEXT[x][0] == origin) or x == LIMITS or ENTRY.fullmatch(x)
    ]
    return LabelParts(
        tuple(language for own, language in said if own == origin),
        found.get("Accountable", ""),
        found.get("Source", ""),
        LIMITS in block,
        rules["date"] if rules else "",
        rules["contact"] if rules else "",
        origin,
        tuple(x for x in block if x not in known),
    )


def read_label(lines: Sequence[str]) -> Label:
    """Return the whole label at the end of a document.

    Raises:
        InputError: if there is none, it lacks something, or another text stands in it.
    """
    found = label_parts(lines)
    label = Label(
        found.accountable or "-", found.source or "-", found.review, found.contact or "-",
        found.languages, found.origin,
    )  # fmt: skip
    if tuple(lines[-len(label.lines) :]) != label.lines or found.stray:
        raise InputError(
            "a label with disclosure, accountable person, source, limits and rules, in order",
            " / ".join(found.stray) or "another one",
        )
    return label


def bylines(lines: Sequence[str]) -> list[str]:
    """Return lines that name an author; entries of a label are none."""
    return [x for x in lines if BYLINE.match(x) and not x.startswith("> ")]
