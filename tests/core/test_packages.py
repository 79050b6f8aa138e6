"""Optional packages are imported when they are there, and named with their extra when not."""

import json

import pytest

from ingenium.core.errors import MissingExtra
from ingenium.core.packages import Extra

EXTRA = Extra("airfoils")


def test_what_is_there_is_imported_and_has_a_version() -> None:
    assert EXTRA.package("json") is json
    assert EXTRA.release_of("numpy").count(".") >= 2


def test_what_is_absent_is_named_with_its_extra() -> None:
    for ask in (EXTRA.package, EXTRA.release_of):
        with pytest.raises(MissingExtra, match="airfoils"):
            ask("no_such_package")
