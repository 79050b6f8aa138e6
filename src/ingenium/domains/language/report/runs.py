"""Records of a run of this package as a table of facts: the measurements of each design."""

import json
from collections.abc import Mapping
from typing import Any

from ingenium.core.errors import InputError


def is_evidence(text: str) -> bool:
    """Return whether a text is the evidence of a run, in lines of JSON."""
    return text.startswith("{") and '"measured"' in text.partition("\n")[0]


def evidence_table(text: str) -> tuple[str, dict[str, str]]:
    """Return the measurements as CSV, and the unit of each.

    Raises:
        InputError: for lines that are no evidence.
    """
    rows, units = [], dict[str, str]()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            record: Mapping[str, Any] = json.loads(line)
            measured = record["measured"]
            rows.append((f"design {record['design']}", measured))
            units |= {k: str(v.get("unit", "1")) for k, v in measured.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError("evidence of a run, a design a line", f"line {number}") from None
    names = [k for k in units if not isinstance(rows[0][1][k].get("value"), str)]
    head = ",".join(["design", *names])
    lines = [",".join([n, *(_cell(m[k].get("value")) for k in names)]) for n, m in rows]
    return "\n".join([head, *lines]) + "\n", {k: units[k] for k in names}


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)
