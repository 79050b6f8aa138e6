"""Write `contracts.json` of each domain: the names that a spec can use, for readers of requests.

With `--check` it only reports whether a file differs from the code.
"""

import sys
from pathlib import Path

from ingenium.domains import load, own
from ingenium.verbs.ask import CONTRACTS, as_json, contract_of, contracts
from ingenium.words.doors import cards
from ingenium.words.likeness import PACKAGED, key_of, packed, read_vectors, usual

DOMAINS = Path(__file__).parents[2] / "src" / "ingenium" / "domains"


def cards_written(write: bool) -> bool:
    """Write the vectors of what contracts say, where the encoder is installed; False if stale."""
    memory = usual()
    if memory is None:
        return True
    path = DOMAINS.parent / "words" / PACKAGED
    said = [s for c in contracts() for s in cards(c)]
    wanted = {key_of(s): v for s, v in zip(said, memory.vectors(said), strict=True)}
    fresh = path.is_file() and read_vectors(path.read_bytes()).keys() == wanted.keys()
    if not fresh and write:
        path.write_bytes(packed(wanted))
    return fresh


def main() -> None:
    stale = []
    for field in own():
        domain = load(field)
        if domain.missing():
            continue
        made = as_json(contract_of(f"{field}.{key}") for key in sorted(domain.problems))
        path = DOMAINS / field / CONTRACTS
        if not path.is_file() or path.read_text() != made:
            stale.append(str(path.relative_to(DOMAINS)))
            if "--check" not in sys.argv:
                path.write_text(made)
    if not cards_written("--check" not in sys.argv):
        stale.append("words/cards.npz")
    if stale and "--check" in sys.argv:
        sys.exit(
            f"not what the code says: {', '.join(stale)}; run python tools/docs/write_contracts.py"
        )


if __name__ == "__main__":
    main()
