"""Starting points of a request: the nearest example, and the problems of each field."""

import tomllib
from collections.abc import Iterator

from ingenium.cli.documents import folder
from ingenium.domains import load, names
from ingenium.words.lexicon import terms

WORDS = 5  # by which a field is named


def nearest_example(problem: str | None, text: str) -> str | None:
    """The example of a problem that shares most words with a request, as its path."""
    if problem is None:
        return None
    source = folder() / "examples"
    said = set(terms(text))
    found = []
    for path in sorted(source.rglob("*.toml")):
        content = path.read_text(encoding="utf-8")
        if f'problem = "{problem}"' not in content:
            continue
        title = str(tomllib.loads(content).get("title", ""))
        heading = content.partition("\n")[0]
        own = set(terms(f"{title} {heading}"))
        found.append((-len(own & said), path.relative_to(source.parent).as_posix()))
    return min(found)[1] if found else None


def existing() -> Iterator[str]:
    """Each field in five words."""
    for field in names():
        summary = load(field).summary.partition(":")[0].partition(",")[0]
        yield f"{field}: {' '.join(summary.split()[:WORDS])}"
