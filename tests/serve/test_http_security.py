"""Keys, roles, quotas, foreign sites, and clients that send too much or too slowly."""

import logging
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.errors import InputError, MissingExtra
from ingenium.serve import guarding
from ingenium.serve.access import ApiCaller, DeniedError, Gate, new_key, read_keys
from ingenium.serve.listening import Address, Serving, serve
from serve.serving import TOY, client, service

RUN: dict[str, Any] = {"problem": TOY, "out": "run", "number": 8}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_keys_are_stored_as_digests_and_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "keys.toml"
    key = new_key(path, ApiCaller("anna"))
    seen = new_key(path, ApiCaller("ben", "viewer"))
    assert key not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="anna, which has a key"):
        new_key(path, ApiCaller("anna"))
    made, _ = service(tmp_path / "out", Gate(read_keys(path)))
    with client(made) as http:
        for headers in ({}, bearer("x" * 5000), bearer("é"), {"X-API-Key": "x"}):
            found = http.get("/jobs", headers={k: v.encode() for k, v in headers.items()})
            assert found.status_code == 401
            assert found.headers["www-authenticate"] == "Bearer"
        assert http.get("/health").status_code == 200
        for route in ("/openapi.json", "/metrics", "/files/x", "/mcp"):
            assert http.get(route).status_code == 401
        assert http.post("/tools/propose", json=RUN, headers=bearer(key)).status_code == 202
        assert http.get("/jobs", headers={"X-API-Key": key}).status_code == 200
        looked = http.post("/tools/list_problems", json={}, headers=bearer(seen))
        assert looked.status_code == 200
        refused = http.post("/tools/propose", json=RUN | {"out": "b"}, headers=bearer(seen))
        assert refused.status_code == 403
        job = http.get("/jobs", headers=bearer(seen)).json()["jobs"][-1]
        assert http.delete(f"/jobs/{job}", headers=bearer(seen)).status_code == 403
        called = http.post(
            "/mcp", json=_call("propose", RUN | {"out": "c"}), headers=bearer(seen) | ACCEPT
        )
        assert "expected the role engineer" in called.text
        assert (
            "running"
            in http.post(
                "/mcp", json=_call("propose", RUN | {"out": "c"}), headers=bearer(key) | ACCEPT
            ).text
        )
    logged = caplog.text + "".join(p.read_text() for p in tmp_path.rglob("*.json"))
    assert "anna" in logged
    assert key not in logged
    assert seen not in logged


ACCEPT = {"Accept": "application/json, text/event-stream"}


def _call(tool: str, given: dict[str, Any]) -> dict[str, Any]:
    named = {"name": tool, "arguments": given}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": named}


def test_quotas_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    key = new_key(path, ApiCaller("anna", requests_a_minute=5, jobs=1))
    made, _ = service(tmp_path / "out", Gate(read_keys(path)))
    with client(made) as http:
        codes = [
            http.post("/tools/propose", json=RUN | {"out": f"r{i}"}, headers=bearer(key))
            for i in range(7)
        ]
    assert [c.status_code for c in codes] == [202, 429, 429, 429, 429, 429, 429]
    assert "1 jobs" in codes[1].text
    assert "5 requests a minute" in codes[6].text
    assert int(codes[6].headers["retry-after"]) > 0


def test_ten_thousand_keys_are_looked_up_quickly(tmp_path: Path) -> None:
    callers = {f"{i:064x}": ApiCaller(f"c{i}") for i in range(10_000)}
    gate, began = Gate(callers), time.process_time()
    for i in range(1000):
        with pytest.raises(DeniedError):
            gate.admit(str(i))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "content",
    ["", "keys = 3", '[[keys]]\nname = "a"', '[[keys]]\nname = "a"\nsha256 = "12"', "[[keys"],
)
def test_a_file_without_keys_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(content)
    with pytest.raises(InputError, match="expected"):
        read_keys(path)


def test_other_sites_and_other_hosts_are_refused(tmp_path: Path) -> None:
    made, fake = service(tmp_path)
    with client(made) as http:
        assert http.get("/health", headers={"Host": "evil.example"}).status_code == 421
        assert http.get("/health", headers={"Host": "127.0.0.1.evil.example"}).status_code == 421
        assert http.get("/health", headers={"Host": "[::1"}).status_code == 421
        for origin in ("http://evil.example", "null", "http://127.0.0.1.evil.example", "//"):
            found = http.post("/tools/propose", json=RUN, headers={"Origin": origin})
            assert found.status_code == 403
            mcp = http.post("/mcp", json=_call("propose", RUN), headers={"Origin": origin})
            assert mcp.status_code == 403
        own = {"Origin": "http://127.0.0.1:8080", "Host": "127.0.0.1:8080"}
        assert http.get("/health", headers=own).status_code == 200
    assert fake.started == []


def test_a_long_or_slow_body_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = service(tmp_path)
    read = 0

    def endless() -> Any:
        nonlocal read
        while True:
            read += 1 << 16
            yield b" " * (1 << 16)

    with client(made) as http:
        sent = http.post("/tools/ask", content=b"[" * (guarding.MOST_BODY + 1))
        assert sent.status_code == 413
        deep = http.post("/tools/ask", content=b"[" * 100_000)
        assert deep.status_code == 422
        for length in ("1073741824", "-1", "9" * 30):
            found = http.get("/health", headers={"Content-Length": length})
            assert found.status_code == 413


def _listening(options: Serving, **patched: Any) -> None:
    serve(options)


@pytest.mark.parametrize("text", ["8080", "127.0.0.1:", "127.0.0.1:0", "x:80", ":80", "::1:99999"])
def test_a_bad_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        Address.parse(text)


def test_what_cannot_be_served_is_refused_before_any_work(tmp_path: Path) -> None:
    assert Address.parse("[::1]:80") == Address("::1", 80)
    assert Address.parse("localhost:80").loopback
    here, out = Address("127.0.0.1", 1), (tmp_path / "out",)
    wrong: list[tuple[Serving, str]] = [
        (Serving(Address("0.0.0.0", 1), out), "--keys, --tls-cert and --tls-key"),
        (Serving(here, out, ("grid.feder_day",)), "grid.feeder_day"),
        (Serving(here, out, (TOY, TOY)), "once"),
        (Serving(here, out, certificate=tmp_path / "x"), "--tls-key"),
        (Serving(here, out, certificate=tmp_path / "x", private_key=tmp_path / "y"), "as PEM"),
        (Serving(here, out, keys=tmp_path / "none.toml"), "none.toml"),
    ]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wrong.append((Serving(Address("127.0.0.1", taken.getsockname()[1]), out), "in use"))
        for options, text in wrong:
            with pytest.raises((InputError, MissingExtra), match=text):
                serve(options)
    assert not (tmp_path / "out").exists()
