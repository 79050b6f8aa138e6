"""`ask`: a spec from words, each value beside the words that it stands on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, Replace, check_new, errors, print_json, results, table
from ingenium.cli.progress import StageProgress
from ingenium.cli.quoting import ANSWER, answer

if TYPE_CHECKING:
    from ingenium.verbs.ask import WordedWish

Words = Annotated[
    str,
    typer.Argument(
        metavar="REQUEST", help="The request in plain words; - reads it from standard input."
    ),
]
Named = Annotated[
    str | None, typer.Option(help="Problem to write a spec for (default: inferred from the words).")
]
Out = Annotated[Path, typer.Option(help="Output folder of the spec and of its explanation.")]
Documents = Annotated[
    Path | None, typer.Option(help="Folder of texts to answer from, each sentence with its quote.")
]
Transcript = Annotated[
    Path | None,
    typer.Option(help="JSON transcript of a language model to replay, with --documents."),
]
Run = Annotated[bool, typer.Option("--run", help="Run the spec at once if no question is open.")]
SPEC, PAGE = "spec.toml", "request.html"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(ask))


def ask(
    request: Words,
    problem: Named = None,
    out: Out = Path("out/ask"),
    run: Run = False,
    seed: Annotated[int, typer.Option(help="Random seed of the designs, with --run.")] = 0,
    documents: Documents = None,
    transcript: Transcript = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Read a request in plain words, and write its spec or list the open questions.

    Every value points at its words or is a default that is shown as such. With documents it is a
    question, and each sentence of the answer has a quote.
    """
    from ingenium.words.reading import LONGEST

    check_new(out / (SPEC if documents is None else ANSWER), overwrite)
    text = sys.stdin.buffer.read(8 * LONGEST + 1) if request == "-" else request
    if documents is not None:
        raise typer.Exit(answer(text, documents, out, transcript, json))
    from ingenium.verbs import ask as wishes

    with StageProgress() as stages:
        wish = wishes.ask(text, wishes.contracts(stages), problem=problem)
    _write(wish, out)
    if json and not run:
        print_json(described(wish, out))
    elif not json:
        _tell(wish, out)
    if not wish.whole:
        raise typer.Exit(UNMET)
    if run:
        _propose(wish, out, seed, overwrite, json)


def described(wish: "WordedWish", out: Path) -> dict[str, Any]:
    """Return what was understood as plain data."""
    from ingenium.core.spec import as_table

    reading, made = wish.reading, wish.made
    text = reading.text
    return {
        "problem": reading.problem,
        "whole": wish.whole,
        "spec": as_table(made.spec) if made else None,
        "designs": made.count if made else None,
        "values": [
            {
                "place": o.place,
                "value": o.value,
                "unit": o.unit,
                "words": [{"start": a, "end": b, "text": text[a:b]} for a, b in o.words],
                "default": o.default,
            }
            for o in (made.origins if made else ())
        ],
        "questions": [
            {
                "about": q.about,
                "kind": q.kind,
                "text": q.text,
                "words": [{"start": a, "end": b, "text": text[a:b]} for a, b in q.words],
            }
            for q in reading.questions
        ],
        "unread": [{"start": a, "end": b, "text": text[a:b]} for a, b in reading.unread],
        "file": str(out / SPEC) if wish.whole else None,
        "page": str(out / PAGE),
    }


def _write(wish: "WordedWish", out: Path) -> None:
    """Return the explanation, and the spec if no question is open."""
    from ingenium.core.folders import make_folder, write_atomic
    from ingenium.core.spec import dump
    from ingenium.words.page import page

    make_folder(out)
    if wish.made is not None and wish.whole:
        write_atomic(out / SPEC, dump(wish.made.spec))
    else:
        (out / SPEC).unlink(missing_ok=True)
    write_atomic(out / PAGE, page(wish.reading, wish.made))


def _tell(wish: "WordedWish", out: Path) -> None:
    from rich.markup import escape

    from ingenium.words.phrases import lines

    console = results()
    if wish.made is not None:
        shown = table("", "What", "Value", "Quote")
        for line in lines(wish.made, wish.reading.text):
            words = ", ".join(f'"{w}"' for w in line.words)
            stands = f"[dim]default: {escape(line.default)}[/]" if line.default else escape(words)
            shown.add_row(escape(line.what), escape(line.value), stands)
        console.print(shown)
    text = wish.reading.text
    for start, end in wish.reading.unread:
        errors().print(f'Not read: "{text[start:end]}"', markup=False, highlight=False)
    for question in wish.reading.questions:
        errors().print(
            f"Open questions: {question.text}", markup=False, highlight=False, style="bold"
        )
    if wish.whole:
        console.print(f"\n{out / SPEC} is written; {out / PAGE} shows the words.", highlight=False)
        count = f" -n {wish.made.count}" if wish.made and wish.made.count else ""
        go_on = f"ingenium propose {wish.reading.problem} --spec {out / SPEC}{count}"
        console.print(f"Go on: {go_on}", highlight=False, soft_wrap=True)


def _propose(wish: "WordedWish", out: Path, seed: int, overwrite: bool, json: bool) -> None:
    from ingenium.cli.make import give
    from ingenium.verbs.propose import propose as propose_designs

    assert wish.made is not None
    count = wish.made.count or DESIGNS
    with StageProgress() as stages:
        made = propose_designs(
            out / SPEC, count, seed, out / "run", watch=stages, overwrite=overwrite
        )
    give(made, json=json)


DESIGNS = 100  # where a request names no number, as `propose` makes
