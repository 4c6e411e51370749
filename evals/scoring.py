"""From a sample and its observation to scores by the contract's names."""

from __future__ import annotations

from dataclasses import dataclass, field

from evals import metrics
from evals.alce import BearsOut, alce
from evals.observations import Observation
from evals.samples import FALSE_PREMISE, WRONG_PREMISE, Sample
from rag.errors import CableqaError

CUTOFFS = (1, 3, 5, 10)
RECALL_CUTOFFS = (5, 10)
DEPTH = max(CUTOFFS)

ALCE = ("alce.citation_recall", "alce.citation_precision")
ACCEPTED = "premise.accepted"
CONSISTENCY = "consistency.same_answer"
LOWER_IS_BETTER = frozenset({"abstention.error", "abstention.hallucination", ACCEPTED})
INVARIANTS = ("citation.validity", "quote.fidelity")
RETRIEVAL = "retrieval."
METRICS = (
    *(f"retrieval.hit@{k}" for k in CUTOFFS),
    *(f"retrieval.recall@{k}" for k in RECALL_CUTOFFS),
    f"retrieval.mrr@{DEPTH}",
    *INVARIANTS,
    "citation.precision",
    "citation.recall",
    "answer.key_facts",
    "abstention.error",
    "abstention.hallucination",
    "sentence.supported",
    "premise.corrected",
    *ALCE,
    ACCEPTED,
    CONSISTENCY,
)
NOTHING_CITED = "nothing is cited"
NO_GOLD = "the sample names no gold paragraph"
NO_FACTS = "the sample names no key facts"
NO_SENTENCES = "the answer has no sentences"
NOT_JUDGED = "nobody has judged whether the premise is denied"
TWIN_UNSCORED = "the sample that it is compared with got no answer"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one sample. `unscored` gives the reason; a metric in neither does not apply to the sample."""

    values: dict[str, float] = field(default_factory=dict)
    unscored: dict[str, str] = field(default_factory=dict)


def score(sample: Sample, seen: Observation, bears_out: BearsOut, *, denied: bool | None = None) -> Scores:
    """All scores of one answered sample; `denied` is a person's finding on a false premise.

    Gold-based metrics apply to answerable samples only: what is cited for an unanswerable one is
    counted once, as a hallucination. Of a sample that is marked for review only what needs no gold is
    scored. `bears_out` is the verifier, asked as `evals.alce` says.
    """
    scores = Scores()
    abstained = seen.outcome == metrics.ABSTAINED
    cited = [citation.key for citation in seen.citations]

    def put(name: str, value: float | None, reason: str) -> None:
        if value is None:
            scores.unscored[name] = reason
        else:
            scores.values[name] = value

    ranked = [entry.key for entry in seen.evidence]
    texts = {citation.key for citation in seen.citations if citation.stored is not None}
    put("citation.validity", metrics.citation_validity(cited, texts, set(ranked)), NOTHING_CITED)
    quotes = [(c.quote, c.stored, c.start, c.end) for c in seen.citations]
    put("quote.fidelity", metrics.quote_fidelity(quotes), NOTHING_CITED)
    verdicts = [] if abstained else [sentence.verdict for sentence in seen.sentences]
    put("sentence.supported", metrics.sentence_supported(verdicts), NO_SENTENCES)
    try:
        own = alce(seen, bears_out)
        put(ALCE[0], None if abstained else own.recall, NO_SENTENCES)
        put(ALCE[1], None if abstained else own.precision, NOTHING_CITED)
    except CableqaError as error:
        scores.unscored.update(dict.fromkeys(ALCE, error.message))
    if sample.review is not None:
        reason = f"marked for review: {sample.review}"
        scores.unscored.update(dict.fromkeys(_gold_based(sample), reason))
        return scores
    if not sample.answerable:
        hallucinated = metrics.abstention_hallucination(seen.outcome, answerable=False)
        put("abstention.hallucination", hallucinated, "")
        if sample.type == WRONG_PREMISE:
            put(ACCEPTED, metrics.premise_accepted(seen.outcome, seen.plain_text, sample.key_facts), "")
        return scores

    accepted = {*sample.gold, *sample.also}
    if sample.meddling is None:  # the ranks of evidence that was meddled with say nothing of the search
        for k in CUTOFFS:
            put(f"retrieval.hit@{k}", metrics.hit_at(ranked, accepted, k), NO_GOLD)
        for k in RECALL_CUTOFFS:
            put(f"retrieval.recall@{k}", metrics.recall_at(ranked, sample.gold, k), NO_GOLD)
        put(f"retrieval.mrr@{DEPTH}", metrics.reciprocal_rank(ranked, accepted, DEPTH), NO_GOLD)
    if accepted:
        put("citation.precision", metrics.citation_precision(cited, accepted), NOTHING_CITED)
    else:
        put("citation.precision", None, NO_GOLD)
    put("citation.recall", metrics.citation_recall(cited, sample.gold, abstained=abstained), NO_GOLD)
    facts = metrics.key_facts(seen.plain_text, sample.key_facts, abstained=abstained)
    put("answer.key_facts", facts, NO_FACTS)
    put("abstention.error", metrics.abstention_error(seen.outcome, answerable=True), "")
    if sample.type == FALSE_PREMISE:
        gold_cited = bool(set(cited) & set(sample.gold))
        finding = premise_denied(sample, seen) if denied is None else denied
        put(
            "premise.corrected",
            metrics.premise_corrected(seen.outcome, gold_cited=gold_cited, denied=finding),
            NOT_JUDGED,
        )
    return scores


def premise_denied(sample: Sample, seen: Observation) -> bool | None:
    """Whether sentences that the verifier found supported by gold hold the key facts, which state the denial.

    None where the sample has no key facts to tell it by.
    """
    gold = set(sample.gold)
    supported = [
        sentence.text
        for sentence in seen.sentences
        if sentence.verdict == metrics.SUPPORTED
        and any(seen.citations[number].key in gold for number in sentence.citations)
    ]
    found = metrics.key_facts(" ".join(supported), sample.key_facts, abstained=False)
    return None if found is None else found == 1.0


def unscored_sample(sample: Sample, reason: str) -> Scores:
    """A sample that could not be asked: every metric that applies to it is unscored for `reason`."""
    names = [*INVARIANTS, "sentence.supported", *ALCE, *_gold_based(sample)]
    if sample.twin is not None:
        names.append(CONSISTENCY)
    return Scores(unscored=dict.fromkeys(names, reason))


def _gold_based(sample: Sample) -> list[str]:
    """The metrics that need to know what the right answer is."""
    if not sample.answerable:
        return ["abstention.hallucination", *([ACCEPTED] if sample.type == WRONG_PREMISE else [])]
    own = {*INVARIANTS, "sentence.supported", *ALCE, ACCEPTED, CONSISTENCY, "abstention.hallucination"}
    if sample.type != FALSE_PREMISE:
        own.add("premise.corrected")
    return [name for name in METRICS if name not in own]


def signature(seen: Observation) -> str:
    """What must be the same where an answer must be: its outcome and the paragraphs that it cites."""
    return " ".join([seen.outcome, *sorted({str(citation.key) for citation in seen.citations})])
