"""Record of a session: what was proposed, shown, chosen, edited and refused, by whom, in order.

Entries are those of the ledger and are chained like them. A record stands alone in a file of JSON
lines, so that a person can take it along; its head belongs into what the session exports.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ingenium.core.digest import canonical, content_digest
from ingenium.core.errors import CorruptError, InputError, choose
from ingenium.trust.records import GENESIS, Entry, check_chain, read_lines, seal, to_line

StepKind = Literal["open", "propose", "show", "choose", "edit", "refuse", "verify", "export"]
KINDS = ("open", "propose", "show", "choose", "edit", "refuse", "verify", "export")
PROGRAM = "ingenium"
MOST = 100_000  # entries


@dataclass
class SessionRecord:
    """Chained entries of one session, in memory until they are written."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self.entries[-1].hash if self.entries else GENESIS

    def append(self, kind: StepKind, actor: str, body: Mapping[str, Any]) -> Entry:
        """Add a step.

        Raises:
            InputError: for a kind that is none, nobody as actor, or a record that is full.
        """
        choose(kind, KINDS, "kind of step")
        if not actor.strip():
            raise InputError("who takes a step of a session", "nobody")
        if len(self.entries) >= MOST:
            raise InputError(f"a session of at most {MOST} steps", "one more")
        last = (self.entries[-1].sequence, self.head) if self.entries else (0, GENESIS)
        entry = seal(last, kind, actor, canonical(dict(body)))
        self.entries.append(entry)
        return entry

    def of_kind(self, kind: StepKind) -> Iterator[Entry]:
        """Yield the steps of a kind."""
        return (e for e in self.entries if e.kind == kind)

    def refused(self) -> frozenset[str]:
        """Return the digests of what was refused, which is not shown again."""
        return frozenset(str(e.table.get("content", "")) for e in self.of_kind("refuse"))

    def verdict_on(self, content: str) -> str:
        """Return what a person decided on a text: `chosen`, `refused`, or nothing."""
        wanted, said = content_digest(content), ""
        for e in self.entries:
            if e.kind in ("choose", "refuse") and e.table.get("content") == wanted:
                said = "chosen" if e.kind == "choose" else "refused"
        return said

    def faults(self, anchor: str = GENESIS) -> list[str]:
        """Return faults of the chain, in sentences; `anchor` is a head stored elsewhere."""
        return [str(f) for f in check_chain(self.entries, anchor)]

    def text(self) -> str:
        """Return the record as JSON lines."""
        return "".join(f"{to_line(e)}\n" for e in self.entries)

    @classmethod
    def read(cls, path: Path, anchor: str = GENESIS) -> "SessionRecord":
        """Read a record and check its chain.

        Raises:
            CorruptError: for a record that was altered, or that lacks the anchor.
        """
        found = cls(list(read_lines(path)))
        faults = found.faults(anchor)
        if faults:
            raise CorruptError(f"{path}", faults[0], "Use the record as the session wrote it.")
        return found
