"""The command line: python -m latentdemo models | sample | rerun | data check | train | fit | evaluate | bench | ...

What a command makes goes to files and standard output, progress and errors to standard error. Exit codes: 0 done,
1 an error that the message explains, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
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
    from latentdemo.data import ImageSet
    from latentdemo.evaluation import Report
    from latentdemo.models import GenerativeAutoencoder, NetworkConfig
    from latentdemo.training import Trainer, TrainingSettings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    help="Prior samples and chain samples of generative autoencoders.",
)
data = typer.Typer(no_args_is_help=True, help="Pictures of your own, before a model is trained on them.")
app.add_typer(data, name="data")
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
    settings: TrainingSettings, network: NetworkConfig, dataset: str, family: str, options: list[str], title: str
) -> str:
    """The command that trains the same model again, with every setting spelled out."""
    words = ["python", "-m", "latentdemo", "train", dataset, family]
    for name in ("epochs", "batch_size", "learning_rate", "beta1", "precision", "seed", "train_count", "patience"):
        value = getattr(settings, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    words += ["--width", str(network.width), "--latent-size", str(network.latent_size)]
    if title != dataset:
        words += ["--size", str(network.image_size), "--name", title]
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

    from latentdemo.checkpoints import checkpoints_dir, list_models, model_folder, read_config

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


ADVICE = (
    "plain chain at its best",
    "recommended",
    "gap closed, %",
    "coverage, from prior",
    "recall, from prior",
    "best sampler of pythae, gap closed, %",
)


def advice(folder: Path) -> list[str]:
    """What the evaluation of a model says, for the columns of `ADVICE`."""
    from latentdemo.evaluation.card import in_words, with_error
    from latentdemo.evaluation.report import GAP, PYTHAE, EvaluationError, load_report

    try:
        report = load_report(folder)
    except EvaluationError:
        return ["not evaluated"]
    plain = [row for row in report.rows if row.is_plain and GAP in row.figures]
    best = max(plain, key=lambda row: row.figures[GAP].mean, default=None)
    words = f"{with_error(best.figures[GAP], 0)} % at step {best.steps}" if best else ""
    row, theirs = report.recommended, report.best_foreign
    if theirs is None:
        beside = ""
    else:
        standing = {"better": "", "even": ", as good as ours", "worse": ", better than ours"}[report.standing or "even"]
        beside = f"{theirs.start.removeprefix(PYTHAE)}: {with_error(theirs.figures[GAP], 0)}{standing}"
    if row is None:
        return [words, "leave it alone", "", "", "", beside]
    changes = [
        f"{with_error(report.prior.figures[name], 2)} to {with_error(row.figures[name], 2)}"
        for name in ("coverage", "recall")
    ]
    recommended = f"{in_words(row)}, {row.steps} {'step' if row.steps == 1 else 'steps'}"
    return [words, recommended, with_error(row.figures[GAP], 0), *changes, beside]


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
    from latentdemo.engine import RunRequest, engine_for
    from latentdemo.export.files import parse_steps, write_run

    shown = parse_steps(steps)
    request = RunRequest(
        model,
        kernel,
        count=count,
        steps=max(shown),
        seed=seed,
        record=shown,
        start=start,
        options={"decoding": decoding, "corruption": corruption} if kernel == "decode-encode" else None,
        stop_at=stop_at,
    )
    with progress_bar() as bar:
        task = bar.add_task("sampling", total=None, note="")
        run = engine_for(device).run(request, lambda done, total: bar.update(task, completed=done, total=total))
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
    from latentdemo.export.rerun import LATENTS, PICTURE, TOLERANCE
    from latentdemo.export.rerun import rerun as repeat

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
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import load_images, write_held_out

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
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training images; 5, or more where these are few, if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes weights and order.")] = 0,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Train the classifier whose features quality is measured in."""
    from latentdemo.checkpoints.roots import dataset_folder

    folder = dataset_folder(dataset)
    with progress_bar() as bar:
        images, held_out = images_of(folder, data_dir, bar)
        train_features(folder, images, held_out, bar, epochs, seed, device)


