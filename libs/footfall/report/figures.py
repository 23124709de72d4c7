"""The page's pictures: those of the models' runs and a few of its own, all in the shared looks, without titles. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from footfall.models.common import plots
from footfall.report import words
from footfall.report.facts import Evaluation

POSITIVE, NEGATIVE = plots.ACCENT, plots.PALETTE[1]
SECOND = plots.PALETTE[1]
# What each colour of a figure becomes on a dark page; the page's script exchanges them.
DARK = {
    plots.INK: "#e6ebf0",
    plots.MUTED: "#93a1b0",
    plots.RULE: "#2a343e",
    plots.PAPER: "#151b21",
    plots.ACCENT: "#4cbcb0",
    plots.PALETTE[1]: "#f0a14f",
    plots.PALETTE[2]: "#93a0f0",
    "#f7f8f9": "#1d252d",
}


def for_page(made: go.Figure, *, height: int, legend: bool = True) -> dict[str, Any]:
    """The figure as JSON for the page: no title (the page has headings), nothing that a finger drags by mistake."""
    made.update_layout(title=None, height=height, showlegend=legend, dragmode=False, paper_bgcolor="rgba(0,0,0,0)")
    made.update_layout(plot_bgcolor="rgba(0,0,0,0)", margin={"l": 8, "r": 12, "t": 36 if legend else 12, "b": 8})
    made.update_layout(font_size=13, barcornerradius=3, hoverlabel_font_size=13, legend_font_size=13)
    # invisible ticks keep labels off the bars
    axis = {"fixedrange": True, "automargin": True, "ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)"}
    made.update_xaxes(**axis, title_font_size=13).update_yaxes(**axis, title_font_size=13)
    told: dict[str, Any] = made.to_plotly_json()
    return told


def shares(rows: pd.DataFrame, *, label: str, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Share of people beside share of money, a pair of bars a group, the first group on top."""
    groups = [wrapped((names or {}).get(name, name)) for name in rows[label]]
    made = plots.figure("", "", "")
    for column, name, colour in (("user_share", "of people", plots.ACCENT), ("amount_share", "of money", SECOND)):
        made.add_bar(
            y=groups,
            x=_listed(rows[column]),
            name=name,
            orientation="h",
            marker_color=colour,
            text=[words.percent(v) for v in rows[column]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%} " + name + "<extra></extra>",
        )
    most = max([0.1, *rows["user_share"].dropna(), *rows["amount_share"].dropna()])
    made.update_layout(barmode="group", bargap=0.35)
    made.update_xaxes(tickformat=".0%", range=[0, most * 1.18], nticks=5)
    made.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(made, height=90 + 58 * len(rows))


def lifts(segment_sizes: pd.DataFrame) -> dict[str, Any]:
    """What sets groups apart, in the words of the features."""
    told = {
        wrapped(name, 12): {
            wrapped(words.feature(f), 20): 0.0 if abs(value) < 0.05 else value for f, value in group.items()
        }
        for name, group in zip(segment_sizes["segment_name"], segment_sizes["lifts"], strict=True)
        if group
    }
    made = plots.profile(told)
    made.update_traces(showscale=False)
    made.update_xaxes(side="top", tickangle=0, tickfont={"size": 11})
    features = len(next(iter(told.values()), {}))
    return for_page(made, height=125 + 40 * features, legend=False)


