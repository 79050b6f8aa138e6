"""Page of a problem: plain data, stored as long as nothing that decides it changes.

Opening a problem takes its engine and seconds. The page of a problem under its default settings
depends on code, installed packages, isolated environments and programs alone; it is stored by the
digest of these.
"""

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium.cli.doctor import PROGRAMS
from ingenium.cli.output import plain_data
from ingenium.core.errors import IngeniumError
from ingenium.core.setups import plain, type_name

if TYPE_CHECKING:
    from ingenium.core.problem import Problem
    from ingenium.core.recipe import Arrays
    from ingenium.core.setups import SetupEntry
    from ingenium.core.spec import Spec

OWN = "INGENIUM_"  # beginning of the environment variables that settings and folders come from
APART = ("INGENIUM_CACHE", "INGENIUM_LEDGER")  # of these, the ones that decide no page
Rows = list[list[str]]  # heading, columns, then the rows


@dataclass(frozen=True)
class ProblemPage:
    """All that a problem declares, and the tables and facts that a person reads."""

    described: dict[str, Any]
    tables: list[Rows]
    facts: dict[str, str]


def stored_page(requested: "Spec") -> ProblemPage | None:
    """Return the page of a problem under its default settings, opened once; None if not stored.

    None for settings and inputs that a spec gives, which may name files, and where an environment
    variable of ours names a folder.
    """
    from ingenium.core.recipe import Recipe, as_array
    from ingenium.core.spec import Spec

    source = _module_of(requested.problem)
    own = {k: v for k, v in os.environ.items() if k.startswith(OWN) and k not in APART}
    if (
        source is None
        or requested != Spec(requested.problem)
        or any(map(os.path.exists, own.values()))
    ):
        return None

    def make(_: int) -> "Arrays":
        return {"page": as_array(json.dumps(asdict(opened_page(requested)[1])))}

    under = [requested.problem, own, _installed(), *_code(source)]
    found = Recipe("page", under, make).complete_or_made()
    return ProblemPage(**json.loads(found["page"].tobytes()))


def opened_page(requested: "Spec") -> tuple["Problem", ProblemPage]:
    """Open a problem, and return it with its page."""
    from ingenium.core.resolving import resolve
    from ingenium.core.spec import Spec
    from ingenium.domains import open_problem

    problem = open_problem(requested)
    problem.limits = resolve(Spec(problem.name), problem).limits  # with their units
    tables = [rows for rows in _tables(problem, requested) if len(rows) > 2]
    facts = {name: text for name, text in _facts(problem).items() if text}
    described = plain_data(_described(problem, requested))
    return problem, ProblemPage(described, tables, facts)


def _module_of(problem: str) -> str | None:
    """Module of the class of a problem; None where its domain does not load or has no such."""
    from ingenium.domains import load

    field, _, short = problem.partition(".")
    with suppress(IngeniumError):
        offer = load(field).problems.get(short)
        return None if offer is None else offer.at.partition(":")[0]
    return None


def _code(module: str) -> list[str]:
    """Digests of the engine, of the package of a problem and of its table of comparisons."""
    from ingenium.comparison.verdicts import COMPARISONS
    from ingenium.core.digest import file_digest
    from ingenium.core.provenance import code_digest, package_of, source_digest

    place = getattr(sys.modules.get(package_of(module)), "__file__", None)
    tables = [] if place is None else [Path(place).with_name(COMPARISONS)]
    return [code_digest(), source_digest(module), *(file_digest(t) for t in tables if t.is_file())]


def _installed() -> list[str]:
    """List packages by version, isolated environments, and programs with size and time."""
    from ingenium.trust.environments.environment import installed

    packages = {
        entry.name
        for place in map(Path, sys.path)
        if place.is_dir()
        for entry in os.scandir(place)
        if entry.name.endswith((".dist-info", ".egg-info"))
    }
    programs = [shutil.which(name) for name in ("cc", "xtb", *(name for name, _ in PROGRAMS))]
    places = [(p, Path(p).stat()) for p in programs if p is not None]
    return [
        *sorted(packages),
        *installed(),
        *(f"{p} {s.st_size} {s.st_mtime_ns}" for p, s in places),
    ]