def images_of(folder: Path, data_dir: Path | None, bar: Progress) -> tuple[ImageSet, ImageSet]:
    """Training and held-out images of a data set's folder; pictures of one's own are read from where they were."""
    from latentdemo.data import load_images, recorded_pictures
    from latentdemo.data.folder import RECORD

    task = bar.add_task(f"reading {folder.name}", total=None, note="")

    def read(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    if (folder / RECORD).exists():
        recorded_pictures(folder, data_dir, read).dataset(folder.name)
    images, held_out = (load_images(folder.name, split, data_dir, read) for split in ("train", "held-out"))
    bar.update(task, completed=1, total=1)
    return images, held_out


def train_features(
    folder: Path,
    images: ImageSet,
    held_out: ImageSet,
    bar: Progress,
    epochs: int | None = None,
    seed: int = 0,
    device: str | None = None,
) -> None:
    """Make the feature space of a data set's folder, and say how good its classifier is."""
    from latentdemo.evaluation import save_features, train_classifier
    from latentdemo.models import pick_device

    task = bar.add_task("training the feature space", total=None, note="")

    def on_batch(done: int, total: int, loss: float) -> None:
        bar.update(task, completed=done, total=total, note=f"loss {loss:.2f}")

    trained = train_classifier(folder.name, images, held_out, epochs, seed, pick_device(device), on_batch)
    config = save_features(trained, folder)
    right = ", ".join(f"{name} {share:.1%}" for name, share in config.accuracy.items())
    console.print(f"wrote the features of {folder.name} to {folder}; held-out accuracy: {right}", soft_wrap=True)


@app.command()
def fit(
    model: Annotated[str, typer.Argument(help="Model, such as avatars/vae.")],
    epochs: Annotated[int, typer.Option(help="Passes of the flow over the training images' encodings.")] = 20,
    hidden: Annotated[int, typer.Option(help="Units of the flow's hidden layers.")] = 256,
    seed: Annotated[int, typer.Option(help="Fixes everything.")] = 0,
    device: Annotated[str | None, typer.Option(help="Where to encode: cuda, mps or cpu; the best at hand.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder with the data set's original files, or with your own pictures.")
    ] = None,
) -> None:
    """Fit the densities of the learned latent distribution, which calibrated chains follow. Changes no model weight."""
    from latentdemo.checkpoints import load_model

    loaded = load_model(model, device)
    assert loaded.folder is not None
    with progress_bar() as bar:
        images, held_out = images_of(loaded.folder.parent, data_dir, bar)
        fit_model(loaded, images, held_out, bar, epochs=epochs, hidden=hidden, seed=seed)


def fit_model(
    model: GenerativeAutoencoder, images: ImageSet, held_out: ImageSet, bar: Progress, **settings: int
) -> None:
    """Fit the densities of a model, and say how likely they make held-out encodings."""
    from latentdemo.sampling.densities.fitting import fit_densities

    assert model.folder is not None
    task = bar.add_task("fitting", total=None, note="")
    config = fit_densities(
        model,
        images,
        held_out,
        progress=lambda done, total: bar.update(task, completed=done, total=total),
        **settings,  # type: ignore[arg-type]
    )
    title = f"{model.folder.parent.name}/{model.folder.name}: lower nats are better"
    table = Table("density", "held-out, nats", "step size of hmc", title=title)
    table.add_row("prior", f"{config.prior_held_out:.2f}", "")
    for name, facts in config.densities.items():
        table.add_row(name, f"{facts['held_out']:.2f}", f"{facts['step_sizes']['hmc']:.3f}")
    console.print(table)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="Model, such as fashion-mnist/dvae.")],
    kernels: Annotated[
        str | None,
        typer.Option(help="Kernels to evaluate, such as 'hmc transport'; all if not given.", metavar="NAME..."),
    ] = None,
    steps: Annotated[
        str | None, typer.Option(help="Steps of every kernel; each kernel's usual if not given.", metavar="STEP...")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(help="Images of each way to sample, over all repetitions; 2,000 each, if there are as many."),
    ] = None,
    repeats: Annotated[int, typer.Option(help="Repetitions, each with another seed.")] = 5,
    features: Annotated[
        str | None, typer.Option(help="A torchvision network in place of the data set's classifier, such as resnet18.")
    ] = None,
    precision: Annotated[str, typer.Option(help="Of the networks: float32, or bf16 to halve the time.")] = "float32",
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder with the data set's original files, or with your own pictures.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report, and write no evaluation.")] = False,
) -> None:
    """Measure what every way to sample gains, costs and loses, and write it beside the checkpoint.

    Makes the feature space and the densities first, where they are missing. A run that was stopped goes on where it
    was.
    """
    from dataclasses import asdict

    from latentdemo.checkpoints import load_model, model_folder
    from latentdemo.engine import engine_for
    from latentdemo.evaluation import measure_model, refresh_card, save_report, torchvision_features
    from latentdemo.evaluation.features.classifier import CONFIG as FEATURES
    from latentdemo.evaluation.report import UNFINISHED
    from latentdemo.export.files import parse_steps
    from latentdemo.sampling.densities.store import are_fitted

    if precision not in ("float32", "bf16"):
        raise typer.BadParameter(f"precision is {precision!r}; take float32 or bf16")
    folder = model_folder(model)
    with progress_bar() as bar:
        images, held_out = images_of(folder.parent, data_dir, bar)
        if features is None and not (folder.parent / FEATURES).exists():
            train_features(folder.parent, images, held_out, bar, device=device)
        if not are_fitted(folder):
            fit_model(load_model(model, device), images, held_out, bar)
        task = bar.add_task("evaluating", total=None, note="")
        report = measure_model(
            model,
            count=min(USUAL_COUNT, len(images), len(held_out)) if samples is None else samples // max(repeats, 1),
            seeds=range(repeats),
            train=images,
            features=torchvision_features(features, device) if features else None,
            kernels=kernels.split() if kernels else None,
            steps=parse_steps(steps) if steps else None,
            device=device,
            bf16=precision == "bf16",
            batches=engine_for(device).run_batches,
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


USUAL_COUNT = 2000  # images a side, in each repetition of an evaluation


@app.command()
def adopt(
    source: Annotated[
        Path, typer.Argument(help="Folder that pythae or diffusers wrote, or with encoder.pt2 and decoder.pt2.")
    ],
    model: Annotated[str, typer.Argument(help="What to call it, such as fashion-mnist/my-vae.")],
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Take in a model that others trained, as it is; a pair of .pt2 files runs the program that is in them."""
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import get_dataset
    from latentdemo.models.adapters import read_others
    from latentdemo.training import adopt as adopt_model

    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", model):
        raise typer.BadParameter(f"{model!r} is no name of a model; take DATASET/NAME, such as fashion-mnist/my-vae")
    folder = checkpoints_dir() / model
    if folder.exists():
        raise typer.BadParameter(f"{folder} is there already; take another name, or remove it first")
    with progress_bar() as bar:
        images, held_out = images_of(folder.parent, data_dir, bar)
        facts = get_dataset(folder.parent.name)
        adopt_model(read_others(source, facts.image_size, facts.ground), model, images, held_out)
    typer.echo(f"wrote {folder}; next: python -m latentdemo evaluate {model}")


@app.command()
def compare(
    model: Annotated[str, typer.Argument(help="Model that was evaluated, such as fashion-mnist/vae.")],
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
) -> None:
    """Fit the samplers of pythae to the same weights, and add what they give to the evaluation beside the checkpoint.

    A run that was stopped goes on where it was.
    """
    from latentdemo.checkpoints import model_folder
    from latentdemo.evaluation import compare_with_pythae, load_report, refresh_card, save_report
    from latentdemo.evaluation.report import COMPARISON

    folder = model_folder(model)
    before = load_report(folder)
    with progress_bar() as bar:
        images, _held_out = images_of(folder.parent, data_dir, bar)
        task = bar.add_task("comparing", total=None, note="")
        report = compare_with_pythae(
            before,
            images,
            device=device,
            keep_in=folder / COMPARISON,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    save_report(report, folder)
    refresh_card(report, folder)
    shutil.rmtree(folder / COMPARISON)
    show_report(report)


@app.command("retime")
def retime_command(
    models: Annotated[list[str], typer.Argument(help="Models that were evaluated, such as fashion-mnist/dvae.")],
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
) -> None:
    """Take the times of evaluations anew, on this device, and advise accordingly; the figures stay as they are."""
    from latentdemo.checkpoints import model_folder
    from latentdemo.engine import engine_for
    from latentdemo.evaluation import load_report, refresh_card, retime, save_report

    with progress_bar() as bar:
        task = bar.add_task("timing", total=len(models), note="")
        for model in models:
            folder = model_folder(model)
            report = retime(load_report(folder), device, engine_for(device).run_batches)
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
    sections: Annotated[
        list[str] | None,
        typer.Argument(help="steps, tuning, requests, press, start, memory, precision; all but the last if not given."),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Model to measure; several if given several times.", metavar="NAME")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    soak: Annotated[
        float | None,
        typer.Option(help="Instead: 32 sessions use the demo's own server for so many minutes.", metavar="MINUTES"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Measure speed: the engine's step, many requests at once, press to picture, start to picture, memory.

    What is compared takes turns within one run; values are medians (quartiles).
    """
    if soak is not None:
        bench_soak(soak, as_json)
        return
    from dataclasses import asdict

    from rich import box

    from latentdemo.benchmark.sections import MODELS, USUAL, machine, run_section

    found: dict[str, list[dict[str, Any]]] = {}
    with progress_bar() as bar:
        task = bar.add_task("measuring", total=len(sections or USUAL), note="")
        for section in sections or USUAL:
            bar.update(task, note=section)
            for measured in run_section(section, model or MODELS, device):
                found.setdefault(section, []).append(asdict(measured))
                if not as_json:
                    table = Table(*measured.rows[0], title=measured.title, box=box.MARKDOWN, title_justify="left")
                    for row in measured.rows:
                        table.add_row(*map(in_words, row.values()))
                    Console(width=200).print(table)
            bar.advance(task)
    if as_json:
        typer.echo(json.dumps({"machine": machine(), **found}, indent=2))
    else:
        typer.echo(f"measured on {machine()}; medians (quartiles)")


def in_words(value: Any) -> str:
    """A value of a table of measurements."""
    from latentdemo.benchmark.timing import Spread

    if isinstance(value, Spread):
        return f"{value.median:.3g} ({value.lower:.3g} to {value.upper:.3g})"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def bench_soak(minutes: float, as_json: bool) -> None:
    """Let sessions use the server, and say what came of it; exit code 1 where it did not hold."""
    from latentdemo.benchmark.soak import lines, soak

    with progress_bar() as bar:
        task = bar.add_task("soaking", total=None, note="")
        report = soak(minutes, progress=lambda done, total: bar.update(task, completed=done, total=total))
    if as_json:
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        table = Table("", "", title=f"{report['sessions']} sessions, {minutes:g} minutes, {report['machine']}")
        for name, value in lines(report):
            table.add_row(name, escape(value))
        Console().print(table)
    if not all(report["holds"].values()):
        raise typer.Exit(1)


@app.command()
def train(
    dataset: Annotated[
        str, typer.Argument(help="Data set, such as fashion-mnist or avatars, or a folder or ZIP file of pictures.")
    ],
    family: Annotated[str, typer.Argument(help="Model family: vae, dvae, aae, daae or flow-vae.")],
    epochs: Annotated[
        int | None, typer.Option(help="Passes over the training images, at most; 20, for few pictures more.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Images a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="Adam's at the start; it falls to zero along a cosine.")] = 1e-3,
    beta1: Annotated[float, typer.Option(help="Adam's first decay rate.")] = 0.9,
    width: Annotated[int, typer.Option(help="Channels of the first hidden layer.")] = 32,
    latent_size: Annotated[int, typer.Option(help="Dimensions of the latent space.")] = 32,
    option: Annotated[list[str] | None, typer.Option(help="A family's own setting, NAME=NUMBER.")] = None,
    precision: Annotated[str, typer.Option(help="bf16 (autocast) or float32.")] = "bf16",
    seed: Annotated[int, typer.Option(help="Fixes weights, order and noise.")] = 0,
    train_count: Annotated[int | None, typer.Option(help="Use only so many training images.")] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            help="Stop after so many epochs without a lower held-out loss, and take the best epoch's weights; "
            "20 for your own pictures, else off."
        ),
    ] = None,
    size: Annotated[int, typer.Option(help="Your own pictures: side in pixels to scale them to.")] = 32,
    name: Annotated[str, typer.Option(help="Your own pictures: what to call them; the folder's name if empty.")] = "",
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu; the best at hand if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with the data set's original files.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Checkpoint folder; checkpoints/DATASET/FAMILY if not given.")
    ] = None,
    restart: Annotated[bool, typer.Option(help="Forget an unfinished run in the folder.")] = False,
) -> None:
    """Train a model, or go on with a run that was stopped."""
    from latentdemo.checkpoints import checkpoints_dir
    from latentdemo.data import DATASETS, get_dataset, load_images, read_pictures, write_held_out, write_record
    from latentdemo.models import NetworkConfig, pick_device
    from latentdemo.training import Trainer, TrainingSettings, usual_epochs

    options = parse_options(option or [])
    with progress_bar() as bar:
        reading = bar.add_task(f"reading {dataset}", total=None, note="")

        def read(done: int, total: int) -> None:
            bar.update(reading, completed=done, total=total)

        own = read_pictures(Path(dataset), size, read) if is_source(dataset, DATASETS) else None
        facts = own.dataset(name) if own else get_dataset(dataset)
        network = NetworkConfig(facts.image_size, facts.channels, width, latent_size)
        images, held_out = (load_images(facts.name, split, data_dir, read) for split in ("train", "held-out"))
        bar.update(reading, completed=1, total=1)
        if epochs is None:
            epochs = usual_epochs(len(images), batch_size) if own else TrainingSettings.epochs
        settings = TrainingSettings(
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            beta1=beta1,
            precision=precision,  # type: ignore[arg-type]
            seed=seed,
            train_count=train_count,
            patience=OWN_PATIENCE if own and patience is None else patience,
        )
        folder = out or checkpoints_dir() / facts.name / family
        trainer = Trainer(
            folder,
            facts.name,
            images,
            held_out,
            family,
            network,
            settings,
            options=options,
            device=pick_device(device),
            restart=restart,
            command=train_command(settings, network, dataset, family, option or [], facts.name),
        )
        if own:
            write_record(folder.parent, own)
            write_held_out(folder.parent, facts.name, held_out)
        announce(trainer)
        task = bar.add_task("training", total=settings.epochs * trainer.steps_per_epoch, note="")

        def on_batch(epoch: int, batch: int, batches: int, terms: dict[str, float]) -> None:
            note = " ".join(f"{name} {value:.1f}" for name, value in terms.items())
            bar.update(task, completed=(epoch - 1) * batches + batch, description=f"epoch {epoch}", note=note)

        def on_epoch(epoch: int, terms: dict[str, float]) -> None:
            console.print(f"epoch {epoch}: " + ", ".join(f"{name} {value:.3f}" for name, value in terms.items()))

        trainer.run(on_batch, on_epoch)
    if trainer.best:
        console.print(f"the best of {trainer.epoch} epochs was epoch {trainer.best.epoch}")
    typer.echo(f"wrote {trainer.out}")
    if own:
        typer.echo(f"next: python -m latentdemo evaluate {facts.name}/{folder.name}")


OWN_PATIENCE = 20  # epochs; small sets have short epochs


def is_source(word: str, known: Iterable[str]) -> bool:
    """Whether a word that should name a data set names pictures of one's own: a folder, or a ZIP file."""
    path = Path(word)
    return word not in known and (path.exists() or path.suffix.lower() == ".zip" or len(path.parts) > 1)


def announce(trainer: Trainer) -> None:
    """Say what a run will take, before it starts."""
    expected, left = trainer.estimate(), trainer.settings.epochs - trainer.epoch
    resumed = f", from epoch {trainer.epoch + 1} on" if trainer.epoch else ""
    at_most = "at most " if trainer.settings.patience else ""
    console.print(
        f"{trainer.count:,} training and {len(trainer.held_out):,} held-out images; {at_most}{left} epochs of "
        f"{trainer.steps_per_epoch} steps{resumed}: {at_most}{in_minutes(expected.seconds)}, "
        f"{expected.bytes / 1e6:.0f} MB in {trainer.out}; after each epoch a first look in {trainer.folder}",
        soft_wrap=True,
    )


def in_minutes(seconds: float) -> str:
    """A length of time in words."""
    return f"about {seconds / 60:.0f} minutes" if seconds >= 90 else f"about {max(seconds, 1):.0f} seconds"


@data.command()
def check(
    source: Annotated[Path, typer.Argument(help="Folder, its subfolders included, or ZIP file.")],
    size: Annotated[int, typer.Option(help="Side in pixels to scale the pictures to.")] = 32,
    preview: Annotated[Path | None, typer.Option(help="PNG to write; NAME-preview.png if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Look through pictures before training: what is in there, and what will be done with it.

    Exit code 1 where there are too few.
    """
    from latentdemo.data import read_pictures
    from latentdemo.data.folder import preview_sheet
    from latentdemo.export.files import write_picture
    from latentdemo.models import NetworkConfig

    NetworkConfig(image_size=size)
    with progress_bar() as bar:
        task = bar.add_task(f"reading {source}", total=None, note="")
        pictures = read_pictures(source, size, lambda done, total: bar.update(task, completed=done, total=total))
    report = pictures.report()
    if pictures.found:
        target = preview or Path(f"{pictures.name}-preview.png")
        write_picture(preview_sheet(pictures), target)
        report["preview"] = str(target)
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False)) if as_json else show_pictures(report)
    if not pictures.enough:
        raise typer.Exit(1)


def show_pictures(report: dict[str, Any]) -> None:
    """What `data check` found, on the terminal."""
    table = Table("", "pictures", "", title=report["source"])
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report["formats"].items())
    table.add_row("can be used", f"{report['usable']:,}", f"of {report['files']:,} files: {kinds or 'none'}")
    for name, (width, height) in report["sizes"].items():
        table.add_row(f"{name} size", "", f"{width}x{height}")
    table.add_row("in colour", f"{report['coloured']:,}", f"{report['grey']:,} in grey")
    for refused in report["refused"].values():
        examples = ", ".join(map(escape, refused["examples"]))
        table.add_row("left out", f"{refused['count']:,}", f"{refused['reason']}\nsuch as {examples}")
    for key, words in (("duplicates", "copies, left out"), ("near_duplicates", "near copies, kept on one side")):
        pairs = "\n".join(f"{escape(first)} = {escape(second)}" for first, second in report[key]["examples"])
        table.add_row(words, f"{report[key]['count']:,}", pairs)
    console_out = Console()
    console_out.print(table)
    side, colours = report["image_size"], "colour" if report["channels"] == 3 else "grey"
    console_out.print(
        f"Training takes the central square of each ({report['cropped']:,} are not square), scaled to {side}x{side} in "
        f"{colours} ({report['enlarged']:,} are smaller and get enlarged): {report['training']:,} to train on, "
        f"{report['held_out']:,} held out, chosen by content. Preview: {report.get('preview', 'none')}",
        soft_wrap=True,
    )
    if report["enough"]:
        console_out.print(f"Next: python -m latentdemo train {shlex.quote(report['source'])} vae", soft_wrap=True)
    else:
        console.print(
            f"[bold red]Too few:[/] training, fitting and evaluating need {report['least']} different pictures",
            soft_wrap=True,
        )
