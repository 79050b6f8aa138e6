"""Pages of the evidence book as text, for `ingenium docs`."""

from functools import partial

from ingenium.cli.documents import Page, as_text
from ingenium_book.claims import chapters


def pages() -> dict[str, Page]:
    """Return a page for each chapter, by name; `studies` is the first page of the book."""
    found: dict[str, Page] = {}
    for of in chapters():
        title = f"{of.chapter} {of.title}"
        found[f"book/{of.chapter}"] = Page(title, partial(_page, of.chapter))
    return found


def _page(chapter: int | str) -> str:
    from ingenium_book.entries import entries
    from ingenium_book.pages import pages as evidence

    chosen = [c for c in chapters() if c.chapter == chapter]
    made = evidence.pages(entries(chosen))
    return as_text(made[f"{chapter}.md"])
