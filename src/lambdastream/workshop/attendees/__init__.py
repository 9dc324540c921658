"""A stack for each attendee of a workshop: deployed, watched, priced, removed; and late-comers brought up to the others."""

from lambdastream.workshop.attendees.caps import Settings
from lambdastream.workshop.attendees.workshop import Workshop
from lambdastream.workshop.costs import Ceiling, Prices

__all__ = ["Ceiling", "Prices", "Settings", "Workshop"]
