"""Values that fill a slot by their form: files, operations, elements, sizes, numbered names."""

import re
from collections.abc import Iterable, Iterator

from ingenium.words.contract import Contract, ContractEntry
from ingenium.words.files import NamedFile, named_files
from ingenium.words.measures import Measure
from ingenium.words.numbers import Number
from ingenium.words.reading import Part, ReadValue, Span
from ingenium.words.tokens import Request

SOURCES = {".py": ("source",), ".jsonl": ("cases",), ".csv": ("table",), ".txt": ("task", "draft")}
SOURCES |= {".tsv": ("table",), ".json": ("cases", "table")}
SOURCES |= {
    ".txt": ("task", "draft", "thread", "sources", "cases", "brief", "conjecture"),
    ".mm": ("database",),
}
SOURCES |= {".eml": ("thread",), ".mbox": ("thread",), ".md": ("draft", "thread", "brief")}
FORMATS = {".ifc": "ifc4?", ".h5": "hdf5", ".md": "markdown", ".xlf": "xliff", ".mm": "metamath"}
OPERATIONS = {
    "+": r"\+|\bplus\b|\baddition\b",
    "-": r"(?<=\s)-(?=\s|$|,)|\bminus\b|\bsubtraction\b",
    "*": r"\*|\btimes\b|\bmultiplication\b|\bproducts?\b",
    "/": r"(?<=[\s,])/(?=\s|$|,)|\bdivision\b|\bdivided by\b|\bover\b(?=,| and)",
    "sqrt": r"\bsqrt\b|\bsquare roots?\b|\broots?\b",
    "sq": r"\bsq\b|\bsquares?\b(?! root)",
    "sin": r"\bsin\b|\bsine\b",
    "cos": r"\bcos\b|\bcosine\b",
    "exp": r"\bexp\b|\bexponentials?\b",
    "log": r"\blog\b|\blogarithms?\b",
}
ONLY = re.compile(r"\b(?:only|using|use|with|allow(?:ed|ing)?|operations?)\b", re.IGNORECASE)
ELEMENT = r"(?:[A-Z][a-z]?)"
ELEMENTS = re.compile(
    rf"\b(?:of|from|with|elements?)\s+(?P<list>{ELEMENT}(?:\s*(?:,|and|or|,\s*and)\s*{ELEMENT})+)"
    r"(?P<only>\s+only)?(?![\w])"
)
BUT = re.compile(r"\b(?:without|no|except|free of|excluding)\s+(?P<what>[A-Za-z]+)", re.IGNORECASE)
FREE = re.compile(r"\b(?P<what>[A-Za-z]+)-free\b", re.IGNORECASE)
NAMES = dict(
    pair.split(":")
    for pair in [
        "sodium:Na",
        "potassium:K",
        "rubidium:Rb",
        "caesium:Cs",
        "cesium:Cs",
        "strontium:Sr",
        "barium:Ba",
        "cadmium:Cd",
        "mercury:Hg",
        "germanium:Ge",
        "tin:Sn",
        "lead:Pb",
        "titanium:Ti",
        "oxygen:O",
        "fluorine:F",
        "chlorine:Cl",
        "bromine:Br",
        "iodine:I",
    ]
)
GRID = re.compile(
    r"(?<![\w.])(?P<a>\d{1,4})\s?(?:x|\u00d7|by)\s?(?P<b>\d{1,4})(?![\w.])", re.IGNORECASE
)
POWER = re.compile(r"(?<![\w.])(?P<a>\d{1,3})\s?(?:\^|\*\*)\s?[234](?![\w.])")
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
]
IN_WORDS = re.compile(r"\bin words\b")
NAMED = {
    "function": "function|routine",
    "module": "module",
    "target": "column|target|variable",
    "climate": "climate|weather|climate of|weather of|climate in",
    "chip": "chip",
}
NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "the that which with from for and has have must should takes named called python own its "
        "given wrong broken name names standard library file are was will whole this test tests "
        "under about in",
    )
)
HOURLY = re.compile(
    r"\b(?:(?P<part>half|quarter)[\s-])?(?:hourly|every hour|hours? (?:steps?|resolution))\b", re.I
)
TRAINED = re.compile(r"\btrained here\b|\btrain (?:it )?here\b", re.IGNORECASE)


