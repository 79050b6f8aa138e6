"""The search over recipes, compared with all of them and with each technique alone."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure

from ingenium.drawing.style import MUTED, OURS, dress, panels
from ingenium_book.checks.edge.trials import (
    ROUNDED,
    SECTIONS,
    SEEDS,
    SKETCHES,
    SMALL,
    ends,
    fitted,
    requested,
    value,
)
from ingenium_book.findings import Commands, Finding, Picture

Record = Mapping[str, Any]
Pairs = Sequence[tuple[Record, Record]]  # of the search and of all recipes, a seed each
FLASH = ((SMALL, 75_000), (SMALL, 82_000), (SKETCHES, 100_000), (SECTIONS, 75_000))  # bytes
LATENCY_MS = {SMALL: 2, SKETCHES: 50, SECTIONS: 2}
ENERGY_MJ = {SMALL: 0.1, SKETCHES: 1, SECTIONS: 0.1}
TRIED = {SMALL: SEEDS, SKETCHES: SEEDS[:3], SECTIONS: SEEDS}
FORMATS, WIDTHS, STEPS, SEARCHED = ("int8", "int4"), (1.0, 0.75, 0.5), 40, 2
ALONE = {  # by 4 bits, fewer units, distilled, aware
    (False, False, False, False): "8 bits",
    (True, False, False, False): "4 bits",
    (True, False, False, True): "4 bits learned",
    (False, True, False, False): "fewer units",
    (False, True, True, False): "a student",
}


def selector(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.5: the search over recipes, and all of them carried out, on three generators."""
    shown = {}
    for problem, flash in FLASH:
        title = f"{problem} in {flash / 1e3:.0f} kB"
        entries = _entries(problem, flash)
        own = [_both(commands, problem, {**entries, "seed": s}) for s in TRIED[problem]]
        yield _chosen(title, own)
        shown[title] = _losses(own)
        yield from _against_techniques(title, shown[title])
    refused = requested(commands, SMALL, **_entries(SMALL, 10_000))
    reported = str(refused.answer.get("error", refused.answer)) + refused.text
    yield Finding("where nothing fits the nearest is named", "the nearest is" in reported)
    yield Picture(_figure(shown), "Losses within the same limits; a dot a seed")


def _both(commands: Commands, problem: str, entries: Mapping[str, Any]) -> tuple[Record, Record]:
    """Run the search, and all recipes that fit."""
    searched = fitted(commands, problem, finalists=SEARCHED, **entries)
    return searched, fitted(commands, problem, **entries)


def _entries(problem: str, flash: float) -> dict[str, Any]:
    limits = [
        _limit("flash", flash),
        _limit("latency", LATENCY_MS[problem], "ms"),
        _limit("energy", ENERGY_MJ[problem], "mJ"),
    ]
    own = {"formats": FORMATS, "widths": WIDTHS, "steps": STEPS, "limits": limits}
    return {**ROUNDED[problem], **own}


def _limit(quantity: str, most: float, unit: str = "") -> dict[str, Any]:
    return {"quantity": quantity, "at_most": most} | ({"unit": unit} if unit else {})


def _chosen(title: str, own: Pairs) -> Finding:
    """Compare the chosen recipe's loss with the best of all."""
    losses = [[both["measured"]["loss"] for both in pair] for pair in own]
    gaps = [found["value"] - best["value"] for found, best in losses]
    titles = ", ".join(dict.fromkeys(f"`{found['recipe_title']}`" for found, _ in own))
    searched, every = (len(both["trials"]) for both in own[0])
    return Finding(
        f"{title}: of {len(own[0][1]['screened'])} recipes {every} are carried out, {searched} "
        f"by the search, which chooses {titles}; over {len(own)} seeds its loss is "
        f"{min(gaps):+.4f} to {max(gaps):+.4f} from the best of all",
        all(found["verdict"] == best["verdict"] == "accepted" for found, best in own)
        and all(
            abs(gap) <= best["high"] - best["value"]
            for gap, (_, best) in zip(gaps, losses, strict=True)
        ),
    )


def _losses(own: Pairs) -> dict[str, list[float]]:
    """Losses of the search, of the best of all, and of each technique's best feasible recipe."""
    found: dict[str, list[float]] = {k: [] for k in ("search", "all", *ALONE.values())}
    for searched, every in own:
        found["search"].append(value(searched["measured"], "loss"))
        found["all"].append(value(every["measured"], "loss"))
        best: dict[str, float] = {}
        for trial in every["trials"]:
            name, loss = _alone(trial), value(trial["measured"], "loss")
            best[name] = min(loss, best.get(name, loss))
        for name in best.keys() & set(ALONE.values()):
            found[name].append(best[name])
    return found


def _alone(trial: Record) -> str:
    """The one technique of a feasible recipe; empty if there are more."""
    recipe = trial["recipe"]
    used = (recipe["scheme"]["bits"] == 4, recipe["width"] < 1, recipe["distilled"])
    return ALONE.get((*used, recipe["aware"]), "") if trial["holds"] else ""


def _against_techniques(title: str, losses: Mapping[str, Sequence[float]]) -> Iterator[Finding]:
    """Compare the chosen loss with the best within the limits by one technique alone.

    The search may choose one of these: on average over seeds it is no worse, and better in each
    seed unless it chose one.
    """
    met = [name for name in ALONE.values() if losses[name]]
    unmet = ", ".join(name for name in ALONE.values() if name not in met)
    reported = "; ".join(f"{name} {ends(losses[name])}" for name in met)
    yield Finding(
        f"{title}: the loss of the search is {ends(losses['search'])}; by one technique alone "
        f"within the same limits: {reported or 'none'}; beyond them: {unmet or 'none'}",
        all(fmean(losses["search"]) <= fmean(losses[name]) for name in met),
    )
    if met:
        pairs = [zip(losses["search"], losses[name], strict=True) for name in met]
        better = [own < other for each in pairs for own, other in each]
        yield Finding(
            f"{title}: it is better in {sum(better)} of {len(better)} pairs of a seed and one of "
            "them",
            all(better),
            gap=True,
        )


def _figure(shown: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    figure, grid = panels(1, len(shown), (2.6, 3.0))
    for axes, (title, losses) in zip(grid[0], shown.items(), strict=True):
        met = [name for name, own in losses.items() if own]
        for i, name in enumerate(met):
            color = OURS if name == "search" else MUTED
            axes.plot([i] * len(losses[name]), losses[name], "o", color=color, ms=4, alpha=0.7)
        axes.set_xticks(range(len(met)), met, rotation=30, ha="right")
        axes.set_xlim(-0.5, len(met) - 0.5)
        dress(
            axes,
            "",
            "held-out loss" if axes is grid[0][0] else "",
            title=title.replace(" in ", "\nin "),
        )
    return figure
