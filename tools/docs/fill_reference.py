"""Fills `<!-- reference:NAME -->` blocks from the code: entries of a spec, a problem, commands.

python tools/docs/fill_reference.py [--check]
"""

import json
import typing
from collections.abc import Callable, Iterator

import typer

import field_blocks
import problem_blocks
from blocks import ROOT, choice, main, table
from ingenium.cli.app import app
from ingenium.core import errors, spec
from ingenium.core.spec import Spec
from ingenium.domains import load, own, problem_class
from ingenium.domains.grid.data import columns
from ingenium.edge.device import DeviceSheet
from ingenium.generators.row_families import CIRCUITS, CLASSICAL, COMPOSED, LATENT, LEARNED
from ingenium.generators.tokens import named as on_tokens
from ingenium.infer.spec import InferSpec
from ingenium.monitor.spec import MonitorSpec
from ingenium.operate.preferences import PreferenceSpec
from ingenium.operate.risks import RiskSpec
from ingenium.operate.shared import SharedControl
from ingenium.operate.spec import OperateSpec
from problem_blocks import opened
from settings_blocks import entries

PROBLEM = "grid.feeder_day"


def accepted() -> str:
    """Measured and unmeasured properties of the files of each problem."""
    parts = []
    for field in own():
        for key in sorted(load(field).problems):
            kind = problem_class(f"{field}.{key}")
            lines = [f"## {field}.{key}", "", f"Judged: {kind.judged}", "", "Not covered:", ""]
            parts.append("\n".join([*lines, *(f"- {line}" for line in kind.unchecked)]))
    return "\n\n".join([*parts, attacks(), damages(), differences(), meshes()])


def attacks() -> str:
    """Number of forgeries tried, by problem."""
    head = "## Forgeries tried\n\n`python -m benchmarks forgeries` counts them.\n\n"
    return head + counted("forgeries")


def damages() -> str:
    """Results of damaged files, by domain."""
    head = "## Damaged files tried\n\n"
    text = (
        "`python -m benchmarks damaged` damages whole files at random, of every format and of the "
        "specs, and runs their readers: a file is *refused* with a message, read as the *same* "
        "design (if the damage is in unused content), or as *another*, which is then "
        "measured as any other. A *traceback* or a *hang* of ten seconds would be a fault.\n\n"
    )
    return head + text + counted("damaged")


def differences() -> str:
    """Mutated files that ours and the field's reader both accept."""
    head = "## Files that the field reads too\n\n"
    text = (
        "`python -m benchmarks reader_differences` mutates exported files, and lets a reader of "
        "the field read what ours accepts: *different* is a file in which it finds another "
        "design.\n\n"
    )
    return head + text + counted("reader_differences")


def meshes() -> str:
    """Share of accepted designs of the examples that satisfy their limits on half cells."""
    head = "## Accepted designs on half cells\n\n"
    text = (
        "`python -m benchmarks structures_mesh` measures known designs that the examples accept "
        "again on cells of half the size, and judges them by these values alone: designs that "
        "satisfy their limits *beyond the mesh*, as is the rule, and those that satisfy them "
        "*plain*.\n\n"
    )
    return head + text + counted("structures_mesh")


def counted(name: str) -> str:
    """The rows of a benchmark's result."""
    file = ROOT / "benchmarks" / "results" / f"{name}.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    return table(tuple(rows[0]), *(tuple(str(v) for v in row.values()) for row in rows))


def families() -> str:
    rows = [("Kind", "Names for `family`")]
    for kind, names in (
        ("learned", LEARNED),
        ("learned, on principal components of a series or a field", COMPOSED),
        ("learned, on latent numbers of a field", LATENT),
        ("learned, on tokens, such as molecules", on_tokens.LEARNED),
        ("learned, on tokens and then numbers, such as panels", on_tokens.TWO_KINDS),
        ("learned, circuits of qubits on a vector, simulated", CIRCUITS),
        ("classical", CLASSICAL),
    ):
        rows.append((kind, ", ".join(f"`{name}`" for name in names)))
    text = (
        "`default` is the problem's own, which `ingenium show PROBLEM` names: "
        f"`{opened(PROBLEM).default_family}` for `{PROBLEM}`. A family that does not take the "
        "designs of a problem is refused, and the error names others. The baselines of its field "
        "and what its domain ships trained can be named too; `ingenium show PROBLEM` lists all."
    )
    return f"{table(*rows)}\n\n{text}"


