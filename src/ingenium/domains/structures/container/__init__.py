"""Corner fittings of containers for dry ice, light and printed: the problem `container`."""
