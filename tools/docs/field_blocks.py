"""Pages of fields and verbs, and the list of all problems, from what domains already say."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from os.path import relpath

from blocks import ROOT, table
from compared import stored
from first_runs import answered
from ingenium.domains import load, own, problem_class

TIMES = ROOT / "benchmarks" / "results" / "first_runs.json"
QUIET = 2.0  # mean load of two cores up to which wall time is that of a quiet machine
ALONGSIDE = {"grid": " ./grid-data", "molecules": " ./networks", "quantum": " ./networks"}
OPENED_BY = {  # tools of the fields, by format
    "dat": "XFOIL, XFLR5, AeroSandbox",
    "c-source": "any C99 compiler",
    "fmu": "FMI 2 tools such as OpenModelica, Simulink, FMPy",
    "svg": "Inkscape, browsers",
    "wav": "any audio editor",
    "formula": "SymPy, LaTeX, C (all three are in the file)",
    "netcdf": "xarray, Panoply, MATLAB",
    "hdf5": "h5py, HDFView, MATLAB",
    "simbench-csv": "SimBench, pandapower",
    "pandapower-json": "pandapower",
    "matpower": "MATPOWER, PYPOWER, PowerModels",
    "psse_raw": "PSS/E, PowerWorld, PowerSystems.jl",
    "pglib_uc": "any JSON reader",
    "epjson": "EnergyPlus 25.2, with a weather file",
    "bpx": "bpx",
    "parquet": "pandas, DuckDB, Spark",
    "parquet-long": "pandas, DuckDB, Spark",
    "csv": "pandas, Excel",
    "cif": "VESTA, ASE, pymatgen",
    "poscar": "VASP, ASE, VESTA",
    "sdf": "RDKit, PyMOL, ChimeraX",
    "xyz": "Avogadro, ASE",
    "smi": "RDKit, Open Babel",
    "json": "any JSON reader",
    "rsmi": "RDKit",
    "png": "any image viewer; the drive beside it is NIR, read by NEST and snnTorch",
    "ts": "sktime, aeon",
    "scada-csv": "pandas, Excel",
    "te-csv": "pandas, Excel",
    "pytest": "pytest; JUnit XML and LCOV beside it: CI servers, coverage viewers",
    "diff": "git apply, patch",
    "md": "any editor; Pandoc, Obsidian, iA Writer",
    "twee": "Twine, Tweego",
    "story": "any editor, any browser; the queries beside it: DuckDB",
    "message": "any editor, any browser",
    "po": "gettext, Poedit, Weblate; the XLIFF beside it: translation programs",
    "mm": "metamath, mmj2, metamath-knife",
    "recipes-csv": "pandas, Excel, laboratory software",
    "settings-csv": "pandas, Excel, software of printers",
    "build-folder": "readers of CLI and 3MF, G-code viewers, pandas",
    "quotes-csv": "pandas, Excel",
    "settings-jsonl": "pandas",
    "qasm": "qiskit, other readers of OpenQASM",
    "sionna-hdf5": "Sionna, h5py",
    "beam-hdf5": "h5py, MATLAB",
    "stl+3mf": "slicers such as PrusaSlicer and Cura",
    "stl": "slicers such as PrusaSlicer and Cura",
    "3mf": "slicers such as PrusaSlicer and Cura",
    "cells": "pandas, Excel",
    "npz": "NumPy",
    "vtk": "ParaView",
    "struts": "pandas, Excel",
    "ifc": "Revit, ArchiCAD, BlenderBIM, FreeCAD; its DXF: AutoCAD, its GeoJSON: QGIS",
    "inp": "CalculiX, Abaqus",
    "dxf": "AutoCAD, LibreCAD, FreeCAD",
    "gcode": "printers and their viewers",
    "txt": "any editor",
    "jsonl": "pandas",
    "ortools": "Python with OR-Tools; its MPS and LP files: HiGHS, Gurobi, CPLEX",
}


@cache
def sections(field: str) -> dict[str, str]:
    """The sections of a domain's README by heading, with links as from a page of a field."""
    place = ROOT / "src" / "ingenium" / "domains" / field

    def led(link: re.Match[str]) -> str:
        if "://" in link[1] or link[1].startswith("#"):
            return link[0]
        return f"]({relpath(place / link[1], ROOT / 'docs' / 'fields')})"

    text = re.sub(r"\]\(([^)\s]+)\)", led, (place / "README.md").read_text(encoding="utf-8"))
    parts = [part.partition("\n") for part in text.split("\n## ")[1:]]
    return {head.strip(): body.strip() for head, _, body in parts}


