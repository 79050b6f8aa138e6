"""Entries of the ledger in a few words, for tables and reports."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.setups import in_words
from ingenium.core.spec import Between, Spec, Wanted, parse
from ingenium.trust.records import Entry

SHORT = 12  # digits of a digest


def reported(entry: Entry) -> str:
    """Summarise an entry in a line; empty for an unknown kind."""
    way = _WAYS.get(entry.kind)
    if way is None:
        return ""
    try:
        return way(entry.table)
    except (KeyError, TypeError, AttributeError):  # another program's, or altered
        return ""


def request_of(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Summarise a request as headings with words; empty for an entry that lacks one, or is altered.

    Args:
        body: body of a proposal, or of the beginning of a search.
    """
    try:
        requested = parse(body["requested"], Spec, "requested")
    except (InputError, KeyError, TypeError, ValueError):
        return ()
    words = {
        "title": requested.title,
        "setup": "; ".join(line for k, v in requested.setup.items() for line in in_words(k, v)),
        "under": "; ".join(f"{k}: {_wanted(v)}" for k, v in requested.conditions.items()),
        "limits": "; ".join(limit.label for limit in requested.limits),
        "fixed": "; ".join(f"{k} = {v.value:g}" for k, v in requested.fixed.items()),
        "ranked by": "; ".join(f"{o.sense} {o.quantity}" for o in requested.objectives),
    }
    return tuple((name, text) for name, text in words.items() if text)


def _wanted(wanted: Wanted) -> str:
    if isinstance(wanted, Between):
        return f"{wanted.at_least:g} to {wanted.at_most:g}"
    return ", ".join(wanted) if isinstance(wanted, tuple) else str(wanted)


def engines_of(entry: Entry) -> list[tuple[str, str]]:
    """Tier of each engine that measured, and its name with the version; empty if none is named."""
    try:
        return [(str(e["tier"]), f"{e['name']} {e['version']}") for e in entry.table["engines"]]
    except (KeyError, TypeError):  # older than such a list, another program's, or altered
        return []


def refuses(entry: Entry) -> bool:
    """True if a person or a check refused: a screen, the gate, a signer."""
    body = entry.table
    return (
        entry.kind == "refusal"
        or (entry.kind == "publish" and body.get("published") is False)
        or (entry.kind == "sign-off" and body.get("decision") == "refused")
    )


def short(digest: str) -> str:
    """The first digits of a digest."""
    return digest.removeprefix("sha256:")[:SHORT]


def _proposal(body: Mapping[str, Any]) -> str:
    return (
        f"{body['proposed']} proposed: {body['accepted']} accepted, {body['rejected']} rejected, "
        f"{body['failed']} failed"
    )


def _search(body: Mapping[str, Any]) -> str:
    return f"begun by {body['strategy']}, session {body['session']}, at {body['calls']} calls"


def _search_end(body: Mapping[str, Any]) -> str:
    return f"ended after {body['calls']} calls: {body['why']}"


def _fit(body: Mapping[str, Any]) -> str:
    return f"{body['family']} {short(body['model'])}{', from the cache' if body['cached'] else ''}"


def _verify(body: Mapping[str, Any]) -> str:
    counts = Counter(body["verdicts"])
    said = ", ".join(f"{counts[k]} {k}" for k in ("accepted", "rejected", "failed") if counts[k])
    altered = f"; {len(body['altered'])} altered" if body["altered"] else ""
    return f"{len(body['files'])} files: {said}{altered}"


def _replay(body: Mapping[str, Any]) -> str:
    held = (
        "its evidence is reproduced"
        if body["reproduced"]
        else f"broken: {', '.join(body['broken'])}"
    )
    return f"design {body['design']}: {held}"


def _refusal(body: Mapping[str, Any]) -> str:
    names = sorted({name for one in body["refused"] for name in one["classes"]})
    return f"{len(body['refused'])} refused by {body['screen']} ({', '.join(names)})"


def _publish(body: Mapping[str, Any]) -> str:
    failed = [check["name"] for check in body["checks"] if not check["passed"]]
    roles = ", ".join(body["roles"])
    return f"blocked by {', '.join(failed)}" if failed else f"published, signed as {roles}"


def _sign_off(body: Mapping[str, Any]) -> str:
    return f"{short(body['entry'])} {body['decision']} as {body['role']}: {body['statement']}"


_WAYS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "proposal": _proposal,
    "search": _search,
    "search-end": _search_end,
    "fit": _fit,
    "verify": _verify,
    "replay": _replay,
    "refusal": _refusal,
    "sign-off": _sign_off,
    "publish": _publish,
}
KINDS = tuple(_WAYS)
