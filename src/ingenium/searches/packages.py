"""Optional packages for searches, imported on first use."""

from ingenium.core.packages import Extra

package = Extra("search").package