def commands(field: str) -> list[str]:
    """Commands in the README of a domain, on a line each."""
    text = re.sub(r"\\\n\s*", "", "\n".join(sections(field).values()))
    return re.findall(r"^(ingenium .+?)\s*$", text, re.MULTILINE)


@cache
def times() -> dict[str, str]:
    """Time of each command on a machine that had run none before, as it was recorded."""
    rows = json.loads(TIMES.read_text(encoding="utf-8"))["rows"]
    return {row["command"]: _time(row) for row in rows if answered(row)}


def _time(row: dict[str, float]) -> str:
    """Wall time; CPU time, and said so, where others used the machine meanwhile."""
    quiet = row["load_average"] <= QUIET
    seconds = row["wall_s"] if quiet else row["cpu_s"]
    text = f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
    return text if quiet else f"{text} (CPU)"


def purpose(command: str) -> str:
    """Purpose of a command: the title of its spec, else the summary of its problem."""
    parts = shlex.split(command)
    if "--spec" in parts:
        found = tomllib.loads((ROOT / parts[parts.index("--spec") + 1]).read_text())
        if found.get("title"):
            return str(found["title"])
    for part in parts:
        field, _, key = part.partition(".")
        if field in own() and key in load(field).problems:
            return load(field).problems[key].summary
    return " ".join(parts[1:3])


def problems() -> str:
    """All problems by field, each with its commands and the time of its first run."""
    return "\n\n".join(_of(field) for field in own())


def _of(field: str) -> str:
    head = f"## {field.capitalize()}\n\n{_sentence(load(field).summary)} [More](fields/{field}.md)."
    listed = [f"- `{field}.{key}`: {o.summary}" for key, o in load(field).problems.items()]
    rows = [("Example", "Command", "First run")]
    rows += [(purpose(c), f"`{c}`", times().get(c, "not recorded")) for c in commands(field)]
    shown = f'<div class="commands" markdown>\n\n{table(*rows)}\n\n</div>'
    return f"{head}\n\n" + "\n".join(listed) + f"\n\n{shown}"


def field(name: str) -> str:
    """The body of a field's page."""
    domain, said = load(name), sections(name)
    rows = [("Problem", "What you get")]
    rows += [(f"`{name}.{key}`", offer.summary) for key, offer in domain.problems.items()]
    first = "\n".join(commands(name)[:4])
    extra = f'".[{domain.extra}]"' if domain.extra else "."
    install = f"pip install {extra}{ALONGSIDE.get(name, '')}"
    parts = [
        f"## What you get\n\n{table(*rows)}",
        f"## Quickstart\n\nFrom a checkout:\n\n```sh\n{install}\n{first}\n```\n\nEvery command "
        "with the time of its first run: [all problems](../problems.md).",
        f"## Files\n\n{table(*_files(name))}",
        f"## The engine, and how far to trust it\n\n{said['Engine']}\n\n{_unjudged(name)}",
        f"## Where it loses\n\n{_losses(name)}",
        "## Read on\n\n[Variables, units, data and references]"
        f"(../../src/ingenium/domains/{name}/README.md) · "
        f"[every setting](../reference/problems/{name}.md) · [gallery](../gallery.md)",
    ]
    return "\n\n".join(parts)


def _files(name: str) -> Iterator[tuple[str, str, str]]:
    from problem_blocks import exemplified

    yield "Problem", "Format", "Opened by"
    for key in load(name).problems:
        for i, form in enumerate(exemplified(f"{name}.{key}").formats):
            yield "" if i else f"`{name}.{key}`", f"`{form}`", OPENED_BY[form]


def _unjudged(name: str) -> str:
    """Statements that a verdict does not make, by problem."""
    lines = ["An accepted design says nothing about the following."]
    for key in load(name).problems:
        kind = problem_class(f"{name}.{key}")
        lines += [f"\n`{name}.{key}`:\n", *(f"- {line}" for line in kind.unchecked)]
    return "\n".join(lines)


def _losses(name: str) -> str:
    """The benchmarks of the field as they are stored, and its baselines."""
    found = [stored(f"{name}.{key}") for key in load(name).problems]
    lines = [f"- {one.sentence()}" for one in found if one is not None]
    table_of = "[All arms](../head_to_head.md)." if lines else ""
    return "\n\n".join(filter(None, ["\n".join(lines), table_of, sections(name)["Baselines"]]))


def verb(name: str) -> str:
    """Commands of a verb, by field."""
    parts = []
    for domain in own():
        mine = [c for c in commands(domain) if c.split()[1] == name]
        parts += [
            f"[{domain.capitalize()}](../fields/{domain}.md): {purpose(c)}\n\n```sh\n{c}\n```"
            for c in mine[:2]
        ]
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
