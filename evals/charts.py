"""Geometry of the report page's charts; the templates draw it. Coordinates are SVG user units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from evals.calibration import RiskCoverage
from evals.report import Metric

WIDTH, HEIGHT = 420.0, 210.0
LEFT, BOTTOM, TOP, RIGHT = 46.0, 36.0, 22.0, 12.0
BARS = 24


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Box:
    """A bar of a histogram."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Axes with a line (`path`, empty for none), dots, bars and named vertical marks."""

    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    path: str = ""
    dots: tuple[tuple[float, float, str], ...] = ()
    bars: tuple[Box, ...] = ()
    marks: tuple[Tick, ...] = ()
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Whisker:
    """A share with its interval, in percent of the bar's width."""

    value: float
    low: float | None
    high: float | None


def whisker(metric: Metric) -> Whisker | None:
    """The bar of a metric that is a share; None where it was not scored."""
    if metric.mean is None:
        return None
    low, high = metric.ci95 if metric.ci95 is not None else (None, None)
    return Whisker(
        metric.mean * 100, None if low is None else low * 100, None if high is None else high * 100
    )


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 2)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP), 2)


def _shares(top: float = 1.0, *, vertical: bool) -> tuple[Tick, ...]:
    place = _y if vertical else _x
    return tuple(Tick(place(step / 4), f"{step / 4 * top:.0%}") for step in range(5))


def risk_chart(curve: RiskCoverage) -> Chart:
    """Risk of the surest answers against the share of questions they are."""
    top = min(1.0, ceil(max(risk for _, risk in curve.points) * 10 + 1e-9) / 10)
    points = [(_x(coverage), _y(risk / top)) for coverage, risk in curve.points]
    path = "M" + " L".join(f"{x} {y}" for x, y in points)
    last = curve.points[-1]
    dot = (*points[-1], f"all answers: {last[0]:.0%} of the questions, risk {last[1]:.1%}")
    return Chart(
        "questions answered, the surest first",
        "risk",
        _shares(vertical=False),
        _shares(top, vertical=True),
        path=path,
        dots=(dot,),
    )


def calibration_chart(curve: RiskCoverage) -> Chart | None:
    """Share of right answers against confidence; None where confidence is no probability."""
    if not curve.bins:
        return None
    dots = tuple(
        (_x(b.confidence), _y(b.accuracy), f"confidence {b.confidence:.2f}: {b.accuracy:.0%} right of {b.n}")
        for b in curve.bins
    )
    axis_x, axis_y = _shares(vertical=False), _shares(vertical=True)
    return Chart("confidence", "right", axis_x, axis_y, dots=dots, diagonal=True)


def latency_chart(elapsed_ms: Sequence[float], marks: dict[str, float]) -> Chart | None:
    """How many questions took how long, on a logarithmic axis; None where none was timed."""
    times = [max(value, 0.01) for value in elapsed_ms]
    if not times:
        return None
    low, high = floor(log10(min(times))), ceil(log10(max(times)) + 1e-9)
    span = high - low
    counts = [0] * BARS
    for value in times:
        counts[min(int((log10(value) - low) / span * BARS), BARS - 1)] += 1
    top = max(counts)
    step = 1 / BARS
    bars = tuple(
        Box(
            _x(number * step),
            _y(count / top),
            round(_x(step) - LEFT - 1.5, 2),
            round(_y(0) - _y(count / top), 2),
            f"{_ms(10 ** (low + number * step * span))} to {_ms(10 ** (low + (number + 1) * step * span))}: "
            f"{count} question(s)",
        )
        for number, count in enumerate(counts)
        if count
    )
    x_ticks = tuple(Tick(_x((power - low) / span), _ms(10.0**power)) for power in range(low, high + 1))
    y_ticks = (Tick(_y(0), "0"), Tick(_y(1), str(top)))
    places = [(name, (log10(max(value, 0.01)) - low) / span) for name, value in marks.items()]
    return Chart(
        "time to answer",
        "questions",
        x_ticks,
        y_ticks,
        bars=bars,
        marks=tuple(Tick(_x(min(max(place, 0.0), 1.0)), name) for name, place in places),
    )


def _ms(value: float) -> str:
    if value >= 1000:
        return f"{value / 1000:.3g} s"
    return f"{value:.3g} ms"
