"""Operations in Python: a policy of a finished run, released, run on a plant, and replayed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.artifact import Replay
from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import InputError, choose
from ingenium.core.folders import staged, write_atomic
from ingenium.core.judgement import Judgement
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.sealed import RecordMaking, finite, without_none
from ingenium.core.spec import parse
from ingenium.operate import judging, outcome, worth
from ingenium.operate import watch as watching
from ingenium.operate.artifact import ANSWERS, DECISIONS, TRAJECTORY, OperationRecord
from ingenium.operate.drill import Drill
from ingenium.operate.plant import Operated, Plant, Policy, Twinned
from ingenium.operate.preferences import PairAnswer, Person, Preferences
from ingenium.operate.preferences import to_csv as answers_csv
from ingenium.operate.release import PolicyRelease, released
from ingenium.operate.risks import FILE as RISKS
from ingenium.operate.risks import to_csv
from ingenium.operate.running import PROGRESS, Operation, paced, unlike
from ingenium.operate.scenarios import SERVING, WATCHING
from ingenium.operate.shell import WHO, Shell
from ingenium.operate.spec import OperateSpec
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs.policies import (
    PREFERRED,
    PolicyChoice,
    PolicySource,
    asked_of,
    in_time,
    made,
    plant_of,
)

__all__ = ["PREFERRED", "PolicyChoice", "PolicySource", "in_time", "operate", "replay"]
COMPARED = ("truth", "action", "who", "why")


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
    person: Person | None = None,
) -> OperationRecord:
    """Release a policy, run it in its shell, judge the run and save it in `out`.

    `person` answers the questions of a spec with preferences, if no file does.

    Raises:
        InputError: for a plant, policy, drill or spec that do not go together.
        KeyboardInterrupt: when stopped; the same call resumes, the plant is at its fallback.
    """
    watch("open the plant", 0, 1)
    where, system = plant_of(name, spec.setup)
    plant, (spec, drill) = where.plant, _checked(where, spec)
    watch("make the policy", 0, 1)
    asked = asked_of(plant, spec, person) if choice.family == PREFERRED else None
    acting, source = made(choice, where, name, spec, asked)
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
            valued, found, texts = _found(run, where, spec, drill, asked, watch)
            reported |= _judged(run, found, drill, book, name)
            files = _written(run, valued, found["decisions"], texts, part)
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
    for part in (spec.risks, spec.preferences):
        if part is not None:
            part.check(plant)
    _shell(plant, None, spec)
    return spec.on(worth.units(plant)), drill


def _shell(plant: Plant, watch: watching.Watch | None, spec: OperateSpec) -> Shell:
    return Shell(plant, watch, patience=spec.patience(plant.period_s))


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
    run = Operation(plant, policy, _shell(plant, own, spec), drill, whole, scenario, pace=pace)
    run.resume(part)
    run.run(part, watch)
    return run


def _found(
    run: Operation,
    where: Operated,
    spec: OperateSpec,
    drill: Drill,
    asked: Preferences | None,
    watch: Watch,
) -> tuple[worth.WorthScenarios, dict[str, Any], dict[str, str]]:
    """Run the other scenarios and the register; return both results, and tables as files."""
    watch("other scenarios", 0, 1)
    valued = outcome.scenarios(run, where, spec, drill)
    risks = outcome.risked(run, spec, watch)
    found = outcome.measured(run, valued, spec, drill, risks, asked)
    texts = {RISKS: to_csv(risks)} if risks else {}
    texts |= {} if asked is None else {ANSWERS: answers_csv(asked.belief.answers)}
    return valued, found, texts


def _judged(
    run: Operation, found: Mapping[str, Any], drill: Drill, ledger: Ledger, name: str
) -> dict[str, Any]:
    """Describe a run that was judged; its decisions and risks go to the ledger."""
    trajectory = run.table()
    for risk in found["risks"]:
        ledger.append("risk", {"problem": name, **risk})
    for decision in found["decisions"]:
        person = decision["who"] == "person"
        ledger.append(
            "decision", {"problem": name, **decision}, actor=decision["name"] if person else None
        )
    seconds = trajectory["seconds"].to_numpy()
    watch = run.shell.watch
    return {
        **found,
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
    run: Operation,
    valued: worth.WorthScenarios,
    decisions: Sequence[Any],
    texts: Mapping[str, str],
    part: Path,
) -> dict[str, str]:
    """Write the trajectory, the decisions and tables as files; return their digests."""
    trajectory = valued.onto(run.table())
    trajectory.attrs["stops_s"] = run.stops or [-1.0]
    write_netcdf(part / TRAJECTORY, trajectory)
    write_atomic(part / DECISIONS, "".join(json.dumps(d) + "\n" for d in decisions))
    for file, text in texts.items():
        write_atomic(part / file, text)
    (part / PROGRESS).unlink(missing_ok=True)
    return {f: file_digest(part / f) for f in (TRAJECTORY, DECISIONS, *texts)}


def _refused(passed: PolicyRelease) -> dict[str, Any]:
    reason = (
        f"the policy is refused: outside its limits in more than {passed.at_most:.0%} of seeded "
        "scenarios, or not surely in fewer"
    )
    judged = Judgement.of({}, (), against=[reason]).record
    nothing: dict[str, Any] = {"measured": {}, "decisions": [], "faults": []}
    return {
        **judged,
        **nothing,
        "alongside": {},
        "surrogate": None,
        "risks": [],
        "preferences": None,
    }


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
    answers = [PairAnswer(**own) for own in (record.get("preferences") or {}).get("answers", ())]
    asked = asked_of(where.plant, spec, None, answers) if answers else None
    policy, source = made(choice, where, record["problem"], spec, asked)
    passed = released(policy, (where.plant, where.held_out), spec)
    at = WATCHING.some(spec.watch_episodes)
    periods = spec.release_periods(where.plant.period_s)
    threshold = watching.Watch.set_on(where.plant, policy, at, periods, spec.coverage)
    late, scenario = trajectory["late"].to_numpy().astype(bool), SERVING.of_seed(spec.seed)
    run = Operation(
        where.plant, policy, _shell(where.plant, threshold, spec), drill, len(late), scenario, late
    )
    run.run()
    odd = unlike(run.table(), trajectory, COMPARED)
    valued = outcome.scenarios(run, where, spec, drill)
    found = outcome.measured(run, valued, spec, drill, outcome.risked(run, spec), asked)
    again = json.loads(json.dumps(finite(found)))  # as a record has it
    return Replay.of(
        {
            "system": system == record["evidence"]["system"],
            "policy": source.digest == record["policy"]["digest"],
            "release": finite(passed.record["measured"]) == record["release"]["measured"],
            **{name: name not in odd for name in COMPARED},
            **{name: again[name] == record[name] for name in again},
        }
    )
