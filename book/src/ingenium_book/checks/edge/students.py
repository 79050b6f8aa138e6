"""Students: with fewer units, with few calls, and one that continues to learn after a drift."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ingenium.drawing.style import MUTED, OURS, REJECTED, dress, panels
from ingenium.drawing.style import SMALL as SMALL_PRINT
from ingenium_book.checks.edge.trials import (
    SEEDS,
    SMALL,
    WIDTHS,
    ends,
    fitted,
    named,
    perplexity,
    value,
)
from ingenium_book.findings import Commands, Finding, Picture

MOLECULES, VERSE, VOWELS = "molecules.library", "words.verse", "neuro.vowels"
LOST = 0.05  # of the teacher's score at most
MANY, FEW = 50, 4  # calls of a denoiser
CALLED = (f"int8, {MANY} calls", f"int8, {FEW} calls", f"int8, {FEW} calls, distilled")
DRIFT = """
problem = "process.laboratory"
[setup]
making = {making}
wasting = {wasting}
[generator]
family = "diffusion"
"""
Records = Sequence[Mapping[str, Any]]  # of fits with one seed after the other


@dataclass(frozen=True)
class Pupils:
    """Students of a teacher, and the entries of their device sheet."""

    family: str  # of the teacher
    units: float  # share of its units, which makes a quarter of its bytes
    entries: Mapping[str, Any]


PUPILS = {
    MOLECULES: Pupils("moses_lstm", 0.45, {"steps": 1600, "judged": 384}),
    VERSE: Pupils("lstm", 0.3, {"steps": 200, "judged": 32, "setup": {"known": 152}}),
}


def distillation(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.4: students of a quarter of the parameters, and of few calls."""
    learned: dict[str, Records] = {}
    for problem, own in PUPILS.items():
        entries = {**own.entries, "family": own.family, "widths": [own.units], "matched": True}
        learned[problem] = [fitted(commands, problem, **entries, seed=s) for s in SEEDS]
        yield from _students(problem, learned[problem])
    entries = {"family": "principal_diffusion", "calls": [MANY, FEW], "steps": 600, "judged": 256}
    few = [fitted(commands, VOWELS, **entries, seed=s) for s in SEEDS]
    yield from _few_calls(few)
    yield Picture(_figure(learned, few), "What students keep, by their size and by their calls")


def _students(problem: str, every: Records) -> Iterator[Finding]:
    """Compare students, by acceptance and perplexity, with equal generators trained on designs."""
    whole, small = named(every[0], "int8"), _taught(problem, every)[0]
    size = value(small, "flash") / value(whole, "flash")
    accepted = _stored(problem, every, by_acceptance=True)
    originals = [own["original"] for own in every]
    yield Finding(
        f"{problem}, seeds: {len(every)}; students of {size:.2f} of the bytes keep "
        f"{ends(accepted, 2)} of the acceptance of their teacher, "
        f"{ends([value(own, 'accepted') for own in originals], 2)}",
        fmean(accepted) >= 1 - LOST,
    )
    reported, alone = (
        [perplexity(own) for own in _taught(problem, every, way)] for way in (True, False)
    )
    teacher = [perplexity(own) for own in originals]
    yield Finding(
        f"perplexity a token: {ends(reported, 2)} distilled, {ends(alone, 2)} by designs alone, "
        f"{ends(teacher, 2)} of the teacher",
        all(own < other for own, other in zip(reported, alone, strict=True)),
        gap=problem == VERSE,  # whose teacher learned little from few poems
    )
    lost = fmean(own / other for own, other in zip(reported, teacher, strict=True)) - 1
    distance = [value(s, "distance") for s in _taught(problem, every)]
    yield Finding(
        f"by perplexity they lose {lost:.1%}, and their designs lie {ends(distance, 3)} from the "
        "teacher's",
        lost <= LOST,
        gap=problem != VERSE,  # the score of language; that of molecules is acceptance
    )


def _taught(problem: str, every: Records, distilled: bool = True) -> list[Mapping[str, Any]]:
    """Measured values of the students, distilled or trained on designs alone."""
    more = ", distilled, by states" if distilled else ""
    title = f"int8, {100 * PUPILS[problem].units:.0f} % of units{more}"
    return [named(own, title) for own in every]


def _stored(
    problem: str, every: Records, *, by_acceptance: bool, distilled: bool = True
) -> list[float]:
    """Scores of students over that of their teacher, by acceptance or by perplexity."""
    own = _taught(problem, every, distilled)
    if by_acceptance:
        return [value(student, "acceptance_ratio") for student in own]
    originals = (perplexity(found["original"]) for found in every)
    return [whole / perplexity(small) for whole, small in zip(originals, own, strict=True)]


def _few_calls(every: Records) -> Iterator[Finding]:
    """Check a diffusion trained for few calls, by acceptance and measured values."""
    rows = [[named(found, title) for title in CALLED] for found in every]
    many, bare, few = ([value(own, "accepted") for own in k] for k in zip(*rows, strict=True))
    whole, small = (value(rows[0][k], "instructions") for k in (0, 2))
    yield Finding(
        f"{VOWELS}, {len(every)} seeds: a diffusion of {FEW} calls that learned from its teacher's "
        f"pairs accepts {ends(few, 3)}, of {MANY} calls {ends(many, 3)}, of {FEW} without learning "
        f"{ends(bare, 3)}; {whole / small:.1f} times fewer instructions",
        all(own >= 0.9 * other for own, other in zip(few, many, strict=True)),
    )
    many, bare, few = ([value(own, "distance") for own in k] for k in zip(*rows, strict=True))
    yield Finding(
        f"what is measured of its designs lies {ends(few, 3)} from the original's, of {MANY} calls "
        f"{ends(many, 3)}, of {FEW} without learning {ends(bare, 3)} (largest difference of "
        "distributions, on average)",
        all(own < min(b, m + 0.1) for own, b, m in zip(few, bare, many, strict=True)),
    )


