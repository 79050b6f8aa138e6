"""People and an agent on the Tennessee Eastman plant: risks, reasons, wants and shared control."""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.plant.tennessee.policies import SimulatedOperator
from ingenium.domains.plant.tennessee.problem import Tennessee
from ingenium.evaluate.intervals import t_interval
from ingenium.operate import preferences as wants
from ingenium.operate.drill import Drill, PersonActs
from ingenium.operate.pictures import counted
from ingenium.operate.plant import Policy, Weighing
from ingenium.operate.risks import NONE, RiskSpec, register
from ingenium.operate.scenarios import CHECKING, COMPARING
from ingenium.operate.shared import BlendedPolicy
from ingenium.operate.shell import PERSON, Shell
from ingenium.operate.transparency import SurrogateTree
from ingenium.operate.worth import served
from ingenium_book.findings import Commands, Finding, Picture

FAULTS = tuple(f"IDV {i}" for i in range(1, 21))
SCENARIOS = 6  # of each fault
SHUT_DOWN_H = 6  # outside, after which the shell shuts the plant down
RELEASE = """
family = "agent"
release_s = 72000
release_scenarios = 32
outside_at_most = 0.3
watch_episodes = 30
coverage = 0.9
"""
RISKS = f"""{RELEASE}
seconds = 36000
shut_down_after_s = {3600 * SHUT_DOWN_H}
[drill]
[risks]
faults = {json.dumps(FAULTS)}
scenarios = {SCENARIOS}
[risks.per_year]
"IDV 6" = 0.2
"IDV 13" = 0.5
[[limits]]
quantity = "unsafe"
at_most = 0
"""
UNRESTED = ("IDV 8", "IDV 13")  # faults under which readings stay outside without a shutdown
PEOPLE, TRIALS, HOURS = 24, 2, 48  # simulated operators, plants of each, and hours
FIRST_PERSON = 1000  # earlier ones were tried while this was built
STATES = 10_000  # in which a person acts
WANTS, LEAST = 10, 0.95  # hidden objectives; rank correlation of the acceptance
COPIES, LATER = 8, 2  # runs with decisions; those that the surrogate did not see
EXPLAINED_H = 160


