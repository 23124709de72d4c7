"""Pictures of models with plotly, from the plain numbers that evaluation.json keeps; the report draws with them too. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import plotly.graph_objects as go

INK, MUTED, RULE, PAPER = "#1f2933", "#6b7785", "#e4e8ec", "#ffffff"
ACCENT = "#0b6e69"
PALETTE = (ACCENT, "#d9822b", "#5b6abf", "#b8405e", "#7a9a3a", "#3e92cc", "#8c6bb1", "#a67c52", "#4d7c5a", "#c2577a")
FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@cache
def template() -> go.layout.Template:
    """The shared looks; made on first use, so that workers that only predict never load plotly."""
    axis = {"gridcolor": RULE, "linecolor": RULE, "zeroline": False, "automargin": True}
    return go.layout.Template(
        layout=go.Layout(
            font={"family": FONT, "size": 14, "color": INK},
            title={"x": 0.0, "xref": "container", "pad": {"l": 16}, "font": {"size": 17}},
            colorway=PALETTE,
            paper_bgcolor=PAPER,
            plot_bgcolor=PAPER,
            margin={"l": 64, "r": 24, "t": 72, "b": 56},
            hoverlabel={"font": {"family": FONT}},
            legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0.0},
            xaxis=axis,
            yaxis=axis,
        )
    )


def figure(title: str, x: str, y: str) -> go.Figure:
    """An empty figure in the shared looks."""
    return go.Figure(layout=go.Layout(template=template(), title=title, xaxis_title=x, yaxis_title=y))


def drawn(kind: str, evaluation: Mapping[str, Any]) -> go.Figure:
    """The plot of that kind from the numbers of an evaluation."""
    if kind == "calibration":
        return calibration(evaluation["calibration"])
    if kind == "gain_curve":
        return gain(evaluation["gain_curve"])
    if kind == "coefficients":
        return coefficients(evaluation["coefficients"])
    if kind == "choice_of_k":
        return choice_of_k(evaluation["tried"], evaluation["chosen"], min_stability=evaluation["min_stability"])
    return profile(evaluation["lifts"])


def calibration(bins: Sequence[Mapping[str, float]]) -> go.Figure:
    """Predicted against observed shares, one dot for each bin of equal size; on the diagonal is honest."""
    plot = figure("Does the probability mean what it says?", "predicted probability", "observed share")
    most = 1.05 * max([*(b["predicted"] for b in bins), *(b["observed"] for b in bins), 0.01])
    plot.add_scatter(
        x=[0, most], y=[0, most], mode="lines", name="perfect", line={"color": MUTED, "dash": "dot"}, hoverinfo="skip"
    )
    plot.add_scatter(
        x=[b["predicted"] for b in bins],
        y=[b["observed"] for b in bins],
        customdata=[b["count"] for b in bins],
        mode="lines+markers",
        name="model",
        line={"color": ACCENT, "width": 2.5},
        marker={"size": 9},
        hovertemplate="predicted %{x:.1%}<br>observed %{y:.1%}<br>%{customdata:,} people<extra></extra>",
    )
    return plot.update_xaxes(tickformat=".0%").update_yaxes(tickformat=".0%")


def gain(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> go.Figure:
    """Share of all churners found among the riskiest share of people, one line a model, the first one strongest."""
    plot = figure("How many of those who leave are found early?", "people contacted, riskiest first", "churners found")
    for place, (name, points) in enumerate(curves.items()):
        plot.add_scatter(
            x=[p["contacted"] for p in points],
            y=[p["found"] for p in points],
            mode="lines",
            name=name,
            line={"width": 3 if place == 0 else 1.8, "color": PALETTE[place % len(PALETTE)]},
            hovertemplate="%{x:.0%} contacted, %{y:.0%} found<extra>" + name + "</extra>",
        )
    plot.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="by chance", line={"color": MUTED, "dash": "dot"}, hoverinfo="skip"
    )
    return plot.update_xaxes(tickformat=".0%").update_yaxes(tickformat=".0%")


def coefficients(weights: Mapping[str, float]) -> go.Figure:
    """Log-odds for each standard deviation of a feature, the strongest on top."""
    order = sorted(weights.items(), key=lambda item: abs(item[1]))
    plot = figure("What moves the prediction", "log-odds for one standard deviation more", "")
    plot.add_bar(
        x=[value for _, value in order],
        y=[name for name, _ in order],
        orientation="h",
        marker_color=[PALETTE[1] if value > 0 else ACCENT for _, value in order],
        hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
    )
    return plot.add_vline(x=0, line={"color": MUTED, "width": 1})


def choice_of_k(tried: Sequence[Mapping[str, float]], chosen: int, *, min_stability: float) -> go.Figure:
    """Silhouette and stability of each k, with the bound of stability and the k that was chosen."""
    plot = figure(f"Why {chosen} groups", "number of groups", "")
    for name, column in (("silhouette", PALETTE[0]), ("stability", PALETTE[1])):
        plot.add_scatter(
            x=[t["k"] for t in tried],
            y=[t[name] for t in tried],
            mode="lines+markers",
            name="stability (mean adjusted Rand index of refits)" if name == "stability" else "silhouette",
            line={"color": column, "width": 2.5},
            marker={"size": 9},
            hovertemplate="k = %{x}: %{y:.3f}<extra>" + name + "</extra>",
        )
    plot.add_hline(y=min_stability, line={"color": MUTED, "dash": "dot"}, annotation_text="least stability")
    plot.add_vline(x=chosen, line={"color": MUTED, "width": 1}, annotation_text="chosen", annotation_position="top")
    return plot.update_xaxes(dtick=1).update_yaxes(range=[0, 1.02])


def profile(lifts: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """What sets groups apart: standard deviations from everybody's mean, groups across and features down."""
    groups = list(lifts)
    features = list(dict.fromkeys(name for group in lifts.values() for name in group))
    values = [[lifts[group].get(name) for group in groups] for name in features]
    plot = figure("What sets each group apart", "", "")
    plot.add_heatmap(
        z=values,
        x=groups,
        y=features,
        zmid=0,
        zmin=-2,
        zmax=2,
        xgap=3,
        ygap=3,
        colorscale=[[0.0, "#0b6e69"], [0.5, "#f7f8f9"], [1.0, "#d9822b"]],
        colorbar={"title": "std. dev.", "thickness": 12},
        texttemplate="%{z:+.1f}",
        hovertemplate="%{x}<br>%{y}: %{z:+.2f}<extra></extra>",
    )
    return plot.update_yaxes(autorange="reversed", showgrid=False).update_xaxes(showgrid=False)
