"""What flows in the life of a run, as told by who does it, and as the map of it shows.

The truth is written down beside each act, from what was handed to it and from the files that it
left. The map is the ledger as W3C PROV, read back by the package `prov`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from safetensors.torch import load_file

from ingenium import __version__, loop
from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.digest import dataset_digest, digest, file_digest
from ingenium.core.errors import EngineError
from ingenium.core.problem import Problem, silent
from ingenium.core.spec import Spec, parse
from ingenium.generators.fitted import fit, state_digest
from ingenium.governance import gate, prov
from ingenium.governance.studies import releases
from ingenium.governance.studies.releases import Release
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import PLACE

PROGRAM = f"ingenium {__version__}"
USED, GAVE, BY = "used", "gave", "by"


@dataclass(frozen=True, order=True)
class Flow:
    """One thing that an act used or gave, or one who did it; `entry` is the act's in the ledger."""

    entry: int
    how: str  # used, gave or by
    role: str  # such as `data`, or the tier of an engine
    what: str  # digest, or name


@dataclass(frozen=True)
class Life:
    """A model that was fitted, a run with it, and what was done to the run."""

    problem: Problem
    spec: Spec
    release: Release
    flows: frozenset[Flow]


def lived(n: int, seed: int, folder: Path) -> Life:
    """Fit, propose, sign, replay, verify a file and publish, in a folder of its own."""
    spec = parse(
        {"problem": releases.PROBLEM, "generator": {"family": releases.FAMILY}}, Spec, "spec"
    )
    problem = releases.opened()
    release = Release(folder, keys=releases.keys(releases.ROLES))
    flows: set[Flow] = set()
    for act in _acts(problem, spec, release, n, seed):
        flows |= {Flow(_last(release), how, role, what) for how, role, what in act}
    return Life(problem, spec, release, frozenset(flows))


Told = list[tuple[str, str, str]]  # how, role, what


def _acts(problem: Problem, spec: Spec, release: Release, n: int, seed: int) -> Iterator[Told]:
    """Each act as it is done, and what flowed in it."""
    path = release.folder / "spec.toml"
    path.write_text(tomli_w.dumps(specs.as_table(spec)))
    asked = (USED, "spec", digest(specs.as_table(resolve(spec, problem))))
    known = (USED, "data", dataset_digest(loop.training(problem)))
    judge = problem.verifier
    engine = (BY, judge.tier, f"{judge.name} {judge.version}")
    _command(release, "fit", problem.name, "--spec", path)
    ours: Told = [(BY, "", _operator(release)), (BY, "", PROGRAM)]
    choice = resolve(spec, problem).generator  # the same model again, from the cache
    made = fit(problem, loop.training(problem), choice, watch=silent)
    yield [asked, known, (GAVE, "model", state_digest(made.family.state_dict())), *ours]
    number = ("-n", n, "--seed", seed, "--out", release.run)
    _command(release, "propose", problem.name, "--spec", path, *number)
    weights = state_digest(load_file(release.run / "model" / "model.safetensors"))
    evidence = file_digest(release.run / "evidence.jsonl")
    gave = [(GAVE, "evidence", evidence)]
    gave.append((GAVE, "designs", file_digest(release.run / "designs.nc")))
    system = [(USED, "system", problem.system)] if problem.system else []
    run = [asked, known, (USED, "model", weights), *system, *gave, *ours, engine]
    yield run + [(BY, "cross-check", name) for name in _checked_by(release)]
    entry = release.entry()
    for role in release.roles:
        release.sign(role)
        yield [(USED, "signed entry", entry), (BY, "", f"{role}@lab")]
    _command(release, "replay", release.run)
    yield [(USED, "evidence", evidence), *ours, engine]
    file = releases.first_design(release)
    _command(release, "verify", problem.name, file, "--spec", path)
    told = digest(specs.as_table(spec))
    yield [(USED, "spec", told), (USED, f"file {file}", file_digest(file)), *ours, engine]
    with open_ledger(release.book, create=False) as book:
        gate.publish(release.asked(book), release.folder / "crate")
    yield [(USED, "evidence", evidence), (BY, "", _operator(release))]


def _command(release: Release, *words: object) -> None:
    """Do what a user does; a command that ends with 1 has done it and is not content."""
    line = [sys.executable, "-m", "ingenium", *map(str, words)]
    done = subprocess.run(
        line, env=os.environ | {PLACE: str(release.book)}, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise EngineError(f"{' '.join(line)} ended with {done.returncode}: {done.stderr}")


def _operator(release: Release) -> str:
    """Who works here, as the ledger calls them."""
    with open_ledger(release.book, create=False) as ledger:
        return ledger.actor


def _checked_by(release: Release) -> list[str]:
    """The independent engine of a run, as the evidence of its designs names it."""
    first = json.loads((release.run / "evidence.jsonl").read_text().splitlines()[0])
    cross = first["cross_check"]
    return [f"{cross['engine']} {cross['version']}"] if cross else []


def _last(release: Release) -> int:
    with open_ledger(release.book, create=False) as ledger:
        return ledger.entries()[-1].sequence


def drawn(path: Path, chain: Mapping[int, str]) -> frozenset[Flow]:
    """The flows in a map, but for the entries themselves, which `chain` has by their number."""
    model = prov.PACKAGES.package("prov.model")
    made = model.ProvDocument.deserialize(str(path), format="json")
    label = {
        str(one.identifier): str(next(iter(one.get_attribute("prov:label")), ""))
        for kind in (model.ProvAgent, model.ProvEntity)
        for one in made.get_records(kind)
    }
    content = {str(r.args[0]): str(r.args[1]) for r in made.get_records(model.ProvSpecialization)}
    flows = set()
    kinds = {USED: model.ProvUsage, GAVE: model.ProvGeneration, BY: model.ProvAssociation}
    for how, kind in kinds.items():
        for record in made.get_records(kind):
            act, thing = map(str, record.args[:2] if how != GAVE else record.args[1::-1])
            role = label[thing] if how == GAVE else _role(record)
            what = label[thing] if how == BY else _digest(content.get(thing, thing))
            flows.add(Flow(int(act.removeprefix("entry:")), how, role, what))
    own = {Flow(number, GAVE, "", hash) for number, hash in chain.items()}
    return frozenset(flows - own)


def chain(release: Release) -> dict[int, str]:
    """Hash of each entry of the ledger by its number."""
    with open_ledger(release.book, create=False) as ledger:
        return {e.sequence: e.hash for e in ledger.entries()}


def _role(record: Any) -> str:
    return str(next(iter(record.get_attribute("prov:role")), ""))


def _digest(name: str) -> str:
    return f"sha256:{name.removeprefix('digest:')}"
