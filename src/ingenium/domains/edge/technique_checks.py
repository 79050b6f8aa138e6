"""Techniques one by one, shown by their commands: formats, pruning, distillation, learning on."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import MUTED, OURS, REJECTED, dress, panels
from ingenium.evaluate.style import SMALL as SMALL_PRINT

GENERATORS = {  # of three domains, with the family that goes to the device
    "edge.doodle": "pen",
    "molecules.library": "moses_lstm",
    "process.laboratory": "diffusion",
}
TOKENS = ("edge.doodle", "molecules.library")  # whose losses are nats a token
HALF, QUARTER = 0.55, 0.30  # of the single-precision file
SMALL, VOICES, MOLECULES = "process.laboratory", "neuro.vowels", "molecules.library"
WIDTHS, ZEROS = (1.0, 0.75, 0.5, 0.25), (0.25, 0.5, 0.75, 0.9)
STUDENTS, LEAST_KEPT = (0.45, 0.25), 0.95  # of the units; of the teacher's acceptance
MANY, FEW = 50, 4  # calls of a denoiser
ROUNDED: Mapping[str, Mapping[str, str]] = {  # what is learned with rounded weights
    "process.laboratory": {"family": "vae"},
    "edge.doodle": {"family": "pen"},
    "airfoils.section": {"family": "vae", "setup": 'judge = "neuralfoil", refine_steps = 0'},
}
LEARNED = ("int4, aware", "int4", "int8")
LONG = 300  # steps, after which a rounded network has converged again
SEEDS = range(5)  # of what calibrates, judges and teaches
CALLED = (f"int8, {MANY} calls", f"int8, {FEW} calls", f"int8, {FEW} calls, distilled")
SHEET = """
name = "Cortex-M7, 216 MHz"
formats = {formats}
widths = {widths}
zeros = {zeros}
calls = {calls}
matched = {matched}
steps = {steps}
finalists = 100
judged = {judged}
seed = {seed}
setup = {{ {setup} }}
generator = {{ family = "{family}" }}
"""
USUAL: Mapping[str, Any] = {
    "formats": ["int8"],
    "widths": [1.0],
    "zeros": [],
    "calls": [],
    "matched": "false",
    "steps": 120,
    "judged": 64,
    "seed": 0,
    "setup": "",
}
DRIFT = """
problem = "process.laboratory"
[setup]
making = {making}
wasting = {wasting}
[generator]
family = "diffusion"
"""


def formats(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.1: three generators of three domains as files of half precision and of 8 bits."""
    for problem, family in GENERATORS.items():
        both: dict[str, Any] = {"formats": ["fp16", "int8"], "family": family}
        every = [_fit(commands, problem, **both, seed=seed) for seed in SEEDS]
        found = every[0]
        single, half = found["floating"]["fp32"]["file"], found["floating"]["fp16"]
        trials = {t["title"]: t for t in found["trials"]}
        eight = trials["int8"]
        shares = half["file"] / single, eight["file"] / single
        yield Finding(
            f"{problem}: {single / 1e3:.0f} kB in single precision, {shares[0]:.2f} of it in "
            f"half, {shares[1]:.2f} in 8 bits",
            shares[0] <= HALF and shares[1] <= QUARTER,
        )
        rises = [_rises(problem, every, kind) for kind in ("fp16", "int8")]
        what = "perplexity" if problem in TOKENS else "loss"
        accepted = [
            own["accepted"]["value"]
            for own in (found["original"], half["measured"], eight["measured"])
        ]
        yield Finding(
            f"{problem}: by ONNX Runtime, held-out {what} {_span(rises[0])} in half and "
            f"{_span(rises[1])} in 8 bits over {len(SEEDS)} seeds; accepted {accepted[0]:.2f} "
            f"before, {accepted[1]:.2f} and {accepted[2]:.2f}",
            max(rises[0]) <= 0.02 and max(rises[1]) <= 0.05,
        )
        others = ("int8, no zero points", "int8, one scale")
        switched = [_rise(problem, trials[k]["measured"], found["original"]) for k in others]
        yield Finding(
            f"{problem}: without zero points {100 * switched[0]:+.2f} %, with one scale a tensor "
            f"{100 * switched[1]:+.2f} %",
            all(map(math.isfinite, switched)),
        )


def _halved(commands: Commands) -> Iterator[Finding]:
    """Half of the units of other generators gone."""
    for problem in ("edge.doodle", "airfoils.section"):
        found = _fit(commands, problem, **ROUNDED[problem], widths=[1.0, 0.5])
        whole, half = (_named(found, k) for k in ("int8", "int8, 50 % of units"))
        share = half["instructions"]["value"] / whole["instructions"]["value"]
        yield Finding(
            f"{problem}: with half of the units {share:.2f} of the instructions, loss "
            f"{whole['loss']['value']:.4f} before and {half['loss']['value']:.4f} after",
            share < 0.8,
        )


