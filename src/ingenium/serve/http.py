"""The tools over HTTP: one route for each, jobs with their events, files, health and metrics.

Source: OpenAPI 3.1 by FastAPI; server-sent events, HTML Living Standard, section 9.2.
"""

import asyncio
import inspect
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium import __version__
from ingenium.core.errors import InputError
from ingenium.core.packages import Extra
from ingenium.serve.access import Gate
from ingenium.serve.jobs import Jobs
from ingenium.serve.metrics import Metrics
from ingenium.serve.processes import Starts
from ingenium.serve.server import INSTRUCTIONS, offered
from ingenium.serve.tools import Tool, Tools, answered

if TYPE_CHECKING:
    from fastapi import FastAPI, Response
    from starlette.types import ASGIApp

package = Extra("serve").package
THREADS = 128  # of requests that wait for a job
EVERY_S = 0.1  # between two looks at a job whose events are sent
BEAT_S = 15.0  # between two signs of life
_OBJECT = {"application/json": {"schema": {"type": "object"}}}
REFUSALS: Mapping[int, str] = {
    400: "A header is there twice.",
    401: "The key is missing or unknown.",
    403: "The role does not allow this, or the page is of another site.",
    404: "There is no such job or file.",
    408: "The body is slower than allowed.",
    413: "The body is longer than allowed.",
    421: "The host has another name.",
    422: "The input is wrong; the error says what was expected, what came in and what to write.",
    429: "The queue is full or a quota is used up; Retry-After says when to try again.",
}


@dataclass(frozen=True)
class Service:
    """All that a server over HTTP serves."""

    tools: Tools
    starts: Starts = field(default_factory=Starts)
    gate: Gate = field(default_factory=Gate)
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def jobs(self) -> Jobs:
        """The jobs of its tools."""
        return self.tools.jobs


def application(service: Service) -> "ASGIApp":
    """Build the application: the API, MCP at /mcp, and the guard around both.

    Raises:
        MissingExtra: if FastAPI or the package of MCP is not installed.
    """
    fastapi = package("fastapi")
    from ingenium.serve.guarding import MOST_BODY, Guard

    security = package("mcp.server.transport_security").TransportSecuritySettings
    mcp = offered(service.tools).streamable_http_app(
        stateless_http=True,
        json_response=True,
        max_request_body_size=MOST_BODY,
        transport_security=security(enable_dns_rebinding_protection=False),  # the guard's
    )

    @asynccontextmanager
    async def running(_: Any) -> AsyncIterator[None]:
        package("anyio").to_thread.current_default_thread_limiter().total_tokens = THREADS
        async with mcp.router.lifespan_context(mcp):
            try:
                yield
            finally:
                await asyncio.to_thread(service.jobs.end)
                await asyncio.to_thread(service.starts.close)

    app: FastAPI = fastapi.FastAPI(
        title="ingenium",
        summary="Designs that are proposed, and verified by exact engines.",
        description=INSTRUCTIONS,
        version=__version__,
        lifespan=running,
        docs_url=None,  # they load scripts of another site
        redoc_url=None,
        responses={k: {"description": text} for k, text in REFUSALS.items()},
    )
    app.add_exception_handler(fastapi.exceptions.RequestValidationError, _invalid)
    app.add_exception_handler(package("starlette.exceptions").HTTPException, _absent)
    for tool in service.tools.all():
        _add_tool(app, tool)
    _add_jobs(app, service)
    _add_files(app, service)
    _add_state(app, service)
    app.router.routes.extend(mcp.routes)
    return Guard(app, service.hosts, service.gate, service.metrics)


def _add_tool(app: "FastAPI", tool: Tool) -> None:
    """Add the route of a tool: its arguments are the body, its answer the response."""
    text = inspect.getdoc(tool) or ""
    app.post(
        f"/tools/{tool.__name__}",
        operation_id=tool.__name__,
        summary=text.partition("\n")[0],
        tags=["tools"],
        response_model=None,
        responses={
            200: {"description": "The answer.", "content": _OBJECT},
            202: {"description": "The state of a job that runs or waits.", "content": _OBJECT},
        },
    )(_Endpoint(tool))


class _Endpoint:
    """The route of a tool; its signature is the model of the tool's arguments."""

    def __init__(self, tool: Tool) -> None:
        self._call = answered(tool)
        body = inspect.Parameter(
            "body", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=arguments(tool)
        )
        self.__signature__ = inspect.Signature([body])

    def __call__(self, body: Any) -> "Response":
        return _response(self._call(**body.model_dump()))


def arguments(tool: Tool) -> Any:
    """Return the model of a tool's arguments, from its signature and docstring."""
    pydantic = package("pydantic")
    texts = dict(re.findall(r"^    (\w+): (.+?)$", inspect.getdoc(tool) or "", re.M))
    fields: dict[str, Any] = {}
    for name, one in inspect.signature(tool).parameters.items():
        default = ... if one.default is inspect.Parameter.empty else one.default
        fields[name] = (one.annotation, pydantic.Field(default, description=texts.get(name)))
    config = pydantic.ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)
    return pydantic.create_model(f"{tool.__name__}_arguments", __config__=config, **fields)


