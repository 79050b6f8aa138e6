"""Seals of evidence: each line is bound to its own words and to the line before it.

The last entry of a line is the digest of the rest of it, which names the seal before. So a line
that was altered, left out, doubled or moved shows. A seal is no signature: a file that is rewritten
and sealed again is only revealed by a copy elsewhere, such as the ledger.

Source: Haber & Stornetta, How to time-stamp a digital document, J. Cryptology 3, 1991 (linking).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ingenium.core.digest import PREFIX, content_digest

START = PREFIX + 64 * "0"  # the seal before the first line
PREVIOUS, SEAL = "previous", "seal"
_END = re.compile(rf', "{SEAL}": "({PREFIX}[0-9a-f]{{64}})"}}$'.encode())


def sealed(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the line of each record, chained by seals."""
    last = START
    for record in records:
        text = json.dumps({**record, PREVIOUS: last})
        last = content_digest(text)
        yield f'{text[:-1]}, "{SEAL}": "{last}"}}\n'


def faults(content: bytes) -> list[str] | None:
    """List the faults in lines of sealed records; None where no line carries a seal."""
    lines = content.splitlines()
    ends = [_END.search(line) for line in lines]
    if not any(ends):
        return None
    found, last = [], START
    for number, (line, end) in enumerate(zip(lines, ends, strict=True), start=1):
        where = f"line {number}, of design {_design(line)},"
        if end is None:
            found.append(f"{where} carries no seal, as others do")
            continue
        if content_digest(line[: end.start()] + b"}") != end[1].decode():
            found.append(f"{where} was altered after the run")
        elif json.loads(line).get(PREVIOUS) != last:
            found.append(f"{where} does not follow the line before it: some went, came or moved")
        last = end[1].decode()
    return found


def _design(line: bytes) -> Any:
    try:
        return json.loads(line)["design"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "an unknown number"
