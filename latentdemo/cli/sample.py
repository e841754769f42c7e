"""Commands that walk chains: a new run, and one that was taken away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latentdemo.cli.options import AsJson, Device, GpusPerWorker, MostWorkers, On, refuse_without, was_given
from latentdemo.cli.terminal import progress_bar, progress_of, warn

if TYPE_CHECKING:
    from latentdemo.sampling import ChainSpec


def sample(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Argument(help="Model, such as avatars/vae; see the command models. A rule names its own.")
    ] = None,
    count: Annotated[int, typer.Option(help="Number of chains.")] = 64,
    steps: Annotated[str, typer.Option(help="Steps to show, such as '0 1 5 10'.", metavar="STEP...")] = "0 1 5 10",
    seed: Annotated[int, typer.Option(help="Fixes starting points and noise.")] = 7,
    kernel: Annotated[
        str | None, typer.Option(help="One of those that the command choices lists; the plain chain if not given.")
    ] = None,
    start: Annotated[
        str, typer.Option(help="Where chains start: prior, density, data, or the name of a density, such as flow.")
    ] = "prior",
    stop_at: Annotated[
        float | None, typer.Option(help="Chains stop once they are as likely as this share of real data.")
    ] = None,
    decoding: Annotated[
        str | None, typer.Option(help="Of the plain chain: pass on the mean, or a sample; mean if not given.")
    ] = None,
    corruption: Annotated[
        str | None, typer.Option(help="Of the plain chain: noise before encoding, off or model; off if not given.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="Any other setting of the kernel; the command choices lists them.", metavar="NAME=VALUE"),
    ] = None,
    device: Device = None,
    out: Annotated[
        str,
        typer.Option(
            help="FILE.png for a comparison, FILE.npz for arrays, a folder for PNGs. With --on a folder that all "
            "machines see, or an address such as s3://bucket/folder; samples if not given.",
            metavar="PATH",
        ),
    ] = "samples.png",
    rule: Annotated[
        Path | None,
        typer.Option(help="Operating rule of a review; it says all but count, seed, device and where to write to."),
    ] = None,
    on: On = None,
    format: Annotated[str, typer.Option(help="With --on: parquet, webdataset or png.")] = "parquet",
    workers: MostWorkers = None,
    gpus_per_worker: GpusPerWorker = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="With --on: show Ray's dashboard, on this machine only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Draw from the prior, walk the chain, and write the chosen steps; or draw by the rule that a review decided on.

    With --on any number of chains is walked on a cluster, into files with a manifest; one that was stopped goes on
    where it was.
    """
    refuse_without(context, "on", ("format", "workers", "gpus_per_worker", "dashboard"))
    if rule:
        refuse_beside_rule(context)
        sample_by_rule(rule, count, seed, device, Path(out), as_json)
        return
    if model is None:
        raise typer.BadParameter("name a model, or a rule with --rule")
    from latentdemo.engine import RunRequest, engine_for
    from latentdemo.export.files import check_out, parse_steps, write_run
    from latentdemo.sampling import ChainSpec
    from latentdemo.sampling.kernels import PLAIN

    shown = parse_steps(steps)
    spec = ChainSpec(
        kernel or PLAIN,
        count=count,
        steps=max(shown),
        seed=seed,
        start=start,
        options=kernel_options(option or [], decoding=decoding, corruption=corruption),
        stop_at=stop_at,
    )
    if on:
        folder = out if was_given(context, "out") else BULK_OUT
        placed: dict[str, Any] = {
            "on": on,
            "most": workers,
            "gpus": gpus_per_worker,
            "device": device,
            "dashboard": dashboard,
        }
        sample_on_cluster(model, spec, shown, folder, format, as_json, **placed)
        return
    check_out(Path(out))
    with progress_bar() as bar:
        run = engine_for(device).run(RunRequest(model, spec, shown), progress_of(bar, "sampling"))
    write_run(run, Path(out))
    cost = 1000 * run.seconds[max(shown)] / count
    if as_json:
        typer.echo(json.dumps({"out": str(out), "chains": count, "steps": shown, "milliseconds_an_image": cost}))
    else:
        typer.echo(f"wrote {out}: {count} chains, steps {', '.join(map(str, shown))}, {cost:.1f} ms an image")


BULK_OUT = "samples"  # the folder of a run on a cluster, where --out names none
SAID_BY_RULE = ("model", "steps", "kernel", "start", "stop_at", "decoding", "corruption", "option")


def refuse_beside_rule(context: typer.Context) -> None:
    """Raise BadParameter where an option says what the rule says already."""
    for name in SAID_BY_RULE:
        if was_given(context, name):
            said = name.replace("_", "-")
            raise typer.BadParameter(f"the rule says {said} already: leave it out, or leave --rule out")
    if was_given(context, "on"):
        raise typer.BadParameter("a rule is followed on this machine: leave --on out")


