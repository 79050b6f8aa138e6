"""`mathematics.proof`: lemmas of set.mm, miniF2F, sentences, corrupted proofs, and speed.

MINIF2F names the folder with `test.jsonl` and `valid.jsonl`. The parts to run are arguments; all by
default. Seconds are CPU time of one process; LEMMAS, SECONDS and CORRUPTED set the sizes. Tactics
were developed on the valid part of miniF2F; its test part was run once, here.
"""

import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.mathematics_sentences import SENTENCES
from benchmarks.measuring import save
from ingenium.core.errors import InputError
from ingenium.domains.mathematics.metamath import library, program
from ingenium.domains.mathematics.metamath.corruptions import KINDS, Corrupted, corrupted
from ingenium.domains.mathematics.metamath.kernel import ProofError, check, of_assertion
from ingenium.domains.mathematics.metamath.steps import written
from ingenium.domains.mathematics.proof.evaluate import counterexample
from ingenium.domains.mathematics.proof.goal import ProofGoal, of_label, of_symbols
from ingenium.domains.mathematics.proof.pool import attempts
from ingenium.domains.mathematics.proof.prior import RulePrior
from ingenium.domains.mathematics.proof.reading import readings
from ingenium.domains.mathematics.proof.search import ProofPlan, ProofSearch, Tactic
from ingenium.domains.mathematics.proof.tactics import tactics_of

LEMMAS = int(os.environ.get("LEMMAS", "200"))
SECONDS = float(os.environ.get("SECONDS", "20"))
CORRUPTED = int(os.environ.get("CORRUPTED", "10000"))
SEED, JUDGED = 7, 200
WITHOUT_TACTICS = int(os.environ.get("WITHOUT_TACTICS", "24"))
ARMS = ("search", "without feedback", "equal costs", "retrieval")


def main() -> None:
    """Run the parts that are named."""
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "lemmas": lemmas,
        "minif2f": minif2f,
        "sentences": sentences,
        "corrupted": corruptions,
        "speed": speed,
    }
    for name in sys.argv[1:] or parts:
        began = time.process_time()
        about = parts[name]() | {"cpu_s": round(time.process_time() - began, 1)}
        print(name, about, flush=True)
        save(f"mathematics_{name}", f"mathematics.proof: {name}", [], about)


def proved(
    goal: ProofGoal, prior: RulePrior, plan: ProofPlan, tactics: tuple[Tactic, ...] = ()
) -> int:
    """Return the steps of a proof that our kernel accepts, found in time; 0 if there is none."""
    began = time.process_time()
    found = ProofSearch(goal, prior, plan, tactics).run(
        lambda: time.process_time() - began > SECONDS
    )
    for step in found.proofs:
        text = written(goal.index, goal.theorem, step)
        try:
            return check(goal.index.base, goal.proved_by(text), text).steps
        except ProofError:
            continue
    return 0


def lemmas() -> dict[str, Any]:
    """Prove theorems of a tenth of set.mm from what comes before each."""
    index = library.large()
    tenth = [a.label for a in index.base.order if a.kind == "$p" and a.label in index][::10]
    chosen = random.Random(SEED).sample(tenth, LEMMAS)
    plain, flat = RulePrior(index), RulePrior(index, (0.0, 0.0, 0.35, 0.9, 0.0, 0.0))
    endless = 10**9
    count: Counter[str] = Counter()
    for label in chosen:
        goal = of_label(index, label)
        count["search"] += proved(goal, plain, ProofPlan(endless)) > 0
        count["without feedback"] += proved(goal, plain, ProofPlan(endless, feedback=False)) > 0
        count["equal costs"] += proved(goal, flat, ProofPlan(endless)) > 0
        count["retrieval"] += any(_accepts(goal, text) for text in attempts(goal, plain, 100))
    return {"lemmas": LEMMAS, "seconds_each": SECONDS, **{a: count[a] for a in ARMS}}


def _accepts(goal: ProofGoal, text: str) -> bool:
    try:
        return check(goal.index.base, goal.proved_by(text), text).steps > 0
    except ProofError:
        return False


def statements(part: str) -> list[tuple[str, str]]:
    """Return names and statements of miniF2F."""
    rows = []
    for line in Path(os.environ["MINIF2F"], f"{part}.jsonl").read_text().splitlines():
        row = json.loads(line)
        text = row["metamath"].replace("$@", "$.").replace("@.", "$.").replace("@", "$")
        given = re.findall(r"\$e\s+((?:(?!\$\.).)*?)\s+\$\.", text, re.S)
        (end,) = re.findall(r"\$p\s+((?:(?!\$=).)*?)\s+\$=", text, re.S)[:1]
        hypotheses = " & ".join(" ".join(h.split()) for h in given)
        rows.append((row["id"], f"{hypotheses}{' => ' if given else ''}{' '.join(end.split())}"))
    return rows


