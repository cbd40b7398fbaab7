"""A page comes in two parts, of which the first does not wait for the second, and is whole all the same."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from lulc_explorer.shell import early_head
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine, parse_cookie

SCRIPTS = '<head><script nonce="{nonce}" src="bokeh.js"></script></head>'
PAGE = f'{SCRIPTS}<body>{early_head.AWAITED}<hr>{early_head.ENDS}<div id="{{person}}"></div>'


class Visit:
    """A request of a page, as tornado's handler has it: what is sent, and what has been sent when the page is built."""

    def __init__(self, address: str = "/app", cookie: str = "") -> None:
        start = RequestStartLine("GET", address, "HTTP/1.1")
        self.request = HTTPServerRequest(start_line=start, headers=HTTPHeaders(Host="localhost"))
        self.sent: list[str] = []
        self.before = ""
        self._cookies = parse_cookie(cookie)

    def get_cookie(self, name: str) -> str | None:
        return self._cookies.get(name)

    def set_header(self, name: str, value: str) -> None:
        assert (name, value) == ("Content-Type", "text/html")

    def write(self, chunk: str) -> None:
        self.sent.append(chunk)

    async def flush(self) -> None:
        self.before = "".join(self.sent)

    def finish(self, chunk: str) -> None:
        self.write(chunk)

    def come(self, page: str = PAGE, person: str = "she") -> str:
        """Ask as the handler does, and return all that is sent."""

        async def build(_: object) -> object:
            if not page:
                raise RuntimeError("No session could be built.")
            return SimpleNamespace(nonce=early_head.a_nonce())

        async def get() -> None:
            session = await early_head.get_session(self, awaited=awaited)
            self.write(page.replace("{nonce}", session.nonce).replace("{person}", person))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(early_head, "build_session", build)
            asyncio.run(get())
        return "".join(self.sent)


@pytest.fixture(autouse=True)
def no_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_head, "_heads", {})


def awaited(query: str) -> str:
    return f"<p>{query}</p>" if query else early_head.AWAITED


def nonce_of(page: str) -> str:
    return page.split('nonce="')[1].split('"')[0]


def test_the_head_is_sent_before_the_page_is_built_from_the_second_on_and_each_has_its_own_nonce() -> None:
    first, second = Visit(), Visit()
    pages = [first.come(person="she"), second.come(person="he")]
    assert not first.before
    assert second.before == f"{SCRIPTS}<body>{early_head.AWAITED}<hr>".replace("{nonce}", nonce_of(pages[1]))
    for page, person in zip(pages, ("she", "he"), strict=True):
        assert page == PAGE.replace("{nonce}", nonce_of(page)).replace("{person}", person)
    assert nonce_of(pages[0]) != nonce_of(pages[1])


def test_the_files_of_the_head_are_answered_before_the_page_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[str] = []
    built_after: list[int] = []

    async def answer(_: object, path: str, include_body: bool) -> None:
        await asyncio.sleep(0.01)
        answered.append(path)

    class Browser(Visit):
        async def flush(self) -> None:
            self.asks = asyncio.create_task(self.ask())

        async def ask(self) -> None:
            for file in ("bokeh.js", "panel.js", "page.css"):
                await early_head._answer_file(self, file)

        def write(self, chunk: str) -> None:
            built_after.append(len(answered))

    for name, seconds in {"_ASKED_S": 2.0, "_QUIET_S": 2.0, "_MOST_S": 60.0}.items():
        monkeypatch.setattr(early_head, name, seconds)
    monkeypatch.setattr(early_head, "answer_file", answer)
    Visit().come()
    Browser().come()
    assert built_after == [0, 3]


@pytest.mark.parametrize("address", ["/other", "/app?theme=dark", "/app?bokeh-session-id=hers", "/app?bokeh-token=x"])
def test_a_page_that_may_be_another_or_refused_is_sent_in_one_piece(address: str) -> None:
    Visit().come()
    visit = Visit(address)
    assert not (visit.come() and visit.before)
    assert Visit("/app").come().count("nonce") == 1


@pytest.mark.parametrize("built", ["<html>An error</html>", PAGE.replace("bokeh.js", "mathjax.js"), ""])
def test_a_page_that_turns_out_to_be_another_is_asked_for_again_and_sent_whole(built: str) -> None:
    Visit().come()
    visit = Visit()
    with nullcontext() if built else pytest.raises(RuntimeError, match="No session"):
        visit.come(built)
    head, again = visit.sent
    assert head == visit.before
    assert "location.reload()" in again
    assert nonce_of(again) == nonce_of(head)
    whole = Visit(cookie=again.split('document.cookie = "')[1].split(";")[0])
    if built:
        assert whole.come(built).startswith(built.partition("{nonce}")[0])
        assert len(whole.sent) == 1
    assert not whole.before


def render(page: str) -> None:
    head = page.replace("{nonce}", early_head._PLACE).partition(early_head.ENDS)[0]
    early_head._rendered[:] = [head]
    early_head.begin("/app")


def test_the_first_page_gets_the_head_that_was_rendered_at_the_start() -> None:
    render(PAGE)
    first = Visit()
    page = first.come()
    assert first.before
    assert page == PAGE.replace("{nonce}", nonce_of(page)).replace("{person}", "she")
    assert not Visit("/other").come().count("reload")


def test_a_head_that_was_not_the_one_of_the_first_page_is_given_up() -> None:
    render('<head><script nonce="{nonce}" src="other.js">')
    assert "location.reload()" in Visit().come()
    second = Visit()
    page = second.come()
    assert second.before
    assert page == PAGE.replace("{nonce}", nonce_of(page)).replace("{person}", "she")


def test_what_is_known_of_a_link_is_in_its_place_in_the_head_and_nothing_of_the_page_is_lost() -> None:
    Visit().come()
    visit = Visit("/app?region=laos")
    page = visit.come()
    assert visit.before.endswith("<body><p>region=laos</p><hr>")
    whole = PAGE.replace("{nonce}", nonce_of(page)).replace("{person}", "she")
    assert page == whole.replace(early_head.AWAITED, "<p>region=laos</p>")


def test_a_new_nonce_is_made_for_a_page_whose_head_was_not_sent() -> None:
    assert early_head.a_nonce() != early_head.a_nonce()
