"""What the texts of each kind say: cues of the kind, of its quantities, and of its rules."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingenium.domains.words.programme.reading import Understood

MONEY = re.compile(r"(?:euros?|dollars?|cents?|million|thousand)$")
COVERS = re.compile(r"\b(?:covers?|sees?|reach(?:es)?|serves?|contains?|watch(?:es)?)\b", re.I)
BOTH = re.compile(r"both (?:ways|directions)|same (?:both|in both)|either way|symmetric", re.I)
SAME_COST = 1.0
SETS = r"(?:machines?|ovens?|processors?|presses|lines?|servers?|lathes?|printers?|cranes?|kilns?)"
FLEETS = r"(?:vans?|trucks?|lorries|lorry|vehicles?|cars?|bikes?|boats?|drones?)"


@dataclass(frozen=True)
class SingleQuantity:
    """A quantity of one name each, and the words that speak of it."""

    name: str
    cue: re.Pattern[str]
    first: bool = True  # of names that a pair begins with
    money: bool = False


@dataclass(frozen=True)
class Frame:
    """How a kind is told."""

    name: str
    cues: tuple[re.Pattern[str], ...]
    done: Callable[["Understood"], str]
    singles: tuple[SingleQuantity, ...] = ()
    pair: str = ""
    paired: re.Pattern[str] | None = None  # words of the quantity of pairs
    pair_most: str = ""  # of pairs, what they may be at most
    subject: re.Pattern[str] | None = None  # the verb after the name that numbers are of
    same: bool = False  # both names of a pair are of one set
    free: bool = False  # names of pairs need not be told before
    scalars: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    bounds: Mapping[tuple[str, bool], str] = field(default_factory=dict)

    def score(self, text: str) -> int:
        """How many of its cues stand there."""
        return sum(bool(cue.search(text)) for cue in self.cues)

    def own(self, got: "Understood") -> set[str]:
        """Names that are priced."""
        return {k for p in self.singles if p.first for k in got.one.get(p.name, ())}

    def finish(self, got: "Understood") -> str:
        """Put data together; what is lacking, if anything."""
        got.data.pop("_side", None)
        got.data.update({k: v for k, v in got.one.items() if v})
        if self.pair and got.two:
            got.data[self.pair] = got.two
            if not self.same and {i for i, _ in got.two} & {j for _, j in got.two}:
                return "names of two sorts"
        return self.done(got)


def _cues(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.I) for p in patterns)


def _cue(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.I)


def _missing(got: "Understood", *names: str) -> str:
    lacks = [n for n in names if not got.data.get(n)]
    return " and ".join(lacks)


def _full(got: "Understood", rows: str, columns: str) -> str:
    """Whether each pair of two sets has its number."""
    pairs = [(i, j) for i in got.data[rows] for j in got.data[columns]]
    lacks = [f"{i} to {j}" for i, j in pairs if (i, j) not in got.two]
    return f"the {got.frame.pair} of {', '.join(lacks[:3])}" if lacks else ""


def _both_ways(got: "Understood") -> None:
    if BOTH.search(got.text.text):
        for (i, j), value in list(got.two.items()):
            got.two.setdefault((j, i), value)


def _path(got: "Understood") -> str:
    _both_ways(got)
    node = r"(?:node |the |town |city )?([\w']+)"
    for m in re.finditer(rf"from {node} to {node}", got.text.text, re.I):
        ends = [got.text.names.get(x.lower(), "") for x in m.groups()]
        if all(any(e in pair for pair in got.two) for e in ends) and tuple(ends) not in got.two:
            got.data["source"], got.data["target"] = ends
            break
    return _missing(got, "source", "target", "cost")


def _transport(got: "Understood") -> str:
    return _missing(got, "supply", "demand", "cost") or _full(got, "supply", "demand")


def _tour(got: "Understood") -> str:
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


def _vehicles(got: "Understood") -> str:
    _both_ways(got)
    places = {k for pair in got.two for k in pair}
    home = places - set(got.data.get("demand", ()))
    if len(home) != 1 or len(got.two) < len(places) * (len(places) - 1):
        return "a depot, or a cost of each leg in each direction"
    got.data["depot"] = home.pop()
    return _missing(got, "capacity", "demand", "cost")


def _diet(got: "Understood") -> str:
    wrong = [n for b in ("least", "most") for n in got.data.get(b, ()) if not _held(got, n)]
    return (
        _missing(got, "price", "content")
        or (f"what holds {wrong[0]}" if wrong else "")
        or ("" if got.data.get("least") else "a least amount")
    )


def _held(got: "Understood", name: str) -> bool:
    return any(name == n for _, n in got.two)


def _blend(got: "Understood") -> str:
    return _missing(got, "price", "content", "amount") or (
        "" if got.data.get("least") or got.data.get("most") else "a quality of the blend"
    )


def _product(got: "Understood") -> str:
    if re.search(r"\bwhole\b|\binteger|no fractions|cannot be split", got.text.text, re.I):
        got.data["whole"] = True
    lacks = _missing(got, "profit", "use", "have")
    unlike = set(got.data.get("have", ())) ^ {r for _, r in got.two}
    return lacks or (f"what is available of or taken by {min(unlike)}" if unlike else "")


def _assignment(got: "Understood") -> str:
    rows = {i for i, _ in got.two}
    columns = {j for _, j in got.two}
    if rows & columns or len(got.two) < max(len(rows) * len(columns), 4):
        return "a cost of each person for each task"
    got.data["unable"] = [(b, a) if a in columns else (a, b) for a, b in got.data.get("unable", [])]
    if not got.data["unable"]:
        del got.data["unable"]
    return ""


def _shifts(got: "Understood") -> str:
    return _missing(got, "need", "length") or (
        "" if len(got.data["need"]) > 2 else "what each period needs"
    )


def _machines(got: "Understood") -> str:
    return _missing(got, "machines", "duration")


def _cover(got: "Understood") -> str:
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


def _sites(got: "Understood") -> str:
    if not got.data.get("opening"):
        return "what opening costs"
    customers = {j for _, j in got.two}
    lacks = [f"{i} to {j}" for i in got.data["opening"] for j in customers if (i, j) not in got.two]
    return _missing(got, "cost") or (f"the cost of {lacks[0]}" if lacks else "")


LEGS = r"(?:links?|legs?|arcs?|roads?|steps?|hops?|edges?|stages?|stops?)"
MOSTLY = r"(?:at most|no more than|not more than|up to)"
BOUNDS = {
    ("least", False): "least",
    ("most", False): "most",
    ("most", True): "most_food",
}
PRICE = r"\bcosts?\b|\bpriced?\b|\bprices\b"
FRAMES = (
    Frame(
        "path",
        _cues(
            r"one-way|direction given",
            r"(?:shortest|cheapest|fastest|quickest) (?:way|route|path|connection)",
            r"\b(?:get|go|drive|travel|walk|send)\b.{0,40}\bfrom .{1,30} to ",
            r"\bpath\b|\blinks?\b",
        ),
        _path,
        pair="cost",
        same=True,
        scalars={"most_legs": rf"{MOSTLY} NUM {LEGS}"},
    ),
    Frame(
        "transport",
        _cues(
            r"\bship\w*|\bfreight|carrying a|transport\w* (?:a|of|cost)|haul",
            r"plants?|quarr|warehouses?|factor|mines?\b|mills?\b|farms?",
            r"in stock|suppl|can deliver|\bholds?\b|produces?",
            r"\bwants?\b|\bneeds?\b|ordered|demand|requires?",
        ),
        _transport,
        (
            SingleQuantity(
                "supply",
                _cue(
                    r"\bsuppl\w+|can (?:deliver|give|send)|\bholds?\b|\bhas\b|\bhave\b(?! ordered)"
                    r"|stock|produces?|\bmakes?\b|offers?"
                ),
            ),
            SingleQuantity(
                "demand",
                _cue(
                    r"\bneeds?\b|\bwants?\b|ordered|orders?\b|requires?|demands?|asks? for"
                    r"|must (?:get|receive)"
                ),
                first=False,
            ),
        ),
        pair="cost",
        pair_most="route_most",
        paired=_cue(r"\bcosts?\b|freight|carrying|shipping|euros?"),
    ),
    Frame(
        "tour",
        _cues(
            r"round trip|\btour\b|comes? home|salesman",
            r"return(?:s|ing)? to|back to|comes? (?:home|back)",
            r"\bonce\b|every|each",
            r"both (?:ways|directions)|distances?|order",
        ),
        _tour,
        pair="cost",
        same=True,
        rules={"before": (r"\bbefore\b", 2)},
    ),
    Frame(
        "vehicles",
        _cues(
            FLEETS,
            r"\bcapacity|room for|\bholds?\b|carr(?:y|ies) (?:at most|no more|up to)",
            r"depot|yard|comes? back|return|starts? and ends?",
            r"\broutes?\b|visited|served|collect",
        ),
        _vehicles,
        (
            SingleQuantity(
                "demand",
                _cue(
                    r"\bneeds?\b|\bwants?\b|ordered|orders?\b|requires?|demands?|\bhave\b|\bhas\b"
                ),
            ),
        ),
        pair="cost",
        paired=_cue(r"\bdistances?\b|kilometres|\bkm\b|travel|driv|costs?\b"),
        same=True,
        scalars={
            "capacity": r"(?:room for|holds?|carr(?:y|ies)|capacity of|takes?|loads?) "
            rf"(?:{MOSTLY} )?NUM\b",
            "fleet": rf"\b(?!one\b)NUM (?:\w+ )?{FLEETS}",
        },
    ),
    Frame(
        "diet",
        _cues(
            r"portions?|servings?|\beat|\bfeed\b|ration|diet|meal|nutri|patient",
            r"protein|calcium|iron|vitamin|energy|fat\b|fibre|sodium",
            r"at least",
            r"cheap|least cost|cost is minimal|lowest cost",
        ),
        _diet,
        (SingleQuantity("price", _cue(PRICE), money=True),),
        pair="content",
        free=True,
        paired=_cue(r"\bhas\b|\bhave\b|contains?|holds?"),
        bounds=BOUNDS,
    ),
    Frame(
        "blend",
        _cues(
            r"\bblend|\bmix\w*|alloy",
            r"%",
            r"at (?:least|most)|no more than",
            r"cheap|least cost|lowest cost|prices?|costs?",
        ),
        _blend,
        (SingleQuantity("price", _cue(PRICE), money=True),),
        pair="content",
        free=True,
        paired=_cue(r"\bhas\b|\bhave\b|contains?|holds?|contents?|acidity"),
        scalars={
            "amount": r"(?:need|mix\w*|blend\w*|makes?|produce|of) NUM "
            r"(?:kg|t|tonnes|litres|l|kilograms|hl|g)\b"
        },
        bounds={**BOUNDS, ("most", True): "stock"},
    ),
    Frame(
        "product",
        _cues(
            r"profits?|earns?|returns?|margin",
            r"\btakes?\b|\bneeds?\b|\buses?\b|per unit",
            r"available|there are|we have|hours of",
            r"\bmakes?\b|produc|maximi[sz]e|most",
        ),
        _product,
        (
            SingleQuantity(
                "profit", _cue(r"profits?|earns?|brings?|margin|sells? for"), money=True
            ),
            SingleQuantity(
                "have", _cue(r"available|there (?:are|is)|we have|in stock|capacit"), first=False
            ),
        ),
        pair="use",
        paired=_cue(r"\btakes?\b|\bneeds?\b|\buses?\b|requires?"),
        bounds={("most", True): "most"},
    ),
    Frame(
        "assignment",
        _cues(
            r"\bassign|who (?:should|does)|pick up|one each|nobody does more",
            r"one each|each \w+ (?:gets|is)|more than one|two \w+",
            r"\bjobs?\b|\btasks?\b|guests?",
            r"cannot|not allowed|total|sum|lowest",
        ),
        _assignment,
        pair="cost",
        free=True,
        rules={"unable": (r"\bcannot\b|not allowed|may not|must not|unable", 2)},
    ),
    Frame(
        "shifts",
        _cues(
            r"in a row|consecutive",
            r"nurses?|agents?|guards?|staff|drivers|people",
            r"\bshifts?\b|days off|works?\b",
            r"few|smallest number|fewest",
        ),
        _shifts,
        (SingleQuantity("need", _cue(r"needs?|requires?|required|wants?|must be")),),
        scalars={
            "length": r"(?:works?|covers?|shifts?|lasts?)\b[^.\d]{0,30}?\bNUM (?:consecutive )?"
            r"(?:days|blocks|periods|hours)"
        },
        rules={"no_start": (r"(?:no one|nobody|none|no \w+) (?:may |can )?(?:start|begin)", 1)},
    ),
    Frame(
        "machines",
        _cues(
            SETS,
            r"equal|identical|parallel|distribute|\btwo\b|\bthree\b",
            r"as early as|earliest|as soon as|makespan|finished",
            r"\btakes?\b|\bruns?\b|\bjobs?\b|batch",
        ),
        _machines,
        (SingleQuantity("duration", _cue(r"\btakes?\b|\bruns?\b|lasts?|needs?|hours?|minutes?")),),
        scalars={"machines": rf"\bNUM (?:equal |identical |parallel |like )?{SETS}"},
        rules={"apart": (r"must not|cannot|may not|never", 2)},
    ),
    Frame(
        "cover",
        _cues(
            r"\bcover(?:s|ed)?\b|\bsees?\b|\bseen\b|watch|reach",
            r"\b(?:covers|sees|reaches|serves|watches) [\w ]+(?:,| and )",
            r"every|each|all\b",
            r"few|lowest cost|minimise|cheap",
        ),
        _cover,
        (SingleQuantity("price", _cue(PRICE + r"|\bfor\b"), money=True),),
        subject=COVERS,
        rules={"rivals": (r"not both|cannot both|not together|exclude", 2)},
    ),
    Frame(
        "sites",
        _cues(
            r"\bopen(?:s|ed|ing)?\b",
            r"where|which|candidates|considers",
            r"warehouses?|schools?|clinics?|depots?|plants?|hubs?",
            r"serv|supplied|assigned|go to",
        ),
        _sites,
        (SingleQuantity("opening", _cue(r"\bopen(?:ing)?\b")),),
        pair="cost",
        free=True,
        paired=_cue(r"serv|transport|travel|suppl"),
        scalars={"most_open": rf"{MOSTLY} NUM (?:\w+ )?(?:may|can|are|is|shall)[^.]*open"},
    ),
)