def minif2f() -> dict[str, Any]:
    """Read and prove competition problems by tactics, and a part of them by search alone."""
    index = library.large()
    about: dict[str, Any] = {}
    for part in ("valid", "test"):
        rows, goals = statements(part), []
        for name, text in rows:
            try:
                goals.append((name, of_symbols(index, text)))
            except InputError:
                continue
        solved, kinds, texts = [], Counter[str](), []
        for name, goal in goals:
            for step in (t(goal.conclusion) for t in tactics_of(goal)):
                if step is None:
                    continue
                text = written(goal.index, goal.theorem, step)
                if _accepts(goal, text):
                    solved.append(name)
                    kinds[name.rpartition("_")[0].partition("_")[0]] += 1
                    texts.append((goal, text))
        about |= {
            f"{part}_read": len(goals),
            f"{part}_by_tactics": len(solved),
            f"{part}_of": len(rows),
        }
        about[f"{part}_accepted_by_metamath"] = _by_program(texts)
        about[f"{part}_names"] = solved
        if part == "test":
            some = random.Random(SEED).sample(goals, WITHOUT_TACTICS)
            prior = RulePrior(index)
            found = sum(proved(goal, prior, ProofPlan(10**9)) > 0 for _, goal in some)
            about |= {"without_tactics": found, "without_tactics_of": len(some), "seconds": SECONDS}
    return about


def _by_program(found: list[tuple[ProofGoal, str]]) -> int:
    """Count proofs that `metamath` accepts, all in one file."""
    if not found:
        return 0
    above, file = found[0][0].before
    labels = [f"judged-{i}" for i in range(len(found))]
    blocks = [goal.block(x, text) for x, (goal, text) in zip(labels, found, strict=True)]
    return sum(program.accepted(above + "".join(blocks), labels, alongside=file))


def sentences() -> dict[str, Any]:
    """Read sentences; compare their readings with the formal statement that was meant."""
    index = library.large()
    count: Counter[str] = Counter()
    for text, kind, meant in SENTENCES:
        count[kind] += 1
        try:
            found = readings(index, text)
        except InputError:
            count[f"{kind}, refused"] += 1
            continue
        offered = [r.goal.text for r in found]
        count[f"{kind}, offered"] += meant in offered
        if kind == "false" and meant in offered:
            goal = found[offered.index(meant)].goal
            count["false, counterexample"] += counterexample(goal) is not None
        if meant not in offered:
            print(text, offered[:3])
    return dict(count)


def corruptions() -> dict[str, Any]:
    """Corrupt proofs of set.mm; nothing may be accepted that `metamath` refuses."""
    base = library.large().base
    rng = random.Random(SEED)
    theorems = [a for a in base.order if a.kind == "$p" and len(a.proof) < 1500 and a.order > 50]
    made: Counter[str] = Counter()
    accepted, sample = list[Corrupted](), list[Corrupted]()
    while made.total() < CORRUPTED:
        kind = rng.choice(KINDS)
        found = corrupted(base, rng.choice(theorems), kind, rng)
        if found is None:
            continue
        made[kind] += 1
        if len(sample) < JUDGED and kind not in ("later", "cycle"):
            sample.append(found)
        try:
            check(found.database, found.theorem, found.proof)
            accepted.append(found)
        except ProofError:
            continue
    sound = _metamath(accepted) if accepted else []
    theirs = _metamath(sample)
    return {
        "made": dict(made),
        "accepted_by_ours": len(accepted),
        "of_these_refused_by_metamath": sound.count(False),
        "kinds_accepted": dict(Counter(m.kind for m in accepted)),
        "judged_by_metamath": len(sample),
        "accepted_by_metamath": sum(theirs),
    }


def _metamath(found: list[Corrupted]) -> list[bool]:
    """Judge corrupted proofs below set.mm, in one file."""
    blocks, labels = ["$[ set.mm $]\n"], []
    for i, m in enumerate(found):
        _, _, block = m.as_file()[0].rpartition("${\n")
        block = block.replace("corrupted", f"corrupted-{i}")
        blocks.append("${\n" + block)
        labels.append(f"corrupted-{i}")
    return program.accepted("".join(blocks), labels, alongside=program.SYSTEM / "set.mm")


def speed() -> dict[str, Any]:
    """Check proofs by our kernel in memory, by a call of `metamath` each, and by one call of it."""
    base = library.large().base
    theorems = [a for a in base.order if a.kind == "$p"]
    some = random.Random(SEED).sample(theorems, 400)
    wall = time.perf_counter()
    for a in some:
        check(base, of_assertion(a), a.proof)
    own = (time.perf_counter() - wall) / len(some)
    wall = time.perf_counter()
    for a in some[:3]:
        program.accepted("$[ set.mm $]\n", [a.label], alongside=program.SYSTEM / "set.mm")
    call = (time.perf_counter() - wall) / 3
    wall = time.perf_counter()
    program.accepted("$[ set.mm $]\n", ["*"], alongside=program.SYSTEM / "set.mm")
    return {
        "ms_a_proof_ours": round(1000 * own, 3),
        "ms_a_call_of_metamath": round(1000 * call, 1),
        "ratio": round(call / own, 1),
        "ms_a_proof_in_one_call_of_metamath": round(
            1000 * (time.perf_counter() - wall) / len(theorems), 3
        ),
    }


if __name__ == "__main__":
    main()
