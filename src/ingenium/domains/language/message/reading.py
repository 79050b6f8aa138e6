"""Messages as documents: read again, and each line compared with the thread or the brief."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ingenium.core.errors import InputError
from ingenium.domains.language.message.thread import ThreadMessage, facts
from ingenium.domains.language.message.tone import canonical
from ingenium.words.guard import differing
from ingenium.words.label import Label, bylines, read_label

Task = Literal["summary", "draft", "tone"]
ATTRIBUTED = re.compile(r"(?P<writer>[^:,]{1,80}), (?P<date>[^:,]{1,40}): (?P<text>\S.*)")
GREETINGS = ("Hello,", "Hi,", "Dear all,")
CLOSINGS = ("Best regards", "Thanks", "Kind regards")


@dataclass(frozen=True)
class MessageReading:
    """Findings of a reader in a message."""

    unsupported: tuple[str, ...]  # lines that neither thread nor brief states
    lost: tuple[str, ...]  # facts, points or sentences that are absent
    label: str  # fault of the label; empty if it is as it must be
    bylines: tuple[str, ...]
    body: str
    own: str  # without greeting, closing and name


@dataclass(frozen=True, eq=False)
class MessageReader:
    """Reader of messages for one task over one thread."""

    thread: Sequence[ThreadMessage]
    points: Sequence[str]  # sentences that a draft or another tone must have
    writer: str
    task: Task
    label: Label

    @cached_property
    def frame(self) -> frozenset[str]:
        """Greetings and closings: the writer's own, or plain ones; and the writer's name."""
        own = [m for m in self.thread if m.writer == self.writer]
        said = {x for m in own for x in (m.greeting, m.closing) if x}
        return frozenset({*said, *GREETINGS, *CLOSINGS, self.writer})

    @cached_property
    def facts(self) -> frozenset[str]:
        """All facts of the thread."""
        return frozenset(f for m in self.thread for p in m.sentences for f in facts(p.text))

    def read(self, text: str) -> MessageReading | None:
        """Return what of a message is unsupported or lost; None for a text that is no message."""
        lines = text.rstrip("\n").split("\n")
        if not lines[0].startswith("# "):
            return None
        subject = lines[0][2:]
        body = [x for x in lines[1:] if x and not x.startswith("> ")]
        subjects = {m.subject for m in self.thread}
        odd = [] if subject in subjects else [subject]
        if self.task == "summary":
            odd += [x for x in body if not self._attributed(x)]
            found = {f for x in body if (m := ATTRIBUTED.fullmatch(x)) for f in facts(m["text"])}
            lost = sorted(self.facts - found)
        else:
            wanted = [canonical(p) for p in self.points]
            there = [canonical(x) for x in body if x not in self.frame]
            odd += [x for x in body if x not in self.frame and canonical(x) not in wanted]
            lost = [p for p, w in zip(self.points, wanted, strict=True) if there.count(w) != 1]
        named = bylines([x for x in body if x not in self.frame and not ATTRIBUTED.fullmatch(x)])
        return MessageReading(
            tuple(odd),
            tuple(lost),
            self._label(lines),
            tuple(named),
            "\n".join(body),
            " ".join(x for x in body if x not in self.frame),
        )

    def _attributed(self, line: str) -> bool:
        """True if a message of that writer and date states the sentence."""
        match = ATTRIBUTED.fullmatch(line)
        return match is not None and any(
            not differing(match["text"], " ".join(p.text.split()))
            for m in self.thread
            if (m.writer, m.date) == (match["writer"], match["date"])
            for p in m.sentences
        )

    def _label(self, lines: Sequence[str]) -> str:
        try:
            found = read_label(lines)
        except InputError as error:
            return str(error)
        return "" if found == self.label else "it is the label of something else"