def slots(request: Request, contract: Contract, found: Iterable[ReadValue]) -> list[ReadValue]:
    """Values of all slots that are not filled yet."""
    filled = {f.entry.name for f in found}
    made: list[ReadValue] = []
    for value in (
        *_files(request.text, contract),
        *_in_words(request.text, contract),
        *_operations(request.text, contract),
        *_elements(request.text, contract),
        *_sizes(request, contract),
        *_numbered(request, contract),
        *_switches(request.text, contract),
        *_steps(request.text, contract),
        *_texts(request.text, contract),
    ):
        if value.entry.name not in filled:
            filled.add(value.entry.name)
            made.append(value)
    return made


def _files(text: str, contract: Contract) -> Iterator[ReadValue]:
    filled: set[str] = set()
    for file in named_files(text):
        entry = _input(file, contract, filled)
        if entry is not None:
            filled.add(entry.name)
            span = (file.start, file.end)
            yield ReadValue("given", entry, (span,), copied=(span,))


def _in_words(text: str, contract: Contract) -> Iterator[ReadValue]:
    """The request itself, where an input is a task in words."""
    for entry in contract.entries:
        if entry.kind == "given" and IN_WORDS.search(entry.text):
            said = text.strip()
            start = text.index(said) if said else 0
            span = (start, start + len(said))
            yield ReadValue("given", entry, (span,), copied=(span,))


def _input(file: NamedFile, contract: Contract, filled: set[str]) -> ContractEntry | None:
    """The input that a file can be: by the usual one, by its own name, or by its ending."""
    free = [e for e in contract.entries if e.kind == "given" and e.name not in filled]
    usual = [e for n in SOURCES.get(file.ending, ()) for e in free if e.name == n]
    stem = file.name.rpartition("/")[2].partition(".")[0].lower()
    named = [e for e in free if e.name in stem or stem in e.name]
    formats = FORMATS.get(file.ending, file.ending.lstrip("."))
    ended = [e for e in free if re.search(rf"\b(?:{formats})", e.text, re.IGNORECASE)]
    return next(iter((*named, *usual, *ended)), None)


def _operations(text: str, contract: Contract) -> Iterator[ReadValue]:
    """Operations of a formula, where at least two are listed behind `only` or `using`."""
    entry = contract.by_name.get(("setup", "operations"))
    starts = [m.end() for m in ONLY.finditer(text)] if entry else []
    if entry is None or not starts:
        return
    places = {
        name: [m.span() for m in re.finditer(form, text[starts[0] :], re.IGNORECASE)]
        for name, form in OPERATIONS.items()
    }
    named = {n: s[0] for n, s in places.items() if s and n in (entry.default or ())}
    if "sqrt" in named and "sq" in named and named["sq"][0] == named["sqrt"][0]:
        del named["sq"]
    if len(named) > 1:
        spans = tuple((starts[0] + a, starts[0] + b) for a, b in named.values())
        cue = next(m.span() for m in ONLY.finditer(text))
        yield ReadValue("setup", entry, (*spans, cue), names=tuple(named))


def _elements(text: str, contract: Contract) -> Iterator[ReadValue]:
    entry = contract.by_name.get(("setup", "elements"))
    usual = tuple(entry.default or ()) if entry else ()
    if entry is None:
        return
    listed = ELEMENTS.search(text)
    if listed is not None:
        names = tuple(n for n in re.findall(ELEMENT, listed["list"]) if n in usual)
        if len(names) == len(re.findall(ELEMENT, listed["list"])):
            yield ReadValue("setup", entry, (listed.span(),), names=names)
            return
    for match in (*BUT.finditer(text), *FREE.finditer(text)):
        symbol = NAMES.get(match["what"].lower(), match["what"])
        if symbol in usual:
            rest = tuple(n for n in usual if n != symbol)
            yield ReadValue("setup", entry, (match.span(),), names=rest)
            return


def _sizes(request: Request, contract: Contract) -> Iterator[ReadValue]:
    """`16x16` where a problem has one size of all sides, `3x2` where it has rows and columns."""
    size = contract.by_name.get(("setup", "size"))
    power = POWER.search(request.text) if size is not None else None
    if size is not None and power is not None:
        yield ReadValue("setup", size, (power.span(),), exact=_whole(power, "a"))
        return
    for match in GRID.finditer(request.text):
        sides = [_whole(match, part) for part in ("a", "b")]
        size = contract.by_name.get(("setup", "size"))
        rows, columns = (contract.by_name.get(("setup", n)) for n in ("rows", "columns"))
        if size is not None and sides[0].low.value == sides[1].low.value:
            yield ReadValue("setup", size, (match.span(),), exact=sides[0])
        elif rows is not None and columns is not None:
            for entry, side in ((rows, sides[0]), (columns, sides[1])):
                yield ReadValue("setup", entry, (match.span(),), exact=side)
        else:
            continue
        return


