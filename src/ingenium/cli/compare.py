"""`compare`: all families on the same split, with intervals."""

from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from ingenium.cli.browse import ProblemName, SpecFile
from ingenium.cli.ending import guarded
from ingenium.cli.on import LOCAL, On
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress
from ingenium.core.errors import InputError

if TYPE_CHECKING:
    from ingenium.comparison.head_to_head_table import HeadToHeadTable
    from ingenium.comparison.scores import Comparison
    from ingenium.core.problem import Problem

MOST_SEEDS, MOST = 1000, 10**9
SHOWN = (
    "accepted_share",
    "accepted_per_call",
    "energy_score",
    "variogram_score",
    "classifier_auc",
    "coverage_90",
    "copy_ratio",
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(guarded(compare))


def compare(
    problem: ProblemName,
    spec: SpecFile = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            "--family",
            "--families",
            help="Generator families to compare, separated by commas (default: all).",
        ),
    ] = None,
    noise: Annotated[
        str | None, typer.Option(help="Device whose noise circuits have (default: none).")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=MOST_SEEDS, help="Number of random seeds.")] = 5,
    members: Annotated[
        int, typer.Option(min=10, max=MOST, help="Number of proposals for each held-out design.")
    ] = 100,
    judged: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST,
            help="Number of designs that the solver judges under the spec; 0 skips this.",
        ),
    ] = 64,
    steps: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Number of training steps (default: the family's)."),
    ] = None,
    targets: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST,
            help="Number of target specifications in each regime (inside the data, at its "
            "edge, beyond it), put to nearest neighbour, random proposals, an optimiser and "
            "the families; 0 scores likeness to data instead.",
        ),
    ] = 0,
    calls: Annotated[
        int | None,
        typer.Option(min=1, max=MOST, help="Solver calls allowed for each target (default: 66)."),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            help="With --targets: compare inverse with methods that learn nothing, on quantities "
            "of --request; the engine labels this number of designs beforehand."
        ),
    ] = None,
    request: Annotated[
        list[str] | None,
        typer.Option(
            help="With --rows: quantities requested at once, separated by commas; may be repeated."
        ),
    ] = None,
    on: On = LOCAL,
    out: Annotated[
        Path | None, typer.Option(help="Output folder (default: out/compare-PROBLEM).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Fit generators and baselines on the same split; score them on held-out designs and a spec."""
    from ingenium.cli.named_spec import requested
    from ingenium.comparison import families as comparing
    from ingenium.comparison.head_to_head import HeadToHead, TargetPlan, usual
    from ingenium.domains import open_problem
    from ingenium.runs.loop import Elsewhere
    from ingenium.scale.place import WorkPlace

    _check(targets, calls, rows, request)
    wanted = requested(problem, spec)
    folder = Path("out") / f"compare-{wanted.problem}" if out is None else out
    with StageProgress() as stages:
        if noise is not None:
            wanted = replace(wanted, setup={**wanted.setup, "noise": noise})
        opened = open_problem(wanted)
        if rows is not None and request:
            return _by_rows(opened, (rows, targets, calls, seeds), request, folder, stages, json)
        named = tuple(dict.fromkeys(x for text in family or () for x in text.split(",") if x))
        if targets:
            if on != LOCAL:
                raise InputError("--on local for a contest", on, "Leave --on out.")
            chosen = _with_steps(named or usual(opened), steps)
            plan = TargetPlan(chosen, targets, calls or TargetPlan.calls, tuple(range(seeds)))
            ended = HeadToHead.of(opened, plan, folder, wanted, stages).run(stages)
            ended.write(folder)
            return _show_comparison(ended, folder, json=json)
        chosen = named or comparing.usual(opened)
        protocol = comparing.Protocol(chosen, tuple(range(seeds)), members, steps, judged)
        begun = comparing.Comparing.of(opened, protocol, folder, wanted, stages)
        errors().print(escape(f"{folder}: {begun.takes()}"), highlight=False)
        elsewhere = Elsewhere(WorkPlace.parse(on), partial(open_problem, wanted, opened.given))
        entries = begun.run(stages, elsewhere)
        compared = comparing.tabulate(opened, entries)
        comparing.write(compared, entries, folder)
        begun.picture(compared)
    _show(opened, compared, seeds, folder, json=json)


def _with_steps(names: tuple[str, ...], steps: int | None) -> tuple[str, ...]:
    """Return the names of contestants with the training steps of families."""
    from ingenium.comparison.verdicts import is_search

    return tuple(f"{n}:{steps}" if steps and not is_search(n) else n for n in names)


def _check(targets: int, calls: int | None, rows: int | None, request: list[str] | None) -> None:
    """Refuse options of a comparison by targets without the others that they need."""
    if calls is not None and not targets:
        raise InputError("--targets with --calls", f"--calls {calls} alone", "Add --targets 6.")
    if (rows is None) != (not request) or (rows is not None and not targets):
        raise InputError(
            "--targets, --rows and --request together", "some of them",
            "Write --targets 30 --rows 10000 --request QUANTITY,QUANTITY.",
        )  # fmt: skip


def _by_rows(
    problem: "Problem",
    counts: tuple[int, int, int | None, int],
    request: list[str],
    folder: Path,
    stages: StageProgress,
    json: bool,
) -> None:
    """Compare on measured quantities, with an inverse fitted to as many rows."""
    from ingenium.comparison.by_rows.running import RowPlan, compare_by_rows

    rows, targets, calls, seeds = counts
    wanted = tuple(tuple(x for x in text.split(",") if x) for text in request)
    plan = RowPlan(wanted, rows, targets, calls or RowPlan.calls, tuple(range(seeds)))
    ended = compare_by_rows(problem, plan, folder, watch=stages)
    ended.write(folder)
    if json:
        print_json([asdict(result) for result in ended.results])
        return
    results().print(escape(ended.markdown()), highlight=False)
    results().print(escape(f"Tables and numbers: {folder}"), highlight=False)


def _show(
    problem: "Problem", compared: "Comparison", seeds: int, folder: Path, *, json: bool
) -> None:
    """Print the scores of each family."""
    from ingenium.scores.metrics import METRICS

    if json:
        print_json(compared.summary().to_dict("records"))
        return
    own = tuple(m.name for m in compared.measured if m.name not in METRICS and m.name not in SHOWN)
    columns = (*SHOWN, *own)
    shown = table(f"{problem.name}: mean over {seeds} seeds (95 % interval)", "family", *columns)
    for name in compared.families:
        row = [compared.find(name, metric) for metric in columns]
        shown.add_row(
            name, *(f"{i.value:.4g} ({i.low:.4g} to {i.high:.4g})" if i else "-" for i in row)
        )
    results().print(shown)
    for what, why in problem.comparison().unscored.items():
        results().print(escape(f"Not compared: {what}, as {why}."), highlight=False)
    results().print(escape(f"Table, picture and numbers: {folder}"), highlight=False)


def _show_comparison(ended: "HeadToHeadTable", folder: Path, *, json: bool) -> None:
    """Print the share of targets that each arm met."""
    if json:
        print_json([asdict(r) for r in ended.results])
        return
    title = f"{ended.problem}: share of targets (95 % interval) within {ended.calls} calls each"
    rows = ended.rows()
    shown = table(title, *rows[0])
    for row in rows:
        shown.add_row(*row.values())
    results().print(shown)
    results().print(escape(ended.sentence()), highlight=False)
    results().print(escape(f"Table, picture and numbers: {folder}"), highlight=False)
