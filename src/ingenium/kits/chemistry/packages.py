"""The packages of molecules, imported on first use."""

from ingenium.core.packages import Extra

EXTRA = Extra("molecules")
package, release_of = EXTRA.package, EXTRA.release_of
