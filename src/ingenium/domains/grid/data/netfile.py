"""Reader of nets: SimBench codes, which are cached, and users' pandapower JSON files."""

import difflib
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.core.reading.documents import MOST_JSON, json_text
from ingenium.core.reading.files import refusing, text
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.domains.grid.bundled import bundled, bundled_codes, require_default
from ingenium.domains.grid.data.net_tables import NetTables, as_text, entries
from ingenium.domains.grid.data.packages import SIMBENCH, package, release_of
from ingenium.domains.grid.data.profiles import simbench_days, simbench_net

SIMBENCH_CODE = re.compile(r"[12]-[A-Za-z_]+-[A-Za-z0-9._]*-[A-Za-z0-9.]*-[0-2]-(?:sw|no_sw)")
# Contents of a net without controllers. pandapower imports modules that its JSON names, so
# everything else is refused before it sees the file.
ALLOWED = {
    *(("pandas", name) for name in ("DataFrame", "Series")),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.series", "Series"),
    ("pandapower.auxiliary", "pandapowerNet"),
    ("networkx", "MultiGraph"),
    ("numpy", "array"),
    *(("numpy", name) for name in ("bool", "bool_", "int32", "int64", "float32", "float64")),
    *(("builtins", name) for name in ("complex", "tuple", "set", "frozenset")),
}
NET = "pandapowerNet"
NOT_PLAIN = "not plain"  # stored in place of tables
HOLDS_JSON = ("DataFrame", "Series", NET)
WHAT = "a JSON file of a net"
HINT = "Write it with pandapower.to_json(net, path)."


class NetworkError(InputError):
    """A net that cannot be read, or that the engine cannot represent."""


def read_net(source: str | Path) -> tuple[str, Any]:
    """Read the name and the net of a SimBench code or a JSON file: its tables (`NetTables`).

    Raises:
        NetworkError: unknown code, no such file, or a file that is not a plain net.
    """
    named = str(source)
    if is_code(source):
        return named, _simbench(named)
    path = Path(source)
    if not path.is_file():
        raise NetworkError(
            "a SimBench code such as 1-LV-rural1--0-sw, or the path of a pandapower JSON file",
            f'"{named}", which is no code, and no file lies at {path.absolute()}',
            _close_codes(named),
        )
    return path.stem, read_json(path)


def is_code(source: str | Path) -> bool:
    """Return whether a net is named by a code of SimBench."""
    return isinstance(source, str) and SIMBENCH_CODE.fullmatch(source) is not None


def read_json(path: Path) -> Any:
    """Read the tables of a pandapower net in JSON that contains data only.

    Raises:
        NetworkError: broken JSON, not a net, or an object that is not plain data.
    """
    with of_nets():
        return _net(text(path, WHAT, most=MOST_JSON, prose=True), path)


@contextmanager
def of_nets() -> Iterator[None]:
    """Convert refusals of files in general to those of nets."""
    try:
        yield
    except NetworkError:
        raise
    except InputError as error:
        raise NetworkError(error.expected, error.got, error.instead or HINT) from error


def _net_in(found: str, where: Path) -> Any:
    """Net of a JSON text; pandapower reads a rewritten copy of the checked data."""
    with refusing(WHAT, where):
        content = json_text(found, WHAT, str(where))
        if not isinstance(content, dict):
            raise NetworkError(WHAT, f"{where} with a {type(content).__name__}", HINT)
        plain = json.dumps(_plain(content, str(where)))
    pandapower = package("pandapower")
    alone = plain.count(NET) == 1  # else each starts from its own empty one
    begun = deepcopy(_empty_net()) if alone else None
    with warnings.catch_warnings(), refusing("a net that pandapower can read", where):
        warnings.simplefilter("ignore")  # column types that a later pandas reads differently
        net = pandapower.from_json_string(plain, convert=True, empty_dict_like_object=begun)
        empty = not isinstance(net, pandapower.pandapowerNet) or getattr(net.bus, "empty", True)
    if empty:
        raise NetworkError("a pandapower net with buses", f"{where} without them", HINT)
    return net


