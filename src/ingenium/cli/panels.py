"""First steps for a new user, and the commands grouped by what people do."""

from typing import Any

import typer
from typer.core import TyperGroup

PANELS = {
    "Design": ("list", "show", "examples", "propose", "draft"),
    "Search and compare": ("search", "compare"),
    "Watch and operate": ("monitor", "operate"),
    "Write": ("write",),
    "Learn and compress": (
        "fit", "edge", "infer", "posterior", "model", "models", "plan", "roofline", "drill",
    ),
    "Ask": ("ask", "docs"),
    "Audit": ("verify", "replay", "ledger", "card", "pack", "publish", "study"),
    "Administer": ("doctor", "schema", "serve", "new-key", "mcp", "queue", "make"),
}  # fmt: skip
OTHERS = "From other packages"
FIRST_STEPS = """\
ingenium generates designs, verifies each with the reference solver of its field, and exports
those that satisfy your limits.

First steps:
  1. ingenium list                          what can be designed, by field
  2. ingenium examples my                   copy a spec of every field into the folder my
  3. ingenium propose my/grid/winter_evening_peak.toml -n 100 --out out/winter
                                            propose 100 designs and verify them
  4. open out/winter/report.html            the accepted designs, and why others were rejected
  5. ingenium replay out/winter --design 1  generate and verify one design again

All commands: ingenium --help. Documentation: ingenium docs."""


def panel_of(command: str) -> str:
    """The panel of a command in the help."""
    return next((panel for panel, names in PANELS.items() if command in names), OTHERS)


class Panels(TyperGroup):
    """Commands in the order of their panels; alone it shows the first steps."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; show the first steps where it is empty."""
        if not args:
            typer.echo(FIRST_STEPS)
            ctx.exit()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands as the help shows them."""
        order = [name for names in PANELS.values() for name in names]
        found = super().list_commands(ctx)
        return [*(n for n in order if n in found), *(n for n in found if n not in order)]


def arrange(app: typer.Typer) -> None:
    """Give each command and group of an application its panel."""
    for command in app.registered_commands:
        called = command.callback.__name__ if command.callback else ""
        command.rich_help_panel = panel_of(command.name or called)
    for group in app.registered_groups:
        group.rich_help_panel = panel_of(group.name or "")
