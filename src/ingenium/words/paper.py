"""Plain documents: Markdown of headings, paragraphs, lists and quotes, as HTML and back.

The HTML has these elements alone, so that nothing in it is hidden, styled away or run; reading it
gives the lines that were written, and refuses all else.
"""

from collections.abc import Sequence
from html import escape
from html.parser import HTMLParser
from itertools import groupby

from ingenium.core.errors import InputError

MARKS = {"# ": "h1", "- ": "li", "> ": "blockquote"}
OPEN = {"# ": "<h1>", "- ": "<ul>\n<li>", "> ": "<blockquote>\n<p>", "": "<p>"}
NEXT = {"# ": "</h1>\n<h1>", "- ": "</li>\n<li>", "> ": "</p>\n<p>", "": "\n"}
CLOSE = {"# ": "</h1>", "- ": "</li>\n</ul>", "> ": "</p>\n</blockquote>", "": "</p>"}
WHAT = "HTML of headings, paragraphs, lists and quotes alone"


def html(lines: Sequence[str], language: str) -> str:
    """Return a document as HTML: a block for each run of lines of one kind."""
    title = next((x[2:] for x in lines if x.startswith("# ")), "")
    blocks = []
    for mark, run in groupby(lines, _mark):
        own = [escape(x[len(mark or "") :], quote=False) for x in run]
        if mark is not None:
            blocks.append(OPEN[mark] + NEXT[mark].join(own) + CLOSE[mark])
    head = f'<head><meta charset="utf-8"><title>{escape(title, quote=False)}</title></head>'
    body = "\n".join(blocks)
    return f'<!DOCTYPE html>\n<html lang="{language}">\n{head}\n<body>\n{body}\n</body>\n</html>\n'


def lines_of(text: str, language: str) -> list[str]:
    """Return the lines of a document in HTML.

    Raises:
        InputError: for elements or attributes that `html` does not write, or another language.
    """
    reader = _BlockReader()
    reader.feed(text)
    reader.close()
    lines = "\n\n".join(reader.blocks).split("\n")
    if html(lines, language) != text:
        raise InputError(WHAT, "something else")
    return lines


def _mark(line: str) -> str | None:
    """Mark of a line; None for a blank one."""
    return next((m for m in MARKS if line.startswith(m)), "") if line else None


class _BlockReader(HTMLParser):
    """Collects the blocks of the body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._stack.append(tag)
        if tag in ("h1", "ul", "blockquote") or (tag == "p" and "blockquote" not in self._stack):
            self.blocks.append("")
        if tag in ("h1", "li") or (tag == "p" and "blockquote" in self._stack):
            mark = {"h1": "# ", "li": "- ", "p": "> "}[tag]
            self.blocks[-1] += ("\n" if self.blocks[-1] else "") + mark

    def handle_endtag(self, tag: str) -> None:
        if tag in self._stack:
            del self._stack[len(self._stack) - 1 - self._stack[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if self.blocks and {"h1", "li", "p"} & set(self._stack):
            self.blocks[-1] += data
