"""The option `--on` of all verbs whose work can be done elsewhere."""

from typing import Annotated

import typer

LOCAL = "local"
On = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="PLACE",
        envvar="INGENIUM_ON",
        help="Where to compute: local, processes:N, slurm:N, ray://HOST:PORT?workers=N or ray://local?workers=N.",
    ),
]
