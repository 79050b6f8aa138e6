"""A language model at an OpenAI-compatible address, and the transcript that replays it."""

import hashlib
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingenium.core.errors import EngineError, IngeniumError, InputError
from ingenium.core.folders import write_atomic
from ingenium.core.reading.files import text as text_of
from ingenium.language import embedded

SETTING = "INGENIUM_ENDPOINT"  # such as http://127.0.0.1:8080/v1#model
KEY = "OPENAI_API_KEY"  # for addresses that need one; it is never stored
SECONDS, MOST_BYTES = 120.0, 4 << 20
FORM = f"an address such as http://127.0.0.1:8080/v1#model, or {embedded.NAME}, in {SETTING}"


@dataclass
class ModelEndpoint:
    """Client that sends each question once; known answers come from the transcript.

    Without an address it only replays.
    """

    address: str | None
    transcript: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.address in (None, embedded.NAME)
        if not known and not str(self.address).startswith(("http://", "https://")):
            raise InputError(FORM, self.address)

    @classmethod
    def usual(cls, transcript: Path | None = None) -> "ModelEndpoint | None":
        """Build it from the environment and a transcript; None if there is neither."""
        address = os.environ.get(SETTING) or None
        known = read(transcript) if transcript is not None else {}
        return cls(address, known) if address or known else None

    def ask(self, instruction: str, question: str, *, most: int = 400) -> str:
        """Return the answer of the model, at temperature 0.

        Raises:
            EngineError: if it does not answer.
            InputError: if there is no address, and the transcript has no answer to the question.
        """
        messages = [
            {"role": "system", "content": instruction},
            {"role": "user", "content": question},
        ]
        base, _, model = (self.address or "").partition("#")
        requested = {"messages": messages, "temperature": 0, "seed": 0, "max_tokens": most}
        key = hashlib.sha256(json.dumps(requested, sort_keys=True).encode()).hexdigest()
        if key not in self.transcript:
            if self.address is None:
                raise InputError(FORM, "a transcript without an answer to this", f"Set {SETTING}.")
            body = {**requested, "model": model or "default"}
            answer = _answered(base, body)
            self.transcript[key] = {"asked": requested, "model": model, "answer": answer}
        return str(self.transcript[key]["answer"])

    def write(self, path: Path) -> None:
        """Write all answers to a file, one a line."""
        rows = [json.dumps({"key": k, **row}) for k, row in self.transcript.items()]
        write_atomic(path, "\n".join(rows) + "\n")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read a transcript by its keys, each of which must be that of its question.

    Raises:
        InputError: for a file that is no transcript.
    """
    what = "a transcript, a line of JSON for each answer"
    found = {}
    try:
        for line in text_of(path, what, most=MOST_BYTES, prose=True).splitlines():
            row = json.loads(line)
            key = hashlib.sha256(json.dumps(row["asked"], sort_keys=True).encode()).hexdigest()
            if key != row["key"] or not isinstance(row["answer"], str):
                raise InputError(what, f"{path}, with an answer to another question")
            found[key] = {name: row[name] for name in ("asked", "model", "answer")}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(what, f"{path} ({error})", "Write it by ask --documents.") from None
    return found


def _answered(base: str, body: dict[str, Any]) -> str:
    try:
        answer = embedded.chat(body) if base == embedded.NAME else _fetched(base, body)
        return str(answer["choices"][0]["message"]["content"])
    except (urllib.error.URLError, OSError, ValueError, LookupError, TypeError) as error:
        if isinstance(error, IngeniumError):
            raise
        raise EngineError(f"the model at {base} gave no answer: {error}") from None


def _fetched(base: str, body: dict[str, Any]) -> Any:
    """Send a chat request to an address and return the answer."""
    headers = {"Content-Type": "application/json"}
    if os.environ.get(KEY):
        headers["Authorization"] = f"Bearer {os.environ[KEY]}"
    url = f"{base.rstrip('/')}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return json.loads(response.read(MOST_BYTES))