def sample_on_cluster(
    model: str,
    spec: ChainSpec,
    shown: tuple[int, ...],
    out: str,
    format: str,
    as_json: bool,
    *,
    on: str,
    most: int | None,
    gpus: float | None,
    device: str | None,
    dashboard: bool,
) -> None:
    """Walk chains on a cluster, and say what was written."""
    from latentdemo.cluster.pool import Workers
    from latentdemo.cluster.sampling import sample_in_bulk
    from latentdemo.cluster.shards import MANIFEST

    with progress_bar() as bar:
        manifest = sample_in_bulk(
            model,
            spec,
            out=out,
            on=on,
            record=shown,
            format=format,
            workers=Workers(most, gpus=gpus),
            device=device,
            dashboard=dashboard,
            progress=progress_of(bar, "sampling"),
        )
    if as_json:
        typer.echo(json.dumps({"out": out, **manifest}))
    else:
        files, megabytes = len(manifest["shards"]), manifest["bytes"] / 2**20
        typer.echo(
            f"wrote {out}: {spec.count:,} chains, steps {', '.join(map(str, shown))}, in {files:,} shards of "
            f"{megabytes:,.1f} MB together; {MANIFEST} tells of each"
        )


def sample_by_rule(path: Path, count: int, seed: int, device: str | None, out: Path, as_json: bool) -> None:
    """Draw by an operating rule: what its gate sends back is drawn again, and told."""
    from datetime import UTC, datetime

    from latentdemo.checkpoints import load_model
    from latentdemo.engine import RunRequest, engine_for
    from latentdemo.export.files import check_out, write_run
    from latentdemo.reviews.gate import draw_by
    from latentdemo.reviews.rule import check_model, read_rule

    check_out(out)
    rule = read_rule(path)
    check_model(rule)
    if rule.is_due(datetime.now(UTC).date()):
        warn(f"people were to be asked again by {rule.review_by}; do so.")
    model, last = load_model(rule.model, device), rule.way.steps
    with progress_bar() as bar:
        told = progress_of(bar, "sampling")
        drawn = draw_by(
            rule,
            model,
            lambda spec, first: engine_for(model.device).run(RunRequest(model, spec, [last], first=first), told),
            count,
            seed,
        )
    write_run(drawn.run, out)
    cost = 1000 * drawn.run.seconds[last] / count
    if as_json:
        values = {"out": str(out), "chains": count, "steps": [last], "milliseconds_an_image": cost}
        gate = {"drawn": drawn.drawn, "rejected": drawn.rejected_share, "expected": rule.expected_rejected}
        typer.echo(json.dumps(values | gate))
        return
    typer.echo(f"wrote {out}: {count} chains, step {last}, {cost:.1f} ms an image")
    if rule.gate:
        expected = "" if rule.expected_rejected is None else f"; {100 * rule.expected_rejected:.1f} % were expected"
        typer.echo(
            f"{drawn.rejected} of {drawn.drawn} samples ({100 * drawn.rejected_share:.1f} %) were less likely than "
            f"{100 * rule.gate.share:g} % of real ones, and drawn again{expected}"
        )


def kernel_options(pairs: list[str], **named: str | None) -> dict[str, str]:
    """Settings of a kernel from `NAME=VALUE` pairs, and from options of the command that were given."""
    options = {name: value for name, value in named.items() if value is not None}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE")
        options[name] = value
    return options


def rerun(
    run: Annotated[Path, typer.Argument(help="run.json of a run that was taken away from a page.")],
    output: Annotated[Path, typer.Option(help="Folder for the picture and the latents.")],
    device: Device = None,
    as_json: AsJson = False,
) -> None:
    """Make a run again, and compare its latents with latents.npz beside run.json; exit code 1 if they differ."""
    from dataclasses import asdict

    from latentdemo.export.latents_file import LATENTS
    from latentdemo.export.rerun import PICTURE, TOLERANCE
    from latentdemo.export.rerun import rerun as repeat

    with progress_bar() as bar:
        repeated = repeat(run, output, device, progress_of(bar, "sampling"))
    for warning in repeated.warnings:
        warn(warning)
    found = repeated.agreement
    if as_json:
        files = [str(output / PICTURE), str(output / LATENTS)]
        typer.echo(json.dumps({"wrote": files, "agreement": found and asdict(found)}, indent=2))
    else:
        typer.echo(f"wrote {output / PICTURE} and {output / LATENTS}")
        typer.echo(
            f"{found.agreeing} of {found.count} chains agree within {TOLERANCE:g} "
            f"(largest difference {found.difference:.2g})"
            if found
            else f"no {LATENTS} beside {run} to compare with"
        )
    if found and not found.complete:
        raise typer.Exit(1)
