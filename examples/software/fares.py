"""Fares of a small ferry: the module of the example for modules of one's own."""


def fare(age: int, crossings: int = 1, bicycle: bool = False) -> float:
    """Price in euros.

    >>> fare(30)
    4.5
    >>> fare(8, 2)
    4.0
    """
    if age < 0 or crossings < 1:
        raise ValueError(f"no fare for age {age} and {crossings} crossings")
    one = 0.0 if age < 4 else 2.0 if age < 15 else 4.5
    if bicycle and age >= 4:
        one += 1.5
    total = one * crossings
    return total * 0.9 if crossings >= 10 else total


def seats(groups: list[int], boat: int = 12) -> int:
    """Trips that a boat needs for groups that stay together."""
    trips, free = 0, 0
    for group in groups:
        if group > boat:
            raise ValueError("a group does not fit")
        if group > free:
            trips += 1
            free = boat
        free -= group
    return trips
