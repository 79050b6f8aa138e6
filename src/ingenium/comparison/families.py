"""Fair comparison of families on one problem: same split, same conditions, several seeds.

Every family proposes under the conditions of the held-out designs, `members` times each, and under
those of the training designs once; see the scorecard for the use of both. Then it proposes under a
spec, and the exact engine counts the feasible designs and the calls.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.comparison.markdown import markdown
from ingenium.comparison.plots import save_comparison
from ingenium.comparison.scores import Comparison
from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.folders import replacing, write_atomic
from ingenium.core.netcdf import read_netcdf, write_netcdf
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK, block_rng, units
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.core.verdict import Verdict
from ingenium.generators.families import NAMES
from ingenium.generators.fitted import trained
from ingenium.generators.generator import Generator
from ingenium.generators.model import Family, Model
from ingenium.generators.networks import is_field
from ingenium.generators.offer import check, make, offered, plan
from ingenium.generators.row_families import CLASSICAL, COMPOSED
from ingenium.generators.tokens.codec import kind_of
from ingenium.runs.export import verified
from ingenium.runs.loop import Elsewhere, proposed, training
from ingenium.scale.place import LOCAL
from ingenium.scale.port import Answering
from ingenium.scores.metrics import METRICS, Metric
from ingenium.scores.scorecard import scorecard

ROWS = 512  # batch size of proposals; bounds memory
NUMBERS = 20_000_000  # of the ensemble of a field problem, which is in memory several times
LEAST_MEMBERS = 10
AGAIN = "a stopped comparison can be continued"
PROBE = 20  # training steps that estimate the time of fits before the first
RETAINED = 200  # designs of each family under held-out conditions, for pictures


@dataclass(frozen=True)
class Protocol:
    """Settings of a comparison of families."""

    families: tuple[str, ...] = (*COMPOSED, *CLASSICAL)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    members: int = 100  # proposals for each held-out design
    steps: int | None = None  # of training; None for each family's own
    judged: int = BLOCK  # designs under the spec that the exact engine measures; none if 0


def usual(problem: Problem) -> tuple[str, ...]:
    """Return the families of a comparison that names none, with the field's own baselines."""
    all_of_engine = kind_of(problem.codec) != "numbers"
    return tuple(
        name
        for name, source in offered(problem).items()
        if (source == "baseline" and name not in NAMES)
        or (source != "pretrained" and (all_of_engine or name in Protocol.families))
    )


@dataclass(frozen=True)
class FamilyResult:
    """Result of one family with one seed."""

    family: str
    seed: int
    fit_seconds: float
    propose_seconds: float  # for a thousand designs
    card: dict[str, Any]


