"""A file of a process folder in the browser: read in any version, edited, checked and deployed as an upload is."""

import html
import re
from typing import Any

import pytest
from flask import Flask

from loopdesk.engine import bundles, versions
from loopdesk.engine.actor import SYSTEM
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.pages import process_files
from loopdesk.web.wiring import Loopdesk

NOTICES = (WORKFLOWS / "policies" / "notices.yaml").read_text()


class Owner:
    """A process owner's browser, at the files of a folder."""

    def __init__(self, app: Flask, folder: str = "policies", login: str = "petra.owner") -> None:
        self.client = as_person(app, login)
        self.token = csrf_of(app, self.client)
        self.at = f"/definitions/{folder}/files"

    def page(self, path: str) -> str:
        answer = self.client.get(f"{self.at}/{path}")
        assert answer.status_code == 200, answer.status_code
        return answer.text

    def save(self, file: str, text: str, page: str = "", **data: Any) -> Any:
        """The form of the page sent as a browser sends it: lines end in CR LF."""
        hidden = dict(re.findall(r'<input type="hidden" name="(number|current)" value="(\d+)"', page))
        sent = {"csrf_token": self.token, "do": "deploy", **hidden, "text": text.replace("\n", "\r\n"), **data}
        return self.client.post(f"{self.at}/{file}", data=sent, content_type="multipart/form-data")


def shown(page: str) -> str:
    """The text that a browser shows in the page's box; it drops one line end at the start."""
    found = re.search(r'<textarea id="text"[^>]*>\n?(.*?)</textarea>', page, re.S)
    assert found is not None
    return html.unescape(found[1])


def read(desk: Loopdesk, file: str, folder: str = "policies", number: int | None = None) -> bytes:
    with desk.engine.read() as tx:
        return bundles.numbered(tx, folder, number).files[file]


def states(desk: Loopdesk, folder: str = "policies") -> list[tuple[int, str]]:
    with desk.engine.read() as tx:
        return [(row["number"], row["state"]) for row in versions.listing(SYSTEM, tx, folder)]


def test_every_file_of_a_folder_is_read_in_the_browser_and_nothing_in_it_runs(light_app: Flask) -> None:
    li = Owner(light_app, login="li.na")
    page = li.page("notices.yaml?lang=en")
    assert "<h1>notices.yaml</h1>" in page
    assert "version 1" in page
    assert str(html.escape(NOTICES.splitlines()[2], quote=True)).replace("&#x27;", "&#39;") in page
    assert "<textarea" not in page
    drawn = Owner(light_app, "intake").page("intake.bpmn")
    assert "&lt;bpmn:process" in drawn
    assert "<bpmn:process" not in drawn
    assert "scenarios/arrival.yaml" in Owner(light_app, "intake").page("scenarios/arrival.yaml")
    assert li.client.get("/definitions/policies/files/none.yaml").status_code == 404
    assert li.client.get("/definitions/policies/files/notices.yaml?number=9").status_code == 404
    saved = li.client.get("/definitions/policies/raw/notices.yaml")
    assert (saved.data.decode(), saved.mimetype) == (NOTICES, "application/octet-stream")
    assert light_app.test_client().get("/definitions/policies/files/notices.yaml").status_code in (302, 401)


def test_a_text_is_edited_checked_and_becomes_the_next_version(light_app: Flask, light_desk: Loopdesk) -> None:
    owner = Owner(light_app)
    assert "edit=1" in owner.page("notices.yaml")
    page = owner.page("notices.yaml?edit=1")
    assert shown(page) == NOTICES
    text = NOTICES.replace("apart: PT4H", "apart: PT5H", 1)
    made = owner.save("notices.yaml", text, page, note="Less often")
    assert (made.status_code, made.location) == (302, f"{owner.at}/notices.yaml")
    assert read(light_desk, "notices.yaml") == text.encode()
    assert states(light_desk) == [(2, "current"), (1, "former")]
    assert "Less often" in owner.client.get("/definitions/policies").text
    old = owner.page("notices.yaml?number=1")
    assert "not the current version" in old
    assert "apart: PT5H" not in old
    assert (
        "/definitions/policies/files/notices.yaml?number=1" in owner.client.get("/definitions/policies/versions/1").text
    )
    owner.save("notices.yaml", shown(owner.page("notices.yaml?edit=1")), owner.page("notices.yaml?edit=1"))
    assert len(states(light_desk)) == 2, "nothing has changed"


