"""`ask`: a spec from words, each value with the words behind it, and a dialogue on what is open."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, Replace, check_new, errors, print_json, results, table
from ingenium.cli.progress import StageProgress
from ingenium.cli.quoting import ANSWER, answer

if TYPE_CHECKING:
    from ingenium.words.contract import Contract
    from ingenium.words.inspection import InspectedTable
    from ingenium.words.replies import Reply

Words = Annotated[
    str,
    typer.Argument(
        metavar="REQUEST", help="The request in plain words; - reads it from standard input."
    ),
]
Named = Annotated[
    str | None, typer.Option(help="Problem to write a spec for (default: inferred from the words).")
]
Verb = Annotated[
    str | None, typer.Option(help="Verb to write for (default: inferred from the words).")
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--answer", help="Answer to the next open question: the number of a choice, or words."
    ),
]
Given = Annotated[
    Path | None, typer.Option(help="Table as CSV that comes with the request; it is inspected.")
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
SPEC, DRAFT, PAGE, MONITOR = "spec.toml", "draft.toml", "request.html", "monitor.toml"
DESIGNS = 100  # where a request names no number, as `propose` makes


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(ask))


def ask(
    request: Words,
    problem: Named = None,
    verb: Verb = None,
    answers: Answers = None,
    given: Given = None,
    out: Out = Path("out/ask"),
    run: Run = False,
    seed: Annotated[int, typer.Option(help="Random seed of the designs, with --run.")] = 0,
    documents: Documents = None,
    transcript: Transcript = None,
    overwrite: Replace = False,
    json: AsJson = False,
) -> None:
    """Read a request in plain words, and write its spec, or a draft with numbered questions.

    Every value points at its words or is a default that is shown as such. In a terminal it goes on
    as a dialogue. With documents it is a question, and each sentence of the answer has a quote.
    """
    from ingenium.words.reading import LONGEST

    if documents is not None or not run:
        check_new(out / (SPEC if documents is None else ANSWER), overwrite)
    text = sys.stdin.buffer.read(8 * LONGEST + 1) if request == "-" else request
    if documents is not None:
        raise typer.Exit(answer(text, documents, out, transcript, json))
    said, look, known = list(answers or ()), _looked_at(given), _contracts()
    while True:
        reply = _reply(text, known, problem, verb, given, said)
        if run and not _written_before(reply, out):
            check_new(out / SPEC, overwrite)
        _write(reply, out, known)
        if json or reply.complete:
            break
        _tell(reply, out, look)
        more = _prompted(reply) if request != "-" else ""
        if not more:
            raise typer.Exit(UNMET)
        said.append(more)
    if json and not run:
        print_json(described(reply, out, look))
    elif not json:
        _tell(reply, out, look)
    if not reply.complete:
        raise typer.Exit(UNMET)
    if run:
        _propose(reply, out, seed, overwrite, json)


def _contracts() -> "tuple[Contract, ...]":
    from ingenium.verbs.ask import contracts

    return contracts()


def _looked_at(given: Path | None) -> "InspectedTable | None":
    from ingenium.words.inspection import inspect_table

    return None if given is None else inspect_table(given)


def _reply(
    text: str | bytes,
    known: "tuple[Contract, ...]",
    problem: str | None,
    verb: str | None,
    given: Path | None,
    said: list[str],
) -> "Reply":
    from ingenium.verbs import ask as requests

    return requests.ask(text, known, problem=problem, verb=verb, given=given, answers=said)


def _prompted(reply: "Reply") -> str:
    """Return the answer of a person at a terminal; empty where nobody answers."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or not reply.questions:
        return ""
    try:
        said: str = typer.prompt("Answer (a number, or words; empty to stop)", default="")
    except typer.Abort:
        return ""
    return said.strip()


def described(reply: "Reply", out: Path, look: "InspectedTable | None" = None) -> dict[str, Any]:
    """Return what was understood as plain data."""
    from dataclasses import asdict

    from ingenium.cli.nearest import nearest_example
    from ingenium.core.spec import as_table

    reading, made = reply.reading, reply.made
    text = reading.text

    return {
        "status": _status(reply),
        "verb": reply.verb.verb,
        "problem": reading.problem,
        "command": reply.command(out / SPEC) if reply.complete else None,
        "spec": as_table(made.spec) if made else None,
        "designs": made.count if made else None,
        "files": list(reply.files),
        "options": dict(reply.options),
        "values": [
            {name: getattr(o, name) for name in ("place", "value", "unit", "default", "note")}
            | {"words": _words(text, o.words)}
            for o in (made.origins if made else ())
        ],
        "questions": [
            {"about": q.about, "kind": q.kind, "text": q.text, "words": _words(text, q.words)}
            | {"choices": [asdict(c) for c in q.choices]}
            for q in reply.questions
        ],
        "unread": _words(text, reading.unread),
        "candidates": [asdict(c) for c in reply.candidates],
        "example": nearest_example(reading.problem, text),
        "table": None if look is None else look.line,
        "file": str(out / (SPEC if reply.complete else DRAFT)) if reply.written else None,
        "page": str(out / PAGE),
    }