@dataclass(frozen=True)
class Comparing:
    """The fits of a comparison, some of which are stored from before.

    Entries of other code, data or settings are ignored.
    """

    problem: Problem
    protocol: Protocol
    folder: Path
    spec: Spec  # resolved
    known: xr.Dataset

    @classmethod
    def of(
        cls, problem: Problem, protocol: Protocol, folder: Path, wanted: Spec | None, watch: Watch
    ) -> "Comparing":
        """Set up a comparison on a problem.

        Raises:
            InputError: for an unknown family, or one that does not admit designs of this kind.
        """
        for name in protocol.families:
            check(problem, name)
        spec = resolve(wanted or Spec(problem=problem.name), problem)
        problem.prepare(watch)
        return cls(problem, protocol, folder, spec, problem.data())

    @property
    def pairs(self) -> list[tuple[str, int]]:
        """Families and seeds, in the order of their fits."""
        return [(f, s) for f in self.protocol.families for s in self.protocol.seeds]

    @cached_property
    def _under(self) -> list[Any]:
        own = self.protocol
        how = [own.members, own.steps, own.judged, specs.as_table(self.spec)]
        return [how, dataset_digest(self.known), code_digest(), package_digest(self.problem)]

    def part(self, name: str, seed: int) -> Path:
        """Path of an entry."""
        key = digest([self.problem.name, name, seed, *self._under])
        return self.folder / "parts" / f"{name}-{seed}-{key[7:15]}.json"

    def stored(self) -> dict[tuple[str, int], FamilyResult]:
        """Return the entries that were measured before."""
        files = {pair: self.part(*pair) for pair in self.pairs}
        return {
            pair: FamilyResult(**json.loads(path.read_text()))
            for pair, path in files.items()
            if path.is_file()
        }

    def takes(self) -> str:
        """Remaining work in words, with its duration once something was measured."""
        stored = self.stored()
        left = len(self.pairs) - len(stored)
        reported = f"{len(self.pairs)} fits, {len(stored)} of them stored already"
        brief = self.protocol.steps is not None and self.protocol.steps < 10 * PROBE
        if not left or (not stored and brief):
            return f"{reported}; {AGAIN}."
        if not stored:
            minutes = _minutes(len(self.protocol.seeds) * self._probed_s())
            return f"{reported}; about {minutes} min of fitting; {AGAIN}."
        mean = sum(e.fit_seconds for e in stored.values()) / len(stored)
        return f"{reported}; about {_minutes(left * mean)} min of fitting are left."

    def _probed_s(self) -> float:
        """Seconds for one fit of each family that trains in steps, estimated from a few of them."""
        problem, own, total = self.problem, training(self.problem), 0.0
        x, cond = problem.encode(own).to(torch.float32), problem.features(own)
        for name in self.protocol.families:
            pretrained = check(problem, name) == "pretrained"
            if pretrained or not isinstance(make(problem, name, cond.shape[1]), Model):
                continue
            started = time.perf_counter()
            _fitted(problem, name, (x, cond), PROBE, 0)
            steps = plan(problem, name, steps=self.protocol.steps).steps
            total += (time.perf_counter() - started) * steps / PROBE
        return total

    @cached_property
    def held_out(self) -> xr.Dataset:
        """Designs that no family is trained on."""
        return self.known.isel({DESIGN: np.flatnonzero(self.known["held_out"].to_numpy())})

    def run(self, watch: Watch = silent, elsewhere: Elsewhere | None = None) -> list[FamilyResult]:
        """Return all entries; missing ones are fitted and measured, here or by workers."""
        stored = self.stored()
        left = [pair for pair in self.pairs if pair not in stored]
        found: Iterator[tuple[int, tuple[FamilyResult, xr.Dataset]]]
        if elsewhere is None or elsewhere.on.kind == LOCAL:
            found = ((i, _measure(self, *pair)) for i, pair in enumerate(left))
        else:
            make = partial(_measurer, elsewhere.opener, self.protocol, self.spec)
            found = elsewhere.spread(make, left)
        watch("compare", len(stored), len(self.pairs))
        for i, (entry, designs) in found:
            path = self.part(*left[i])
            if entry.seed == self.protocol.seeds[0]:
                write_netcdf(path.with_suffix(".nc"), designs.isel({DESIGN: slice(0, RETAINED)}))
            write_atomic(path, json.dumps(asdict(entry)))
            stored[left[i]] = entry
            watch(f"compare {entry.family}, seed {entry.seed}", len(stored), len(self.pairs))
        return [stored[pair] for pair in self.pairs]

    def picture(self, table: Comparison) -> None:
        """Write the field's figures of a comparison."""
        for name, figure in self.problem.comparison().figures(table, self.shown()).items():
            with replacing(self.folder / f"{name}.png") as staging:
                figure.savefig(staging, format="png", dpi=150)

    def shown(self) -> dict[str, xr.Dataset]:
        """Return some designs of each family, of its first seed, under held-out conditions."""
        first = self.protocol.seeds[0]
        files = {f: self.part(f, first).with_suffix(".nc") for f in self.protocol.families}
        what = "designs of a comparison"
        return {f: read_netcdf(path, what) for f, path in files.items() if path.is_file()}


