"""Fills blocks of the documents from result files and sources; no figure and no code is typed.

    python tools/docs/fill_figures.py [--check]

`figures:NAME` comes from docs/figures/*.json, which `tools/docs/make_pictures.py` saves of a
finished run, and from benchmarks/results/*.json; `benchmark:NAME` is the table of a benchmark,
`head_to_head:PROBLEM` that of a comparison, `files:PATH` a file, and `source:PATH:NAME`
one class, function or value of a Python file. What the commands of tutorials print comes from
docs/figures/runs/*.json.
"""

import ast
import json
from functools import cache, partial
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd

import benchmark_headings as headings
from aims import weigh
from benchmark_peers import PEERS
from blocks import ROOT, choice, main, table
from compared import head_to_head
from consoles import with_outputs
from ingenium.comparison.markdown import markdown
from ingenium.comparison.scores import Comparison
from ingenium.core.spec import Limit
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.report import words
from ingenium_book.claims import chapters
from ingenium_book.entries import RowEntry, entries
from ingenium_book.pages import front, pages
from ingenium_book.verdicts import BUILT_RULE, RULE

DEMO = "winter_evening_peak"


@cache
def figures(name: str = DEMO) -> dict[str, Any]:
    """Stored figures of a run; of the demo by default."""
    found: dict[str, Any] = json.loads((ROOT / "docs" / "figures" / f"{name}.json").read_text())
    return found


def demo() -> str:
    """Output of the demo, from its summary."""
    return outcome(DEMO)


def held(name: str) -> str:
    """Count the designs of a run that satisfy every limit, with the resources used."""
    s, run = figures(name)["summary"], figures(name)["run"]
    total = sum(run["seconds"].values())
    return (
        f"Of {s['proposed']} proposals {s['accepted']} meet every limit: "
        f"{words.percent(s['acceptance'])} (95 % interval {words.percent(s['acceptance_low'])} to "
        f"{words.percent(s['acceptance_high'])}), in {total:.0f} s on "
        f"{run['machine']['cores']} cores."
    )


def outcome(name: str) -> str:
    """Output of a run, from its summary."""
    s, run = figures(name)["summary"], figures(name)["run"]
    span = f"{words.percent(s['acceptance_low'])} to {words.percent(s['acceptance_high'])}"
    rows = [("Limit", "Violated by", "Share (95 % interval)", "Worst")]
    requested = [words.limit(Limit(**limit)) for limit in run["spec"]["limits"]]
    for limit, b in zip(requested, s["limits"], strict=True):
        share = f"{words.percent(b['share'])} ({words.percent(b['low'])} to "
        worst = words.number(b["worst"], b["unit"]) if b["broken"] else ""
        rows.append((limit, str(b["broken"]), f"{share}{words.percent(b['high'])})", worst))
    return (
        f"**{s['accepted']}** of {s['proposed']} designs meet every limit: "
        f"{words.percent(s['acceptance'])} (95 % interval {span}). {s['rejected']} violate a "
        f"limit; the engine failed on {s['failed']}.\n\n{table(*rows)}\n\n{cost(run)}"
    )


def verdicts() -> str:
    """The counts of verdicts of the demo, as pandas prints them."""
    s = figures()["summary"]
    counted = {name: s[name] for name in ("accepted", "rejected", "failed") if s[name]}
    shown = pd.Series(counted, name="count").rename_axis("verdict").sort_values(ascending=False)
    return f"```text\n{shown}\n```"


def cost(run: dict[str, Any]) -> str:
    """Seconds and memory of the run, and its machine."""
    total = sum(run["seconds"].values())
    fitted = "with a stored model" if run["model"]["from_cache"] else "training included"
    cores, memory = run["machine"]["cores"], run["peak_memory_mb"]
    return f"{total:.0f} s on {cores} cores ({fitted}), at most {memory:.0f} MB of memory."


def record() -> str:
    """The evidence of one design, with digests and lists shortened."""
    found = figures()["evidence"]
    if found is None:
        return "No design of the stored run was kept."
    keys = ("min_voltage", "min_voltage_bus", "max_line_loading", "load_energy")
    shown = found | {"measured": {k: found["measured"][k] for k in keys}}
    lines = [f' "{k}": {json.dumps(short(v), ensure_ascii=False)}' for k, v in shown.items()]
    return "```json\n{\n" + ",\n".join(lines) + "\n}\n```"


def short(value: Any) -> Any:
    """Shorten digests to 8 digits and numbers to 6."""
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
    """Largest differences of the two engines, from the run."""
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
    found = compared()
    return "No comparison is stored yet." if found is None else markdown(found)


def compared() -> Comparison | None:
    """The stored comparison of all families on feeder days."""
    path = ROOT / "benchmarks" / "results" / "compare_feeder_day.json"
    return Comparison.from_json(path.read_text()) if path.is_file() else None


def main_measures() -> str:
    """The measures that decide, of all families and baselines."""
    found = compared()
    if found is None:
        return "No comparison is stored yet."
    names = ("energy_score", "variogram_score", "coverage_90", "classifier_auc", "copy_ratio")
    return markdown(found, metrics=[m for m in found.measured if m.name in names])


def aims() -> str:
    """Aims, and whether the default family and the best one reached them."""
    found = compared()
    if found is None:
        return "No comparison is stored yet."
    rows = [("Family", "Aim", "Measured", "Reached")]
    for family in (f for f in found.families if f not in found.baselines):
        rows += [
            (f"`{family}`", a.what, a.measured, "yes" if a.held else "no")
            for a in weigh(found, family)
        ]
    return table(*rows)