def _rises(problem: str, every: Sequence[Mapping[str, Any]], kind: str) -> list[float]:
    """Of half precision or of 8 bits, for each seed."""
    return [
        _rise(
            problem,
            own["floating"][kind]["measured"] if kind == "fp16" else _named(own, kind),
            own["original"],
        )
        for own in every
    ]


def _span(rises: Sequence[float]) -> str:
    return f"{100 * min(rises):+.2f} to {100 * max(rises):+.2f} %"


def aware(commands: Commands) -> Iterator[Finding]:
    """Row 18.2: training with rounded weights beside rounding afterwards, at 4 bits."""
    for problem, own in ROUNDED.items():
        rows = []
        for seed in SEEDS:
            found = _fit(commands, problem, **own, formats=["int4"], steps=LONG, seed=seed)
            rows.append([_named(found, k)["loss"]["value"] for k in LEARNED])
        within, after, eight = zip(*rows, strict=True)
        better = sum(own <= other for own, other in zip(within, after, strict=True))
        yield Finding(
            f"{problem}, {own['family']}: loss {_from(within)} learned at 4 bits, {_from(after)} "
            f"rounded to them, {_from(eight)} at 8 bits; no worse in {better} of {len(SEEDS)} "
            "seeds",
            better == len(SEEDS),
        )


def _from(losses: Sequence[float]) -> str:
    return f"{min(losses):.4f} to {max(losses):.4f}"


