"""INT-4: guesses with a confidence, what people say about them, and how the house learns from it."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from loopdesk.desk.classification import guess as classification
from loopdesk.desk.classification import learning as classification_learning
from loopdesk.desk.classification import lessons
from loopdesk.desk.classification.examples import BUNDLE, Example, digest, read
from loopdesk.desk.classification.model import NOTHING, packed, unpacked
from loopdesk.desk.classification.text import grams, language_of
from loopdesk.desk.classification.training import Answer, contest, fit, folds, held_out, macro_f1
from loopdesk.engine import bundles, events, outbox_rows
from loopdesk.engine.actor import SYSTEM
from loopdesk.engine.errors import Refused
from loopdesk.engine.outbox import Handlers, drain
from loopdesk.engine.tx import Engine, Tx
from loopdesk.tests.desk.house import WORKFLOWS, House, kinds, told

Run = Callable[..., dict[str, Any]]
WORDS = {
    "billing": ("invoice", "refund", "payment", "charged", "price", "receipt", "discount", "debit"),
    "fault": ("crash", "error", "frozen", "blank page", "exception", "hangs", "broken", "stuck"),
    "hardware": ("printer", "keyboard", "battery", "screen", "cable", "fan", "charger", "scanner"),
}


def table(words: Mapping[str, tuple[str, ...]]) -> bytes:
    """A set of examples made of a few words a class: a theme is a pair of words that follow one another."""
    lines = ["class,theme,text"]
    for label, known in words.items():
        for number, (one, other) in enumerate(pairwise(known)):
            lines += [f"{label},{label}-{number},the {one} and the {other}"]
            lines += [f"{label},{label}-{number},about a {other} or some {one}"]
    return "\n".join(lines).encode()


def folder(words: Mapping[str, tuple[str, ...]] = WORDS) -> dict[str, bytes]:
    """A folder of examples in English."""
    names = {name: {"name": name} for name in words}
    return {"examples.en.csv": table(words), "texts.en.yaml": yaml.safe_dump(names, sort_keys=False).encode()}


@pytest.fixture
def trained(house: House, tx: Tx) -> Tx:
    """A house that has learnt the words above, and learns again after two corrections."""
    policies = dict(bundles.read_folder(WORKFLOWS / "policies"))
    policies["classification.yaml"] = b"confidence: 0.6\ncorrections: 2\n"
    bundles.deploy(SYSTEM, tx, "policies", policies)
    bundles.deploy(SYSTEM, tx, BUNDLE, folder())
    learn(tx)
    return tx


def learn(tx: Tx) -> dict[str, Any] | None:
    """What the job and the worker do for English, in one transaction; the training's row, None when none was due."""
    if not classification_learning.due(tx, "en"):
        return None
    trained = classification_learning.train(classification_learning.lesson(tx, "en"))
    classification_learning.keep(SYSTEM, tx, trained)
    return trained


def told_of(tx: Tx, kind: str) -> list[dict[str, Any]]:
    """The data of all events of a kind."""
    query = sa.select(events.event.c.data).where(events.event.c.kind == kind).order_by(events.event.c.id)
    return [dict(data) for data in tx.conn.scalars(query)]


def test_a_guess_and_its_confidence_are_kept_with_the_case(house: House, trained: Tx, run: Run) -> None:
    number = house.report(trained, title="Invoice", description="the payment and the refund, charged twice").number
    found = run(SYSTEM, "case.classify", number)
    assert found["type"] == "billing"
    assert 0.6 <= found["confidence"] <= 1
    assert found["ranked"][0]["type"] == "billing"
    assert {one["type"] for one in found["ranked"]} == set(WORDS)
    assert sum(one["confidence"] for one in found["ranked"]) == pytest.approx(1, abs=0.001)
    kept = classification.of_case(trained, number)
    assert kept is not None
    assert (kept["guess"], kept["confidence"], kept["language"]) == ("billing", found["confidence"], "en")
    assert told(trained, number, "case.classified")["type"] == "billing"


