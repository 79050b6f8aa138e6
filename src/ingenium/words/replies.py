"""The reply to a request: a verb, a problem, a spec or a draft of it, and numbered questions."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingenium.words.contract import Contract
from ingenium.words.reading import OpenQuestion, RequestReading
from ingenium.words.specs import Worded
from ingenium.words.verbs import EDGE, INFER, MODEL, MONITOR, OPERATE, SEARCH, VerbReading

DEVICE = "examples/edge/cortex_m7.toml"
BUDGET = 1000  # of a search, where the request names none


@dataclass(frozen=True)
class ProblemCandidate:
    """A problem that a request may mean, in a line."""

    problem: str
    summary: str


@dataclass(frozen=True)
class Reply:
    """Reading of a request; complete only if nothing is open and every word counted."""

    reading: RequestReading
    verb: VerbReading = field(default_factory=VerbReading)
    contract: Contract | None = None
    made: Worded | None = None
    candidates: tuple[ProblemCandidate, ...] = ()
    outside: bool = False  # no problem that is installed is meant

    @property
    def complete(self) -> bool:
        """True if the command can run as it stands."""
        if self.reading.questions or self.outside:
            return False
        return self.verb.alone or self.made is not None

    @property
    def written(self) -> bool:
        """True if a spec or a draft of one follows."""
        return not self.outside and self.contract is not None

    @property
    def questions(self) -> tuple[OpenQuestion, ...]:
        """Open questions, those on the problem first."""
        door = [q for q in self.reading.questions if q.about in ("problem", "verb", "language")]
        rest = [q for q in self.reading.questions if q not in door]
        return (*door, *sorted(rest, key=lambda q: q.kind == "unread"))

    @property
    def files(self) -> tuple[str, ...]:
        """Files that the request names for the command, without those that are in the spec."""
        held = self.made.spec.given.values() if self.made is not None else ()
        inside = {v.get("file") for v in held if isinstance(v, dict)}
        return tuple(f.name for f in self.verb.files if f.name not in inside)

    @property
    def options(self) -> Mapping[str, float]:
        """Numbers of the command, such as a budget."""
        return self.verb.options

    def command(self, spec: Path, monitor: Path | None = None) -> str:
        """The command that goes on, with the place of its spec."""
        files = [shlex.quote(f) for f in self.files]
        verb, problem = self.verb.verb, self.reading.problem
        if verb == MONITOR and self.verb.live and len(files) > 1:
            return f"ingenium monitor run {files[-1]} {files[0]}"
        if verb == MONITOR:
            own = f" --spec {monitor}" if monitor is not None else ""
            return (
                f"ingenium monitor fit {files[0] if files else 'STREAMS.csv'}{own} --out out/alarm"
            )
        if verb == MODEL:
            words = shlex.quote(" ".join(self.reading.text.split()))
            data = files[0] if files else "TABLE.csv"
            return f"ingenium model {words} --data {data} --out out/model"
        if verb == EDGE:
            return f"ingenium edge fit {problem} --device {DEVICE} --out out/small"
        head = f"ingenium {verb} {problem} --spec {spec}"
        if verb == INFER:
            return f"{head} --given {files[0]}" if files else head
        if verb == OPERATE:
            hours = self.options.get("hours")
            return f"{head} --hours {hours:g}" if hours else head
        if verb == SEARCH:
            return f"{head} --budget {self.options.get('budget', BUDGET):g}"
        count = self.made.count if self.made else None
        return f"{head} -n {count}" if count else head