def continual(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.18: students by size and time, and forgetting after a drift."""
    trials = fitted(commands, SMALL, widths=WIDTHS)["trials"]
    students = [t for t in trials if t["recipe"]["distilled"] or t["title"] == "int8"]
    students.sort(key=lambda t: -t["recipe"]["width"])
    own = [t["measured"] for t in students]
    table = "; ".join(
        f"{t['recipe']['width']:.0%} of the units: {value(m, 'flash') / 1e3:.0f} kB, "
        f"{1e3 * value(m, 'latency'):.2f} ms, loss {value(m, 'loss'):.4f}"
        for t, m in zip(students, own, strict=True)
    )
    sizes = [(value(m, "flash"), value(m, "latency")) for m in own]
    yield Finding(f"students: {table}", len(students) >= 4 and sizes == sorted(sizes)[::-1])
    yield from _drifted(commands)
    yield Picture(_sizes(own), "Students of a small generator by size and time")


def _drifted(commands: Commands) -> Iterator[Finding]:
    """Compare learning and forgetting during a drift, with and without replay."""
    (commands.folder / "calm.toml").write_text(DRIFT.format(making=0.12, wasting=0.006))
    (commands.folder / "drift.toml").write_text(DRIFT.format(making=0.05, wasting=0.02))
    words = ("fit", SMALL, "--spec")
    commands(*words, "calm.toml", "--steps", 400, "--out", "base")
    grown = {}
    for name, share in (("without", 0.0), ("with", 0.5)):
        requested = ("--base", "base", "--steps", 300, "--replay", share, "--out", name)
        own = commands(*words, "drift.toml", *requested).answer
        grown[name] = own["earlier_loss_after"] - own["earlier_loss_before"]
        yield Finding(
            f"{name} replay: the loss on the reaction that drifted falls from "
            f"{own['loss_before']:.4f} to {own['loss_after']:.4f}, that on the one before goes "
            f"from {own['earlier_loss_before']:.4f} to {own['earlier_loss_after']:.4f}",
            own["loss_after"] < own["loss_before"],
        )
    yield Finding(
        f"replay forgets {grown['with']:+.4f} where {grown['without']:+.4f} was forgotten",
        grown["with"] < grown["without"],
    )


def _figure(learned: Mapping[str, Records], few: Records) -> Figure:
    """Plot scores over the teacher's by size, and distances of designs by calls."""
    figure, grid = panels(1, 2, (3.6, 3.0))
    left, right = grid[0]
    groups = {
        "molecules,\nacceptance": (MOLECULES, True),
        "molecules,\nperplexity": (MOLECULES, False),
        "verse,\nperplexity": (VERSE, False),
    }
    for distilled, color, shift in ((False, MUTED, -0.12), (True, OURS, 0.12)):
        label = "distilled" if distilled else "by designs alone"
        for i, (problem, accepted) in enumerate(groups.values()):
            own = _stored(problem, learned[problem], by_acceptance=accepted, distilled=distilled)
            _dots(left, i + shift, own, color, "" if i else label)
    left.axhline(1 - LOST, color=REJECTED, lw=0.8, ls="--", label=f"{LOST:.0%} lost")
    left.set_xticks(range(len(groups)), groups, fontsize=SMALL_PRINT)
    dress(left, "", "score over the teacher's")
    left.set_ylim(0)
    left.legend(fontsize=SMALL_PRINT, frameon=False, loc="lower right")
    left.set_title("a quarter of the bytes", fontsize=SMALL_PRINT)
    names = (f"{MANY} calls", f"{FEW} calls", f"{FEW} calls,\ndistilled")
    for i, (title, color) in enumerate(zip(CALLED, (MUTED, MUTED, OURS), strict=True)):
        _dots(right, i, [value(named(own, title), "distance") for own in few], color, "")
    right.set_xticks(range(len(names)), names, fontsize=SMALL_PRINT)
    right.set_xlim(-0.5, len(names) - 0.5)
    right.set_ylim(0)
    dress(right, "", "distributions lie apart")
    right.set_title("vowels, fewer calls", fontsize=SMALL_PRINT)
    return figure


def _dots(axes: Axes, x: float, values: Sequence[float], color: str, label: str) -> None:
    axes.plot([x] * len(values), values, "o", color=color, ms=4, alpha=0.7, label=label or None)


def _sizes(students: Records) -> Figure:
    figure, grid = panels(1, 2, (3.6, 2.8))
    loss = [value(own, "loss") for own in students]
    shown = (("flash", "flash, kB", 1e-3), ("latency", "latency, ms", 1e3))
    for axes, (name, label, unit) in zip(grid[0], shown, strict=True):
        axes.plot([value(own, name) * unit for own in students], loss, "o-", color=OURS, ms=4)
        axes.set_xlim(0)
        dress(axes, label, "held-out loss" if name == "flash" else "")
    return figure
