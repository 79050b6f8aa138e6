"""Slow: checks of the desk fail where its system is replaced by identity or by chance."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.domains.desk.cutup import problem as cutting
from ingenium.domains.desk.story import branching, continuation
from ingenium.domains.desk.story.facts import Contradiction
from ingenium.verbs import write
from ingenium.write import files
from ingenium.write.document import Document, Span, made
from ingenium_book.checks.desk import authors, continuity, cuts, studio, ways
from ingenium_book.claims import claims
from ingenium_book.findings import Finding
from ingenium_book.plan import CheckPlan
from ingenium_book.plan_run import carry_out
from ingenium_book.within import within

pytestmark = pytest.mark.slow
Patch = pytest.MonkeyPatch
Mutant = Callable[[Patch], None]


@pytest.fixture(autouse=True)
def _small(monkeypatch: Patch) -> None:
    for module, sizes in (
        (authors, {"CHANGES": 40}),
        (continuity, {"NARRATIVES": 4, "PAGES": 20}),
        (cuts, {"COUNT": 4, "TECHNIQUES": ("cutup",)}),
        (studio, {"COUNT": 2, "TRIED": 2}),
        (ways, {"DRAFTS": 20, "PREMISES": 4}),
    ):
        for name, size in sizes.items():
            monkeypatch.setattr(module, name, size)


def holds(row: str, words: str) -> bool:
    """Run the check of a row, and return whether the finding with some words holds."""
    plan = claims()[row].check
    assert isinstance(plan, CheckPlan)
    (number,) = (i for i, one in enumerate(plan.expect) if words in one.text)
    with within(app) as commands:
        found = [f for f in carry_out(plan, commands) if isinstance(f, Finding)]
    return found[number].holds


def silent(facts: Any, inside: Any = frozenset()) -> frozenset[Contradiction]:
    return frozenset()


def chance(facts: Any, inside: Any = frozenset()) -> frozenset[Contradiction]:
    rng = Random(len(facts))
    pairs = [sorted(rng.sample(range(len(facts)), 2)) for _ in range(3)] if len(facts) > 1 else []
    return frozenset(Contradiction("dead", *pair) for pair in pairs)


def solvers(mutant: Callable[..., Any], patch: Patch) -> None:
    for name in ("by_clingo", "by_propagation"):
        patch.setattr(continuation, name, mutant)


def all_of_editor(patch: Patch) -> None:
    edited = Document.edited
    patch.setattr(
        Document,
        "edited",
        lambda self, text, author: made(
            self.title, [replace(s, author=author) for s in edited(self, text, author).spans]
        ),
    )


def all_of_first(patch: Patch) -> None:
    edited = Document.edited

    def kept(self: Document, text: str, author: Any) -> Document:
        first = self.spans[0]
        return made(self.title, [replace(first, text=edited(self, text, author).text)])

    patch.setattr(Document, "edited", kept)


def by_chance(patch: Patch) -> None:
    edited, rng = Document.edited, Random(1)

    def mixed(self: Document, text: str, author: Any) -> Document:
        new = edited(self, text, author)
        owners = [s.author for s in new.spans]
        return made(self.title, [Span(s.text, rng.choice(owners), s.origin) for s in new.spans])

    patch.setattr(Document, "edited", mixed)


def no_seals(patch: Patch) -> None:
    reader = files.read_document

    def trusting(path: Any) -> Any:
        try:
            return reader(path)
        except InputError:
            return None

    patch.setattr(files, "read_document", trusting)


def no_prompt(patch: Patch) -> None:
    shown = write._shown
    patch.setattr(
        write,
        "_shown",
        lambda run, step: tuple(
            replace(s, origin={k: v for k, v in s.origin.items() if k != "prompt"})
            for s in shown(run, step)
        ),
    )


def words_at_random(patch: Patch) -> None:
    written, rng = cutting.written, Random(1)

    def shuffled(lines: Any, sources: Any) -> str:
        body, mark, rest = written(lines, sources).partition(cutting.MARK)
        rows = body.split("\n")
        rng.shuffle(rows)
        return "\n".join(rows) + mark + rest

    patch.setattr(cutting, "written", shuffled)


def uncut(patch: Patch) -> None:
    cut = cutting.CutTexts.cut
    patch.setattr(cutting.CutTexts, "cut", lambda self, rng, technique: cut(self, rng, "found"))


def unseeded(patch: Patch) -> None:
    cut = cutting.CutTexts.cut
    patch.setattr(
        cutting.CutTexts, "cut", lambda self, rng, technique: cut(self, Random(), technique)
    )


def usual(patch: Patch) -> None:
    patch.setattr(branching.Branches, "divergent", branching.Branches.plain)


def unsolved(patch: Patch) -> None:
    patch.setattr(branching.Branches, "divergent", lambda b, rng: b.plain(rng, 4.0, checked=False))


def unsolved_trees(patch: Patch) -> None:
    patch.setattr(branching, "walk", partial(branching.walk, checked=False))


FINDINGS: dict[tuple[str, str], tuple[Mutant, ...]] = {
    ("30.1", "in plot events"): (usual,),
    ("30.1", "without contradictions"): (unsolved,),
    ("30.3", "lines of cut-ups"): (uncut,),
    ("30.4", "with a contradiction"): (unsolved_trees,),
    ("30.13", "change hands"): (all_of_editor, all_of_first, by_chance),
    ("30.14", "both prompts"): (no_prompt,),
    ("33.6", "precision"): (partial(solvers, silent), partial(solvers, chance)),
    ("33.6", "slips 50 pages"): (partial(solvers, silent), partial(solvers, chance)),
}


@pytest.mark.parametrize(("row", "words"), list(FINDINGS))
def test_a_finding_fails_on_its_mutants(row: str, words: str) -> None:
    assert holds(row, words)
    for mutant in FINDINGS[row, words]:
        with pytest.MonkeyPatch.context() as patch:
            mutant(patch)
            assert not holds(row, words), mutant


def test_bytes_are_not_found_without_seals(monkeypatch: Patch) -> None:
    no_seals(monkeypatch)
    assert not holds("30.13", "changes of one byte")


def test_cut_texts_at_random_are_neither_traced_nor_the_same(monkeypatch: Patch) -> None:
    with within(app) as commands:
        plan = claims()["30.3"].check
        assert isinstance(plan, CheckPlan)
        (commands.folder / "sources.txt").write_text(plan.files["sources.txt"])
        right = cuts.cut(commands, {})
    assert right["same"] == right["other"] == 1
    assert right["traced"] == right["words"] > 0
    for mutant, name in ((words_at_random, "accepted"), (unseeded, "same")):
        with monkeypatch.context() as patch, within(app) as commands:
            mutant(patch)
            (commands.folder / "sources.txt").write_text(plan.files["sources.txt"])
            assert cuts.cut(commands, {})[name] < right[name]
