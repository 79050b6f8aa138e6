"""The first page of the book: a sentence and a bar, three boxes, and a table by verdict."""

from collections.abc import Callable, Mapping, Sequence

from ingenium_book.entries import RowEntry
from ingenium_book.pages.text_blocks import plain, table
from ingenium_book.pages.words import found, simplest
from ingenium_book.verdicts import Built, RowVerdict

GROUPS: Mapping[str, tuple[str, ...]] = {  # in plain words, and their statuses
    "hold": (RowVerdict.CONFIRMED, Built.WORKS),
    "hold, but no better than something simpler": (RowVerdict.AS_BY,),
    "work with gaps": (Built.GAPS,),
    "in part": (Built.PART,),
    "open": (RowVerdict.CONSISTENT, RowVerdict.NOT_DECIDED),
    "not reached by us": (RowVerdict.NOT_REACHED, Built.NOT),
    "false as far as we can tell": (RowVerdict.REFUTED,),
}
STYLES = ("holds", "alike", "gaps", "partly", "open", "short", "false")
ORDER = tuple(status for group in GROUPS.values() for status in group)
HOLD = ("23.13", "35.8", "23.1", "25.16", "33.13")
SHORT = ("22.5", "20.6", "21.3", "20.1", "37.2")
WRONG = ("31.13", "20.12", "23.10", "19.18", "22.2")


def front(book: Sequence[RowEntry], address: Callable[[RowEntry], str]) -> str:
    """Text of the page below its title; `address` is where a row is shown."""
    rows = {entry.claim.row: entry for entry in book}
    blocks = [sentence(book), bar(book)]
    for kind, title, chosen, told in (
        ("success", "What holds", HOLD, found),
        ("warning", "What we could not reach, and why", SHORT, _why),
        ("danger", "What we think is wrong in the book", WRONG, _wrong),
    ):
        lines = [_boxed(rows[row], told, address) for row in chosen if row in rows]
        blocks += [f'!!! {kind} "{title}"\n\n{chr(10).join(lines)}'] if lines else []
    return "\n\n".join((*blocks, by_verdict(book, address)))


def sentence(book: Sequence[RowEntry]) -> str:
    """Counts of all rows in one sentence."""
    told = "; ".join(f"{n} {name}" for name, n in grouped(book).items() if n)
    looked = sum(entry.answered for entry in book)
    said = f": {told}" if told else ""
    return f"**Of {len(book)} claims {looked} were looked at{said}.** The others wait for a test."


def grouped(book: Sequence[RowEntry]) -> dict[str, int]:
    """Number of rows of each group of statuses."""
    return {
        name: sum(e.answered and e.status in group for e in book) for name, group in GROUPS.items()
    }


def bar(book: Sequence[RowEntry]) -> str:
    """The same as a bar, in HTML."""
    counts = grouped(book)
    cells = "".join(
        f'<span class="{style}" style="flex: {n}" title="{n} {name}">{n}</span>'
        for (name, n), style in zip(counts.items(), STYLES, strict=True)
        if n
    )
    left = len(book) - sum(counts.values())
    cells += f'<span class="none" style="flex: {left}" title="{left} wait">{left}</span>'
    keys = [*zip(STYLES, counts, strict=True), ("none", "wait for a test")]
    legend = " ".join(f'<span><b class="{style}"></b>{name}</span>' for style, name in keys)
    return f'<div class="verdicts">{cells}</div>\n<div class="verdicts-legend">{legend}</div>'


def by_verdict(book: Sequence[RowEntry], address: Callable[[RowEntry], str]) -> str:
    """Every row that was looked at, those that hold first."""
    shown = [entry for entry in book if entry.answered and entry.status in ORDER]
    shown.sort(key=lambda entry: ORDER.index(entry.status))
    head = ("Claim", "The book says", "We found", "The simplest rival", "On", "Verdict")
    lines = [
        (
            f"[{entry.claim.row}]({address(entry)}) {entry.claim.title}",
            entry.claim.claimed,
            found(entry),
            simplest(entry),
            entry.claim.measured_on or entry.claim.domain,
            f"**{entry.decided}**",
        )
        for entry in shown
    ]
    return f"## All that was looked at, by verdict\n\n{table([head, *lines])}"


def _boxed(
    entry: RowEntry, told: Callable[[RowEntry], str], address: Callable[[RowEntry], str]
) -> str:
    text = f"[{entry.claim.row}]({address(entry)}) *{entry.claim.claim}* {told(entry)}"
    return f"    - {plain(text)}"


def _why(entry: RowEntry) -> str:
    rival = simplest(entry)
    return f"{found(entry)} The simplest rival: {rival}." if rival else found(entry)


def _wrong(entry: RowEntry) -> str:
    said = found(entry) if entry.status == RowVerdict.REFUTED else ""
    return f"{said} {entry.claim.caution}".strip()
