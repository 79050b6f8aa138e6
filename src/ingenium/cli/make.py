"""`fit` and `propose`: learn from designs, and make new ones."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ingenium.cli.artifacts import finish
from ingenium.cli.browse import FormatName, ProblemName, SpecFile
from ingenium.cli.ending import UNMET, guarded
from ingenium.cli.on import LOCAL, On
from ingenium.cli.output import AsJson, errors, print_json, results, table
from ingenium.cli.progress import StageProgress

if TYPE_CHECKING:
    from ingenium.core.problem import Problem
    from ingenium.core.spec import Spec
    from ingenium.generators.artifact import FitRecord
    from ingenium.runs.outcome import Run
    from ingenium.scale.place import WorkPlace


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(guarded(fit))
    app.command()(guarded(propose))


def fit(
    problem: ProblemName,
    spec: SpecFile = None,
    on: On = LOCAL,
    layout: Annotated[
        str,
        typer.Option(
            help="Parallel layout: auto, tried (measures all), or sizes such as "
            "data:2,tensor:2,shard:3."
        ),
    ] = "auto",
    steps: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of training steps over workers (default: that of the spec, else 200).",
        ),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            help="Number of designs to make and let the engine label, for the family inverse "
            "(default: the family's own data); workers of --on label them."
        ),
    ] = None,
    precision: Annotated[
        str,
        typer.Option(
            help="Number format of matrix products: fp32, bf16, fp16 (scaled losses), or own "
            "(the family's)."
        ),
    ] = "own",
    base: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a stored fit to adapt by low-rank updates; it is not changed "
            "(default: none)."
        ),
    ] = None,
    rank: Annotated[
        int, typer.Option(min=1, max=4096, help="Rank of the low-rank update (LoRA), with --base.")
    ] = 8,
    replay: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.99,
            help="Fraction of rehearsal examples from the base's training set, with --base.",
        ),
    ] = 0.0,
    out: Annotated[
        Path | None, typer.Option(help="Output folder of the fit (default: the cache).")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing fit in the output folder.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Train the generator of a spec and store it, so that proposing starts immediately.

    With --out the fit is stored in a folder that `propose --model` and `fit --base` accept. Over
    workers it is sharded by a layout and compared with one process. From a `base` only low-rank
    parts are trained.
    """
    from ingenium.cli.named_spec import requested

    wanted = requested(problem, spec)  # before what takes seconds to import
    from ingenium.scale.place import WorkPlace

    place = WorkPlace.parse(on)
    if replay and base is None:
        from ingenium.core.errors import InputError

        raise InputError("a fit to go out from", "--replay without --base")
    if rows is not None:
        wanted = _with_rows(wanted, rows, steps, base)
    if base is not None or (place.kind != LOCAL and rows is None) or out is not None:
        options = FitOptions(place, layout, precision, base, rank, replay, steps, out, overwrite)
        _store(options, wanted, json=json)
        return
    from ingenium.verbs.fit import fit as fit_generator

    with StageProgress() as stages:
        model = fit_generator(wanted, watch=stages, on=place)
    found = {
        "problem": wanted.problem,
        "family": model.name,
        "model": model.digest,
        "from_cache": model.cached,
        "fit": model.meta,
    }
    if json:
        print_json(found)
        return
    how = "was in the cache already" if model.cached else "is fitted and stored in the cache"
    results().print(f"{model.name} for {wanted.problem} {how}.", highlight=False)
    _show_learned(model.meta)


def _with_rows(wanted: "Spec", rows: int, steps: int | None, base: Path | None) -> "Spec":
    """Return the spec of a fit to rows that the engine labels."""
    from dataclasses import replace

    from ingenium.core.counts import check_least
    from ingenium.core.errors import InputError

    check_least(rows, "--rows", "labelled design", say=10_000)
    if base is not None:
        raise InputError("--rows or --base", "both", "A fit to rows starts from nothing.")
    own = wanted.generator
    family = "inverse" if own.family == "default" else own.family
    return replace(wanted, generator=replace(own, family=family, rows=rows, steps=steps))


def _show_learned(fit: dict[str, Any]) -> None:
    """Print the verdict on a fit, and its errors by the number of rows."""
    if "verdict" in fit:
        results().print(f"{fit['verdict'][0].upper()}{fit['verdict'][1:]}.", highlight=False)
    points = fit.get("by_rows", ())
    if not points:
        return
    shown = table(
        f"Mean error on {fit['tested_on']}, in tolerances (2 % of the range of a quantity)",
        "quantity", *(f"{p['rows']} rows" for p in points), "tolerance",
    )  # fmt: skip
    for name, tolerance in fit["tolerance"].items():
        own = (p["error_tolerances"][name] for p in points)
        errors = ("-" if error is None else f"{error:.2f}" for error in own)
        factor = name in fit["logarithm"]
        shown.add_row(name, *errors, f"{tolerance:.3g}" + (" of the logarithm" if factor else ""))
    results().print(shown, highlight=False)


