"""Statistics of a review: from votes to what may be said of them. They know nothing of storage or screens."""

from latentdemo.reviews.statistics.answerers import Answerer
from latentdemo.reviews.statistics.needed import PeopleNeeded
from latentdemo.reviews.statistics.result import Result, Standing, result_of
from latentdemo.reviews.statistics.shares import Share
from latentdemo.reviews.statistics.strengths import Strengths

__all__ = ["Answerer", "PeopleNeeded", "Result", "Share", "Standing", "Strengths", "result_of"]
