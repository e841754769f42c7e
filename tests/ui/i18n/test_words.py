"""Every text of the pages is in every catalogue, and nothing else is; and no text of a page is left unmarked."""

import ast
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from latentdemo.checkpoints import list_models, model_folder
from latentdemo.data.folder import REMARKS
from latentdemo.errors import PictureError, SignInError, UploadError
from latentdemo.evaluation.health.words import texts as health_texts
from latentdemo.evaluation.report import load_report
from latentdemo.sampling import KERNELS
from latentdemo.sampling.densities.registry import DENSITIES
from latentdemo.ui.i18n.words import CATALOGUES, LANGUAGES, catalogue
from tests.catalogues import messages

ROOT = Path(__file__).parents[3]
SCRIPTS = [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "latentdemo/ui").rglob("*.py")]
MARKED = {message for script in SCRIPTS for _line, message, *_rest in extract_from_file("python", script)}
MARKED |= {*SignInError.REASONS.values()}
MARKED |= {*REMARKS.values(), *PictureError.REASONS.values(), *UploadError.REASONS.values(), *health_texts()}
REGISTERED = {  # words that kernels and densities bring along
    *(text for spec in KERNELS.values() for text in (spec.method, spec.title, spec.help)),
    *(text for spec in KERNELS.values() for option in spec.options for text in (option.title, option.help)),
    *(
        text
        for spec in KERNELS.values()
        for option in spec.options
        for choice in option.choices
        for text in (choice.title, choice.meaning, choice.note)
    ),
    *(spec.title for spec in DENSITIES.values()),
} - {""}
SHOWING = {  # calls of Streamlit and Altair that put their first argument on screen
    *("title", "header", "subheader", "markdown", "caption", "write", "text", "metric", "info", "warning", "error"),
    *("success", "toast", "spinner", "progress", "expander", "popover", "tabs", "dialog", "button", "link_button"),
    *("download_button", "form_submit_button", "page_link", "toggle", "checkbox", "radio", "selectbox", "multiselect"),
    *("segmented_control", "pills", "slider", "select_slider", "number_input", "text_input", "text_area"),
    *("file_uploader", "camera_input", "color_picker", "date_input", "status", "badge", "feedback"),
}
SHOWN = {"label", "help", "alt", "body", "text", "placeholder", "title", "caption"}  # arguments that are put on screen
WORD = re.compile(r"[^\W\d_]{3,}")
OTHERS = [language for language in LANGUAGES if language != "en"]


def fields(text: str) -> set[str]:
    return {name for _literal, name, *_rest in string.Formatter().parse(text) if name}


def test_the_pages_have_texts() -> None:
    assert {"Way to sample", "Overview", "Cartoon faces"} <= MARKED


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_and_nothing_unused(language: str) -> None:
    """A kernel that somebody adds may wait for its words in another language, and is shown in English until then."""
    assert MARKED <= set(messages(language)) <= MARKED | REGISTERED


@pytest.mark.parametrize("language", OTHERS)
def test_kernels_that_shipped_models_were_evaluated_with_have_their_words(language: str) -> None:
    shipped = {row.kernel for name in list_models() for row in load_report(model_folder(name)).rows} - {""}
    assert len(shipped) >= 5
    for kernel in shipped:
        spec = KERNELS[kernel]
        options = [text for option in spec.options if option.title for text in (option.title, option.help)]
        assert {spec.method, spec.title, spec.help, *options} <= set(messages(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_in_a_catalogue_is_said(language: str) -> None:
    assert {text: catalogue(language).gettext(text) for text in messages(language)} == messages(language)
    assert catalogue(language).gettext("no text of the pages") == "no text of the pages"


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_a_text_has_one_translation(path: Path) -> None:
    texts = re.findall(r'^(?:msgctxt .*\n)?msgid (?:".*"\n)+', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(texts) > 500
    assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_placeholders_are_the_same(language: str) -> None:
    for english, translated in messages(language).items():
        assert fields(translated) == fields(english), english


def unmarked(code: str) -> list[str]:
    """Texts that a script shows without marking them for translation, by line."""
    found = []
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            shown = [*call.args[:1]] if call.func.attr in SHOWING else []
            shown += [argument.value for argument in call.keywords if argument.arg in SHOWN]
            found += [f"{text.lineno}: {words}" for text in shown for words in literals(text) if WORD.search(words)]
    return found


def literals(text: ast.expr) -> list[str]:
    """What is spelled out in an expression; not what a call makes of it."""
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return [re.sub(r":material/\w+:", "", text.value)]
    if isinstance(text, ast.JoinedStr | ast.List | ast.Tuple | ast.IfExp | ast.BinOp):
        return [words for part in ast.iter_child_nodes(text) if isinstance(part, ast.expr) for words in literals(part)]
    return []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_no_text_is_left_unmarked(script: Path) -> None:
    assert unmarked(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        'st.title("Quality review")',
        'st.button(_("Go"), help="Press it")',
        'column.metric(f"Steps {steps}", 3)',
        'st.tabs(["Grid", _("Rows")])',
        'alt.X("x:Q", title="first axis")',
        'st.caption("so much" if much else _("few"))',
    ],
)
def test_text_that_is_left_unmarked_is_found(code: str) -> None:
    assert len(unmarked(code)) == 1


@pytest.mark.parametrize(
    "code", ['st.title(_("Quality review"))', 'st.metric(_("Cost"), f"{cost} ms")', "st.title(name)"]
)
def test_marked_text_is_let_through(code: str) -> None:
    assert unmarked(code) == []
