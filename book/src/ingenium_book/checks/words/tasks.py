"""48 tasks, written by hand before the reader existed, and their meanings."""

import json
from pathlib import Path
from typing import Any

TASKS, FRESH = (Path(__file__).with_name(name) for name in ("texts.txt", "fresh.txt"))
NONE = "none"  # the kind of a text outside all kinds
RequestedTask = tuple[str, str, dict[str, Any]]  # text, kind, data


def written(path: Path = TASKS) -> list[RequestedTask]:
    """All tasks of a file; the kind is `none` where a reader must refuse."""
    found: list[RequestedTask] = []
    text = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("? "):
            text = line[2:].replace("\\n", "\n")
        elif line.startswith("= "):
            kind, _, table = line[2:].partition(" ")
            found.append((text, kind, _data(json.loads(table)) if table else {}))
    return found


def _data(table: dict[str, Any]) -> dict[str, Any]:
    data = {name: _value(value) for name, value in table.items()}
    if data.pop("ways", None) == "both":
        data["cost"] |= {(b, a): x for (a, b), x in data["cost"].items()}
    if "covers" in data:
        data.setdefault("price", dict.fromkeys(data["covers"], 1.0))
    return data


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {tuple(k.split("|")) if "|" in k else k: _number(x) for k, x in value.items()}
    if isinstance(value, list) and isinstance(value[0], list):
        return [tuple(x) for x in value]
    return value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value
