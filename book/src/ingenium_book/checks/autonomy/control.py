"""Controllers with proof and their shell, shown by commands and by their components."""

from collections.abc import Iterator, Sequence

import numpy as np

from ingenium.core.designs import to_arrays
from ingenium.core.verdict import Verdict, errors_of, judge, margins, slack
from ingenium.domains.autonomy.arm_problem import ArmLaws, ArmSettings
from ingenium.domains.autonomy.axis_policy import AxisByAxis
from ingenium.domains.autonomy.certificate import ClosedLoops, region
from ingenium.domains.autonomy.controller import Controller, ControllerSettings
from ingenium.domains.autonomy.engine import laws
from ingenium.domains.autonomy.families import ResidualSize
from ingenium.domains.autonomy.law import FeedbackLaw
from ingenium.domains.autonomy.machines import ControlledMachine
from ingenium.operate import pictures
from ingenium.operate.drill import Drill, PlantFault
from ingenium.operate.filtering import nearest
from ingenium.operate.judging import measured
from ingenium.operate.plant import Plant, Policy
from ingenium.operate.release import released
from ingenium.operate.rollout import rollout
from ingenium.operate.running import Operation
from ingenium.operate.scenarios import CHECKING
from ingenium.operate.shell import PARTS, Shell
from ingenium.operate.spec import OperateSpec
from ingenium.operate.watch import Watch, episode_scores, surprises
from ingenium_book.checks.autonomy.planted import RecklessPolicy
from ingenium_book.findings import Commands, Finding, Picture
from ingenium_book.studies.autonomy.residuals import classical, residual

SPEC = """
problem = "autonomy.controller"
title = "Control laws with a proof"
[conditions]
quick = { at_least = 0.25, at_most = 0.6 }
certified = { at_least = 1.2, at_most = 5 }
"""
COPIES, PERIODS = 1000, 1000  # of filtered steps: a million
INSIDE, BEYOND = 100_000, 20.0  # trajectories from a proved region; distance of other starts
EPISODES, SECONDS = 300, 4.0  # of normal operation
OFF = 0.9  # by which a reading is off
UNSAFE = 0.5  # share of fresh scenarios in which a planted policy violates a limit
KNOWN, SAFE = 160, 8  # laws that are sampled, and the number of good ones that are tried