def compare(
    problem: Problem,
    protocol: Protocol,
    folder: Path,
    *,
    wanted: Spec | None = None,
    watch: Watch = silent,
    elsewhere: Elsewhere | None = None,
) -> list[FamilyResult]:
    """Compare families: one entry for each family and seed, stored in `folder` when measured.

    With workers `elsewhere` several are measured in parallel, to the same scores. A stopped
    comparison resumes. Without a spec, designs are judged by the problem's own limits.

    Raises:
        InputError: for an unknown family, or one that does not admit designs of this kind.
    """
    return Comparing.of(problem, protocol, folder, wanted, watch).run(watch, elsewhere)


def _measurer(opener: Callable[[], Problem], protocol: Protocol, spec: Spec) -> Answering:
    """Build the function that answers a worker's tasks: a family and a seed."""
    problem = opener()
    comparing = Comparing(problem, protocol, Path(), spec, problem.data())

    def answer(task: tuple[str, int]) -> tuple[FamilyResult, xr.Dataset]:
        return _measure(comparing, *task)

    return answer


def _measure(comparing: Comparing, name: str, seed: int) -> tuple[FamilyResult, xr.Dataset]:
    """Fit one family with one seed, propose, score against held-out designs, judge by the spec."""
    problem, protocol = comparing.problem, comparing.protocol
    own, held = training(problem), comparing.held_out
    x = problem.encode(own).to(torch.float32)
    started = time.perf_counter()
    family = _fitted(problem, name, (x, problem.features(own)), protocol.steps, seed)
    fitted = time.perf_counter()
    members = [
        _propose(problem, family, held, block_rng(seed, m, "compare held out"))
        for m in range(members_of(problem, protocol, held.sizes[DESIGN]))
    ]
    spent = time.perf_counter() - fitted
    ours = [_named(problem, arrays, held) for arrays in members[:10]]
    card: dict[str, Any] = {}
    facts = problem.comparison()
    if facts.by_numbers and kind_of(problem.codec) == "numbers":  # numbers of tokens are no sizes
        fresh = _propose(problem, family, own, block_rng(seed, 0, "compare training"))
        card = scorecard(
            _seen(problem, to_arrays(held, problem.variables)),
            np.stack([_seen(problem, arrays) for arrays in members]),
            _seen(problem, fresh),
            x.double().numpy(),
            np.random.default_rng(seed),
            groups=held["group"].to_numpy() if "group" in held.coords else None,
        )
    card |= {**problem.scores(xr.concat(ours, dim=DESIGN), held), **facts.costs(family, held)}
    card |= _judged(Generator(problem, family, comparing.spec, own), protocol.judged, seed)
    count = len(members) * held.sizes[DESIGN]
    entry = FamilyResult(
        family=name,
        seed=seed,
        fit_seconds=fitted - started,
        propose_seconds=spent / count * 1000,
        card={k: v.tolist() if isinstance(v, np.ndarray) else float(v) for k, v in card.items()},
    )
    return entry, ours[0]


def _fitted(
    problem: Problem, name: str, learned: tuple[Tensor, Tensor], steps: int | None, seed: int
) -> Family:
    """Return the generator of a name, fitted unless it is pretrained."""
    x, cond = learned
    if check(problem, name) == "pretrained":
        return trained(problem, name).family
    family = make(problem, name, cond.shape[1])
    family.fit(x, cond, plan(problem, name, steps=steps, seed=seed))
    return family


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / 60))


def _judged(generator: Generator, n: int, seed: int) -> dict[str, float]:
    """Share of `n` designs under a spec that satisfy its limits, and their number for each call.

    They are proposed and repaired as by `propose`, but not steered, which not all families support.
    """
    problem, spec = generator.problem, replace(generator.spec, generator=GeneratorChoice())
    generator = replace(generator, spec=spec)
    accepted = 0
    for block, rows in units(n, problem.batch_size):
        designs = proposed(generator, seed, block, rows)
        verdicts = verified(problem, spec, designs.isel({DESIGN: slice(0, len(rows))}))
        accepted += int((verdicts["verdict"].to_numpy() == Verdict.ACCEPTED).sum())
    calls = n * (1 + problem.comparison().repair_calls)
    return {"accepted_share": accepted / n, "accepted_per_call": accepted / calls} if n else {}


