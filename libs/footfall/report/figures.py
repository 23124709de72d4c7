"""The page's figures: those of the models' runs and a few of its own, all in the shared style, without titles. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from footfall.models.common import plots
from footfall.report import words
from footfall.report.data import Evaluation
from footfall.report.serving import BASELINE

POSITIVE, NEGATIVE = plots.ACCENT, plots.PALETTE[1]
SECOND = plots.PALETTE[1]
# Colours of a figure on a light page and on a dark one; the page's script exchanges them.
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


def for_page(figure: go.Figure, *, height: int, legend: bool = True) -> dict[str, Any]:
    """The figure as JSON for the page: no title (the page has headings), nothing that a finger drags by mistake."""
    figure.update_layout(title=None, height=height, showlegend=legend, dragmode=False, paper_bgcolor="rgba(0,0,0,0)")
    figure.update_layout(plot_bgcolor="rgba(0,0,0,0)", margin={"l": 8, "r": 12, "t": 36 if legend else 12, "b": 8})
    figure.update_layout(font_size=13, barcornerradius=3, hoverlabel_font_size=13, legend_font_size=13)
    # invisible ticks keep labels off the bars
    axis = {"fixedrange": True, "automargin": True, "ticks": "outside", "ticklen": 6, "tickcolor": "rgba(0,0,0,0)"}
    figure.update_xaxes(**axis, title_font_size=13).update_yaxes(**axis, title_font_size=13)
    as_json: dict[str, Any] = figure.to_plotly_json()
    return as_json


def shares(rows: pd.DataFrame, *, label: str, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Share of people beside share of money, a pair of bars a group, the first group on top."""
    groups = [wrapped((names or {}).get(name, name)) for name in rows[label]]
    figure = plots.figure("", "", "")
    for column, name, colour in (("user_share", "of people", plots.ACCENT), ("amount_share", "of money", SECOND)):
        figure.add_bar(
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
    figure.update_layout(barmode="group", bargap=0.35)
    figure.update_xaxes(tickformat=".0%", range=[0, most * 1.18], nticks=5)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(figure, height=90 + 58 * len(rows))


def lifts(segment_sizes: pd.DataFrame) -> dict[str, Any]:
    """How each group differs from everybody, in the words of the features."""
    lifts_by_segment = {
        wrapped(name, 12): {
            wrapped(words.feature(f), 20): 0.0 if abs(value) < 0.05 else value for f, value in group.items()
        }
        for name, group in zip(segment_sizes["segment_name"], segment_sizes["lifts"], strict=True)
        if group
    }
    figure = plots.profile(lifts_by_segment)
    figure.update_traces(showscale=False)
    figure.update_xaxes(side="top", tickangle=0, tickfont={"size": 11})
    features = len(next(iter(lifts_by_segment.values()), {}))
    return for_page(figure, height=125 + 40 * features, legend=False)


def auroc(evaluation: Evaluation, *, served_by: str) -> dict[str, Any]:
    """The AUROC of the learner and of its baselines, each with its 95% interval; whoever serves in colour."""
    rows = auroc_rows(evaluation)
    serving = served_by.removeprefix(BASELINE)
    figure = plots.figure("", "AUROC", "")
    figure.add_scatter(
        x=[interval["value"] for _, interval in rows],
        y=[wrapped(name, 18) for name, _ in rows],
        mode="markers",
        marker={"size": 13, "color": [plots.ACCENT if name == serving else plots.MUTED for name, _ in rows]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [interval["high"] - interval["value"] for _, interval in rows],
            "arrayminus": [interval["value"] - interval["low"] for _, interval in rows],
            "color": plots.MUTED,
            "thickness": 2,
            "width": 6,
        },
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, range=[len(rows) - 0.5, -0.5])
    figure.update_xaxes(nticks=5, tickformat=".2f")
    return for_page(figure, height=84 + 46 * len(rows), legend=False)


def auroc_rows(evaluation: Evaluation) -> list[tuple[str, Mapping[str, float]]]:
    """(model, interval): the learner first; none without an evaluation."""
    return list(evaluation.get("auroc", {}).items())


def calibration(bins: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """As in the model's run."""
    return for_page(plots.calibration(bins), height=380)


def gain(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """As in the model's run."""
    return for_page(plots.gain(curves), height=380)


def bands(churn_bands: pd.DataFrame) -> dict[str, Any]:
    """People by churn probability."""
    between = list(zip(churn_bands["from_probability"], churn_bands["to_probability"], strict=True))
    figure = plots.figure("", "churn probability", "people")
    figure.add_bar(
        x=[(low + high) / 2 for low, high in between],
        y=_listed(churn_bands["user_count"]),
        width=0.09,
        customdata=[f"{low:.0%} to {high:.0%}" for low, high in between],
        marker_color=plots.ACCENT,
        hovertemplate="%{customdata}: %{y:,} people<extra></extra>",
    )
    figure.update_xaxes(showgrid=False, range=[0, 1], dtick=0.2, tickformat=".0%").update_yaxes(tickformat=",")
    return for_page(figure, height=280, legend=False)


def reasons(churn_reasons: pd.DataFrame) -> dict[str, Any]:
    """How often each reason raises the risk among the riskiest."""
    figure = plots.figure("", "", "")
    figure.add_bar(
        y=[wrapped(words.feature(name), 26) for name in churn_reasons["feature"]],
        x=_listed(churn_reasons["user_share"]),
        orientation="h",
        marker_color=SECOND,
        text=[words.percent(v) for v in churn_reasons["user_share"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: a reason for %{x:.0%}<extra></extra>",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, 1.15], tickvals=[0, 0.5, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(figure, height=60 + 38 * len(churn_reasons), legend=False)


def sentiment_by_month(rows: pd.DataFrame) -> dict[str, Any]:
    """Share of positive reviews month by month, with how many there were below."""
    months = [f"{begin:%Y-%m}" for begin in rows["month_begin"]]
    positive = rows["positive_count"] / rows["review_count"]
    figure = plots.figure("", "", "")
    figure.add_bar(
        x=months,
        y=_listed(rows["review_count"]),
        name="reviews",
        yaxis="y2",
        marker_color=plots.RULE,
        hovertemplate="%{x}: %{y:,} reviews<extra></extra>",
    )
    figure.add_scatter(
        x=months,
        y=_listed(positive),
        name="share of positive reviews",
        mode="lines+markers",
        line={"color": POSITIVE, "width": 3},
        marker={"size": 8},
        hovertemplate="%{x}: %{y:.0%} positive<extra></extra>",
    )
    most = float(rows["review_count"].max())
    figure.update_layout(
        yaxis={"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25, "overlaying": "y2"},
        yaxis2={"range": [0, most * 2.5], "visible": False},
    )
    return for_page(figure.update_xaxes(showgrid=False, type="category", nticks=6, tickangle=0), height=300)


def sentiment_by_department(rows: pd.DataFrame) -> dict[str, Any]:
    """Shares of negative and positive reviews by department."""
    names = [words.department(name) for name in rows["department"]]
    return two_sided(names, rows["review_count"], negative=rows["negative_count"], positive=rows["positive_count"])


def aspects(rows: pd.DataFrame) -> dict[str, Any]:
    """Of the documents that mention an aspect, the shares that criticise and praise it; some do both."""
    names = [words.aspect(name) for name in rows["aspect"]]
    return two_sided(names, rows["document_count"], negative=rows["blame_count"], positive=rows["praise_count"])


def two_sided(names: Sequence[str], counts: pd.Series, *, negative: pd.Series, positive: pd.Series) -> dict[str, Any]:
    """Shares of the counts to both sides of zero, negative ones to the left."""
    names = [f"{name} ({words.number(n)})" for name, n in zip(names, counts, strict=True)]
    negative, positive = negative / counts, positive / counts
    figure = plots.figure("", "", "")
    for share, name, colour, sign in ((negative, "negative", NEGATIVE, -1), (positive, "positive", POSITIVE, 1)):
        figure.add_bar(
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
    figure.update_layout(barmode="relative", bargap=0.3)
    most = 1.04 * max([*positive, *negative])
    figure.update_xaxes(showticklabels=False, showgrid=False, range=[-most, most])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return for_page(figure, height=64 + 32 * len(names))


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
