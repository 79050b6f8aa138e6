"""Optional packages of this domain, imported on first use."""

from ingenium.core.packages import Extra

EXTRA = Extra("matter")
package, release_of = EXTRA.package, EXTRA.release_of
