"""The catalogues of the screens as their files have them."""

from babel.messages.pofile import read_po

from latentdemo.ui.i18n.words import CATALOGUES


def messages(language: str) -> dict[str, str]:
    """English text -> text in a language; empty for English, which stands in the pages."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}
