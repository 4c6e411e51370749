"""The report page: one file, no network, no sample read as markup, no texts where none are wanted."""

from __future__ import annotations

import random
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.calibration import Judged, risk_coverage
from evals.charts import latency_chart, risk_chart
from evals.failures import faults
from evals.gate import compare
from evals.page import write_page
from evals.report import SampleLine
from evals.run import run_eval
from evals.samples import ParagraphKey
from evals.subjects import PipelineSubject
from tests.evals.book import BookPipeline, made_book, made_sample


class Tags(HTMLParser):
    """Counts elements and collects addresses, and that what is opened is closed."""

    VOID = frozenset({"meta", "link", "input", "br", "wbr", "rect", "line", "circle", "path"})

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def parsed(path: Path) -> Tags:
    tags = Tags()
    tags.feed(path.read_text(encoding="utf-8"))
    tags.close()
    return tags


def test_the_page_is_whole_and_needs_no_network(tmp_path: Path) -> None:
    book, questions = made_book()
    gold = next(iter(book.by_key))
    hostile = made_sample("h<1>", 'Zebra?</script><img src="http://evil.example/x">', [gold], ["<b>"])
    report = run_eval(
        replace(questions, samples=(*questions.samples, hostile)),
        PipelineSubject(BookPipeline(book), book),
        tmp_path,
    )
    path = write_page(report, tmp_path, comparison=compare(report, report))
    tags = parsed(path)
    assert tags.open == []
    assert tags.seen.count("script") == 1
    assert "img" not in tags.seen
    assert tags.addresses == ["data:,"]
    text = path.read_text(encoding="utf-8")
    assert "Zebra?&lt;/script&gt;" in text
    assert "abstained wrongly" in text
    assert "Against the baseline" in text


def test_without_texts_the_page_holds_ids_only(tmp_path: Path) -> None:
    book, questions = made_book()
    gold = ParagraphKey("05ARDEN1", "1")
    wrong = made_sample("w", "How many boats did officials count at Arden?", [gold], ["absent"])
    more = replace(questions, samples=(*questions.samples, wrong))
    report = run_eval(more, PipelineSubject(BookPipeline(book), book), tmp_path)
    with_texts = write_page(report, tmp_path).read_text(encoding="utf-8")
    without = write_page(report, tmp_path, texts=False).read_text(encoding="utf-8")
    assert "harbor inspection" in with_texts
    assert "harbor inspection" not in without
    assert wrong.question not in without
    assert 'data-id="w"' in without


def line(outcome: str | None, **values: float) -> SampleLine:
    named = {name.replace("__", ".").replace("_at_", "@"): value for name, value in values.items()}
    return SampleLine("s", "fact", "c", outcome, named, {})


@pytest.mark.parametrize(
    ("scored", "expected"),
    [
        (line(None), ("could not be asked",)),
        (line("answered", answer__key_facts=1.0, abstention__error=0.0), ()),
        (line("answered", retrieval__hit_at_5=0.0, retrieval__hit_at_10=0.0), ("not retrieved",)),
        (line("answered", retrieval__hit_at_5=0.0, retrieval__hit_at_10=1.0), ("retrieved below rank 5",)),
        (line("answered", abstention__hallucination=1.0), ("answered the unanswerable",)),
        (
            line("answered", answer__key_facts=0.5, citation__recall=0.5),
            ("gold not cited", "key facts missing"),
        ),
    ],
)
def test_faults(scored: SampleLine, expected: tuple[str, ...]) -> None:
    assert faults(scored) == expected


def test_risk_coverage_by_hand() -> None:
    judged = [Judged(0.5, 1.0), Judged(0.9, 0.0), Judged(0.5, 0.0), Judged(0.1, 1.0)]
    curve = risk_coverage(judged, asked=8, source="made", probability=True)
    assert curve is not None
    assert curve.points == ((1 / 8, 0.0), (3 / 8, 1 / 3), (4 / 8, 0.5))
    assert curve.aurc == pytest.approx((0 + 1 / 3 + 1 / 3 + 1 / 2) / 4)
    # bins: .1 -> 0 right of 1; .5 -> 1 right of 2; .9 -> 1 right of 1
    assert curve.ece == pytest.approx((1 * 0.1 + 2 * 0.0 + 1 * 0.1) / 4)
    assert [b.n for b in curve.bins] == [1, 2, 1]
    assert risk_coverage([], asked=3, source="made") is None


def test_calibration_equals_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve

    rng = random.Random(3)
    confidences = [rng.random() for _ in range(400)]
    right = [float(rng.random() < confidence) for confidence in confidences]
    judged = [Judged(confidence, 1 - one) for confidence, one in zip(confidences, right, strict=True)]
    curve = risk_coverage(judged, asked=400, source="made", probability=True)
    assert curve is not None
    accuracy, confidence = calibration_curve(right, confidences, n_bins=10, strategy="uniform")
    assert [b.accuracy for b in curve.bins] == pytest.approx(list(accuracy), abs=1e-9)
    assert [b.confidence for b in curve.bins] == pytest.approx(list(confidence), abs=1e-9)
    gaps = sum(b.n * abs(a - c) for b, a, c in zip(curve.bins, accuracy, confidence, strict=True))
    assert curve.ece == pytest.approx(gaps / 400, abs=1e-9)


def test_charts_stay_inside_their_frame() -> None:
    curve = risk_coverage([Judged(0.3, 1.0), Judged(0.2, 1.0)], asked=2, source="made")
    assert curve is not None
    assert risk_chart(curve).dots[0][:2] == (408.0, 22.0)
    for times in ([5.0], [1.0, 10.0, 1000.0], [0.0, 99_999.0]):
        chart = latency_chart(times, {"p50": times[0]})
        assert chart is not None
        assert all(46 <= bar.x <= bar.x + bar.width <= 408.1 for bar in chart.bars)
        assert all(46 <= tick.at <= 408.1 for tick in (*chart.x_ticks, *chart.marks))
    assert latency_chart([], {}) is None
