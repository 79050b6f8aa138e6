"""Families of processes: rates of change in symbols, and the assumptions of each.

Sources: Volterra, Nature 118, 1926 (prey and predator); Verhulst, 1838 (logistic); Rosenzweig and
MacArthur, Am. Nat. 97, 1963 (satiation); Leslie, Biometrika 33, 1945 (ages); Kermack and
McKendrick, Proc. R. Soc. A 115, 1927 (infection); Gibaldi and Perrier, Pharmacokinetics, 1982
(compartments, satiable elimination); Hethcote, SIAM Rev. 42, 2000 (infection without immunity, and
with a time before one infects); von Bertalanffy, Q. Rev. Biol. 32, 1957 (size); Gause and Witt, Am.
Nat. 69, 1935 (mutualism); Michaelis and Menten, Biochem. Z. 49, 1913.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

PROCESSES: Mapping[str, str] = {  # as words name them, in a sentence
    "growth": "growth, unlimited or limited",
    "predation": "one species feeds on another",
    "competition": "two species need the same resource",
    "infection": "infected individuals infect others and recover",
    "ages": "age classes give birth, survive and grow older",
    "absorption": "a dose is absorbed, distributed between compartments and eliminated",
    "decay": "a substance decays at a constant rate",
    "mutualism": "two species benefit each other",
    "reaction": "substances react with each other",
    "exchange": "a body equilibrates with its surroundings",
}
PREY = "Without the predator the prey grows at a constant rate."
MIXED = "Individuals mix homogeneously: place, age and season have no influence."
CLOSED = "The system is closed except for the stated rates."
STEADY = "The parameters are constant over time."


@dataclass(frozen=True)
class ProcessFamily:
    """Rates of change of some states, in symbols of states and constants above 0.

    `units` writes the unit of each constant by T (time) and the states. With `step` the right sides
    are next values instead of rates. Hidden states have no column.
    """

    name: str
    title: str
    process: str
    rates: Mapping[str, str]
    units: Mapping[str, str]
    assumptions: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    step: bool = False
    conserved: str = ""  # what does not change in time
    alike: bool = False  # all states are counted in one unit
    symmetric: bool = False  # columns may be named in any order
    references: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # state and size
    found: Mapping[str, float] = field(default_factory=dict)  # constants, where they are known
    among: int = 1  # formulas of a rate that this one was chosen from by the same readings

    @property
    def states(self) -> tuple[str, ...]:
        """All states, observed ones first."""
        return tuple(self.rates)

    @property
    def seen(self) -> tuple[str, ...]:
        """States that have a column."""
        return tuple(s for s in self.rates if s not in self.hidden)


LOTKA = ProcessFamily(
    "lotka_volterra",
    "Lotka and Volterra: prey and predator",
    "predation",
    {"x": "a*x - b*x*y", "y": "c*x*y - d*y"},
    {"a": "1/T", "b": "1/(T*y)", "c": "1/(T*x)", "d": "1/T"},
    (
        PREY,
        "Predation is proportional to the prey, without saturation.",
        "Without prey the predator dies out at a constant rate.",
        MIXED,
        STEADY,
    ),
    conserved="c*x - d*log(x) + b*y - a*log(y)",
)
FAMILIES: tuple[ProcessFamily, ...] = (
    ProcessFamily(
        "exponential",
        "growth at a constant rate",
        "growth",
        {"x": "r*x"},
        {"r": "1/T"},
        ("Growth is unlimited.", STEADY),
    ),
    ProcessFamily(
        "logistic",
        "Verhulst: growth to a capacity",
        "growth",
        {"x": "r*x*(1 - x/k)"},
        {"r": "1/T", "k": "x"},
        ("The growth rate decreases linearly to zero at the capacity.", MIXED, STEADY),
    ),
    ProcessFamily(
        "gompertz",
        "Gompertz: growth to a capacity, early fast",
        "growth",
        {"x": "r*x*log(k/x)"},
        {"r": "1/T", "k": "x"},
        (
            ("The growth rate decreases with the logarithm of the size to zero at the capacity."),
            MIXED,
            STEADY,
        ),
    ),
    ProcessFamily(
        "decay",
        "decay at a constant rate",
        "decay",
        {"x": "-r*x"},
        {"r": "1/T"},
        ("The decay rate is the same at all times.", CLOSED),
    ),
    ProcessFamily(
        "decay_chain",
        "a decay in two steps",
        "decay",
        {"x": "-r*x", "y": "p*x - q*y"},
        {"r": "1/T", "p": "y/(T*x)", "q": "1/T"},
        ("The decay rate is the same at all times.", CLOSED),
    ),
    LOTKA,
    ProcessFamily(
        "crowded_prey",
        "Lotka and Volterra with a capacity of the prey",
        "predation",
        {"x": "a*x*(1 - x/k) - b*x*y", "y": "c*x*y - d*y"},
        {**LOTKA.units, "k": "x"},
        (
            "Without the predator the prey grows to a capacity.",
            *LOTKA.assumptions[1:],
        ),
    ),
    ProcessFamily(
        "satiated",
        "Rosenzweig and MacArthur: predation with saturation",
        "predation",
        {"x": "a*x*(1 - x/k) - b*x*y/(1 + x/h)", "y": "c*x*y/(1 + x/h) - d*y"},
        {**LOTKA.units, "k": "x", "h": "x"},
        (
            "Without the predator the prey grows to a capacity.",
            "Predation saturates at high prey density.",
            *LOTKA.assumptions[2:],
        ),
    ),
    ProcessFamily(
        "competition",
        "Lotka and Volterra: two competitors",
        "competition",
        {"x": "a*x*(1 - x/k - y/l)", "y": "b*y*(1 - y/m - x/n)"},
        {"a": "1/T", "b": "1/T", "k": "x", "l": "y", "m": "y", "n": "x"},
        ("The growth of each species is limited linearly by both.", MIXED, STEADY),
        symmetric=True,
    ),
    ProcessFamily(
        "sir",
        "Kermack and McKendrick: susceptible, infected, recovered",
        "infection",
        {"x": "-b*x*y", "y": "b*x*y - g*y", "z": "g*y"},
        {"b": "1/(T*y)", "g": "1/T"},
        (
            "Recovered individuals stay immune.",
            "There are no births, no other deaths and no immigration.",
            MIXED,
        ),
        conserved="x + y + z",
        alike=True,
    ),
    ProcessFamily(
        "sir_infected",
        "the same, with only the infected observed",
        "infection",
        {"y": "b*x*y - g*y", "x": "-b*x*y"},
        {"b": "1/(T*y)", "g": "1/T"},
        ("Recovered individuals stay immune.", "There is no immigration.", MIXED),
        hidden=("x",),
        alike=True,
    ),
    ProcessFamily(
        "one_compartment",
        "a dose that is absorbed and eliminated",
        "absorption",
        {"x": "p*w - q*x", "w": "-p*w"},
        {"p": "1/T", "q": "1/T"},
        (
            "Absorption and elimination are first order.",
            "The body is one well-mixed compartment.",
        ),
        hidden=("w",),
        alike=True,
    ),
    ProcessFamily(
        "two_compartments",
        "a dose in the blood that is distributed to tissue and back",
        "absorption",
        {"x": "v*w - (q + u)*x", "w": "u*x - v*w"},
        {"q": "1/T", "u": "1/T", "v": "1/T"},
        ("Exchange and elimination are first order.",),
        hidden=("w",),
        alike=True,
    ),
    ProcessFamily(
        "bertalanffy",
        "von Bertalanffy: growth by uptake through the surface, loss by volume",
        "growth",
        {"x": "a*x**(2/3) - b*x"},
        {"a": "x**(1/3)/T", "b": "1/T"},
        ("Uptake is proportional to the surface, and loss to the volume.", STEADY),
    ),
    ProcessFamily(
        "mutualism",
        "Gause and Witt: each adds to the capacity of the other",
        "mutualism",
        {"x": "a*x*(1 - x/(k + p*y))", "y": "b*y*(1 - y/(l + q*x))"},
        {"a": "1/T", "b": "1/T", "k": "x", "l": "y", "p": "x/y", "q": "y/x"},
        ("Each species survives alone, and grows better with the other.", MIXED, STEADY),
        symmetric=True,
    ),
    ProcessFamily(
        "sis",
        "susceptible and infected, without immunity",
        "infection",
        {"x": "g*y - b*x*y", "y": "b*x*y - g*y"},
        {"b": "1/(T*y)", "g": "1/T"},
        ("The recovered are susceptible immediately.", "There is no immigration.", MIXED),
        conserved="x + y",
        alike=True,
    ),
    ProcessFamily(
        "seir_infected",
        "only the infected observed, with a latent period",
        "infection",
        {"y": "k*e - g*y", "e": "b*x*y - k*e", "x": "-b*x*y"},
        {"b": "1/(T*y)", "k": "1/T", "g": "1/T"},
        ("Recovered individuals stay immune.", "There is no immigration.", MIXED),
        hidden=("e", "x"),
        alike=True,
    ),
    ProcessFamily(
        "eliminated",
        "a dose in the blood that is eliminated",
        "absorption",
        {"x": "-q*x"},
        {"q": "1/T"},
        ("Elimination is first order.", "The dose was absorbed instantly."),
    ),
    ProcessFamily(
        "satiable_elimination",
        "a dose with saturable elimination",
        "absorption",
        {"x": "-v*x/(h + x)"},
        {"v": "x/T", "h": "x"},
        (
            "The elimination rate has a maximum, as for alcohol.",
            "The dose was absorbed instantly.",
        ),
    ),
    ProcessFamily(
        "second_order",
        "a substance that reacts with itself",
        "reaction",
        {"x": "-r*x**2"},
        {"r": "1/(T*x)"},
        ("All molecules react with the same probability on collision.", CLOSED),
    ),
    ProcessFamily(
        "enzyme",
        "Michaelis and Menten: enzymatic conversion of a substrate",
        "reaction",
        {"x": "-v*x/(h + x)"},
        {"v": "x/T", "h": "x"},
        ("The enzyme concentration is small and constant.", CLOSED),
    ),
    ProcessFamily(
        "used_up",
        "two reactants that consume each other",
        "reaction",
        {"x": "-r*x*y", "y": "-p*x*y"},
        {"r": "1/(T*y)", "p": "1/(T*x)"},
        ("All molecules react with the same probability on collision.", CLOSED),
        conserved="p*x - r*y",
        symmetric=True,
    ),
    ProcessFamily(
        "reversible",
        "a reversible reaction of a substance",
        "reaction",
        {"x": "b*y - a*x", "y": "a*x - b*y"},
        {"a": "1/T", "b": "1/T"},
        ("The reaction rates are the same at all times.", CLOSED),
        conserved="x + y",
        alike=True,
        symmetric=True,
    ),
    ProcessFamily(
        "newton",
        "Newton: relaxation towards the surroundings, in proportion to the difference",
        "exchange",
        {"x": "r*(a - x)"},
        {"r": "1/T", "a": "x"},
        ("The surroundings do not change.", "It is homogeneous."),
    ),
    ProcessFamily(
        "two_bodies",
        "two bodies or tanks that exchange with each other",
        "exchange",
        {"x": "a*(y - x)", "y": "b*(x - y)"},
        {"a": "1/T", "b": "1/T"},
        ("There is no loss to the surroundings.", "Each is homogeneous."),
        conserved="b*x + a*y",
        alike=True,
        symmetric=True,
    ),
)


def leslie(classes: int) -> ProcessFamily:
    """A model of age classes, all counted: births from each but the first, survival to the next."""
    states = [f"x{i}" for i in range(classes)]
    born = " + ".join(f"f{i}*{s}" for i, s in enumerate(states) if i)
    rates = {states[0]: born}
    for i in range(1, classes):
        stay = f" + s{i}*x{i}" if i == classes - 1 else ""
        rates[states[i]] = f"s{i - 1}*x{i - 1}{stay}"
    units = {f"f{i}": f"x0/x{i}" for i in range(1, classes)}
    units |= {f"s{i}": f"x{i + 1}/x{i}" for i in range(classes - 1)}
    units |= {f"s{classes - 1}": "1"}
    return ProcessFamily(
        "leslie",
        "Leslie: births and survival by age class",
        "ages",
        rates,
        units,
        (
            "Births and survival depend on age alone, not on density.",
            "The width of an age class is the time step.",
            STEADY,
        ),
        step=True,
        symmetric=True,
    )


def candidates(
    processes: Sequence[str], units: Sequence[str], even: bool
) -> list[tuple[ProcessFamily, tuple[int, ...]]]:
    """List families of processes with a state for each column, in each distinct order.

    Args:
        processes: those that words name; all families if empty.
        units: units of the columns.
        even: whether times are evenly spaced, as families of steps require.
    """
    columns = len(units)
    ages = [leslie(columns)] if even and columns > 1 else []
    found = []
    for family in (*FAMILIES, *ages):
        mixed = family.alike and len(set(units)) > 1
        if (
            len(family.seen) == columns
            and not mixed
            and (not processes or family.process in processes)
        ):
            orders = [tuple(range(columns))] if family.symmetric else permutations(range(columns))
            found += [(family, tuple(order)) for order in orders]
    return found