def other_feeders() -> str:
    """The aims of the default family on feeders that no choice was based on."""
    stem = "compare_feeder_day_"
    rows = [("Feeder", "Aim", "Measured", "Reached")]
    for path in sorted((ROOT / "benchmarks" / "results").glob(f"{stem}1-*.json")):
        feeder = path.stem.removeprefix(stem)
        rows += [
            (feeder, a.what, a.measured, "yes" if a.held else "no")
            for a in weigh(Comparison.from_json(path.read_text()), FeederDay.default_family)
        ]
    return table(*rows)


def steering() -> str:
    """The same spec with and without steering."""
    rows = [("Run", "Accepted", "Lowest voltage of the day: 5 %, median, 95 %", "Time to propose")]
    for title, name in (("without", "not_steered_low_voltage"), ("with", "steered_low_voltage")):
        found = figures(name)
        s, low = found["summary"], found["quantiles"]["min_voltage"]
        rows.append(
            (
                f"{title} steering",
                f"{s['accepted']} of {s['proposed']}",
                ", ".join(f"{x:.4f}" for x in low) + " pu",
                f"{found['run']['seconds']['propose']:.1f} s",
            )
        )
    return table(*rows)


def studies() -> str:
    """The evidence book for a stranger: a sentence, a bar, three boxes and a table by verdict."""
    return front.front(book(), lambda entry: f"book/{pages.address(entry)}")


def study_counts() -> str:
    """Number of rows by chapter and group of verdicts."""
    groups = list(front.GROUPS)
    rows = [("Chapter", "Claims", *groups, "wait")]
    for chapter in (*chapters(), None):
        own = [e for e in book() if chapter in (None, e.chapter)]
        found = front.grouped(own)
        left = len(own) - sum(found.values())
        title = f"[{chapter.chapter} {chapter.title}](book/{chapter.chapter}.md)" if chapter else ""
        numbers = (len(own), *(found[name] for name in groups), left)
        rows.append((title or "All", *(str(n or "") for n in numbers)))
    return table(*rows)


def study_rule() -> str:
    """The rule by which verdicts are derived."""
    return f"{RULE}\n\n{BUILT_RULE}"


@cache
def book() -> tuple[RowEntry, ...]:
    """Every row of the evidence book."""
    return entries(chapters(), ROOT / "book" / "outcomes")


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
        target: ast.AST = node
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if wanted in (getattr(target, "name", None), getattr(target, "id", None)):
            return node
    raise SystemExit(f"expected {wanted} in {name.partition(':')[0]}; it is not there")


def benchmark(name: str) -> str:
    """Rows of a benchmark, medians where there are several runs, and its machine."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    if not path.is_file():
        return "No result is stored yet."
    found = json.loads(path.read_text())
    on, used = found["machine"], found["versions"] | found.get("packages", {})
    shown = [tuple(headings.COLUMNS.get(key, key) for key in found["rows"][0])]
    for row in found["rows"]:
        cells = [_cell(value) for value in row.values()]
        shown.append(tuple(headings.LABELS.get(cell, cell) for cell in cells))
    peers = PEERS.get(name.partition("_")[0], PEERS["grid"])
    packages = ", ".join(f"{k} {used[k]}" for k in ("torch", *peers) if k in used)
    return (
        f"{headings.title(found['title'])}.\n\n{table(*shown)}\n\n{_strategies(found)}"
        f"{found['date'][:10]}, {on['cores']} cores, "
        f"{on['torch_capability']}; {packages}."
    )


def _strategies(found: dict[str, Any]) -> str:
    """Settings, counts and omissions of a comparison of strategies; empty for other benchmarks."""
    if "hypervolume between" not in found:
        return ""
    spans = found["hypervolume between"].items()
    box = ", ".join(f"{name.replace('_', ' ')} {a:g} and {b:g}" for name, (a, b) in spans)
    left = "; ".join(f"`{name}`, {why}" for name, why in found["left out"].items())
    return (
        f"Engine: {found['engine']}. Limits: {', '.join(found['limits'])}. Hypervolume is the "
        f"share of the box between {box}. {found['seeds']} seeds; rounds of at most "
        f"{found['designs of a round']} designs.{f' Omitted: {left}.' if left else ''}\n\n"
    )


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        if "median" not in value:
            return ", ".join(f"{k}: {v}" for k, v in value.items())
        value = value["median"]
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def outputs(path: Path, text: str) -> str:
    """Fill in the output of a tutorial's commands, as it was printed."""
    if path.parent.name != "tutorial":
        return text
    stored = ROOT / "docs" / "figures" / "runs" / f"{path.stem}.json"
    runs = json.loads(stored.read_text(encoding="utf-8")) if stored.is_file() else []
    printed = {run["text"]: "".join(f"{x}\n" for x in run["printed"]) for run in runs}
    try:
        return with_outputs(text, printed)
    except KeyError as error:
        raise SystemExit(
            f"{path.name}: expected a stored output of {error}; "
            f"write `python tools/docs/run_tutorials.py {path.stem}`"
        ) from None


MAKERS = {
    "demo": demo,
    "demo-verdicts": verdicts,
    "bracket": partial(held, "bracket"),
    "lead": partial(held, "lead"),
    "evidence": record,
    "cross-check": cross_check,
    "comparison": comparison,
    "main_measures": main_measures,
    "aims": aims,
    "other_feeders": other_feeders,
    "steering": steering,
    "studies": studies,
    "study_counts": study_counts,
    "study_rule": study_rule,
}

if __name__ == "__main__":
    main(
        {
            "figures": choice(MAKERS),
            "files": file,
            "source": source,
            "benchmark": benchmark,
            "contest": head_to_head,
        },
        outputs,
    )
