"""Report sections: the understood task, the programme with its plan, and the plan as a picture."""

import math
from typing import Any

import networkx as nx
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.domains.words.programme import highs
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.formats import PROGRAMME
from ingenium.domains.words.programme.task import WordedTask

INK, FAINT, STRONG = "#1c2329", "#c3c9cf", "#2f7fc1"


def sections(task: WordedTask, text: str, designs: xr.Dataset) -> tuple[Section, ...]:
    """Show all three, or the first alone where nothing was accepted."""
    read = [("what", "of what", "value"), *understood(task)]
    found = [Section("The task as it was read", " ".join(text.split()), table=tuple(read))]
    if not designs.sizes["design"]:
        return tuple(found)
    code = str(designs[PROGRAMME].values[0])
    made = programme(code, task.names)
    best, plan = highs.optimum(made), highs.plan(made)
    lines = [("line", "code")]
    lines += [(str(i), line) for i, line in enumerate(code.splitlines(), 1)]
    found.append(
        Section("The first programme", "Each line in the notation of OR-Tools.", table=tuple(lines))
    )
    words = f"HiGHS finds {best:.10g}; the other way finds {task.optimum():.10g}."
    rows = (("variable", "value"), *((n, f"{v:g}") for n, v in plan.items()))
    figure = drawn(task, plan)
    found.append(Section("Its plan", words, table=rows, figure=figure))
    return tuple(found)


def understood(task: WordedTask) -> list[tuple[str, str, str]]:
    """Tabulate each number or name of the data."""
    rows = [("kind", task.kind.name, task.kind.about)]
    for name, value in task.data.items():
        reported = name.replace("_", " ")
        if isinstance(value, dict):
            rows += [(reported, _key(k), _reported(v)) for k, v in value.items()]
        elif isinstance(value, list):
            rows += [(reported, _key(v), "") for v in value]
        else:
            rows.append((reported, "", _reported(value)))
    return rows


def _key(key: Any) -> str:
    return " to ".join(key) if isinstance(key, tuple) else str(key)


def _reported(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def drawn(task: WordedTask, plan: dict[str, float]) -> Figure:
    """Draw routes and assignments as a graph, amounts as bars."""
    pairs = [k for k in task.data.get("cost", {}) if isinstance(k, tuple)]
    named = {
        name: pair
        for pair in pairs
        for name in (
            f"go_{pair[0]}_{pair[1]}",
            f"ship_{pair[0]}_{pair[1]}",
            f"{pair[0]}_does_{pair[1]}",
            f"{pair[0]}_serves_{pair[1]}",
        )
    }
    used = {named[name]: value for name, value in plan.items() if name in named}
    return _graph(pairs, used) if used else _bars(plan)


def _graph(pairs: list[tuple[str, str]], used: dict[tuple[str, str], float]) -> Figure:
    figure = Figure(figsize=(6.2, 4.2))
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
    axes.set_axis_off()
    graph = nx.DiGraph(pairs)
    rows, columns = ({p[k] for p in pairs} for k in (0, 1))
    if rows & columns:
        place = nx.circular_layout(sorted(graph))
    else:
        place = nx.bipartite_layout(graph, sorted(rows))
    faint = [p for p in pairs if p not in used]
    common = {"ax": axes, "node_size": 1100, "arrowsize": 9}
    nx.draw_networkx_edges(graph, place, faint, edge_color=FAINT, width=0.6, **common)
    common["arrowsize"] = 16
    nx.draw_networkx_edges(graph, place, list(used), edge_color=STRONG, width=2.2, **common)
    nx.draw_networkx_nodes(
        graph, place, ax=axes, node_size=1100, node_color="white", edgecolors=INK
    )
    nx.draw_networkx_labels(graph, place, ax=axes, font_size=8, font_color=INK)
    if any(not math.isclose(v, 1.0) for v in used.values()):
        reported = {pair: f"{value:g}" for pair, value in used.items()}
        nx.draw_networkx_edge_labels(graph, place, reported, ax=axes, font_size=8, label_pos=0.35)
    return figure


def _bars(plan: dict[str, float]) -> Figure:
    figure = Figure(figsize=(6.2, 0.8 + 0.34 * max(len(plan), 2)), layout="constrained")
    axes = figure.subplots()
    names = [name.replace("_", " ") for name in plan]
    axes.barh(names[::-1], list(plan.values())[::-1], color=STRONG)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("value in the best plan")
    return figure