def _words(text: str, spans: Any) -> list[dict[str, Any]]:
    """Return parts of a request with their places."""
    return [{"start": a, "end": b, "text": text[a:b]} for a, b in spans]


def _status(reply: "Reply") -> str:
    return "outside" if reply.outside else "complete" if reply.complete else "draft"


def _written_before(reply: "Reply", out: Path) -> bool:
    """Return whether the same request wrote this spec before, so that its run goes on."""
    from ingenium.words.drafts import short

    path = out / SPEC
    if reply.made is None or not path.is_file():
        return False
    return path.read_text(encoding="utf-8") == short(reply.made.spec)


def _write(reply: "Reply", out: Path, known: "tuple[Contract, ...]") -> None:
    """Write the spec or its draft, and the report of the request."""
    from ingenium.core.folders import make_folder, write_atomic
    from ingenium.verbs.ask import ask as read
    from ingenium.words.drafts import draft, short
    from ingenium.words.rephrasing import rephrased
    from ingenium.words.request_report import page

    make_folder(out)
    for name in (SPEC, DRAFT, MONITOR):
        (out / name).unlink(missing_ok=True)
    if reply.complete and reply.made is not None:
        write_atomic(out / SPEC, short(reply.made.spec))
    elif reply.written:
        write_atomic(out / DRAFT, draft(reply))
    if reply.complete and reply.options and reply.verb.alone:
        lines = "".join(f"{name} = {value}\n" for name, value in reply.options.items())
        write_atomic(out / MONITOR, lines)
    shown = short(reply.made.spec) if reply.made else ""
    again = rephrased(reply, lambda text, problem: read(text, known, problem=problem))
    write_atomic(out / PAGE, page(reply, shown, again))


def _tell(reply: "Reply", out: Path, look: "InspectedTable | None") -> None:
    from rich.markup import escape

    from ingenium.words.phrases import lines

    console = results()
    if look is not None:
        console.print(look.line, markup=False, highlight=False)
    if reply.made is not None:
        shown = table("", "What", "Value", "Quote")
        for line in lines(reply.made, reply.reading.text):
            words = ", ".join(f'"{w}"' for w in line.words)
            stands = f"[dim]default: {escape(line.default)}[/]" if line.default else escape(words)
            shown.add_row(escape(line.what), escape(line.value), stands)
        console.print(shown)
    if reply.complete:
        _go_on(reply, out)
    else:
        _ask_back(reply, out)


def _go_on(reply: "Reply", out: Path) -> None:
    console = results()
    if reply.made is not None:
        console.print(f"\n{out / SPEC} is written; {out / PAGE} shows the words.", highlight=False)
    monitor = out / MONITOR if reply.options and reply.verb.alone else None
    command = reply.command(out / SPEC, monitor)
    console.print(f"Next: {command}", markup=False, highlight=False, soft_wrap=True)


def _ask_back(reply: "Reply", out: Path) -> None:
    """Print the open questions with numbered choices, the nearest example and what exists."""
    from ingenium.cli.nearest import existing, nearest_example

    said = errors()
    if reply.outside:
        said.print("No problem that is installed does this. There are:", style="bold")
        for line in existing():
            said.print(f"  {line}", markup=False, highlight=False)
        return
    for i, question in enumerate(reply.questions):
        said.print(f"\n{question.text}", markup=False, highlight=False, style="bold")
        for number, choice in enumerate(question.choices, 1):
            mark = f"{number}." if i == 0 else "-"
            said.print(f"  {mark} {choice.text}", markup=False, highlight=False)
    example = nearest_example(reply.reading.problem, reply.reading.text)
    if example:
        said.print(f"\nNearest example: {example}", markup=False, highlight=False)
    if reply.written:
        reported = f"{out / DRAFT} is a draft; {out / PAGE} shows the words."
        said.print(f"\n{reported}", markup=False, highlight=False)
    if reply.questions:
        said.print("Answer the first with --answer NUMBER, or --answer WORDS.", style="dim")


def _propose(reply: "Reply", out: Path, seed: int, overwrite: bool, json: bool) -> None:
    """Run a complete request; another verb than `propose` is named and not run."""
    from ingenium.cli.make import give
    from ingenium.core.errors import InputError
    from ingenium.verbs.propose import propose as propose_designs

    if reply.made is None or reply.verb.verb != "propose":
        command = reply.command(out / SPEC)
        raise InputError("a request for designs, with --run", reply.verb.verb, f"Run {command}.")
    count = reply.made.count or DESIGNS
    with StageProgress() as stages:
        made = propose_designs(
            out / SPEC, count, seed, out / "run", watch=stages, overwrite=overwrite
        )
    give(made, json=json)
