"""Generated tasks in words: numbers and names of each kind, in three wordings.

The wordings follow the needs of a kind, and not the reader's rules; but one person wrote both.
Texts by people are in `words/programmes.txt`.
"""

from collections.abc import Callable
from itertools import permutations, product
from typing import Any

from benchmarks.words_teller import (
    CHORES,
    DAYS,
    FIRMS,
    FOODS,
    GOODS,
    METALS,
    NUTRIENTS,
    PEOPLE,
    STEPS,
    TOWNS,
    Teller,
    grid,
    listed,
)

Drawn = tuple[str, dict[str, Any]]


def path(t: Teller) -> Drawn:
    """Links from town to town, forward only, so that some path exists."""
    towns = t.names(TOWNS, 5, 7)
    pairs = [(a, b) for i, a in enumerate(towns) for b in towns[i + 1 : i + 4]]
    cost = t.numbers(pairs, 2, 30)
    data: dict[str, Any] = {"source": towns[0], "target": towns[-1], "cost": cost}
    links = (
        ", ".join(f"{a} to {b} {c}" for (a, b), c in cost.items()),
        ", ".join(f"{a}-{b} {c}" for (a, b), c in cost.items()),
        ", ".join(f"from {a} to {b} it takes {c} minutes" for (a, b), c in cost.items()),
    )[t.way]
    text = (
        f"A train has to get from {towns[0]} to {towns[-1]} as fast as possible. The links are "
        f"one-way; their times: {links}."
    )
    if t.more:
        data["most_legs"] = 3
        text += " It may pass at most 3 links."
    return text, data


