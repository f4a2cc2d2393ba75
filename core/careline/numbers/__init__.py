"""Telephone numbers: what a trunk sends, what people type, what is shown and dialled."""

from careline.numbers.phone import Phone, parse_phone
from careline.numbers.place import Origin, Places
from careline.numbers.rules import NumberRules

__all__ = ["NumberRules", "Origin", "Phone", "Places", "parse_phone"]
