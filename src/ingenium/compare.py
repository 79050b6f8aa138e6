"""Fair comparison of families on one problem: same split, same conditions, several seeds.

Every family proposes under the conditions of the held-out designs, `members` times each, and
under those of the training designs once; the scorecard says what each measure uses.
"""

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest, digest
from ingenium.core.errors import choose
from ingenium.core.folders import replacing, write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.seeds import block_rng
from ingenium.evaluate.markdown import markdown
from ingenium.evaluate.metrics import METRICS, Metric
from ingenium.evaluate.plots import save_comparison
from ingenium.evaluate.scorecard import scorecard
from ingenium.evaluate.table import Comparison
from ingenium.generators import families
from ingenium.generators.admission import admit, admitted
from ingenium.generators.model import Family
from ingenium.generators.networks import is_field
from ingenium.generators.row_families import CLASSICAL, COMPOSED
from ingenium.generators.tokens.codec import Tokens
from ingenium.loop import training

ROWS = 512  # conditions proposed at once; bounds memory
NUMBERS = 20_000_000  # of the ensemble of a field problem, which is held several times
LEAST_MEMBERS = 10


@dataclass(frozen=True)
class Protocol:
    """How families are compared."""

    families: tuple[str, ...] = (*COMPOSED, *CLASSICAL)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    members: int = 100  # proposals for each held-out design
    steps: int | None = None  # of training; None for each family's own


def usual(problem: Problem) -> tuple[str, ...]:
    """The families of a comparison that take designs of the problem's kind."""
    shape = problem.codec.shape
    if isinstance(problem.codec, Tokens):
        return tuple(f for f in families.NAMES if admitted(f, shape, tokens=True))
    return tuple(f for f in Protocol.families if admitted(f, shape))


@dataclass(frozen=True)
class Entry:
    """What one family with one seed achieved."""

    family: str
    seed: int
    fit_seconds: float
    propose_seconds: float  # for a thousand designs
    card: dict[str, Any]


def compare(
    problem: Problem, protocol: Protocol, folder: Path, *, watch: Watch = silent
) -> list[Entry]:
    """One entry for each family and seed; each is kept in `folder` as soon as it is measured.

    A stopped comparison goes on where it was. Entries of other code, data or settings are not
    taken up.

    Raises:
        InputError: for an unknown family, or one that does not admit designs of this kind.
    """
    for name in protocol.families:
        choose(name, families.NAMES, "family")
        admit(name, problem.codec.shape, tokens=isinstance(problem.codec, Tokens))
    problem.prepare(watch)
    known = problem.data()
    held = known.isel({DESIGN: np.flatnonzero(known["held_out"].to_numpy())})
    own, data = training(problem), dataset_digest(known)
    entries, code = [], (code_digest(), package_digest(problem))
    todo = [(f, s) for f in protocol.families for s in protocol.seeds]
    for i, (name, seed) in enumerate(todo):
        watch(f"compare {name}, seed {seed}", i, len(todo))
        key = digest([problem.name, name, seed, protocol.members, protocol.steps, data, *code])
        path = folder / "parts" / f"{name}-{seed}-{key[7:15]}.json"
        if path.is_file():
            entries.append(Entry(**json.loads(path.read_text())))
            continue
        entry = _measure(problem, name, seed, protocol, own, held)
        write_atomic(path, json.dumps(asdict(entry)))
        entries.append(entry)
    return entries


