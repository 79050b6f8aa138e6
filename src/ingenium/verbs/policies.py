"""Policies of an operation: a design of a finished run, a family, or what answers prefer."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.core.evidence import read
from ingenium.core.problem import Problem
from ingenium.core.provenance import code_digest
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.operate.plant import Acting, Operated, Plant, Policy
from ingenium.operate.preferences import (
    FixedActions,
    PairAnswer,
    Person,
    Preferences,
    interviewed,
    read_answers,
    simulated,
    tried,
)
from ingenium.operate.scenarios import SERVING
from ingenium.operate.shared import TABLE, blended
from ingenium.operate.spec import OperateSpec
from ingenium.runs.opened import open_run

PREFERRED = "preferred"  # family of the operating point that answers prefer
TIMED = 9  # decisions timed before a run; their median must be in time


@dataclass(frozen=True)
class PolicyChoice:
    """The chosen policy: a design of a finished run (the best, without a number), or a family."""

    run: Path | None = None
    design: int | None = None
    family: str = ""

    def __post_init__(self) -> None:
        if (self.run is None) == (not self.family):
            raise InputError(
                "a run whose designs are policies, or a family of policies",
                "both" if self.family else "neither",
                "Write --policy out/run, or --family pid.",
            )
        if self.family and self.design is not None:
            raise InputError("a design of a run", f"design {self.design} of a family")


@dataclass(frozen=True)
class PolicySource:
    """Origin of a policy: a design of a run, or a family built with the seed in its digest."""

    run: str
    design: int
    problem: str
    file: str
    digest: str
    verdict: str
    family: str = ""


def plant_of(name: str, setup: Mapping[str, Any]) -> tuple[Operated, str]:
    """Open a problem that has a plant; return it with the digest of its model.

    Raises:
        InputError: for a problem without one.
    """
    problem: Problem = open_problem(Spec(problem=name, setup=dict(setup)))
    if not isinstance(problem, Operated):
        raise InputError("a problem that has a plant to operate", name, "Write autonomy.arm.")
    return problem, problem.system


def policy_of(
    choice: PolicyChoice, where: Operated, name: str, seed: int
) -> tuple[Policy, PolicySource]:
    """Open the chosen policy for the plant of a problem.

    Raises:
        InputError: for a family that the plant does not know, or that leaves its limits; for a run
            without policies, or a design without a file or not accepted.
        CorruptError: for a file that is not the one that was judged.
    """
    if choice.run is not None:
        return _designed(choice.run, choice.design, where)
    make = where.families[choose(choice.family, where.families, "family of policies of this plant")]
    own = digest([name, choice.family, seed, code_digest()])
    return make(seed), PolicySource("", -1, name, "", own, "made", choice.family)


def asked_of(
    plant: Plant, spec: OperateSpec, person: Person | None, known: Sequence[PairAnswer] = ()
) -> Preferences:
    """Try operating points, and learn from answers which ones are preferred.

    Raises:
        InputError: without preferences in the spec, or without anybody who answers.
    """
    own = spec.preferences
    if own is None:
        raise InputError("a spec with [preferences]", f"family = {PREFERRED!r} without them")
    points = tried(plant, own, spec.seed, spec.patience(plant.period_s))
    if known or own.answers:
        answers = known or read_answers(Path(own.answers), points)
        return interviewed(points, own, spec.seed, iter(answers))
    one = simulated(own, spec.seed) if own.simulated else person
    if one is None:
        raise InputError("answers on operating points", "none", "Write answers = FILE.csv.")
    return interviewed(points, own, spec.seed, one)


def made(
    choice: PolicyChoice,
    where: Operated,
    name: str,
    spec: OperateSpec,
    asked: Preferences | None,
) -> tuple[Policy, PolicySource]:
    """Open or build the policy; a person shares control with it, if the spec says so."""
    if asked is None:
        policy, source = policy_of(choice, where, name, spec.seed)
    else:
        action = asked.points.action[[asked.best]]
        policy = FixedActions(f"operating point {asked.best}", action)
        own = digest([name, PREFERRED, action.tolist(), code_digest()])
        source = PolicySource("", -1, name, "", own, "made", PREFERRED)
    return _shared(policy, source, where, spec)


def _shared(
    policy: Policy, source: PolicySource, where: Operated, spec: OperateSpec
) -> tuple[Policy, PolicySource]:
    """Let a person share control with the policy, if the spec says so."""
    own = spec.shared
    if own is None:
        return policy, source
    blend = blended(policy, own, where.plant, where.families, spec.seed)
    person = file_digest(Path(own.person)) if own.person.endswith(TABLE) else own.person
    return blend, replace(source, digest=digest([source.digest, person, own.share]))


def _designed(folder: Path, design: int | None, where: Operated) -> tuple[Policy, PolicySource]:
    """Load a design of a finished run from its exported file.

    The file must match its evidence, and its verdict must be `accepted`: a design found without
    limits is not operated.
    """
    run = open_run(folder, open_problem)
    problem = run.problem
    if not isinstance(problem, Acting):
        raise InputError("a run whose designs are policies", f"one of {problem.name}")
    stored = run.exported["design"].to_numpy().tolist()
    if design is None and not stored:
        raise InputError("a run that exported a policy", f"{folder}, which exported none")
    index = stored[0] if design is None else design
    entry = next((r for r in read(run.folder / "evidence.jsonl") if r["design"] == index), None)
    if entry is None or entry["file"] is None:
        raise InputError(f"a design with a file, such as {stored[:3]}", f"design {index}")
    path = run.folder / entry["file"]
    if file_digest(path) != entry["file_digest"]:
        raise CorruptError(str(path), "is not the file that was judged", "Propose it again.")
    if entry["verdict"] != Verdict.ACCEPTED:
        raise InputError(
            "a policy that met its limits (constraint in learning)",
            f"design {index}, which is {entry['verdict']}",
            f"Write --design {stored[0] if stored else 'N'}.",
        )
    form = next(f for f in problem.formats.values() if f.name == entry["format"])
    one = form.read(path)
    source = PolicySource(
        str(folder), index, problem.name, entry["file"], entry["file_digest"], entry["verdict"]
    )
    return problem.policy(one, where.plant), source


def in_time(policy: Policy, plant: Plant) -> None:
    """Refuse a policy whose decisions as a rule take longer than a period of the plant.

    Raises:
        InputError: with the shortest period that it can meet here.
    """
    state, took = plant.begin(SERVING.some(1)), []
    seen, wanted, memory = plant.seen(state, ()), plant.wanted(state), policy.begin(1)
    for _ in range(TIMED):
        began = time.perf_counter()
        policy.act(memory, seen, wanted)
        took.append(time.perf_counter() - began)
    usual = sorted(took)[TIMED // 2]
    if usual > plant.period_s:
        raise InputError(
            f"a policy that decides within a period of {plant.name}, {plant.period_s:g} s",
            f"{policy.name}, which takes {usual:.2g} s for a decision here",
            f"Write a period_s of at least {2 * usual:.1g} under [setup], or choose a quicker one.",
        )
