"""Specs and numbers in words, for the report and the command line."""

from collections.abc import Iterator, Mapping
from math import isinf, isnan
from typing import Any

from ingenium.core.problem import Problem
from ingenium.core.setups import in_words
from ingenium.core.spec import Between, Limit, Spec, Wanted
from ingenium.evaluate.limits import Summary
from ingenium.runs.outcome import Run
from ingenium.runs.session import LEAST

FEW_REASONS = 3  # that are written out
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, unit: str = "") -> str:
    """Format four digits with the unit; powers of ten for very large or small numbers."""
    if value is None or isnan(value):
        return "none"
    if isinf(value):
        text = "\N{INFINITY}" if value > 0 else "-\N{INFINITY}"
    elif value == 0 or 1e-4 <= abs(value) < 1e5:
        text = f"{value:.0f}" if abs(value) >= 1e4 else f"{value + 0.0:.4g}"  # no -0
    else:
        digits, power = f"{value:.3e}".split("e")
        text = f"{float(digits):g} \N{MULTIPLICATION SIGN} 10{str(int(power)).translate(_RAISED)}"
    shown = "" if unit in ("", "1") else unit
    return f"{text} {shown}".rstrip()


def percent(share: float) -> str:
    """Format a share in percent, with one more digit near none or all."""
    digits = 2 if 0 < share < 0.01 or 0.99 < share < 1 else 1
    return f"{100 * share:.{digits}f} %"


def limit(bound: Limit) -> str:
    """A limit as a sentence without its verb, e.g. `min_voltage at least 0.9 pu`."""
    unit = bound.unit or ""
    beyond = ", beyond its uncertainty" if bound.beyond_uncertainty else ""
    if bound.at_least is None:
        return f"{bound.quantity} at most {number(bound.at_most, unit)}{beyond}"
    if bound.at_most is None:
        return f"{bound.quantity} at least {number(bound.at_least, unit)}{beyond}"
    low, high = number(bound.at_least), number(bound.at_most, unit)
    return f"{bound.quantity} from {low} to {high}{beyond}"


def second_verdicts(cross: Mapping[str, Any]) -> str:
    """Describe designs that the independent engine judges otherwise or fails on; may be empty."""
    reported = []
    if cross.get("other_verdicts") is not None:
        reported.append(f"It judges {cross['other_verdicts']} of them otherwise under the limits.")
    if cross.get("unsolved"):
        reported.append(f"It failed on {cross['unsolved']}.")
    return " ".join(reported)


def finer_mesh(cross: Mapping[str, Any], units: Mapping[str, str]) -> str:
    """Describe a finer mesh's check of accepted designs; empty without one."""
    finer = cross.get("finer")
    if not finer:
        return ""
    off = ", ".join(f"{k} {number(v, units.get(k, ''))}" for k, v in finer["disagreement"].items())
    reported = (
        f"{finer['engine']} measured {finer['checked']} accepted designs again: off by {off}."
    )
    return f"{reported} {second_verdicts(finer)}".strip()


def distinct(found: Summary) -> str:
    """Count accepted designs that differ from each other; empty where all do."""
    if found.distinct is None or found.distinct == found.accepted:
        return ""
    different = f"{found.distinct} different design{'' if found.distinct == 1 else 's'}"
    return f"The {found.accepted} are {different}; equal ones are exported once."


def unanswered(found: Summary) -> str:
    """Count designs without a verdict, and those that more scenarios may decide."""
    reported = f"the engine failed on {found.failed}"
    if not found.undecided:
        return reported
    some = "all" if found.undecided == found.failed else str(found.undecided)
    return f"{reported} ({some} of them undecided after all scenarios, and so not accepted)"


def reasons(found: Summary) -> tuple[str, ...]:
    """Return the commonest reasons of failures with their counts."""
    listed = list(found.reasons.items())
    lines = [f"{n} failed: {reason}" for reason, n in listed[:FEW_REASONS]]
    rest = sum(n for _, n in listed[FEW_REASONS:])
    return (
        *lines,
        *([f"{rest} failed for other reasons (evidence.jsonl has each)"] if rest else []),
    )


