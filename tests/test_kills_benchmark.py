"""Designs that a kill loses, doubles or alters are counted as such."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
LINES = [{"design": i, "measured": i / 2, "seal": "a", "replay": f"x --design {i}"} for i in (0, 1)]


@pytest.fixture(scope="module", autouse=True)
def kills() -> Iterator[Any]:
    """Import of the benchmarks, which are no part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield import_module("benchmarks.kills")


def folder(path: Path, lines: list[dict[str, Any]], content: str = "day") -> Path:
    (path / "designs").mkdir(parents=True)
    (path / "designs" / "0.csv").write_text(content)
    (path / "evidence.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("lines", "content", "found"),
    [
        ([x | {"seal": "b", "replay": "elsewhere"} for x in LINES], "day", {}),
        (LINES[:1], "day", {"lost": 1, "altered": 1}),
        ([*LINES, LINES[1]], "day", {"doubled": 1}),
        ([LINES[0], LINES[1] | {"measured": 0.6}], "day", {"altered": 1}),
        (LINES, "night", {"altered": 1}),
    ],
    ids=["same", "lost", "doubled", "value", "file"],
)
def test_differences_are_counted(
    lines: list[dict[str, Any]], content: str, found: dict[str, int], tmp_path: Path, kills: Any
) -> None:
    folder(tmp_path / "whole", LINES)
    one = kills.Kills([], tmp_path)
    one.compare(folder(tmp_path / "killed", lines, content))
    counted = {k: n for k, n in one.counts.items() if n and k not in ("runs", "designs")}
    assert counted == found
