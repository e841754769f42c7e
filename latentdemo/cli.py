"""The command line: python -m latentdemo models | sample | rerun | train | fit | evaluate | retime | bench | ...

What a command makes goes to files and standard output, progress and errors to standard error. Exit codes: 0 done,
1 an error that the message explains, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from latentdemo.errors import LatentdemoError

if TYPE_CHECKING:
    from latentdemo.evaluation import Report
    from latentdemo.models import NetworkConfig
    from latentdemo.training import TrainingSettings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Prior samples and chain samples of generative autoencoders.",
)
console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error made on purpose becomes its message and exit code 1.

    Args:
        arguments: None takes those of the process.
    """
    try:
        app(gather_values(sys.argv[1:] if arguments is None else arguments), prog_name="python -m latentdemo")
    except LatentdemoError as error:
        console.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from None


def gather_values(arguments: Sequence[str]) -> list[str]:
    """`--steps 0 1 5` as `--steps "0 1 5"`, and `--kernels hmc langevin` alike: an option otherwise takes one value."""
    belongs = {"--steps": str.isdecimal, "--kernels": lambda word: re.fullmatch(r"[a-z][a-z-]*", word) is not None}
    gathered: list[str] = []
    option = ""  # that the words at hand belong to
    for argument in arguments:
        if option and gathered[-1] != option and belongs[option](argument):
            gathered[-1] += f" {argument}"
        else:
            if not option or gathered[-1] != option:
                option = argument if argument in belongs else ""
            gathered.append(argument)
    return gathered


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """The one look of progress on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    note = TextColumn("[dim]{task.fields[note]}")
    with Progress(*columns, TimeRemainingColumn(), note, console=console, disable=not console.is_terminal) as bar:
        yield bar


def train_command(
    settings: TrainingSettings, network: NetworkConfig, dataset: str, family: str, options: list[str]
) -> str:
    """The command that trains the same model again, with every setting spelled out."""
    words = ["python", "-m", "latentdemo", "train", dataset, family]
    for name in ("epochs", "batch_size", "learning_rate", "beta1", "precision", "seed", "train_count"):
        value = getattr(settings, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    words += ["--width", str(network.width), "--latent-size", str(network.latent_size)]
    for pair in options:
        words += ["--option", pair]
    return shlex.join(words)


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """`NAME=NUMBER` pairs as a dictionary."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            options[name] = int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            raise typer.BadParameter(f"{pair!r} is not NAME=NUMBER") from None
    return options


