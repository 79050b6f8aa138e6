"""The templates of pages."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ingenium.report import words


@cache
def template(name: str) -> Template:
    """A template by the name of its file, which knows how numbers are written."""
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
    return environment.get_template(name)
