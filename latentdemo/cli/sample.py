"""Commands that walk chains: a new run, and one that was taken away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from latentdemo.cli.options import AsJson, Device
from latentdemo.cli.terminal import console, progress_bar, progress_of


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
        Path, typer.Option(help="FILE.png for a comparison, FILE.npz for arrays, a folder for PNGs.")
    ] = Path("samples.png"),
    rule: Annotated[
        Path | None,
        typer.Option(help="Operating rule of a review; it says all but count, seed, device and where to write to."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw from the prior, walk the chain, and write the chosen steps; or draw by the rule that a review decided on."""
    if rule:
        refuse_beside_rule(context)
        sample_by_rule(rule, count, seed, device, out, as_json)
        return
    if model is None:
        raise typer.BadParameter("name a model, or a rule with --rule")
    from latentdemo.engine import RunRequest, engine_for
    from latentdemo.export.files import parse_steps, write_run
    from latentdemo.sampling.kernels import PLAIN

    shown = parse_steps(steps)
    request = RunRequest.of(
        model,
        kernel or PLAIN,
        count=count,
        steps=max(shown),
        seed=seed,
        record=shown,
        start=start,
        options=kernel_options(option or [], decoding=decoding, corruption=corruption),
        stop_at=stop_at,
    )
    with progress_bar() as bar:
        run = engine_for(device).run(request, progress_of(bar, "sampling"))
    write_run(run, out)
    cost = 1000 * run.seconds[max(shown)] / count
    if as_json:
        typer.echo(json.dumps({"out": str(out), "chains": count, "steps": shown, "milliseconds_an_image": cost}))
    else:
        typer.echo(f"wrote {out}: {count} chains, steps {', '.join(map(str, shown))}, {cost:.1f} ms an image")


SAID_BY_RULE = ("model", "steps", "kernel", "start", "stop_at", "decoding", "corruption", "option")


def refuse_beside_rule(context: typer.Context) -> None:
    """Raise BadParameter where an option says what the rule says already."""
    for name in SAID_BY_RULE:
        source = context.get_parameter_source(name)
        if source and source.name != "DEFAULT":
            said = name.replace("_", "-")
            raise typer.BadParameter(f"the rule says {said} already: leave it out, or leave --rule out")


def sample_by_rule(path: Path, count: int, seed: int, device: str | None, out: Path, as_json: bool) -> None:
    """Draw by an operating rule: what its gate sends back is drawn again, and told."""
    from datetime import UTC, datetime

    from latentdemo.checkpoints import load_model
    from latentdemo.engine import RunRequest, engine_for
    from latentdemo.export.files import write_run
    from latentdemo.reviews.gate import draw_by
    from latentdemo.reviews.rule import check_model, read_rule

    rule = read_rule(path)
    check_model(rule)
    if rule.is_due(datetime.now(UTC).date()):
        console.print(f"[bold yellow]Warning:[/] people were to be asked again by {rule.review_by}; do so.")
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
        console.print(f"[bold yellow]Warning:[/] {escape(warning)}", soft_wrap=True)
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