def test_a_text_is_kept_as_a_draft_and_a_draft_is_edited_further(light_app: Flask, light_desk: Loopdesk) -> None:
    owner = Owner(light_app, "intake")
    texts = read(light_desk, "texts.en.yaml", "intake").decode()
    first = owner.save("texts.en.yaml", texts + "# one\n", owner.page("texts.en.yaml?edit=1"), do="draft")
    assert first.location.endswith("texts.en.yaml?number=2")
    page = owner.page("texts.en.yaml?number=2&edit=1")
    owner.save("texts.en.yaml", texts + "# one\n# two\n", page, do="draft")
    assert states(light_desk, "intake") == [(3, "draft"), (2, "draft"), (1, "current")]
    assert read(light_desk, "texts.en.yaml", "intake", 3).decode().endswith("# one\n# two\n")


def test_a_draft_leads_on_to_what_it_changes_and_to_make_it_current(app: Flask, desk: Loopdesk) -> None:
    owner = Owner(app, "intake")
    texts = read(desk, "texts.en.yaml", "intake").decode()
    kept = owner.save("texts.en.yaml", texts + "# one\n", owner.page("texts.en.yaml?edit=1"), do="draft")
    page = owner.client.get(f"{kept.location}&lang=en").text
    [told] = re.findall(r"Version 2 is a draft: compare it, then make it current\.<br>(.*?)</span>", page)
    steps = {text: html.unescape(path) for path, text in re.findall(r'<a href="([^"]+)">([^<]+)</a>', told)}
    assert list(steps) == ["Compare", "Make current"]
    assert "+# one" in re.sub(r"<[^>]+>", "", owner.client.get(steps["Compare"]).text)
    assert f'action="{steps["Make current"]}/promote"' in owner.client.get(steps["Make current"]).text
    made = owner.client.post(f"{steps['Make current']}/promote", data={"csrf_token": owner.token})
    assert made.status_code == 302
    assert states(desk, "intake") == [(2, "current"), (1, "former")]
    assert "is a draft" not in owner.client.get(made.location).text


def test_a_text_that_cannot_be_used_is_refused_with_its_place_and_stays_in_the_box(
    light_app: Flask, light_desk: Loopdesk
) -> None:
    owner = Owner(light_app)
    text = NOTICES.replace("apart: PT4H", "apart: soon & <often>", 1)
    refused = owner.save("notices.yaml", text, owner.page("notices.yaml?edit=1"), note="Try")
    assert refused.status_code == 422
    assert "Not deployed; version 1 stays." in refused.text
    assert "<code>notices.yaml</code>" in refused.text
    assert shown(refused.text).replace("\r\n", "\n") == text
    assert 'value="Try"' in refused.text
    assert states(light_desk) == [(1, "current")]
    broken = owner.save("notices.yaml", "watch: [", owner.page("notices.yaml?edit=1"))
    assert broken.status_code == 422


def test_a_text_that_is_no_yaml_is_refused_with_its_line_in_the_readers_language(light_app: Flask) -> None:
    owner = Owner(light_app)
    page = owner.page("notices.yaml?edit=1&lang=zh")
    refused = owner.save("notices.yaml", "watch: {}\napart: a: b", page)
    assert refused.status_code == 422
    assert "notices.yaml 不是 YAML：第 2 行第 9 个字符处有误。" in html.unescape(refused.text)
    assert "请检查该处及上一行的缩进、冒号和引号。" in refused.text
    assert "byte string" not in refused.text
    bare = owner.save("notices.yaml", "- a", page)
    assert "Project-Id-Version" not in bare.text  # gettext's answer to a remedy that is empty


def test_what_is_odd_about_a_text_that_goes_live_is_told_once(light_app: Flask, light_desk: Loopdesk) -> None:
    """A deployment that went through told nobody of its warnings."""
    owner = Owner(light_app, "closure")
    form = read(light_desk, "retest.form", "closure").decode()
    page = owner.page("retest.form?edit=1&lang=en")
    assert owner.save("retest.form", form.replace('"key": "note"', '"key": "remark"'), page).status_code == 302
    told = owner.page("retest.form")
    assert 'data-tone="yellow"' in told
    assert "warnings about this file" in told
    assert "has no word in zh." in told
    assert f'href="{owner.at}/retest.form?edit=1"' in told
    assert 'data-tone="yellow"' not in owner.page("retest.form")


