"""A review from its beginning to the decision: a presenter, and people with browsers of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest
from playwright.sync_api import Locator, Page, expect

from latentdemo.reviews.ballots import Ballot
from latentdemo.reviews.store import review_store
from tests.browser.conftest import Open

pytestmark = pytest.mark.slow

PAIRS = 10
CALM = 400  # milliseconds after which a new pair takes an answer
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DATA = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")
PLACE = re.compile(r"\d+ (of|/) \d+|width: [\d.]+%")  # how far somebody is


def path_of(address: str) -> str:
    """What follows the server in an address."""
    return "/" + address.split("/", 3)[3]


def begin(open_page: Open) -> tuple[Page, str]:
    """A presenter begins a review in two presses, the first of which opened the page; with the link for people."""
    page = open_page("/review?data=fashion-mnist&lang=en", viewport={"width": 1280, "height": 720})
    page.get_by_text(str(PAIRS), exact=True).click()
    page.get_by_role("button", name="Begin the review").click()
    expect(page.get_by_text("Scan the code")).to_be_visible()
    return page, page.locator(".st-key-invitation_link code").inner_text()


def join(open_page: Open, link: str, **context: object) -> Page:
    """Somebody opens the link and begins."""
    page = open_page(link, **context)
    page.locator(".st-key-begin_answers button:visible").click()
    expect(page.locator(".picture").first).to_be_visible()
    return page


def answer(people: Mapping[Page, Locator | str], then: int) -> None:
    """Each chooses a picture by a tap or a key; comes back when all have their next pair, `then` being its number from
    1."""
    for page in people:
        page.locator(".pair:not(.sent)").wait_for()
    page.wait_for_timeout(CALM)
    for page, choice in people.items():
        if isinstance(choice, str):
            page.keyboard.press(choice)
        else:
            choice.click()
    for page in people if then <= PAIRS else ():
        expect(page.locator("output")).to_have_text(re.compile(rf"^{then} (of|/)"))


def seen(page: Page) -> tuple[str, int]:
    """All that the page holds of a pair but the picture and its place, and how long the picture's file is."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.locator("[data-stale=true]").first.wait_for(state="detached")
    source = page.locator(".pair").evaluate("pair => pair.outerHTML") + page.content()
    (picture,) = set(DATA.findall(source))
    return PLACE.sub("", DATA.sub("", source)), len(picture)


def balanced(ballots: list[Ballot]) -> bool:
    """Whether each person who has answered all saw each way on the left as often as on the right, but for one pair."""
    for person in {ballot.person for ballot in ballots}:
        own = [each.pair for each in ballots if each.person == person and each.pair.control is None]
        left = Counter(pair.left.way for pair in own)
        if max(left.values()) - min(left.values(), default=0) > 1 or len(left) < 2:
            return False
    return True


def requested(page: Page) -> list[str]:
    """The addresses that a page asks for from now on."""
    addresses: list[str] = []
    page.on("request", lambda request: None if request.url.startswith("data:") else addresses.append(request.url))
    return addresses


def cut_off_again_and_again(open_page: Open, path: str) -> Page:
    """Somebody who answers three pairs in spite of a double tap, a reload, another window and a lost connection."""
    cut_off = join(open_page, path)
    answer({cut_off: "ArrowRight"}, 2)
    cut_off.wait_for_timeout(CALM)
    cut_off.locator(".picture").first.dblclick()
    expect(cut_off.locator("output")).to_have_text("3 of 10")
    cut_off.reload()
    expect(cut_off.locator("output")).to_have_text("3 of 10")
    other = open_page(path_of(cut_off.url))  # as from the history of the browser
    expect(other.locator("output")).to_have_text("3 of 10")
    cut_off.context.set_offline(True)
    cut_off.locator(".picture").first.click()
    cut_off.wait_for_timeout(500)
    cut_off.context.set_offline(False)
    expect(cut_off.locator("output")).to_have_text("4 of 10")
    return cut_off


def test_a_review_is_run_to_a_decision_and_nothing_gives_the_ways_away(open_page: Open) -> None:
    """By five people: four go through, one on a phone, one in Japanese; one is cut off again and again."""
    presenter, link = begin(open_page)
    path = path_of(link)
    phone, japanese = join(open_page, path, **PHONE), join(open_page, path, locale="ja-JP")
    through = [phone, japanese, join(open_page, path), join(open_page, path)]
    asked = {page: requested(page) for page in through}
    addresses = {page: page.url for page in through}
    pairs = []
    for number in range(PAIRS):
        pairs += [(page, *seen(page)) for page in through]
        choices = (phone.locator(".picture").nth(number % 2), "ArrowLeft", "ArrowRight", "ArrowDown")
        answer(dict(zip(through, choices, strict=True)), number + 2)
    assert len({length for _page, _source, length in pairs}) == 1
    for page in through:
        sources = {source for each, source, _length in pairs if each is page}
        assert len(sources) == 1
        assert not re.search("prior|mixture|noise|mirror|control|left_way", sources.pop())
        assert (page.url, asked[page]) == (addresses[page], [])
        assert page.get_by_test_id("stSidebar").count() == 0
        assert page.locator("[data-testid^=stTopNav], [data-testid=stSidebarNavLink]").count() == 0
    expect(phone.get_by_text("That was the last one.")).to_be_visible()
    expect(japanese.get_by_text("これで最後です。")).to_be_visible()

    cut_off = cut_off_again_and_again(open_page, path)
    kept = next(each["value"] for each in presenter.context.cookies() if each["name"] == "presenter")
    number = presenter.url.split("review=")[1].split("&")[0]
    ballots = review_store().ballots(kept, number)
    assert Counter(Counter(ballot.person for ballot in ballots).values()) == {PAIRS: 4, 3: 1}
    assert balanced([each for each in ballots if sum(one.person == each.person for one in ballots) == PAIRS])

    expect(presenter.get_by_text("43", exact=True)).to_be_visible()
    presenter.get_by_text("Result", exact=True).click()
    expect(presenter.get_by_text("The result is hidden")).to_be_visible()
    assert phone.get_by_text("people preferred").count() == 0
    presenter.get_by_role("button", name="Show the result").click()
    expect(presenter.get_by_text("5 people preferred")).to_be_visible()
    expect(phone.get_by_text("5 people preferred")).to_be_visible()
    expect(japanese.get_by_text("5 人が平均して")).to_be_visible()
    presenter.get_by_text("Decision and record", exact=True).click()
    presenter.get_by_role("button", name="Decide", exact=True).click()
    expect(presenter.get_by_role("button", name="Operating rule (JSON)")).to_be_visible()
    cut_off.reload()
    expect(cut_off.get_by_text("This review is over.")).to_be_visible()
    assert cut_off.get_by_text("people preferred").count() == 0
    presenter.context.new_page().goto(presenter.url)  # another day: the browser knows who leads
    expect(presenter.context.pages[-1].get_by_text("Take it into use").first).to_be_visible()


def test_an_invitation_opens_on_a_cold_server(open_cold: Open) -> None:
    page = open_cold(f"/review?invitation={'0' * 32}&lang=en")
    expect(page.get_by_text("This link opens no review.")).to_be_visible()
    assert page.locator("[data-testid^=stTopNav], [data-testid=stSidebarNavLink]").count() == 0
