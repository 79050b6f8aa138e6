"""Power grids: days, weeks and years of feeders and consumers, forecasts, envelopes."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="grid",
    summary="feeders and consumers: exact AC power flow of days that could be",
    package=__name__,
    extra="grid",
    needs=("lightsim2grid", "pandapower"),
    drafts={"feeder": f"{__name__}.draft:feeder"},
    problems={
        "feeder_day": Offer(
            f"{__name__}.feeder.feeder_day:FeederDay",
            "joint days of a feeder: load, PV and other infeed, 96 steps",
        ),
        "feeder_week": Offer(
            f"{__name__}.feeder.feeder_week:FeederWeek",
            "weeks of a feeder: load, PV, wind and batteries, 672 steps",
        ),
        "forecast": Offer(
            f"{__name__}.consumers.load_forecast:Forecast",
            "load series a day ahead, with bands that hold what they say",
        ),
        "envelope": Offer(
            f"{__name__}.feeder.operating_envelope:OperatingEnvelope",
            "what may be fed in and drawn besides, the day ahead, at a risk",
        ),
        "profile_day": Offer(
            f"{__name__}.consumers.profile_day:ProfileDay",
            "one consumer's day: household, farm, business, heat pump or car",
        ),
        "profile_year": Offer(
            f"{__name__}.consumers.profile_year:ProfileYear",
            "annual profiles of neighbourhoods: a consumer of each class, together",
        ),
    },
)
