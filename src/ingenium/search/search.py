"""The one loop: ask, keep, verify what is new, tell, keep how it went, again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.evidence import design_digests, table
from ingenium.core.folders import replacing
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Limit, Objective, Spec
from ingenium.core.verify import verdicts as judged
from ingenium.core.verify import verify
from ingenium.search.aim import Aim
from ingenium.search.course import Course, Heard, Round, unheard
from ingenium.search.stopping import Stop
from ingenium.search.store import Store
from ingenium.search.strategy import State, Strategy

DIGEST, FRESH = "digest", "fresh"
KEEP_S = 1.0  # of learning, after which the state of the strategy is kept
DAMAGE = (OSError, ValueError, LookupError, BadZipFile)


class Search:
    """A strategy, an engine and a store, brought to where an earlier sitting left them.

    Opening tells the strategy again of all that the store holds, or loads the state that was kept
    last and tells of the rest; either way it is the strategy that was stopped. A round that was
    cut is finished first, with what was proposed in it.

    Shapes: n designs, k measurements.
    """

    def __init__(
        self,
        problem: Problem,
        spec: Spec,
        strategy: Strategy,
        store: Store,
        *,
        seed: int,
        batch: int,
    ) -> None:
        """Go on where the store ends; `spec` is resolved, `batch` the most designs of a round."""
        self.problem, self.spec, self.strategy, self.store = problem, spec, strategy, store
        self.seed, self.batch = seed, batch
        self.call_of = store.verified()
        measured = store.measured()
        self.measured: list[Float[np.ndarray, " k"]] = [row for part in measured for row in part]
        self.places: list[tuple[int, int]] = []  # round and row of each call
        self.history: list[Round] = []
        self.course: Course | None = None
        self.learning_s = 0.0  # since the state was kept
        self._recover()

    @property
    def calls(self) -> int:
        """Designs that were verified."""
        return len(self.measured)

    @property
    def aim(self) -> Aim:
        """What is good, on the scales of the first designs."""
        return self.course.aim if self.course else Aim.of(*self._asked, self.verdicts([]))

    @property
    def seconds(self) -> float:
        """What all finished rounds took."""
        return self.history[-1].seconds if self.history else 0.0

    def run(self, stop: Stop, *, watch: Watch = silent, heard: Heard = unheard) -> str:
        """Go on until it is enough; gives why: the entry of `stop` that was reached, or `designs`.

        The latter is where the strategy has no more designs.
        """
        while (why := self._why(stop)) is None:
            if not self._round(stop, watch):
                return "designs"
            heard(self.history[-1])
        return why

    def verdicts(self, calls: Sequence[int] | None = None) -> xr.Dataset:
        """The verdicts of some calls, or of all in order, with the call as the index."""
        index = np.arange(self.calls) if calls is None else np.asarray(calls, dtype=np.int64)
        width = len(self.problem.quantities)
        rows = np.array([self.measured[i] for i in index.tolist()]).reshape(-1, width)
        return judged(rows, self.problem.verifier, self.spec.limits, index=index)

    def designs(self, calls: Sequence[int]) -> xr.Dataset:
        """The designs of at least one call, in that order, with the call as the index."""
        parts, kept = [], {}
        for call in calls:
            number, row = self.places[call]
            if number not in kept:
                kept[number] = self._unpack(self.store.proposed(number) or {})
            parts.append(kept[number].isel({DESIGN: [row]}))
        # Strategies that share a search bring coordinates of their own; what all have is kept.
        shared = set.intersection(*(set(part.coords) for part in parts))
        parts = [part.drop_vars(set(part.coords) - shared) for part in parts]
        return xr.concat(parts, DESIGN).assign_coords({DESIGN: np.asarray(calls)})

    def _why(self, stop: Stop) -> str | None:
        """The entry of `stop` that was reached; none where the search is to go on."""
        idle = 0
        while idle < len(self.history) and self._fresh_of(-1 - idle) == 0:
            idle += 1
        last = self.history[-1] if self.history else None
        reached = {
            "accepted": last is not None and last.accepted >= (stop.accepted or np.inf),
            "calls": self.calls >= stop.calls,
            "seconds": self.seconds >= (stop.seconds or np.inf),
            "stagnation": last is not None
            and last.calls - last.better >= (stop.stagnation or np.inf),
            "idle": idle >= stop.idle,
        }
        why = next((entry for entry, is_so in reached.items() if is_so), None)
        cut = why is not None and self.store.proposed(len(self.history)) is not None
        return None if cut else why

    def _fresh_of(self, i: int) -> int:
        """New designs of a finished round, counted from the last one."""
        before = self.history[i - 1].calls if len(self.history) >= 1 - i else 0
        return self.history[i].calls - before

    def _round(self, stop: Stop, watch: Watch) -> bool:
        """One round, or the rest of one that was cut; whether there were designs."""
        began, number = time.perf_counter(), len(self.history)
        kept = self.store.proposed(number)
        if kept is None:
            kept = self._ask(number, min(self.batch, stop.calls - self.calls))
            if not len(kept[DIGEST]):
                return False
            self.store.propose(number, kept)
        designs = self._unpack(kept)
        self._verify(number, kept, designs, lambda: watch("search", self.calls, stop.calls))
        course = self._learn(number, kept, designs, told=False)
        repeated = self.history[-1].repeated if self.history else 0
        repeated += int((~kept[FRESH]).sum())
        spent = self.seconds + time.perf_counter() - began
        self.history.append(course.after(number, repeated, spent))
        self.store.close_round(number, asdict(self.history[-1]))
        if self.learning_s > KEEP_S:
            self._keep_state(number)
        return True

    def _ask(self, number: int, n: int) -> dict[str, np.ndarray]:
        """What the strategy proposes, as arrays, with digests and which of them are new."""
        designs = self.strategy.ask(n, block_rng(self.seed, number, "search"))
        problem = self.problem
        arrays = to_arrays(designs, problem.variables) if designs.sizes[DESIGN] else ()
        named = zip(problem.variables, arrays, strict=bool(arrays))
        kept = {f"variable.{v.name}": a.numpy() for v, a in named}
        inside = {DESIGN, *problem.labels()}
        for name, coord in designs.coords.items():
            if name not in inside and coord.dims[:1] == (DESIGN,):
                values = coord.to_numpy()
                kept[f"coord.{name}"] = values.astype(str) if values.dtype == object else values
        digests = design_digests(problem, designs)
        seen: set[str] = set()
        fresh = []
        for own in digests:
            fresh.append(own not in self.call_of and own not in seen)
            seen.add(own)
        width = max(map(len, digests), default=1)
        return kept | {DIGEST: np.array(digests, f"<U{width}"), FRESH: np.array(fresh, dtype=bool)}

    def _unpack(self, kept: dict[str, np.ndarray]) -> xr.Dataset:
        """Designs with their coordinates, numbered as they were asked."""
        problem = self.problem
        arrays = [torch.from_numpy(kept[f"variable.{v.name}"]) for v in problem.variables]
        coords = {}
        for key, values in kept.items():
            kind, _, name = key.partition(".")
            if kind == "coord":
                coords[name] = ((DESIGN, *(f"{name}_axis" for _ in values.shape[1:])), values)
        return to_dataset(arrays, problem.variables, problem.labels() | coords)

    def _verify(
        self,
        number: int,
        kept: dict[str, np.ndarray],
        designs: xr.Dataset,
        done: Callable[[], None],
    ) -> None:
        """Verify what is new in a round and was not verified before it was cut."""
        fresh, size = np.flatnonzero(kept[FRESH]), self.problem.at_once
        known = self.store.parts(number)
        for part in range(known, -(-len(fresh) // size)):
            rows = fresh[part * size : (part + 1) * size]
            found = table(self.problem, self._measure(designs.isel({DESIGN: rows})))
            digests = kept[DIGEST][rows].tolist()
            self.store.measure(number, part, self.calls, found, digests)
            self.call_of |= {d: self.calls + i for i, d in enumerate(digests)}
            self.measured += list(found)
            done()

    def _measure(self, designs: xr.Dataset) -> xr.Dataset:
        problem = self.problem
        return verify(
            designs,
            problem.verifier,
            self.spec.limits,
            variables=problem.variables,
            sizes=problem.sizes,
        )

    def _learn(
        self, number: int, kept: dict[str, np.ndarray], designs: xr.Dataset, *, told: bool
    ) -> Course:
        """Take the verdicts of a round in; the strategy too, unless it was told of them."""
        verdicts = self.verdicts([self.call_of[d] for d in kept[DIGEST].tolist()])
        fresh = np.flatnonzero(kept[FRESH])
        self.places += [(number, row) for row in fresh.tolist()]
        if self.course is None or not self.course.scaled:
            failed = 0 if self.course is None else self.course.calls
            aim = Aim.of(*self._asked, verdicts)
            self.course = Course.of(aim, verdicts, failed=failed)
        weighed = self.course.aim.weighed(verdicts)
        self.course.add(weighed.isel({DESIGN: fresh}))
        if not told:
            began = time.perf_counter()
            self.strategy.tell(designs, weighed)
            self.learning_s += time.perf_counter() - began
        return self.course

    def _recover(self) -> None:
        """Bring strategy and course to the end of the last finished round."""
        ended = [Round(**body) for body in self.store.rounds()]
        until = self._load_state(len(ended))
        for number, row in enumerate(ended):
            kept = self.store.proposed(number) or {}
            self._learn(number, kept, self._unpack(kept), told=number < until)
            self.history.append(row)

    @property
    def _asked(self) -> tuple[tuple[Limit, ...], tuple[Objective, ...]]:
        return self.spec.limits, self.spec.objectives

    @property
    def _state_path(self) -> Path:
        return self.store.path.with_name("strategy.npz")

    def _keep_state(self, number: int) -> None:
        with replacing(self._state_path) as part, part.open("wb") as file:
            state = {f"state.{k}": v for k, v in self.strategy.state_dict().items()}
            np.savez(file, allow_pickle=False, rounds=np.array(number + 1), **state)
        self.learning_s = 0.0

    def _load_state(self, ended: int) -> int:
        """Load the state that was kept; gives how many rounds it was told of."""
        try:
            with np.load(self._state_path, allow_pickle=False) as stored:
                arrays = dict(stored)
            rounds = int(arrays.pop("rounds"))
        except DAMAGE:
            return 0
        if rounds > ended:
            return 0
        state: State = {k.removeprefix("state."): v for k, v in arrays.items()}
        self.strategy.load_state_dict(state)
        return rounds
