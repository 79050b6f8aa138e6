"""Corrupted proofs, which no kernel may accept: an attack on ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from ingenium.domains.mathematics.metamath.database import PROVES, Assertion, Database
from ingenium.domains.mathematics.metamath.kernel import Theorem, of_assertion

KINDS = ("later", "cycle", "unproved", "swapped", "disjoint", "dropped", "conclusion", "letters")


@dataclass(frozen=True)
class Corrupted:
    """A proof that was correct before one change."""

    kind: str
    database: Database
    theorem: Theorem
    proof: str

    def as_file(self) -> tuple[str, str]:
        """Return a database that ends with the theorem and its proof, and its label."""
        label = "corrupted"
        lines = [self._before(), "${"]
        lines += [f"$d {a} {b} $." for a, b in sorted(self.theorem.disjoint)]
        for i, h in enumerate(self.theorem.essentials, 1):
            lines.append(f"{label}.{i} $e {' '.join(h.symbols)} $.")
        proof = label if self.kind == "cycle" and self.proof == self.theorem.label else self.proof
        lines.append(f"{label} $p {' '.join(self.theorem.symbols)} $= {proof} $.")
        return "\n".join([*lines, "$}", ""]), label

    def _before(self) -> str:
        """Return the part of the database that the theorem may cite."""
        text, label = self.database.text, self.theorem.label
        at = text.find(f"\n{label} $p")
        inside = text.find(f"\n  {label} $p")
        if inside >= 0:
            at = text.rfind("${", 0, inside)
        return text if at < 0 else text[:at]


def steps_of(theorem: Theorem, proof: str) -> list[str]:
    """Return the labels of a proof in order; repeated parts of a compressed one count once."""
    words = proof.split()
    if words[:1] != ["("]:
        return words
    end = words.index(")")
    known = [*theorem.mandatory, *words[1:end]]
    found: list[str] = []
    number = 0
    for letter in "".join(words[end + 1 :]):
        if letter == "Z":
            continue
        if letter >= "U":
            number = number * 5 + ord(letter) - 84
        else:
            at, number = number * 20 + ord(letter) - 65, 0
            found += known[at : at + 1]
    return found


def corrupted(base: Database, a: Assertion, kind: str, rng: Random) -> Corrupted | None:
    """Return a proof of an assertion with one change; None where the kind does not apply."""
    theorem = of_assertion(a)
    made = _MAKERS[kind](base, a, theorem, rng)
    if made is None:
        return None
    theorem, proof = made
    if proof.split() == a.proof.split() and theorem.symbols == a.symbols and kind != "disjoint":
        return None
    return Corrupted(kind, base, theorem, proof)


Made = tuple[Theorem, str] | None


def _parts(proof: str) -> tuple[list[str], str] | None:
    words = proof.split()
    if words[:1] != ["("]:
        return None
    end = words.index(")")
    return words[1:end], "".join(words[end + 1 :])


def _joined(labels: Sequence[str], letters: str) -> str:
    return f"( {' '.join(labels)} ) {letters}".replace("(  )", "( )")


def _logical(base: Database, labels: Sequence[str]) -> list[int]:
    known = base.assertions
    return [i for i, x in enumerate(labels) if x in known and known[x].symbols[0] == PROVES]


def _later(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Cite a theorem that comes later."""
    parts = _parts(a.proof)
    own = _logical(base, parts[0]) if parts else []
    rest = base.order[a.order + 1 :]
    if not own or parts is None or not rest:
        return None
    labels = list(parts[0])
    labels[rng.choice(own)] = rng.choice(rest).label
    return theorem, _joined(labels, parts[1])


def _cycle(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Cite the theorem itself, with its own hypotheses."""
    del base
    if rng.random() < 0.5:
        return theorem, " ".join([*theorem.mandatory, theorem.label])
    own = "".join(_letter(i) for i in range(len(theorem.mandatory)))
    return theorem, f"( {theorem.label} ) {own}{_letter(len(theorem.mandatory))}"


def _letter(n: int) -> str:
    return chr(65 + n) if n < 20 else chr(84 + n // 20) + chr(65 + n % 20)


def _unproved(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Put `?` in place of a step, or of all."""
    del base
    parts = _parts(a.proof)
    if parts is None or rng.random() < 0.3:
        return theorem, "?"
    at = rng.randrange(len(parts[1]))
    return theorem, _joined(parts[0], parts[1][:at] + "?" + parts[1][at + 1 :])


def _swapped(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Exchange two essential hypotheses of the theorem, whose formulas differ."""
    parts = _parts(a.proof)
    floats, essentials = len(theorem.floats), theorem.essentials
    if parts is None or len(essentials) < 2:
        return None
    i, j = rng.sample(range(len(essentials)), 2)
    one, other = floats + i, floats + j
    if essentials[i].symbols == essentials[j].symbols or max(one, other) >= 20:
        return None
    both = {_letter(one): _letter(other), _letter(other): _letter(one)}
    letters, before = [], ""
    for x in parts[1]:
        letters.append(both.get(x, x) if not before else x)
        before = x if x >= "U" and x != "Z" else ""
    del base
    return theorem, _joined(parts[0], "".join(letters))


def _disjoint(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Take a disjoint pair away that the proof needs, or make two variables one."""
    if not a.mandatory_disjoint:
        return None
    pair = rng.choice(a.mandatory_disjoint)
    needed = any(
        base.assertions[x].mandatory_disjoint
        for x in steps_of(theorem, a.proof)
        if x in base.assertions
    )
    if not needed:
        return None
    return replace(theorem, disjoint=theorem.disjoint - {pair}), a.proof


def _dropped(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Leave out one letter."""
    del base
    parts = _parts(a.proof)
    if parts is None:
        return None
    at = [i for i, x in enumerate(parts[1]) if x != "Z"]
    i = rng.choice(at)
    return theorem, _joined(parts[0], parts[1][:i] + parts[1][i + 1 :])


def _conclusion(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Claim another formula of the database."""
    others = [x for x in base.order if x.symbols[0] == a.symbols[0] and x.symbols != a.symbols]
    own = {h.symbols[1] for h in theorem.active.values()}
    other = rng.choice(others)
    names = {s for s in other.symbols if s in base.variables}
    if not names <= own or names - theorem.variables:
        return None
    return replace(theorem, symbols=other.symbols), a.proof


def _letters(base: Database, a: Assertion, theorem: Theorem, rng: Random) -> Made:
    """Change one letter of a step to another step."""
    parts = _parts(a.proof)
    if parts is None or len(theorem.mandatory) + len(parts[0]) < 3:
        return None
    known = [*theorem.mandatory, *parts[0]]
    at = [i for i, x in enumerate(parts[1]) if x < "U" and (i == 0 or parts[1][i - 1] < "U")]
    i = rng.choice(at)
    old = ord(parts[1][i]) - 65
    new = rng.randrange(min(20, len(known)))
    if new == old or (old < len(known) and known[new] == known[old]):
        return None
    del base
    return theorem, _joined(parts[0], parts[1][:i] + _letter(new) + parts[1][i + 1 :])


_MAKERS: dict[str, Callable[[Database, Assertion, Theorem, Random], Made]] = {
    "later": _later,
    "cycle": _cycle,
    "unproved": _unproved,
    "swapped": _swapped,
    "disjoint": _disjoint,
    "dropped": _dropped,
    "conclusion": _conclusion,
    "letters": _letters,
}
