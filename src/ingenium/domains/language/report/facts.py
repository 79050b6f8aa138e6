"""Fact lines: one figure in several languages, each read again with the numbers of its language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingenium.core.errors import InputError
from ingenium.domains.language.report.claims import Amount, Figure
from ingenium.domains.language.report.findings import StoryFinding
from ingenium.domains.language.report.periods import Period
from ingenium.domains.language.report.table import Aggregate, FactTable, TableTerm


class Words(NamedTuple):
    """Words and signs of a language."""

    fact: str
    group: str
    decimal: str
    total: str
    mean: str


LANGUAGES: Mapping[str, Words] = {
    "en": Words("Fact", ",", ".", "total", "average"),
    "de": Words("Fakt", ".", ",", "Summe", "Mittelwert"),
    "fr": Words("Fait", "\u202f", ",", "total", "moyenne"),
    "es": Words("Dato", ".", ",", "total", "media"),
    "it": Words("Dato", ".", ",", "totale", "media"),
    "nl": Words("Feit", ".", ",", "totaal", "gemiddelde"),
    "pt": Words("Facto", ".", ",", "total", "média"),
}


@dataclass(frozen=True, eq=False)
class FactLines:
    """Fact lines on a table, in some languages, with translated headings where there are any."""

    table: FactTable
    languages: tuple[str, ...]
    translations: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        """Refuse translations of what is no column, or of two columns as one.

        Raises:
            InputError: naming it.
        """
        for language, pairs in self.translations.items():
            unknown = [c for c in pairs if c not in self.table.columns]
            if unknown or language not in self.languages:
                raise InputError("translations of columns, by language", f"{language} {unknown}")
            names = [self._heading(c, language) for c in self.table.columns]
            odd = [n for n in names if re.search(r"[:,()\n<>]", n)]
            if odd or len(set(names)) < len(names):
                raise InputError(f"one plain name for each column in {language}", ", ".join(names))

    def _heading(self, column: str, language: str) -> str:
        return self.translations.get(language, {}).get(column, column)

    def write(self, finding: StoryFinding) -> list[str]:
        """Return the lines of a figure."""
        if finding.figure is None:
            return []
        aggregate, column, named = finding.figure[0].split("|")
        english = finding.slots["n"]
        lines = []
        for language in self.languages:
            words = LANGUAGES[language]
            kind = {"total": f" ({words.total})", "mean": f" ({words.mean})"}.get(aggregate, "")
            number, _, unit = english.partition(" ")
            signs = {",": words.group, ".": words.decimal}
            own = "".join(signs.get(x, x) for x in number)
            subject = f"{self._heading(column, language)}{kind}{f', {named}' if named else ''}"
            lines.append(f"- {language}: {words.fact}: {subject}: {f'{own} {unit}'.strip()}")
        return lines

    def faults(self, lines: Sequence[str]) -> tuple[list[str], Figure | None]:
        """Return what is wrong with fact lines, and their common claim."""
        faults, claims = [], []
        for language, line in zip(self.languages, lines, strict=False):
            try:
                claim = self._read(line, language)
            except InputError as error:
                faults.append(f"{line}: {error}")
                continue
            claims.append(claim)
            if why := claim.fault(self.table):
                faults.append(f"{line}: {why}")
        if len(lines) != len(self.languages):
            faults.append(f"{len(lines)} fact lines for {len(self.languages)} languages")
        if any(c != claims[0] for c in claims):
            faults.append("fact lines that differ")
        return faults, claims[0] if claims else None

    def _read(self, line: str, language: str) -> Figure:
        """Read a line in its language.

        Raises:
            InputError: for any other line.
        """
        words = LANGUAGES[language]
        number = rf"-?(?:\d{{1,3}}(?:{re.escape(words.group)}\d{{3}})+|\d{{1,3}})"
        form = (
            rf"- {language}: {words.fact}: (?P<head>[^:(]+?)(?: \((?P<kind>[^)]+)\))?"
            rf"(?:, (?P<named>[^:]+(?::\d\d)?))?: (?P<n>{number}(?:{re.escape(words.decimal)}\d+)?)"
            r"(?: (?P<unit>\S.*))?"
        )
        match = re.fullmatch(form, line)
        if match is None:
            raise InputError(f"a fact line in {language}", line[:80])
        heads = {self._heading(c, language): c for c in self.table.columns}
        kinds: dict[str | None, Aggregate] = {
            None: "value", words.total: "total", words.mean: "mean"
        }  # fmt: skip
        column = heads.get(match["head"])
        if column is None or match["kind"] not in kinds:
            raise InputError("a column of the table", match["head"])
        if (match["unit"] or "") != self.table.columns[column].unit:
            raise InputError(f"the unit {self.table.columns[column].unit}", match["unit"] or "none")
        plain = match["n"].replace(words.group, "").replace(words.decimal, ".")
        half = 0.5 * 10.0 ** -len(plain.partition(".")[2])
        key, period = self._named(match["named"])
        term = TableTerm(column, kinds[match["kind"]], key, period)
        return Figure(term, Amount(float(plain), half))

    def _named(self, text: str | None) -> tuple[str | None, Period | None]:
        """Return the name and the period that a line states."""
        if text is None:
            return None, None
        head, _, tail = text.rpartition(", ")
        for key, period in ((head or None, tail), (text, None)):
            try:
                found = Period.named(period) if period else None
            except InputError:
                continue
            if key is None or key in self.table.keys:
                return key, found
        raise InputError("a name or a period of the table", text)