@lru_cache(maxsize=1)
def _empty_net() -> Any:
    """Template that pandapower fills from a file; building its tables takes half of the time."""
    return package("pandapower").create_empty_network()


def _plain(content: Any, where: str) -> Any:
    """The JSON, and the JSON inside its strings, after a check for anything but plain data.

    Tables are embedded as texts, which pandapower parses again: they are rewritten from the checked
    data, so that a second parse cannot differ.
    """
    if isinstance(content, dict):
        held = content.get("_object")
        if "_module" in content or "_class" in content:
            _refuse_class(content, where)
            if content["_class"] in HOLDS_JSON and isinstance(held, str):
                inner = _plain(json_text(held, WHAT, where), where)
                return _plain(content | {"_object": None}, where) | {"_object": json.dumps(inner)}
        return {key: _plain(value, where) for key, value in content.items()}
    if isinstance(content, list):
        return [_plain(value, where) for value in content]
    if isinstance(content, str) and content.lstrip()[:1] in ("{", "["):
        _plain(_json_in(content), where)
    return content


def _json_in(reported: str) -> Any:
    """The JSON of a whole text, else None."""
    try:
        return json.loads(reported)
    except json.JSONDecodeError:
        return None


def _refuse_class(content: dict[str, object], where: str) -> None:
    module, name = content.get("_module"), content.get("_class")
    if not (isinstance(module, str) and isinstance(name, str)) or (module, name) not in ALLOWED:
        raise NetworkError(
            "a net of plain tables",
            f"{where} with the object {module}.{name}, which may run code when loaded",
            "Remove it (controllers: net.controller.drop(net.controller.index, inplace=True)) and "
            "write the net again with pandapower.to_json.",
        )


def _simbench(code: str) -> Any:
    """Net of a SimBench code, without profiles: from `ingenium-grid-data`, or cached.

    Reading the tables of SimBench takes seconds, so it is done once for the net and its year.
    """

    def make(_: int) -> Arrays:
        if code not in _codes():
            raise NetworkError("the code of a SimBench grid", f'"{code}"', _close_codes(code))
        net = simbench_net(code)
        simbench_days(code, net)
        del net["profiles"]
        return {"json": as_array(package("pandapower").to_json(net, None))}

    found = bundled(code)
    if found is None:
        require_default(code)
        under = [code, f"simbench {SIMBENCH.release_of('simbench')}", release_of("pandapower")]
        found = Recipe("net", under, make).complete()
    return _net(found["json"].tobytes().decode(), Path(code))


def _net(content: str, where: Path) -> Any:
    """Tables of a net in JSON, stored; pandapower's net itself where they are not plain."""
    source = content_digest(content)

    def make(_: int) -> Arrays:
        return {"tables": as_array(as_text(_parsed(content, where)) or NOT_PLAIN)}

    under = [source, release_of("pandapower")]
    found = Recipe("net-tables", under, make).complete_or_made()["tables"].tobytes().decode()
    read = partial(_parsed, content, where)
    return deepcopy(read()) if found == NOT_PLAIN else NetTables(entries(found), source, read)


@lru_cache(maxsize=4)
def _parsed(content: str, where: Path) -> Any:
    """Net of a content, parsed once per process."""
    return _net_in(content, where)


def _close_codes(text: str) -> str:
    close = difflib.get_close_matches(text, _codes(), n=3, cutoff=0.5)
    return f"Close SimBench codes: {', '.join(close)}." if close else ""


def _codes() -> tuple[str, ...]:
    """Codes of the available grids: all of them with simbench."""
    if find_spec("simbench") is None:
        return bundled_codes()
    return tuple(SIMBENCH.package("simbench").collect_all_simbench_codes())
