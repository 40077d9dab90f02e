"""One class per kind of answer: a marshmallow field that cleans a submitted value or says what is wrong with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import marshmallow as ma

from loopdesk.engine.errors import N_, Phrase
from loopdesk.forms import pattern

MAX_TEXT = 100_000
_MAX_EXPONENT = 30
_MAX_DIGITS = 40
_EXACT = Context(prec=4 * _MAX_EXPONENT)


def wrong(message: str, /, **params: object) -> ma.ValidationError:
    """The error of one answer, kept translatable."""
    return ma.ValidationError(Phrase(message, **params))


class Answer(ma.fields.Field[Any]):
    """What all kinds share: a missing answer is told in our words, not in marshmallow's."""

    phrases: Mapping[str, str] = {
        "required": N_("This field is required."),
        "null": N_("This field is required."),
    }

    def make_error(self, key: str, **kwargs: Any) -> ma.ValidationError:
        """marshmallow formats its messages to a plain string; ours must still know their gettext id."""
        return wrong(self.phrases[key], **kwargs)

    def _clean(self, value: Any) -> Any:
        """The cleaned answer; raises ``marshmallow.ValidationError``."""
        raise NotImplementedError

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002 - marshmallow names the arguments and gives them to every field
        data: Mapping[str, Any] | None,  # noqa: ARG002 - as above
        **kwargs: Any,  # noqa: ARG002 - as above
    ) -> Any:
        return self._clean(value)


class Text(Answer):
    """Text fields and areas: length, pattern, e-mail address, phone number."""

    def __init__(self, rules: Mapping[str, Any], **kwargs: Any) -> None:
        """Take the component's ``validate`` part, FEEL bounds already evaluated."""
        super().__init__(**kwargs)
        self.rules = rules

    def _clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise wrong(N_("A text is expected."))
        _check_storable(value)
        self._check_length(len(value.strip()))
        self._check_shape(value)
        return value

    def _check_length(self, length: int) -> None:
        shortest, longest = self.rules.get("minLength"), self.rules.get("maxLength")
        if isinstance(shortest, int | Decimal) and length < shortest:
            raise wrong(N_("Write at least %(count)s characters."), count=int(shortest))
        if isinstance(longest, int | Decimal) and length > longest:
            raise wrong(N_("Write at most %(count)s characters."), count=int(longest))

    def _check_shape(self, value: str) -> None:
        wanted = self.rules.get("pattern")
        if isinstance(wanted, str) and wanted and not pattern.found(wanted, value):
            own = self.rules.get("patternErrorMessage")
            raise wrong(own) if own else wrong(N_("This must match the pattern %(pattern)s."), pattern=wanted)
        kind = self.rules.get("validationType")
        if kind == "email" and not pattern.found(pattern.EMAIL, value):
            raise wrong(N_("This is not an e-mail address."))
        if kind == "phone" and not pattern.found(pattern.PHONE, value):
            raise wrong(N_("This is not an international phone number, such as +8613800138000."))


class Number(Answer):
    """Numbers: exact bounds, decimals and steps; an integral answer becomes an int."""

    def __init__(self, spec: Mapping[str, Any], rules: Mapping[str, Any], **kwargs: Any) -> None:
        """Take the component and its ``validate`` part, FEEL bounds already evaluated."""
        super().__init__(**kwargs)
        self.spec = spec
        self.rules = rules

    def _clean(self, value: Any) -> int | float | str:
        number = _decimal(value)
        if number is None:
            raise wrong(N_("A number is expected."))
        self._check_bounds(number)
        self._check_steps(number)
        if self.spec.get("serializeToString"):
            return str(value)
        return int(number) if number == number.to_integral_value() else float(number)

    def _check_bounds(self, number: Decimal) -> None:
        least, most = _decimal(self.rules.get("min")), _decimal(self.rules.get("max"))
        if least is not None and number < least:
            raise wrong(N_("The least allowed is %(bound)s."), bound=least)
        if most is not None and number > most:
            raise wrong(N_("The most allowed is %(bound)s."), bound=most)

    def _check_steps(self, number: Decimal) -> None:
        digits, step = self.spec.get("decimalDigits"), _decimal(self.spec.get("increment"))
        exponent = number.normalize().as_tuple().exponent
        if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits:
            raise wrong(N_("At most %(count)s decimal places are allowed."), count=digits)
        if step and _EXACT.remainder(number, step):
            raise wrong(N_("Only steps of %(step)s are allowed."), step=step)


