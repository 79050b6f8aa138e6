"""The evidence book as Markdown pages, for the site of the documents."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ingenium.report.book.pages import by_chapter, drawn, shares
from ingenium.report.book.telling import Measured, Told, rule, tell
from ingenium.studies.book.entries import Entry, counts

Cells = tuple[str, ...]
MEASURED = ("Measured", "95 % interval")
STALE = (
    ", stale: source or data that the result rests on have changed since; it says what it said then"
)
CAPTIONS = {
    "parts": "Measured against the bound: the claimed side is shaded, lines are 95 % intervals",
    "plane": "Two measures together: lines are 95 % intervals",
    "beside": "Methods beside each other",
}


def pages(book: Sequence[Entry]) -> dict[str, str]:
    """Text of every page by the name of its file, `index.md` first, then `27.md` and so on."""
    named = by_chapter(book)
    made = {"index.md": index(book, tuple(named.values()))}
    return made | {f"{number}.md": chapter(rows) for number, rows in named.items()}


def index(book: Sequence[Entry], named: Sequence[Sequence[Entry]]) -> str:
    """The first page: counts by chapter, and the rows that have a study."""
    statuses = [name for name, _, _ in shares(book)]
    lines = [("Chapter", "Claims", "Studies", *statuses)]
    for rows in named:
        of = rows[0].chapter
        numbers = [len(rows), counts(rows)["with a study"], *(n for _, _, n in shares(rows))]
        title = f"[{of.chapter} {of.title}]({of.chapter}.md)"
        lines.append((title, *(str(n or "") for n in numbers)))
    told = [tell(entry) for entry in book if entry.study]
    blocks = (
        "# The evidence book",
        f"{len(book)} published claims, {len(told)} with a study. {rule()} A status comes "
        "only from a result that a study wrote; `ingenium study check` refuses any other.",
        _table(lines),
        "## Rows with a study",
        _table([("Row", "Claim", "Status", "Main parts", *MEASURED), *map(_line, told)]),
    )
    return "\n\n".join(blocks) + "\n"


def _line(told: Told) -> Cells:
    claim, head = told.entry.claim, told.headline
    where = f"{told.entry.chapter.chapter}.md#row-{claim.row.replace('.', '-')}"
    status = f"{told.entry.status.value}{', stale' if told.entry.stale else ''}"
    main = told.entry.main
    return (f"[{claim.row}]({where})", told.title, status, main, head.value, head.interval)


def chapter(rows: Sequence[Entry]) -> str:
    """The page of one chapter: rows with a study in full, the others in a table."""
    told = [tell(entry) for entry in rows]
    of, found = rows[0].chapter, [f"{n} {name}" for name, _, n in shares(rows) if n]
    blocks = [f"# {of.chapter} {of.title}", f"{len(rows)} claims: {', '.join(found)}."]
    blocks += [f"!!! warning\n    {of.caution}"] if of.caution else []
    pictures = drawn(told)
    for one in told:
        if one.entry.study:
            of_row = pictures[one.entry.claim.row]
            blocks += _row(one, vars(of_row))
    others = [one for one in told if not one.entry.study]
    if others:
        lines = [("Row", "Claim", "Claimed", "Domain"), *map(_other, others)]
        blocks += ["## Without a study yet", _table(lines)]
    return "\n\n".join(blocks) + "\n"


def _row(told: Told, drawings: Mapping[str, Markup | None]) -> list[str]:
    """A row with its study, as blocks of Markdown."""
    claim = told.entry.claim
    state = f"**{told.entry.status.value}**{STALE if told.entry.stale else ''}"
    said = {
        "Claim": told.claim,
        "Claimed": f"{told.claimed} ({told.stated.rstrip('.').lower()})",
        "Caution": claim.caution,
        "Note": claim.note,
        "Not here": told.beyond,
        "Protocol": told.protocol,
    }
    blocks = [f"## {claim.row} {told.title} {{ #row-{claim.row.replace('.', '-')} }}", state]
    blocks += [f"**{name}**: {_plain(text)}" for name, text in said.items() if text]
    if told.parts:
        head = ("Part of the claim", "Bound", "Measured", "95 % interval", "Outcome")
        blocks.append(_table([head, *map(_part, told.parts)]))
    blocks += [_figure(CAPTIONS[name], shown) for name, shown in drawings.items() if shown]
    if told.beside:
        lines = [
            ("Beside", "Measured", "95 % interval"),
            *((x.name, x.value, x.interval) for x in told.beside),
        ]
        blocks.append(_folded("Baselines and all else that was measured", lines))
    blocks += [_plain(note) for note in (told.entry.result.notes if told.entry.result else ())]
    if told.facts:
        blocks.append(_folded("How it was measured", [("Of the run", ""), *told.facts]))
    return [*blocks, f"```\n{told.command}\n```"]


def _figure(caption: str, drawing: Markup) -> str:
    shown = f"<figcaption>{caption}</figcaption>{_one_line(drawing)}"
    return f'<figure class="forest">{shown}</figure>'


def _folded(title: str, lines: Sequence[Cells]) -> str:
    """A table that is opened by a click."""
    inside = _table(lines).replace("\n", "\n    ")
    return f'??? note "{title}"\n    {inside}'


def _part(part: Measured) -> Cells:
    return (part.name, part.bound, part.value, part.interval, part.outcome)


def _other(told: Told) -> Cells:
    claim = told.entry.claim
    more = [told.claim, f"Caution: {claim.caution}" if claim.caution else "", told.beyond]
    text = " ".join(x for x in (f"**{claim.title}.**", *more) if x)
    return (claim.row, text, f"{told.claimed}. {told.stated}", claim.domain)


def _table(rows: Sequence[Cells]) -> str:
    lines = [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return "\n".join((lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]))


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is, but for links and what is bold."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _one_line(drawing: Markup) -> str:
    return " ".join(line.strip() for line in drawing.splitlines())