def auroc(evaluation: Evaluation) -> dict[str, Any]:
    """The model's AUROC beside its baselines', each with its 95% interval."""
    rows = auroc_rows(evaluation)
    made = plots.figure("", "AUROC", "")
    made.add_scatter(
        x=[found["value"] for _, found in rows],
        y=[wrapped(name, 18) for name, _ in rows],
        mode="markers",
        marker={"size": 13, "color": [plots.ACCENT, *[plots.MUTED] * (len(rows) - 1)]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [found["high"] - found["value"] for _, found in rows],
            "arrayminus": [found["value"] - found["low"] for _, found in rows],
            "color": plots.MUTED,
            "thickness": 2,
            "width": 6,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    made.update_yaxes(autorange="reversed", showgrid=False, range=[len(rows) - 0.5, -0.5])
    made.update_xaxes(nticks=5, tickformat=".2f")
    return for_page(made, height=84 + 46 * len(rows), legend=False)


def auroc_rows(evaluation: Evaluation) -> list[tuple[str, Mapping[str, float]]]:
    """(model, interval): ours first."""
    return [("churn model", evaluation["metrics"]["auroc"]), *evaluation["baselines"].items()]


def calibration(bins: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """As in the model's run."""
    return for_page(plots.calibration(bins), height=380)


def gain(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """As in the model's run."""
    return for_page(plots.gain(curves), height=380)


def bands(churn_bands: pd.DataFrame) -> dict[str, Any]:
    """People by churn probability."""
    between = list(zip(churn_bands["from_probability"], churn_bands["to_probability"], strict=True))
    made = plots.figure("", "churn probability", "people")
    made.add_bar(
        x=[(low + high) / 2 for low, high in between],
        y=_listed(churn_bands["user_count"]),
        width=0.09,
        customdata=[f"{low:.0%} to {high:.0%}" for low, high in between],
        marker_color=plots.ACCENT,
        hovertemplate="%{customdata}: %{y:,} people<extra></extra>",
    )
    made.update_xaxes(showgrid=False, range=[0, 1], dtick=0.2, tickformat=".0%").update_yaxes(tickformat=",")
    return for_page(made, height=280, legend=False)


def reasons(churn_reasons: pd.DataFrame) -> dict[str, Any]:
    """How often each reason raises the risk among the riskiest."""
    made = plots.figure("", "", "")
    made.add_bar(
        y=[wrapped(words.feature(name), 26) for name in churn_reasons["feature"]],
        x=_listed(churn_reasons["user_share"]),
        orientation="h",
        marker_color=SECOND,
        text=[words.percent(v) for v in churn_reasons["user_share"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: a reason for %{x:.0%}<extra></extra>",
    )
    made.update_xaxes(tickformat=".0%", range=[0, 1.15], tickvals=[0, 0.5, 1])
    made.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(made, height=60 + 38 * len(churn_reasons), legend=False)


def moods(moods_by_month: pd.DataFrame) -> dict[str, Any]:
    """Share of positive reviews month by month, with how many there were below."""
    months = [f"{begin:%Y-%m}" for begin in moods_by_month["month_begin"]]
    positive = moods_by_month["positive_count"] / moods_by_month["review_count"]
    made = plots.figure("", "", "")
    made.add_bar(
        x=months,
        y=_listed(moods_by_month["review_count"]),
        name="reviews",
        yaxis="y2",
        marker_color=plots.RULE,
        hovertemplate="%{x}: %{y:,} reviews<extra></extra>",
    )
    made.add_scatter(
        x=months,
        y=_listed(positive),
        name="share that sounds positive",
        mode="lines+markers",
        line={"color": POSITIVE, "width": 3},
        marker={"size": 8},
        hovertemplate="%{x}: %{y:.0%} positive<extra></extra>",
    )
    most = float(moods_by_month["review_count"].max())
    made.update_layout(
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25, "overlaying": "y2"},
        yaxis2={"range": [0, most * 2.5], "visible": False},
    )
    return for_page(made.update_xaxes(showgrid=False, type="category", nticks=6, tickangle=0), height=300)


def departments(moods_by_department: pd.DataFrame) -> dict[str, Any]:
    """Shares of negative and positive reviews by department."""
    rows = moods_by_department
    names = [words.department(name) for name in rows["department"]]
    return two_sided(names, rows["review_count"], negative=rows["negative_count"], positive=rows["positive_count"])


def aspects(aspects: pd.DataFrame) -> dict[str, Any]:
    """Shares of documents that blame and praise an aspect, of those that speak of it; some do both."""
    names = [words.aspect(name) for name in aspects["aspect"]]
    return two_sided(
        names, aspects["document_count"], negative=aspects["blame_count"], positive=aspects["praise_count"]
    )


def two_sided(names: Sequence[str], counts: pd.Series, *, negative: pd.Series, positive: pd.Series) -> dict[str, Any]:
    """Shares of the counts to both sides of a line."""
    names = [f"{name} ({words.number(n)})" for name, n in zip(names, counts, strict=True)]
    negative, positive = negative / counts, positive / counts
    made = plots.figure("", "", "")
    for share, name, colour, sign in ((negative, "negative", NEGATIVE, -1), (positive, "positive", POSITIVE, 1)):
        made.add_bar(
            y=names,
            x=_listed(sign * share),
            customdata=_listed(share),
            name=name,
            orientation="h",
            marker_color=colour,
            text=[words.percent(value) for value in share],
            textposition="auto",
            textangle=0,
            hovertemplate="%{y}: %{customdata:.0%} " + name + "<extra></extra>",
        )
    made.update_layout(barmode="relative", bargap=0.3)
    most = 1.04 * max([*positive, *negative])
    made.update_xaxes(showticklabels=False, showgrid=False, range=[-most, most])
    made.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(made, height=64 + 32 * len(names))


def wrapped(text: str, width: int = 22) -> str:
    """The text with line breaks of a plot, so that labels leave room on narrow screens."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;") for line in lines)


def _listed(values: pd.Series) -> list[Any]:
    return [value if words.is_known(value) else None for value in values.tolist()]
