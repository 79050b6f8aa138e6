"""Pieces of a request that are copied verbatim: formulas, codes of networks, texts of settings."""

import difflib
import re

from ingenium.words.contract import ContractEntry
from ingenium.words.lexicon import terms
from ingenium.words.pointing import Lexis
from ingenium.words.reading import OpenQuestion, Part, ReadValue
from ingenium.words.tokens import DATE, Code, Request

ALIKE = 0.6  # share of a default's signs that a code of the same kind has
FORMULAS = frozenset((*terms("target query molecule group keep avoid smiles"), "keep", "avoid"))


def texts(request: Request, lexis: Lexis, used: set[tuple[int, int]]) -> list[ReadValue]:
    """Read settings and inputs that are texts or lists of texts, with the codes that fill them."""
    found: dict[str, ReadValue] = {}
    for code in request.codes:
        if (code.start, code.end) in used or not (entry := _place(request, lexis, code)):
            continue
        before = found.get(entry.name)
        spans = (*before.copied, (code.start, code.end)) if before else ((code.start, code.end),)
        if before and not entry.several:
            continue
        part: Part = "given" if entry.kind == "given" else "setup"
        found[entry.name] = ReadValue(part, entry, spans, copied=spans)
    return list(found.values())


def _place(request: Request, lexis: Lexis, code: Code) -> ContractEntry | None:
    """The entry for a code: the one named before it, else the one that accepts it."""
    free = [
        n.entry
        for n in lexis.namings
        if n.entry.kind in ("setup", "given")
        and not n.entry.numeric
        and not n.entry.choices
        and not n.entry.file
    ]
    if code.formula:
        free = [e for e in free if _chemical(e)]
    else:
        free = [e for e in free if not _chemical(e)]
    if not free:
        return None
    start, _ = request.clause(code.start)
    named = [
        (match.start(), -i, e)
        for i, e in enumerate(free)
        for part in e.name.split("_")
        for match in re.finditer(rf"\b{re.escape(part)}", request.text[: code.start], re.I)
        if match.start() >= start
    ]
    if named:
        return max(named, key=lambda row: row[:2])[2]
    if code.formula:
        return next((e for e in free if not e.several), None)
    if DATE.fullmatch(code.text):
        free = [e for e in free if DATE.fullmatch(str(e.default))]
        return free[0] if free else None
    alike = [e for e in free if isinstance(e.default, str) and _alike(code.text, e.default)]
    return alike[0] if alike else None


def _names(entry: ContractEntry) -> list[str]:
    return terms(entry.name.replace("_", " "))


def _chemical(entry: ContractEntry) -> bool:
    """True if an entry holds formulas, by its name or by its default."""
    usual = entry.default if isinstance(entry.default, str) else ""
    named = bool(FORMULAS & {*_names(entry), *entry.name.split("_")})
    if entry.file:
        return False
    return named or any(sign in usual for sign in "=[") or entry.kind == "given"


def _alike(code: str, usual: str) -> bool:
    return difflib.SequenceMatcher(None, code.lower(), usual.lower()).ratio() >= ALIKE


OBJECT = re.compile(r"\b(?:of|to|for|from) (?:the |a |an )?(?P<what>[a-z]{4,})\b", re.I)


def unnamed(request: Request, lexis: Lexis, found: list[ReadValue]) -> list[OpenQuestion]:
    """Ask for an input text of the problem, if the request has only a word that is no such text.

    `conformers of ibuprofen` names a molecule that only a dictionary could resolve.
    """
    filled = {f.entry.name for f in found}
    requested = [n.entry for n in lexis.namings if _chemical(n.entry) and not n.entry.several]
    requested = [
        e for e in requested if e.kind in ("given", "setup") and not e.numeric and not e.choices
    ]
    if not requested or any(e.name in filled for e in requested):
        return []
    title = set(terms(lexis.contract.problem.replace("_", " ")))
    for match in OBJECT.finditer(request.text):
        start, _ = request.clause(match.start())
        before = [t.term for t in request.tokens if start <= t.start < match.start()][-2:]
        (word,) = terms(match["what"]) or [""]
        if title & set(before) and word and word not in lexis.known:
            text = f'{requested[0].name}: "{match["what"]}" is no formula; write its SMILES.'
            return [OpenQuestion(requested[0].name, "missing", text, (match.span("what"),))]
    return []
