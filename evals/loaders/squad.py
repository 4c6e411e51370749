"""SQuAD 1 and 2 (Rajpurkar et al. 2016, 2018): the published JSON; articles are cables."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from evals.loaders.public import PublicPassage, PublicSet
from evals.loaders.records import public_set, read_json
from evals.samples import ParagraphKey, Sample


class _Span(BaseModel):
    text: str


class _Question(BaseModel):
    id: str
    question: str
    answers: list[_Span]
    is_impossible: bool = False


class _Paragraph(BaseModel):
    context: str
    qas: list[_Question]


class _Article(BaseModel):
    title: str
    paragraphs: list[_Paragraph]


class _File(BaseModel):
    data: list[_Article]


def load_squad(path: Path) -> PublicSet:
    """Answerable questions have their own paragraph as gold, and the annotators' spans as one key fact."""
    samples: list[Sample] = []
    passages: list[PublicPassage] = []
    for number, article in enumerate(read_json(path, _File).data, start=1):
        cable = f"SQUAD-{number}"
        for label, paragraph in enumerate(article.paragraphs, start=1):
            key = ParagraphKey(cable, str(label))
            passages.append(PublicPassage(key, article.title.replace("_", " "), paragraph.context))
            samples += [_sample(question, key) for question in paragraph.qas]
    return public_set(path.name, [path], samples, passages)


def _sample(question: _Question, key: ParagraphKey) -> Sample:
    answerable = not question.is_impossible
    variants = tuple(dict.fromkeys(span.text for span in question.answers))
    return Sample(
        id=question.id,
        question=question.question.strip(),
        type="fact" if answerable else "unanswerable",
        gold=(key,) if answerable else (),
        also=(),
        answer=variants[0] if answerable and variants else None,
        key_facts=(variants,) if answerable and variants else (),
        answerable=answerable,
        cluster=key.cable,
    )
