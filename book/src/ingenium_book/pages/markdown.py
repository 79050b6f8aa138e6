"""The evidence book as Markdown pages, for the site of the documents."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ingenium_book.entries import RowEntry, counts
from ingenium_book.pages.pages import by_chapter, drawn, rooms, shares
from ingenium_book.pages.wording import RULES, Line, RowWords, tell

Cells = tuple[str, ...]
MEASURED = ("Measured", "95 % interval")
STALE = ", stale: a quick run with the present source gives another value"
CAPTIONS = {
    "parts": "Measured against the bound: the claimed side is shaded, lines are 95 % intervals",
    "plane": "Two measures together: lines are 95 % intervals",
    "alongside": "Methods compared",
}


def pages(book: Sequence[RowEntry]) -> dict[str, str]:
    """Text of every page by the name of its file, `index.md` first, then `27.md` and so on."""
    named = by_chapter(book)
    made = {"index.md": index(book, tuple(named.values()))}
    return made | {f"{number}.md": chapter(rows) for number, rows in named.items()}


def index(book: Sequence[RowEntry], named: Sequence[Sequence[RowEntry]]) -> str:
    """Write the index: counts by chapter, and the rows that have a check or a study."""
    statuses = [name for name, _, _ in shares(book)]
    lines = [("Chapter", "Systems", "Numbers", *statuses)]
    for rows in named:
        of, found = rows[0].chapter, counts(rows)
        numbers = [found["systems"], found["numbers"], *(n for _, _, n in shares(rows))]
        title = f"[{of.chapter} {of.title}]({of.chapter}.md)"
        lines.append((title, *(str(n or "") for n in numbers)))
    reported = [tell(entry) for entry in book if entry.requested]
    found = counts(book)
    blocks = (
        "# The evidence book",
        f"{len(book)} rows: {found['systems']} ask whether a system is there, {found['numbers']} "
        f"whether a number is true. {RULES} A status comes only from an outcome that a check or a "
        "study wrote; `ingenium study audit` refuses any other.",
        _table(lines),
        "## Rows with a check or a study",
        _table([("Row", "Claim", "Status", "Measured on", *MEASURED), *map(_line, reported)]),
    )
    return "\n\n".join(blocks) + "\n"


def _line(reported: RowWords) -> Cells:
    claim, main = reported.entry.claim, reported.main
    where = f"{reported.entry.chapter.chapter}.md#row-{claim.row.replace('.', '-')}"
    on = f"{claim.measured_on} ({claim.scope})" if claim.study else ""
    title = f"[{claim.row}]({where})"
    return (title, claim.title, _status(reported), on, main.value, main.interval)


def _status(reported: RowWords) -> str:
    return f"{reported.entry.status}{', stale' if reported.entry.stale else ''}"


def chapter(rows: Sequence[RowEntry]) -> str:
    """Write the page of one chapter: its systems, then its numbers, then their evidence."""
    of, found = rows[0].chapter, [f"{n} {name}" for name, _, n in shares(rows) if n]
    room = rooms(rows)
    blocks = [f"# {of.chapter} {of.title}", f"{len(rows)} rows: {', '.join(found)}."]
    blocks += [f"!!! warning\n    {of.caution}"] if of.caution else []
    if room.systems:
        lines = [("Row", "System", "Status", "Command"), *map(_system, room.systems)]
        blocks += ["## Systems", _table(lines)]
        blocks += [block for one in room.systems if one.entry.claim.check for block in _shown(one)]
    if room.numbers:
        lines = [("Row", "Claim", "Printed", "Status", *MEASURED, "Measured on", "Scope")]
        blocks += ["## Numbers", _table([*lines, *map(_number, room.numbers)])]
    pictures = drawn(room.measured)
    for one in room.measured:
        blocks += _row(one, vars(pictures[one.entry.claim.row]))
    if room.closed:
        lines = [("Row", "Claim", "Why"), *map(_closed, room.closed)]
        blocks += ["## Not testable here", _table(lines)]
    return "\n\n".join(blocks) + "\n"


def _system(reported: RowWords) -> Cells:
    claim = reported.entry.claim
    more = [claim.claim, f"Caution: {claim.caution}" if claim.caution else ""]
    more += [reported.said.get("Not here", "")]
    command = (
        f"`{reported.command.splitlines()[0]}`" if reported.command and reported.findings else ""
    )
    text = " ".join(x for x in (f"**{claim.title}.**", *more) if x)
    return (claim.row, text, _status(reported), command)


def _shown(reported: RowWords) -> list[str]:
    """Findings of the check of a system, as blocks of Markdown."""
    claim = reported.entry.claim
    anchor = "" if claim.study else f" {{ #row-{claim.row.replace('.', '-')} }}"
    blocks = [f"### {claim.row} {claim.title}{anchor}", f"**{_status(reported)}**"]
    blocks.append(f"```\n{reported.command}\n```")
    found = "\n".join(f"- {said}: {_plain(text)}" for said, text in reported.findings)
    blocks.append(found or "Not checked yet.")
    if reported.picture:
        image = f'<img src="{reported.picture}" alt="{_plain(reported.caption)}">'
        blocks.append(_figure(_plain(reported.caption), Markup(image)))
    return blocks


def _number(reported: RowWords) -> Cells:
    claim, main = reported.entry.claim, reported.main
    scope = str(claim.scope) if claim.study else ""
    text = f"**{claim.title}.** {claim.claim}"
    if claim.caution:
        text += f" Caution: {claim.caution}"
    numbers = (claim.claimed, _status(reported), main.value, main.interval)
    return (claim.row, text, *numbers, claim.measured_on, scope)


def _closed(reported: RowWords) -> Cells:
    claim = reported.entry.claim
    return (claim.row, f"**{claim.title}.** {claim.claim}", reported.said["Not here"])


def _row(reported: RowWords, drawings: Mapping[str, Markup | None]) -> list[str]:
    """A row with its study, as blocks of Markdown."""
    claim, result = reported.entry.claim, reported.entry.result
    state = f"**{reported.entry.verdict}**{STALE if reported.entry.stale else ''}"
    blocks = [f"### {claim.row} {claim.title} {{ #row-{claim.row.replace('.', '-')} }}", state]
    blocks += [f"**{name}**: {_plain(text)}" for name, text in reported.said.items()]
    head = ("Part of the claim", "Bound", "Measured", "95 % interval", "Outcome")
    blocks.append(_table([head, *map(_part, reported.parts)]))
    blocks += [_figure(CAPTIONS[name], shown) for name, shown in drawings.items() if shown]
    if reported.alongside:
        lines = [
            ("Alongside", "Measured", "95 % interval"),
            *((x.name, x.value, x.interval) for x in reported.alongside),
        ]
        blocks.append(_folded("Baselines and all else that was measured", lines))
    blocks += [_plain(note) for note in (result.notes if result else ())]
    if reported.facts:
        blocks.append(_folded("How it was measured", [("Of the run", ""), *reported.facts]))
    command = result.command if result else f"ingenium study run {claim.row}"
    return [*blocks, f"```\n{command}\n```"]


def _figure(caption: str, drawing: Markup) -> str:
    shown = f"<figcaption>{caption}</figcaption>{_one_line(drawing)}"
    return f'<figure class="forest">{shown}</figure>'


def _folded(title: str, lines: Sequence[Cells]) -> str:
    """A collapsible table."""
    inside = _table(lines).replace("\n", "\n    ")
    return f'??? note "{title}"\n    {inside}'


def _part(part: Line) -> Cells:
    name = f"**{part.name}**" if part.main else part.name
    return (name, part.bound, part.value, part.interval, part.outcome)


def _table(rows: Sequence[Cells]) -> str:
    lines = [f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows]
    return "\n".join((lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]))


def _plain(text: str) -> str:
    """Escape text for Markdown, except links and bold text."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _one_line(drawing: Markup) -> str:
    return " ".join(line.strip() for line in drawing.splitlines())
