"""Vocabulary of engineers: synonyms, stop words, and meanings of adjectives."""

import re
from functools import cache

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+", re.UNICODE)
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "and",
        "or",
        "as",
        "is",
        "are",
        "be",
        "been",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "which",
        "who",
        "whose",
        "when",
        "where",
        "while",
        "there",
        "their",
        "our",
        "we",
        "i",
        "you",
        "he",
        "she",
        "they",
        "them",
        "me",
        "my",
        "your",
        "us",
        "please",
        "thanks",
        "thank",
        "hi",
        "hello",
        "dear",
        "want",
        "wants",
        "need",
        "needs",
        "would",
        "like",
        "could",
        "can",
        "should",
        "may",
        "must",
        "might",
        "will",
        "shall",
        "do",
        "does",
        "did",
        "have",
        "has",
        "had",
        "give",
        "get",
        "make",
        "made",
        "makes",
        "find",
        "show",
        "look",
        "looking",
        "propose",
        "generate",
        "design",
        "designs",
        "wanted",
        "some",
        "any",
        "all",
        "each",
        "every",
        "so",
        "too",
        "also",
        "just",
        "only",
        "but",
        "not",
        "no",
        "never",
        "none",
        "without",
        "nothing",
        "because",
        "if",
        "then",
        "than",
        "about",
        "into",
        "over",
        "under",
        "up",
        "down",
        "out",
        "per",
        "very",
        "much",
        "many",
        "more",
        "most",
        "less",
        "least",
        "what",
        "how",
        "such",
        "other",
        "others",
        "one",
        "ones",
        "between",
        "within",
        "another",
        "least",
        "at",
        "most",
        "value",
        "values",
        "number",
        "numbers",
        "something",
        "thing",
        "things",
        "kind",
        "let",
        "keep",
        "keeps",
        "holds",
        "hold",
        "stay",
        "stays",
        "lies",
        "lie",
        "above",
        "below",
        "beyond",
        "until",
        "till",
        "same",
        "both",
        "either",
        "everywhere",
        "anna",
        "regards",
        "sir",
        "cannot",
        "isn't",
        "don't",
        "first",
        "second",
        "later",
        "now",
        "today",
        "new",
        "against",
        "taken",
        "it's",
        "i'd",
        "i'm",
        "called",
        "possible",
    ]
)
SAME = """
mass weight mw weigh weighs weighing heavy heaviest heavier light lighter lightest lightweight
cost price cheap cheaper cheapest expensive costly costs costing eur euros
displacement deflection deflect sag sags sagging bend bending bends
stiffness stiff stiffer stiffest stiffly
strong stronger strongest strength
frequency eigenfrequency resonance natural vibrates vibration vibrate vibrating
transformer trafo trafos transformers
voltage voltages volt
line lines cable cables
loading load loaded utilisation utilization
infeed pv photovoltaic solar generation feed
export back fed
import draw drawn demand consumption evening
loss losses
share fraction ratio portion
height high tall
depth deep
width wide
thickness thick thicker thickest thin thinner thinnest
section airfoil airfoils aerofoil aerofoils
period sampling sampled
edge trailing
moment pitching
drag resistance
lift cl
max maximum maximal largest highest biggest greatest peak top
min minimum minimal lowest smallest least
mean average
energy energies work
weekday workday workdays weekdays working
weekend weekends
sunday sundays
saturday saturdays
holiday holidays
winter winters wintry
summer summers
autumn autumns fall
spring springs
household households home homes domestic
farm farms agriculture agricultural
car cars vehicle vehicles
forecast forecasts forecasting predict prediction
day days daily
week weeks weekly
year years annual annually yearly
neighbourhood neighbourhoods neighborhood
molecule molecules molecular compound compounds
lead leads
conformer conformers conformation conformations
route routes retrosynthesis synthesis
library libraries
group groups
donors donor hbd
acceptors acceptor hba
rotatable rotb
accessibility synthetic sa
drug likeness druglikeness qed
solubility soluble dissolve
similarity similar like tanimoto
water waterworks
attack attacks attacked attacking
spilled spill spills spilling
onset starting starts begin begins beginning
length lasting lasts duration long
reading readings measured
yield yields
side byproduct product
bracket brackets holder mount
container containers
corner corners fitting fittings
lattice lattices
panel panels
core cores
roof roofs rooftop
truss trusses girder girders
column columns pillar pillars
toolpath toolpaths gcode code
cell cells metamaterial metamaterials
auxetic negative
poisson poissons
young youngs elastic modulus
wall walls
gap gaps
density densities
specific specifically
stress stresses mises
compression compressive
tension tensile
buckling buckle buckles
collision collisions
print printed printing prints prints
time fast faster fastest quick quickest quickly
stage stages
crush crushed crushing crash absorber absorb absorbing absorbs
plateau
bore pressure withstands bears bear
conflict conflicts
hazard hazards hazardous hazardless
waste wasteful
step steps
block blocks
support supports
expense expenses
laboratory lab labs
reaction reactions
atom atoms
ring rings
alert alerts
angle slope
joint joints
envelope envelopes
grid net network
feeder feeders
consumer consumers customer customers
morphing morph adaptive bends bending
hinge hinges
strain strains
overhang overhangs
powder powders
pump pumps
gross payload
bolt bolts
programme program model
routing tour vehicle
sonnet poem verse
skill better
coverage cover covers covering
quantile quantiles
span spans
conditions condition
recipe recipes
wing wings
yield yields
predation predator predators prey preys eats eat eaten eating hunts hunt hunted
competition compete competes competing competitor competitors
infection infections infected infects infectious epidemic epidemics disease contagious
growth grows grow grew grown growing
ages age aged cohort cohorts juvenile juveniles
absorption absorbed dose doses plasma compartment compartments
decay decays decaying decayed
"""
LIKE: dict[str, str] = {}
for _line in SAME.strip().splitlines():
    _head, *_others = _line.split()
    for _word in (_head, *_others):
        LIKE.setdefault(_word, _head)


@cache
def term(word: str) -> str:
    """The meaning of a word: its group, or its stem."""
    low = word.lower().replace("\u2019", "'").removesuffix("'s")
    if low in LIKE:
        return LIKE[low]
    for end, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("s", "")):
        if low.endswith(end) and len(low) > 3 and not low.endswith(("ss", "us", "is")):
            low = low[: -len(end)] + instead
            break
    if low in LIKE:
        return LIKE[low]
    for end in ("ing", "ed", "e"):
        if low.endswith(end) and len(low) - len(end) >= 4:
            return low[: -len(end)]
    return low


def terms(text: str) -> list[str]:
    """The terms of a text in order, without stop words."""
    return [term(m[0]) for m in WORD.finditer(text) if m[0].lower() not in STOP]
