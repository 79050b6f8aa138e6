"""Write the JSON schemas that the package ships, from the types in its code.

python tools/docs/write_schemas.py [--check]
"""

import argparse
import sys

from blocks import ROOT
from ingenium.cli.schema import PLACE, made

FOLDER = ROOT.joinpath("src", *PLACE[0].split("."), PLACE[1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="change nothing; fail if out of date")
    check = parser.parse_args().check
    there = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    wanted = made()
    old = sorted(name for name in there.keys() | wanted if there.get(name) != wanted.get(name))
    if check and old:
        sys.exit(f"schemas of {', '.join(old)} are out of date; `make docs`")
    for name in old:
        path = FOLDER / f"{name}.json"
        if name not in wanted:
            path.unlink()
            continue
        FOLDER.mkdir(exist_ok=True)
        path.write_text(wanted[name], encoding="utf-8")


if __name__ == "__main__":
    main()
