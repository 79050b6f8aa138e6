"""Commands that answer an earlier option by the present one."""

from itertools import takewhile
from typing import Any

import typer
from typer.core import TyperCommand

from ingenium.core.renamed import present_name


class PresentOptions(TyperCommand):
    """A command whose refusal of an earlier option suggests the present one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises:
            typer.BadParameter: with the present name of an earlier option.
        """
        own = {option for p in self.params for option in (*p.opts, *p.secondary_opts)}
        for arg in takewhile(lambda a: a != "--", args):
            name = arg.partition("=")[0]
            if name in own or not name.startswith("--"):
                continue
            found = present_name(name[2:].replace("-", "_"), (p.name or "" for p in self.params))
            if found is not None:
                raise typer.BadParameter(
                    f"expected a present option, got {name}. Write: --{found.replace('_', '-')}",
                    ctx=ctx,
                )
        return super().parse_args(ctx, args)
