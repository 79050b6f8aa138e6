"""Row 33.13: invented cases, doses, lives, quotations and figures, and true ones alongside."""

from collections import Counter
from collections.abc import Iterator
from random import Random

from ingenium.words.guard import FabricationGuard, Withheld
from ingenium.words.passages import DocumentSet, sentences
from ingenium_book.findings import Commands, Finding

EACH, LEAST, MOST_FALSE = 100, 0.98, 0.03  # of each kind; shares
FIRST = [
    "Ada", "Ben", "Cara", "Dan", "Eve", "Finn", "Gina", "Hugo", "Ida", "Jon", "Kim", "Leo",
    "Mia", "Ned", "Olga", "Paul",
]  # fmt: skip
LAST = [
    "Arden", "Berg", "Cole", "Dietz", "Eames", "Falk", "Grant", "Hale", "Irwin", "Jonas",
    "Kerr", "Lund", "Moss", "Nash",
]  # fmt: skip
DRUGS = [
    "amoxil", "benadol", "cortane", "dextrin", "enaprol", "fenolate", "gavisol", "hexamine",
    "ibutrol",
]  # fmt: skip
TOWNS = [
    "Bern", "Cadiz", "Delft", "Essen", "Gent", "Hull", "Jena", "Kiel", "Lodz", "Metz",
    "Nantes", "Oslo", "Pisa",
]  # fmt: skip
GOODS = [
    "exports", "imports", "sales", "orders", "visits", "rents", "wages", "costs",
]  # fmt: skip
OBJECTS = [
    "prices", "wages", "taxes", "rules", "fees", "routes", "dates", "plans",
]  # fmt: skip
Pair = tuple[str, str, str]  # what the source says, what is true of it, and what is not


def _name(rng: Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def _other(rng: Random, listed: list[str], own: str) -> str:
    return rng.choice([x for x in listed if x != own])


def _case(rng: Random) -> Pair:
    a, b = rng.sample(LAST, 2)
    volume, page, year = rng.randrange(100, 999), rng.randrange(10, 999), rng.randrange(1980, 2020)
    cite = f"{a} v. {b}, {volume} F.3d {page} (9th Cir. {year})"
    true = f"In {cite}, the court upheld the ruling."
    faults = (
        true.replace(f" {page} ", f" {page + 1} "),
        true.replace(a, _other(rng, LAST, a)),
        true.replace("upheld", "reversed"),
        f"In {b} v. {a}, {volume} F.3d {page} (9th Cir. {year}), the court upheld the ruling.",
    )
    return f"In {cite}, the court upheld the ruling of the lower court.", true, rng.choice(faults)


def _dose(rng: Random) -> Pair:
    drug, dose, times = rng.choice(DRUGS), rng.randrange(5, 95) * 10, rng.choice(("two", "three"))
    source = f"The usual dose of {drug} is {dose} mg {times} times daily for adults."
    true = f"The usual dose of {drug} is {dose} mg {times} times daily."
    faults = (
        true.replace(f"{dose} mg", f"{dose * 10} mg"),
        true.replace(" mg", " g"),
        true.replace(f"{times} times", "five times"),
        true.replace(drug, _other(rng, DRUGS, drug)),
        true.replace("adults", "children").replace("daily.", "daily for children."),
    )
    return source, true, rng.choice(faults)


def _life(rng: Random) -> Pair:
    who, town, year = _name(rng), rng.choice(TOWNS), rng.randrange(1850, 1950)
    later = year + rng.randrange(25, 60)
    source = f"{who} was born in {town} in {year} and received the Falk Prize in {later}."
    true = rng.choice(
        (f"{who} was born in {town} in {year}.", f"{who} received the Falk Prize in {later}.")
    )
    faults = (
        f"{who} was born in {town} in {later}.",
        f"{who} was born in {_other(rng, TOWNS, town)} in {year}.",
        f"{who} received the Nobel Prize in {later}.",
        f"{who} received the Falk Prize in {year}.",
        f"{who} was convicted in {town} in {year}.",
    )
    return source, true, rng.choice(faults)


def _quotation(rng: Random) -> Pair:
    who, thing = _name(rng), rng.choice(OBJECTS)
    year = rng.randrange(2021, 2030)
    said = f"We will not change the {thing} in {year}"
    source = f'"{said}," said {who}, the head of the board.'
    true = f'"{said}," said {who}.'
    faults = (
        true.replace("will not", "will"),
        true.replace(who, f"{_other(rng, FIRST, who.split()[0])} {who.split()[1]}"),
        true.replace(thing, _other(rng, OBJECTS, thing)),
        f'"The {thing} are a scandal," said {who}.',
    )
    return source, true, rng.choice(faults)


def _figure(rng: Random) -> Pair:
    up, down = rng.sample(GOODS, 2)
    a, b, year = (
        rng.randrange(11, 99) / 10,
        rng.randrange(11, 99) / 10 + 10,
        rng.randrange(1990, 2024),
    )
    one, town = up.capitalize(), rng.choice(TOWNS)
    source = f"{one} in {town} grew by {a} % in {year}, while {down} fell by {b} %."
    true = f"{one} in {town} grew by {a} % in {year}."
    faults = (
        true.replace("grew", "fell"),
        true.replace(f"{a} %", f"{b} %"),
        true.replace(one, down.capitalize()),
        true.replace(str(year), str(year - 1)),
        true.replace(" %", " million"),
    )
    return source, true, rng.choice(faults)


def _elsewhere(rng: Random) -> Pair:
    """Return a citation of a study that exists and says something else."""
    who, year, count = rng.choice(LAST), rng.randrange(1990, 2024), rng.randrange(100, 900)
    source = f"The trial ({who} et al., {year}) had {count} patients and found no effect."
    true = f"The trial ({who} et al., {year}) had {count} patients."
    faults = (
        f"The trial ({who} et al., {year}) found a strong effect.",
        true.replace(str(count), str(count + 10)),
        true.replace(who, _other(rng, LAST, who)),
        f"The trial ({who} et al., {year}) found effect.",
    )
    return source, true, rng.choice(faults)


KINDS = {
    "case": _case, "dose": _dose, "life": _life, "quotation": _quotation, "figure": _figure,
    "other source": _elsewhere,
}  # fmt: skip


def guarded(commands: Commands) -> Iterator[Finding]:
    """Row 33.13: planted fabrications are withheld, and true statements are not."""
    rng = Random(33)
    texts, true, false = {}, [], []
    for kind, make in KINDS.items():
        for i in range(EACH):
            source, right, wrong = make(rng)
            texts[f"{kind}_{i}.txt"] = source
            true.append((kind, right))
            false.append((kind, wrong))
    passages = tuple(p for name, text in texts.items() for p in sentences(name, text))
    guard = FabricationGuard(DocumentSet(texts, dict.fromkeys(texts, ""), passages))
    blocked = Counter(kind for kind, text in false if _withheld(guard, text))
    halted = Counter(kind for kind, text in true if _withheld(guard, text))
    for kind in KINDS:
        yield Finding(f"{kind}: {blocked[kind]} of {EACH} planted are withheld", blocked[kind] > 0)
    share = blocked.total() / len(false)
    yield Finding(f"{blocked.total()} of {len(false)} planted are withheld", share >= LEAST)
    share = halted.total() / len(true)
    text = f"{halted.total()} of {len(true)} true statements are withheld, too"
    yield Finding(text, share <= MOST_FALSE)


def _withheld(guard: FabricationGuard, text: str) -> bool:
    return any(isinstance(one, Withheld) for one in guard.check(text))
