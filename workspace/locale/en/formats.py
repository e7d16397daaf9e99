"""Dates and times in English as they are written in Europe (Django's `en` is American)."""

from typing import Final

DATE_FORMAT: Final = "j F Y"
TIME_FORMAT: Final = "H:i"
DATETIME_FORMAT: Final = "j F Y, H:i"
MONTH_DAY_FORMAT: Final = "j F"
SHORT_DATE_FORMAT: Final = "d/m/Y"
