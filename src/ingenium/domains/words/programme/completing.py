"""Completion of the data of each kind; reports missing items."""

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingenium.domains.words.programme.understood import Understood

COVERS = re.compile(r"\b(?:covers?|sees?|reach(?:es)?|serves?|contains?|watch(?:es)?)\b", re.I)
BOTH = re.compile(r"both (?:ways|directions)|same (?:both|in both)|either way|symmetric", re.I)
SAME_COST = 1.0


def _missing(got: "Understood", *names: str) -> str:
    lacks = [n for n in names if not got.data.get(n)]
    return " and ".join(lacks)


def _full(got: "Understood", rows: str, columns: str) -> str:
    """Return the pairs of two sets without a number, in words; empty if none."""
    pairs = [(i, j) for i in got.data[rows] for j in got.data[columns]]
    lacks = [f"{i} to {j}" for i, j in pairs if (i, j) not in got.two]
    return f"the {got.frame.pair} of {', '.join(lacks[:3])}" if lacks else ""


def _both_ways(got: "Understood") -> None:
    if BOTH.search(got.text.text):
        for (i, j), value in list(got.two.items()):
            got.two.setdefault((j, i), value)


def path(got: "Understood") -> str:
    """Complete both ends, where a sentence says from where to where."""
    _both_ways(got)
    node = r"(?:node |the |town |city )?([\w']+)"
    for m in re.finditer(rf"from {node} to {node}", got.text.text, re.I):
        ends = [got.text.names.get(x.lower(), "") for x in m.groups()]
        if all(any(e in pair for pair in got.two) for e in ends) and tuple(ends) not in got.two:
            got.data["source"], got.data["target"] = ends
            break
    return _missing(got, "source", "target", "cost")


def transport(got: "Understood") -> str:
    """Complete a cost for each plant and place."""
    return _missing(got, "supply", "demand", "cost") or _full(got, "supply", "demand")


def tour(got: "Understood") -> str:
    """Complete a start, and a cost of each leg in each direction."""
    _both_ways(got)
    places = {k for pair in got.two for k in pair}
    for m in re.finditer(
        r"(?:starts? (?:in|at|from)|begins? (?:in|at)|returns? to|back to|from) (?:the )?([\w']+)",
        got.text.text,
        re.I,
    ):
        name = got.text.names.get(m[1].lower(), "")
        if name in places:
            got.data["start"] = name
            break
    if len(got.two) < len(places) * (len(places) - 1):
        return "a cost of each leg in each direction"
    return _missing(got, "start", "cost")


def vehicles(got: "Understood") -> str:
    """Complete the depot, which is the only place without a demand."""
    _both_ways(got)
    places = {k for pair in got.two for k in pair}
    home = places - set(got.data.get("demand", ()))
    if len(home) != 1 or len(got.two) < len(places) * (len(places) - 1):
        return "a depot, or a cost of each leg in each direction"
    got.data["depot"] = home.pop()
    return _missing(got, "capacity", "demand", "cost")


def diet(got: "Understood") -> str:
    """Complete foods and their contents."""
    wrong = [n for b in ("least", "most") for n in got.data.get(b, ()) if not _held(got, n)]
    return (
        _missing(got, "price", "content")
        or (f"what holds {wrong[0]}" if wrong else "")
        or ("" if got.data.get("least") else "a least amount")
    )


def _held(got: "Understood", name: str) -> bool:
    return any(name == n for _, n in got.two)


def blend(got: "Understood") -> str:
    """Complete parts, an amount and a quality."""
    return _missing(got, "price", "content", "amount") or (
        "" if got.data.get("least") or got.data.get("most") else "a quality of the blend"
    )


def product(got: "Understood") -> str:
    """Complete products and their use of resources; whole pieces if stated."""
    if re.search(r"\bwhole\b|\binteger|no fractions|cannot be split", got.text.text, re.I):
        got.data["whole"] = True
    lacks = _missing(got, "profit", "use", "have")
    unlike = set(got.data.get("have", ())) ^ {r for _, r in got.two}
    return lacks or (f"what is available of or taken by {min(unlike)}" if unlike else "")


def assignment(got: "Understood") -> str:
    """Complete a cost of each person for each task, and forbidden pairs."""
    rows = {i for i, _ in got.two}
    columns = {j for _, j in got.two}
    if rows & columns or len(got.two) < max(len(rows) * len(columns), 4):
        return "a cost of each person for each task"
    got.data["unable"] = [(b, a) if a in columns else (a, b) for a, b in got.data.get("unable", [])]
    if not got.data["unable"]:
        del got.data["unable"]
    return ""


def shifts(got: "Understood") -> str:
    """Complete periods and the length of a shift."""
    return _missing(got, "need", "length") or (
        "" if len(got.data["need"]) > 2 else "what each period needs"
    )


def machines(got: "Understood") -> str:
    """Complete the number of machines, and the duration of each job."""
    return _missing(got, "machines", "duration")


def cover(got: "Understood") -> str:
    """Complete what covers what; equal costs where none is stated."""
    covers: dict[str, list[str]] = {}
    text = got.text
    for a, b in text.sentences:
        items = [i for i in text.items(a, b) if not i.number]
        subject = ""
        for one, other in pairwise(items):
            gap = text.between(one, other)
            if COVERS.search(gap):
                subject = one.name
                covers.setdefault(subject, []).append(other.name)
            elif subject and re.fullmatch(r"\s*(?:,|and|, and)\s*(?:\w+\s)?", gap):
                if other.name not in covers and other.name != subject:
                    covers[subject].append(other.name)
            elif subject:
                subject = ""
    got.data["covers"] = covers
    price = got.data.get("price", {})
    if price and set(price) != set(covers):
        return "a cost of each choice"
    if not price:
        got.data["price"] = dict.fromkeys(covers, SAME_COST)
    rivals = got.data.get("rivals", [])
    return (
        ""
        if len(covers) > 1 and all(a in covers and b in covers for a, b in rivals)
        else ("what covers what")
    )


def sites(got: "Understood") -> str:
    """Complete opening costs, and costs of serving each customer from each site."""
    if not got.data.get("opening"):
        return "what opening costs"
    customers = {j for _, j in got.two}
    lacks = [f"{i} to {j}" for i in got.data["opening"] for j in customers if (i, j) not in got.two]
    return _missing(got, "cost") or (f"the cost of {lacks[0]}" if lacks else "")
