"""Which samples of a set are asked, and how often."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from hashlib import sha256

from evals.samples import Sample, SampleSet, clusters


def first(questions: SampleSet, count: int) -> SampleSet:
    """The first `count` samples."""
    return replace(questions, samples=questions.samples[:count])


def stratified(questions: SampleSet, count: int) -> SampleSet:
    """`count` samples, each type in its share of the set, always the same ones, in the set's order.

    Within a type they are drawn by the hash of their ids: a sample added to the set moves no other.
    """
    by_type: dict[str, list[Sample]] = defaultdict(list)
    for sample in questions.samples:
        by_type[sample.type].append(sample)
    for held in by_type.values():
        held.sort(key=lambda sample: sha256(sample.id.encode()).hexdigest())
    total = len(questions.samples)
    exact = {name: count * len(held) / total for name, held in by_type.items()}
    taken = {name: int(share) for name, share in exact.items()}
    # Largest remainders first, so that the counts add up.
    for name in sorted(exact, key=lambda name: (taken[name] - exact[name], name))[
        : min(count, total) - sum(taken.values())
    ]:
        taken[name] += 1
    chosen = {sample.id for name, held in by_type.items() for sample in held[: taken[name]]}
    return replace(questions, samples=tuple(s for s in questions.samples if s.id in chosen))


def repeated(samples: tuple[Sample, ...], repeats: int) -> tuple[Sample, ...]:
    """Every sample `repeats` times, the whole set before it comes again; repeats of one are one cluster."""
    if repeats == 1:
        return samples
    cluster_of = clusters(samples)
    return tuple(
        replace(
            sample,
            id=sample.id if repeat == 1 else f"{sample.id}@{repeat}",
            twin=sample.twin if repeat == 1 or sample.twin is None else f"{sample.twin}@{repeat}",
            cluster=cluster_of[sample.id],
            repeat=repeat,
        )
        for repeat in range(1, repeats + 1)
        for sample in samples
    )