class Moment(Answer):
    """Dates, times of day, and both: ISO 8601 as the form's date picker writes it; the text is kept."""

    def __init__(self, subtype: str, **kwargs: Any) -> None:
        """Take the component's subtype: date, time or datetime."""
        super().__init__(**kwargs)
        self.subtype = subtype

    def _clean(self, value: Any) -> str:
        readers = {"date": date.fromisoformat, "time": time.fromisoformat}
        try:
            if not isinstance(value, str) or len(value) > _MAX_DIGITS:
                raise ValueError
            readers.get(self.subtype, datetime.fromisoformat)(value)
        except ValueError:
            if self.subtype == "date":
                raise wrong(N_("A date such as 2026-05-04 is expected.")) from None
            if self.subtype == "time":
                raise wrong(N_("A time such as 14:30 is expected.")) from None
            raise wrong(N_("A date and time such as 2026-05-04T14:30 is expected.")) from None
        return str(value)


class Choice(Answer):
    """Selects and radio buttons: one of the options."""

    def __init__(self, options: Sequence[Any], **kwargs: Any) -> None:
        """Take the values of the options."""
        super().__init__(**kwargs)
        self.options = options

    def _clean(self, value: Any) -> Any:
        if not _among(value, self.options):
            raise wrong(N_("Choose one of the options."))
        return value


class Choices(Choice):
    """Check lists and tag lists: several of the options, each once."""

    def _clean(self, value: Any) -> Any:
        if not isinstance(value, list) or len(value) > len(self.options):
            raise wrong(N_("Choose among the options."))
        if any(not _among(item, self.options) for item in value):
            raise wrong(N_("Choose among the options."))
        return value


class Tick(Answer):
    """A checkbox; where it is required it must be ticked (a signature, a consent)."""

    def _clean(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise wrong(N_("Ticked or not ticked is expected."))
        if self.required and not value:
            raise self.make_error("required")
        return value


class FileNames(Answer):
    """A file picker: the names of the files sent along, or of attachments that are already there."""

    def __init__(self, spec: Mapping[str, Any], files: Mapping[str, list[str]], **kwargs: Any) -> None:
        """Take the component and the files of this submission: file key of the form -> names."""
        super().__init__(**kwargs)
        self.spec = spec
        self.files = files

    def _clean(self, value: Any) -> list[str]:
        names = value if isinstance(value, list) else self.files.get(value) if isinstance(value, str) else None
        if not names or not all(isinstance(name, str) and name for name in names):
            raise wrong(N_("The files did not arrive. Choose them again."))
        if len(names) > 1 and not self.spec.get("multiple"):
            raise wrong(N_("Only one file is allowed here."))
        endings = tuple(part.strip().lower() for part in str(self.spec.get("accept") or "").split(","))
        if all(ending.startswith(".") for ending in endings):
            for name in names:
                if not name.lower().endswith(endings):
                    raise wrong(
                        N_("%(name)s is not of a kind allowed here: %(kinds)s."), name=name, kinds=", ".join(endings)
                    )
        return [str(name) for name in names]


def _check_storable(value: str) -> None:
    if len(value) > MAX_TEXT:
        raise wrong(N_("This text is too long: at most %(count)s characters. Attach a file instead."), count=MAX_TEXT)
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise wrong(N_("This text holds characters that cannot be stored."))


def _decimal(value: object) -> Decimal | None:
    """The exact number that was written; None for what is none (booleans, infinities, absurd sizes)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        text = str(value)
        number = Decimal(text) if len(text) <= _MAX_DIGITS else None
    except (InvalidOperation, ValueError):
        return None
    if number is None or not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        return None
    return number


def _among(value: object, options: Sequence[object]) -> bool:
    """Equality as JSON has it: true is not 1."""
    return any(isinstance(value, bool) == isinstance(option, bool) and value == option for option in options)
