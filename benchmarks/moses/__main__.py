"""The MOSES table of a file of SMILES, one a line, with the published rows.

Write `python -m benchmarks.moses FILE.smi`; the official protocol takes 30,000.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from benchmarks.moses.published import COLUMNS, PUBLISHED
from benchmarks.moses.suite import suite
from ingenium.core.errors import IngeniumError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.recipe import printed
from ingenium.domains.molecules.data import moses, moses_statistics

REFERENCES = {"Test": "test", "TestSF": "test_scaffolds"}


def measured(smiles: list[str], *, processes: int = 1) -> dict[str, float]:
    """All metrics against the sets of MOSES."""
    references = {name: moses_statistics(split) for name, split in REFERENCES.items()}
    return suite(smiles, moses("train"), references, processes=processes, watch=printed)


def table(found: Mapping[str, float], name: str) -> str:
    """The metrics as a Markdown table above those of the published rows."""
    rows = {name: found} | {f"{k} (published)": v for k, v in PUBLISHED.items()}
    lines = [["", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    lines += [[k, *(f"{v[c]:.4f}" for c in COLUMNS)] for k, v in rows.items()]
    more = ", ".join(f"{k} {found[k]:.4g}" for k in found if k not in COLUMNS)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\nWasserstein: {more}\n"


def main() -> None:
    """Print the table, and write the numbers to the file of `--json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    requested = parser.parse_args()
    try:
        smiles = [line.split()[0] if line.strip() else "" for line in _lines(requested.file)]
        found = measured(smiles, processes=requested.processes)
    except IngeniumError as error:
        sys.exit(str(error))
    if requested.json:
        write_atomic(requested.json, json.dumps(found, indent=2) + "\n")
    print(table(found, requested.file.stem))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a file of SMILES, one a line", f"{file}: {error}") from None


if __name__ == "__main__":
    main()
