"""How the figures of an evaluation came about."""

from __future__ import annotations

from latentdemo.evaluation.findings.recommend import COVERAGE_MARGIN, FEWEST, MARGIN, MIX_MARGIN, MOST_COPIED, NOTICED
from latentdemo.evaluation.report import PRIMARY, SCHEMA, Report
from latentdemo.ui.evaluation.verdict import number_word
from latentdemo.ui.i18n.class_words import attribute_word
from latentdemo.ui.i18n.device_words import device_words
from latentdemo.ui.i18n.figure_words import described_space, space_title
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _


def how_measured(report: Report) -> list[str]:
    """How the figures came about, a paragraph each."""
    said = [spaces_in_words(report), *classifiers_in_words(report)]
    if report.samplers:
        said.append(samplers_in_words(report))
    return [*said, sides_in_words(report), interval_in_words(report), rule_in_words(report), occasion_in_words(report)]


def spaces_in_words(report: Report) -> str:
    """Where samples are compared with real images."""
    names = {space: described_space(str(facts.get("name", "–"))) for space, facts in report.spaces.items()}
    if len(names) == 1:
        return _("Samples are compared with held-out real images in the feature space **{space}**. Figures of another "
                 "one cannot be compared with these, least of all published ones, which are taken in Inception's.",
                 space=next(iter(names.values())))  # fmt: skip
    judges = _("; ").join(f"**{space_title(space, report.spaces)}** ({name})" for space, name in names.items())
    return _("Samples are compared with held-out real images by {count} judges, each the feature space of a network "
             "that was trained to look for something else: {judges}. Of the quality gap closed the strictest one is "
             "told, of other figures the first, where no judge is named. Figures of other feature spaces cannot be "
             "compared with these, least of all published ones, which are taken in Inception's.",
             count=number_word(len(names)), judges=judges)  # fmt: skip


def classifiers_in_words(report: Report) -> list[str]:
    """What the classifiers among the feature spaces were trained for, a paragraph each."""
    said = []
    for space, facts in report.spaces.items():
        if "accuracy" not in facts:
            continue
        given = {"space": space_title(space, report.spaces), "accuracy": accuracy_text(facts["accuracy"])}
        said.append(
            _("The classifier of “{space}” was trained on real images only: to tell their labels, and to tell intact "
              "images from ones with mixed or bent parts, which are the artifacts in question. Right on held-out "
              "images in: {accuracy}.", **given)
            if space == PRIMARY else
            _("The classifier of “{space}” was trained on real images only, to tell their labels. Right on held-out "
              "images in: {accuracy}.", **given)
        )  # fmt: skip
    return said


def samplers_in_words(report: Report) -> str:
    """How the samplers of pythae came about."""
    epochs = ", ".join(f"{start_title(name)} {count}" for name, count in report.sampler_epochs.items())
    return _("The ways to sample of the library pythae {version} have its default networks and were fitted to the "
             "same encodings as the densities here. Trained on a CPU, in fewer epochs than its default of 100 but at a "
             "learning rate that starts ten times as high and falls to zero: {epochs}.",
             version=report.samplers["pythae"], epochs=epochs)  # fmt: skip


def sides_in_words(report: Report) -> str:
    """How many images were compared, and with what."""
    real = _("training images") if report.training_images else _("held-out images that the comparison did not use")
    if report.drawn > report.count:
        return _("{samples} samples of each way against {count} held-out images, repeated with the seeds {seeds}. What "
                 "goes by nearest neighbours is taken of {count} of the samples, chosen at random, for it depends on "
                 "both numbers. The floor is real data itself, the ceiling what the decoder makes of encodings of real "
                 "data ({real}), {count} images each.",
                 samples=f"{report.drawn:,}", count=f"{report.count:,}", seeds=", ".join(map(str, report.seeds)),
                 real=real)  # fmt: skip
    return _("{count} images a side, repeated with the seeds {seeds}. The floor is real data itself, the ceiling what "
             "the decoder makes of encodings of real data ({real}): no way to sample the latent space can be expected "
             "to do better.",
             count=report.count, seeds=", ".join(map(str, report.seeds)), real=real)  # fmt: skip


def interval_in_words(report: Report) -> str:
    """What stands after ±, and what it supposes."""
    if len(report.seeds) < 2:
        return _("A single repetition gives no interval: what chance does to these figures is not known.")
    said = [
        error_in_words(report),
        _("It is Student's t, with {freedom} degrees of freedom. Two ways to sample are compared repetition by "
          "repetition, and the interval is that of their differences.", freedom=len(report.seeds) - 1),
    ]  # fmt: skip
    if report.schema == SCHEMA:
        said.append(
            _("The repetitions compare with held-out images that overlap, for there are too few for sets of their own; "
              "the intervals are widened accordingly, by the correction of Nadeau and Bengio (2003).")
            if report.overlap else
            _("Each repetition has held-out images of its own, so that repetitions know nothing of each other.")
        )  # fmt: skip
    return " ".join(said)


def error_in_words(report: Report) -> str:
    """What stands after ±."""
    return _("± is half of a 95 % interval over {count} repetitions.", count=len(report.seeds))


def rule_in_words(report: Report) -> str:
    """What is recommended."""
    said = [
        _("Recommended is the cheapest way to sample, draws without a chain among them, that closes less of the gap "
          "than the best one by no more than {margin} points, beyond doubt. In every feature space it must close some "
          "of the gap beyond chance and lose no more than {coverage} of coverage; it must not shift the mix of any "
          "label by more than {mix} in 100 samples beyond the prior's, nor recite training images (more than {copied} "
          "in 100 samples nearer to one than held-out images are). Where nothing does all this, or where the best "
          "takes less than {noticed} % off the prior's distance to real data, the advice is to leave the model alone.",
          margin=f"{MARGIN:g}", coverage=f"{COVERAGE_MARGIN:g}", mix=f"{100 * MIX_MARGIN:g}",
          copied=f"{100 * MOST_COPIED:g}", noticed=f"{100 * NOTICED:g}")
    ]  # fmt: skip
    if len(report.seeds) >= FEWEST and report.schema == SCHEMA:
        said.append(_("Each half of the repetitions chooses, and of two choices the one that closes more counts, or "
                      "the cheaper one if it is as good. Figures are told of repetitions that did not choose, so that "
                      "the best of many ways is not flattered by its luck."))  # fmt: skip
    return " ".join(said)


def occasion_in_words(report: Report) -> str:
    """When, on what and with what it was measured."""
    return _("Measured {date} on {device}: figures with the networks in {precision}, times of the model as it "
             "serves, for 64 images at once. Versions: {versions}.",
             date=report.created, device=device_words(report.device), precision=report.precision,
             versions=", ".join(f"{name} {version}" for name, version in report.versions.items()))  # fmt: skip


def accuracy_text(accuracy: float | dict[str, float]) -> str:
    """Held-out accuracy of the feature space, by attribute."""
    by_name = accuracy if isinstance(accuracy, dict) else {_("all"): accuracy}
    return ", ".join(f"{attribute_word(name)} {100 * share:.1f} %" for name, share in by_name.items())
