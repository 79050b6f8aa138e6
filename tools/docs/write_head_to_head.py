"""Write `head_to_head.json` of each domain, and draw the stored comparisons for their page.

With `--check` it only reports whether a file differs from the results.
"""

import sys
from pathlib import Path

from blocks import ROOT
from compared import RESULTS, setups
from ingenium.comparison.head_to_head_table import HeadToHeadTable
from ingenium.comparison.verdicts import COMPARISONS, as_json
from ingenium.domains import load, own

DOMAINS = ROOT / "src" / "ingenium" / "domains"


def stale() -> dict[Path, str]:
    """Files that differ from the results, with their new contents."""
    found: dict[Path, str] = {}
    for field in own():
        tables = [t for key in sorted(load(field).problems) for t in setups(f"{field}.{key}")]
        verdicts = tuple(t.verdict() for t in tables)
        path = DOMAINS / field / COMPARISONS
        if verdicts and (not path.is_file() or path.read_text() != as_json(verdicts)):
            found[path] = as_json(verdicts)
    return found


def main() -> None:
    reported = stale()
    if "--check" not in sys.argv:
        for path, text in reported.items():
            path.write_text(text)
        for retained in RESULTS.glob("head_to_head_*.json"):
            picture = ROOT / "docs" / "pictures" / f"{retained.stem}.png"
            HeadToHeadTable.load(retained).figure().savefig(picture, dpi=100)
    elif reported:
        names = ", ".join(str(p.relative_to(DOMAINS)) for p in reported)
        sys.exit(f"not what the results say: {names}; run python tools/docs/write_head_to_head.py")


if __name__ == "__main__":
    main()