def test_who_edits_while_another_deploys_loses_nothing_and_overwrites_nothing(
    light_app: Flask, light_desk: Loopdesk
) -> None:
    one, other = Owner(light_app), Owner(light_app)
    page = one.page("notices.yaml?edit=1")
    calendars = read(light_desk, "calendars.yaml").decode() + "# of the other\n"
    other.save("calendars.yaml", calendars, other.page("calendars.yaml?edit=1"))
    text = NOTICES.replace("apart: PT4H", "apart: PT5H", 1)
    late = one.save("notices.yaml", text, page)
    assert late.status_code == 409
    assert "Version 2 has become current" in late.text
    assert "/definitions/policies/compare?old=1&amp;new=2" in late.text
    assert shown(late.text).replace("\r\n", "\n") == text
    assert one.save("notices.yaml", text, late.text).status_code == 302
    assert read(light_desk, "calendars.yaml").decode() == calendars
    assert read(light_desk, "notices.yaml").decode() == text


@pytest.mark.parametrize("login", ["li.na", "wang.fang"])
def test_only_who_may_upload_may_save(light_app: Flask, light_desk: Loopdesk, login: str) -> None:
    """SEC-1: the button is not there, and the form is refused all the same."""
    agent = Owner(light_app, login=login)
    assert "edit=1" not in agent.page("notices.yaml")
    assert "<textarea" not in agent.page("notices.yaml?edit=1")
    assert agent.save("notices.yaml", NOTICES + "# mine\n").status_code == 403
    assert states(light_desk) == [(1, "current")]


def test_ends_of_lines_stay_as_the_file_has_them_and_a_first_empty_line_stays(
    light_app: Flask, light_desk: Loopdesk
) -> None:
    files = dict(bundles.read_folder(WORKFLOWS / "policies")) | {
        "more.txt": b"\r\none\r\n",
        "picture.md": b"\xff\xd8\xff",
    }
    with light_desk.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, "policies", files)
    owner = Owner(light_app)
    page = owner.page("more.txt?edit=1")
    assert ">\n\r\none\r\n</textarea>" in page
    owner.save("more.txt", "\none\ntwo\n", page)
    assert read(light_desk, "more.txt") == b"\r\none\r\ntwo\r\n"
    picture = owner.page("picture.md?edit=1")
    assert "Not a text." in picture
    assert "<textarea" not in picture


def test_a_long_file_shows_its_beginning_and_says_so(light_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_files, "LARGEST", 100)
    page = Owner(light_app).page("notices.yaml?edit=1")
    assert "its end is not shown" in page
    assert "<textarea" not in page


def test_folders_without_a_diagram_have_a_name_as_processes_have(light_app: Flask, light_desk: Loopdesk) -> None:
    listed = Owner(light_app).client.get("/definitions?lang=en").text
    with light_desk.engine.read() as tx:
        names = [str(one["name"]) for one in bundles.listing(SYSTEM, tx)]
        bare = [name for name in names if not any(path.endswith(".bpmn") for path in bundles.current(tx, name).files)]
    assert len(bare) == 7
    assert [name for name in bare if f"data-row>{name}</a>" in listed] == []
    assert all(called in listed for called in ("Diagnosis trees", "Moods of messages", "Classification of reports"))


def test_going_back_names_its_version_and_passes_over_drafts(light_app: Flask, light_desk: Loopdesk) -> None:
    owner = Owner(light_app)
    page = owner.page("notices.yaml?edit=1&lang=en")
    owner.save("notices.yaml", NOTICES + "# draft\n", page, do="draft")
    owner.save("notices.yaml", NOTICES + "# live\n", page)
    assert states(light_desk) == [(3, "current"), (2, "draft"), (1, "former")]
    assert "It goes back to version 1." in owner.client.get("/definitions/policies?lang=en").text
    owner.client.post("/definitions/policies/rollback", data={"csrf_token": owner.token})
    assert states(light_desk) == [(3, "former"), (2, "draft"), (1, "current")]
    assert "It goes back to" not in owner.client.get("/definitions/policies?lang=en").text
