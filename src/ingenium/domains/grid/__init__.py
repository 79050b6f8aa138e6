"""Power grids: days, weeks and years of feeders and consumers, forecasts, envelopes."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="grid",
    summary="synthetic load days, forecasts and envelopes of feeders, by exact AC power flow",
    package=__name__,
    extra="grid",
    needs=("lightsim2grid", "pandapower", "power_grid_model"),
    drafts={"feeder": f"{__name__}.draft:feeder"},
    problems={
        "feeder_day": Offer(
            f"{__name__}.feeder.feeder_day:FeederDay",
            "synthetic days of a feeder: load, PV and other infeed in 96 steps, limits by AC "
            "power flow",
        ),
        "feeder_week": Offer(
            f"{__name__}.feeder.feeder_week:FeederWeek",
            "synthetic weeks of a feeder: load, PV, wind and batteries in 672 steps",
        ),
        "forecast": Offer(
            f"{__name__}.consumers.load_forecast:Forecast",
            "load forecasts a day ahead, with calibrated bands",
        ),
        "envelope": Offer(
            f"{__name__}.feeder.operating_envelope:OperatingEnvelope",
            "operating envelopes: import and export limits of each node, a day ahead, at a "
            "stated risk",
        ),
        "secure_dispatch": Offer(
            f"{__name__}.dispatch.problem:SecureDispatch",
            "plans of a day: units, set-points and voltages, by AC power flow after every outage",
        ),
        "storage": Offer(
            f"{__name__}.storage.problem:SiteStorage",
            "battery schedules of a day at a fast-charging site: cost, wear and service in "
            "scenarios",
        ),
        "bids": Offer(
            f"{__name__}.bids.problem:MarketBids",
            "bid curves and reserve of a battery in the auctions of a day: profit in scenarios of "
            "prices",
        ),
        "home_manager": Offer(
            f"{__name__}.manager.problem:HomeManager",
            "tables of discrete actions of a home battery by surplus, price and charge: cost "
            "against rule and optimum",
        ),
        "plant_size": Offer(
            f"{__name__}.sizing.problem:PlantSize",
            "sizes of PV, wind, battery and diesel on an island, over 30 years of hours",
        ),
        "cell": Offer(
            f"{__name__}.cell.problem:Cell",
            "state of charge and health of a lithium-ion cell from a record (verb infer), and "
            "pairs of its discharges",
        ),
        "profile_day": Offer(
            f"{__name__}.consumers.profile_day:ProfileDay",
            "daily load profiles of one consumer: household, farm, business, heat pump or car",
        ),
        "profile_year": Offer(
            f"{__name__}.consumers.profile_year:ProfileYear",
            "annual load profiles of neighbourhoods: one consumer of each class, jointly",
        ),
    },
)
