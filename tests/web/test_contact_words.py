"""Phrases, plain words and explanations for customers, and templates that hold (COM-3, COM-10)."""

from typing import Any

import pytest
from flask import Flask

from loopdesk.engine import bundles, events
from loopdesk.tests.web.browsers import as_person, csrf_of
from loopdesk.tests.web.test_contacting import Call, reported
from loopdesk.web.first_start import WORKFLOWS
from loopdesk.web.wiring import Loopdesk


@pytest.mark.row("COM-10/jargon")
def test_jargon_is_flagged_before_it_is_sent_and_sending_all_the_same_is_noted(
    desk: Loopdesk, api: Call, app: Flask
) -> None:
    number = reported(desk, api)
    browser = as_person(app, "li.na")
    form = {"csrf_token": csrf_of(app, browser), "mode": "reply", "body": "我们先回滚 the hotfix。"}
    typed = browser.post(f"/cases/{number}/jargon", data=form).text
    assert "恢复到之前的版本" in typed
    refused = browser.post(f"/cases/{number}/comment", data=form)
    assert refused.status_code == 422
    assert "a quick correction" in refused.text
    assert "我们先回滚" in refused.text
    assert refused.text.count("恢复到之前的版本") == 1
    live = refused.text.split("data-jargon=")[1].split("<textarea")[0]
    assert "恢复到之前的版本" in live, "what is flagged while one goes on typing takes its place"
    with desk.engine.read() as tx:
        assert not [row for row in events.timeline(tx, number) if row["kind"] == "communication.jargon"]
    assert browser.post(f"/cases/{number}/comment", data=form | {"anyway": "1"}).status_code == 302
    with desk.engine.read() as tx:
        [noted] = [row for row in events.timeline(tx, number) if row["kind"] == "communication.jargon"]
    assert noted["data"]["words"] == "回滚, hotfix"
    inside = form | {"mode": "internal"}
    assert browser.post(f"/cases/{number}/comment", data=inside).status_code == 302, "colleagues know the words"


@pytest.mark.row("COM-10/jargon")
def test_a_system_that_answers_in_jargon_is_told_so_and_its_words_are_not_lost(desk: Loopdesk, api: Call) -> None:
    number = reported(desk, api)
    made: Any = api("li.na").post(f"/cases/{number}/comments", json={"body": "The hotfix is out."})
    assert (made.status_code, made.json["jargon"]) == (201, [{"word": "hotfix", "plain": "a quick correction"}])
    said: Any = api("li.na").get(f"/cases/{number}/comments")
    [kept] = [one["body"] for one in said.json["comments"] if one["id"] == made.json["id"]]
    assert kept.strip() == "The hotfix is out."
    with desk.engine.read() as tx:
        [noted] = [row for row in events.timeline(tx, number) if row["kind"] == "communication.jargon"]
    assert noted["data"] == {"id": made.json["id"], "words": "hotfix"}
    inside: Any = api("li.na").post(f"/cases/{number}/comments", json={"body": "The hotfix is out.", "internal": True})
    assert inside.json["jargon"] == []


@pytest.mark.row("COM-10/explanation", "COM-3/languages")
def test_an_explanation_carries_nature_impact_and_solution(desk: Loopdesk, api: Call, app: Flask) -> None:
    number = reported(desk, api)
    browser = as_person(app, "li.na")
    said = {"nature": "一台服务器满了。", "impact": "上午不能下单。", "solution": "已经扩容。"}
    form = {"csrf_token": csrf_of(app, browser), **said}
    refused = browser.post(f"/cases/{number}/explanation", data=form | {"impact": " "})
    assert refused.status_code == 422
    assert "一台服务器满了。" in refused.text
    page = browser.post(f"/cases/{number}/explanation", data=form).text
    letter = page[page.index('<textarea id="body"') :].split("</textarea>")[0]
    assert [part for part in ("问题是什么", "对您的影响", "我们的解决办法", *said.values()) if part not in letter] == []


@pytest.mark.row("COM-3/phrases")
def test_phrases_stand_beside_the_reply_in_the_customers_language(desk: Loopdesk, api: Call, app: Flask) -> None:
    number = reported(desk, api)
    page = as_person(app, "li.na").get(f"/cases/{number}").text
    for text in ("非常理解这件事", "由专人负责到底", "免费延长"):
        assert f'data-insert="{text}' in page or text in page, text


@pytest.mark.row("COM-3/phrases")
def test_a_phrase_that_nobody_has_filled_in_does_not_leave(desk: Loopdesk, api: Call, app: Flask) -> None:
    number = reported(desk, api)
    browser = as_person(app, "li.na")
    form = {"csrf_token": csrf_of(app, browser), "mode": "reply", "body": "正在排查，{时间} 前联系您。"}
    refused = browser.post(f"/cases/{number}/comment", data=form)
    assert refused.status_code == 422
    assert "{时间}" in refused.text.split('role="alert"')[1][:600]
    assert "正在排查" in refused.text, "what was typed stays"
    assert browser.post(f"/cases/{number}/comment", data=form | {"mode": "internal"}).status_code == 302
    filled = form | {"body": "正在排查，18:00 前联系您 {A1}。"}
    assert browser.post(f"/cases/{number}/comment", data=filled).status_code == 302


@pytest.mark.row("COM-3/refused-at-save", "COM-3/variables")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_template_that_asks_for_what_nobody_gives_is_refused_when_it_is_saved(
    desk: Loopdesk, api: Call, language: str
) -> None:
    files = {path: content.decode() for path, content in bundles.read_folder(WORKFLOWS / "messages").items()}
    file = f"messages.{language}.yaml"
    files[file] = files[file].replace("{{ question }}", "{{ questoin }}", 1)
    refused: Any = api("petra.owner").post("/definitions/messages", json={"files": files})
    assert refused.status_code == 422, refused.json
    assert "questoin" in str(refused.json)
    assert file in str(refused.json)
    with desk.engine.read() as tx:
        assert bundles.current(tx, "messages").number == 1, "the one that counts stays"