def transport(t: Teller) -> Drawn:
    """Plants and firms, with sufficient capacity."""
    plants, firms = t.names(TOWNS, 2, 4), t.names(FIRMS, 2, 4)
    demand = t.numbers(firms, 10, 60)
    supply = t.numbers(plants, 5, 40)
    supply[plants[0]] += sum(demand.values())
    cost = t.numbers(product(plants, firms), 2, 20)
    data: dict[str, Any] = {"supply": supply, "demand": demand, "cost": cost}
    if t.way == 0:
        text = (
            f"The plants {listed(plants)} have {listed(supply.values())} tonnes in stock. "
            f"The firms {listed(firms)} need {listed(demand.values())} tonnes. Shipping a tonne "
            f"costs in euros{grid(plants, firms, cost)}"
        )
    elif t.way == 1:
        rows = "; ".join(
            f"from {p} it costs " + listed(f"{cost[p, f]} euros to {f}" for f in firms)
            for p in plants
        )
        text = (
            "A factory ships cement. "
            + listed(f"{p} can deliver {s} t" for p, s in supply.items())
            + ". "
            + listed(f"{f} has ordered {d} t" for f, d in demand.items())
            + f". Per tonne: {rows}. "
        )
    else:
        legs = ", ".join(f"{p} to {f} {c}" for (p, f), c in cost.items())
        text = (
            f"Warehouses hold goods: {listed(f'{p} {s}' for p, s in supply.items())} pallets. "
            f"Customers want {listed(f'{d} pallets in {f}' for f, d in demand.items())}. "
            f"Freight of a pallet: {legs}. "
        )
    if t.more:
        key = plants[0], firms[0]
        data["route_most"] = {key: demand[firms[0]] // 2 + 1}
        supply[plants[1]] += sum(demand.values())
        return _again(transport_text, t, data)
    return text + "Find the cheapest shipments.", data


def transport_text(t: Teller, data: dict[str, Any]) -> str:
    """Text of a transport task with one limited route."""
    legs = ", ".join(f"{p} to {f} {c}" for (p, f), c in data["cost"].items())
    ((a, b), most) = next(iter(data["route_most"].items()))
    return (
        "Mills ship flour at the least cost. "
        f"{listed(f'{p} has {s} t' for p, s in data['supply'].items())}"
        f" in stock. {listed(f'{f} needs {d} t' for f, d in data['demand'].items())}. "
        f"Transport costs per tonne: {legs}. The route from {a} to {b} carries at most {most} t."
    )


def _again(tell: Callable[[Teller, dict[str, Any]], str], t: Teller, data: dict[str, Any]) -> Drawn:
    return tell(t, data), data


def _legs(t: Teller, places: list[str]) -> tuple[str, dict[tuple[str, str], int]]:
    """Costs in words: a table of both directions, or a list of one."""
    if t.way == 0:
        cost = t.numbers(permutations(places, 2), 5, 60)
        return f"Times from row to column:{grid(places, places, cost)}", cost
    pairs = [(a, b) for i, a in enumerate(places) for b in places[i + 1 :]]
    one = t.numbers(pairs, 5, 60)
    mark = " to " if t.way == 1 else "-"
    reported = ", ".join(f"{a}{mark}{b} {c}" for (a, b), c in one.items())
    return f"Distances, the same both ways: {reported}. ", one | {
        (b, a): c for (a, b), c in one.items()
    }


def tour(t: Teller) -> Drawn:
    """Towns that are visited once."""
    towns = t.names(TOWNS, 4, 6)
    legs, cost = _legs(t, towns)
    data: dict[str, Any] = {"start": towns[0], "cost": cost}
    head = (
        f"A guide starts in {towns[0]}, visits {listed(towns[1:])} once each and returns to "
        f"{towns[0]}. "
    )
    text = head + legs + "Find the shortest tour."
    if t.more:
        a, b = t.two(towns[1:])
        data["before"] = [(a, b)]
        text += f" {a} has to be seen before {b}."
    return text, data


def vehicles(t: Teller) -> Drawn:
    """Firms around a depot, with a sufficient fleet."""
    firms = t.names(FIRMS, 3, 5)
    demand = t.numbers(firms, 2, 9)
    capacity = max(max(demand.values()), sum(demand.values()) // 2 + 2)
    legs, cost = _legs(t, ["depot", *firms])
    data: dict[str, Any] = {"depot": "depot", "capacity": capacity, "demand": demand, "cost": cost}
    reported = (
        f"The firms {listed(firms)} need {listed(demand.values())} crates",
        listed(f"{f} has ordered {d} crates" for f, d in demand.items()),
        f"The firms want {listed(f'{f} {d} crates' for f, d in demand.items())}",
    )[t.way]
    text = (
        f"Trucks leave the depot and return to it; a truck carries at most {capacity} crates. "
        f"{reported}. Each firm is visited once. {legs}Keep the driven distance small."
    )
    if t.more:
        data["fleet"] = 3
        text += " Up to 3 trucks can be used."
    return text, data


def diet(t: Teller) -> Drawn:
    """Foods and their contents."""
    foods, nutrients = t.names(FOODS, 3, 4), t.names(NUTRIENTS, 2, 3)
    price = t.numbers(foods, 1, 9)
    content = t.numbers(product(foods, nutrients), 2, 20)
    least = t.numbers(nutrients, 30, 90)
    data: dict[str, Any] = {"price": price, "content": content, "least": least}
    needs = listed(f"{n} g of {k}" for k, n in least.items())
    if t.way == 0:
        cells = {(f, "price"): p for f, p in price.items()} | content
        body = f"Per portion:{grid(foods, ['price', *nutrients], cells)}"
    else:
        body = "".join(
            f"A portion of {f} costs {price[f]} euros and has "
            + listed(f"{content[f, n]} g of {n}" for n in nutrients)
            + ". "
            for f in foods
        )
    text = f"A meal must hold at least {needs}. {body}Eat as cheaply as possible."
    if t.more:
        data["most_food"] = {foods[0]: t.number(2, 5)}
        text += f" At most {data['most_food'][foods[0]]} portions of {foods[0]} are allowed."
    return text, data


def blend(t: Teller) -> Drawn:
    """Alloys of scraps, with a minimum of one metal and a maximum of another."""
    scraps, metals = ["P", "Q", "R"], t.names(METALS, 2, 2)
    price = t.numbers(scraps, 1, 9)
    content = t.numbers(product(scraps, metals), 2, 30)
    best = max(scraps, key=lambda s: content[s, metals[0]])
    least = {metals[0]: max(2, content[best, metals[0]] - 3)}
    most = {metals[1]: content[best, metals[1]] + 1}
    amount = t.number(100, 900)
    data: dict[str, Any] = {
        "amount": amount,
        "price": price,
        "content": content,
        "least": least,
        "most": most,
    }
    if t.way == 0:
        body = "".join(
            f"Scrap {s} has {listed(f'{content[s, m]} % {m}' for m in metals)} and costs "
            f"{price[s]} euros per kg. "
            for s in scraps
        )
    else:
        body = f"Scraps {listed(scraps)} cost {listed(price.values())} euros per kg. " + "".join(
            f"Scrap {s} contains {listed(f'{content[s, m]} % {m}' for m in metals)}. "
            for s in scraps
        )
    text = (
        f"We need {amount} kg of an alloy with at least {least[metals[0]]} % {metals[0]} and "
        f"at most {most[metals[1]]} % {metals[1]}. {body}Mix it at the lowest cost."
    )
    if t.more:
        other = next(s for s in scraps if s != best)
        data["stock"] = {other: amount // 4}
        text += f" Only {amount // 4} kg of {other} are in store."
    return text, data


def product_mix(t: Teller) -> Drawn:
    """Goods and their resources."""
    goods, steps = t.names(GOODS, 2, 3), t.names(STEPS, 2, 3)
    profit = t.numbers(goods, 5, 40)
    use = t.numbers(product(goods, steps), 1, 6)
    have = t.numbers(steps, 30, 60)
    data: dict[str, Any] = {"profit": profit, "use": use, "have": have}
    if t.way == 0:
        cells = {(g, "profit"): p for g, p in profit.items()} | use
        body = f"A pottery makes goods. Per unit:{grid(goods, ['profit', *steps], cells)}"
    else:
        body = f"A pottery makes {listed(goods)}, with profits of {listed(profit.values())} euros. "
        body += "".join(
            f"A unit of {g} takes {listed(f'{use[g, s]} h of {s}' for s in steps)}. " for g in goods
        )
    text = f"{body}There are {listed(f'{h} h of {s}' for s, h in have.items())} available. "
    if t.more:
        data["whole"] = True
        text += "Only whole pieces are made. "
    return text + "Maximise the profit.", data


def assignment(t: Teller) -> Drawn:
    """People and tasks."""
    count = t.number(3, 4)
    people, chores = list(PEOPLE[:count]), list(CHORES[: count - (t.way == 0)])
    cost = t.numbers(product(people, chores), 2, 30)
    data: dict[str, Any] = {"cost": cost}
    if t.way == 0:
        body = f"Hours:{grid(people, chores, cost)}"
    elif t.way == 1:
        body = "".join(
            f"{p} needs {listed(f'{cost[p, c]} h for {c}' for c in chores)}. " for p in people
        )
    else:
        body = f"The costs: {', '.join(f'{p} {c} {x}' for (p, c), x in cost.items())}. "
    text = (
        f"Assign {listed(people)} to the jobs {listed(chores)}: each job is done by one person, "
        f"and nobody does more than one. {body}Keep the total low."
    )
    if t.more:
        pair = min(cost, key=lambda k: cost[k])
        data["unable"] = [pair]
        text += f" {pair[0]} cannot do {pair[1]}."
    return text, data


def shifts(t: Teller) -> Drawn:
    """Days of a week."""
    need = t.numbers(DAYS, 3, 15)
    length = t.number(3, 5)
    data: dict[str, Any] = {"need": need, "length": length}
    reported = (
        listed(f"{n} on {d}" for d, n in need.items()),
        listed(f"{d} {n}" for d, n in need.items()),
        listed(f"on {d} {n}" for d, n in need.items()),
    )[t.way]
    text = (
        f"A shop needs staff: {reported}. Everybody works {length} consecutive days. With how few "
        "people can it do?"
    )
    if t.more:
        data["no_start"] = ["Sunday"]
        text += " Nobody may start on Sunday."
    return text, data


def machines(t: Teller) -> Drawn:
    """Jobs on presses."""
    jobs = t.names(GOODS + CHORES, 4, 6)
    duration = t.numbers(jobs, 3, 20)
    count = 2 + (t.way == 1)
    data: dict[str, Any] = {"machines": count, "duration": duration}
    reported = (
        f"The jobs {listed(jobs)} take {listed(duration.values())} minutes",
        listed(f"{j} takes {d} min" for j, d in duration.items()),
        f"The jobs last: {listed(f'{j} {d} min' for j, d in duration.items())}",
    )[t.way]
    text = (
        f"{reported}. They run on {count} equal presses and shall be finished as early as possible."
    )
    if t.more:
        a, b = t.two(jobs)
        data["apart"] = [(a, b)]
        text += f" {a} and {b} must not run on the same press."
    return text, data


def cover(t: Teller) -> Drawn:
    """Stations and the towns that they cover; every town is covered."""
    towns = t.names(TOWNS, 4, 6)
    stations = [f"S{i}" for i in range(1, t.number(4, 6) + 1)]
    covers: dict[str, list[str]] = {
        s: sorted({towns[int(k)] for k in t.rng.choice(len(towns), 2 + i % 2, replace=False)})
        for i, s in enumerate(stations)
    }
    missing = [x for x in towns if not any(x in c for c in covers.values())]
    covers[stations[0]] = sorted({*covers[stations[0]], *missing})
    price = dict.fromkeys(stations, 1) if t.way == 0 else t.numbers(stations, 3, 20)
    data: dict[str, Any] = {"price": price, "covers": covers}
    cost = "" if t.way == 0 else " and costs {} euros"
    body = "".join(
        f"Station {s} covers {listed(c)}{cost.format(price[s])}. " for s, c in covers.items()
    )
    goal = (
        "Choose as few stations as possible" if t.way == 0 else "Choose stations at the lowest cost"
    )
    text = f"{goal} such that every town is covered. {body}"
    if t.more:
        a, b = stations[1], stations[2]
        data["rivals"] = [(a, b)]
        text += f"{a} and {b} cannot both be chosen."
    return text, data


def sites(t: Teller) -> Drawn:
    """Hubs that may open, and firms that they serve."""
    hubs, firms = t.names(TOWNS, 3, 4), t.names(FIRMS, 3, 4)
    opening = t.numbers(hubs, 20, 90)
    cost = t.numbers(product(hubs, firms), 5, 60)
    data: dict[str, Any] = {"opening": opening, "cost": cost}
    opens = (
        listed(f"opening {h} costs {o}" for h, o in opening.items()),
        f"opening the hubs {listed(hubs)} costs {listed(opening.values())}",
        listed(f"to open {h} costs {o}" for h, o in opening.items()),
    )[t.way]
    body = (
        f"Serving costs{grid(hubs, firms, cost)}"
        if t.way == 0
        else f"Serving costs: {', '.join(f'{h} to {f} {c}' for (h, f), c in cost.items())}. "
    )
    text = (
        f"Decide which hubs to open: {opens}. Each customer is served from one open hub. {body}"
        "Keep the sum of all costs small."
    )
    if t.more:
        data["most_open"] = 2
        text += " No more than 2 hubs may be opened."
    return text, data


TELLERS: dict[str, Callable[[Teller], Drawn]] = {
    "path": path,
    "transport": transport,
    "tour": tour,
    "vehicles": vehicles,
    "diet": diet,
    "blend": blend,
    "product": product_mix,
    "assignment": assignment,
    "shifts": shifts,
    "machines": machines,
    "cover": cover,
    "sites": sites,
}


def lowered(value: Any) -> Any:
    """Data with names as the reader writes them."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, tuple | list):
        return type(value)(lowered(v) for v in value)
    if isinstance(value, dict):
        return {
            lowered(k) if not isinstance(k, str) else k.lower(): lowered(v)
            for k, v in value.items()
        }
    return value


def drawn(kind: str, seed: int) -> Drawn:
    """Sample a task of a kind, in words and as data."""
    text, data = TELLERS[kind](Teller(seed))
    return text, lowered(data)
