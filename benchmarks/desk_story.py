"""`desk.story` and `write`: planted contradictions, distance of continuations, trees, tampering.

300 narratives of 50 pages have three planted contradictions each; half of them take further
phrasings, which the author of the reader knew: it is no held-out test. A contradiction is right if
one of its sentences was planted.
Families are compared on 50 drafts of four pages with a premise, in pairs; both are synthetic. The
other way to find contradictions is a loop that calls clingo on the facts so far after each one.
"""

import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.measuring import report
from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.domains.desk.story.continuation import spread
from ingenium.domains.desk.story.grammar import events_of
from ingenium.domains.desk.story.problem import BranchSettings, StoryBranches
from ingenium.domains.desk.story.reader import FactReader
from ingenium.domains.desk.story.solvers import by_clingo, by_propagation
from ingenium.write.document import Author, Span, made
from ingenium.write.files import WRITERS, read_document
from ingenium_book.checks.desk.narratives import PERSONS, PLACES, THINGS, TOPICS, narrative

NARRATIVES, DRAFTS, EACH, CHANGES = 150, 50, 8, 1000
FAMILIES = ("divergent", "plain", "hot", "unchecked")


def run() -> None:
    """Run all four parts, and store them."""
    rows = [continuity(frozen) for frozen in (False, True)]
    for row in rows:
        print(row, flush=True)
    compared = families()
    print(compared, flush=True)
    about = {"families": compared, "trees": trees(), "tampering": tampering(), "loop": loop()}
    print(about)
    report("desk_story", "Contradictions, continuations, and authors", rows, about)


def continuity(frozen: bool) -> dict[str, Any]:
    """Find the planted contradictions of one half."""
    counts = dict.fromkeys(("planted", "covered", "found", "reported", "right", "disagreements"), 0)
    seconds = pages = 0.0
    for seed in range(NARRATIVES):
        told = narrative(seed, frozen=frozen)
        started = time.process_time()
        facts = FactReader().read(told.text).facts
        first = by_clingo(facts)
        seconds += time.process_time() - started
        pages += len(told.text.split()) / 250
        counts["disagreements"] += first != by_propagation(facts)
        read = {_bare(f.said) for f in facts}
        pairs = [{_bare(s) for s in c.told(facts)} for c in first]
        planted = [{_bare(p.first), _bare(p.second)} for p in told.plants]
        counts["planted"] += len(planted)
        covered = [p for p in planted if p <= read]
        counts["covered"] += len(covered)
        counts["found"] += sum(p in pairs for p in covered)
        counts["reported"] += len(pairs)
        counts["right"] += sum(any(pair & p for p in planted) for pair in pairs)
    return {"half": "frozen" if frozen else "open", **counts, "pages_per_cpu_s": pages / seconds}


def _bare(sentence: str) -> str:
    return sentence.rstrip('"')


def _problem(seed: int, kind: str = "branch") -> StoryBranches:
    data = narrative(1000 + seed, frozen=False, pages=4, plants=1).text.encode()
    values = {"draft": data, "premise": _premise(seed)}
    given = Given(values, dict.fromkeys(values, ""), {"draft": (".md", data)})
    events = 6 if kind == "branch" else 3
    return StoryBranches(BranchSettings(kind=kind, events=events), given)  # type: ignore[arg-type]


def _premise(seed: int) -> str:
    """Return a premise, as a writer would add: two more persons, things, places and secrets."""
    rng = Random(f"premise {seed}")
    persons, secrets = rng.sample([p for p, _ in PERSONS], 3), rng.sample(TOPICS, 3)
    rows = [
        f'[[person]]\nname = "{p}"\nknows = ["{s}"]' for p, s in zip(persons, secrets, strict=True)
    ]
    rows += [f'[[place]]\nname = "{x}"' for x in rng.sample(PLACES, 5)]
    rows += [f'[[thing]]\nname = "{x}"' for x in rng.sample(THINGS, 4)]
    return "\n".join((*rows, *(f'[[secret]]\nname = "{x}"' for x in secrets)))


def families() -> dict[str, Any]:
    """Compare families on the same drafts: distance, coherence, contradictions."""
    table: dict[str, list[list[float]]] = {f: [] for f in FAMILIES}
    started, made_count = time.process_time(), 0
    for seed in range(DRAFTS):
        problem = _problem(seed)
        names = [q.name for q in problem.quantities]
        at = [
            names.index(n)
            for n in ("event_distance", "term_distance", "coherence", "contradictions")
        ]
        for family in FAMILIES:
            texts = [problem._rules[family](Random(i))[0] for i in range(EACH)]
            found = np.array([problem.verifier._one(t) for t in texts])[:, at]
            found[:, 3] = found[:, 3] > 0
            table[family].append(found.mean(0).tolist())
            made_count += EACH
    seconds = time.process_time() - started
    heads = ("event_distance", "term_distance", "coherence", "contradictory")
    means = {f: dict(zip(heads, np.mean(v, 0).tolist(), strict=True)) for f, v in table.items()}
    far, plain = (np.array(table[f])[:, 0] for f in ("divergent", "plain"))
    rng = np.random.default_rng(7)
    drawn = [rng.integers(0, DRAFTS, DRAFTS) for _ in range(2000)]
    again = [far[i].mean() / plain[i].mean() for i in drawn]
    interval = np.quantile(again, (0.025, 0.975)).tolist()
    return {
        "means": means,
        "ratio": float(far.mean() / plain.mean()),
        "interval_95": interval,
        "verified_per_cpu_s": made_count / seconds,
    }


def trees() -> dict[str, float]:
    """Diversity of the ends of trees, of heated walks and of usual ones."""
    found: dict[str, list[float]] = {"divergent": [], "plain": [], "contradictory": []}
    for seed in range(10):
        problem = _problem(seed, "tree")
        for family in ("divergent", "plain"):
            text = problem._rules[family](Random(seed))[0]
            judged = [problem.judge.judge(p) for p in problem.judge.paths(text)]
            found[family].append(spread([events_of(j.own) for j in judged]))
            found["contradictory"].append(float(any(j.found for j in judged)))
    return {k: float(np.mean(v)) for k, v in found.items()}


def tampering() -> dict[str, int]:
    """Change one byte of an exported file at a time."""
    person, program = Author("A. Novelist", "person"), Author("desk.story/divergent", "program")
    document = made("Test", [Span("Ada walked to the mill.\n\n", person, {"by": "typing"})])
    document = document.added("Piet was at the inn.\n", program, {"seed": 7, "prompt": "go on"})
    document = document.edited(document.text.replace("mill", "mine"), person)
    rng, found = Random(7), 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(CHANGES):
            ending = rng.choice(list(WRITERS))
            data = bytearray(WRITERS[ending](document))
            at = rng.randrange(len(data))
            data[at] = (data[at] + rng.randrange(1, 255)) % 256
            file = Path(folder) / f"draft{ending}"
            file.write_bytes(bytes(data))
            try:
                read_document(file)
            except InputError:
                found += 1
    return {"changes": CHANGES, "found": found}


def loop() -> dict[str, float]:
    """Compare one call of clingo on a whole text with a call after each sentence with a fact."""
    facts = FactReader().read(narrative(1, frozen=False, pages=10, plants=1).text).facts
    started = time.process_time()
    by_clingo(facts)
    once = time.process_time() - started
    started = time.process_time()
    for i in range(1, len(facts) + 1):
        by_clingo(facts[:i])
    return {
        "facts": len(facts),
        "once_cpu_s": once,
        "loop_over_once": (time.process_time() - started) / once,
    }
