"""Templates of the pages, which share one look."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ingenium.report import words


def template(name: str) -> Template:
    """A template of this folder by its path."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ingenium.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": words.number,
        "percent": words.percent,
        "limit": words.limit,
    }
    return environment
