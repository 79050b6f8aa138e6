"""Time and memory of the commands of equations with an empty cache."""

import tempfile
from pathlib import Path

from benchmarks.measuring import cost, report, save

ROOT = Path(__file__).parents[1]
NAME, TITLE = "equations_job", "Laws, models and solution fields, from nothing"
COMMANDS = (
    "propose equations.law --spec examples/equations/pendulum.toml -n 200 --seed 7"
    " --out out/pendulum",
    'model "Two species, one eats the other" --data examples/equations/hare_lynx.csv'
    " --out out/lynx",
    "propose equations.field --spec examples/equations/burgers.toml -n 64 --seed 7"
    " --out out/burgers",
    "propose equations.field --spec examples/equations/darcy.toml -n 64 --seed 7 --out out/darcy",
)


def run() -> None:
    """Write and print all rows."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "examples").symlink_to(ROOT / "examples")
        for command in COMMANDS:
            rows.append(cost(command, folder))
            save(NAME, TITLE, rows, {})
    report(NAME, TITLE, rows, {})
