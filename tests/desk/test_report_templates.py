"""Templates for frequent problems are chosen by words and checked before they count (INT-3)."""

import pytest
import yaml

from loopdesk.desk import intake_checks as checks
from loopdesk.desk import report_templates
from loopdesk.engine import bundles
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.tx import Tx
from loopdesk.tests.desk.house import INTAKE, WORKFLOWS

SHIPPED = (WORKFLOWS / "intake" / report_templates.FILE).read_bytes()
FORM = (WORKFLOWS / "intake" / report_templates.FORM).read_bytes()
GOOD = {"name": {"en": "Door", "zh": "门"}, "words": {"en": ["door"], "zh": ["门"]}, "asks": ["device"]}


@pytest.fixture
def intake(tx: Tx) -> Tx:
    """A house whose intake has the shipped templates."""
    bundles.deploy(SYSTEM, tx, "intake", {"intake.bpmn": INTAKE, "templates.yaml": SHIPPED, "report.form": FORM})
    return tx


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("I cannot sign in, my password is refused", "sign_in"),
        ("登录不了，提示密码错误", "sign_in"),
        ("The payment was charged twice, refund please", "payment"),
        ("付款失败，但已经扣款", "payment"),
        ("The order list shows no data since the update", "data_missing"),
        ("报表页面空白，看不到数据", "data_missing"),
        ("Every page takes forever, sometimes a timeout", "slow"),
        ("系统很慢，经常超时", "slow"),
        ("The label PRINTER has a paper jam", "printing"),
        ("标签打印机卡纸", "printing"),
        ("The scanner does not start up", "device"),
        ("扫描枪开不了机", "device"),
        ("We did not receive the notification", "mail"),
        ("一直收不到短信通知", "mail"),
    ],
)
def test_the_words_of_a_report_choose_its_template(intake: Tx, text: str, key: str) -> None:
    found = report_templates.match(intake, text)
    assert found is not None
    assert found.template.key == key


@pytest.mark.parametrize("text", ["", "Please call me", "We sprint to the goal", "请联系我", "x" * 1_000_000])
def test_other_words_choose_none(intake: Tx, text: str) -> None:
    assert report_templates.match(intake, text) is None


def test_a_declined_template_is_not_chosen_again(intake: Tx) -> None:
    text = "I cannot sign in: the payment page is slow"
    first = report_templates.match(intake, text)
    assert first is not None
    other = report_templates.match(intake, text, declined=frozenset({first.template.key}))
    assert other is not None
    assert other.template.key != first.template.key


def test_the_first_known_source_fills_a_field(intake: Tx) -> None:
    template = report_templates.get(intake, "sign_in")
    assert template is not None
    both = {"service_version": "4.2", "last_system_version": "4.1"}
    assert report_templates.filled(template, both) == {"system_version": "4.1"}
    assert report_templates.filled(template, {"service_version": "4.2"}) == {"system_version": "4.2"}
    assert report_templates.filled(template, {}) == {}


def test_a_house_without_templates_has_none(tx: Tx) -> None:
    assert report_templates.known(tx) == []
    assert report_templates.match(tx, "sign in") is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"asks": ["shoe_size"]}, "template.field"),
        ({"fill": {"shoe_size": ["device_serial"]}}, "template.field"),
        ({"fill": {"device": ["horoscope"]}}, "template.source"),
        ({"name": {"en": "Door"}}, "template.name"),
        ({"words": {"en": ["door"]}}, "template.words"),
    ],
)
def test_a_template_that_cannot_work_is_refused(change: dict[str, object], rule: str) -> None:
    content = yaml.safe_dump({"templates": {"door": GOOD | change}}).encode()
    found = checks.check({"templates.yaml": content, "report.form": FORM})
    assert [(one.rule, one.severity, one.element) for one in found] == [(rule, "error", "door")]


def test_a_file_that_is_no_list_of_templates_is_said_to_be_none() -> None:
    (found,) = checks.check({"templates.yaml": b"templates: [", "report.form": FORM})
    assert found.rule == "template.syntax"


@pytest.mark.parametrize(
    ("file", "content", "rule"),
    [
        ("channels.yaml", b"channels: {kiosk: {name: {en: Kiosk}, loud: true}}", "channel.sign"),
        ("channels.yaml", b"channels: {a-very-long-code-of-a-channel: {name: {en: Long}}}", "channel.code"),
        ("channels.yaml", b"- kiosk", "channel.syntax"),
        ("catalogues.yaml", b"catalogues: {full: {services: {a: {}}}}", "catalogue.words"),
        ("catalogues.yaml", b"catalogues: {full: {name: {en: Full}}}", "catalogue.services"),
        ("catalogues.yaml", b"- full", "catalogue.syntax"),
    ],
)
def test_channels_and_catalogues_are_checked(file: str, content: bytes, rule: str) -> None:
    assert rule in [one.rule for one in checks.check({file: content})]


def test_the_shipped_files_have_nothing_wrong() -> None:
    assert checks.check(bundles.read_folder(WORKFLOWS / "intake")) == []
    assert checks.check(bundles.read_folder(WORKFLOWS / "policies")) == []
