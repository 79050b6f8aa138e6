"""Run the steps of a tutorial, and save the output of its commands.

    python tools/docs/run_tutorials.py first_airfoil [--keep FOLDER]

writes docs/figures/runs/first_airfoil.json, from which `tools/docs/fill_figures.py` fills the
outputs into the page. A tutorial runs in a folder of its own; `examples` in it is
that of the repository.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blocks import ROOT
from consoles import Step, steps

TUTORIALS = ROOT / "docs" / "tutorial"
RUNS = ROOT / "docs" / "figures" / "runs"
MEANT = (0, 1)  # a command may end with 1: no design satisfies every limit, which a page may show
COST = re.compile(  # resources of a run, which differ each time
    r"^[\d.e+-]+ (s|Wh) \(.*\n|, [\d.]+ s$", re.MULTILINE
)


def did(name: str, folder: Path) -> list[dict[str, Any]]:
    """Run all steps of a tutorial in a folder; return their output.

    Raises:
        SystemExit: at the first step that fails.
    """
    (folder / "examples").symlink_to(ROOT / "examples")
    done: list[dict[str, Any]] = []
    code: list[str] = []  # of the Python blocks so far
    for step in steps((TUTORIALS / f"{name}.md").read_text(encoding="utf-8")):
        if step.kind == "file":
            (folder / step.name).write_text(step.text, encoding="utf-8")
            continue
        print(step.text, file=sys.stderr, flush=True)
        begun = time.monotonic()
        found = python(step, code, folder) if step.kind == "python" else command(step.text, folder)
        if found.returncode not in MEANT:
            raise SystemExit(f"{step.text}\nended with {found.returncode}:\n{found.stderr}")
        done.append(
            {
                "text": step.text,
                "code": found.returncode,
                "seconds": round(time.monotonic() - begun, 1),
                "printed": shown(found.stdout),
            }
        )
    return done


def shown(text: str) -> list[str]:
    """Output as a page shows it: without resources used, and without empty lines at either end."""
    lines = [line.rstrip() for line in COST.sub("", text).splitlines()]
    return "\n".join(lines).strip("\n").splitlines()


def command(text: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command in a shell, with the `ingenium` of this Python first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return ran(["bash", "-o", "pipefail", "-c", text], folder, {"PATH": path})


def python(step: Step, code: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a block after those before it, whose output is discarded."""
    quiet = (
        "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()):\n    exec({!r})\n"
    )
    before = quiet.format("".join(code)) if code else ""
    code.append(step.text)
    return ran([sys.executable, "-c", before + step.text], folder, {"MPLBACKEND": "Agg"})


def ran(
    words: list[str], folder: Path, more: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    own = str(ROOT / "src")  # this checkout, whichever is installed
    settings = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": own, **more}
    return subprocess.run(words, cwd=folder, env=settings, capture_output=True, text=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", help="such as first_airfoil")
    parser.add_argument("--keep", type=Path, help="folder in which the runs are left")
    requested = parser.parse_args()
    RUNS.mkdir(exist_ok=True)
    for name in requested.names:
        with tempfile.TemporaryDirectory() as made:
            folder = requested.keep.resolve() / name if requested.keep else Path(made)
            folder.mkdir(parents=True, exist_ok=True)
            found = did(name, folder)
        (RUNS / f"{name}.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