class FitOptions(NamedTuple):
    """Options of a fit in a folder of its own."""

    on: "WorkPlace"
    layout: str
    precision: str
    base: Path | None
    rank: int
    replay: float
    steps: int | None
    out: Path | None
    overwrite: bool


def _store(options: FitOptions, wanted: "Spec", *, json: bool) -> None:
    """Fit into a folder, by adapting, over workers or by this process alone."""
    from ingenium.domains import open_problem
    from ingenium.report.artifact_report import write
    from ingenium.verbs import ranked_fit

    alone = options.on.kind == LOCAL and (options.layout, options.precision) == ("auto", "own")
    with StageProgress() as stages:
        if options.base is not None:
            stored = _adapted(options, wanted, options.base, stages)
        elif alone and not ranked_fit.shared(problem := open_problem(wanted), wanted.generator):
            stored = _alone(options, problem, wanted, stages)
        else:
            request = ranked_fit.FitRequest(
                wanted, options.on, options.layout, options.steps,
                precision=options.precision,  # type: ignore[arg-type]  # checked there
            )  # fmt: skip
            if options.on.follows:
                ranked_fit.follow(request)
                return
            folder = options.out or Path("out") / f"fit-{wanted.problem}"
            stored = ranked_fit.fit(request, folder, watch=stages, overwrite=options.overwrite)
        write(stored)
    finish(stored, json=json)


def _adapted(options: FitOptions, wanted: "Spec", base: Path, stages: StageProgress) -> "FitRecord":
    from ingenium.core.errors import InputError
    from ingenium.verbs.adapt import AdaptRequest, adapt
    from ingenium.verbs.ranked_fit import STEPS

    if options.on.kind != LOCAL:
        what = "a fit that is adapted by this process"
        raise InputError(what, f"--on {options.on}", "Leave --on out: few parameters are trained.")
    steps = options.steps or wanted.generator.steps or STEPS
    folder = options.out or Path("out") / f"adapted-{wanted.problem}"
    request = AdaptRequest(wanted, base, options.rank, steps, options.replay)
    return adapt(request, folder, watch=stages, overwrite=options.overwrite)


def _alone(
    options: FitOptions, problem: "Problem", wanted: "Spec", stages: StageProgress
) -> "FitRecord":
    from dataclasses import replace

    from ingenium.verbs.adapt import store

    if options.steps is not None:
        wanted = replace(wanted, generator=replace(wanted.generator, steps=options.steps))
    folder = options.out or Path("out") / f"fit-{wanted.problem}"
    return store(problem, wanted, folder, watch=stages, overwrite=options.overwrite)


def propose(
    problem: ProblemName,
    spec: SpecFile = None,
    number: Annotated[
        int, typer.Option("-n", "--number", help="Number of designs to propose.")
    ] = 100,
    seed: Annotated[
        int, typer.Option(help="Random seed; the same seed reproduces the same designs.")
    ] = 0,
    on: On = LOCAL,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Folder of a stored fit to sample from (default: fit or take from the cache)."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder (default: out/PROBLEM).")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another finished run in the output folder.")
    ] = False,
    form: FormatName = None,
    json: AsJson = False,
) -> None:
    """Propose designs, verify all of them, and export the accepted ones with their evidence."""
    began = time.perf_counter()
    from ingenium.cli.named_spec import requested

    wanted = requested(problem, spec)  # before what takes seconds to import
    from ingenium.runs.outcome import Clock
    from ingenium.verbs.propose import propose as propose_designs

    clock = Clock({"start": time.perf_counter() - began})
    folder = Path("out") / wanted.problem if out is None else out
    with StageProgress() as stages:
        run = propose_designs(
            wanted,
            number,
            seed,
            folder,
            on=on,
            model=model,
            watch=stages,
            overwrite=overwrite,
            form=form,
            clock=clock,
        )
    give(run, json=json)


def give(run: "Run", *, json: bool) -> None:
    """Print how a run came out; it ends with 1 where nothing was kept."""
    if json:
        print_json(_described(run))
    else:
        from ingenium.cli.outcome import show

        show(results(), run)
    if not len(run.selected):
        met = "meets every limit" if not run.summary.accepted else "was exported"
        errors().print(f"No design {met}.", style="bold")
        raise typer.Exit(UNMET)


def _described(run: "Run") -> dict[str, Any]:
    """The outcome for machines."""
    session = run.session
    reported = {
        "problem": run.problem.name,
        "folder": str(run.folder),
        "report": str(run.folder / "report.html"),
        "summary": run.summary,
        "exported": run.designs["design"].to_numpy()[run.selected].tolist(),
        "record": run.record,
    }
    if session is None:
        return reported
    audit = session.last.audit
    return reported | {
        "strategy": session.plan.strategy,
        "why": session.why,
        "unmet": session.unmet,
        "last": session.last,
        "screen": None if audit is None else audit.reported(),
    }
