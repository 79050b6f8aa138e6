"""Candidates: short sequences of calls on a module, sampled, changed and written as statements."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from ingenium.domains.software.tests.surface import KINDS, Entrance, Parameter, Surface
from ingenium.domains.software.tests.values import Values

_DEEP = 2  # depth of objects built from objects
_START = dict.fromkeys(KINDS, 1.0) | {"own": 0.3, "none": 0.5, "bytes": 0.5}
_LIKELY = 8.0  # weight of a kind that the source suggests
_UNLIKELY = 0.15  # factor of the others then
_MUTABLE = ("[", "{")


@dataclass(frozen=True)
class CallStep:
    """One call with its arguments, by name where they have one."""

    entrance: Entrance
    arguments: tuple[tuple[str, str, str], ...]  # name or "", value, kind


@dataclass(frozen=True)
class Candidate:
    """Calls in order; methods are called on the object that the first one returns."""

    steps: tuple[CallStep, ...]

    @property
    def target(self) -> Entrance:
        """The entrance that the last step calls."""
        return self.steps[-1].entrance

    def statements(self, module: str) -> tuple[str, ...]:
        """Return the statements as a test writes them."""
        return tuple(_written(self.steps, module))


@dataclass(frozen=True)
class WrittenCandidate:
    """Statements from the source, such as an example of a docstring."""

    written: tuple[str, ...]
    label: str
    wanted: str | None = None

    def statements(self, module: str) -> tuple[str, ...]:
        """Return the statements as they were written."""
        return self.written


def _written(steps: Sequence[CallStep], module: str) -> Iterator[str]:
    made = 0
    for i, step in enumerate(steps):
        e, parts = step.entrance, []
        for name, value, _ in step.arguments:
            said = value.replace("@", f"{module}.") if value.startswith("@") else value
            if said.startswith(_MUTABLE) and e.form == "call":
                made += 1
                yield f"given_{made} = {said}"
                said = f"given_{made}"
            parts.append(f"{name}={said}" if name else said)
        last = i == len(steps) - 1
        result = "result" if last else ("subject" if not e.owner else f"before_{i}")
        yield f"{result} = {_call(e, parts, module)}"


def _call(e: Entrance, parts: Sequence[str], module: str) -> str:
    if e.form == "property":
        return f"subject.{e.own}"
    if e.form != "call":
        return e.form.format("subject", *[f"({p})" if " " in p else p for p in parts])
    before = f"subject.{e.own}" if e.owner else f"{module}.{e.name}"
    return f"{before}({', '.join(parts)})"


class Caller:
    """Sampler of candidates that learns which kinds of values a parameter takes."""

    def __init__(self, surface: Surface, module: str, rng: Random) -> None:
        self.surface, self.module, self.rng = surface, module, rng
        self.values = Values(surface, rng)
        self.makers = {e.name: e for e in surface.entrances if e.makes}
        self._weight: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: dict(_START))
        for e in surface.entrances:
            for p in e.parameters:
                weight = self._weight[e.name, p.name]
                for kind in KINDS if p.kinds else ():
                    weight[kind] = _LIKELY if kind in p.kinds else weight[kind] * _UNLIKELY

    def learn(self, candidate: Candidate, raised: str | None) -> None:
        """Make kinds of values that a call refuses rarer, and others more frequent."""
        step = candidate.steps[-1]
        factor = 0.7 if raised in ("TypeError", "AttributeError") else 1.15
        for p, (_, _, kind) in zip(_given(step), step.arguments, strict=False):
            weight = self._weight[step.entrance.name, p]
            weight[kind] = min(20.0, max(0.05, weight[kind] * factor))

    def fresh(self, entrance: Entrance) -> Candidate:
        """Sample a call with its arguments, after calls that create the object and may use it."""
        steps = [CallStep(entrance, self._arguments(entrance))]
        if entrance.owner:
            maker = self.makers.get(entrance.owner)
            if maker is not None:
                steps.insert(0, CallStep(maker, self._arguments(maker)))
                same = [e for e in self.surface.entrances
                        if e.owner == entrance.owner and e.form == "call"]  # fmt: skip
                while same and self.rng.random() < 0.35 and len(steps) < 6:
                    other = self.rng.choice(same)
                    steps.insert(-1, CallStep(other, self._arguments(other)))
        return Candidate(tuple(steps))

    def changed(self, candidate: Candidate) -> Candidate:
        """Return the same calls with one or two arguments changed, or a step more or less."""
        steps = list(candidate.steps)
        for _ in range(self.rng.choice((1, 1, 2))):
            i = self.rng.randrange(len(steps))
            step, chance = steps[i], self.rng.random()
            if chance < 0.15 and 0 < i < len(steps) - 1:
                del steps[i]
            elif chance < 0.3 and step.entrance.owner and len(steps) < 6:
                steps.insert(i, step)
            elif chance < 0.5 or not step.arguments:
                steps[i] = CallStep(step.entrance, self._arguments(step.entrance))
            else:
                steps[i] = self._nudged(step)
        return Candidate(tuple(steps))

    def _nudged(self, step: CallStep) -> CallStep:
        arguments = list(step.arguments)
        i = self.rng.randrange(len(arguments))
        name, value, kind = arguments[i]
        near = self.values.changed(value)
        if near == value:
            kind = self._kind(step.entrance, _given(step)[i])
            near = self._value(kind, 0)
        arguments[i] = name, near, kind
        return replace(step, arguments=tuple(arguments))

    def _arguments(self, e: Entrance, deep: int = 0) -> tuple[tuple[str, str, str], ...]:
        found = []
        operator = e.form not in ("call", "property")
        by_name = False
        for p in e.parameters:
            if e.form == "property" or (operator and e.form.count("{") < 2):
                break
            if not p.needed and not operator and self.rng.random() < 0.5:
                by_name = True
                continue
            for _ in range(self.rng.randrange(3) if p.many else 1):
                kind = self._kind(e, p.name)
                name = p.name if (by_name or p.by_name) and not p.many else ""
                if p.many and by_name:
                    break
                found.append((name, self._value(kind, deep), kind))
            if operator:
                break
        return tuple(found)

    def _kind(self, e: Entrance, parameter: str) -> str:
        weight = self._weight[e.name, parameter]
        return self.rng.choices(list(weight), list(weight.values()))[0]

    def _value(self, kind: str, deep: int) -> str:
        if kind == "own" and self.makers and deep < _DEEP and self.rng.random() < 0.7:
            maker = self.rng.choice(list(self.makers.values()))
            parts = []
            for name, value, _ in self._arguments(maker, deep + 1):
                said = value.replace("@", f"{self.module}.") if value.startswith("@") else value
                parts.append(f"{name}={said}" if name else said)
            return f"{self.module}.{maker.name}({', '.join(parts)})"
        return self.values.sample(kind)


def _given(step: CallStep) -> list[str]:
    """Return names of the parameters that the arguments of a step are for, in order."""
    parameters: Sequence[Parameter] = step.entrance.parameters
    names, at = [], 0
    for name, _, _ in step.arguments:
        if name:
            names.append(name)
        else:
            names.append(parameters[min(at, len(parameters) - 1)].name)
            at += 1
    return names
