"""Problem `container`: light, printed corner fittings of containers for dry ice."""