def test_below_the_confidence_of_the_policy_no_type_is_given(house: House, trained: Tx, run: Run) -> None:
    number = house.report(trained, title="Help", description="a printer, an invoice and an error").number
    found = run(SYSTEM, "case.classify", number)
    assert found["type"] == ""
    assert 0 < found["confidence"] < 0.6
    assert len(found["ranked"]) == len(WORDS)


def test_nothing_is_guessed_of_unknown_words_or_without_a_model(house: House, trained: Tx, run: Run) -> None:
    nothing = {"type": "", "confidence": 0.0, "ranked": []}
    for title, description in (("Жжж", "ююю"), ("你好", "发票有问题")):
        number = house.report(trained, title=title, description=description).number
        assert run(SYSTEM, "case.classify", number) == nothing
        assert classification.of_case(trained, number) is None
        run(house.people["lina"], "case.learn", number, type="fault")
        assert classification.of_case(trained, number) is None


def test_a_persons_choice_becomes_a_label_and_teaches_the_house(house: House, trained: Tx, run: Run) -> None:
    lina = house.people["lina"]
    asked = "the invoice of the zorbinator"
    for number in [house.report(trained, title=asked, description=f"zorbinator {n}").number for n in ("a", "b")]:
        assert classification_learning.due(trained, "en") == ""
        before = run(SYSTEM, "case.classify", number)
        assert run(lina, "case.learn", number, type="hardware") == {"corrected": True}
        kept = classification.of_case(trained, number)
        assert kept is not None
        assert (kept["chosen"], kept["by_id"], kept["corrected"]) == ("hardware", lina.id, True)
        assert told(trained, number, "case.type_corrected")["guess"] == before["type"]
    again = house.report(trained, title=asked, description="zorbinator b").number
    run(SYSTEM, "case.classify", again)
    run(lina, "case.learn", again, type="hardware")
    first, _ = classification.current(trained, "en")
    row = learn(trained)
    assert row is not None
    assert row["adopted"]
    assert row["examples"] == len(read(table(WORDS), "x")) + 2, "the same words twice are one example"
    second, model = classification.current(trained, "en")
    assert model is not None
    assert (second != first, model.guess("my zorbinator").type) == (True, "hardware")
    assert learn(trained) is None, "nothing new to learn"


def test_a_confirmed_guess_is_no_correction(house: House, trained: Tx, run: Run) -> None:
    number = house.report(trained, title="Refund", description="the refund and the invoice").number
    run(SYSTEM, "case.classify", number)
    assert run(house.people["lina"], "case.learn", number, type="billing") == {"corrected": False}
    assert "case.type_corrected" not in kinds(trained, number)
    assert run(SYSTEM, "case.learn", number, type="fault") == {"corrected": False}, "only people are learnt from"