def _response(answer: Mapping[str, Any], status: int = 200) -> "Response":
    """Return an answer with the status that its process means."""
    responses = package("fastapi.responses")
    content, headers = dict(answer), {}
    process = content.get("process")
    if process in ("running", "queued"):
        status = 202
    elif process == "refused":
        status = content.pop("status", 422)
        retry_s = content.pop("retry_s", 0)
        headers = {"Retry-After": str(retry_s)} if retry_s else {}
    made: Response = responses.JSONResponse(content, status, headers=headers)
    return made


async def _invalid(_: Any, error: Any) -> "Response":
    """Answer arguments that no tool takes in the shape of every refusal."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "the body"
    parts = {"expected": f"{place}: {first['msg']}", "got": _short(first.get("input"))}
    message = f"expected {parts['expected']}, got {parts['got']}."
    return _response({"process": "refused", "error": {"message": message, **parts, "instead": ""}})


async def _absent(_: Any, error: Any) -> "Response":
    """Answer a route or thing that is not there in the shape of every refusal."""
    content = {"process": "refused", "error": {"message": str(error.detail)}}
    return _response(content | {"status": error.status_code})


def _short(value: Any) -> str:
    try:
        return json.dumps(value, default=str, ensure_ascii=True)[:200]
    except (ValueError, RecursionError):
        return "a value that is no JSON"


def _add_jobs(app: "FastAPI", service: Service) -> None:
    """Add the routes of jobs: their list, state, events and stop."""
    fastapi, responses = package("fastapi"), package("fastapi.responses")

    def known(job: str) -> None:
        try:
            service.jobs.state(job)
        except InputError as error:
            raise fastapi.HTTPException(404, str(error)) from None

    @app.get("/jobs", tags=["jobs"])
    def list_jobs() -> dict[str, Any]:
        """List the jobs of this server, the newest first."""
        return {"jobs": service.jobs.names()}

    @app.get("/jobs/{job}", tags=["jobs"])
    def state_of_job(job: str) -> dict[str, Any]:
        """Return the state of a job."""
        known(job)
        return service.jobs.state(job)

    @app.delete("/jobs/{job}", tags=["jobs"])
    def stop_job(job: str) -> Any:
        """Stop a job; the same request resumes it."""
        known(job)
        return _response(answered(service.tools.stop)(job))

    @app.get("/jobs/{job}/events", tags=["jobs"], response_class=responses.StreamingResponse)
    async def events_of_job(job: str) -> Any:
        """Send the state of a job whenever it changes, until its end."""
        await asyncio.to_thread(known, job)
        return responses.StreamingResponse(
            events(lambda: service.jobs.state(job)), media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )  # fmt: skip


def _add_files(app: "FastAPI", service: Service) -> None:
    """Add the route of files."""
    fastapi, responses = package("fastapi"), package("fastapi.responses")

    @app.get("/files/{path:path}", tags=["files"], response_class=responses.FileResponse)
    def fetch_file(path: str) -> Any:
        """Fetch a file below the first allowed folder, such as an accepted design."""
        try:
            place: Path = service.tools.folders.place(path)
        except InputError:
            raise fastapi.HTTPException(403, "expected a path in an allowed folder") from None
        if not place.is_file():
            raise fastapi.HTTPException(404, "expected a file that is there, got none")
        return responses.FileResponse(
            place, filename=place.name, media_type="application/octet-stream",
            headers={"X-Content-Type-Options": "nosniff"},
        )  # fmt: skip


async def events(
    state: Callable[[], dict[str, Any]], every_s: float = EVERY_S
) -> AsyncIterator[str]:
    """Yield the states of a job as server-sent events: `state` at each change, `end` last."""
    last, silent = None, 0.0
    while True:
        now = await asyncio.to_thread(state)
        ended = now["process"] not in ("running", "queued")
        if now != last or ended:
            kind = "end" if ended else "state"
            yield f"event: {kind}\ndata: {json.dumps(now)}\n\n"
            silent = 0.0
        elif silent >= BEAT_S:
            yield ": waits\n\n"
            silent = 0.0
        if ended:
            return
        last, silent = now, silent + every_s
        await asyncio.sleep(every_s)


def _add_state(app: "FastAPI", service: Service) -> None:
    """Add the routes on the server itself."""
    responses = package("fastapi.responses")

    @app.get("/health", tags=["server"])
    async def health() -> dict[str, Any]:
        """Report that the server answers, and which problems are warm."""
        return {
            "status": "ok",
            "version": __version__,
            "models": {name: one.state for name, one in service.starts.warm.items()},
        }

    @app.get("/metrics", tags=["server"], response_class=responses.PlainTextResponse)
    async def metrics() -> str:
        """Return counts, seconds and the queue in the text format of Prometheus."""
        running, queued = service.jobs.count()
        now = {"jobs_running": running, "jobs_queued": queued}
        warm = sum(one.state == "warm" for one in service.starts.warm.values())
        return service.metrics.text(
            now | {"models_warm": warm}, {"jobs_shed_total": service.jobs.shed}
        )
