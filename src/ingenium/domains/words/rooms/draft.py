"""Command `ingenium draft rooms BRIEF RULES`: rooms, adjacency and broken rules as a file."""

import json
from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.domains.words.rooms.amounts import amounts
from ingenium.domains.words.rooms.brief import BuildingBrief
from ingenium.domains.words.rooms.zoning import broken

MOST = 1 << 20  # bytes of a brief
HEAD = "# Drafted from {brief}: rooms, which lie together or apart, and rules that are broken.\n"


def rooms(*files: str) -> tuple[str, tuple[str, ...]]:
    """Return a TOML file, and warnings: each broken rule, with the words that break it.

    Raises:
        InputError: if there are no two files, or the brief names no rooms.
    """
    if not 1 <= len(files) <= 2:
        raise InputError("a brief, and the rules of the place", f"{len(files)} files")
    texts = [
        " ".join(text_of(Path(f), "a brief as text", most=MOST, prose=True).split()) for f in files
    ]
    brief = BuildingBrief.of(texts[0])
    if not brief.rooms:
        raise InputError("a brief that names rooms", files[0], "Write: a house with a kitchen, ...")
    lines = [HEAD.format(brief=Path(files[0]).name)]
    lines += [_room(brief, name) for name in brief.rooms]
    for relation in brief.relations:
        kind = "together" if relation.together else "apart"
        words = brief.text[relation.start : relation.end]
        ends = json.dumps([relation.one, relation.other])
        lines.append(f"[[{kind}]]\nrooms = {ends}\nwords = {json.dumps(words)}\n")
    found = broken(texts[0], texts[1]) if len(texts) > 1 else []
    for one in found:
        reported = f"rule = {json.dumps(one.rule)}\nwords = {json.dumps(one.words)}\n"
        lines.append(f"[[broken]]\nnumber = {one.number}\n{reported}")
    notes = tuple(f'Rule {b.number}, "{b.rule}", is broken by "{b.words}".' for b in found)
    return "\n".join(lines), notes


def _room(brief: BuildingBrief, name: str) -> str:
    """Return the entry of a room, with its number and area if they are stated."""
    count, area = amounts(brief.text, name)
    entry = f"[[room]]\nname = {json.dumps(name)}\n"
    entry += "" if count is None else f"count = {count}\n"
    return entry + ("" if area is None else f"area_m2 = {area:g}\n")
