"""Process folders over the API: deployed whole, checked, read back; bad files get findings."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from loopdesk.engine import bundles
from loopdesk.web import uploads
from loopdesk.web.first_start import WORKFLOWS

HANDOFF = bundles.read_folder(WORKFLOWS / "handoff")
OTHER = HANDOFF | {"README.md": b"# Handoff, as we do it\n"}


def as_texts(files: dict[str, bytes]) -> dict[str, Any]:
    """A folder as the JSON body of a deployment."""
    return {"files": {path: content.decode() for path, content in files.items()}, "note": "by API"}


def test_a_changed_folder_is_a_new_number_and_the_same_one_is_none(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    first = owner.post("/definitions/handoff", json=as_texts(OTHER))
    assert first.status_code == 201
    assert first.json["number"] == 2
    assert owner.post("/definitions/handoff", json=as_texts(OTHER)).json["number"] == 2
    row = next(one for one in owner.get("/definitions").json["definitions"] if one["name"] == "handoff")
    assert (row["number"], row["author"], row["note"]) == (2, "Petra Lang", "by API")


def test_zip_and_multipart_are_the_same_folder(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    zipped = owner.post("/definitions/handoff?note=zip", data=uploads.to_zip(OTHER), content_type="application/zip")
    parts = {path: (io.BytesIO(content), path) for path, content in OTHER.items()}
    sent = owner.post("/definitions/handoff", data=parts)
    assert (zipped.status_code, sent.status_code) == (201, 201)
    assert zipped.json["hash"] == sent.json["hash"]


def test_a_folder_zipped_with_its_own_name_is_unpacked(api: Callable[..., Any]) -> None:
    inside = uploads.to_zip({f"handoff/{path}": content for path, content in OTHER.items()})
    assert uploads.from_zip(inside) == OTHER


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("handoff", {"handoff.form": HANDOFF[next(path for path in HANDOFF if path.endswith(".form"))]}),
        ("handoff", {"photo.png": b"not a process"}),
        ("brand-new", {"photo.png": b"not a process"}),
    ],
    ids=["a part of a process", "a stray file", "a stray file under a new name"],
)
def test_a_single_stray_file_takes_no_processs_place(
    api: Callable[..., Any], name: str, files: dict[str, bytes]
) -> None:
    owner = api("petra.owner")
    before = owner.get("/definitions").json["definitions"]
    refused = owner.post(f"/definitions/{name}", data={path: (io.BytesIO(body), path) for path, body in files.items()})
    assert refused.status_code == 422
    assert "whole folder" in refused.json["remedy"]
    assert owner.get("/definitions").json["definitions"] == before


def test_the_source_comes_back_as_it_was_deployed(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    owner.post("/definitions/handoff", json=as_texts(OTHER))
    assert owner.get("/definitions/handoff/source").json["files"] == as_texts(OTHER)["files"]
    assert "README.md" not in owner.get("/definitions/handoff/source?number=1").json["files"] or "README.md" in HANDOFF
    zipped = owner.get("/definitions/handoff/source", headers={"Accept": "application/zip"})
    assert zipped.mimetype == "application/zip"
    assert uploads.from_zip(zipped.data) == OTHER


@pytest.mark.parametrize(
    "content",
    [
        b"this is no XML",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]><x>&secret;</x>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>',
        b"",
    ],
)
def test_a_diagram_that_is_no_harmless_xml_gets_findings(api: Callable[..., Any], content: bytes) -> None:
    owner = api("petra.owner")
    answer = owner.post("/definitions/handoff", json=as_texts(HANDOFF | {"handoff.bpmn": content}))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    finding = next(one for one in answer.json["findings"] if one["file"] == "handoff.bpmn")
    assert finding["severity"] == "error"
    assert finding["message"]
    assert finding["remedy"]
    assert "root:" not in answer.text
    assert owner.get("/definitions/handoff/source").json["files"]["handoff.bpmn"] == HANDOFF["handoff.bpmn"].decode()


def test_only_a_process_owner_deploys(api: Callable[..., Any]) -> None:
    assert api("li.na").post("/definitions/handoff", json=as_texts(OTHER)).status_code == 403
    assert api("petra.owner", "definitions:read").post("/definitions/handoff", json=as_texts(OTHER)).status_code == 403


@pytest.mark.parametrize("path", ["../../etc/cron.d/x", "/etc/x", "C:\\x", "a/../../x"])
def test_a_path_that_leads_out_is_refused(api: Callable[..., Any], path: str) -> None:
    answer = api("petra.owner").post("/definitions/handoff", json={"files": {path: "x"}})
    assert answer.status_code == 422
    assert "files" in answer.json["errors"]


def test_broken_and_swollen_zips_are_refused(api: Callable[..., Any]) -> None:
    owner = api("petra.owner")
    broken = owner.post("/definitions/handoff", data=b"PK\x03\x04 not really", content_type="application/zip")
    assert broken.status_code == 422
    swollen = io.BytesIO()
    with zipfile.ZipFile(swollen, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.bpmn", b"\0" * (uploads.MOST_BYTES + 1))
    answer = owner.post("/definitions/handoff", data=swollen.getvalue(), content_type="application/zip")
    assert answer.status_code == 422
    assert "20 MB" in answer.json["remedy"]


def test_nothing_at_all_is_refused(api: Callable[..., Any]) -> None:
    assert api("petra.owner").post("/definitions/handoff", json={"files": {}}).status_code == 422
    assert api("petra.owner").post("/definitions/handoff").status_code in (415, 422)
