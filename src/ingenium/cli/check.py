"""`verify`: measure files, and see whether they are as their run wrote them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ingenium.cli.browse import ProblemName, SpecFile
from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress
from ingenium.core.remarks import hearing

if TYPE_CHECKING:
    from ingenium.core.spec import Spec
    from ingenium.runs.audit import Audit
COLOURS = {"accepted": "green", "rejected": "red", "failed": "yellow"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(verify))


def verify(
    problem: ProblemName,
    files: Annotated[
        list[Path], typer.Argument(help="Files to measure, in any format of the problem.")
    ],
    spec: SpecFile = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Output folder of one report on folders of any tools (default: none)."),
    ] = None,
    compare_known: Annotated[
        bool,
        typer.Option(help="With --out: compare accepted designs with the problem's known ones."),
    ] = True,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --out: replace another finished report.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Measure design files of any origin and judge them against a spec.

    Without a spec, files in the folder of a run are judged by the spec of that run.
    With --out, each folder of files gets a row in one report, and files that cannot be read are
    listed. Ends with 1 if no design is accepted, or a file was altered after its run.
    """
    from ingenium.cli.named_spec import requested
    from ingenium.runs.audit import spec_of
    from ingenium.verbs.verify import verify as verify_files

    spec = spec or (None if problem.endswith(".toml") else spec_of(files))
    wanted = requested(problem, spec)
    if out is not None:
        _judge(wanted, files, out, compare_known=compare_known, overwrite=overwrite, json=json)
        return
    with hearing(errors().print):
        found = verify_files(wanted, files)
    if json:
        print_json(
            {
                "problem": found.problem,
                "spec": str(spec) if spec else None,
                "engine": found.engine,
                "limits": [x.label for x in found.limits],
                "accepted": found.accepted,
                "altered": found.altered,
                "designs": found.designs,
                "runs": [
                    {
                        "folder": str(r.folder),
                        "sealed": r.sealed,
                        "entry": r.entry,
                        "faults": r.faults,
                    }
                    for r in found.runs
                ],
            }
        )
    else:
        _print_audit(results(), found, {x.quantity: x.unit for x in wanted.limits})
        against = f"the spec {_near(spec)}" if spec else f"the limits of {wanted.problem} itself"
        results().print(f"Judged against {against}.", highlight=False, markup=False)
    if found.altered or not found.accepted:
        raise typer.Exit(UNMET)


def _judge(
    wanted: "Spec",
    files: list[Path],
    out: Path,
    *,
    compare_known: bool,
    overwrite: bool,
    json: bool,
) -> None:
    """Judge folders and print a row for each."""
    from ingenium.report import words
    from ingenium.verbs.verify import judge

    with hearing(errors().print), StageProgress() as watch:
        found = judge(
            wanted, files, out, compare_known=compare_known, overwrite=overwrite, watch=watch
        )
    if json:
        print_json({"folder": str(out), "report": str(out / "report.html"), "judged": found})
    else:
        head = ("Folder", "Files", "Unreadable", "Designs", "Accepted (95 % interval)", "Distinct")
        shown = table("", *head, "New", "Rejected", "Failed")
        for f in found.folders:
            low, high = words.percent(f.acceptance_low), words.percent(f.acceptance_high)
            shown.add_row(
                escape(f.folder),
                str(f.files),
                str(len(f.unreadable)),
                str(f.designs),
                f"{f.accepted} ({low} to {high})",
                str(f.distinct),
                "" if f.new is None else str(f.new),
                str(f.rejected),
                str(f.failed),
            )
        results().print(shown, highlight=False)
        places = f"Report in {out}/report.html, every design in {out}/designs.csv."
        results().print(places, highlight=False, markup=False, soft_wrap=True)
    if not found.accepted:
        raise typer.Exit(UNMET)


def _near(path: Path) -> Path:
    """A path from here, where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _print_audit(console: Console, found: "Audit", units: Mapping[str, str | None]) -> None:
    """Print measured values, in the units in which a spec wrote its limits."""
    from ingenium.report import words

    names = list(dict.fromkeys(x.quantity for x in found.limits))
    shown = table("", "File", "Format", "Design", "Verdict", "Record", *names, "Violated limits")
    for d in found.designs:
        broken = [k for k, v in d.margins.items() if v is not None and v < 0]
        broken += d.reasons
        colour = COLOURS[d.verdict]
        shown.add_row(
            escape(Path(d.file).name),
            escape(d.format),
            str(d.design),
            f"[{colour}]{d.verdict}[/]",
            f"[bold red]{d.record}[/]" if d.record in ("altered", "not sealed") else d.record,
            *(escape(words.value(_read(name, d.measured[name], units))) for name in names),
            escape("; ".join(broken)),
        )
    console.print(shown, highlight=False)
    total = len(found.designs)
    console.print(f"\n{found.accepted} of {total} meet every limit, measured by {found.engine}.")
    for d in found.designs:
        if d.repeats:
            console.print(f"Design {d.design} of {escape(Path(d.file).name)} is {d.repeats} again.")
    for file in found.altered:
        console.print(
            f"[bold red]Altered[/]: {escape(file)} is not what its run wrote.", soft_wrap=True
        )
    own = [text for d in found.designs for text in d.faults]
    for text in dict.fromkeys([*own, *(text for r in found.runs for text in r.faults)]):
        console.print(escape(f"  {text}"), highlight=False, soft_wrap=True)
    for run in found.runs:
        if not run.faults:
            reported = escape(f"The evidence in {_near(run.folder)} is {run.reported}.")
            console.print(reported, highlight=False, soft_wrap=True)


def _read(
    name: str, entry: Mapping[str, object], units: Mapping[str, str | None]
) -> Mapping[str, object]:
    """A measured value as the spec writes its limit."""
    from ingenium.core.units import Scale

    value, unit, requested = entry["value"], str(entry.get("unit", "")), units.get(name)
    if not isinstance(value, float) or not requested:
        return entry
    return {"value": Scale.between(unit, requested, of=name).value(value), "unit": requested}
