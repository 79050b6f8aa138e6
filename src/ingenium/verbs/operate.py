"""Operations in Python: a policy of a finished run, released, run on a plant, and replayed."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.artifact import Replay
from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.core.evidence import read
from ingenium.core.folders import staged, write_atomic
from ingenium.core.judgement import Judgement, stated
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.sealed import RecordMaking, finite, without_none
from ingenium.core.spec import Spec, parse
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.evaluate.measured import Interval
from ingenium.operate import judging, worth
from ingenium.operate import watch as watching
from ingenium.operate.artifact import DECISIONS, TRAJECTORY, OperationRecord
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Acting, Operated, Plant, Policy, Twinned
from ingenium.operate.release import PolicyRelease, released
from ingenium.operate.running import PROGRESS, Operation, paced, unlike
from ingenium.operate.scenarios import SERVING, WATCHING
from ingenium.operate.shell import WHO, Shell
from ingenium.operate.spec import QUANTITIES, OperateSpec
from ingenium.runs.opened import open_run
from ingenium.trust.ledger import Ledger, ledger_or_own

TIMED = 9  # decisions timed before a run; their median must be in time
COMPARED = ("truth", "action", "who", "why")


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


def operate(
    name: str,
    choice: PolicyChoice,
    spec: OperateSpec,
    out: Path,
    *,
    real_time: bool = False,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> OperationRecord:
    """Release a policy, run it in its shell, judge the run and save it in `out`.

    Raises:
        InputError: for a plant, policy, drill or spec that do not go together.
        KeyboardInterrupt: when stopped; the same call resumes, the plant is at its fallback.
    """
    watch("open the plant", 0, 1)
    where, system = plant_of(name, spec.setup)
    plant, (spec, drill) = where.plant, _checked(where, spec)
    watch("make the policy", 0, 1)
    acting, source = policy_of(choice, where, name, spec.seed)
    in_time(acting, plant)
    identity = digest([name, asdict(spec), asdict(source), system, code_digest()])
    with (
        ledger_or_own(ledger) as book,
        RecordMaking() as making,
        staged(out, identity, overwrite=overwrite) as part,
    ):
        watch("release", 0, 1)
        passed = released(acting, (plant, where.held_out), spec)
        held_out = where.held_out.name
        reported: dict[str, Any] = {
            "problem": name,
            "twin": where.twin.name if isinstance(where, Twinned) else "",
            "plant": {"name": plant.name, "version": plant.version, "held_out": held_out},
            "policy": asdict(source),
            "spec": asdict(spec),
            "drill": asdict(drill),
            "release": passed.record,
        }
        files: dict[str, str] = {}
        if passed.passed:
            run = _run(where, acting, spec, drill, part, real_time, watch)
            watch("other scenarios", 0, 1)
            valued = _scenarios(run, where, spec, drill)
            reported |= _judged(run, valued, spec, drill, book, name)
            files = _written(run, valued, reported["decisions"], part)
        else:
            reported |= _refused(passed)
        record = making.write(
            part / OperationRecord.file, reported, {"files": files, "system": system}
        )
        watch("store", 0, 1)
        short = {k: record[k] for k in ("problem", "policy", "verdict", "evidence")}
        book.append("operation" if passed.passed else "refusal", short)
    return OperationRecord.open(out)


def _checked(where: Operated, spec: OperateSpec) -> tuple[OperateSpec, Drill]:
    """Check a spec against its plant; return it in the plant's units, and its drill."""
    plant, drill = where.plant, where.drill(spec.seconds) if spec.drill is None else spec.drill
    for rival in spec.alongside:
        choose(rival, where.families, "family of policies of this plant")
    drill.check(plant.faults, len(plant.readings), len(plant.actions))
    return spec.on(worth.units(plant)), drill


def _run(
    where: Operated,
    policy: Policy,
    spec: OperateSpec,
    drill: Drill,
    part: Path,
    real_time: bool,
    watch: Watch,
) -> Operation:
    plant = where.plant
    watch("set the watch", 0, 1)
    at = WATCHING.some(spec.watch_episodes)
    periods = spec.release_periods(plant.period_s)
    own = watching.Watch.set_on(plant, policy, at, periods, spec.coverage)
    whole = round(spec.seconds / plant.period_s)
    if whole < 1:
        raise InputError(f"at least one period of {plant.period_s:g} s", f"{spec.seconds:g} s", "")
    pace, scenario = paced(plant.period_s) if real_time else None, SERVING.of_seed(spec.seed)
    run = Operation(plant, policy, Shell(plant, own), drill, whole, scenario, pace=pace)
    run.resume(part)
    run.run(part, watch)
    return run


