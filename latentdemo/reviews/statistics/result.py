"""What the votes of a review come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from latentdemo.evaluation.interval import Interval
from latentdemo.reviews.statistics.agreement import RankAgreement, agreement_of_people, agreement_with_metric
from latentdemo.reviews.statistics.answerers import Answerer, answerers_of, left_share
from latentdemo.reviews.statistics.needed import PeopleNeeded, people_needed
from latentdemo.reviews.statistics.shares import Share, counted_answers, is_ahead, lead_alpha, share_of
from latentdemo.reviews.statistics.strengths import Strengths, fit_strengths
from latentdemo.reviews.statistics.tally import Tally
from latentdemo.reviews.vote import Vote


@dataclass(frozen=True)
class Standing:
    """Which way people prefer, as far as one can tell; one may watch it, and stop when one likes.

    Attributes:
        leader: the way with the largest share; of several, the first. Real data lead beside one way only, where the
            question is whether people can tell.
        ahead_of: ways that it is preferred to by more than chance explains.
        is_made: whether these are all that might lead. Once made it stays made, unless another way comes to lead.
        needed: how many people it takes beside those who have begun, if all answer as those do who are through; None
            where it is too early to say.
    """

    leader: str
    ahead_of: tuple[str, ...]
    is_made: bool
    needed: PeopleNeeded | None


@dataclass(frozen=True, eq=False)
class Result:
    """What the votes of a review come to. Each interval promises 95 % by itself, a decision for all ways together.
    Doubtful persons are in all figures: they draw them towards one half.

    Attributes:
        ways: that were compared.
        persons: who answered about them.
        votes: their answers, without controls.
        ties: share of these that saw no difference.
        shares: way -> the share of answers about it that prefer it; ways that nobody answered about are left out.
        fooled: way -> the share of answers about it and real data that took it for the real one; 1/2 where people
            cannot tell.
        strengths: of three ways or more, which says more where they were not compared equally often; else None.
        decision: None as long as nobody answered.
        agreement: Krippendorff's alpha of the persons.
        metric_agreement: whether the gap closed ranks ways as people do; None where it is known of fewer than two.
        left: how often the preferred picture stood on the left.
        answerers: how each person answered, those included who only saw controls.
    """

    ways: tuple[str, ...]
    persons: int
    votes: int
    ties: float
    shares: Mapping[str, Share]
    fooled: Mapping[str, Share]
    strengths: Strengths | None
    decision: Standing | None
    agreement: Interval | None
    metric_agreement: RankAgreement | None
    left: Share | None
    answerers: tuple[Answerer, ...]

    @property
    def doubtful(self) -> frozenset[str]:
        """Persons who answer at random, or by the side; `result_of` the votes of the others tells what they change."""
        return frozenset(each.person for each in self.answerers if each.is_doubtful)


def result_of(
    votes: Sequence[Vote],
    ways: Sequence[str],
    *,
    pairs: int = 20,
    real: str | None = None,
    gap_closed: Mapping[str, Interval] | None = None,
    seed: int = 0,
) -> Result:
    """What votes come to.

    Args:
        votes: in the order in which they were given.
        ways: that were compared, two or more.
        pairs: that each person is asked about, without controls, whether they get to the end or not; fixed beforehand.
        real: the way that stands for real data, where one does.
        gap_closed: way -> share of the quality gap that it closes, or any figure whose order is to be compared.
        seed: of resamples, draws and futures.

    Raises:
        ValueError: fewer than two ways, or a vote that does not compare two of them.

    Example:
        >>> votes = [Vote(f"person {i}", "prior", "chain", "chain") for i in range(12) for _ in range(10)]
        >>> result_of(votes, ["prior", "chain"], pairs=10).decision.is_made
        True
    """
    if len(ways) < 2:
        raise ValueError("a review compares two ways or more")
    compared = [vote for vote in votes if vote.control is None]
    complete, counted = Tally.of(compared, ways), Tally.of(compared, ways, counted_answers(pairs))
    shares = {way: share_of(complete, counted, way) for way in ways}
    fooled = {way: share_of(complete, counted, way, [real]) for way in ways if real is not None and way != real}
    strengths = fit_strengths(complete, seed)
    known_shares = {way: share for way, share in shares.items() if share}
    return Result(
        ways=tuple(ways),
        persons=len(complete.persons),
        votes=len(compared),
        ties=sum(vote.preferred is None for vote in compared) / max(len(compared), 1),
        shares=known_shares,
        fooled={way: share for way, share in fooled.items() if share},
        strengths=strengths if len(ways) > 2 else None,
        decision=decide(counted, known_shares, real, seed) if known_shares else None,
        agreement=agreement_of_people(complete),
        metric_agreement=agreement_with_metric(strengths, gap_closed, seed) if strengths and gap_closed else None,
        left=left_share(votes),
        answerers=answerers_of(votes),
    )


def decide(counted: Tally, shares: Mapping[str, Share], real: str | None, seed: int) -> Standing:
    """Which way leads, and whether that is decided."""
    samples = [way for way in counted.ways if way != real]
    rivals = samples if len(samples) > 1 else counted.ways
    leader = max(rivals, key=lambda way: shares[way].estimate if way in shares else 0.0)
    others = [way for way in rivals if way != leader]
    alpha = lead_alpha(len(rivals))
    ahead_of = tuple(other for other in others if is_ahead(counted, leader, other, alpha))
    return Standing(leader, ahead_of, ahead_of == tuple(others), people_needed(counted, leader, others, seed))
