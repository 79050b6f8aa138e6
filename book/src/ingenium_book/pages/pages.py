"""The evidence book as Markdown: a first page, and a page for each chapter."""

import base64
from collections.abc import Sequence

from markupsafe import Markup

from ingenium_book.entries import RowEntry
from ingenium_book.pages.forest import forest
from ingenium_book.pages.front import bar, front, sentence
from ingenium_book.pages.text_blocks import figure, folded, plain, table
from ingenium_book.pages.words import alongside, answers, facts, found, numbers, parts, simplest
from ingenium_book.results import CHECKS, book_folder
from ingenium_book.verdicts import BUILT_RULE, RULE


def pages(book: Sequence[RowEntry]) -> dict[str, str]:
    """Text of every page by the name of its file, `index.md` first, then `27.md` and so on."""
    made = {"index.md": f"# The evidence book\n\n{front(book, address)}\n\n{RULE} {BUILT_RULE}\n"}
    for number in dict.fromkeys(entry.chapter.chapter for entry in book):
        rows = [entry for entry in book if entry.chapter.chapter == number]
        made[f"{number}.md"] = chapter(rows)
    return made


def address(entry: RowEntry) -> str:
    """Address of a row, from the folder of the pages."""
    return f"{entry.chapter.chapter}.md#{anchor(entry)}"


def anchor(entry: RowEntry) -> str:
    """Name of a row in its page."""
    return f"row-{entry.claim.row.replace('.', '-')}"


def chapter(rows: Sequence[RowEntry]) -> str:
    """Write the page of one chapter: rows with an outcome, then those without."""
    of = rows[0].chapter
    blocks = [f"# {of.chapter} {of.title}", sentence(rows), bar(rows)]
    blocks += [f"!!! warning\n    {of.caution}"] if of.caution else []
    for entry in rows:
        blocks += _row(entry) if entry.answered else []
    left = [e for e in rows if not e.answered]
    if left:
        lines = [
            (f"{e.claim.row} {e.claim.title}", e.claim.claim, f"**{e.decided}**{_beyond(e)}")
            for e in left
        ]
        blocks += ["## Not looked at yet", table([("Row", "The book says", ""), *lines])]
    return "\n\n".join(blocks) + "\n"


def _beyond(entry: RowEntry) -> str:
    return f": {entry.claim.beyond.why}" if entry.claim.beyond else ""


def _row(entry: RowEntry) -> list[str]:
    """A row as blocks: its sentences, picture, what was not tested, a command; the rest folded."""
    claim, told = entry.claim, found(entry)
    rival = simplest(entry)
    blocks = [
        f"## {claim.row} {claim.title} {{ #{anchor(entry)} }}",
        f"**{entry.decided}**{' (a quick run)' if entry.run == 'quick' else ''}",
        plain(f"The book: *{claim.claim}* ({claim.claimed})"),
        plain(f"Here: {told}{f' The simplest rival: {rival}.' if rival else ''}"),
    ]
    drawing = forest(entry, f"r{claim.row.replace('.', '-')}")
    blocks += [figure(drawing)] if drawing else []
    blocks += [_not_tested(entry), f"```\n{_command(entry)}\n```"]
    return [*blocks, folded("What was agreed, what was measured, and how", _details(entry))]


def _not_tested(entry: RowEntry) -> str:
    left = entry.claim.not_tested
    return plain(f"Not tested: {'; '.join(left)}." if left else "All that was agreed was tested.")


def _command(entry: RowEntry) -> str:
    what = "run" if entry.result else "check"
    return f"ingenium study {what} {entry.claim.row}"


def _details(entry: RowEntry) -> list[str]:
    """Details that stand folded below a row."""
    claim, result, outcome = entry.claim, entry.result, entry.outcome
    told = {"Caution": claim.caution, "Note": claim.note, "Not here": _beyond(entry)[2:]}
    blocks = [plain(f"{name}: {text}") for name, text in told.items() if text]
    blocks += [plain(f"The main claim was {text}.") for text in claim.changed]
    blocks.append(table([("Agreed", "Answer"), *answers(entry)]))
    if result:
        on = f"{claim.measured_on} ({claim.scope})"
        blocks += [plain(f"Measured on {on}.")]
        head = ("Part of the claim", "Bound", "Measured", "Interval", "Outcome")
        blocks.append(table([head, *parts(entry)]))
        more = [(k.replace("_", " "), *numbers(v.interval)) for k, v in alongside(entry).items()]
        blocks += [table([("Also measured", "Value", "95 % interval"), *more])] if more else []
        blocks += [plain(note) for note in result.notes]
        blocks.append(table([("Of the run", ""), *facts(entry, result)]))
    if outcome:
        said = {True: "yes", False: "no"}
        lines = [
            f"- {'gap' if f.gap and not f.holds else said[f.holds]}: {plain(f.text)}"
            for f in outcome.findings
        ]
        commands = "\n".join(outcome.commands)
        blocks += ["\n".join(lines), f"```\n{commands}\n```"] if commands else ["\n".join(lines)]
        mutant = (
            f"It fails under the mutant `{claim.mutant}`." if claim.mutant else "No mutant yet."
        )
        blocks.append(f"Checked in {outcome.seconds:.0f} s, {entry.last_run}. {mutant}")
        blocks += _picture(entry, outcome.caption)
    return blocks


def _picture(entry: RowEntry, caption: str) -> list[str]:
    """The picture that the check drew, if it was run in this place."""
    path = book_folder(entry.claim.package) / CHECKS / f"{entry.claim.row}.png"
    if not caption or not path.is_file():
        return []
    data = base64.b64encode(path.read_bytes()).decode()
    return [figure(Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data, caption))]
