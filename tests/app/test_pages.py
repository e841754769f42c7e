"""The pages from their entry point, without a browser."""

from threading import Event

import pytest
from streamlit.proto.LabelVisibility_pb2 import LabelVisibility

from latentdemo.checkpoints import list_models, model_folder, save_checkpoint
from latentdemo.evaluation.report import load_report
from latentdemo.sampling import KERNELS
from latentdemo.ui.shell.navigation import OVERVIEW, PAGES, SAMPLING
from latentdemo.ui.state import background
from tests.app.pages import CLOTHES, PATIENCE, captions, drawn, figures, open_page, sheets, texts

FEW = CLOTHES | {"count": "16"}
COLLAPSED = LabelVisibility(value=LabelVisibility.COLLAPSED)  # a tooltip would hang on the label
pytestmark = pytest.mark.usefixtures("wait_for_results")


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_every_page_opens(entry, lang: str) -> None:
    app = open_page(entry.script, lang=lang)
    assert not app.exception
    assert len(app.title) == 1
    assert app.title[0].value.isascii() == (lang == "en")


@pytest.mark.parametrize("entry", [OVERVIEW, SAMPLING], ids=lambda entry: entry.title)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_pages_of_pictures_open_with_pictures(entry, lang: str) -> None:
    app = open_page(entry.script, lang=lang)
    assert not app.error
    assert len([*app.image, *sheets(app)]) >= 2
    assert ("事前分布" in texts(app)) == (lang == "ja")


@pytest.mark.parametrize("name", list_models())
def test_every_model_has_its_comparison(name: str) -> None:
    dataset, family = name.split("/")
    app = open_page("pages/sampling.py", data=dataset, model=family, count="16", kernel="decode-encode")
    assert not app.exception
    assert not app.error
    assert len(sheets(app)) == 4
    assert app.sidebar.selectbox(key="model").value == family


def test_figures_stand_under_the_pictures() -> None:
    app = open_page("pages/sampling.py")
    assert "Moved" in figures(app)
    assert "±" in figures(app)
    assert any("ms" in metric.value for metric in app.metric)


@pytest.mark.parametrize(
    "link",
    [
        {"seed": "-1"},
        {"seed": "1e9"},
        {"seed": "9" * 5000},
        {"seed": "٣"},
        {"model": "../../etc"},
        {"data": "<script>"},
        {"lang": "xx"},
    ],
)
def test_a_silly_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_page(**link)
    assert not app.exception
    assert len(app.toast) == 1
    assert len(app.image) == 2


@pytest.mark.parametrize(
    "link",
    [
        {"count": "1000000"},
        {"steps": ["5", "999999"]},
        {"decoding": "x"},
        {"kernel": "__import__"},
        {"start": "mixture-11"},
        {"stop": "0.1"},
        {"order": "likeliest"},
    ],
)
def test_a_silly_setting_in_a_link_falls_back_with_a_notice(link: dict[str, str]) -> None:
    app = open_page("pages/sampling.py", **link)
    assert not app.exception
    assert len(app.toast) == 1
    assert len(sheets(app)) >= 2


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_its_comparison(kernel: str) -> None:
    app = open_page("pages/sampling.py", kernel=kernel, **FEW)
    assert not app.exception
    assert not app.error
    assert not app.toast
    assert len(sheets(app)) == 4
    assert app.query_params["kernel"] == kernel
    assert ("Accepted" in figures(app)) == (kernel in {"hmc", "langevin", "metropolis-within-gibbs"})
    assert {control.key for control in app.segmented_control} >= {"stop", "order"}
    assert app.selectbox(key="start").value == "prior"
    assert ("decoding" in {control.key for control in app.segmented_control}) == (kernel == "decode-encode")


@pytest.mark.parametrize("start", ["density", "data"])
def test_chains_start_elsewhere_and_stop_by_themselves(start: str) -> None:
    app = open_page("pages/sampling.py", start=start, stop="25", **FEW)
    assert not app.exception
    assert not app.error
    assert "starting points" in figures(app)
    assert ("Prior samples" in figures(app)) == (start == "density")  # whose draws stand beside the prior's
    assert "steps on average" in figures(app)


def test_real_sharpness_stands_beside_that_of_the_samples() -> None:
    assert "real data" in figures(open_page("pages/sampling.py", **FEW))


def test_most_changed_first_reorders_every_sheet_and_says_so() -> None:
    drawn, changed = (open_page("pages/sampling.py", order=order, **FEW) for order in ("drawn", "changed"))
    for before, after in zip(sheets(drawn), sheets(changed), strict=True):
        assert before["source"] != after["source"]
    assert "Most changed first" in captions(changed)
    assert "Most changed first" not in captions(drawn)


def test_a_link_opens_on_the_step_and_the_sample_that_were_shared() -> None:
    app = open_page("pages/sampling.py", kernel="decode-encode", after="5", sample="9", **FEW)
    assert drawn(app, "sheets")["view"] == {"after": 5, "sample": 8}
    assert (app.query_params["after"], app.query_params["sample"]) == ("5", "9")
    app = open_page("pages/sampling.py", kernel="decode-encode", after="7", sample="17", **FEW)
    assert drawn(app, "sheets")["view"] == {"after": 10, "sample": 0}
    assert len(app.toast) == 2


@pytest.mark.parametrize("script", ["pages/sampling.py", "pages/latent_space.py"])
def test_a_page_opens_on_the_best_chain_and_its_link_says_which(script: str) -> None:
    app = open_page(script, **CLOTHES)
    report = load_report(model_folder("fashion-mnist/vae"))
    best = report.best_chain
    assert best is not None
    assert app.selectbox(key="kernel").value == app.query_params["kernel"] == best.kernel
    assert not app.toast
    steps = app.session_state["steps"]
    assert steps == ([0, best.steps] if script == "pages/sampling.py" else best.steps)
    app.selectbox(key="kernel").select("decode-encode").run()
    assert app.query_params["kernel"] == "decode-encode"  # or the link would open on the best chain


