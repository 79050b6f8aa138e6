"""Blocks of Markdown: tables, folded blocks and figures."""

from collections.abc import Sequence

from markupsafe import Markup


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table, whose first row is its head."""
    lines = [f"| {' | '.join(plain(cell) for cell in row)} |" for row in rows]
    return "\n".join((lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]))


def folded(title: str, blocks: Sequence[str]) -> str:
    """Blocks below a title that opens them."""
    lines = "\n\n".join(blocks).splitlines()
    inside = "\n".join(f"    {line}" if line else "" for line in lines)
    return f'??? note "{title}"\n{inside}'


def figure(drawing: Markup) -> str:
    """A drawing on a line of its own."""
    lines = " ".join(line.strip() for line in drawing.splitlines())
    return f'<figure class="forest">{lines}</figure>'


def plain(text: str) -> str:
    """Escape text for Markdown, except links and bold text."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
