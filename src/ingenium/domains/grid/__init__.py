"""Power grids: days of feeders, and days of single consumers."""

from ingenium.core.problem import Domain
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.profile_day import ProfileDay

DOMAIN = Domain(
    name="grid",
    summary="feeders and consumers: exact AC power flow of days that could be",
    extra="grid",
    problems={"feeder_day": FeederDay, "profile_day": ProfileDay},
)