def _described(problem: "Problem", requested: "Spec") -> dict[str, Any]:
    """All that a problem declares."""
    from ingenium.generators.offer import offered

    return {
        "name": problem.name,
        "summary": problem.summary,
        "settings": _settings(problem),
        "setup": _entries(problem, requested),
        "understood": None,
        "variables": [v.__dict__ for v in problem.variables],
        "sizes": dict(problem.sizes),
        "inputs": [{"name": i.name, "form": i.form, "needed": i.needed} for i in problem.inputs],
        "given": problem.given.reported(),
        "conditions": list(problem.conditions),
        "quantities": list(problem.quantities),
        "limits": list(problem.limits),
        "fixable": [q.name for q in problem.fixable()],
        "steerable": list(problem.steerable()),
        "formats": list(problem.formats),
        "engines": [{"name": t.name, "version": t.version, "tier": t.tier} for t in problem.tiers],
        "default_family": problem.default_family,
        "families": offered(problem),
        "licence": problem.licence,
        "notes": list(problem.notes),
    }


def _settings(problem: "Problem") -> list[dict[str, Any]]:
    """Entries of `[setup]` with their defaults."""
    found = []
    for f in fields(problem.Settings):
        default = f.default_factory() if f.default_factory is not MISSING else f.default
        reported = default if isinstance(default, str | int | float | bool | None) else str(default)
        needed = default is MISSING
        usual = None if needed else reported
        found.append({"name": f.name, "type": type_name(f.type), "default": usual})
    return found


def _entries(problem: "Problem", requested: "Spec") -> list["SetupEntry"]:
    """All entries of `[setup]` at every depth, as they were read."""
    from ingenium.core.setups import entries
    from ingenium.core.spec import parse

    return list(entries(parse(requested.setup, problem.Settings, "the setup"), requested.setup))


def _tables(problem: "Problem", requested: "Spec") -> tuple[Rows, ...]:
    """Variables, inputs, conditions, quantities and setup."""
    from ingenium.report import words

    designs = [["A design"], ["Variable", "Unit", "Dimensions", "What it is"]]
    for v in problem.variables:
        alone = "one number" if v.longest is None else f"a text of up to {v.longest} characters"
        dims = " x ".join(f"{problem.sizes[d]} {d}" for d in v.dims) or alone
        designs.append([v.name, v.unit, dims, v.long_name])
    under = [["Conditions"], ["Condition", "Choices or range", "What it is"]]
    for c in problem.conditions:
        span = f"{words.number(c.lower)} to {words.number(c.upper, c.unit)}"
        under.append([c.name, ", ".join(c.choices) if c.choices else span, c.long_name])
    inputs = [["Inputs, as entries of [given]"], ["Input", "Form", "What it is"]]
    inputs += [[i.name, i.form, i.long_name] for i in problem.inputs]
    measured = [["Measured quantities"], ["Quantity", "Unit", "What it is"]]
    for q in problem.quantities:
        unit = f"{q.unit}, shown in {q.shown}" if q.shown else q.unit
        measured.append([q.name, "a name" if q.labels else unit, q.long_name])
    setup = [["Entries of [setup]"], ["Entry", "Type", "Value", "Unit", "What it is"]]
    for entry in _entries(problem, requested):
        value = "none" if entry.value in (None, (), "") else plain(entry.value)
        given = " (in the spec)" if entry.given else ""
        setup.append([entry.name, entry.type, f"{value}{given}", entry.unit, entry.meaning])
    return designs, inputs, under, measured, setup


def _facts(problem: "Problem") -> dict[str, str]:
    """Facts on limits, engines, generators and files, a line each."""
    from ingenium.comparison.verdicts import verdict_on
    from ingenium.generators.offer import offered
    from ingenium.report import words

    comparison = verdict_on(problem)
    named: dict[str, list[str]] = {}
    for family, source in offered(problem).items():
        named.setdefault(source, []).append(family)
    return {
        "Limits judged by default": "; ".join(words.limit(x) for x in problem.limits),
        "Can be fixed": ", ".join(q.name for q in problem.fixable()),
        "Can be steered by": ", ".join(problem.steerable()),
        "Engines": ", ".join(f"{t.name} {t.version} ({t.tier})" for t in problem.tiers),
        "Generator": f"{problem.default_family}, where the spec names no other",
        "Benchmark": comparison.reported(problem.default_family) if comparison else "",
        "Others that it can name": ", ".join(named.get("engine", ())),
        "Of other packages": ", ".join(named.get("package", ())),
        "Baselines of the field": ", ".join(named.get("baseline", ())),
        "Fitted to rows of the engine": ", ".join(named.get("labelled", ())),
        "Pretrained": ", ".join(named.get("pretrained", ())),
        "Files": ", ".join(problem.formats),
        "Data licence": problem.licence,
        "Notes": " ".join(problem.notes),
    }
