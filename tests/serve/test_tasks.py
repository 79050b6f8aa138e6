"""Twenty tasks that a program does with the tools, from looking around to replaying."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client

from ingenium.serve.server import server
from plugged import outside, plugged

pytestmark = pytest.mark.slow

NORMAL = "[[limits]]\nquantity = 'mean_reflectance'\nat_most = 0.3\n"
NEVER = "[[limits]]\nquantity = 'stack_m'\nat_most = 1e-9\nunit = 'm'\n"
COATING = "thin_films.coating"
Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    site = outside(tmp_path / "site")
    path = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("INGENIUM_LEDGER", str(tmp_path / "ledger.db"))
    with plugged(site):  # the server checks names; its processes find them by the path
        yield tmp_path / "out"


def test_twenty_tasks(place: Path) -> None:
    asyncio.run(_all(place))


async def _all(place: Path) -> None:
    async with Client(server((place,))) as client:

        async def call(tool: str, **given: Any) -> dict[str, Any]:
            found = await client.call_tool(tool, given)
            assert not found.is_error, found
            assert found.structured_content is not None
            return dict(found.structured_content)

        offered = {t.name: t for t in (await client.list_tools()).tools}
        assert offered["propose"].annotations.read_only_hint is False  # 1: what may be done
        assert offered["read"].annotations.read_only_hint is True
        await _look(call)
        await _propose(call, place)
        await _refused(call, place)


async def _ended(call: Call, job: dict[str, Any]) -> dict[str, Any]:
    while job["process"] == "running":
        job = job | await call("poll", job=job["job"], wait_s=20)
    return job


async def _look(call: Call) -> None:
    found = await call("list_problems")
    assert COATING in str(found)  # 2: a third party's problem is listed
    assert found["limits_met"] is None
    shown = await call("show_problem", problem=COATING)
    assert "mean_reflectance" in str(shown)  # 3: its words
    shown = await call("show_problem", problem=COATING, spec=NORMAL)
    assert "0.3" in str(shown)  # 4: how a spec is understood
    assert shown["limits_met"] is None
    shown = await call("show_problem", problem=COATING, spec=NORMAL.replace("mean", "mine"))
    assert (shown["process"], shown["limits_met"]) == ("refused", None)  # 5: and how it isn't
    assert "mean_reflectance" in shown["answer"]["error"]["message"]


async def _propose(call: Call, place: Path) -> None:
    requested = {"problem": COATING, "out": "calm", "spec": NORMAL, "number": 8, "seed": 3}
    first = await call("propose", **requested)  # 6: submitted
    again = await call("propose", **requested)
    assert again["job"] == first["job"]  # 7: once
    done = await _ended(call, first)
    assert (done["process"], done["limits_met"]) == ("done", True)  # 8: polled to its end
    once_more = await call("propose", **requested)
    assert once_more["process"] == "done"  # 9: also later
    entries = {e["name"] for e in (await call("read", path="calm"))["entries"]}
    assert {"evidence.jsonl", "designs", "report.html"} <= entries  # 10
    reported = await call("read", path="calm/run.json")
    assert reported["preview"].startswith("{")  # 11
    designs = (await call("read", path="calm/designs"))["entries"]
    file = f"calm/designs/{designs[0]['name']}"
    judged = await call("verify", problem=COATING, files=[file], spec=NORMAL)
    assert judged["limits_met"] is True  # 12
    strict = await call("verify", problem=COATING, files=[file], spec=NEVER)
    assert (strict["process"], strict["limits_met"]) == ("done", False)  # 13: judged, and not met
    retained = (await call("explain", folder="calm"))["accepted"]
    assert retained > 0  # 14
    number = int(next(iter(_numbers(place / "calm"))))
    replayed = await call("replay", folder="calm", design=number)
    assert (replayed["limits_met"], replayed["evidence_reproduced"]) == (None, True)  # 15
    unmet = await _ended(call, await call("propose", **(requested | {"out": "no", "spec": NEVER})))
    assert (unmet["process"], unmet["limits_met"]) == ("done", False)  # 16
    replayed = await call("replay", folder="no", design=0)  # a rejected one, as it was recorded
    assert (replayed["limits_met"], replayed["evidence_reproduced"]) == (None, True)
    why = await call("explain", folder="no")
    assert why["accepted"] == 0
    assert why["limits_most_broken_first"][0]["quantity"] == "stack_m"  # 17
    found = await _ended(call, await call("search", problem=COATING, out="best", budget=64))
    assert found["process"] == "done"  # 18


def _numbers(folder: Path) -> list[int]:
    import json

    lines = (folder / "evidence.jsonl").read_text().splitlines()
    return [d["design"] for d in map(json.loads, lines) if d.get("file")]


async def _refused(call: Call, place: Path) -> None:
    found = await call("propose", problem=COATING, out="/etc/ingenium")
    assert found["process"] == "refused"  # 19: outside
    assert str(place) in found["error"]["expected"]
    slow = await call("search", problem=COATING, out="long", budget=1_000_000)
    stopped = await _ended(call, await call("stop", job=slow["job"]))
    assert stopped["process"] == "stopped"  # 20: and nothing half-written
    assert stopped["limits_met"] is None