@app.command()
def models(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """List the models at hand."""
    from dataclasses import asdict

    from latentdemo.models import checkpoints_dir, list_models, model_folder, read_config

    configs = {name: read_config(model_folder(name)) for name in list_models()}
    if as_json:
        typer.echo(json.dumps({name: asdict(config) for name, config in configs.items()}, indent=2))
        return
    table = Table("model", "images", "latent size", "reconstruction rmse", *ADVICE, title=str(checkpoints_dir()))
    for name, config in configs.items():
        size, rmse = config.network.image_size, config.measured.get("held_out", {}).get("rmse")
        table.add_row(
            name,
            f"{size}x{size} {'colour' if config.network.channels == 3 else 'grey'}",
            str(config.network.latent_size),
            f"{rmse:.3f}" if rmse else "?",
            *advice(model_folder(name)),
        )
    Console().print(table)


ADVICE = ("plain chain at its best", "recommended", "gap closed, %", "coverage, from prior", "recall, from prior")


def advice(folder: Path) -> list[str]:
    """What the evaluation of a model says, for the columns of `ADVICE`."""
    from latentdemo.evaluation.card import in_words, with_error
    from latentdemo.evaluation.report import GAP, EvaluationError, load_report

    try:
        report = load_report(folder)
    except EvaluationError:
        return ["not evaluated"]
    plain = [row for row in report.rows if row.is_plain and GAP in row.figures]
    best = max(plain, key=lambda row: row.figures[GAP].mean, default=None)
    words = f"{with_error(best.figures[GAP], 0)} % at step {best.steps}" if best else ""
    row = report.recommended
    if row is None:
        return [words, "leave it alone"]
    changes = [
        f"{with_error(report.prior.figures[name], 2)} to {with_error(row.figures[name], 2)}"
        for name in ("coverage", "recall")
    ]
    recommended = f"{in_words(row)}, {row.steps} {'step' if row.steps == 1 else 'steps'}"
    return [words, recommended, with_error(row.figures[GAP], 0), *changes]


@app.command()
def sample(
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae; see the command models.")],
    count: Annotated[int, typer.Option(help="Number of chains.")] = 64,
    steps: Annotated[str, typer.Option(help="Steps to show, such as '0 1 5 10'.", metavar="STEP...")] = "0 1 5 10",
    seed: Annotated[int, typer.Option(help="Fixes starting points and noise.")] = 7,
    kernel: Annotated[
        str, typer.Option(help="decode-encode, transport, hmc, langevin or metropolis-within-gibbs.")
    ] = "decode-encode",
    start: Annotated[
        str, typer.Option(help="Where chains start: prior, density, data, or the name of a density, such as flow.")
    ] = "prior",
    stop_at: Annotated[
        float | None, typer.Option(help="Chains stop once they are as likely as this share of real data.")
    ] = None,
    decoding: Annotated[str, typer.Option(help="Of decode-encode: pass on the mean, or a sample.")] = "mean",
    corruption: Annotated[str, typer.Option(help="Of decode-encode: noise before encoding, off or model.")] = "off",
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    out: Annotated[
        Path, typer.Option(help="FILE.png for a comparison, FILE.npz for arrays, a folder for PNGs.")
    ] = Path("samples.png"),
) -> None:
    """Draw from the prior, walk the chain, and write the chosen steps."""
    from latentdemo.models import load_model
    from latentdemo.output import parse_steps, write_run
    from latentdemo.sampling import run_chain

    shown = parse_steps(steps)
    loaded = load_model(model, device)
    with progress_bar() as bar:
        task = bar.add_task("sampling", total=None, note="")
        run = run_chain(
            loaded,
            kernel,
            count=count,
            steps=max(shown),
            seed=seed,
            record=shown,
            start=start,
            options={"decoding": decoding, "corruption": corruption} if kernel == "decode-encode" else None,
            stop_at=stop_at,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    write_run(run, out)
    cost = 1000 * run.seconds[max(shown)] / count
    typer.echo(f"wrote {out}: {count} chains, steps {', '.join(map(str, shown))}, {cost:.1f} ms an image")


@app.command()
def rerun(
    run: Annotated[Path, typer.Argument(help="run.json of a run that was taken away from a page.")],
    output: Annotated[Path, typer.Option(help="Folder for the picture and the latents.")],
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
) -> None:
    """Make a run again, and compare its latents with latents.npz beside run.json; exit code 1 if they differ."""
    from latentdemo.takeaway.rerun import LATENTS, PICTURE, TOLERANCE
    from latentdemo.takeaway.rerun import rerun as repeat

    with progress_bar() as bar:
        task = bar.add_task("sampling", total=None, note="")
        repeated = repeat(run, output, device, lambda done, total: bar.update(task, completed=done, total=total))
    for warning in repeated.warnings:
        console.print(f"[bold yellow]Warning:[/] {escape(warning)}", soft_wrap=True)
    typer.echo(f"wrote {output / PICTURE} and {output / LATENTS}")
    found = repeated.agreement
    if found is None:
        typer.echo(f"no {LATENTS} beside {run} to compare with")
        return
    typer.echo(
        f"{found.agreeing} of {found.count} chains agree within {TOLERANCE:g} "
        f"(largest difference {found.difference:.2g})"
    )
    if not found.complete:
        raise typer.Exit(1)


@app.command("hold-out")
def hold_out(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Write the held-out images of a data set beside its checkpoints, to ship with them."""
    from latentdemo.data import load_images, write_held_out
    from latentdemo.models import checkpoints_dir

    with progress_bar() as bar:
        task = bar.add_task("reading", total=None, note="")
        images = load_images(
            dataset, "held-out", data_dir, lambda done, total: bar.update(task, completed=done, total=total)
        )
    write_held_out(checkpoints_dir() / dataset, dataset, images)
    typer.echo(f"wrote {len(images)} held-out images to {checkpoints_dir() / dataset}")


@app.command()
def features(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 5,
    seed: Annotated[int, typer.Option(help="Fixes weights and order.")] = 0,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Train the classifier whose features quality is measured in."""
    from latentdemo.data import load_images
    from latentdemo.evaluation import save_features, train_classifier
    from latentdemo.models import checkpoints_dir, pick_device

    with progress_bar() as bar:
        task = bar.add_task("training", total=None, note="")

        def on_batch(done: int, total: int, loss: float) -> None:
            bar.update(task, completed=done, total=total, note=f"loss {loss:.2f}")

        images, held_out = load_images(dataset, "train", data_dir), load_images(dataset, "held-out", data_dir)
        trained = train_classifier(dataset, images, held_out, epochs, seed, pick_device(device), on_batch)
    config = save_features(trained, checkpoints_dir() / dataset)
    right = ", ".join(f"{name} {share:.1%}" for name, share in config.accuracy.items())
    typer.echo(f"wrote the features of {dataset} to {checkpoints_dir() / dataset}; held-out accuracy: {right}")


@app.command()
def fit(
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae.")],
    epochs: Annotated[int, typer.Option(help="Passes of the flow over the training images' encodings.")] = 20,
    hidden: Annotated[int, typer.Option(help="Units of the flow's hidden layers.")] = 256,
    seed: Annotated[int, typer.Option(help="Fixes everything.")] = 0,
    device: Annotated[str | None, typer.Option(help="Where to encode: cuda, mps or cpu; the best at hand.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Fit the densities of the learned latent distribution, which calibrated chains follow. Changes no model weight."""
    from latentdemo.data import load_images
    from latentdemo.models import load_model
    from latentdemo.sampling.fitting import fit_densities

    loaded = load_model(model, device)
    dataset = model.split("/")[0]
    train_images, held_out = (load_images(dataset, split, data_dir) for split in ("train", "held-out"))
    with progress_bar() as bar:
        task = bar.add_task("fitting", total=None, note="")
        config = fit_densities(
            loaded,
            train_images,
            held_out,
            epochs=epochs,
            hidden=hidden,
            seed=seed,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    table = Table("density", "held-out, nats", "step size of hmc", title=f"{model}: lower nats are better")
    table.add_row("prior", f"{config.prior_held_out:.2f}", "")
    for name, facts in config.densities.items():
        table.add_row(name, f"{facts['held_out']:.2f}", f"{facts['step_sizes']['hmc']:.3f}")
    Console().print(table)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Model, such as fashion-mnist/dvae, whose densities were fitted.")],
    kernels: Annotated[
        str | None,
        typer.Option(help="Kernels to evaluate, such as 'hmc transport'; all if not given.", metavar="NAME..."),
    ] = None,
    steps: Annotated[
        str | None, typer.Option(help="Steps of every kernel; each kernel's usual if not given.", metavar="STEP...")
    ] = None,
    samples: Annotated[int, typer.Option(help="Images of each way to sample, over all repetitions.")] = 10_000,
    repeats: Annotated[int, typer.Option(help="Repetitions, each with another seed.")] = 5,
    features: Annotated[
        str | None, typer.Option(help="A torchvision network in place of the data set's classifier, such as resnet18.")
    ] = None,
    precision: Annotated[str, typer.Option(help="Of the networks: float32, or bf16 to halve the time.")] = "float32",
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report, and write no file.")] = False,
) -> None:
    """Measure what every way to sample gains, costs and loses, and write it beside the checkpoint.

    A run that was stopped goes on where it was.
    """
    from dataclasses import asdict

    from latentdemo.data import load_images
    from latentdemo.evaluation import measure_model, refresh_card, save_report, torchvision_features
    from latentdemo.evaluation.report import UNFINISHED
    from latentdemo.models import model_folder
    from latentdemo.output import parse_steps

    if precision not in ("float32", "bf16"):
        raise typer.BadParameter(f"precision is {precision!r}; take float32 or bf16")
    folder = model_folder(model)
    with progress_bar() as bar:
        task = bar.add_task("evaluating", total=None, note="")
        report = measure_model(
            model,
            count=samples // max(repeats, 1),
            seeds=range(repeats),
            train=load_images(model.split("/")[0], "train", data_dir),
            features=torchvision_features(features, device) if features else None,
            kernels=kernels.split() if kernels else None,
            steps=parse_steps(steps) if steps else None,
            device=device,
            bf16=precision == "bf16",
            keep_in=folder / UNFINISHED,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2, default=dict))
        return
    save_report(report, folder)
    refresh_card(report, folder)
    (folder / UNFINISHED).unlink(missing_ok=True)
    show_report(report)


@app.command("retime")
def retime_command(
    models: Annotated[list[str], typer.Argument(help="Models that were evaluated, such as fashion-mnist/dvae.")],
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
) -> None:
    """Take the times of evaluations anew, on this device, and advise accordingly; the figures stay as they are."""
    from latentdemo.evaluation import load_report, refresh_card, retime, save_report
    from latentdemo.models import model_folder

    with progress_bar() as bar:
        task = bar.add_task("timing", total=len(models), note="")
        for model in models:
            folder = model_folder(model)
            report = retime(load_report(folder), device)
            save_report(report, folder)
            refresh_card(report, folder)
            bar.advance(task)


def show_report(report: Report) -> None:
    """The report as a table on the terminal."""
    from latentdemo.evaluation.card import COLUMNS, cells, in_words
    from latentdemo.evaluation.report import CEILING, FLOOR

    title = f"{report.model}: {len(report.seeds)} x {report.count} images a side, {report.features['name']}"
    table = Table("", "steps", *(name for name, _ in COLUMNS.values()), "ms an image", title=title)
    for name in (FLOOR, CEILING):
        table.add_row(name, "", *cells(report.references[name]).split(" | "), "")
    for row in report.rows:
        style = "bold" if row is report.recommended else None
        words = (in_words(row), f"{row.average_steps:.1f}", *cells(row.figures).split(" | "))
        table.add_row(*words, f"{row.milliseconds:.2f}", style=style)
    Console().print(table)


@app.command()
def bench(
    model: Annotated[str, typer.Argument(help="Model to time.")] = "fashion-mnist/dvae",
    count: Annotated[int, typer.Option(help="Number of chains.")] = 64,
    steps: Annotated[int, typer.Option(help="Steps of each chain.")] = 10,
    repeats: Annotated[int, typer.Option(help="Paired repetitions, after one to warm up.")] = 15,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Time the sampler against a plain eager float32 loop over the same networks, in turns within one run."""
    from latentdemo.bench import compare_with_plain_loop
    from latentdemo.models import load_model

    with progress_bar() as bar:
        task = bar.add_task("timing", total=repeats, note="")
        report = compare_with_plain_loop(
            load_model(model, device), count, steps, repeats, lambda done, _total: bar.update(task, completed=done)
        )
    if as_json:
        typer.echo(json.dumps({"model": model} | report, indent=2))
        return
    table = Table("", "median", "quartiles", title=f"{model}: {count} chains of {steps} steps, {report['device']}")
    for name in ("sampler_ms", "plain_ms", "ratio"):
        row = report[name]
        table.add_row(name, f"{row['median']:.3g}", f"{row['lower']:.3g} to {row['upper']:.3g}")
    Console().print(table)


@app.command()
def train(
    dataset: Annotated[str, typer.Argument(help="Data set, such as fashion-mnist or avatars.")],
    family: Annotated[str, typer.Argument(help="Model family: vae, dvae, aae, daae or flow-vae.")],
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 20,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="Adam's at the start; it falls to zero along a cosine.")] = 1e-3,
    beta1: Annotated[float, typer.Option(help="Adam's first decay rate.")] = 0.9,
    width: Annotated[int, typer.Option(help="Channels of the first hidden layer.")] = 32,
    latent_size: Annotated[int, typer.Option(help="Dimensions of the latent space.")] = 32,
    option: Annotated[list[str] | None, typer.Option(help="A family's own setting, NAME=NUMBER.")] = None,
    precision: Annotated[str, typer.Option(help="bf16 (autocast) or float32.")] = "bf16",
    seed: Annotated[int, typer.Option(help="Fixes weights, order and noise.")] = 0,
    train_count: Annotated[int | None, typer.Option(help="Use only so many training images.")] = None,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Checkpoint folder; checkpoints/DATASET/FAMILY if not given.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Forget an unfinished run in the folder.")] = False,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    from latentdemo.data import get_dataset, load_images
    from latentdemo.models import NetworkConfig, checkpoints_dir, pick_device
    from latentdemo.training import Trainer, TrainingSettings

    facts, options = get_dataset(dataset), parse_options(option or [])
    settings = TrainingSettings(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        beta1=beta1,
        precision=precision,  # type: ignore[arg-type]
        seed=seed,
        train_count=train_count,
    )
    network = NetworkConfig(facts.image_size, facts.channels, width, latent_size)
    with progress_bar() as bar:
        reading = bar.add_task(f"reading {facts.title}", total=None, note="")

        def read(done: int, total: int) -> None:
            bar.update(reading, completed=done, total=total)

        images = load_images(dataset, "train", data_dir, read)
        held_out = load_images(dataset, "held-out", data_dir, read)
        bar.update(reading, completed=1, total=1)
        trainer = Trainer(
            out or checkpoints_dir() / dataset / family,
            dataset,
            images,
            held_out,
            family,
            network,
            settings,
            options=options,
            device=pick_device(device),
            restart=restart,
            command=train_command(settings, network, dataset, family, option or []),
        )
        task = bar.add_task("training", total=epochs * trainer.steps_per_epoch, note="")

        def on_batch(epoch: int, batch: int, batches: int, terms: dict[str, float]) -> None:
            note = " ".join(f"{name} {value:.1f}" for name, value in terms.items())
            bar.update(task, completed=(epoch - 1) * batches + batch, description=f"epoch {epoch}", note=note)

        def on_epoch(epoch: int, terms: dict[str, float]) -> None:
            console.print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.3f}" for name, value in terms.items()))

        trainer.run(on_batch, on_epoch)
    typer.echo(f"wrote {trainer.out}")
