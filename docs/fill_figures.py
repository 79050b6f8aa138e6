"""Fills blocks of the documents from result files and sources; no figure and no code is typed.

    python docs/fill_figures.py [--check]

`figures:NAME` comes from docs/figures/*.json, which `docs/make_pictures.py` keeps of a finished
run, and from benchmarks/results/*.json; `files:PATH` is a file of the repository, and
`source:PATH:NAME` one class, function or value of a Python file.
"""

import ast
import json
from functools import cache
from textwrap import dedent
from typing import Any

from blocks import ROOT, choice, main, table

from ingenium.evaluate.markdown import markdown
from ingenium.evaluate.table import Comparison
from ingenium.report import words

DEMO = "winter_evening_peak"


@cache
def figures() -> dict[str, Any]:
    """What the documents show of the demo."""
    found: dict[str, Any] = json.loads((ROOT / "docs" / "figures" / f"{DEMO}.json").read_text())
    return found


def demo() -> str:
    """What the demo prints, from its summary."""
    s, run = figures()["summary"], figures()["run"]
    span = f"{words.percent(s['acceptance_low'])} to {words.percent(s['acceptance_high'])}"
    rows = [("Limit", "Broke it", "Share (95 % interval)", "Worst", "Typical", "Where, when")]
    for b in s["limits"]:
        bad = b["broken"] > 0
        rows.append(
            (
                b["limit"],
                str(b["broken"]),
                f"{words.percent(b['share'])} ({words.percent(b['low'])} to "
                f"{words.percent(b['high'])})",
                words.number(b["worst"], b["unit"]) if bad else "",
                words.number(b["typical"], b["unit"]) if bad else "",
                ", ".join(b["where"]),
            )
        )
    return (
        f"**{s['accepted']}** of {s['proposed']} designs held every limit: "
        f"{words.percent(s['acceptance'])} (95 % interval {span}). {s['rejected']} broke a limit; "
        f"to {s['failed']} the engine had no answer.\n\n{table(*rows)}\n\n{cost(run)}"
    )


def cost(run: dict[str, Any]) -> str:
    """Seconds and memory of the run, and on what."""
    total = sum(run["seconds"].values())
    fitted = "model from the cache" if run["model"]["from_cache"] else "with fitting"
    stages = ", ".join(f"{k} {v:.1f} s" for k, v in run["seconds"].items())
    return (
        f"{total:.0f} s ({fitted}; {stages}), at most {run['peak_memory_mb']:.0f} MB, on "
        f"{run['machine']['cores']} cores with {run['machine']['torch_threads']} threads."
    )


def record() -> str:
    """The evidence of one design, digests and lists cut short."""
    found = figures()["evidence"]
    if found is None:
        return "No design of the stored run was kept."
    keys = ("min_voltage", "min_voltage_bus", "max_line_loading", "load_energy")
    shown = found | {"measured": {k: found["measured"][k] for k in keys}}
    return f"```json\n{json.dumps(short(shown), indent=1, ensure_ascii=False)}\n```"


def short(value: Any) -> Any:
    """Digests of 8 digits and numbers of 6."""
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [short(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, str) and value.startswith("sha256:"):
        return f"{value[:15]}..."
    return value


def cross_check() -> str:
    """How far the two engines are apart, from the run."""
    found = figures()["run"]["cross_check"]
    engine = figures()["run"]["engine"]
    rows = [("Quantity", "Largest difference")]
    rows += [(f"`{k}`", words.number(v)) for k, v in found["disagreement"].items()]
    return (
        f"{engine['name']} {engine['version']} against {found['engine']} {found['version']} on "
        f"{found['checked']} steps ({words.percent(found['share'])}):\n\n{table(*rows)}"
    )


def comparison() -> str:
    """The table of all families and baselines, where one is stored."""
    stored = sorted((ROOT / "benchmarks" / "results").rglob("comparison*.json"))
    if not stored:
        return "No comparison is stored yet."
    return markdown(Comparison.from_json(stored[-1].read_text()))


def file(name: str) -> str:
    """A whole file, fenced."""
    language = {"py": "python"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    return f"```{language}\n{(ROOT / name).read_text().strip()}\n```"


def source(name: str) -> str:
    """One class, function or value at the top of a Python file, or `Class.method`."""
    path, _, wanted = name.partition(":")
    text = (ROOT / path).read_text()
    body: list[ast.stmt] = ast.parse(text).body
    outer, _, inner = wanted.partition(".")
    node = named(body, outer, name)
    if inner:
        assert isinstance(node, ast.ClassDef)
        node = named(node.body, inner, name)
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return f"```python\n{dedent(chr(10).join(lines))}\n```"


def named(body: list[ast.stmt], wanted: str, name: str) -> ast.stmt:
    for node in body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        if wanted in (getattr(target, "name", None), getattr(target, "id", None)):
            return node
    raise SystemExit(f"expected {wanted} in {name.partition(':')[0]}; it is not there")


MAKERS = {
    "demo": demo,
    "evidence": record,
    "cross-check": cross_check,
    "comparison": comparison,
}

if __name__ == "__main__":
    main({"figures": choice(MAKERS), "files": file, "source": source})
