"""Tools, jobs, files, health and metrics over HTTP, with faked processes."""

import asyncio
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from starlette.testclient import TestClient

from ingenium.serve.checking import check_request
from ingenium.serve.http import events
from ingenium.serve.jobs import Jobs
from ingenium.serve.server import offered
from serve.serving import TOY, FakeStart, client, service

EXAMPLES = Path(__file__).parents[2] / "examples"
RUN: dict[str, Any] = {"problem": TOY, "out": "run", "number": 8}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[TestClient, FakeStart, Jobs]]:
    made, fake = service(tmp_path / "out", most_running=1, most_queued=1)
    with client(made) as http:
        yield http, fake, made.jobs


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, FakeStart]]:
    made, fake = service(tmp_path_factory.mktemp("served"))
    with client(made) as http:
        yield http, fake


Served = tuple[TestClient, FakeStart, Jobs]


def test_http_and_mcp_offer_the_same_tools_with_the_same_arguments(
    served: Served, tmp_path: Path
) -> None:
    schema = served[0].get("/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    routes = {
        path.removeprefix("/tools/"): schema["components"]["schemas"][f"{path[7:]}_arguments"]
        for path in schema["paths"]
        if path.startswith("/tools/")
    }

    async def listed() -> dict[str, Any]:
        async with Client(offered(service(tmp_path)[0].tools)) as mcp:
            return {t.name: t.input_schema for t in (await mcp.list_tools()).tools}

    tools = asyncio.run(listed())
    assert set(routes) == set(tools)
    assert {"propose", "search", "verify", "replay", "ask", "infer", "monitor_run"} <= set(tools)
    for name, own in tools.items():
        assert set(own["properties"]) == set(routes[name].get("properties", {}))
        assert own.get("required", []) == routes[name].get("required", [])
    assert "description" in routes["propose"]["properties"]["seed"]


def test_a_run_is_submitted_waits_and_ends(served: Served) -> None:
    http, fake, _ = served
    first = http.post("/tools/propose", json=RUN)
    assert (first.status_code, first.json()["process"]) == (202, "running")
    again = http.post("/tools/propose", json=RUN)
    assert again.json()["job"] == first.json()["job"]
    second = http.post("/tools/propose", json=RUN | {"out": "two"})
    assert second.json()["process"] == "queued"
    shed = http.post("/tools/propose", json=RUN | {"out": "three"})
    assert shed.status_code == 429
    assert int(shed.headers["retry-after"]) > 0
    job = first.json()["job"]
    assert http.get(f"/jobs/{job}").json()["progress"] == "propose 1/8"
    text = http.get("/metrics").text
    assert "ingenium_jobs_running 1" in text
    assert "ingenium_jobs_queued 1" in text
    assert "ingenium_jobs_shed_total 1" in text
    fake.processes[0].end(0)
    done = http.post("/tools/poll", json={"job": job})
    assert (done.status_code, done.json()["limits_met"]) == (200, True)
    assert http.delete(f"/jobs/{second.json()['job']}").json()["process"] == "stopped"
    assert set(http.get("/jobs").json()["jobs"]) == {job, second.json()["job"]}
    assert fake.started[0][:2] == ["propose", TOY]
    assert http.post("/tools/propose", json=RUN | {"out": "four"}).status_code == 202  # recovered


def test_events_are_the_states_of_a_job(served: Served) -> None:
    states = [{"process": "queued"}, {"process": "queued"}, {"process": "running"}]
    states += [{"process": "done", "title": "a\nevent: b"}]

    async def sent() -> list[str]:
        return [part async for part in events(lambda: states.pop(0), 0.0)]

    parts = asyncio.run(sent())
    assert [p.split("\n")[0] for p in parts] == ["event: state", "event: state", "event: end"]
    assert all(p.count("\n") == 3 for p in parts)  # a text of the job adds no line
    http, fake, _ = served
    job = http.post("/tools/propose", json=RUN).json()["job"]
    fake.processes[0].end(1)
    found = http.get(f"/jobs/{job}/events")
    assert found.headers["content-type"].startswith("text/event-stream")
    last = json.loads(found.text.split("event: end\ndata: ")[1])
    assert (last["process"], last["limits_met"]) == ("done", False)


