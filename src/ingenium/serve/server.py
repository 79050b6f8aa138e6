"""The tools as a server of the Model Context Protocol, over standard input and output or HTTP.

Source: Model Context Protocol, modelcontextprotocol.io, by its Python package.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium import __version__
from ingenium.core.packages import Extra
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.jobs import Jobs
from ingenium.serve.tools import READ_ONLY, Tools, answered

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

package = Extra("serve").package
INSTRUCTIONS = (
    "Designs are proposed and verified by exact engines. Call list_problems, then show_problem, "
    "write a spec in TOML, submit it with propose or search, and poll. Only `limits_met` says "
    "whether designs satisfy their limits (null: nothing was judged); `evidence_reproduced` says "
    "whether a replay reproduced its design; `process` says how the command ended."
)


def server(folders: tuple[Path, ...]) -> "MCPServer[None]":
    """Build a server that works in the first of the folders.

    Raises:
        InputError: if a folder is a file.
        MissingExtra: if the package of the protocol is not installed.
    """
    package("mcp.server.mcpserver")
    allowed = AllowedFolders.of(folders)
    jobs = Jobs(allowed.roots[0] / "jobs")

    @asynccontextmanager
    async def running(_: Any) -> AsyncIterator[None]:
        try:
            yield None
        finally:
            jobs.end()

    return offered(Tools(allowed, jobs), running)


def offered(tools: Tools, lifespan: Any = None) -> "MCPServer[None]":
    """Build a server that offers the tools.

    Raises:
        MissingExtra: if the package of the protocol is not installed.
    """
    mcp = package("mcp.server.mcpserver")
    types = package("mcp_types")
    made: MCPServer[None] = mcp.MCPServer(
        "ingenium",
        instructions=INSTRUCTIONS,
        version=__version__,
        lifespan=lifespan,
        log_level="ERROR",
    )
    for tool in tools.all():
        hints = types.ToolAnnotations(read_only_hint=tool.__name__ in READ_ONLY)
        made.tool(annotations=hints)(answered(tool))
    return made


def run_stdio(made: "MCPServer[None]") -> None:
    """Serve over standard input and output, until the client closes them."""
    try:
        made.run("stdio")
    except BaseExceptionGroup as group:
        _, others = group.split((BrokenPipeError, ConnectionError, EOFError, KeyboardInterrupt))
        if others is not None:
            raise
