"""The templates of reports."""

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template

from ingenium.report import words

OWN = "ingenium.report"


@cache
def template(name: str, package: str = OWN) -> Template:
    """Return a template of a package by the name of its file; it knows how to format numbers."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(p, ".") for p in dict.fromkeys((package, OWN))]),
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