def _judged(
    run: Operation,
    valued: worth.WorthScenarios,
    spec: OperateSpec,
    drill: Drill,
    ledger: Ledger,
    name: str,
) -> dict[str, Any]:
    """Measure and judge a run; its decisions go to the ledger."""
    trajectory = run.table()
    outcome = _outcome(run, valued, spec, drill)
    for decision in outcome["decisions"]:
        person = decision["who"] == "person"
        ledger.append(
            "decision", {"problem": name, **decision}, actor=decision["name"] if person else None
        )
    seconds = trajectory["seconds"].to_numpy()
    watch = run.shell.watch
    return {
        **outcome,
        "shares": {w: float((trajectory["who"].to_numpy() == i).mean()) for i, w in enumerate(WHO)},
        "faults": judging.met(trajectory, drill),
        "stops_s": run.stops,
        "period": {
            "seconds": run.plant.period_s,
            "median_us": 1e6 * float(np.median(seconds)),
            "p99_us": 1e6 * float(np.quantile(seconds, 0.99)),
        },
        "watch": None if watch is None else {
            "threshold": watch.threshold, "coverage": watch.coverage, "episodes": watch.episodes,
            "episode_s": watch.seconds,
        },
    }  # fmt: skip


def _written(
    run: Operation, valued: worth.WorthScenarios, decisions: Sequence[Any], part: Path
) -> dict[str, str]:
    """Write the trajectory and the decisions as files; return their digests."""
    trajectory = valued.onto(run.table())
    trajectory.attrs["stops_s"] = run.stops or [-1.0]
    write_netcdf(part / TRAJECTORY, trajectory)
    write_atomic(part / DECISIONS, "".join(json.dumps(d) + "\n" for d in decisions))
    (part / PROGRESS).unlink(missing_ok=True)
    return {f: file_digest(part / f) for f in (TRAJECTORY, DECISIONS)}


def _outcome(
    run: Operation, valued: worth.WorthScenarios, spec: OperateSpec, drill: Drill
) -> dict[str, Any]:
    """Return results of a run that are recorded, and compared on replay."""
    trajectory, plant = run.table(), run.plant
    counted = judging.measured(trajectory, plant, drill)
    if any(x.quantity == "covered" for x in spec.limits):  # also for a policy without predictions
        counted = {"covered": float("nan"), **counted}
    values = {k: Interval(v, v, v) for k, v in counted.items()} | worth.measured(valued.own, plant)
    found = judging.decisions(trajectory, drill, plant.period_s, run.reasons)
    saved, units = valued.saved(plant), worth.units(plant)
    return {
        "measured": stated(values, QUANTITIES | units),
        **Judgement.of(values, spec.limits).record,
        "decisions": [asdict(d) for d in found],
        "alongside": {name: stated(own, units) for name, own in saved.items()},
    }


def _scenarios(
    run: Operation, where: Operated, spec: OperateSpec, drill: Drill
) -> worth.WorthScenarios:
    """Rates of the run, of its other scenarios, and of rivals without an alarm in the same ones."""
    own = run.trajectory["worth"][:, None]
    at = np.array([SERVING.of_seed(spec.seed + i) for i in range(spec.scenarios)])
    if spec.scenarios > 1:
        others = worth.served(run.policy, run.shell, drill, at[1:], run.periods)
        own = np.concatenate([own, others], 1)
    barred = Shell(run.plant, None)
    rivals = {
        name: worth.served(where.families[name](spec.seed), barred, drill, at, run.periods)
        for name in spec.alongside
    }
    return worth.WorthScenarios(own, rivals)


def _refused(passed: PolicyRelease) -> dict[str, Any]:
    reason = (
        f"the policy is refused: outside its limits in more than {passed.at_most:.0%} of seeded "
        "scenarios, or not surely in fewer"
    )
    judged = Judgement.of({}, (), against=[reason]).record
    return {**judged, "measured": {}, "decisions": [], "faults": []}


def replay(stored: OperationRecord, folder: Path) -> Replay:
    """Run an operation again from its record, with the same late periods, and compare.

    Raises:
        InputError: if the run of its policy is no longer there, or the policy never ran, or the run
            was stopped in between, which cannot be replayed.
    """
    record, trajectory, spec = stored.record, stored.trajectory, stored.spec
    if record["stops_s"]:
        raise InputError(
            "an operation that ran without a stop", f"one stopped at {record['stops_s']}"
        )
    drill = parse(without_none(record["drill"]), Drill, "the record of an operation")
    where, system = plant_of(record["problem"], spec.setup)
    spec = spec.on(worth.units(where.plant))
    own = record["policy"]
    choice = (
        PolicyChoice(family=own["family"])
        if own["family"]
        else PolicyChoice(Path(own["run"]), own["design"])
    )
    policy, source = policy_of(choice, where, record["problem"], spec.seed)
    passed = released(policy, (where.plant, where.held_out), spec)
    at = WATCHING.some(spec.watch_episodes)
    periods = spec.release_periods(where.plant.period_s)
    threshold = watching.Watch.set_on(where.plant, policy, at, periods, spec.coverage)
    late, scenario = trajectory["late"].to_numpy().astype(bool), SERVING.of_seed(spec.seed)
    run = Operation(
        where.plant, policy, Shell(where.plant, threshold), drill, len(late), scenario, late
    )
    run.run()
    odd = unlike(run.table(), trajectory, COMPARED)
    valued = _scenarios(run, where, spec, drill)
    again = json.loads(json.dumps(finite(_outcome(run, valued, spec, drill))))  # as a record has it
    return Replay.of(
        {
            "system": system == record["evidence"]["system"],
            "policy": source.digest == record["policy"]["digest"],
            "release": finite(passed.record["measured"]) == record["release"]["measured"],
            **{name: name not in odd for name in COMPARED},
            **{name: again[name] == record[name] for name in again},
        }
    )