def certified(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 21.12: a proved region, a barrier over a million steps, a planted policy, coverage."""
    (commands.folder / "spec.toml").write_text(SPEC)
    made = commands(
        "propose", "autonomy.controller", "--spec", "spec.toml", "-n", 32, "--out", "run"
    )
    held = made.answer["summary"]["accepted"]
    yield Finding(f"laws hold every limit, a proved region among them ({held} of 32)", held > 0)
    problem, law = _known()
    machine = problem.machine
    best = int(np.argmax(region(machine.loop, law).step))
    one = law.some(slice(best, best + 1))
    retained, rising = _trajectories(problem, one, 1.0), _trajectories(problem, one, BEYOND)
    yield Finding(
        f"of {INSIDE:,} courses from inside a region that interval arithmetic proves "
        f"{INSIDE - retained} leave it or fail to come nearer",
        retained == INSIDE,
    )
    yield Finding(
        f"of as many from up to {BEYOND:g} times as far {INSIDE - rising:,} once go farther away",
        rising < INSIDE,
    )
    yield from _barred(machine)
    plant = machine.service
    share, promised = _coverage(plant, one)
    least = promised - 2 * (promised * (1 - promised) / EPISODES) ** 0.5
    yield Finding(
        f"{share:.1%} of {EPISODES} fresh calm episodes stay without an alarm ({promised:.0%} are "
        "promised)",
        share >= least,
    )


def _barred(machine: ControlledMachine) -> Iterator[Finding]:
    """A planted policy alone, behind the barrier, and before its release."""
    plant, reckless = machine.service, RecklessPolicy(1, 3.0)
    alone = rollout(plant, reckless, np.arange(COPIES), PERIODS).outside(plant)

    def barred(seen: np.ndarray, proposed: np.ndarray) -> np.ndarray:
        own = plant.barrier(seen)
        return nearest(proposed, own.rows, own.bounds)[0]

    barred_run = rollout(plant, reckless, np.arange(COPIES), PERIODS, decide=barred)
    broken = int(barred_run.outside(plant).sum())
    yield Finding(
        f"a planted policy breaks limits in {alone.any(0).mean():.0%} of {COPIES} runs, and in "
        f"{broken} of {COPIES * PERIODS:,} steps behind the barrier",
        bool(alone.any()) and broken == 0,
    )
    passed = released(reckless, (plant, machine.held_out), OperateSpec(release_s=8.0))
    yield Finding("it is refused before release", not passed.passed)


def shell_parts(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.6: each part of the shell removed in turn, and a run with all of them."""
    (commands.folder / "spec.toml").write_text(SPEC)
    commands("propose", "autonomy.controller", "--spec", "spec.toml", "-n", 32, "--out", "run")
    words = (
        "operate",
        "autonomy.controller",
        "--policy",
        "run",
        "--hours",
        0.02,
        "--out",
        "service",
    )
    done = commands(*words)
    yield Finding("a run with faults, an override and a stop holds its limits", done.code == 0)
    values = {k: v["value"] for k, v in done.answer["measured"].items()}
    yield Finding("a person's override is kept in every period", values["override_respected"] == 1)
    period = 1e3 * done.answer["period"]["seconds"]
    yield Finding(
        f"the bypass acts within a period of {period:g} ms of its cause",
        values["bypass_delay"] <= 1,
    )
    counts = {"all four": _violations(())} | {f"without {p}": _violations((p,)) for p in PARTS}
    for name, count in counts.items():
        if name != "all four":
            yield Finding(
                f"{name} limits are broken in {count} periods, with all four in "
                f"{counts['all four']}",
                count > counts["all four"],
            )
    apart = [counts[f"without {part}"] for part in PARTS]
    yield Finding(
        "each of the four parts can be told from the others by what its absence costs "
        f"({', '.join(map(str, apart))})",
        len(set(apart)) == len(apart),
        gap=True,
    )
    drawn = pictures.counted(counts, "periods outside the limits")
    yield Picture(drawn, "Periods outside the limits, with each part of the shell taken out")


def screen_and_switch(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.9: actions blocked, blocked falsely and found unusual, and a switch in one step."""
    problem, law = _known()
    plants = (problem.machine.service, problem.machine.held_out)
    spec = OperateSpec(release_s=8.0)
    good = [law.some(slice(i, i + 1)) for i in range(min(SAFE, len(law.filter_s)))]
    drawn: list[Policy] = [RecklessPolicy(1, most) for most in (3.0, 2.5, 2.0)]
    drawn += [_shaken(one).repeated(64) for one in good]
    fresh = CHECKING.some(64)
    bad = [
        p
        for p in drawn
        if rollout(plants[0], p, fresh, 800).outside(plants[0]).any(0).mean() > UNSAFE
    ]
    stopped = sum(not released(p, plants, spec).passed for p in bad)
    falsely = sum(not released(p.repeated(64), plants, spec).passed for p in good)
    yield Finding(
        f"{stopped} of {len(bad)} planted policies that break limits in most fresh scenarios are "
        "blocked",
        stopped == len(bad),
    )
    yield Finding(f"{falsely} of {len(good)} safe ones are blocked falsely", falsely == 0)
    share, promised = _coverage(plants[0], good[0])
    yield Finding(
        f"{1 - share:.1%} of calm episodes are called strange (at most {1 - promised:.0%} are "
        "promised, within what chance allows)",
        share >= promised - 2 * (promised * (1 - promised) / EPISODES) ** 0.5,
    )
    found, delays = _strangers(plants[0], good[0])
    yield Finding(f"{found:.0%} of episodes with a planted fault are found", found >= 0.9)
    yield Finding(f"the switch falls back in {max(delays)} periods at most", max(delays) <= 1)


def arm_residual(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 21.4: the residual on each joint of the arm, compared with its tuned PID."""
    policy, _ = residual("usual", "diffusion", 0, ResidualSize(32, 1500))
    base = classical("usual", 0).code
    problem = ArmLaws(ArmSettings(known=20, seed=3))
    plant, errors = problem.machine.service, dict[tuple[str, str], float]()
    for load, scenario in (("without payload", -10), ("with payload", 0)):
        at = np.arange(scenario, scenario + 10)
        for name, own in (("PID", base), ("residual", policy)):
            course = rollout(plant, AxisByAxis(own, 7), at, 1200)
            errors[name, load] = float(np.sqrt(np.square(course.error).mean()))
            within = not course.outside(plant).any()
            yield Finding(f"{name} {load} keeps the arm inside its limits", within)
    for load in ("without payload", "with payload"):
        ours, theirs = errors["residual", load], errors["PID", load]
        yield Finding(
            f"over 10 trajectories {load} the error is {ours:.4f} rad, that of tuned PID "
            f"{theirs:.4f}",
            ours < theirs,
        )


def _known(verdict: Verdict = Verdict.ACCEPTED) -> tuple[Controller, FeedbackLaw]:
    """Return the problem, and known laws that satisfy its limits, or those that violate them."""
    problem = Controller(ControllerSettings(known=KNOWN))
    law = laws(to_arrays(problem.data(), problem.variables), problem.machine.wiring)
    engine = problem.verifier.until(problem.limits)  # type: ignore[attr-defined]
    values = engine.measure(*to_arrays(problem.data(), problem.variables)).numpy()
    names = [q.name for q in engine.quantities]
    errors = errors_of(engine.quantities)
    margin = margins(values, names, problem.limits, errors)
    wide = slack(values, names, problem.limits, errors)
    good = np.flatnonzero(judge(values, margin, slack=wide) == verdict)
    return problem, law.some(good)


def _trajectories(problem: Controller, law: FeedbackLaw, far: float) -> int:
    """Count trajectories, from up to `far` times the region's size, that approach at each step."""
    machine, rng = problem.machine, np.random.default_rng(0)
    found, loops = region(machine.loop, law), ClosedLoops.of(machine.loop, law)
    energy = found.energy[0]
    x = rng.standard_normal((4, INSIDE))
    size = np.sqrt(found.level[0] / np.einsum("in,ij,jn->n", x, energy, x))
    x *= far * size * rng.uniform(0, 1, INSIDE) ** 0.25
    good = np.ones(INSIDE, dtype=bool)
    before = np.einsum("in,ij,jn->n", x, energy, x)
    for _ in range(300):
        requested = loops.requested[0] @ x
        cut = np.clip(requested, -loops.room, loops.room) - requested
        x = loops.uncut[0] @ x + loops.cut[0][:, None] * cut
        value = np.einsum("in,ij,jn->n", x, energy, x)
        good &= value <= before * (1 + 1e-12)
        before = value
    return int(good.sum())


def _coverage(plant: Plant, law: FeedbackLaw) -> tuple[float, float]:
    """Share of fresh normal episodes without an alarm, and the promised share."""
    periods = round(SECONDS / plant.period_s)
    watch = Watch.set_on(plant, law.repeated(300), np.arange(300), periods)
    gaps = surprises(plant, law.repeated(EPISODES), 10_000 + np.arange(EPISODES), periods)
    return float((episode_scores(gaps, watch.usual) <= watch.threshold).mean()), watch.coverage


def _shaken(law: FeedbackLaw) -> FeedbackLaw:
    """A law with gains far beyond its margin, and without its damping."""
    kp, kd, ki, *rest = law.numbers
    lag, weight, tracking = rest
    return FeedbackLaw(20 * kp, 0.0 * kd, 50 * ki, lag, weight, tracking, law.wiring)


def _strangers(plant: Plant, law: FeedbackLaw) -> tuple[float, list[int]]:
    """Share of episodes with a fault that the bypass took over, and its delays in periods."""
    periods, found, delays = 600, [], []
    watch = Watch.set_on(plant, law.repeated(90), np.arange(90), periods)
    faults = [PlantFault("reading off", 3.0, 3.0, s * OFF) for s in (-1, 1)]
    faults += [PlantFault("reading stuck", 3.0, 3.0, s * 1.4) for s in (-1, 1)]
    for seed, fault in enumerate(faults * 3):
        run = _operation(plant, law, Shell(plant, watch), Drill((fault,)), periods, seed)
        values = measured(run.table(), plant, run.drill)
        found.append(values["bypassed"] > 0)
        delays.append(int(values["bypass_delay"]))
    return float(np.mean(found)), delays


def _violations(without: Sequence[str]) -> int:
    """Periods outside over a fleet of policies, some unsafe, each under a reading that is off.

    Without learning and without release respectively, policies that they would have stopped act
    too.
    """
    problem, law = _known()
    plant, spec = problem.machine.service, OperateSpec(release_s=8.0)
    safe = [law.some(slice(i, i + 1)) for i in range(3)]
    others = _known(Verdict.REJECTED)[1] if "learning" in without else law
    found_under_no_limits = [others.some(slice(i, i + 1)) for i in range(SAFE)]
    unsafe: list[Policy] = [RecklessPolicy(1, 3.0)]
    fleet: list[Policy] = [*safe]
    fleet += found_under_no_limits if "learning" in without else []
    watch = Watch.set_on(plant, safe[0].repeated(90), np.arange(90), 600)
    fleet += [p for p in unsafe if "release" in without or released(p, (plant,), spec).passed]
    shell, outside = Shell(plant, watch, tuple(without)), 0
    for seed, policy in enumerate(fleet):
        for size in (-OFF, OFF):
            drill = Drill((PlantFault("reading off", 3.0, 6.0, size),))
            run = _operation(plant, policy, shell, drill, 1500, seed)
            outside += int(measured(run.table(), plant, drill)["outside"])
    return outside


def _operation(
    plant: Plant, policy: Policy, shell: Shell, drill: Drill, periods: int, seed: int
) -> Operation:
    late = np.zeros(periods, dtype=bool)
    run = Operation(plant, policy, shell, drill, periods, 50_000 + seed, late)
    run.run()
    return run
