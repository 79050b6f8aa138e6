"""`docs`: the documents, in the terminal."""

from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.markup import escape

from ingenium.cli.ending import guarded
from ingenium.cli.output import AsJson, print_json, results, table

PageName = Annotated[
    str | None,
    typer.Argument(
        metavar="[PAGE]", help="Page to print, such as how-to/audit (default: a list of all pages)."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(docs))


def docs(page: PageName = None, json: AsJson = False) -> None:
    """List the pages of the documentation, or print a page or a section (PAGE#SECTION)."""
    from ingenium.cli import documents

    if page is None:
        titles = {name: page.title for name, page in documents.pages().items()}
        if json:
            print_json({"pages": titles})
            return
        shown = table("", "Page", "What it is")
        for name, title in titles.items():
            shown.add_row(name, escape(title))
        results().print(shown, highlight=False)
        results().print("\n`ingenium docs PAGE` shows one.", style="dim")
        return
    text = documents.page(page)
    if json:
        print_json({"page": page, "text": text})
    elif results().is_terminal:
        results().print(Markdown(text))
    else:
        typer.echo(text)
