"""How the figures of an evaluation came about."""

from __future__ import annotations

from latentdemo.evaluation.report import Report
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _


def how_measured(report: Report) -> list[str]:
    """How the figures came about, a paragraph each."""
    space = report.features
    said = [
        _("Samples are compared with held-out real images in the feature space **{space}**. Figures of another one "
          "cannot be compared with these, least of all published ones, which are taken in Inception's.",
          space=space.get("name", "–"))
    ]  # fmt: skip
    if "accuracy" in space:
        said.append(
            _("Its classifier was trained on real images only: to tell their labels, and to tell intact images "
              "from ones with mixed or bent parts, which are the artifacts in question. Right on held-out images "
              "in: {accuracy}.",
              accuracy=accuracy_text(space["accuracy"]))
        )  # fmt: skip
    if report.samplers:
        said.append(samplers_in_words(report))
    return [*said, sides_in_words(report), rule_in_words(), occasion_in_words(report)]


def samplers_in_words(report: Report) -> str:
    """How the samplers of pythae came about."""
    epochs = ", ".join(
        f"{start_title(name)} {count}" for name, count in report.samplers["epochs"].items() if count is not None
    )
    return _("The samplers of the library pythae {version} have its default networks and were fitted to the same "
             "encodings as the densities here. Trained on a CPU, in fewer epochs than its default of 100 but at a "
             "learning rate that starts ten times as high and falls to zero: {epochs}.",
             version=report.samplers["pythae"], epochs=epochs)  # fmt: skip


def sides_in_words(report: Report) -> str:
    """How many images were compared, and with what."""
    real = _("training images") if report.training_images else _("held-out images that the comparison did not use")
    return _("{count} images a side, repeated with the seeds {seeds}. The floor is real data itself, the ceiling what "
             "the decoder makes of encodings of real data ({real}): no way to sample the latent space can be expected "
             "to do better.",
             count=report.count, seeds=", ".join(map(str, report.seeds)), real=real)  # fmt: skip


def rule_in_words() -> str:
    """What is recommended."""
    return _("Recommended is the cheapest chain whose gap closed is as good as the best beyond chance, and whose "
             "coverage is no worse than the prior's. A difference counts from two standard errors on. Where no chain "
             "closes any of the gap beyond chance, the advice is to leave the model alone.")  # fmt: skip


def occasion_in_words(report: Report) -> str:
    """When, on what and with what it was measured."""
    return _("Measured {date} on {device}: figures with the networks in {precision}, times of the model as it "
             "serves, for 64 images at once. Versions: {versions}.",
             date=report.created, device=report.device, precision=report.precision,
             versions=", ".join(f"{name} {version}" for name, version in report.versions.items()))  # fmt: skip


def accuracy_text(accuracy: float | dict[str, float]) -> str:
    """Held-out accuracy of the feature space, by attribute."""
    by_name = accuracy if isinstance(accuracy, dict) else {_("all"): accuracy}
    return ", ".join(f"{name.replace('_', ' ')} {100 * share:.1f} %" for name, share in by_name.items())
