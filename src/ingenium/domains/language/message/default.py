"""The thread and the brief that are used where none is given; people and events are invented."""

THREAD = """From: Ana Silva
Date: 2026-03-02
Subject: Pump test in hall 3

Hi Jonas,

The pump ran at 1,450 rpm for 6 hours. The bearing reached 71 °C, which is within the limit.
We didn't see any leak. I'll send the report on Friday.

Cheers,
Ana Silva

From: Jonas Weber
Date: 2026-03-03
Subject: Re: Pump test in hall 3

Hi Ana,

Thanks for the quick work. The client asks for a second run at 1,600 rpm before 14 March.
The budget for it is 2,400 EUR. We can't move the deadline.
Can we touch base at 9 next Tuesday?

Best regards
Jonas Weber

From: Ana Silva
Date: 2026-03-04
Subject: Re: Pump test in hall 3

Hi Jonas,

I've booked hall 3 for 12 March. The second run will take 8 hours, so we need 2 technicians.
The sensor that failed isn't replaced yet.

Cheers,
Ana Silva
"""
BRIEF = """I've got the new sensor, and it's in place.
The second run starts at 07:30 on 12 March.
We don't need the third technician.
"""
