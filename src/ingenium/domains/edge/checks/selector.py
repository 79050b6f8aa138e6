"""The search over recipes, beside all of them and beside each technique alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ingenium.domains.edge.checks.trials import (
    ROUNDED,
    SECTIONS,
    SEEDS,
    SKETCHES,
    SMALL,
    asked,
    ends,
    fitted,
    value,
)
from ingenium.edge import pictures
from ingenium.evaluate.findings import Commands, Finding, Picture

Record = Mapping[str, Any]
FLASH = {SMALL: 75_000, SKETCHES: 100_000, SECTIONS: 75_000}  # bytes, which 8 bits alone pass
LATENCY_MS = {SMALL: 2, SKETCHES: 50, SECTIONS: 2}
ENERGY_MJ = {SMALL: 0.1, SKETCHES: 1, SECTIONS: 0.1}
FORMATS, WIDTHS, STEPS, SEARCHED = ("int8", "int4"), (1.0, 0.75, 0.5, 0.25), 40, 2
ALONE = {  # by 4 bits, fewer units, distilled, aware
    (False, False, False, False): "8 bits",
    (True, False, False, False): "4 bits",
    (True, False, False, True): "4 bits learned",
    (False, True, False, False): "fewer units",
    (False, True, True, False): "a student",
}


def selector(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.5: the search over recipes, and all of them carried out, on three generators."""
    shown: Record = {}
    for problem in ROUNDED:
        own = [_both(commands, problem, seed) for seed in SEEDS]
        yield from _chosen(problem, own)
        yield from _beside_techniques(problem, own)
        shown = shown or own[0][1]
    narrow = _entries(SMALL) | {"formats": ["int8"], "limits": [_limit("flash", 10_000)]}
    refused = asked(commands, SMALL, **narrow)
    told = str(refused.answer.get("error", refused.answer)) + refused.text
    yield Finding("where nothing fits the nearest is named", "the nearest is" in told)
    yield Picture(pictures.pareto(shown), "All recipes of a small generator, and its limits")


def _both(commands: Commands, problem: str, seed: int) -> tuple[Record, Record]:
    """The search, and all recipes that fit."""
    entries = _entries(problem) | {"seed": seed}
    return fitted(commands, problem, finalists=SEARCHED, **entries), fitted(
        commands, problem, **entries
    )


def _entries(problem: str) -> dict[str, Any]:
    limits = [
        _limit("flash", FLASH[problem]),
        _limit("latency", LATENCY_MS[problem], "ms"),
        _limit("energy", ENERGY_MJ[problem], "mJ"),
    ]
    own = {"formats": FORMATS, "widths": WIDTHS, "steps": STEPS, "limits": limits}
    return {**ROUNDED[problem], **own}


def _limit(quantity: str, most: float, unit: str = "") -> dict[str, Any]:
    return {"quantity": quantity, "at_most": most} | ({"unit": unit} if unit else {})


def _chosen(problem: str, own: Sequence[tuple[Record, Record]]) -> Iterator[Finding]:
    """What the search chose, and how far its loss is from that of the best of all."""
    losses = [[both["measured"]["loss"] for both in pair] for pair in own]
    gaps = [found["value"] - best["value"] for found, best in losses]
    titles = ", ".join(dict.fromkeys(f"`{found['recipe_title']}`" for found, _ in own))
    yield Finding(
        f"{problem}: of {len(own[0][1]['screened'])} recipes {len(own[0][1]['trials'])} are "
        f"carried out and {len(own[0][0]['trials'])} by the search, which chooses {titles}; over "
        f"{len(own)} seeds its loss is {min(gaps):+.4f} to {max(gaps):+.4f} from the best of all",
        all(found["verdict"] == best["verdict"] == "accepted" for found, best in own)
        and all(
            abs(gap) <= best["high"] - best["value"]
            for gap, (_, best) in zip(gaps, losses, strict=True)
        ),
    )


def _beside_techniques(problem: str, own: Sequence[tuple[Record, Record]]) -> Iterator[Finding]:
    """The loss of what was chosen, and of the best within the limits by one technique alone."""
    alone: dict[str, list[float]] = {name: [] for name in ALONE.values()}
    better, count = 0, 0
    for found, best in own:
        for name, losses in alone.items():
            single = [value(t["measured"], "loss") for t in best["trials"] if _alone(t) == name]
            if single:
                losses.append(min(single))
                better += value(found["measured"], "loss") < min(single)
                count += 1
    told = "; ".join(f"{name} {ends(losses)}" for name, losses in alone.items() if losses)
    unmet = ", ".join(name for name, losses in alone.items() if not losses)
    yield Finding(
        f"{problem}: its loss is {ends([value(k['measured'], 'loss') for k, _ in own])}; by one "
        f"technique alone within the same limits: {told or 'none'}; beyond them: {unmet or 'none'}",
        better == count,
    )


def _alone(trial: Record) -> str:
    """The one technique of a recipe that holds its limits; empty where there are more."""
    recipe = trial["recipe"]
    used = (recipe["scheme"]["bits"] == 4, recipe["width"] < 1, recipe["distilled"])
    return ALONE.get((*used, recipe["aware"]), "") if trial["holds"] else ""
