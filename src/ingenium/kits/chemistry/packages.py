"""Lazy imports of the chemistry packages."""

from ingenium.core.packages import Extra

EXTRA = Extra("molecules")
package, release_of = EXTRA.package, EXTRA.release_of
