"""Fills `<!-- reference:NAME -->` blocks from the code: entries of a spec, a problem, commands.

python docs/fill_reference.py [--check]
"""

import ast
import inspect
import io
import tokenize
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache

import click
import typer
from blocks import choice, main, table

from ingenium.cli.app import app
from ingenium.core import errors, spec
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid import columns
from ingenium.generators.families import CLASSICAL, COMPOSED, LEARNED
from ingenium.report import words

PROBLEM = "grid.feeder_day"
MEANING = {  # of entries whose name says it all in the code
    "problem": "name of the problem; `ingenium list` shows all",
    "title": "heading of the report",
    "setup": "settings of the problem, such as the grid",
    "conditions": "what designs are generated under",
    "quantity": "name of a measured quantity",
    "at_least": "lowest value that holds",
    "at_most": "highest value that holds",
    "sense": "which way is better",
    "value": "what every design holds",
    "target": "the value to steer towards",
    "strength": "how hard; the density is multiplied by exp(-strength/2 x squared distance), the "
    "distance in spreads of the known designs; the largest of all targets counts",
    "unit": "none: the unit in which the problem measures",
    "family": "which family proposes; see below",
    "split_seed": "which weeks are never learned from",
    "p": "column of the active power",
}


def entries(kind: type) -> str:
    """Fields of a settings dataclass with their types, defaults and comments."""
    notes = comments(kind)
    rows = [("Entry", "Type", "Default", "Meaning")]
    for f in fields(kind):
        note = notes.get(f.name) or about(f.type) or MEANING.get(f.name, "")
        rows.append((f"`{f.name}`", in_words(f.type), default(f), note.replace("None", "none")))
    return f"{about(kind)}\n\n{table(*rows)}"


def about(kind: object) -> str:
    """First line of the docstring of a settings dataclass, or of the one inside a list."""
    inner = [x for x in (kind, *typing.get_args(kind)) if is_dataclass(x)]
    return (inner[0].__doc__ or "").splitlines()[0] if len(inner) == 1 else ""


def in_words(kind: object) -> str:
    """A type as one writes it in TOML."""
    if isinstance(kind, str):
        return kind
    if kind is type(None):
        return "absent"
    if is_dataclass(kind):
        return f"table `{kind.__name__}`"
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " or ".join(f'"{x}"' for x in inner)
    if origin is tuple:
        return f"list of {in_words(inner[0])}"
    if inner and origin is not None and "Mapping" in str(origin):
        return "table" if inner[1] is typing.Any else f"table by name, of {in_words(inner[1])}"
    if inner:
        return " or ".join(in_words(x) for x in inner if x is not type(None))
    names = {"str": "text", "float": "number", "int": "whole number", "bool": "true or false"}
    return names.get(getattr(kind, "__name__", str(kind)), str(kind).removeprefix("typing."))


def default(f: typing.Any) -> str:
    """The default of a field; a word where it must be given."""
    if f.default is MISSING and f.default_factory is MISSING:
        return "must be given"
    value = f.default if f.default_factory is MISSING else f.default_factory()
    if value is None or value in ("", (), {}):
        return "none"
    if is_dataclass(value):
        return "as below"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def comments(kind: type) -> dict[str, str]:
    """The comment behind each field in the source."""
    source = inspect.getsource(kind)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    behind = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    return {
        node.target.id: behind[node.end_lineno]
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.end_lineno in behind
    }


@cache
def problem() -> Problem:
    """The problem that the reference describes, on its default grid."""
    return open_problem(Spec(PROBLEM))


def conditions() -> str:
    rows = [("Condition", "Choices or range", "What it is")]
    for c in problem().conditions:
        span = ", ".join(c.choices or ()) or f"{c.lower:g} to {words.number(c.upper, c.unit)}"
        rows.append((f"`{c.name}`", span, c.long_name))
    return table(*rows)


def quantities() -> str:
    fixable = {q.name for q in problem().fixable()}
    steerable = set(problem().steerable())
    rows = [("Quantity", "Unit", "What it is", "Can be")]
    for q in problem().quantities:
        if q.labels is None:
            can = ["limited", "improved"]
            can += ["fixed"] * (q.name in fixable) + ["steered by"] * (q.name in steerable)
            rows.append((f"`{q.name}`", q.unit, q.long_name, ", ".join(can)))
    return table(*rows)


def limits() -> str:
    found = [f"- `{words.limit(limit)}`" for limit in problem().limits]
    return "\n".join(found)


def families() -> str:
    rows = [("Kind", "Names for `family`")]
    for kind, names in (
        ("learned", LEARNED),
        ("learned, on principal components of a series", COMPOSED),
        ("classical", CLASSICAL),
    ):
        rows.append((kind, ", ".join(f"`{name}`" for name in names)))
    text = f"`default` is the problem's own: `{problem().default_family}` for `{PROBLEM}`."
    return f"{table(*rows)}\n\n{text}"


def commands() -> str:
    """Every command with its arguments and options, from the application itself."""
    parts = []
    for name, command in every(typer.main.get_command(app), "ingenium"):
        context = click.Context(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        rows = [("Argument or option", "Default", "Meaning")]
        for p in command.params:
            record = described(p, context)
            if record is not None:
                rows.append(record)
        body = f"\n\n{table(*rows)}" if len(rows) > 1 else ""
        parts.append(f"### `{name}`\n\n`{name} {usage}`\n\n{(command.help or '').strip()}{body}")
    return "\n\n".join(parts)


def every(command: typing.Any, name: str) -> Iterator[tuple[str, typing.Any]]:
    """A command and all below it."""
    yield name, command
    for sub, inner in getattr(command, "commands", {}).items():
        yield from every(inner, f"{name} {sub}")


def described(p: typing.Any, context: click.Context) -> tuple[str, str, str] | None:
    """Name, default and help of one parameter; none for `--help`."""
    if "--help" in p.opts:
        return None
    name = p.opts[0] if p.param_type_name == "argument" else ", ".join(reversed(p.opts))
    value = p.default
    given = "must be given" if p.required else "none" if value in (None, False) else f"`{value}`"
    return (
        f"`{p.metavar or name if p.param_type_name == 'argument' else name}`",
        given,
        p.help or "",
    )


def codes() -> str:
    """Exit codes, from the module that gives them."""
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
    "setup": lambda: entries(problem().Settings),
    "conditions": conditions,
    "quantities": quantities,
    "limits": limits,
    "families": families,
    "mapping-time": lambda: entries(columns.TimeColumn),
    "mapping-gaps": lambda: entries(columns.Gaps),
    "mapping-columns": lambda: entries(columns.Columns),
    "commands": commands,
    "codes": codes,
    "errors": faults,
}

if __name__ == "__main__":
    main({"reference": choice(MAKERS)})