def commands() -> str:
    """Every command with its arguments and options, from the application itself."""
    parts = []
    for name, command in every(typer.main.get_command(app), "ingenium"):
        rows = [("Argument or option", "Default", "Meaning")]
        rows += [row for row in map(described, command.params) if row is not None]
        body = f"\n\n{table(*rows)}" if len(rows) > 1 else ""
        head, *lines = (command.epilog or "").split("\n\n")
        if lines:
            body += f"\n\n{head}\n\n" + "\n".join(f"- {line}" for line in lines)
        parts.append(f"### `{usage(name, command)}`\n\n{(command.help or '').strip()}{body}")
    return "\n\n".join(parts)


def usage(name: str, command: typing.Any) -> str:
    """Usage of a command, without its options."""
    if hasattr(command, "commands"):
        return f"{name} COMMAND"
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    return " ".join([name, *(spelled(p) + "..." * (p.nargs == -1) for p in arguments)])


def every(command: typing.Any, name: str) -> Iterator[tuple[str, typing.Any]]:
    """A command and all below it."""
    yield name, command
    for sub, inner in getattr(command, "commands", {}).items():
        yield from every(inner, f"{name} {sub}")


def described(p: typing.Any) -> tuple[str, str, str] | None:
    """Name, default and help of one parameter; None for `--help`."""
    if "--help" in p.opts:
        return None
    value = p.default() if callable(p.default) else p.default
    given = "none" if value is None else "off" if value is False else f"`{value}`"
    return f"`{spelled(p)}`", "must be given" if p.required else given, p.help or ""


def spelled(p: typing.Any) -> str:
    """An argument in capitals, an option with all its names."""
    if p.param_type_name == "argument":
        return str(p.metavar or p.opts[0].upper())
    return ", ".join(reversed(p.opts))


def codes() -> str:
    """Exit codes, from the module that defines them."""
    from ingenium.cli import ending

    text = (ending.__doc__ or "").partition("\n\n")[2]
    return " ".join(text.split()).replace("0 done", "Exit codes: 0 done")


def faults() -> str:
    rows = [("Error", "Also a", "Exit code", "When")]
    kinds = [errors.InputError, errors.MissingExtra, errors.EngineError]
    for kind in [*kinds, errors.StorageError, errors.CorruptError, errors.FolderInUseError]:
        built_in = [k.__name__ for k in kind.__mro__ if k.__module__ == "builtins"][:1]
        when = (kind.__doc__ or "").splitlines()[0]
        also = built_in[0] if built_in[0] != "Exception" else ""
        rows.append((f"`{kind.__name__}`", also, str(kind.exit_code), when))
    return table(*rows)


MAKERS: dict[str, Callable[[], str]] = {
    "spec": lambda: entries(Spec),
    "limit": lambda: entries(spec.Limit),
    "objective": lambda: entries(spec.Objective),
    "between": lambda: entries(spec.Between),
    "fixed": lambda: entries(spec.Fixed),
    "generator": lambda: entries(spec.GeneratorChoice),
    "steer": lambda: entries(spec.Target),
    "select": lambda: entries(spec.Select),
    "infer-spec": lambda: entries(InferSpec),
    "device-sheet": lambda: entries(DeviceSheet),
    "monitor-spec": lambda: entries(MonitorSpec),
    "operate-spec": lambda: entries(OperateSpec),
    "operate-shared": lambda: entries(SharedControl),
    "operate-preferences": lambda: entries(PreferenceSpec),
    "operate-risks": lambda: entries(RiskSpec),
    "accepted": accepted,
    "families": families,
    "mapping-time": lambda: entries(columns.TimeColumn),
    "mapping-gaps": lambda: entries(columns.Gaps),
    "mapping-columns": lambda: entries(columns.ElementColumns),
    "commands": commands,
    "problems": field_blocks.problems,
    "codes": codes,
    "errors": faults,
}


def reference(name: str) -> str:
    """A block such as `limit`, or of one thing, such as `grid.feeder_day/conditions`."""
    of, _, part = name.rpartition("/")
    parts = problem_blocks.PARTS | {"field": field_blocks.field, "verb": field_blocks.verb}
    return parts[part](of) if of else choice(MAKERS)(name)


if __name__ == "__main__":
    main({"reference": reference})
