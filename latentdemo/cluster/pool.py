"""Work spread over a cluster: items go to a pool of workers, each of which prepares once, and results come back.

Ray Data runs it. It hands out items as workers come free, starts workers anew that died, elsewhere where their machine
is gone, and gives them their items again; so a worker's answer may depend on the item alone. It holds work back where
results are not fetched, so that memory stays bounded whatever the number of items.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from latentdemo.cluster.connection import first_line
from latentdemo.errors import ClusterError, LatentdemoError

MOST_BLOCKS = 10_000  # beyond that a worker gets several items at a time

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Workers:
    """Who works.

    Attributes:
        most: workers at once; None takes as many as fit, and more where the cluster grows.
        cpus: processor cores of each.
        gpus: of each, such as 0.25 where four share one; None gives each one where the cluster has any.
    """

    most: int | None = None
    cpus: float = 1.0
    gpus: float | None = None

    def gpus_each(self) -> float:
        """GPUs of each worker on the cluster at hand."""
        import ray

        return float(ray.cluster_resources().get("GPU", 0.0) > 0) if self.gpus is None else self.gpus

    def fitting(self) -> int:
        """How many fit into the cluster at hand; raises ClusterError where none does."""
        import ray

        has, asked = ray.cluster_resources(), {"CPU": self.cpus, "GPU": self.gpus_each()}
        fit = min(int(has.get(name, 0.0) // each) for name, each in asked.items() if each)
        if not fit:
            raise ClusterError(
                f"a worker asks for {asked['CPU']:g} cores and {asked['GPU']:g} GPUs, and the cluster has "
                f"{has.get('CPU', 0):g} and {has.get('GPU', 0):g}; ask for less"
            )
        return fit if self.most is None else min(fit, self.most)


@dataclass(frozen=True)
class Failure:
    """What a worker says in place of a result."""

    words: str


class Worker:
    """What Ray Data keeps in each process: prepares once, then answers item after item.

    Args:
        prepared: reference to the function that prepares and its arguments.
    """

    def __init__(self, prepared: Any) -> None:
        import ray

        prepare, given = ray.get(prepared)
        try:
            self.answer: Callable[[Any], Any] = prepare(*given)
        except LatentdemoError as error:
            failure = Failure(str(error))
            self.answer = lambda _item: failure

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        return {"result": [pickle.dumps(self.result(pickle.loads(item))) for item in batch["item"]]}

    def result(self, item: Any) -> Any:
        """The answer to an item, or why there is none."""
        try:
            return self.answer(item)
        except LatentdemoError as error:
            return Failure(str(error))


def spread(
    items: Sequence[Item], workers: Workers, prepare: Callable[..., Callable[[Item], Result]], *given: Any
) -> Iterator[Result]:
    """What `prepare(*given)` answers to each item, in the order in which the answers come; within `connected`.

    Args:
        items: small, for they pass through this process.
        workers: who works.
        prepare: called once in each worker.
        given: its arguments, which each machine gets once.

    Raises:
        ClusterError: no worker fits, one raised an error of latentdemo, or the cluster is gone.
    """
    from ray.util.client import ray as client

    if items:
        spread_from = spread_by_relay if client.is_connected() else spread_from_here
        yield from spread_from(items, workers, prepare, *given)


def spread_from_here(
    items: Sequence[Item], workers: Workers, prepare: Callable[..., Callable[[Item], Result]], *given: Any
) -> Iterator[Result]:
    """As `spread`, in a process that is part of the cluster."""
    import ray
    import ray.data

    fitting, gpus = workers.fitting(), workers.gpus_each()
    strategy = ray.data.ActorPoolStrategy(min_size=1, max_size=workers.most, initial_size=fitting)
    with quiet(), in_words():
        prepared = ray.put((prepare, given))
        rows = [{"item": pickle.dumps(item)} for item in items]
        data = ray.data.from_items(rows, override_num_blocks=min(len(rows), MOST_BLOCKS)).map_batches(
            Worker,
            fn_constructor_args=(prepared,),
            batch_size=1,
            compute=strategy,
            num_cpus=workers.cpus,
            num_gpus=gpus or None,
        )
        for row in data.iter_rows():
            result = pickle.loads(row["result"])
            if isinstance(result, Failure):
                raise ClusterError(f"a worker gave up: {result.words}")
            yield result


def spread_by_relay(
    items: Sequence[Item], workers: Workers, prepare: Callable[..., Callable[[Item], Result]], *given: Any
) -> Iterator[Result]:
    """As `spread`, in a process that only talks to the cluster, where Ray Data does not run."""
    import ray

    with in_words():
        relay: Any = ray.remote(num_cpus=0)(Relay)
        relay = relay.remote(items, workers, ray.put((prepare, given)))
        while (results := unpickled(relay.next.remote())) != []:
            if isinstance(results, Failure):
                raise ClusterError(results.words)
            yield from results


def unpickled(reference: Any) -> Any:
    """What was pickled elsewhere."""
    import ray

    content: Any = ray.get(reference)
    return pickle.loads(content)


class Relay:
    """Spreads items within the cluster, for a process that is not part of it.

    Args:
        items, workers: see `spread`.
        prepared: the function that prepares, and its arguments.
    """

    def __init__(
        self, items: Sequence[Any], workers: Workers, prepared: tuple[Callable[..., Any], Sequence[Any]]
    ) -> None:
        self.results = spread_from_here(items, workers, prepared[0], *prepared[1])

    def next(self) -> bytes:
        """The next result, pickled in a list; an empty one after the last, or why there is none."""
        try:
            return pickle.dumps(list(islice(self.results, 1)))
        except ClusterError as error:
            return pickle.dumps(Failure(str(error)))


@contextmanager
def quiet() -> Iterator[None]:
    """Ray Data without lines and bars of its own, in place of which commands show theirs."""
    import ray.data

    context, logger = ray.data.DataContext.get_current(), logging.getLogger("ray.data")
    before = context.enable_progress_bars, logger.level
    context.enable_progress_bars = False
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        context.enable_progress_bars = before[0]
        logger.setLevel(before[1])


@contextmanager
def in_words() -> Iterator[None]:
    """Errors of Ray as errors of latentdemo."""
    import ray

    try:
        yield
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise ClusterError(
            f"the cluster did not do it ({first_line(error)}); what was finished is kept: give the same command again"
        ) from error