def test_files_are_fetched_from_allowed_folders_alone(served: Served, tmp_path: Path) -> None:
    http = served[0]
    (tmp_path / "out/design.csv").write_text("<script>1</script>")
    (tmp_path / "secret").write_text("s")
    (tmp_path / "out/link").symlink_to(tmp_path / "secret")
    found = http.get("/files/design.csv")
    assert found.text == "<script>1</script>"
    assert found.headers["content-type"] == "application/octet-stream"
    assert "attachment" in found.headers["content-disposition"]
    for name in ("..%2fsecret", "%2e%2e/secret", f"/{tmp_path}/secret", "link", "/etc/passwd"):
        assert http.get(f"/files/{name}").status_code in (403, 404), name
    assert http.get("/files/absent").json()["process"] == "refused"
    assert http.get("/jobs/absent").status_code == 404


@pytest.mark.parametrize(
    ("tool", "given", "text"),
    [
        ("propose", RUN | {"problem": "structures.rof"}, "structures.roof"),
        ("propose", RUN | {"out": "/etc/x"}, "expected a path in"),
        ("propose", RUN | {"out": "jobs/x"}, "a folder of its own"),
        ("propose", RUN | {"out": "."}, "a folder of its own"),
        ("propose", RUN | {"number": -3}, "-3"),
        ("propose", RUN | {"number": "x"}, "number"),
        ("propose", RUN | {"nmber": 3}, "nmber"),
        ("propose", RUN | {"wait_s": "inf"}, "wait_s"),
        ("propose", RUN | {"spec": "a = "}, "TOML"),
        ("propose", RUN | {"spec": "limit = 3"}, "limit"),
        ("propose", RUN | {"spec": "[[limits]]\nquantity = 'mas'\nat_most = 1.0"}, '"mass"'),
        ("search", {"problem": TOY, "out": "s", "spec": "[[objectives]]\nquantity='x'"}, "x"),
        ("verify", {"problem": TOY, "files": ["../secret"]}, "expected a path in"),
        ("explain", {"folder": "."}, "finished run"),
        ("poll", {"job": "../x"}, "Submit it first"),
    ],
)
def test_wrong_input_is_refused_before_any_process_starts(
    once: tuple[TestClient, FakeStart], tool: str, given: dict[str, Any], text: str
) -> None:
    found = once[0].post(f"/tools/{tool}", json=given)
    assert found.status_code == 422
    assert text in found.json()["error"]["message"]
    assert once[1].started == []


def test_text_of_a_person_is_never_an_option(served: Served) -> None:
    http, fake, _ = served
    http.post("/tools/ask", json={"request": "--run", "out": "a", "problem": "--x"})
    words = fake.started[0]
    assert words[words.index("--") :] == ["--", "--run"]
    assert "--problem=--x" in words
    title = 'title = "</script><script>alert(1)</script>"'
    found = http.post("/tools/propose", json=RUN | {"spec": title})
    assert found.status_code == 202
    assert found.headers["content-type"] == "application/json"


def test_jobs_of_a_server_that_ended_are_resumed_by_the_next(tmp_path: Path) -> None:
    made, fake = service(tmp_path)
    with client(made) as http:
        job = http.post("/tools/propose", json=RUN).json()["job"]
        http.post("/tools/list_problems", json={})
    after, again = service(tmp_path)
    assert after.jobs.state(job)["process"] == "lost"
    assert after.jobs.recover() == [job]
    assert after.jobs.state(job, wait_s=0.2)["process"] == "running"
    assert again.started[0] == fake.started[0]
    again.processes[0].end(0)
    assert after.jobs.state(job, wait_s=5.0)["limits_met"] is True
    assert after.jobs.recover() == []


def test_a_job_beyond_its_time_is_stopped(tmp_path: Path) -> None:
    made, _ = service(tmp_path, longest_s=0.05)
    job = made.jobs.submit(["propose", TOY], made=tmp_path / "run")
    assert made.jobs.state(job, wait_s=5.0)["process"] == "stopped"


@pytest.mark.parametrize("field", ["grid", "structures", "molecules"])
def test_specs_that_ship_pass_the_first_check(field: str) -> None:
    checked = 0
    for path in sorted((EXAMPLES / field).glob("*.toml")):
        text = path.read_text()
        problem = tomllib.loads(text).get("problem")
        if problem is not None and "limits" in text:
            check_request(problem, text)
            checked += 1
    assert checked
