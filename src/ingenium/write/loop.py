"""The loop of a session: propose, show, choose or edit, record; it knows nothing of any field.

What proposes and what verifies are functions that the verb passes in. A text that was refused is
never shown again in the session.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.trust.session import PROGRAM, SessionRecord
from ingenium.write.document import Author, Document
from ingenium.write.script import WritingStep

SHOWN = 16


@dataclass(frozen=True)
class ShownText:
    """A text that was proposed and accepted, its measurements, and where it comes from."""

    text: str
    measured: Mapping[str, float]
    author: str  # problem and family
    origin: Mapping[str, Any]


@dataclass(frozen=True)
class ProposedTexts:
    """Texts of one step of proposing, best first, and how many were accepted of how many."""

    shown: tuple[ShownText, ...]
    accepted: int
    proposed: int


@dataclass(frozen=True)
class VerifiedText:
    """Verdict of a file, its measurements, and its findings in words."""

    verdict: str
    measured: Mapping[str, float]
    findings: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)  # tables


@runtime_checkable
class SessionTools(Protocol):
    """Functions of a session that know problems."""

    def propose(self, step: WritingStep, text: str) -> ProposedTexts:
        """Propose texts that go on from the text so far."""
        ...

    def verify(self, step: WritingStep, text: str) -> VerifiedText:
        """Verify the text so far."""
        ...


@dataclass
class WritingSession:
    """A document, its record, and what is shown at the moment."""

    document: Document
    writer: Author
    tools: SessionTools
    record: SessionRecord = field(default_factory=SessionRecord)
    shown: tuple[ShownText, ...] = ()
    proposals: list[tuple[WritingStep, ProposedTexts]] = field(default_factory=list)
    verified: list[tuple[WritingStep, VerifiedText]] = field(default_factory=list)
    tell: Callable[[str], None] = print

    def run(self, steps: Iterable[WritingStep]) -> None:
        """Take all steps in order."""
        about = {"title": self.document.title, "content": content_digest(self.document.text)}
        self.record.append("open", self.writer.name, about)
        for step in steps:
            getattr(self, f"_{step.do}")(step)

    def _propose(self, step: WritingStep) -> None:
        found = self.tools.propose(step, self.document.text)
        refused = self.record.refused()
        self.shown = tuple(s for s in found.shown if content_digest(s.text) not in refused)[:SHOWN]
        self.proposals.append((step, found))
        body = {**step.entries, "accepted": found.accepted, "proposed": found.proposed}
        self.record.append("propose", PROGRAM, body)
        listed = [content_digest(s.text) for s in self.shown]
        self.record.append("show", PROGRAM, {"contents": listed})
        for i, one in enumerate(self.shown, 1):
            self.tell(f"[{i}] {' '.join(one.text.split())[:160]}")

    def _picked(self, step: WritingStep) -> ShownText:
        pick = int(step.entries["pick"])
        if not 1 <= pick <= len(self.shown):
            raise InputError(
                f"pick from 1 to {len(self.shown)}, of the texts that are shown" if self.shown
                else "a step `propose` before this one", pick,
            )  # fmt: skip
        return self.shown[pick - 1]

    def _choose(self, step: WritingStep) -> None:
        one = self._picked(step)
        gap = "\n" * max(0, 2 - (len(self.document.text) - len(self.document.text.rstrip("\n"))))
        after = step.entries.get("after", "")
        if after:
            self.document = self.document.added(f"{gap}{after}\n\n", self.writer, {"by": "typing"})
            gap = ""
        text = f"{gap}{one.text.rstrip()}\n"
        self.document = self.document.added(text, Author(one.author, "program"), one.origin)
        body = {"pick": step.entries["pick"], "content": content_digest(one.text), **one.origin}
        self.record.append("choose", self.writer.name, body)

    def _refuse(self, step: WritingStep) -> None:
        one = self._picked(step)
        why = step.entries.get("why", "")
        body = {"pick": step.entries["pick"], "content": content_digest(one.text), "why": why}
        self.record.append("refuse", self.writer.name, body)
        self.shown = tuple(s for s in self.shown if s is not one)

    def _edit(self, step: WritingStep) -> None:
        find, text = step.entries["find"], self.document.text
        if text.count(find) != 1 or not find:
            raise InputError(
                "words to replace that occur once", f"{find[:60]!r}, {text.count(find)} times"
            )
        self.document = self.document.edited(
            text.replace(find, step.entries["replace"]), self.writer
        )
        changed = {"find": find, "replace": step.entries["replace"]}
        self.record.append("edit", self.writer.name, changed)

    def _verify(self, step: WritingStep) -> None:
        found = self.tools.verify(step, self.document.text)
        self.verified.append((step, found))
        body = {**step.entries, "verdict": found.verdict, "measured": dict(found.measured)}
        self.record.append("verify", PROGRAM, body)
        self.tell(f"{step.entries['spec']}: {found.verdict}")
        for heading, rows in found.findings.items():
            self.tell(f"{heading}: {len(rows) - 1}")
            for row in rows[1:6]:
                self.tell("  " + " | ".join(row))
