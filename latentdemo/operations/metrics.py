"""Figures in the form that Prometheus collects; they need the extra `metrics`."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from latentdemo.engine.figures import OUTCOMES, EngineFigures
from latentdemo.engine.shared import engines_at_work


class EngineCollector(Collector):
    """Looks at the engines of this process whenever it is asked."""

    def collect(self) -> Iterator[Metric]:
        """All figures, of all devices."""
        requests = CounterMetricFamily(
            "latentdemo_requests", "Requests that ended, by how.", labels=["device", "outcome"]
        )
        steps = CounterMetricFamily("latentdemo_chain_steps", "Steps that chains took.", labels=["device"])
        seconds = CounterMetricFamily("latentdemo_step_seconds", "Seconds that steps took.", labels=["device"])
        gauges = [GaugeMetricFamily(f"latentdemo_{name}", words, labels=["device"]) for name, words in GAUGES.items()]
        for engine in engines_at_work():
            device, figures = [str(engine.device)], engine.figures()
            for outcome in OUTCOMES:
                requests.add_metric([*device, outcome], figures.tally.outcomes[outcome])
            steps.add_metric(device, figures.tally.steps)
            seconds.add_metric(device, figures.tally.seconds)
            for gauge, value in zip(gauges, of_this_moment(figures), strict=True):
                gauge.add_metric(device, value)
        yield from (requests, steps, seconds, *gauges)


GAUGES = {
    "runs_waiting": "Runs that have not begun.",
    "runs_walking": "Runs that have begun.",
    "models_loaded": "Models in memory.",
    "models_bytes": "What their weights weigh.",
    "results_bytes": "What the results weigh that are kept for those who ask again.",
}


def of_this_moment(figures: EngineFigures) -> tuple[int, ...]:
    """The values of `GAUGES`."""
    return figures.waiting, figures.walking, figures.models, figures.model_bytes, figures.result_bytes


def metrics() -> bytes:
    """All figures as text: the engine's, and the memory, processor time and open files of the process."""
    registry = CollectorRegistry()
    for collector in (EngineCollector(), PROCESS_COLLECTOR, PLATFORM_COLLECTOR):
        registry.register(collector)
    return generate_latest(registry)