def alike(record: Mapping[str, Any]) -> str:
    """State that designs share their conditions, if these are at most half as many; else empty."""
    found, n = record.get("different_conditions"), record["n"]
    if found is None or 2 * found > n:
        return ""
    return (
        f"The {n} designs were proposed under {found} different conditions: what the spec leaves "
        "open follows the known designs closest to the request."
    )


def requested(spec: Spec, problem: Problem) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Describe a resolved spec as headings with sentences, without empty parts."""
    units = {c.name: c.unit for c in problem.conditions}
    measured = {q.name: q.unit for q in (*problem.quantities, *problem.fixable())}
    parts = {
        "Setup": tuple(line for k, v in spec.setup.items() for line in in_words(k, v)),
        "Inputs": problem.given.reported(),
        "Conditions": tuple(f"{k} {_wanted(v, units[k])}" for k, v in spec.conditions.items()),
        "Limits": tuple(limit(x) for x in spec.limits),
        "Not judged": tuple(
            f"{limit(x)}: {spec.without[x.quantity]}"
            for x in problem.limits
            if x.quantity in spec.without
        ),
        "Fixed": tuple(
            f"{k} = {number(v.value, measured.get(k, ''))}" for k, v in spec.fixed.items()
        ),
        "Steered": tuple(
            f"{t.quantity} towards {number(t.target, t.unit or '')}" for t in spec.generator.steer
        ),
        "Ranked": tuple(f"{o.sense} {o.quantity}" for o in spec.objectives),
        "Exported": (_retained(spec),),
    }
    yield from ((heading, lines) for heading, lines in parts.items() if lines)


def _wanted(wanted: Wanted, unit: str) -> str:
    if isinstance(wanted, Between):
        if wanted.at_least == wanted.at_most:
            return f"= {number(wanted.at_least, unit)}"
        return f"from {number(wanted.at_least)} to {number(wanted.at_most, unit)}"
    if isinstance(wanted, tuple):
        return "= " + " or ".join(wanted)
    return f"= {wanted}"


def exported(run: Run) -> str:
    """Count the exported designs of a run, and state why there are no more."""
    choice, s, many = run.spec.select, run.summary, len(run.selected)
    accepted = s.accepted if s.distinct is None else s.distinct
    counts = {"accepted": accepted, "rejected": s.rejected}
    total = counts.get(choice.export, s.accepted + s.rejected)
    if not total:
        return f"none, since there are no {choice.export} designs"
    if many == total:
        return (
            f"all {total} {choice.export} designs" if total > 1 else f"the {choice.export} design"
        )
    which = "best" if run.spec.objectives else "first"
    why = "as [select] specifies"
    if choice.count is None and run.session is not None and many >= LEAST:
        front = "the front of the objectives" if many > LEAST else f"{LEAST}"
        why = f"{front}, since [select] gives no count"
    elif choice.min_distance is not None and many < (choice.count or total):
        why = f"all that differ by at least {choice.min_distance:g}"
    return f"the {which} {many} of {total} {choice.export} designs ({why})"


def _retained(spec: Spec) -> str:
    which = {"accepted": "accepted", "rejected": "rejected", "verified": "verified"}
    many = "all" if spec.select.count is None else f"the best {spec.select.count}"
    return f"{many} {which[spec.select.export]} designs"


def energy(found: Mapping[str, Any]) -> str:
    """Describe the resources of a run, how they were measured, and their carbon if stated."""
    text = f"{number(1e3 * found['kwh'])} Wh"
    if found["low_kwh"] is not None:
        text += f" ({number(1e3 * found['low_kwh'])} to {number(1e3 * found['high_kwh'])})"
    text += f", {found['method']}"
    if found["kg_co2e"] is None:
        return text
    grams = f"{number(1e3 * found['kg_co2e'])} g of CO2e at {found['g_co2e_per_kwh']:g} g/kWh"
    return f"{text}; {grams} ({found['carbon_source']})"


def value(entry: Mapping[str, object]) -> str:
    """A measured value of an evidence record, with its unit."""
    found = entry["value"]
    if isinstance(found, float | int):
        return number(float(found), str(entry.get("unit", "")))
    return "none" if found is None else str(found)
