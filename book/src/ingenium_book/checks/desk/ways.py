"""Rows 30.1 and 30.4: continuations and trees, against plain samples, chance, and single ways.

Drafts of four pages and their premises are synthetic, as the narratives are.
Tried against archives replaced by usual walks (identity), which are no farther than themselves, and
walks and trees without the solver (random), which contradict: the findings on that fail then.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np

from ingenium.core.given import Given
from ingenium.core.text import codes
from ingenium.domains.desk.story.continuation import StoryJudge, spread
from ingenium.domains.desk.story.grammar import events_of, walk
from ingenium.domains.desk.story.problem import BranchSettings, StoryBranches
from ingenium.domains.desk.story.tree import read_tree
from ingenium_book.checks.desk.narratives import PERSONS, PLACES, THINGS, TOPICS, narrative
from ingenium_book.findings import Commands

DRAFTS, EACH, PREMISES, EVENTS, DEPTH, DRAWN = 50, 4, 20, 3, 3, 2000
FAMILIES = ("divergent", "plain", "hot")
HEADS = ("event_distance", "term_distance", "coherence", "contradictions")


def continuations(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Mean distances and coherence of three families on the same drafts, with paired intervals."""
    table: dict[str, list[list[float]]] = {f: [] for f in FAMILIES}
    for seed in range(DRAFTS):
        problem = _problem(seed, BranchSettings(kind="branch", events=6))
        at = [[q.name for q in problem.quantities].index(n) for n in HEADS]
        for family in FAMILIES:
            texts = [problem._rules[family](Random(i))[0] for i in range(EACH)]
            found = problem.verifier.measure(codes(texts, max(map(len, texts)))).numpy()[:, at]
            table[family].append(found.mean(0).tolist())
    rows = {f: np.array(v) for f, v in table.items()}
    means = {f: dict(zip(HEADS, v.mean(0).tolist(), strict=True)) for f, v in rows.items()}
    return {
        "drafts": DRAFTS,
        "mean": means,
        "events": _gain(rows["divergent"][:, 0] - rows["plain"][:, 0]),
        "terms": _gain(rows["divergent"][:, 1] - rows["plain"][:, 1]),
        "coherence": _gain(rows["divergent"][:, 2] - rows["plain"][:, 2]),
        "chance": _gain(rows["divergent"][:, 0] - rows["hot"][:, 0]),
        "ratio": means["divergent"]["event_distance"] / means["plain"]["event_distance"],
    }


def trees(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Spread of the events of ways through trees, and of as many single ways of the same length."""
    found: dict[str, list[float]] = {"tree": [], "usual": [], "single": [], "heated": []}
    wrong, broken, ends = dict.fromkeys(found, 0), 0, 0
    ways, moves = 2**DEPTH, EVENTS * (DEPTH + 1)
    for seed in range(PREMISES):
        problem = _problem(seed, BranchSettings(kind="tree", events=EVENTS, depth=DEPTH))
        made = {
            "tree": problem._rules["divergent"](Random(seed))[0],
            "usual": problem._rules["plain"](Random(seed))[0],
        }
        tree = read_tree(made["tree"])
        broken += tree.broken if tree else 1
        ends += len(tree.paths()) if tree else 0
        texts = {name: problem.judge.paths(text) for name, text in made.items()}
        for name, heat in (("single", 1.0), ("heated", 4.0)):
            scene = problem.branches.scene
            texts[name] = [
                walk(scene, Random(f"{seed} {name} {k}"), moves, heat=heat).text
                for k in range(ways)
            ]
        for name, listed in texts.items():
            far, bad = _judged(problem.judge, listed)
            found[name].append(far)
            wrong[name] += bad
    return {
        "premises": PREMISES,
        "mean": {name: float(np.mean(v)) for name, v in found.items()},
        "gain": _gain(np.array(found["tree"]) - np.array(found["single"])),
        "over_usual": _gain(np.array(found["tree"]) - np.array(found["usual"])),
        "contradictory": wrong,
        "broken": broken,
        "ends": ends,
        "wanted": ways * PREMISES,
    }


def _judged(judge: StoryJudge, texts: list[str]) -> tuple[float, int]:
    judged = [judge.judge(text) for text in texts]
    return spread([events_of(j.own) for j in judged]), sum(bool(j.found) for j in judged)


def _gain(differences: np.ndarray) -> dict[str, float]:
    """Mean of paired differences, with a 95 % interval over drafts."""
    rng = np.random.default_rng(7)
    count = len(differences)
    again = differences[rng.integers(0, count, (DRAWN, count))].mean(1)
    low, high = np.quantile(again, (0.025, 0.975)).tolist()
    return {"value": float(differences.mean()), "low": low, "high": high}


def _problem(seed: int, settings: BranchSettings) -> StoryBranches:
    data = narrative(1000 + seed, frozen=False, pages=4, plants=1).text.encode()
    values = {"draft": data, "premise": _premise(seed)}
    given = Given(values, dict.fromkeys(values, ""), {"draft": (".md", data)})
    return StoryBranches(settings, given)


def _premise(seed: int) -> str:
    """Return a premise, as a writer would add: more persons, things, places and secrets."""
    rng = Random(f"premise {seed}")
    persons, secrets = rng.sample([p for p, _ in PERSONS], 3), rng.sample(TOPICS, 3)
    rows = [
        f'[[person]]\nname = "{p}"\nknows = ["{s}"]' for p, s in zip(persons, secrets, strict=True)
    ]
    rows += [f'[[place]]\nname = "{x}"' for x in rng.sample(PLACES, 5)]
    rows += [f'[[thing]]\nname = "{x}"' for x in rng.sample(THINGS, 4)]
    return "\n".join((*rows, *(f'[[secret]]\nname = "{x}"' for x in secrets)))
