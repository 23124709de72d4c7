"""What the settings of refine may be: sessions, quality, consent and who is who. Declarations only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from footfall.mapping.yaml_file import Closed
from footfall.settings.values import Count, Share


class Sessions(Closed):
    """How sessions are cut."""

    gap_minutes: Annotated[int, Field(ge=1, le=1440)]


class Quality(Closed):
    """How much of what a feed brings may be broken, or be other than before."""

    max_quarantined_share: Share
    min_quarantined_rows: Count
    max_broken_share: Share
    max_warned_share: Share
    max_row_ratio: Annotated[float, Field(ge=1, strict=False)]
    max_null_rise: Share
    max_drift: Annotated[float, Field(gt=0, strict=False)]


class ConsentDefaults(Closed):
    """What counts for people who never said anything, purpose by purpose (docs/consent.md)."""

    analytics: Literal["given", "withheld"]
    profiling: Literal["given", "withheld"]
    marketing: Literal["given", "withheld"]
    text: Literal["given", "withheld"]


class Identities(Closed):
    """Which links between identifiers join them into one person."""

    window_days: Annotated[int, Field(ge=2, le=3650)]
    max_linked: Count
    established_days: Count
    max_identifiers: Annotated[int, Field(ge=2)]