def risks(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.15: a register of the twenty faults, their safe ends, and the log."""
    (commands.folder / "risks.toml").write_text(RISKS)
    done = commands("operate", "plant.tennessee", "--spec", "risks.toml", "--out", "risks")
    rows = list(csv.DictReader((commands.folder / "risks" / "risks.csv").open()))
    yield from registered(rows)
    yield Finding("the command accepts the run by its limit on unsafe ends", done.code == 0)
    problem = _opened()
    barred = Shell(problem.plant, None)
    spec = RiskSpec(faults=UNRESTED, scenarios=SCENARIOS)
    without = register(problem.families["agent"](0), barred, spec, lambda *_: None)
    left = round(sum(own.unsafe * SCENARIOS for own in without if own.fault != NONE))
    yield Finding(
        f"without the shell's shutdown {left} of {len(UNRESTED) * SCENARIOS} scenarios of "
        f"{' and '.join(UNRESTED)} end outside the limits and running",
        left > 0,
    )
    intact = commands("ledger", "check")
    entries = commands("ledger", "list", "--kind", "risk", "--limit", 99).answer["entries"]
    yield Finding(
        f"the ledger holds {len(entries)} entries of the register and verifies",
        intact.code == 0 and len(entries) == len(FAULTS) + 1,
    )
    ranked = {row["fault"]: float(row["risk"]) for row in rows if row["fault"] != NONE}
    yield Picture(counted(ranked, "probability times loss, $ a year"), "The register of risks")


def registered(rows: Sequence[dict[str, str]]) -> Iterator[Finding]:
    """Check the order, the products, and the ends of a register."""
    own = [row for row in rows if row["fault"] != NONE]
    yield Finding(
        f"the register holds all {len(FAULTS)} faults", {row["fault"] for row in own} == set(FAULTS)
    )
    risk = [float(row["risk"]) for row in own]
    product = [float(row["per_year"]) * float(row["loss"]) for row in own]
    yield Finding(
        "it is sorted by probability times loss",
        risk == sorted(risk, reverse=True) and bool(np.allclose(risk, product)),
    )
    ends = [round(sum(float(row[k]) for row in own) * SCENARIOS) for k in ("inside", "shut")]
    total = len(own) * SCENARIOS
    yield Finding(
        f"of {total} scenarios of 24 h with a fault {ends[0]} end inside the limits, {ends[1]} "
        f"shut down, {total - sum(ends)} in neither",
        sum(ends) == total and all(float(row["unsafe"]) == 0 for row in own),
    )
    calm = next(row for row in rows if row["fault"] == NONE)
    yield Finding("without a fault nothing is shut down", float(calm["shut"]) == 0)


def override(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.13: a person against a blend in any state, and a blend against either alone."""
    yield from obeyed()
    yield from together()


def obeyed(shell: Shell | None = None) -> Iterator[Finding]:
    """Override blended actions in arbitrary states, with readings that are none."""
    problem, rng = _opened(), np.random.default_rng(0)
    plant = problem.plant
    shell = Shell(plant, None) if shell is None else shell
    low, high = (np.array([getattr(r, e) for r in plant.readings]) for e in ("low", "high"))
    seen = rng.uniform(2 * low - high, 2 * high - low, (STATES, len(low)))
    seen[rng.uniform(size=seen.shape) < 0.02] = np.nan
    begun, own = shell.begin(STATES), plant.fallback(seen[:1])[0] + 0.5
    person = PersonActs(0.0, 1.0, "act", tuple(own.tolist()))
    shares = rng.uniform(size=(STATES, 1))
    first, last = (np.array([getattr(a, e) for a in plant.actions]) for e in ("low", "high"))
    agent, other = (rng.uniform(first, last, (STATES, len(first))) for _ in range(2))
    proposed = shares * agent + (1 - shares) * other
    found = shell.decide(begun, seen, proposed, late=True, person=person)
    right = (found.who == PERSON) & (found.action == own).all(1)
    yield Finding(
        f"an override wins over a blend in {right.sum():,} of {STATES:,} states", bool(right.all())
    )
    alone = shell.decide(begun, seen, proposed, late=True)
    yield Finding(
        "without an override the same states are decided by others",
        not bool((alone.who == PERSON).any()),
    )


def together(share: float = 0.5) -> Iterator[Finding]:
    """Compare blends with the agent alone and with each simulated operator alone."""
    problem, at = _opened(), CHECKING.some(100 + TRIALS)[100:]
    plant = problem.held_out
    shell, periods = Shell(plant, None), round(HOURS * 3600 / plant.period_s)
    agent = problem.families["agent"](0)
    per_hour = round(3600 / plant.period_s)
    people = [
        SimulatedOperator.of_seed(seed, per_hour)
        for seed in range(FIRST_PERSON, FIRST_PERSON + PEOPLE)
    ]

    def cost(policy: Policy) -> tuple[float, float, float]:
        runs = served(policy, shell, Drill(), at, periods)
        rates = runs.rates[..., 0]
        return float(rates.mean()), float(rates[-periods // 4 :].mean()), float(runs.outside.mean())

    alone = np.array(cost(agent))
    persons = np.array([cost(one) for one in people])
    blends = np.array([cost(BlendedPolicy(agent, one, share, plant.actions)) for one in people])
    yield from compared(alone, persons, blends)


def compared(own: np.ndarray, persons: np.ndarray, blends: np.ndarray) -> Iterator[Finding]:
    """Compare costs ($/h), costs of the last quarter, and shares of time outside the limits."""
    for what, other in (("the agent", own[None]), ("the persons", persons)):
        saved = t_interval((other - blends)[:, 0])
        yield Finding(
            f"with half of each action by an agent, {len(blends)} simulated operators pay "
            f"{blends[:, 0].mean():.1f} $/h over {HOURS} h; {what} alone {other[:, 0].mean():.1f} "
            f"({saved.value:.1f} more, {saved.low:.1f} to {saved.high:.1f})",
            bool(saved.low > 0),
        )
    best = np.minimum(persons[:, 0], own[0])
    count = int((blends[:, 0] < best).sum())
    yield Finding(
        f"the blend is cheaper than the better one of both for {count} of {len(blends)} operators",
        count == len(blends),
        gap=True,
    )
    late = (own[1], persons[:, 1].mean(), blends[:, 1].mean())
    yield Finding(
        f"in the last {HOURS // 4} h as well: agent {late[0]:.1f}, persons {late[1]:.1f}, blends "
        f"{late[2]:.1f} $/h",
        bool(late[2] < min(late[:2])),
        gap=True,
    )
    outside = (own[2], persons[:, 2].mean(), blends[:, 2].mean())
    yield Finding(
        f"time outside the limits: agent {outside[0]:.2%}, persons {outside[1]:.2%}, blends "
        f"{outside[2]:.2%}",
        bool(outside[2] <= max(outside[:2])),
    )


def transparency(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.14: a surrogate tree on held-out decisions, and planted combinations of criteria."""
    spec = f"{RELEASE}\nseconds = {3600 * EXPLAINED_H}\nscenarios = {COPIES}\n"
    (commands.folder / "explained.toml").write_text(spec)
    commands("operate", "plant.tennessee", "--spec", "explained.toml", "--out", "explained")
    lines = (commands.folder / "explained" / "decisions.jsonl").read_text().splitlines()
    weighed = [own["weighed"] for own in map(json.loads, lines) if own["weighed"]]
    yield Finding(
        f"{len(weighed)} decisions of a run are stored with criteria, the tree's decision and a "
        "p-value",
        bool(weighed) and all(w["by_tree"] and w["typical"] is not None for w in weighed),
    )
    problem = _opened()
    drill = problem.drill(3600.0 * EXPLAINED_H)
    periods = round(3600 * EXPLAINED_H / problem.plant.period_s)
    agent, shell = problem.families["agent"](0), Shell(problem.plant, None)
    runs = served(agent, shell, drill, CHECKING.some(COPIES + LATER), periods)
    yield from explained(runs.weighed)


def explained(weighed: Sequence[tuple[int, Weighing]]) -> Iterator[Finding]:
    """Fidelity of the tree on other scenarios, and what it flags of planted combinations."""
    surrogate = SurrogateTree.of([own for own in weighed if own[0] < COPIES])
    yield Finding("decisions suffice for a surrogate", surrogate is not None)
    if surrogate is None:
        return
    own = surrogate.fidelity
    yield Finding(
        f"a tree decides alike in {own.value:.1%} ({own.low:.1%} to {own.high:.1%}) of "
        f"{surrogate.decisions[1]} decisions of scenarios that it was not grown on; the most "
        f"frequent kind alone is right in {surrogate.majority:.1%}",
        own.value >= 0.9 and own.value > surrogate.majority,
    )
    fresh = [one for copy, one in weighed if copy >= COPIES]
    rows = np.array([list(one.criteria.values()) for one in fresh])
    rng = np.random.default_rng(0)
    mixed = np.stack([rng.permutation(column) for column in rows.T], 1)
    planted = [Weighing("", dict(zip(surrogate.names, row, strict=True))) for row in mixed.tolist()]
    usual, odd = (float(np.mean([c.unusual for c in surrogate.check(x)])) for x in (fresh, planted))
    yield Finding(
        f"{odd:.0%} of {len(planted)} planted combinations, whose criteria are usual one by one, "
        f"are flagged; {usual:.0%} of as many decisions in further scenarios",
        odd >= 0.5 and usual <= 0.1,
    )
    yield Finding("all planted combinations are flagged", odd == 1.0, gap=True)


def preferences(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 26.4: hidden weights recovered from answers, on the terminal's file and by simulation."""
    simulated = "[preferences.simulated]\ncost = -1.0\nproduct = 0.6\npurge = -0.5\ntravel = -0.3\n"
    asked = '[preferences]\nrates = ["cost", "product", "purge", "travel"]\nquestions = 60\n'
    head = RELEASE.replace('family = "agent"', "seconds = 36000").replace("72000", "18000")
    body = f"{head}[drill]\n{asked}"
    (commands.folder / "simulated.toml").write_text(body + simulated)
    (commands.folder / "asked.toml").write_text(body)
    words = ("operate", "plant.tennessee", "--spec")
    first = commands(*words, "simulated.toml", "--out", "simulated").answer["preferences"]
    again = commands(
        *(*words, "asked.toml", "--answers", "simulated/answers.csv", "--out", "asked")
    ).answer["preferences"]
    yield Finding(
        "answers in a file give the weights that the questions gave",
        first["weights"] == again["weights"],
    )
    known = first["simulated"]
    yield Finding(
        f"after {len(first['answers'])} answers, {known['wrong_answers']:.0f} of them wrong, ranks "
        f"correlate by {known['rank_correlation']:.3f}",
        known["rank_correlation"] > LEAST and len(first["answers"]) <= 60,
    )
    yield Finding(
        f"{first['points_outside']} of {first['points']} operating points left a limit while "
        f"tried, for {first['outside']:.2%} of the time",
        first["outside"] <= 0.1,
    )
    yield from recovered()


def recovered(wrong_share: float = 0.1) -> Iterator[Finding]:
    """Recover further hidden objectives, each with its own weights and wrong answers."""
    problem, rng = _opened(), np.random.default_rng(1)
    names = ("cost", "product", "purge", "travel")
    spec = wants.PreferenceSpec(rates=names, wrong=wrong_share)
    points = wants.tried(problem.plant, spec, COMPARING.of_seed(1), None)
    found, alone, wrong, asked = [], [], 0, 0
    for seed in range(WANTS):
        signs = np.array([-1.0, 1.0, -1.0, -1.0]) * rng.uniform(0.2, 1.0, 4)
        own = replace(spec, simulated=dict(zip(names, signs.tolist(), strict=True)))
        person = wants.simulated(own, seed)
        result = wants.interviewed(points, own, seed, person)
        both = result.held_out(own.simulated)
        found.append(both[0])
        alone.append(both[1])
        wrong += result.wrong(own.simulated)
        asked += len(result.belief.answers)
    yield Finding(
        f"of {WANTS} hidden objectives {sum(x > LEAST for x in found)} are recovered with a rank "
        f"correlation above {LEAST:g} on points without a question (mean {np.mean(found):.3f}, "
        f"least {min(found):.3f}; cost alone {np.mean(alone):.3f}), from {asked} answers of which "
        f"{wrong} are wrong",
        float(np.mean(found)) > LEAST,
    )
    yield Finding(f"each of them is recovered above {LEAST:g}", min(found) > LEAST, gap=True)


def _opened() -> Tennessee:
    problem = open_problem(Spec(problem="plant.tennessee"))
    assert isinstance(problem, Tennessee)
    return problem