def members_of(problem: Problem, protocol: Protocol, held: int) -> int:
    """Return the number of proposals for each held-out design; for fields as memory allows."""
    shape = problem.codec.shape
    if kind_of(problem.codec) != "numbers":  # all that the field's own scores look at
        return min(protocol.members, LEAST_MEMBERS)
    if not is_field(shape):
        return protocol.members
    most = max(LEAST_MEMBERS, NUMBERS // (held * math.prod(shape)))
    return min(protocol.members, most)


def _seen(problem: Problem, arrays: tuple[Tensor, ...]) -> np.ndarray:
    """Round standardised designs to single precision, as families learn and propose them.

    Real designs have more digits. Otherwise a classifier recognises most proposals by their last
    bits: the zero of a plant at dawn is 2e-8 of a standard deviation off.
    """
    return problem.codec.encode(problem.proposed(arrays)).to(torch.float32).double().numpy()


def _named(problem: Problem, arrays: tuple[Tensor, ...], like: xr.Dataset) -> xr.Dataset:
    """Return arrays as designs under the conditions of `like`."""
    coords = problem.labels() | {c.name: like[c.name] for c in problem.conditions}
    return to_dataset(arrays, problem.variables, coords)


def _propose(
    problem: Problem, family: Family, like: xr.Dataset, rng: torch.Generator
) -> tuple[Tensor, ...]:
    """Propose one design under the conditions of each row, with the hard constraints satisfied."""
    parts = []
    for start in range(0, like.sizes[DESIGN], ROWS):
        rows = like.isel({DESIGN: slice(start, start + ROWS)})
        x = family.propose(problem.features(rows), rng)
        decoded = problem.decode(x.to(torch.float64), rows)
        parts.append(problem.project({}, rows)(decoded))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def tabulate(problem: Problem, entries: list[FamilyResult]) -> Comparison:
    """Return the entries as a comparison with intervals over seeds and groups of held-out designs.

    A problem whose designs have no `group` gets intervals over single designs.
    """
    known, facts = problem.data(), problem.comparison()
    held = known["held_out"].to_numpy()
    label = known["group"].to_numpy() if "group" in known.coords else np.arange(len(held))
    groups = tuple(label[held].tolist())
    field = sorted({k for e in entries for k in e.card} - set(METRICS))
    own = tuple(
        Metric(k, k.replace("_", " ").capitalize(), "higher" if k in facts.higher else "lower")
        for k in field
    )
    table = Comparison(
        groups=groups,
        metrics=(*METRICS.values(), *own),
        baselines=(*CLASSICAL, *problem.baselines()),
        notes={"problem": problem.name, "data_licence": problem.licence}
        | dict(facts.unscored)
        | _printed(facts),
    )
    for e in entries:
        table = table.add(e.family, e.seed, e.card)
    return table


def _printed(facts: FieldComparison) -> dict[str, str]:
    """Published values of the same scores, a line a family."""
    return {
        f"printed of {family}": ", ".join(f"{name} {value:g}" for name, value in scores.items())
        for family, scores in facts.printed.items()
    }


def write(table: Comparison, entries: list[FamilyResult], folder: Path) -> None:
    """Write `comparison.json`, `comparison.md`, `comparison.png` and `costs.json` to a folder."""
    write_atomic(folder / "comparison.json", table.to_json())
    write_atomic(folder / "comparison.md", markdown(table))
    with replacing(folder / "comparison.png") as staging:
        save_comparison(table, staging)
    costs = [
        {"family": e.family, "seed": e.seed}
        | {k: round(getattr(e, k), 3) for k in ("fit_seconds", "propose_seconds")}
        for e in entries
    ]
    write_atomic(folder / "costs.json", json.dumps(costs, indent=1) + "\n")
