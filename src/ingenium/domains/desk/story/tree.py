"""Trees of passages as Twee 3, which Twine and Tweego read.

Source: Twee 3 specification, Interactive Fiction Technology Foundation, 2020.
"""

import re
import uuid
from dataclasses import dataclass

from ingenium.core.errors import InputError

HEAD = re.compile(r"(?m)^:: (?P<name>[^\[\]{}\n]+?)[ ]*\n")
LINK = re.compile(r"\[\[(?P<said>[^\]|>\n]+)->(?P<to>[^\]|>\n]+)\]\]")
MOST_PATHS = 256
SPECIAL = ("StoryTitle", "StoryData")
START = "Start"


@dataclass(frozen=True)
class StoryTree:
    """Passages by name, without their links, and the links of each."""

    passages: dict[str, str]
    links: dict[str, tuple[str, ...]]

    @property
    def broken(self) -> int:
        """Number of links to no passage, of passages that nothing leads to, and of loops."""
        targets = {to for listed in self.links.values() for to in listed}
        lost = len(targets - set(self.passages))
        reached, waiting = set[str](), [START]
        loops = 0
        while waiting:
            name = waiting.pop()
            loops += name in reached
            if name in reached:
                continue
            reached.add(name)
            waiting += [to for to in self.links.get(name, ()) if to in self.passages]
        return lost + loops + len(set(self.passages) - reached)

    def paths(self) -> list[tuple[str, ...]]:
        """Return all ways from the start to an end, at most 256."""
        found: list[tuple[str, ...]] = []
        waiting: list[tuple[str, ...]] = [(START,)]
        while waiting and len(found) < MOST_PATHS:
            path = waiting.pop()
            after = [
                t for t in self.links.get(path[-1], ()) if t in self.passages and t not in path
            ]
            waiting += [(*path, t) for t in after[::-1]]
            if not after:
                found.append(path)
        return found

    def text(self, path: tuple[str, ...]) -> str:
        """Return the text along a way."""
        return "\n\n".join(self.passages[name].strip() for name in path) + "\n"


def read_tree(text: str) -> StoryTree | None:
    """Read a tree; None for a text that is none.

    Raises:
        InputError: for a passage twice.
    """
    heads = list(HEAD.finditer(text))
    names = [m["name"] for m in heads]
    if START not in names or text[: heads[0].start()].strip():
        return None
    if len(set(names)) < len(names):
        raise InputError("each passage once", "a passage twice")
    ends = [m.start() for m in heads[1:]] + [len(text)]
    bodies = {m["name"]: text[m.end() : e] for m, e in zip(heads, ends, strict=True)}
    own = {n: b for n, b in bodies.items() if n not in SPECIAL}
    links = {n: tuple(m["to"].strip() for m in LINK.finditer(b)) for n, b in own.items()}
    return StoryTree({n: LINK.sub("", b) for n, b in own.items()}, links)


def write_tree(title: str, passages: dict[str, tuple[str, tuple[tuple[str, str], ...]]]) -> str:
    """Return a tree as Twee: for each passage its text, and its links as words and target."""
    ifid = str(uuid.uuid5(uuid.NAMESPACE_OID, title)).upper()  # that of the story, not of a version
    parts = [f":: StoryTitle\n{title}\n", f':: StoryData\n{{"ifid": "{ifid}"}}\n']
    for name, (text, links) in passages.items():
        listed = "".join(f"[[{said}->{to}]]\n" for said, to in links)
        parts.append(f":: {name}\n{text.strip()}\n" + (f"\n{listed}" if listed else ""))
    return "\n".join(parts)
