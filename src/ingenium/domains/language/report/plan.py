"""Content plans: findings that a story states, their order, and lines that can be written."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from ingenium.core.errors import InputError
from ingenium.domains.language.report.claims import Claim
from ingenium.domains.language.report.facts import FactLines
from ingenium.domains.language.report.findings import StoryFinding
from ingenium.domains.language.report.phrases import FORMS, Tone, by_chance, first, sentence
from ingenium.words.label import Label

MOST_SENTENCES, MOST_FINDINGS, WALKS = 12, 160, 5
SPARE = 2  # findings of a plan for each of its sentences: some say what others say
LEADS = ("lead highest", "extreme highest", "multiple", "rise", "fall", "record", "trend up",
         "trend down", "lead lowest", "extreme lowest")  # fmt: skip
GROUPS = {kind: i for i, kind in enumerate(
    ("figure", "lead highest", "lead lowest", "extreme highest", "extreme lowest", "share",
     "compared", "rise", "fall", "multiple", "trend up", "trend down", "streak", "record", "count")
)}  # fmt: skip


@dataclass(frozen=True, eq=False)
class StoryPlan:
    """Plans of stories over the findings of a table."""

    found: Sequence[StoryFinding]
    facts: FactLines
    label: Label
    claims: Callable[[str], Sequence[Claim]]
    sentences: int
    tone: Tone

    @cached_property
    def findings(self) -> tuple[StoryFinding, ...]:
        """The weightiest findings, in their order.

        Raises:
            InputError: for fewer than a story has sentences.
        """
        ranked = sorted(range(len(self.found)), key=lambda i: (-self.found[i].weight, i))
        chosen = tuple(self.found[i] for i in sorted(ranked[:MOST_FINDINGS]))
        if len(chosen) < self.sentences or not any(f.figure for f in chosen):
            raise InputError(
                f"a table with at least {self.sentences} findings to state",
                f"{len(chosen)}",
                "Give more rows or columns, or write fewer sentences under [setup].",
            )
        return chosen

    @cached_property
    def phrased(self) -> tuple[tuple[str, ...], ...]:
        """Sentences of each finding; the first is the template."""
        rng, listed = Random(0), []
        for finding in self.findings:
            walks = WALKS * len(FORMS[finding.kind])
            said = [sentence(finding, self.tone, first, None)]
            said += [sentence(finding, self.tone, by_chance(rng), rng) for _ in range(walks)]
            listed.append(tuple(dict.fromkeys(said)))
        return tuple(listed)

    @cached_property
    def lines(self) -> list[str]:
        """All lines that a story can have."""
        said = [s for listed in self.phrased for s in listed]
        heads = [f"# {s[:-1]}" for s in said]
        facts = [line for f in self.findings for line in self.facts.write(f)]
        return [f"{x}\n" for x in ("", *heads, *said, *facts, *self.label.lines)]

    def story(self, rng: Random, *, planned: bool = True, template: bool = False) -> str:
        """Return a story: of a plan, or of findings by chance; phrased by chance or by template."""
        count = len(self.findings)
        order = self._plan(rng) if planned else rng.sample(range(count), self.sentences)
        said = {i: self.phrased[i][0] if template else rng.choice(self.phrased[i]) for i in order}
        body = self._distinct(order[1:], said) if planned else order
        figures = [i for i in body if self.findings[i].figure] or [
            i for i, f in enumerate(self.findings) if f.figure
        ]
        facts = self.facts.write(self.findings[rng.choice(figures)])
        half = (len(body) + 1) // 2
        paragraphs = [said[i] for i in body[:half]], [said[i] for i in body[half:]]
        head = f"# {said[order[0]][:-1]}"
        lines = [head, "", *paragraphs[0], "", *paragraphs[1], "", *facts, "", *self.label.lines]
        return "\n".join(lines) + "\n"

    def _plan(self, rng: Random) -> list[int]:
        """Return a leading finding, and others of as many kinds as there are."""
        weights = [f.weight for f in self.findings]
        lead = [i for i, f in enumerate(self.findings) if f.kind in LEADS]
        lead = lead or list(range(len(self.findings)))
        top = rng.choices(lead, [weights[i] ** 2 for i in lead])[0]
        chosen, kinds = [top], Counter([self.findings[top].kind])
        while len(chosen) < min(SPARE * self.sentences, len(self.findings)):
            left = [i for i in range(len(self.findings)) if i not in chosen]
            odds = [weights[i] / (1 + 3 * kinds[self.findings[i].kind]) for i in left]
            chosen += rng.choices(left, odds)
            kinds[self.findings[chosen[-1]].kind] += 1
        return chosen

    def _distinct(self, order: Sequence[int], said: Mapping[int, str]) -> list[int]:
        """Return findings whose sentences claim different things, by topic."""
        found: list[int] = []
        used: set[Claim] = set()
        for i in order:
            own = set(self.claims(said[i]))
            if len(found) < self.sentences and not own & used:
                found.append(i)
                used |= own
        return sorted(found, key=lambda i: (GROUPS[self.findings[i].kind], i))
