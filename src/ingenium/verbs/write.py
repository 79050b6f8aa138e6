"""Write a document with problems that propose texts, and record who wrote each span."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np
import xarray as xr

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.reading.files import text as text_of
from ingenium.core.reading.office import office_text
from ingenium.domains import open_problem
from ingenium.runs.outcome import Run
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs.propose import as_spec, propose
from ingenium.verbs.verify import verify
from ingenium.write import page
from ingenium.write.document import Author, Document, Span, checked, made
from ingenium.write.docx import has_record
from ingenium.write.files import WRITERS, plain, read_document
from ingenium.write.loop import ProposedTexts, ShownText, VerifiedText, WritingSession
from ingenium.write.script import Script, WritingStep
from ingenium.write.style import Style

LONG = frozenset({"Text 0"})  # sections that repeat the text
DRAFT, RECORD = "draft", "session.jsonl"
MOST = 8 << 20  # bytes of a draft


@dataclass(frozen=True)
class FinishedSession:
    """A finished session, and its folder."""

    session: WritingSession
    before: Style
    after: Style
    folder: Path


@dataclass(frozen=True)
class ProblemTools:
    """Proposing and verifying by problems, into folders of the session."""

    base: Path  # of the specs that a script names
    folder: Path
    ledger: Ledger | None
    watch: Watch
    numbers: Iterator[int] = field(default_factory=count)  # of runs

    def _path(self, step: WritingStep) -> Path | str:
        named = str(step.entries["spec"])
        return self.base / named if named.endswith(".toml") else named

    def propose(self, step: WritingStep, text: str) -> ProposedTexts:
        """Propose under a spec; `given` names the input that is the text so far."""
        spec = as_spec(self._path(step))
        number = next(self.numbers)
        if step.entries.get("given"):
            file = self.folder / f"so_far_{number}.md"
            file.write_text(text, encoding="utf-8")
            spec = replace(spec, given={**spec.given, step.entries["given"]: {"file": str(file)}})
        run = propose(
            spec,
            step.entries.get("n", 16),
            step.entries.get("seed", 0),
            self.folder / f"run_{number}",
            ledger=self.ledger,
            watch=self.watch,
            overwrite=True,  # what a stopped session has left
        )
        return ProposedTexts(_shown(run, step), run.summary.accepted, run.summary.proposed)

    def verify(self, step: WritingStep, text: str) -> VerifiedText:
        """Verify the text so far as a file of the problem."""
        file = self.folder / "verified.md"
        file.write_text(text, encoding="utf-8")
        spec = as_spec(self._path(step))
        found = verify(spec, file, ledger=self.ledger).designs[0]
        measured = {name: float(m["value"]) for name, m in found.measured.items()}
        problem = open_problem(spec)
        designs = next(iter(problem.formats.values())).read(file)
        told = problem.sections(designs, xr.Dataset())
        findings = {s.heading: s.table for s in told if s.table and s.heading not in LONG}
        return VerifiedText(str(found.verdict), measured, findings)


def _shown(run: Run, step: WritingStep) -> tuple[ShownText, ...]:
    texts = [v for v in run.problem.variables if v.longest is not None]
    if len(run.problem.variables) != 1 or not texts:
        raise InputError("a problem whose designs are texts", run.problem.name)
    form = next(iter(run.problem.formats.values()))
    read: Callable[[str], str] = getattr(form, "shown", str)
    names = [q.name for q in run.problem.quantities]
    found = []
    for at in run.selected.tolist():
        raw = str(run.designs[texts[0].name].values[at])
        measured = {n: float(np.asarray(run.verdicts[n].values[at])) for n in names}
        origin = {
            "spec": digest(run.record["spec"]),
            "seed": step.entries.get("seed", 0),
            "design": int(run.designs["design"].values[at]),
            "prompt": step.entries.get("prompt", run.spec.title),
        }
        named = run.spec.generator.family
        family = run.problem.default_family if named == "default" else named
        found.append(ShownText(read(raw), measured, f"{run.problem.name}/{family}", origin))
    return tuple(found)


def write(
    draft: str | Path,
    script: Script,
    out: str | Path,
    *,
    base: str | Path = ".",
    steps: Iterable[WritingStep] | None = None,
    ledger: Ledger | None = None,
    watch: Watch = silent,
    tell: Callable[[str], None] = lambda line: None,
    overwrite: bool = False,
) -> FinishedSession:
    """Take the steps of a session on a draft, and export the document with its authors.

    Args:
        draft: Markdown, DOCX or ODT of the writer, or a file that an earlier session exported.
        script: title, writer and steps.
        out: output folder.
        base: folder from which the script names specs.
        steps: in place of those of the script, such as those of a person at a prompt.
        ledger: ledger that records the runs.
        watch: called with a stage, what is done of it, and its total.
        tell: called with lines for a person.
        overwrite: replace another session in `out`.

    Raises:
        InputError: for a draft or a step that cannot be used.
    """
    writer = Author(script.writer, "person")
    document = open_draft(Path(draft), script.title, writer)
    entries = [[s.do, dict(s.entries)] for s in script.steps] if steps is None else ["by hand"]
    identity = digest([document.head, entries, script.title, script.writer])
    before = Style.of(document.text)
    with ledger_or_own(ledger) as book, staged(Path(out), identity, overwrite=overwrite) as part:
        tools = ProblemTools(Path(base), part, book, watch)
        session = WritingSession(document, writer, tools, tell=tell)
        session.run(script.steps if steps is None else steps)
        after = Style.of(session.document.text)
        shares = {a.name: share for a, share in session.document.shares().items()}
        body = {"document": session.document.head, "shares": shares}
        session.record.append("export", "ingenium", body)
        _export(session, before, after, part)
        book.append("write", {**body, "session": session.record.head})
    return FinishedSession(session, before, after, Path(out))


def open_draft(path: Path, title: str, writer: Author) -> Document:
    """Return a draft as the writer's own span; a document with a record keeps its spans.

    Raises:
        InputError: for a file that cannot be read, or a record that was altered.
    """
    if path.suffix == ".odt" or (path.suffix == ".docx" and not has_record(path)):
        return made(title, [Span(checked(office_text(path)), writer, {"by": "typing"})])
    if path.suffix in (".xml", ".html", ".docx") or plain(path) != path.read_text("utf-8-sig"):
        return read_document(path)
    text = text_of(path, "a draft as Markdown", most=MOST, prose=True)
    if not text.strip():
        raise InputError("a draft with words", f"none in {path}")
    return made(title, [Span(checked(text), writer, {"by": "typing"})])


def _export(session: WritingSession, before: Style, after: Style, folder: Path) -> None:
    """Write all files, read each again, and refuse to end with one that differs."""
    for ending, writer in WRITERS.items():
        file = folder / f"{DRAFT}{ending}"
        write_atomic(file, writer(session.document))
        if read_document(file) != session.document:
            raise InputError("a file that reads back as it was written", f"{file.name}")
    write_atomic(folder / RECORD, session.record.text())
    write_atomic(folder / "report.html", page.report(session, before, after))
