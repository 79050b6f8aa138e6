"""Fifty tables for stories: those that statsmodels and vega-datasets bring, and public series.

LANGUAGE_DATA names a folder with epex_de, gefcom2012, ett, beijing_air and bigdeal2022.
Nothing of them is shipped; means over months or days make series of readable length.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ingenium.domains.language.report.problem import StorySettings

Source = tuple[str, str, StorySettings]  # name, CSV, setup
MOST, SOURCE = 50, "a public table"
FIRMS = {"invest": "MUSD", "value": "MUSD", "capital": "MUSD"}
MACRO = {"realgdp": "GUSD", "realcons": "GUSD", "realinv": "GUSD", "m1": "GUSD", "unemp": "percent"}
CRIME = {"violent": "1", "murder": "1", "hs_grad": "percent", "poverty": "percent"}
AIR = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")


def tables() -> list[Source]:
    """Return all tables that are there."""
    found = [*_statsmodels(), *_vega(), *_public(Path(os.environ.get("LANGUAGE_DATA", "")))]
    return [(name, frame.to_csv(index=False), setup) for name, frame, setup in found][:MOST]


def _folder(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    origin = Path(spec.origin).parent if spec and spec.origin else Path("absent")
    return origin.joinpath(*parts)


def _setup(units: dict[str, str], **more: str) -> StorySettings:
    return StorySettings(units=units, source=SOURCE, columns=tuple(units), **more)  # type: ignore[arg-type]


def _statsmodels() -> Iterator[tuple[str, pd.DataFrame, StorySettings]]:
    at = _folder("statsmodels", "datasets")
    if not at.is_dir():
        return
    read = pd.read_csv
    firms = read(at / "grunfeld" / "grunfeld.csv")
    firms["firm"] = firms["firm"].str.replace(".", "", regex=False)
    yield "grunfeld", firms, _setup(FIRMS)
    macro = read(at / "macrodata" / "macrodata.csv")
    macro["period"] = [f"{y:.0f}-Q{q:.0f}" for y, q in zip(macro.year, macro.quarter, strict=True)]
    yield "macrodata", macro, _setup(MACRO, time="period")
    yield "macrodata, 40 quarters", macro.tail(40), _setup(MACRO, time="period")
    yield "nile", read(at / "nile" / "nile.csv"), _setup({"volume": "hm3"})
    yield "sunspots", read(at / "sunspots" / "sunspots.csv"), _setup({"SUNACTIVITY": "1"})
    longley = {"TOTEMP": "1", "GNP": "MUSD", "UNEMP": "1", "ARMED": "1", "POP": "1"}
    yield "longley", read(at / "longley" / "longley.csv"), _setup(longley, time="YEAR")
    copper = {"WORLDCONSUMPTION": "kt", "COPPERPRICE": "USD", "ALUMPRICE": "USD"}
    yield "copper", read(at / "copper" / "copper.csv"), _setup(copper, time="YEAR")
    crime = read(at / "statecrime" / "statecrime.csv")
    yield "statecrime", crime, _setup(CRIME, names="state")
    smoking = read(at / "china_smoking" / "china_smoking.csv")
    counts = dict.fromkeys(smoking.columns[1:], "1")
    yield "china_smoking", smoking, _setup(counts, names="Location")
    committee = {"BILLS104": "1", "SIZE": "1", "STAFF": "1"}
    yield "committee", read(at / "committee" / "committee.csv"), _setup(committee)
    states = {"EXECUTIONS": "1", "INCOME": "USD", "PERPOVERTY": "percent"}
    yield "cpunish", read(at / "cpunish" / "cpunish.csv"), _setup(states)
    vote = read(at / "scotland" / "scotvote.csv")
    vote["COUNCILDIST"] = vote["COUNCILDIST"].str.replace("_", " ")
    yield "scotland", vote, _setup({"YES": "percent", "COUTAX": "GBP", "GDP": "GBP"})
    nino = read(at / "elnino" / "elnino.csv").melt("YEAR", var_name="month", value_name="water")
    nino["date"] = pd.to_datetime(nino.YEAR.astype(str) + nino.month, format="%Y%b").dt.strftime(
        "%Y-%m"
    )
    yield "elnino", nino.sort_values("date"), _setup({"water": "degC"}, time="date", names="")
    danish = read(at / "danish_data" / "data.csv", encoding="utf-8-sig")
    yield "danish", danish, _setup({"lrm": "1", "lry": "1"}, time="period")


def _vega() -> Iterator[tuple[str, pd.DataFrame, StorySettings]]:
    at = _folder("vega_datasets", "_data")
    if not at.is_dir():
        return
    iowa = pd.read_csv(at / "iowa-electricity.csv")
    iowa["year"] = iowa["year"].str[:4]
    yield "iowa electricity", iowa, _setup({"net_generation": "GWh"})
    yield "stocks", pd.read_csv(at / "stocks.csv"), _setup({"price": "USD/share"})
    jobs = pd.read_csv(at / "us-employment.csv")
    units = dict.fromkeys(("nonfarm", "private", "construction", "manufacturing"), "1")
    yield "us employment", jobs, _setup(units, time="month")
    weather = pd.read_csv(at / "seattle-weather.csv").drop(columns="weather")
    days = {"precipitation": "mm", "temp_max": "degC", "wind": "m/s"}
    for year in (2012, 2013, 2014, 2015):
        own = weather[weather["date"].str[:4] == str(year)]
        yield f"seattle weather {year}", own, _setup(days, time="date")
    temps = pd.read_csv(at / "seattle-temps.csv")
    yield "seattle hours", temps, _setup({"temp": "degF"}, time="date")
    yield (
        "crimea",
        pd.read_json(at / "crimea.json", convert_dates=False),
        _setup({"wounds": "1", "other": "1", "disease": "1"}, time="date"),
    )
    driving = pd.read_json(at / "driving.json").drop(columns="side")
    yield "driving", driving, _setup({"miles": "1", "gas": "USD/gal"}, time="year")
    wheat = pd.read_json(at / "wheat.json", convert_dates=False)
    yield "wheat", wheat, _setup({"wheat": "shilling/quarter"}, time="year")
    barley = pd.read_json(at / "barley.json")
    for year in (1931, 1932):
        own = barley[barley.year == year].groupby("site", as_index=False)["yield"].mean().round(2)
        yield f"barley {year}", own, _setup({"yield": "bushel/acre"}, names="site")


def _public(at: Path) -> Iterator[tuple[str, pd.DataFrame, StorySettings]]:
    if not (at / "epex_de").is_dir():
        return
    price = pd.read_csv(next((at / "epex_de").glob("*.csv.gz")))
    price["day"] = pd.to_datetime(price["date"].astype(str)).dt.strftime("%Y-%m-%d")
    daily = price.groupby("day", as_index=False)["price_EUR_MWh"].mean().round(2)
    daily = daily.rename(columns={"price_EUR_MWh": "price"})
    for year in range(2019, 2024):
        own = daily[daily["day"].str[:4] == str(year)]
        yield f"epex {year}", own, _setup({"price": "EUR/MWh"}, time="day")
    yield from _loads(at / "gefcom2012" / "load_Load_history.csv.gz", "zone", "load", "MWh")
    for name in ("ETTh1", "ETTh2"):
        oil = pd.read_csv(at / "ett" / f"{name}.csv.gz")
        oil["day"] = oil["date"].str[:10]
        own = oil.groupby("day", as_index=False)[["OT", "HUFL"]].mean().round(2)
        yield name, own, _setup({"OT": "degC", "HUFL": "1"}, time="day")
    yield from _air(at / "beijing_air")
    load = pd.read_csv(at / "bigdeal2022" / "data_round_1.csv.gz").dropna(subset=["Load"])
    load["month"] = [f"{y}-{m:02d}" for y, m in zip(load["Year"], load["Month"], strict=True)]
    own = load.groupby("month", as_index=False)["Load"].sum().rename(columns={"Load": "demand"})
    yield "bigdeal", own, _setup({"demand": "kWh"}, time="month")


def _loads(
    file: Path, word: str, name: str, unit: str
) -> Iterator[tuple[str, pd.DataFrame, StorySettings]]:
    wide = pd.read_csv(file, thousands=",")
    hours = [c for c in wide if c.startswith("h")]
    wide[name] = wide[hours].sum(axis=1, min_count=24)
    wide["zone"] = [f"{word} {i}" for i in wide["zone_id"]]
    wide["month"] = [f"{y}-{m:02d}" for y, m in zip(wide["year"], wide["month"], strict=True)]
    months = wide.groupby(["zone", "month"], as_index=False)[name].agg(
        lambda x: x.sum(skipna=False)
    )
    for year in (2004, 2005, 2006, 2007):
        own = months[months["month"].str[:4] == str(year)]
        yield f"gefcom {year}", own, _setup({name: unit}, time="month", names="zone")


def _air(at: Path) -> Iterator[tuple[str, pd.DataFrame, StorySettings]]:
    parts = [pd.read_csv(p) for p in sorted(at.glob("*.csv.gz"))]
    whole = pd.concat(parts)
    whole["month"] = [f"{y}-{m:02d}" for y, m in zip(whole["year"], whole["month"], strict=True)]
    means = whole.groupby(["station", "month"], as_index=False)[list(AIR)].mean().round(1)
    for pollutant in AIR:
        level = means[["station", "month", pollutant]].rename(columns={pollutant: "level"})
        for year in (2014, 2015, 2016):
            own = level[level["month"].str[:4] == str(year)]
            setup = _setup({"level": "ug/m3"}, time="month", names="station")
            yield f"air {pollutant} {year}", own, setup
