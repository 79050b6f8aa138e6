"""The tools as a server of the Model Context Protocol, over standard input and output.

Source: Model Context Protocol, modelcontextprotocol.io, by its Python package.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium import __version__
from ingenium.core.errors import IngeniumError
from ingenium.core.packages import Extra
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.jobs import Jobs
from ingenium.serve.tools import Tools

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

package = Extra("serve").package
READ_ONLY = ("list_problems", "show_problem", "explain", "read", "poll")
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
    mcp = package("mcp.server.mcpserver")
    types = package("mcp_types")
    allowed = AllowedFolders.of(folders)
    jobs = Jobs(allowed.roots[0] / "jobs")

    @asynccontextmanager
    async def running(_: Any) -> AsyncIterator[None]:
        try:
            yield None
        finally:
            jobs.end()

    made: MCPServer[None] = mcp.MCPServer(
        "ingenium", instructions=INSTRUCTIONS, version=__version__, lifespan=running
    )
    for tool in Tools(allowed, jobs).all():
        hints = types.ToolAnnotations(read_only_hint=tool.__name__ in READ_ONLY)
        made.tool(annotations=hints)(_reported(tool))
    return made


def _reported(tool: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Wrap a tool so that its errors reach the caller as an answer in three parts."""

    @wraps(tool)
    def run(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return tool(*args, **kwargs)
        except IngeniumError as error:
            parts = {k: getattr(error, k, None) for k in ("expected", "got", "instead")}
            return {
                "process": "refused",
                "limits_met": None,
                "error": {"message": str(error)} | parts,
            }

    return run
