"""The command line: every module of this package holds one `command`, named like the module."""

import importlib
import pkgutil
from typing import Any

import click
import sqlalchemy as sa

from loopdesk.engine.errors import N_, LoopdeskError, Translate
from loopdesk.web import loading
from loopdesk.web.cli._language import LANGUAGES, of_terminal, spoken, translator


class Commands(click.Group):
    """Finds its commands in this package, loads one when it is asked for, and says what went wrong in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """The names of all modules here that are commands, with a hyphen where Python wants an underscore."""
        names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
        return sorted(name.replace("_", "-") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of one module; None where there is no such module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        with loading.undisturbed():
            command = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line; usage errors too are in the reader's language."""
        known = [translator(of_terminal())]

        def say(text: str) -> str:
            # Errors are shown when the context, which knows `--lang`, is over.
            if click.get_current_context(silent=True):
                known[0] = translation()
            return known[0](text)

        with spoken(say):
            return super().main(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command. An error of the four families ends it with one line in the reader's language and code 1."""
        try:
            return super().invoke(ctx)
        except LoopdeskError as error:
            translate = translation()
            place = f"{error.place}: " if error.place else ""
            text = f"{place}{error.text(translate)} {error.remedy_text(translate)}"
            raise click.ClickException(text.strip()) from error
        except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.ProgrammingError) as error:
            text = N_("The database cannot be used: %(reason)s. Check DATABASE_URL, or run `loopdesk migrate` first.")
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(translation()(text) % {"reason": reason}) from error
        except sa.exc.ArgumentError as error:
            text = N_("DATABASE_URL cannot be read: %(reason)s. Write it like postgresql://user:password@host/name.")
            raise click.ClickException(translation()(text) % {"reason": str(error).splitlines()[0]}) from error
        except (OverflowError, UnicodeEncodeError, sa.exc.DataError) as error:
            text = N_("A number here is too large, or a text holds characters that cannot be stored.")
            raise click.ClickException(translation()(text)) from error


LANGUAGE_HELP = "Language of messages; otherwise that of LC_ALL, LC_MESSAGES or LANG."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(LANGUAGES), is_eager=True, help=LANGUAGE_HELP)
@click.version_option(package_name="loopdesk", prog_name="loopdesk")
def cli(lang: str | None) -> None:
    """Customer-support processes drawn as BPMN, run for real."""


def translation() -> Translate:
    """What translates texts for whoever runs the command: `--lang`, else as the terminal is set."""
    ctx = click.get_current_context(silent=True)
    chosen = None
    while ctx is not None and chosen is None:
        value, ctx = ctx.params.get("lang"), ctx.parent
        chosen = value if isinstance(value, str) else None  # while click still reads the line, a mark stands there
    return translator(chosen or of_terminal())
