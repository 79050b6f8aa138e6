"""`serve` and `mcp`: the engine as tools for people and other programs."""

from pathlib import Path
from typing import Annotated

import typer

from ingenium.cli.ending import guarded
from ingenium.cli.output import results

FOLDERS = (Path("out"),)
Folder = Annotated[
    list[Path] | None,
    typer.Option(help="Folder that tools may read and write; may be repeated (default: out)."),
]
KeysPath = Annotated[Path, typer.Option(help="Keys file, as TOML; it stores digests alone.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (serve, mcp):
        app.command()(guarded(command))
    app.command("new-key")(guarded(new_key))


def serve(
    at: Annotated[str, typer.Option(help="Address to listen at, as HOST:PORT.")] = "127.0.0.1:8080",
    models: Annotated[
        str, typer.Option(help="Problems to have warm, separated by commas (default: none).")
    ] = "",
    folder: Folder = None,
    keys: Annotated[
        Path | None,
        typer.Option(help="Keys file, needed for an address that others reach (default: none)."),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Certificate chain as PEM (default: no encryption).")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(help="Private key of the certificate as PEM (default: none).")
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name of the host by which clients call it; may be repeated."),
    ] = None,
    running: Annotated[int, typer.Option(min=1, help="Number of jobs that run at a time.")] = 2,
    queued: Annotated[
        int, typer.Option(min=0, help="Number of jobs that may wait; others are refused with 429.")
    ] = 64,
    longest_s: Annotated[
        float, typer.Option(min=1, help="Wall time after which a job is stopped, in seconds.")
    ] = 3600.0,
    memory_gb: Annotated[
        float, typer.Option(min=0.5, help="Memory that a job may take, in GiB.")
    ] = 8.0,
) -> None:
    """Serve the tools over HTTP, with progress, files and metrics, and MCP at /mcp.

    Problems of --models are opened once, and each of their jobs is forked from there.
    """
    from ingenium.serve.listening import Address, Serving
    from ingenium.serve.listening import serve as listen

    problems = tuple(one.strip() for one in models.split(",") if one.strip())
    listen(
        Serving(
            Address.parse(at), tuple(folder or FOLDERS), problems, keys, tls_cert, tls_key,
            tuple(name or ()), running, queued, longest_s, memory_gb,
        )
    )  # fmt: skip


def new_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the owner of the key.")],
    keys: KeysPath = Path("keys.toml"),
    role: Annotated[
        str, typer.Option(help="Role: viewer, who only looks, or engineer.")
    ] = "engineer",
    requests_a_minute: Annotated[
        int, typer.Option(min=1, help="Number of requests a minute.")
    ] = 600,
    jobs: Annotated[
        int, typer.Option(min=1, help="Number of jobs that may run or wait at a time.")
    ] = 4,
) -> None:
    """Make a key for `serve`, add its digest to a keys file, and print the key once."""
    from ingenium.core.errors import choose
    from ingenium.serve.access import ApiCaller
    from ingenium.serve.access import new_key as make

    choose(role, ("viewer", "engineer"), "role")
    caller = ApiCaller(name, role, "", requests_a_minute, jobs)  # type: ignore[arg-type]  # checked
    results().print(make(keys, caller), highlight=False, markup=False, soft_wrap=True)


def mcp(folder: Folder = None) -> None:
    """Serve the commands as tools of the Model Context Protocol, over standard input and output."""
    from ingenium.serve.server import run_stdio, server

    run_stdio(server(tuple(folder or FOLDERS)))
