"""Working time as pure arithmetic: calendars with zones, hours, holidays and make-up days (SLA-2).

Shared by timers of diagrams and the clocks of a case. Nothing here reads a clock, a file or a database.
"""

from loopdesk.engine.calendar.base import Calendar
from loopdesk.engine.calendar.book import Calendars
from loopdesk.engine.calendar.hours import Union, WeekCalendar
from loopdesk.engine.calendar.lengths import working_length
from loopdesk.engine.calendar.specialdays import HolidaySet

__all__ = ["Calendar", "Calendars", "HolidaySet", "Union", "WeekCalendar", "working_length"]
