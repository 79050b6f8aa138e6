"""Reads nets: SimBench codes, kept in a cache, and pandapower JSON files of users."""

import difflib
import json
import re
import warnings
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.domains.grid.packages import package, release_of
from ingenium.domains.grid.profiles import name_apart

SIMBENCH_CODE = re.compile(r"[12]-[A-Za-z_]+-[A-Za-z0-9._]*-[A-Za-z0-9.]*-[0-2]-(?:sw|no_sw)")
# What a net without controllers holds. pandapower imports modules that its JSON names, so
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
HOLDS_JSON = ("DataFrame", "Series", "pandapowerNet")
HINT = "Write it with pandapower.to_json(net, path)."


class NetworkError(InputError):
    """A net that cannot be read, or that the engine cannot stand for."""


def read_net(source: str | Path) -> tuple[str, Any]:
    """The name and the pandapower net of a SimBench code or a JSON file.

    Raises:
        NetworkError: unknown code, no such file, or a file that is not a plain net.
    """
    text = str(source)
    if isinstance(source, str) and SIMBENCH_CODE.fullmatch(text):
        return text, _simbench(text)
    path = Path(source)
    if not path.is_file():
        raise NetworkError(
            "a SimBench code such as 1-LV-rural1--0-sw, or the path of a pandapower JSON file",
            f'"{text}", which is no code, and no file lies at {path.absolute()}',
            _close_codes(text),
        )
    return path.stem, read_json(path)


def read_json(path: Path) -> Any:
    """A pandapower net from JSON, after a check that it holds data only.

    Raises:
        NetworkError: broken JSON, not a net, or an object that is not plain data.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise NetworkError("a JSON file of a net", f"{path} with {error}", HINT) from error
    return _net_in(text, str(path))


def _net_in(text: str, where: str) -> Any:
    try:
        content = json.loads(text)
        _refuse_code(content, where)
    except (json.JSONDecodeError, RecursionError) as error:
        raise NetworkError("a JSON file of a net", f"{where} with {error}", HINT) from error
    if not isinstance(content, dict):
        raise NetworkError("a JSON file of a net", f"{where} with a {type(content).__name__}", HINT)
    pandapower = package("pandapower")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # column types that a later pandas reads otherwise
            net = pandapower.from_json_string(text, convert=True)
    except (ValueError, TypeError, LookupError, AttributeError, UserWarning) as error:
        raise NetworkError("a net that pandapower can read", f"{where} with {error!r}") from error
    if not isinstance(net, pandapower.pandapowerNet) or getattr(net.bus, "empty", True):
        raise NetworkError("a pandapower net with buses", f"{where} without them", HINT)
    return net


def _refuse_code(content: object, where: str) -> None:
    """Walk the JSON, and the JSON inside its strings, for objects that are not plain data."""
    if isinstance(content, dict):
        if "_module" in content or "_class" in content:
            _refuse_class(content, where)
        for value in content.values():
            _refuse_code(value, where)
    elif isinstance(content, list):
        for value in content:
            _refuse_code(value, where)
    elif isinstance(content, str) and content.lstrip()[:1] in ("{", "["):
        try:
            inner = json.loads(content)
        except json.JSONDecodeError:
            return  # a text that only begins like JSON
        _refuse_code(inner, where)


def _refuse_class(content: dict[str, object], where: str) -> None:
    module, name = content.get("_module"), content.get("_class")
    if not (isinstance(module, str) and isinstance(name, str)) or (module, name) not in ALLOWED:
        raise NetworkError(
            "a net of plain tables",
            f"{where} with the object {module}.{name}, which may run code when loaded",
            "Remove it (controllers: net.controller.drop(net.controller.index, inplace=True)) and "
            "write the net again with pandapower.to_json.",
        )
    held = content.get("_object")
    if name in HOLDS_JSON and isinstance(held, str):
        json.loads(held)  # a table given as anything but JSON, such as a path, is refused


def _simbench(code: str) -> Any:
    """The net of a SimBench code without its profiles, kept after the first call."""

    def make(_: int) -> Arrays:
        simbench = package("simbench")
        if code not in simbench.collect_all_simbench_codes():
            raise NetworkError("the code of a SimBench grid", f'"{code}"', _close_codes(code))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = simbench.get_simbench_net(code)
        name_apart(net)
        del net["profiles"]
        return {"json": as_array(package("pandapower").to_json(net, None))}

    under = [code, release_of("simbench"), release_of("pandapower")]
    kept = Recipe("net", under, make).complete()["json"]
    return _net_in(kept.tobytes().decode(), code)


def _close_codes(text: str) -> str:
    codes = package("simbench").collect_all_simbench_codes()
    close = difflib.get_close_matches(text, codes, n=3, cutoff=0.5)
    return f"Close SimBench codes: {', '.join(close)}." if close else ""
