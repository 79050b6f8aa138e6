"""Radio: ray-traced channels of a real site, estimates from pilots, and beams."""

from ingenium.core.domain import Domain, Offer

DOMAIN = Domain(
    name="radio",
    summary="channels of a site as paths, by Sionna's ray tracer; estimates from pilots; beams",
    package=__name__,
    problems={
        "site_channel": Offer(
            f"{__name__}.site_channel:SiteChannel",
            "channels at new places of a site, each traced again there",
        ),
        "area_channel": Offer(
            f"{__name__}.area_channel:AreaChannel",
            "channels of several sites by one model, which is told what is around",
        ),
        "estimate": Offer(
            f"{__name__}.estimate:TerminalEstimate",
            "channel and place of a terminal, as its pilots say (verb infer)",
        ),
        "beam": Offer(
            f"{__name__}.beam:Beam",
            "beams of least power that give users of a site the SINR that they ask for",
        ),
    },
    extra="radio",
    needs=("sionna", "mitsuba"),
)
