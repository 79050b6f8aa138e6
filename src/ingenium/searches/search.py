"""The search loop: ask, screen, store, measure new designs, tell, store the state of the round."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import xarray as xr
from jaxtyping import Float

from ingenium.core.counting import counting
from ingenium.core.designs import DESIGN
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.seeds import block_rng
from ingenium.core.spec import Limit, Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verdicts as judged
from ingenium.runs.aim import Aim
from ingenium.runs.rounds import Heard, Round, unheard
from ingenium.runs.store import Store
from ingenium.searches.progress import SearchProgress
from ingenium.searches.proposal import AFTER, FRESH, MOST, SIZE, Proposal
from ingenium.searches.record import StoredState
from ingenium.searches.screening import Screening
from ingenium.searches.stopping import Stop
from ingenium.searches.strategy import Ahead, Strategy, Telling
from ingenium.searches.workers import Here, PacedWorkers, Workers

STORE_S = 1.0  # seconds of learning, after which the state of the strategy is stored
PATIENCE_S = 0.5  # between two looks whether the search is to stop


@dataclass(frozen=True)
class Flight:
    """A round that is being measured."""

    proposal: Proposal
    designs: xr.Dataset
    left: set[int]  # parts that were not measured yet


class Search:
    """A strategy, an engine and a store, restored to the end of the last session.

    Opening replays all verdicts of the store to the strategy, or loads its last state and replays
    the rest; either way it is the strategy that was stopped. Interrupted rounds are finished first,
    with their proposals.

    A round ends once all of it is measured. Concurrent rounds end in order of completion, and
    proposals depend on the seed and on that order alone.

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
        screening: Screening | None = None,
    ) -> None:
        """Resume at the end of the store; `spec` is resolved, `batch` the largest round."""
        self.problem, self.spec, self.strategy, self.store = problem, spec, strategy, store
        self.seed, self.batch, self.screening = seed, batch, screening
        self.call_of = store.verified()
        measured = store.measured()
        self.measured: list[Float[np.ndarray, " k"]] = [row for part in measured for row in part]
        self.places: list[tuple[int, int]] = []  # round and row of each call
        self.history: list[Round] = []
        self.curve: SearchProgress | None = None
        self.flights: dict[int, Flight] = {}
        self.unmeasured: set[str] = set()  # digests of designs that a screen rejected
        self.requested, self.sent, self.parts = (
            0,
            0,
            0,
        )  # rounds, designs to measure, parts measured
        self.stored = StoredState(store.path.with_name("strategy.npz"))
        self.learning_s = 0.0  # since the state was stored
        self.paced = False  # whether a time limit set the size of some rounds
        self._recover()

    @property
    def calls(self) -> int:
        """Number of verified designs."""
        return len(self.measured)

    @property
    def aim(self) -> Aim:
        """Goal on the scales of the first designs."""
        return self.curve.aim if self.curve else Aim.of(*self._requested, self.verdicts([]))

    @property
    def seconds(self) -> float:
        """Seconds of all finished rounds."""
        return self.history[-1].seconds if self.history else 0.0

    def run(
        self,
        stop: Stop,
        *,
        workers: Workers | None = None,
        watch: Watch = silent,
        heard: Heard = unheard,
    ) -> str:
        """Run until `stop` holds; return the entry that was reached, or `designs`.

        The latter means that the strategy has no more designs.
        """
        workers = Here(self.problem) if workers is None else workers
        began = time.perf_counter() - self.seconds
        for flight in self.flights.values():
            self._submit(flight, workers)
        why: str | None = None
        while True:
            while why is None and self._may_ask(workers):
                why = self._why(stop)
                most = None if why else self._most(stop, workers, time.perf_counter() - began)
                if why is None and not self._ask(stop, workers, most):
                    why = None if self.flights else "designs"
                    break
            if not self.flights:
                return str(why)
            whole = self._whole()
            for number in whole:
                self._end(number, time.perf_counter() - began)
                heard(self.history[-1])
            if not whole:
                with counting(partial(self._counted, watch, stop)):
                    self._measured(workers)
                watch("search", min(self.calls, stop.calls), stop.calls)

    def _counted(self, watch: Watch, stop: Stop, more: int) -> None:
        watch("search", min(self.calls + more, stop.calls), stop.calls)

    def verdicts(self, calls: Sequence[int] | None = None) -> xr.Dataset:
        """Return the verdicts of some calls, or of all in order, with the call as the index."""
        index = np.arange(self.calls) if calls is None else np.asarray(calls, dtype=np.int64)
        width = len(self.problem.quantities)
        rows = np.array([self.measured[i] for i in index.tolist()]).reshape(-1, width)
        return judged(rows, self.problem.verifier, self.spec.limits, index=index)

    def designs(self, calls: Sequence[int]) -> xr.Dataset:
        """Return the designs of at least one call, in that order, with the call as the index.

        Coordinates that only some of them have, such as the points of one arm of a portfolio, are
        left out.
        """
        places = np.array([self.places[call] for call in calls])
        numbers, owner = np.unique(places[:, 0], return_inverse=True)
        parts = [
            self._stored(number).designs(self.problem).isel({DESIGN: places[owner == i, 1]})
            for i, number in enumerate(numbers.tolist())
        ]
        shared = set(parts[0].coords).intersection(*(p.coords for p in parts))
        whole = xr.concat([p.drop_vars(set(p.coords) - shared) for p in parts], DESIGN)
        as_asked = np.argsort(np.argsort(owner, kind="stable"))
        return whole.isel({DESIGN: as_asked}).assign_coords({DESIGN: np.asarray(calls)})

    def _why(self, stop: Stop) -> str | None:
        """Entry of `stop` that was reached; None where the search continues."""
        idle = 0
        while idle < len(self.history) and self._fresh_of(-1 - idle) == 0:
            idle += 1
        last = self.history[-1] if self.history else None
        reached = {
            "accepted": last is not None and last.accepted >= (stop.accepted or np.inf),
            "calls": self.sent >= stop.calls,
            "seconds": self.seconds >= (stop.seconds or np.inf),
            "stagnation": last is not None
            and last.calls - last.better >= (stop.stagnation or np.inf),
            "idle": idle >= stop.idle,
            "cost": last is not None and (last.cost or 0.0) >= (stop.cost or np.inf),
        }
        return next((entry for entry, is_so in reached.items() if is_so), None)

    def _fresh_of(self, i: int) -> int:
        """New designs of a finished round, counted from the last one."""
        last = self.history[i]
        if len(self.history) < 1 - i:
            return last.calls + last.screened
        before = self.history[i - 1]
        return last.calls + last.screened - before.calls - before.screened

    def _may_ask(self, workers: Workers) -> bool:
        """Return whether to propose a round before those in flight have ended."""
        if self._whole() or any(not flight.left for flight in self.flights.values()):
            return False  # the strategy repeats designs in flight: it needs their verdicts first
        waiting = sum(len(flight.left) for flight in self.flights.values())
        ahead = not self.flights or isinstance(self.strategy, Ahead)
        return ahead and workers.ready(self.requested, waiting, self.parts)

    def _most(self, stop: Stop, workers: Workers, elapsed: float) -> int | None:
        """Most designs of the next round, where a time limit or a followed search sets a number."""
        if (
            isinstance(workers, PacedWorkers)
            and (followed := workers.most(self.requested)) is not None
        ):
            return followed
        if stop.seconds is None:
            return None
        last = self.history[-1] if self.history else None
        done = last.calls + last.screened if last else 0
        waiting = sum(len(flight.proposal.digests) for flight in self.flights.values())
        return stop.most(self.batch, elapsed, (done, self.seconds), waiting)

    def _ask(self, stop: Stop, workers: Workers, most: int | None) -> bool:
        """Propose a round, of `most` designs if set, and submit it; return False if empty."""
        number, room = self.requested, stop.calls - self.sent
        rng = block_rng(self.seed, number, "search")
        n = self.batch if most is None else most
        n = min(n, room) if self.screening is None else n
        if self.flights and isinstance(self.strategy, Ahead):
            flying = tuple(self.flights[i].designs for i in sorted(self.flights))
            designs = self.strategy.ask_ahead(n, rng, flying)
        else:
            designs = self.strategy.ask(n, rng)
        proposal = Proposal.of(self.problem, number, designs)
        if not proposal.digests:
            return False
        seen = {d for f in self.flights.values() for d in f.proposal.sent_digests}
        fresh = []
        for own in proposal.digests:
            fresh.append(own not in self.call_of and own not in seen)
            seen.add(own)
        proposal = proposal.noted({FRESH: np.array(fresh, dtype=bool)})
        if most is not None:
            proposal = proposal.noted({MOST: np.array(most)})
            self.paced = True
        designs = proposal.designs(self.problem)
        if self.screening is not None:
            proposal = proposal.noted(self.screening.sift(proposal, designs, room, self.aim))
        size = workers.together(number, len(proposal.sent))
        proposal = proposal.noted({AFTER: np.array(self.parts), SIZE: np.array(size)})
        self.store.propose(number, proposal.arrays)
        self._submit(self._fly(proposal, designs), workers)
        return True

    def _fly(self, proposal: Proposal, designs: xr.Dataset) -> Flight:
        flight = Flight(proposal, designs, set(range(proposal.parts)))
        self.flights[proposal.number] = flight
        self.requested = max(self.requested, proposal.number + 1)
        self.sent += len(proposal.sent)
        return flight

    def _submit(self, flight: Flight, workers: Workers) -> None:
        for part in sorted(flight.left):
            rows = flight.proposal.part(part)
            ticket = (flight.proposal.number, part)
            workers.submit(ticket, _rows(flight.designs, rows))

    def _measured(self, workers: Workers) -> None:
        """Wait for a part and store it."""
        found = workers.done(PATIENCE_S)
        if found is None:
            return
        (number, part), measured = found
        flight = self.flights[number]
        rows = flight.proposal.part(part).tolist()
        digests = [flight.proposal.digests[row] for row in rows]
        self.store.measure(number, part, self.calls, measured, digests)
        self.call_of |= {d: self.calls + i for i, d in enumerate(digests)}
        self.measured += list(measured)
        self.places += [(number, row) for row in rows]
        self.parts += 1
        flight.left.discard(part)

    def _whole(self) -> list[int]:
        """Rounds with all designs measured, including those that another round measured."""
        return [
            number
            for number, flight in sorted(self.flights.items())
            if not flight.left and flight.proposal.awaited <= self.call_of.keys()
        ]

    def _end(self, number: int, seconds: float) -> None:
        """Learn from a round, and store its end."""
        flight = self.flights.pop(number)
        curve = self._learn(flight.proposal, flight.designs, reported=False)
        repeated = self.history[-1].repeated if self.history else 0
        repeated += int((~flight.proposal.fresh).sum())
        row = curve.after(number, repeated, seconds)
        if self.screening is not None:
            audit, cheap = self.screening.audit, self.screening.cheap_calls
            row = row.with_screen(
                len(self.unmeasured), audit, cheap, self.screening.plan.cost_ratio
            )
        if isinstance(self.strategy, Telling):
            row = replace(row, own=self.strategy.progress())
        self.store.close_round(len(self.history), asdict(row))
        self.history.append(row)
        if self.learning_s > STORE_S:
            self.stored.save(self.strategy, len(self.history))
            self.learning_s = 0.0

    def _learn(self, proposal: Proposal, designs: xr.Dataset, *, reported: bool) -> SearchProgress:
        """Add the verdicts of a round; the strategy learns too, unless it has (`reported`)."""
        if self.curve is None or not self.curve.scaled:
            failed = 0 if self.curve is None else self.curve.calls
            first = self._verdicts_of(proposal, None)
            first = first.isel({DESIGN: first["verdict"].to_numpy() != Verdict.SCREENED})
            self.curve = SearchProgress.of(Aim.of(*self._requested, first), first, failed=failed)
        weighed = self._verdicts_of(proposal, self.curve.aim)
        self.curve.add(_rows(weighed, proposal.sent))
        out = weighed["verdict"].to_numpy() == Verdict.SCREENED
        for digest, kept_out in zip(proposal.digests, out.tolist(), strict=True):
            (self.unmeasured.add if kept_out else self.unmeasured.discard)(digest)
        if self.screening is not None:
            self.screening.learn(proposal, designs, weighed)
            weighed = self.screening.alongside(proposal, designs, weighed)
        if not reported:
            began = time.perf_counter()
            self.strategy.tell(designs, weighed)
            self.learning_s += time.perf_counter() - began
        return self.curve

    def _verdicts_of(self, proposal: Proposal, aim: Aim | None) -> xr.Dataset:
        """Verdicts on all designs of a round, weighed by an aim; `SCREENED` if not measured."""
        calls = np.array([self.call_of.get(d, -1) for d in proposal.digests], dtype=np.int64)
        rows = np.full((len(calls), len(self.problem.quantities)), np.nan)
        for row in np.flatnonzero(calls >= 0).tolist():
            rows[row] = self.measured[calls[row]]
        verifier, limits, alongside = self.problem.verifier, self.spec.limits, None
        if aim is not None:
            names = [q.name for q in self.problem.quantities]
            alongside = partial(aim.weights, loss=aim.losses_of(rows, names))
        verdicts = judged(rows, verifier, limits, index=calls, alongside=alongside)
        verdicts["verdict"].to_numpy()[calls < 0] = Verdict.SCREENED
        return verdicts

    def _recover(self) -> None:
        """Restore strategy and progress to the end of the last finished round."""
        ended = [Round.of(body) for body in self.store.rounds()]
        until = self.stored.load(self.strategy, len(ended))
        proposals: dict[int, Proposal] = {}
        for place, row in enumerate(ended):
            proposal = self._stored(row.round)
            proposals[row.round] = proposal
            self._learn(proposal, proposal.designs(self.problem), reported=place < until)
            self.sent += len(proposal.sent)
            self.requested = max(self.requested, row.round + 1)
            self.history.append(row)
        for number in self.store.begun():
            if number not in proposals:
                proposals[number] = self._stored(number)
                self._fly(proposals[number], proposals[number].designs(self.problem))
        for number, part in self.store.parts():
            self.places += [(number, row) for row in proposals[number].part(part).tolist()]
            self.parts += 1
            if number in self.flights:
                self.flights[number].left.discard(part)

    def _stored(self, number: int) -> Proposal:
        arrays: Mapping[str, np.ndarray] = self.store.proposed(number) or {}
        proposal = Proposal(number, arrays, self.problem.batch_size)
        self.paced = self.paced or proposal.most is not None
        return proposal

    @property
    def _requested(self) -> tuple[tuple[Limit, ...], tuple[Objective, ...]]:
        return self.spec.limits, self.spec.objectives


def _rows(designs: xr.Dataset, rows: np.ndarray) -> xr.Dataset:
    """Select rows in order; all of them are returned uncopied, which is the usual case."""
    return designs if len(rows) == designs.sizes[DESIGN] else designs.isel({DESIGN: rows})
