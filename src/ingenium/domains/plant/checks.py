"""Systems that watch a plant, shown by their commands."""

from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.figure import Figure

from ingenium.evaluate.findings import Commands, Done, Finding, Picture
from ingenium.evaluate.style import KNOWN, MUTED, OURS, dress, panels, plane

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
AXES = ("anomalies (AUC)", "faults (F1)", "attacks found", "energy", "maintenance", "twin")


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
    """Row 22.16: the six axes from own results, and empty where nothing was run."""
    yield Finding("weeks are made", _weeks(commands, 48).code == 0)
    arms = {"classical": ("isolation_forest", "none"), "learned": ("lstm", "none")}
    arms["generative"] = ("lstm", "oversampling")
    table = {}
    for name, (family, arm) in arms.items():
        spec = f'family = "{family}"\naugment = "{arm}"\nsteps = 150\n'
        measured = _fitted(commands, "weeks", name, spec).answer["measured"]
        told = (measured[k]["value"] for k in ("auc", "affiliation_f1", "missed"))
        auc, near, missed = told
        table[name] = {AXES[0]: auc, AXES[1]: near, AXES[2]: 1 - missed}
    filled = {axis for own in table.values() for axis in own}
    yield Finding(f"{len(filled)} axes are measured, each with its metric", len(filled) == 3)
    yield Finding("axes without a run are empty", not filled & set(AXES[3:]))
    yield Finding("all six axes are measured", len(filled) == len(AXES), gap=True)
    yield Picture(_card(table), "Axes from held-out weeks of C-Town; empty where nothing was run")


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
    figure, axes = plane(4.0, 2.4)
    for i, (name, own) in enumerate(found.items()):
        axes.bar([i - 0.18], [own["auc"]], 0.34, color=OURS, label="as it is" if not i else None)
        label = "moved" if not i else None
        axes.bar([i + 0.18], [own["auc_evaded"]], 0.34, color=KNOWN, label=label)
        axes.text(i, 0.02, name, ha="center", color="white")
    axes.set_xticks([])
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


def _card(table: Mapping[str, Mapping[str, float]]) -> Figure:
    figure, axes = plane(6.4, 2.6)
    for i, (name, colour) in enumerate(zip(table, (KNOWN, MUTED, OURS), strict=True)):
        at = [j + 0.25 * (i - 1) for j, axis in enumerate(AXES) if axis in table[name]]
        values = [table[name][axis] for axis in AXES if axis in table[name]]
        axes.bar(at, values, 0.22, color=colour, label=name)
    axes.set_xticks(range(len(AXES)), AXES)
    axes.set_ylim(0, 1)
    dress(axes, "", "score, 0 to 1")
    return figure
