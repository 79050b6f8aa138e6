"""Report sections: a map of continuations, their texts, and contradictions with page and line."""

from textwrap import shorten

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.designs import DESIGN
from ingenium.core.problem import Section
from ingenium.domains.desk.story.continuation import (
    StoryJudge,
    UsualContinuation,
    contradictions,
    rows_of,
)
from ingenium.domains.desk.story.formats import STORY
from ingenium.domains.desk.story.reader import FactReading
from ingenium.domains.desk.story.solvers import by_clingo
from ingenium.domains.desk.story.tree import read_tree
from ingenium.domains.desk.story.world import World

SHOWN, ROWS = 8, 40
HEADS = ("contradiction", "page", "line", "first", "page", "line", "second")


def notes(
    world: World, draft: FactReading, judge: StoryJudge, commands: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what the reader understood of the inputs, in sentences."""
    if not judge.before and not draft.naming:
        return ()
    found = [
        f"The world has {len(world.persons)} persons ({', '.join(world.persons[:8])}), "
        f"{len(world.places)} places, {len(world.things)} things and {len(world.secrets)} secrets."
    ]
    if draft.naming:
        found.append(
            f"Facts were read in {draft.share:.0%} of the {draft.naming} sentences of the draft "
            f"that name a person; {len(draft.unread)} were not understood."
        )
    wrong = by_clingo(judge.before, world.inside)
    if wrong:
        found.append(f"Premise and draft contradict themselves in {len(wrong)} places.")
    found += [
        f"A line of the draft reads like an instruction, and is text here: {c}" for c in commands
    ]
    return tuple(found)


def sections(
    designs: xr.Dataset, verdicts: xr.Dataset, judge: StoryJudge, usual: UsualContinuation
) -> tuple[Section, ...]:
    """Return the sections of a run or of judged files."""
    listed = [str(t) for t in designs[STORY].values]
    reported = []
    if "event_distance" in verdicts and len(listed) > 1:
        text = (
            "Each point is a continuation. Its distance is that of its events from the likeliest "
            "continuation; its tension is a mean over facts."
        )
        reported.append(Section("How far, and how tense", text, figure=_map(verdicts)))
    if usual.text and len(listed) > 1:
        reported.append(_text("The likeliest continuation", usual.text))
    for number, text in zip(designs[DESIGN].values[:SHOWN], listed, strict=False):
        tree = read_tree(text)
        if len(text) < 6000:
            reported.append(_text(f"Text {number}", tree.text(tree.paths()[0]) if tree else text))
    rows: list[tuple[str, ...]] = [HEADS]
    for text in listed[:SHOWN]:
        for path in judge.paths(text)[:SHOWN]:
            rows += contradictions(judge, path)
    own = by_clingo(judge.before, judge.world.inside)
    if own:
        rows += rows_of(own, judge.before, judge.draft_text)
    if len(rows) > 1:
        unique = list(dict.fromkeys(rows))
        reported.append(
            Section("Contradictions", "Pages have 250 words.", table=tuple(unique[:ROWS]))
        )
    reported.append(_unread(judge, listed))
    return tuple(reported)


def _text(heading: str, text: str) -> Section:
    paragraphs = [" ".join(p.split()) for p in text.split("\n\n") if p.strip()]
    return Section(heading, table=(("text",), *((p,) for p in paragraphs[:ROWS])))


def _unread(judge: StoryJudge, listed: list[str]) -> Section:
    readings = [judge.draft, *(judge.reader.read(t) for t in listed[:SHOWN])]
    unread = [shorten(p.text, 140, placeholder=" …") for r in readings for p in r.unread]
    naming = sum(r.naming for r in readings)
    text = (
        f"Of {naming} sentences that name a person, no fact was read in {len(unread)}. Nothing is "
        "known about them: a contradiction in them is not found."
    )
    table = (("sentence",), *((u,) for u in unread[:ROWS])) if unread else ()
    return Section("What was not understood", text, table=table)


def _map(verdicts: xr.Dataset) -> Figure:
    figure = Figure(figsize=(6.4, 3.6))
    axes = figure.add_subplot()
    accepted = verdicts["verdict"].values == "accepted"
    for own, colour, label in (
        (accepted, "#2f7fc1", "accepted"),
        (~accepted, "#d1495b", "rejected"),
    ):
        if own.any():
            x, y = (verdicts[q].to_numpy()[own] for q in ("event_distance", "tension"))
            shift = np.linspace(-0.004, 0.004, len(x))
            axes.scatter(x + shift, y, s=22, color=colour, alpha=0.75, label=label)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel("distance of events from the likeliest continuation")
    axes.set_ylabel("mean tension of facts")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    figure.tight_layout()
    return figure