def pruning(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.3: units or single weights left out and learned again, to the last instruction."""
    curves = {}
    for kind, trials in (
        ("units", _by_width(commands)),
        ("weights", _fit(commands, SMALL, zeros=[*ZEROS])["trials"]),
    ):
        curves[kind] = sorted(_curve(trials, kind))
        told = "; ".join(
            f"{100 * gone:.0f} % gone: loss {loss:.4f}, {million:.3f} million instructions"
            for gone, loss, million, _ in curves[kind]
        )
        yield Finding(f"{kind}: {told}", len(curves[kind]) >= 4)
    others = [sorted(_curve(_by_width(commands, seed=s), "units")) for s in SEEDS[1:]]
    each = list(zip(curves["units"], *others, strict=True))  # a width each, of all seeds
    losses = "; ".join(
        f"{100 * own[0][0]:.0f} % gone: {min(r[1] for r in own):.4f} to "
        f"{max(r[1] for r in own):.4f}"
        for own in each
    )
    yield Finding(
        f"units, losses over {len(SEEDS)} seeds: {losses}",
        all(small[2] < 0.8 * whole[2] for whole, small in zip(each[0], each[-1], strict=True)),
    )
    spread = {k: (rows[0][2] - rows[-1][2]) / rows[0][2] for k, rows in curves.items()}
    yield Finding(
        f"instructions counted on the board fall by {spread['units']:.1%} where "
        f"{curves['units'][-1][0]:.0%} of the units are gone, and by {spread['weights']:.1%} where "
        f"{curves['weights'][-1][0]:.0%} of the weights are",
        spread["units"] > 0.2 and abs(spread["weights"]) < 0.02,
    )
    yield Finding(
        "weights that were masked are 0 in what is exported, after they were learned again",
        all(zeros >= gone - 0.01 for gone, _, _, zeros in curves["weights"]),
    )
    yield from _halved(commands)
    yield Picture(_curves(curves), "Loss and instructions as units or single weights go")


def distillation(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.4: students of a quarter of the parameters, and of few calls."""
    taught = {"widths": [*STUDENTS], "matched": "true", "steps": 1600, "judged": 384}
    found = _fit(commands, MOLECULES, family="moses_lstm", **taught)
    whole, before = _named(found, "int8"), found["original"]
    for share in STUDENTS:
        name = f"int8, {100 * share:.0f} % of units"
        student, alone = _named(found, f"{name}, distilled, by states"), _named(found, name)
        kept = student["kept_acceptance"]
        yield Finding(
            f"{MOLECULES}: a student of {_size(student, whole):.2f} of the bytes accepts "
            f"{student['accepted']['value']:.3f}, its teacher {before['accepted']['value']:.3f}, "
            f"which is {kept['value']:.2f} of it ({kept['low']:.2f} to {kept['high']:.2f}); "
            f"taught by designs alone {alone['accepted']['value']:.3f}",
            kept["value"] >= LEAST_KEPT,
            gap=share < STUDENTS[0],
        )
        yield Finding(
            f"perplexity a token: {_perplexity(student):.3f} distilled, {_perplexity(alone):.3f} "
            f"by designs alone, {_perplexity(before):.3f} of the teacher",
            _perplexity(student) < _perplexity(alone),
        )
        yield Finding(
            f"by perplexity it loses {_perplexity(student) / _perplexity(before) - 1:.0%}, and its "
            f"designs lie {student['apart']['value']:.3f} from the teacher's",
            _perplexity(student) <= 1.05 * _perplexity(before),
            gap=True,
        )
    few = _fit(
        commands, VOICES, family="principal_diffusion", calls=[MANY, FEW], steps=600, judged=256
    )
    yield from _few_calls(few)
    yield Picture(_students(found, few), "What students keep, by their size and by their calls")


def _few_calls(found: Mapping[str, Any]) -> Iterator[Finding]:
    """A diffusion that learned to take few calls, by what is accepted and what is measured."""
    many, bare, few = (_named(found, title) for title in CALLED)
    yield Finding(
        f"{VOICES}: a diffusion of {FEW} calls that learned from its teacher's pairs accepts "
        f"{few['accepted']['value']:.3f}, of {MANY} calls {many['accepted']['value']:.3f}, of "
        f"{FEW} without learning {bare['accepted']['value']:.3f}; "
        f"{many['instructions']['value'] / few['instructions']['value']:.1f} times fewer "
        "instructions",
        few["accepted"]["value"] >= 0.9 * many["accepted"]["value"],
    )
    apart = [own["apart"]["value"] for own in (many, few, bare)]
    yield Finding(
        f"what is measured of its designs lies {apart[1]:.3f} from the original's, of {MANY} calls "
        f"{apart[0]:.3f}, of {FEW} without learning {apart[2]:.3f} (largest difference of "
        "distributions, on average)",
        apart[1] < min(apart[2], apart[0] + 0.1),
    )


def continual(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.18: students by size and time, and what is forgotten after a drift."""
    trials = _by_width(commands)
    students = [t for t in trials if t["recipe"]["distilled"] or t["title"] == "int8"]
    table = "; ".join(
        f"{t['recipe']['width']:.0%} of the units: {_value(t, 'flash') / 1e3:.0f} kB, "
        f"{1e3 * _value(t, 'latency'):.2f} ms, loss {_value(t, 'loss'):.4f}"
        for t in students
    )
    sizes = [(_value(t, "flash"), _value(t, "latency")) for t in students]
    yield Finding(f"students: {table}", len(students) >= 4 and sizes == sorted(sizes)[::-1])
    (commands.folder / "calm.toml").write_text(DRIFT.format(making=0.12, wasting=0.006))
    (commands.folder / "drift.toml").write_text(DRIFT.format(making=0.05, wasting=0.02))
    words = ("fit", SMALL, "--spec")
    commands(*words, "calm.toml", "--steps", 400, "--out", "base")
    grown, learned = {}, {}
    for name, share in (("without", 0.0), ("with", 0.5)):
        asked = ("--base", "base", "--steps", 300, "--replay", share, "--out", name)
        own = commands(*words, "drift.toml", *asked).answer
        grown[name] = own["earlier_loss_after"] - own["earlier_loss_before"]
        learned[name] = own["loss_before"] - own["loss_after"]
        yield Finding(
            f"{name} replay: the loss on the reaction that drifted falls from "
            f"{own['loss_before']:.4f} to {own['loss_after']:.4f}, that on the one before goes "
            f"from {own['earlier_loss_before']:.4f} to {own['earlier_loss_after']:.4f}",
            learned[name] > 0,
        )
    yield Finding(
        f"replay forgets {grown['with']:+.4f} where {grown['without']:+.4f} was forgotten",
        grown["with"] < grown["without"],
    )
    yield Picture(_sizes(students), "Students of a small generator by size and time")


def _by_width(commands: Commands, **own: Any) -> list[Mapping[str, Any]]:
    """Trials of every width by itself, the whole first; together only the widest would be tried."""
    found: list[Mapping[str, Any]] = []
    for width in WIDTHS:
        trials = _fit(commands, SMALL, widths=[width], **own)["trials"]
        found += [t for t in trials if t["recipe"]["width"] == width]
    return found


def _fit(commands: Commands, problem: str, *, family: str = "vae", **own: Any) -> Any:
    entries = {**USUAL, **own, "family": family}
    (commands.folder / "sheet.toml").write_text(SHEET.format(**entries))
    asked = ("--device", "sheet.toml", "--out", "small", "--overwrite")
    return commands("edge", "fit", problem, *asked).answer


def _rise(problem: str, measured: Mapping[str, Any], original: Mapping[str, Any]) -> float:
    """Of perplexity where losses are nats a token, and else of the loss."""
    if problem in TOKENS:
        return _perplexity(measured) / _perplexity(original) - 1
    return float(measured["loss_rise"]["value"])


def _perplexity(measured: Mapping[str, Any]) -> float:
    return math.exp(measured["loss"]["value"])


def _named(found: Mapping[str, Any], title: str) -> Mapping[str, Any]:
    own: Mapping[str, Any] = next(t["measured"] for t in found["trials"] if t["title"] == title)
    return own


def _value(trial: Mapping[str, Any], name: str) -> float:
    return float(trial["measured"][name]["value"])


Point = tuple[float, float, float, float]  # share gone, loss, million instructions, share of zeros


def _curve(trials: Sequence[Mapping[str, Any]], kind: str) -> Iterator[Point]:
    """Of what learned from designs; the first is the whole."""
    for t in trials:
        own = t["recipe"]
        usual = own["scheme"]["per_channel"] and own["scheme"]["zero_points"]
        if own["distilled"] or own["scheme"]["bits"] != 8 or not usual:
            continue
        gone = 1 - own["width"] if kind == "units" else own["sparse"]
        yield gone, _value(t, "loss"), _value(t, "instructions") / 1e6, t["zeros"]


def _curves(curves: Mapping[str, Sequence[Point]]) -> Figure:
    figure, grid = panels(1, 2, (3.6, 2.8))
    names = ("held-out loss", "instructions a design, million")
    for axes, column, name in zip(grid[0], (1, 2), names, strict=True):
        for (kind, rows), color in zip(curves.items(), (OURS, MUTED), strict=True):
            x = [100 * row[0] for row in rows]
            axes.plot(x, [row[column] for row in rows], "o-", color=color, ms=4, label=kind)
        dress(axes, "gone, %", name)
    grid[0][1].set_ylim(0, 1.1 * max(row[2] for rows in curves.values() for row in rows))
    return figure


def _size(own: Mapping[str, Any], whole: Mapping[str, Any]) -> float:
    """Flash of one over that of the other."""
    return float(own["flash"]["value"] / whole["flash"]["value"])


def _students(found: Mapping[str, Any], few: Mapping[str, Any]) -> Figure:
    """Acceptance over the teacher's by bytes, and how far designs lie apart by calls."""
    figure, grid = panels(1, 2, (3.6, 3.0))
    whole, (left, right) = _named(found, "int8"), grid[0]
    ways = (("by designs alone", MUTED, ""), ("distilled", OURS, ", distilled, by states"))
    for label, color, more in ways:
        titles = ["int8", *(f"int8, {100 * s:.0f} % of units{more}" for s in STUDENTS)]
        own = [_named(found, t) for t in titles]
        _whiskers(left, [_size(o, whole) for o in own], own, "kept_acceptance", color, label)
    left.axhline(LEAST_KEPT, color=REJECTED, lw=0.8, ls="--", label=f"{1 - LEAST_KEPT:.0%} lost")
    dress(left, "bytes of the student over the whole's", "acceptance over the teacher's")
    left.set_xlim(0, 1.08)
    left.legend(fontsize=SMALL_PRINT, frameon=False, loc="lower right")
    left.set_title("molecules, fewer units", fontsize=SMALL_PRINT)
    names = (f"{MANY} calls", f"{FEW} calls", f"{FEW} calls,\ndistilled")
    for i, (title, color) in enumerate(zip(CALLED, (MUTED, MUTED, OURS), strict=True)):
        _whiskers(right, [i], [_named(few, title)], "apart", color, "")
    right.set_xticks(range(len(names)), names)
    right.set_xlim(-0.5, len(names) - 0.5)
    right.set_ylim(0)
    dress(right, "", "distributions lie apart")
    right.set_title("vowels, fewer calls", fontsize=SMALL_PRINT)
    return figure


def _whiskers(
    axes: Axes,
    x: Sequence[float],
    own: Sequence[Mapping[str, Any]],
    name: str,
    color: str,
    label: str,
) -> None:
    """Values with their intervals."""
    y = [o[name]["value"] for o in own]
    ends = [(o[name]["value"] - o[name]["low"], o[name]["high"] - o[name]["value"]) for o in own]
    reach = [[e[k] for e in ends] for k in (0, 1)]
    axes.errorbar(x, y, reach, fmt="o-", color=color, ms=4, lw=1.0, capsize=2, label=label or None)


def _sizes(students: Sequence[Mapping[str, Any]]) -> Figure:
    figure, grid = panels(1, 2, (3.6, 2.8))
    loss = [_value(t, "loss") for t in students]
    ends = (("flash", "flash, kB", 1e-3), ("latency", "latency, ms", 1e3))
    for axes, (name, label, unit) in zip(grid[0], ends, strict=True):
        axes.plot([_value(t, name) * unit for t in students], loss, "o-", color=OURS, ms=4)
        axes.set_xlim(0)
        dress(axes, label, "held-out loss" if name == "flash" else "")
    return figure
