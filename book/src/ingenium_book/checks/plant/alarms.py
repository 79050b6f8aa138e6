"""Systems that watch a plant, shown by their commands."""

from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.figure import Figure

from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, panels, plane
from ingenium_book.checks.plant.scorecard import AXES, SIDES, ScoreAxis
from ingenium_book.findings import Commands, Done, Finding, Picture

WEEKS = """
problem = "plant.campaign"
title = "Short weeks of C-Town, calm and attacked"
[setup]
known = 30
days = 5
"""
DAYS = """
problem = "grid.feeder_day"
title = "Days of a feeder"
[generator]
family = "gaussian_copula"
"""
WATCHED = 'family = "lstm"\nsteps = 150\nevasion = true\nadversarial = {hard}\n'
MADE = 'family = "dpca"\nwindow = 4\nsteps = 300\naugment = "{arm}"\nlearn_from = "{source}"\n'
MADE += "false_alarms_per_week = 7.0\nrecovery_h = {recovery}\nunseen = []\n"
NEAR, LEAK = 0.9, 0.55  # of the score by real windows, and of the area of a test for membership
INSIDE = 1e-4  # spreads by which rounding may leave an attacker's reach
ARM = "vae"


def evasion(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.13: areas under an attacker who knows the monitor, before and after training."""
    yield Finding("weeks are made", _weeks(commands, 48).code == 0)
    found = {}
    for name, hard in (("plain", "false"), ("hardened", "true")):
        done = _fitted(commands, "weeks", name, WATCHED.format(hard=hard))
        yield Finding(f"the {name} monitor is fitted and exported", done.code == 0)
        found[name] = done.answer["evasion"]
    beyond = max(own["beyond"] for own in found.values())
    yield Finding(
        f"the attacker moves sensors by {found['plain']['spreads']:g} spreads at most, within what "
        f"was ever read, and no pump's state (beyond this by {beyond:.0e})",
        beyond <= INSIDE,
    )
    before, after = (found["plain"][k] for k in ("auc", "auc_evaded"))
    yield Finding(f"unprepared, its area falls from {before:.3f} to {after:.3f}", after < before)
    own = found["hardened"]
    yield Finding(
        f"trained against him it is {own['auc_evaded']:.3f} under attack "
        f"({own['auc']:.3f} without)",
        own["auc_evaded"] > after,
    )
    yield Picture(_areas(found), "Area under an attacker, before and after training on his moves")


def synthetic_sensors(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.15: monitors that learned from made windows alone, and whether these are copies."""
    yield Finding("weeks of a water works are made", _weeks(commands, 64).code == 0)
    (commands.folder / "days.toml").write_text(DAYS)
    asked = ("grid.feeder_day", "--spec", "days.toml", "-n", 96, "--out", "days")
    yield Finding("days of a feeder are made", commands("propose", *asked).code == 0)
    scores = {}
    for place, recovery in (("weeks", 24.0), ("days", 1.0)):
        real = _fitted(commands, place, f"{place}_real", _learning("none", "all", recovery))
        made = _fitted(commands, place, f"{place}_made", _learning(ARM, "made", recovery))
        own = [done.answer["measured"]["auc"]["value"] for done in (real, made)]
        scores[place] = own
        yield Finding(
            f"{place}: learned from made windows alone its area is {own[1]:.3f}, from real ones "
            f"{own[0]:.3f}",
            own[1] >= NEAR * own[0],
        )
        leak = made.answer["membership_auc"]
        yield Finding(
            f"{place}: windows that were learned from are told from new ones with area {leak:.3f}",
            abs(leak - 0.5) <= LEAK - 0.5,
        )
    yield Picture(_pairs(scores), "Area of monitors that learned from real and from made windows")


def scorecard(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 22.16: the six uses of the chapter's table, from kept results of other rows alone."""
    card = {}
    for axis in (axis for axis in AXES if axis.values):
        result = commands("study", "show", axis.row).answer["result"]
        if result is not None and not result["quick"]:
            card[axis] = axis.scores(result["values"])
            each = ", ".join(f"{name} {x:.3f}" for name, x in card[axis].items())
            inside = all(0 <= x <= 1 for x in card[axis].values())
            yield Finding(f"{axis.use}, {axis.metric} of row {axis.row}: {each}", inside)
    yield Finding(f"{len(card)} uses stand on kept full results", bool(card))
    none = [f"{axis.use} ({axis.row})" for axis in AXES if axis not in card]
    yield Finding(f"all six uses are measured; empty: {', '.join(none)}", not none, gap=True)
    best = [axis.use for axis, own in card.items() if max(own, key=own.__getitem__) == SIDES[-1]]
    told = f"generative is best in all that is measured; it is in {', '.join(best) or 'none'}"
    yield Finding(told, len(best) == len(card), gap=True)
    yield Picture(_card(card), "Six uses from kept results, each with its metric and row")


def _weeks(commands: Commands, count: int) -> Done:
    (commands.folder / "weeks.toml").write_text(WEEKS)
    return commands(
        *("propose", "plant.campaign", "--spec", "weeks.toml", "-n", count, "--out", "weeks")
    )


def _fitted(commands: Commands, streams: str, name: str, spec: str) -> Done:
    (commands.folder / f"{name}.toml").write_text(spec)
    return commands("monitor", "fit", streams, "--spec", f"{name}.toml", "--out", f"out_{name}")


def _learning(arm: str, source: str, recovery: float) -> str:
    return MADE.format(arm=arm, source=source, recovery=recovery)


def _areas(found: Mapping[str, Any]) -> Figure:
    figure, axes = plane(4.6, 2.4)
    for i, own in enumerate(found.values()):
        axes.bar([i - 0.18], [own["auc"]], 0.34, color=OURS, label="as it is" if not i else None)
        label = "moved" if not i else None
        axes.bar([i + 0.18], [own["auc_evaded"]], 0.34, color=KNOWN, label=label)
    axes.set_xticks(range(len(found)), list(found))
    axes.set_ylim(0, 1)
    dress(axes, "", "AUC")
    return figure


def _pairs(scores: Mapping[str, list[float]]) -> Figure:
    figure, grid = panels(1, len(scores), (2.2, 2.2))
    for axes, (name, own) in zip(grid[0], scores.items(), strict=True):
        axes.bar(["real", "made"], own, color=[KNOWN, OURS])
        axes.set_ylim(0, 1)
        dress(axes, "", "AUC", title=name)
    return figure


def _card(card: Mapping[ScoreAxis, Mapping[str, float]]) -> Figure:
    figure, axes = plane(8.4, 3.0)
    for i, (name, colour) in enumerate(zip(SIDES, (KNOWN, MUTED, OURS), strict=True)):
        own = [(j, card[axis][name]) for j, axis in enumerate(AXES) if name in card.get(axis, {})]
        at, high = [j + 0.25 * (i - 1) for j, _ in own], [x for _, x in own]
        bars = axes.bar(at, high, 0.22, color=colour, label=name)
        axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=1)
    for j, axis in enumerate(AXES):
        if axis not in card:
            axes.text(j, 0.02, "not run", ha="center", color=MUTED)
    names = [f"{axis.use}\n{axis.metric}\nrow {axis.row}" for axis in AXES]
    axes.set_xticks(range(len(AXES)), names)
    axes.set_ylim(0, 1.05)
    axes.set_xlim(-0.6, len(AXES) - 0.4)
    dress(axes, "", "score, 1 is best")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
    return figure
