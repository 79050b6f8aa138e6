"""Fills `<!-- reference:NAME -->` blocks from the code: entries of a spec, a problem, commands.

python docs/fill_reference.py [--check]
"""

import ast
import inspect
import io
import json
import tokenize
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import cache

import typer
from blocks import ROOT, choice, main, table

from ingenium.cli.app import app
from ingenium.core import errors, spec
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import load, open_problem, own, problem_class
from ingenium.domains.grid import columns
from ingenium.domains.grid.consumers import GROUPS
from ingenium.generators.row_families import CLASSICAL, COMPOSED, LATENT, LEARNED
from ingenium.generators.tokens import families as on_tokens
from ingenium.generators.tokens import two_kinds
from ingenium.monitor.asked import MonitorSpec
from ingenium.report import words

PROBLEM = "grid.feeder_day"
MEANING = {  # of entries whose name says it all in the code
    "problem": "name of the problem; `ingenium list` shows all",
    "title": "heading of the report",
    "setup": "settings of the problem, such as the grid",
    "given": "what designs go by, such as readings: values, or files of them",
    "conditions": "what designs are generated under",
    "quantity": "name of a measured quantity",
    "at_least": "lowest value that holds",
    "at_most": "highest value that holds",
    "sense": "which way is better",
    "value": "what every design holds",
    "target": "the value to steer towards",
    "strength": "how hard; the density is multiplied by exp(-strength/2 x squared distance), the "
    "distance in spreads of the known designs",
    "unit": "none: the unit in which the problem measures",
    "family": "which family proposes; see below",
    "split_seed": "which weeks are never learned from",
    "p": "column of the active power",
    "Columns.unit": f"one of {', '.join(columns.UNITS)}; pu is a share of the rated power",
    "group": f"one of {', '.join(sorted(set(GROUPS.values())))}",
}


def entries(kind: type) -> str:
    """Fields of a settings dataclass with their types, defaults and comments."""
    notes = comments(kind)
    rows = [("Entry", "Type", "Default", "Meaning")]
    for f in fields(kind):
        named = MEANING.get(f"{kind.__name__}.{f.name}") or MEANING.get(f.name, "")
        note = notes.get(f.name) or about(f.type) or named
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
    if origin is typing.Annotated:
        return in_words(inner[0]) + "".join(bound(x) for x in inner[1:])
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


def bound(mark: object) -> str:
    """The bounds that a field's annotation states."""
    words = {"ge": " of at least {}", "max_length": " of at most {} characters"}
    return "".join(
        text.format(getattr(x, name))
        for x in getattr(mark, "metadata", ())
        for name, text in words.items()
        if hasattr(x, name)
    )


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
    inherited = [comments(base) for base in kind.__bases__ if is_dataclass(base)]
    source = inspect.getsource(kind)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    behind = {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    own = {
        node.target.id: behind[node.end_lineno]
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.end_lineno in behind
    }
    return {k: v for notes in (*inherited, own) for k, v in notes.items()}


@cache
def problem(name: str) -> Problem:
    """A problem with its default settings."""
    return open_problem(Spec(name))


def conditions(name: str) -> str:
    rows = [("Condition", "Choices or range", "What it is")]
    for c in problem(name).conditions:
        span = ", ".join(c.choices or ()) or f"{c.lower:g} to {words.number(c.upper, c.unit)}"
        rows.append((f"`{c.name}`", span, c.long_name))
    return table(*rows)


def inputs(kind: type[Problem]) -> str:
    rows = [("Input", "Form", "Default", "What it is")]
    for i in kind.inputs:
        usual = "must be given" if i.needed else "none" if i.default is None else f"`{i.default}`"
        rows.append((f"`{i.name}`", i.form, usual, i.long_name))
    return table(*rows)


def quantities(name: str) -> str:
    fixable = {q.name for q in problem(name).fixable()}
    steerable = set(problem(name).steerable())
    rows = [("Quantity", "Unit", "What it is", "Can be")]
    for q in problem(name).quantities:
        if q.labels is None:
            can = ["limited", "improved"]
            can += ["fixed"] * (q.name in fixable) + ["steered by"] * (q.name in steerable)
            rows.append((f"`{q.name}`", q.unit, q.long_name, ", ".join(can)))
    return table(*rows)


def limits(name: str) -> str:
    found = [f"- `{words.limit(limit)}`" for limit in problem(name).limits]
    return "\n".join(found)


def accepted() -> str:
    """For each problem what is judged of its files, and what is not judged."""
    parts = []
    for field in own():
        for key in sorted(load(field).problems):
            kind = problem_class(f"{field}.{key}")
            lines = [f"## {field}.{key}", "", f"Judged: {kind.judged}", "", "Not said by it:", ""]
            parts.append("\n".join([*lines, *(f"- {line}" for line in kind.unchecked)]))
    return "\n\n".join([*parts, attacks(), meshes()])


def attacks() -> str:
    """How many forgeries were tried, by problem."""
    head = "## Forgeries tried\n\n`python -m benchmarks forgeries` counts them.\n\n"
    return head + counted("forgeries")


def meshes() -> str:
    """How many accepted designs of the examples hold their limits on half cells."""
    head = "## Accepted designs on half cells\n\n"
    text = (
        "`python -m benchmarks structures_mesh` measures known designs that the examples accept "
        "again on cells of half the size, and judges them by these values alone: those that hold "
        "their limits *beyond the mesh*, as is the rule, and those that hold them *plain*.\n\n"
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
        ("learned, on tokens and then numbers, such as panels", two_kinds.LEARNED),
        ("classical", CLASSICAL),
    ):
        rows.append((kind, ", ".join(f"`{name}`" for name in names)))
    text = (
        "`default` is the problem's own, which `ingenium show PROBLEM` names: "
        f"`{problem(PROBLEM).default_family}` for `{PROBLEM}`. A family that does not take the "
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
    """How a command is written, without its options."""
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
    """Name, default and help of one parameter; none for `--help`."""
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
    "monitor-spec": lambda: entries(MonitorSpec),
    "accepted": accepted,
    "families": families,
    "mapping-time": lambda: entries(columns.TimeColumn),
    "mapping-gaps": lambda: entries(columns.Gaps),
    "mapping-columns": lambda: entries(columns.Columns),
    "commands": commands,
    "codes": codes,
    "errors": faults,
}

OF_PROBLEM: dict[str, Callable[[str], str]] = {
    "setup": lambda name: entries(problem_class(name).Settings),
    "given": lambda name: inputs(problem_class(name)),
    "conditions": conditions,
    "quantities": quantities,
    "limits": limits,
}


def reference(name: str) -> str:
    """A block such as `limit`, or of a problem such as `grid.feeder_day/conditions`."""
    asked, _, part = name.rpartition("/")
    return OF_PROBLEM[part](asked) if asked else choice(MAKERS)(name)


if __name__ == "__main__":
    main({"reference": reference})