def _whole(match: re.Match[str], part: str) -> Measure:
    return Measure(*match.span(part), Number(float(match[part]), *match.span(part)))


def _numbered(request: Request, contract: Contract) -> Iterator[ReadValue]:
    """`the digit 7`, `a seven`, `the fifth speaker`: conditions that are numbers of things."""
    for entry in contract.entries:
        if entry.kind != "condition" or not entry.whole:
            continue
        word = entry.name.replace("_", " ")
        ordinal = re.search(rf"\b({'|'.join(ORDINALS)}) {word}\b", request.text, re.IGNORECASE)
        if ordinal:
            number = float(ORDINALS.index(ordinal[1].lower()) + 1)
            yield _numbers(entry, ordinal.span(), number)
            continue
        for measure in request.measures:
            if measure.unit or measure.high or measure.sense not in ("value", "exact"):
                continue
            before = request.text[: measure.start]
            if re.search(rf"\b{word}s?(?: number| no\.?)?\s$", before, re.IGNORECASE):
                start = re.search(rf"\b{word}s?(?: number| no\.?)?\s$", before, re.IGNORECASE)
                assert start is not None
                yield _numbers(entry, (start.start(), measure.end), measure.low.value)
                break
            wanted = re.search(rf"\b(?:hand-?written|the|an?|{word})\s$", before, re.IGNORECASE)
            behind = request.text[measure.end :]
            if (
                wanted
                and measure.low.worded
                and re.match(r"\s*(?:$|[,.;:]|with\b|by\b|for\b)", behind)
            ):
                yield _numbers(entry, (measure.start, measure.end), measure.low.value)
                break


def _numbers(entry: ContractEntry, span: Span, value: float) -> ReadValue:
    measure = Measure(*span, Number(value, *span, worded=True))
    return ReadValue(_part(entry), entry, (span,), exact=measure)


def _part(entry: ContractEntry) -> Part:
    return "condition" if entry.kind == "condition" else "setup"


def _steps(text: str, contract: Contract) -> Iterator[ReadValue]:
    """`hourly` and `quarter-hourly`, where a problem has a step of time."""
    entry = contract.by_name.get(("setup", "step_min"))
    match = HOURLY.search(text) if entry else None
    if entry is not None and match is not None:
        minutes = {"half": 30.0, "quarter": 15.0}.get((match["part"] or "").lower(), 60.0)
        number = Number(minutes, *match.span(), worded=True)
        yield ReadValue("setup", entry, (match.span(),), exact=Measure(*match.span(), number))


def _texts(text: str, contract: Contract) -> Iterator[ReadValue]:
    """`the function bubble_sort` and `the json module`: names behind or before what they name."""
    for name, cue in NAMED.items():
        entry = contract.by_name.get(("setup", name))
        if entry is None or entry.choices or entry.numeric:
            continue
        named = rf"(?i:{cue})\s(?:named\s|called\s)?['\"`]?(?P<what>[A-Za-z_]\w{{2,}})['\"`]?"
        before = rf"(?i:the\s|for\s|of\s)['\"`]?(?P<what>[a-z_]\w{{2,}})['\"`]?\s(?i:{cue})\b"
        forms = (named, before) if name in ("function", "module") else (named,)
        for match in (m for form in forms for m in re.finditer(rf"\b{form}", text)):
            if match["what"].lower() in NO_NAMES or text[match.end("what") :].startswith(
                (".", "-")
            ):
                continue
            span = match.span("what")
            yield ReadValue("setup", entry, (span, match.span()), copied=(span,))
            break


def _switches(text: str, contract: Contract) -> Iterator[ReadValue]:
    entry = contract.by_name.get(("setup", "train"))
    match = TRAINED.search(text) if entry and entry.choices else None
    if entry is not None and match is not None:
        yield ReadValue("setup", entry, (match.span(),), names=("true",))
