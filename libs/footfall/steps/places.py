"""Where a row comes from within its file, as one number that sorts: a row's position, or an element of a document's list. Pure.

The place of a row is its position, from 0. Of an element the position of its document and its own number in the list, from 1, are put
into one negative number. So whatever goes by places (order, what was set aside) holds for elements too, and rows carry no more.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_BITS = 24  # for the number of an element; 39 are left for the position
_FIRST = -(2**63)


def place_of(position: Column, element: Column) -> Column:
    """The place of an element; that of the row itself where the number of the element is NULL."""
    return F.when(element.isNull(), position).otherwise(F.lit(_FIRST) + position * 2**_BITS + element)


def position_of(place: Column) -> Column:
    """The position of the row, or of the element's document."""
    return F.when(place < 0, F.shiftright(place.bitwiseAND(2**63 - 1), _BITS)).otherwise(place)


def element_of(place: Column) -> Column:
    """The number of the element as int; 0 where the place is that of the row itself."""
    return F.when(place < 0, place.bitwiseAND(2**_BITS - 1)).otherwise(0).cast("int")
