"""Radio: ray-traced channels of a real site, estimates from pilots, and beams."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="radio",
    summary="channels of a site as paths, by Sionna's ray tracer; estimates from pilots; beams",
    package=__name__,
    problems={
        "site_channel": Offer(
            f"{__name__}.site_channel:SiteChannel",
            "radio channels at new places of a site, each verified by ray tracing",
        ),
        "area_channel": Offer(
            f"{__name__}.area_channel:AreaChannel",
            "radio channels of several sites by one model conditioned on the surroundings",
        ),
        "estimate": Offer(
            f"{__name__}.estimate:TerminalEstimate",
            "channel and position of a terminal from its pilots (verb infer)",
        ),
        "beam": Offer(
            f"{__name__}.beam:Beam",
            "minimum-power beams that give each user the requested SINR",
        ),
    },
    extra="radio",
    needs=("sionna", "mitsuba"),
)
