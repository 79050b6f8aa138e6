"""Cost of a rule for a goal: a linear model of features that a proof search can compute fast."""

import math
from dataclasses import dataclass, field
from functools import cached_property

from ingenium.domains.mathematics.metamath.grammar import Tree
from ingenium.domains.mathematics.metamath.index import Index, connectives

FEATURES = ("rarity", "plainness", "premises", "unknowns", "distance", "shape")


def shape(goal: Tree) -> str:
    """Return the connectives at the top of a goal, to depth two and along implications."""
    if not isinstance(goal, tuple):
        return "?"
    if goal[0] == "wi" and len(goal) == 3:
        return f"wi {shape(goal[2])}"
    inner = (t[0] if isinstance(t, tuple) else "?" for t in goal[1:])
    return f"{goal[0]} {' '.join(inner)}"


@dataclass(eq=False)
class RulePrior:
    """Costs of rules; `by_shape` has citations of rules for goals of a shape, if it was learned."""

    index: Index
    weights: tuple[float, ...] = (0.55, -0.25, 0.35, 0.9, 0.12, 0.0)
    by_shape: dict[str, dict[str, int]] = field(default_factory=dict)

    @cached_property
    def _about(self) -> dict[str, tuple[float, ...]]:
        return {}

    def cost(self, label: str, goal_shape: str, before: int) -> float:
        """Return the cost of a rule for a goal of a shape."""
        known = self._about.get(label)
        if known is None:
            rule = self.index.rule(label)
            rarity = 8.0 - math.log(1.0 + self.index.counts.get(label, 0))
            plain = float(min(rule.size, 12))
            premises = sum(1.0 + 0.05 * connectives(p) for p in rule.premises)
            known = (rarity, plain, premises, float(len(rule.inner)), float(rule.order))
            self._about[label] = known
        w = self.weights
        near = math.log(1.0 + max(before - known[4], 0.0))
        found = w[0] * known[0] + w[1] * known[1] + w[2] * known[2] + w[3] * known[3] + w[4] * near
        if w[5]:
            table = self.by_shape.get(goal_shape, {})
            found -= w[5] * math.log1p(table.get(label, 0))
        return max(found, 0.05)