def test_a_link_of_steps_alone_means_the_plain_chain() -> None:
    app = open_page("pages/sampling.py", steps=["0", "5"], **FEW)
    assert app.selectbox(key="kernel").value == "decode-encode"
    assert [sheet["step"] for sheet in sheets(app)] == [0, 5]


@pytest.mark.parametrize("script", ["pages/sampling.py", "pages/chain.py"])
@pytest.mark.parametrize(("lang", "words"), [("en", "makes samples worse"), ("ja", "かえって悪くなります")])
def test_harm_is_said_on_the_page(script: str, lang: str, words: str) -> None:
    assert words in texts(open_page(script, kernel="decode-encode", lang=lang, **CLOTHES))


def test_a_setting_that_the_kernel_lacks_is_kept_in_the_link() -> None:
    app = open_page("pages/sampling.py", decoding="sample", **FEW)
    app.selectbox(key="kernel").select("langevin").run()
    assert app.query_params["decoding"] == "sample"
    app.selectbox(key="kernel").select("decode-encode").run()
    assert app.segmented_control(key="decoding").value == "sample"


@pytest.mark.parametrize("link", [{"kernel": "hmc"}, {"kernel": "transport"}, {"start": "density"}, {"stop": "10"}])
def test_missing_densities_are_a_message(tiny_model, tmp_path, monkeypatch, link: dict[str, str]) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page("pages/sampling.py", **link)
    assert not app.exception
    assert "density.json is missing: fit it with 'python -m latentdemo fit own/tiny'" in app.error[0].value


def test_missing_held_out_images_are_a_message(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    app = open_page("pages/sampling.py", start="data")
    assert not app.exception
    assert "held-out images" in app.error[0].value
    app.selectbox(key="start").select("prior").run()
    assert not app.error
    assert len(sheets(app)) == 4


def test_a_kernel_that_the_model_cannot_have_is_a_message() -> None:
    app = open_page("pages/sampling.py", data="fashion-mnist", model="aae", kernel="metropolis-within-gibbs")
    assert not app.exception
    assert "encoder is deterministic" in app.error[0].value


def test_the_next_seed_gives_other_pictures_and_is_in_the_link() -> None:
    app = open_page()
    before = [image.proto for image in app.image]
    app.sidebar.button(key="next_seed").click().run()
    assert app.sidebar.number_input(key="seed").value == 8
    assert app.query_params["seed"] == "8"
    assert [image.proto for image in app.image] != before


def test_a_cancelled_run_is_said_so_and_can_be_repeated(monkeypatch) -> None:
    start = background.start_job

    def start_and_cancel(task):
        asked = Event()

        def work_when_cancelled(job):  # or it might be done before it is cancelled
            asked.wait(PATIENCE)
            return task.work(job)

        job = start(task._replace(work=work_when_cancelled))
        job.cancel()
        asked.set()
        return job

    monkeypatch.setattr(background, "start_job", start_and_cancel)
    app = open_page(seed="4321")
    assert "Cancelled" in app.info[0].value
    monkeypatch.setattr(background, "start_job", start)
    app.button(key="again").click().run()
    assert not app.info
    assert len(app.image) == 2


def test_a_broken_checkpoint_is_a_message(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    tiny_model.decoder[0].weight.data.mul_(2)  # weights that no other test has loaded
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    weights = tmp_path / "own" / "tiny" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    app = open_page()
    assert not app.exception
    assert "model.safetensors is truncated" in app.error[0].value


@pytest.mark.parametrize("script", [entry.script for entry in PAGES])
def test_a_broken_configuration_is_a_message(tiny_model, tmp_path, monkeypatch, script: str) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    (tmp_path / "own" / "tiny" / "config.json").write_text("{")
    app = open_page(script)
    assert not app.exception
    assert "config.json is not a valid configuration" in app.error[0].value


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
def test_what_is_wrong_with_a_model_is_told_in_japanese(tiny_model, tmp_path, monkeypatch, entry) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    (tmp_path / "own" / "tiny" / "config.json").write_text("{")
    app = open_page(entry.script, lang="ja")
    words = "このモデルの設定ファイルを読み込めません。修正するか、フォルダを取得し直してください。"
    assert [error.value for error in app.error] == [f"{words} ({tmp_path}/own/tiny/config.json)"]


def test_changed_weights_give_other_pictures(tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    pictures = []
    for _ in range(2):
        save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
        pictures.append([image.proto for image in open_page().image])
        tiny_model.decoder[0].weight.data.mul_(3)
    assert pictures[0] != pictures[1]


def test_no_model_at_all_is_a_message(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    app = open_page()
    assert not app.exception
    assert "python -m latentdemo train" in app.error[0].value


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
def test_every_control_says_what_it_is_for(entry) -> None:
    app = open_page(entry.script, data="fashion-mnist", model="dvae", lang="en")
    controls = [*app.selectbox, *app.segmented_control, *app.get("slider"), *app.number_input, *app.button]
    assert len(controls) > 3
    labelled = [each for each in controls if getattr(each.proto, "label_visibility", None) != COLLAPSED]
    assert [each.label for each in labelled if not each.help] == []


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.title)
def test_every_page_says_how_to_read_it(entry) -> None:
    app = open_page(entry.script, data="fashion-mnist", lang="en")
    buttons = [each.proto.popover.label for each in app.get("popover")]
    assert buttons.count("How to read this") == 1