def _measure(
    problem: Problem, name: str, seed: int, protocol: Protocol, own: xr.Dataset, held: xr.Dataset
) -> Entry:
    """Fit one family with one seed, propose, and score against the held-out designs."""
    cond = problem.features(own)
    x = problem.encode(own).to(torch.float32)
    family = families.build(name, problem.codec.shape, cond.shape[1], codec=problem.codec)
    plan = families.plan(
        name, shape=family.shape, steps=protocol.steps, seed=seed, codec=problem.codec
    )
    started = time.perf_counter()
    family.fit(x, cond, plan)
    fitted = time.perf_counter()
    members, ours, spent = [], [], 0.0
    for m in range(members_of(problem, protocol, held.sizes[DESIGN])):
        began = time.perf_counter()
        arrays = _propose(problem, family, held, block_rng(seed, m, "compare held out"))
        spent += time.perf_counter() - began
        members.append(arrays)
        ours += [_named(problem, arrays, held)] if m < 10 else []
    card: dict[str, Any] = {}
    if not isinstance(problem.codec, Tokens):  # numbers of tokens are no sizes
        fresh = _propose(problem, family, own, block_rng(seed, 0, "compare training"))
        card = scorecard(
            _seen(problem, to_arrays(held, problem.variables)),
            np.stack([_seen(problem, arrays) for arrays in members]),
            _seen(problem, fresh),
            x.double().numpy(),
            np.random.default_rng(seed),
            groups=held["group"].to_numpy() if "group" in held.coords else None,
        )
    card |= problem.scores(xr.concat(ours, dim=DESIGN), held)
    count = len(members) * held.sizes[DESIGN]
    return Entry(
        family=name,
        seed=seed,
        fit_seconds=fitted - started,
        propose_seconds=spent / count * 1000,
        card={k: v.tolist() if isinstance(v, np.ndarray) else float(v) for k, v in card.items()},
    )


def members_of(problem: Problem, protocol: Protocol, held: int) -> int:
    """Proposals for each held-out design: of fields as many as memory is meant for."""
    shape = problem.codec.shape
    if isinstance(problem.codec, Tokens):  # all that the field's own scores look at
        return min(protocol.members, LEAST_MEMBERS)
    if not is_field(shape):
        return protocol.members
    most = max(LEAST_MEMBERS, NUMBERS // (held * math.prod(shape)))
    return min(protocol.members, most)


def _seen(problem: Problem, arrays: tuple[Tensor, ...]) -> np.ndarray:
    """Standardised designs to single precision, as families learn and propose them.

    Real designs carry more digits. Without this a classifier tells most proposals by their last
    bits: the zero of a plant at dawn is 2e-8 of a standard deviation off.
    """
    return problem.codec.encode(problem.proposed(arrays)).to(torch.float32).double().numpy()


def _named(problem: Problem, arrays: tuple[Tensor, ...], like: xr.Dataset) -> xr.Dataset:
    """Arrays as designs under the conditions of `like`."""
    coords = problem.labels() | {c.name: like[c.name] for c in problem.conditions}
    return to_dataset(arrays, problem.variables, coords)


def _propose(
    problem: Problem, family: Family, like: xr.Dataset, rng: torch.Generator
) -> tuple[Tensor, ...]:
    """One design under the conditions of each row, with the hard constraints held."""
    parts = []
    for start in range(0, like.sizes[DESIGN], ROWS):
        rows = like.isel({DESIGN: slice(start, start + ROWS)})
        x = family.propose(problem.features(rows), rng)
        decoded = problem.decode(x.to(torch.float64), rows)
        parts.append(problem.project({}, rows)(decoded))
    return tuple(torch.cat(column) for column in zip(*parts, strict=True))


def tabulate(problem: Problem, entries: list[Entry]) -> Comparison:
    """The entries as a comparison with intervals over seeds and groups of held-out designs.

    A problem whose designs have no `group` gets intervals over single designs.
    """
    known = problem.data()
    held = known["held_out"].to_numpy()
    label = known["group"].to_numpy() if "group" in known.coords else np.arange(len(held))
    groups = tuple(label[held].tolist())
    field = sorted({k for e in entries for k in e.card} - set(METRICS))
    own = tuple(Metric(k, k.replace("_", " ").capitalize()) for k in field)
    table = Comparison(
        groups=groups,
        metrics=(*METRICS.values(), *own),
        baselines=tuple(CLASSICAL),
        notes={"problem": problem.name, "data_licence": problem.licence},
    )
    for e in entries:
        table = table.add(e.family, e.seed, e.card)
    return table


def write(table: Comparison, entries: list[Entry], folder: Path) -> None:
    """`comparison.json`, `comparison.md`, `comparison.png` and `costs.json` in a folder."""
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
