"""Arguments of calls: sampled by kind from literals of the source, and changed a little."""

import ast
from dataclasses import dataclass
from random import Random

from ingenium.domains.software.tests.surface import Surface

_INTS = (0, 1, -1, 2, 3, 4, 5, 7, 10, 16, 60, 100, 255, 1000)
_FLOATS = (0.0, 1.0, -1.0, 0.5, 2.5, 3.7, 1e-3, 1e6, 100.25)
_WORDS = ("", "a", "A", "abc", "hello world", "Hello, World!", " ", "  x y ", "a b c d", "a,b,c")
_FORMS = ("1", "42", "-3.5", "a\nb\n", "x=1", "/a/b.txt", "The quick brown fox jumps over it.")
_TEXTS = (*_WORDS, *_FORMS)
_CALLS = ("len", "str", "int", "abs", "lambda x: x", "lambda x: -x", "lambda x, y: x + y",
          "lambda *a: None", "lambda x: x > 1", "lambda: 3")  # fmt: skip
_MOST = 200  # characters of a value


@dataclass(frozen=True)
class Values:
    """Sampler of values for tests of one module, as source text."""

    surface: Surface
    rng: Random

    def sample(self, kind: str) -> str:
        """Sample a value of that kind."""
        rng = self.rng
        if kind == "int":
            own = [x for x in self.surface.literals if isinstance(x, int)]
            return repr(rng.choice(own) + rng.choice((-1, 0, 0, 1))
                        if own and rng.random() < 0.4 else rng.choice(_INTS))  # fmt: skip
        if kind == "float":
            own_f = [x for x in self.surface.literals if isinstance(x, float)]
            return repr(rng.choice(own_f) if own_f and rng.random() < 0.3 else rng.choice(_FLOATS))
        if kind == "text":
            return repr(self._text())
        if kind == "bytes":
            return repr(self._text().encode()[:40])
        if kind == "bool":
            return rng.choice(("True", "False"))
        if kind == "none":
            return "None"
        if kind == "call":
            return rng.choice(_CALLS)
        if kind == "own":
            return self._own()
        if kind == "dict":
            pairs = [f"{self.sample('text')}: {self.sample(rng.choice(('int', 'text')))}"
                     for _ in range(rng.randrange(4))]  # fmt: skip
            return "{" + ", ".join(pairs) + "}"
        return self._several(kind)

    def _several(self, kind: str) -> str:
        """Sample a list or tuple, of one kind or of lists."""
        rng = self.rng
        inner = {"ints": "int", "texts": "text"}[kind]
        if rng.random() < 0.2:
            inner = rng.choice(("float", "int", "text", "ints"))
        parts = [self.sample(inner) for _ in range(rng.choice((0, 1, 2, 2, 3, 3, 4, 6)))]
        if rng.random() < 0.25:
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        return f"[{', '.join(parts)}]"

    def _text(self) -> str:
        """Sample a text, from pieces of the source or common ones."""
        rng = self.rng
        own = [x for x in self.surface.literals if isinstance(x, str)]
        pieces = [
            rng.choice(own) if own and rng.random() < 0.5 else rng.choice(_TEXTS)
            for _ in range(rng.choice((1, 1, 1, 2, 3)))
        ]
        return "".join(pieces)[:_MOST]

    def _own(self) -> str:
        """Sample a public constant of the module; the caller creates objects."""
        calls = {e.name.partition(".")[0] for e in self.surface.entrances}
        names = [n for n in self.surface.public if n not in calls]
        return f"@{self.rng.choice(names)}" if names else "None"

    def changed(self, text: str) -> str:
        """Return a value near another one, of the same kind where that is a literal."""
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text
        found = repr(self._near(value))
        return found if len(found) <= _MOST else text

    def _near(self, value: object) -> object:
        rng = self.rng
        if isinstance(value, bool) or value is None:
            return not value
        if isinstance(value, int):
            return rng.choice((value + 1, value - 1, -value, value * 2, value // 2, value + 10))
        if isinstance(value, float):
            return rng.choice((value + 1, -value, value * 2, value / 2, float(round(value))))
        if isinstance(value, str):
            return self._near_text(value)
        if isinstance(value, bytes):
            return self._near_text(value.decode("latin-1")).encode("latin-1", "ignore")
        if isinstance(value, list | tuple):
            return type(value)(self._near_parts(list(value)))
        if isinstance(value, dict) and value:
            key = rng.choice(sorted(value, key=repr))
            return value | {key: self._near(value[key])}
        return value

    def _near_text(self, text: str) -> str:
        rng, i = self.rng, self.rng.randrange(len(text) + 1)
        j = min(len(text), i + rng.choice((1, 1, 2, 5)))
        piece = self._text()[:12]
        return rng.choice(
            (
                text[:i] + text[j:],
                text[:i] + piece + text[i:],
                text[:i] + piece + text[j:],
                text + text[i:j],
                text.swapcase(),
                text[i:] + text[:i],
                text + " " + text,
            )
        )[:_MOST]

    def _near_parts(self, parts: list[object]) -> list[object]:
        rng = self.rng
        if not parts:
            return [ast.literal_eval(self.sample(rng.choice(("int", "text", "float"))))]
        i = rng.randrange(len(parts))
        move = rng.randrange(5)
        if move == 0:
            return parts[:i] + parts[i + 1 :]
        if move == 1:
            return [*parts, parts[i]]
        if move == 2:
            return parts[::-1]
        if move == 3:
            return [*parts[:i], self._near(parts[i]), *parts[i:]]
        return [*parts[:i], self._near(parts[i]), *parts[i + 1 :]]
