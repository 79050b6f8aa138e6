"""Frames of the kinds of tasks: cues of a kind, of its quantities, and of its rules."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingenium.domains.words.programme import completing

if TYPE_CHECKING:
    from ingenium.domains.words.programme.understood import Understood

MOST = re.compile(r"at most|no more than|not more than|maximum of|up to|only|not exceed", re.I)
MONEY = re.compile(r"(?:euros?|dollars?|cents?|million|thousand)$")
SETS = r"(?:machines?|ovens?|processors?|presses|lines?|servers?|lathes?|printers?|cranes?|kilns?)"
FLEETS = r"(?:vans?|trucks?|lorries|lorry|vehicles?|cars?|bikes?|boats?|drones?)"


@dataclass(frozen=True)
class SingleQuantity:
    """Quantity of single names, and the words that refer to it."""

    name: str
    cue: re.Pattern[str]
    first: bool = True  # of names that a pair begins with
    money: bool = False


@dataclass(frozen=True)
class TaskFrame:
    """Wording of a kind of task."""

    name: str
    cues: tuple[re.Pattern[str], ...]
    done: Callable[["Understood"], str]
    singles: tuple[SingleQuantity, ...] = ()
    pair: str = ""
    paired: re.Pattern[str] | None = None  # words of the quantity of pairs
    pair_most: str = ""  # of pairs, what they may be at most
    subject: re.Pattern[str] | None = None  # the verb after the name that numbers are of
    same: bool = False  # both names of a pair are of one set
    free: bool = False  # names of pairs need not be introduced before
    scalars: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    bounds: Mapping[tuple[str, bool], str] = field(default_factory=dict)

    def score(self, text: str) -> int:
        """Count the cues that occur in a text."""
        return sum(bool(cue.search(text)) for cue in self.cues)

    def own(self, got: "Understood") -> set[str]:
        """Return the names that have a quantity."""
        return {k for p in self.singles if p.first for k in got.one.get(p.name, ())}

    def finish(self, got: "Understood") -> str:
        """Assemble the data; return what is missing, if anything."""
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


LEGS = r"(?:links?|legs?|arcs?|roads?|steps?|hops?|edges?|stages?|stops?)"
MOSTLY = r"(?:at most|no more than|not more than|up to)"
BOUNDS = {
    ("least", False): "least",
    ("most", False): "most",
    ("most", True): "most_food",
}
PRICE = r"\bcosts?\b|\bpriced?\b|\bprices\b"
FRAMES = (
    TaskFrame(
        "path",
        _cues(
            r"one-way|direction given",
            r"(?:shortest|cheapest|fastest|quickest) (?:way|route|path|connection)",
            r"\b(?:get|go|drive|travel|walk|send)\b.{0,40}\bfrom .{1,30} to ",
            r"\bpath\b|\blinks?\b",
        ),
        completing.path,
        pair="cost",
        same=True,
        scalars={"most_legs": rf"{MOSTLY} NUM {LEGS}"},
    ),
    TaskFrame(
        "transport",
        _cues(
            r"\bship\w*|\bfreight|carrying a|transport\w* (?:a|of|cost)|haul",
            r"plants?|quarr|warehouses?|factor|mines?\b|mills?\b|farms?",
            r"in stock|suppl|can deliver|\bholds?\b|produces?",
            r"\bwants?\b|\bneeds?\b|ordered|demand|requires?",
        ),
        completing.transport,
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
    TaskFrame(
        "tour",
        _cues(
            r"round trip|\btour\b|comes? home|salesman",
            r"return(?:s|ing)? to|back to|comes? (?:home|back)",
            r"\bonce\b|every|each",
            r"both (?:ways|directions)|distances?|order",
        ),
        completing.tour,
        pair="cost",
        same=True,
        rules={"before": (r"\bbefore\b", 2)},
    ),
    TaskFrame(
        "vehicles",
        _cues(
            FLEETS,
            r"\bcapacity|room for|\bholds?\b|carr(?:y|ies) (?:at most|no more|up to)",
            r"depot|yard|comes? back|return|starts? and ends?",
            r"\broutes?\b|visited|served|collect",
        ),
        completing.vehicles,
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
    TaskFrame(
        "diet",
        _cues(
            r"portions?|servings?|\beat|\bfeed\b|ration|diet|meal|nutri|patient",
            r"protein|calcium|iron|vitamin|energy|fat\b|fibre|sodium",
            r"at least",
            r"cheap|least cost|cost is minimal|lowest cost",
        ),
        completing.diet,
        (SingleQuantity("price", _cue(PRICE), money=True),),
        pair="content",
        free=True,
        paired=_cue(r"\bhas\b|\bhave\b|contains?|holds?"),
        bounds=BOUNDS,
    ),
    TaskFrame(
        "blend",
        _cues(
            r"\bblend|\bmix\w*|alloy",
            r"%",
            r"at (?:least|most)|no more than",
            r"cheap|least cost|lowest cost|prices?|costs?",
        ),
        completing.blend,
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
    TaskFrame(
        "product",
        _cues(
            r"profits?|earns?|returns?|margin",
            r"\btakes?\b|\bneeds?\b|\buses?\b|per unit",
            r"available|there are|we have|hours of",
            r"\bmakes?\b|produc|maximi[sz]e|most",
        ),
        completing.product,
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
    TaskFrame(
        "assignment",
        _cues(
            r"\bassign|who (?:should|does)|pick up|one each|nobody does more",
            r"one each|each \w+ (?:gets|is)|more than one|two \w+",
            r"\bjobs?\b|\btasks?\b|guests?",
            r"cannot|not allowed|total|sum|lowest",
        ),
        completing.assignment,
        pair="cost",
        free=True,
        rules={"unable": (r"\bcannot\b|not allowed|may not|must not|unable", 2)},
    ),
    TaskFrame(
        "shifts",
        _cues(
            r"in a row|consecutive",
            r"nurses?|agents?|guards?|staff|drivers|people",
            r"\bshifts?\b|days off|works?\b",
            r"few|smallest number|fewest",
        ),
        completing.shifts,
        (SingleQuantity("need", _cue(r"needs?|requires?|required|wants?|must be")),),
        scalars={
            "length": r"(?:works?|covers?|shifts?|lasts?)\b[^.\d]{0,30}?\bNUM (?:consecutive )?"
            r"(?:days|blocks|periods|hours)"
        },
        rules={"no_start": (r"(?:no one|nobody|none|no \w+) (?:may |can )?(?:start|begin)", 1)},
    ),
    TaskFrame(
        "machines",
        _cues(
            SETS,
            r"equal|identical|parallel|distribute|\btwo\b|\bthree\b",
            r"as early as|earliest|as soon as|makespan|finished",
            r"\btakes?\b|\bruns?\b|\bjobs?\b|batch",
        ),
        completing.machines,
        (SingleQuantity("duration", _cue(r"\btakes?\b|\bruns?\b|lasts?|needs?|hours?|minutes?")),),
        scalars={"machines": rf"\bNUM (?:equal |identical |parallel |like )?{SETS}"},
        rules={"apart": (r"must not|cannot|may not|never", 2)},
    ),
    TaskFrame(
        "cover",
        _cues(
            r"\bcover(?:s|ed)?\b|\bsees?\b|\bseen\b|watch|reach",
            r"\b(?:covers|sees|reaches|serves|watches) [\w ]+(?:,| and )",
            r"every|each|all\b",
            r"few|lowest cost|minimise|cheap",
        ),
        completing.cover,
        (SingleQuantity("price", _cue(PRICE + r"|\bfor\b"), money=True),),
        subject=completing.COVERS,
        rules={"rivals": (r"not both|cannot both|not together|exclude", 2)},
    ),
    TaskFrame(
        "sites",
        _cues(
            r"\bopen(?:s|ed|ing)?\b",
            r"where|which|candidates|considers",
            r"warehouses?|schools?|clinics?|depots?|plants?|hubs?",
            r"serv|supplied|assigned|go to",
        ),
        completing.sites,
        (SingleQuantity("opening", _cue(r"\bopen(?:ing)?\b")),),
        pair="cost",
        free=True,
        paired=_cue(r"serv|transport|travel|suppl"),
        scalars={"most_open": rf"{MOSTLY} NUM (?:\w+ )?(?:may|can|are|is|shall)[^.]*open"},
    ),
)