def test_a_worse_model_does_not_replace_a_better_one(trained: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = classification.current(trained, "en")
    bundles.deploy(SYSTEM, trained, BUNDLE, folder({**WORDS, "fault": WORDS["fault"][:4]}))
    monkeypatch.setattr(lessons, "contest", lambda *_: (0.9, 0.8))
    row = learn(trained)
    assert row is not None
    assert (row["adopted"], row["content"]) == (False, b"")
    assert classification.current(trained, "en")[0] == before
    [event] = told_of(trained, "classification.rejected")
    assert (event["former_score"], event["score"]) == (0.9, 0.8)
    assert learn(trained) is None, "the same examples are not tried again"


def test_edited_examples_are_learnt_at_once(trained: Tx) -> None:
    bundles.deploy(SYSTEM, trained, BUNDLE, folder({**WORDS, "network": ("router", "tunnel", "wifi", "latency")}))
    assert learn(trained) is not None
    _, model = classification.current(trained, "en")
    assert model is not None
    assert model.guess("the router and the tunnel").type == "network"
    assert len(told_of(trained, "classification.trained")) == 2


def test_the_contest_asks_both_sides_what_neither_has_seen() -> None:
    good = read(table(WORDS), "x")
    spoilt = [Example("fault", one.theme, one.text) if one.label != "fault" else one for one in good[:20]] + good[20:]
    worse, better = contest(spoilt, good, "en")
    assert worse < better
    assert contest(good, good, "en")[0] == contest(good, good, "en")[1]


def test_a_worker_trains_outside_any_transaction(house: House) -> None:
    """Asked for once however often the job looks; the web's own processes never load scikit-learn."""
    with house.engine.begin() as tx:
        bundles.deploy(SYSTEM, tx, BUNDLE, folder())
        for _ in range(3):
            classification_learning.look(tx)
        assert tx.conn.scalar(sa.select(sa.func.count()).select_from(outbox_rows.outbox)) == 1
    remote = {
        classification_learning.KIND: classification_learning.Training(house.engine, [classification_learning.TYPES])
    }
    assert drain(house.engine, Handlers(remote=remote), worker="w") == 1
    with house.engine.read() as tx:
        assert classification.current(tx, "en")[1] is not None
        assert classification_learning.due(tx, "en") == ""


def test_training_needs_the_right(house: House, trained: Tx) -> None:
    with pytest.raises(Refused):
        classification_learning.keep(house.people["lina"], trained, {})
    with pytest.raises(Refused):
        classification.classify(house.people["lina"], trained, "L-2026-000001")


def test_the_same_examples_give_the_same_model_and_a_kept_one_guesses_alike() -> None:
    examples = read(table(WORDS), "x")
    one, other = fit(examples, "en"), fit(examples, "en")
    assert packed(one) == packed(other)
    kept = unpacked(packed(one))
    for example in examples:
        assert kept.guess(example.text).type == one.guess(example.text).type
        assert kept.guess(example.text).confidence == pytest.approx(one.guess(example.text).confidence, abs=0.001)
    assert kept.guess("") == NOTHING


def test_two_classes_are_enough() -> None:
    two = {name: WORDS[name] for name in ("billing", "fault")}
    model = fit(read(table(two), "x"), "en")
    guess = model.guess("the invoice and the refund")
    assert guess.type == "billing"
    assert sum(share for _, share in guess.ranked) == pytest.approx(1)


def test_paraphrases_stay_in_one_fold_and_no_held_out_theme_was_seen() -> None:
    examples = read(table(WORDS), "x")
    places = folds(examples)
    assert len({(one.theme, place) for one, place in zip(examples, places, strict=True)}) == len(examples) / 2
    assert set(places) == set(range(5))
    assert all(
        answer.label == one.label for answer, one in zip(held_out(examples, examples, "en"), examples, strict=True)
    )


def test_macro_f1_counts_each_class_the_same() -> None:
    answers = [Answer("a", "a", 1.0)] * 8 + [Answer("b", "a", 1.0)] * 2
    assert macro_f1(answers) == pytest.approx((2 * 8 / 18 + 0) / 2)


@pytest.mark.parametrize(
    ("text", "language"),
    [("The invoice is wrong", "en"), ("发票不对", "zh"), ("VPN 连不上服务器", "zh"), ("", "en"), ("404 !!", "en")],
)
def test_the_script_tells_the_language(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_long_text_costs_no_more_than_its_beginning() -> None:
    assert grams("word " * 10, "en") != []
    assert len(grams("word " * 200_000, "en")) == len(grams("word " * 200, "en"))


def test_guessing_does_not_load_scikit_learn() -> None:
    code = (
        "import sys; from loopdesk.web import wiring; from loopdesk.desk.classification.guess import BUNDLE, SHIPPED;"
        "from loopdesk.desk.classification.model import unpacked;"
        "assert unpacked((SHIPPED / f'{BUNDLE}.en.zst').read_bytes()).guess('invoice').type;"
        "assert not {'sklearn', 'scipy', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_first_start_brings_the_shipped_models(engine: Engine) -> None:
    with engine.begin() as tx:
        classification.seed(tx)
        assert classification.current(tx, "en") == ("", None), "no examples, no model"
        bundles.deploy(SYSTEM, tx, BUNDLE, bundles.read_folder(WORKFLOWS / BUNDLE))
        for _ in range(2):
            classification.seed(tx)
        files = bundles.current(tx, BUNDLE).files
        for language in ("en", "zh"):
            _, model = classification.current(tx, language)
            assert model is not None
            assert model.about["digest"] == digest(files, language)
            assert classification_learning.due(tx, language) == ""
        rows = tx.conn.scalar(sa.select(sa.func.count()).select_from(classification.classification_model))
        assert rows == 2
