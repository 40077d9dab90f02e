"""Functions over contexts (DMN 1.5 §10.3.4.7)."""

from collections.abc import Mapping
from typing import Any

from loopdesk.engine.errors import N_
from loopdesk.engine.feel.builtins.registry import builtin
from loopdesk.engine.feel.errors import Null
from loopdesk.engine.feel.runtime import Run
from loopdesk.engine.feel.values import feel, kind

Context = Mapping[str, Any]


@builtin("get value", "m: context, key: string")
def get_value(m: Context, key: str) -> Any:
    """The entry of that key."""
    if key not in m:
        raise Null(N_("The context has no entry %(name)s."), name=key)
    return feel(m[key])


@builtin("get entries", "m: context", run=True)
def get_entries(run: Run, m: Context) -> list[dict[str, Any]]:
    """The entries as a list of {key, value}."""
    run.charge(len(m))
    return [{"key": key, "value": feel(m[key])} for key in m]


@builtin("context", "entries: list", run=True)
def context(run: Run, entries: list[Any]) -> dict[str, Any]:
    """A context from a list of {key, value}; Null when an entry is none or a key comes twice."""
    run.charge(len(entries))
    built: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or "value" not in entry or not isinstance(entry.get("key"), str):
            raise Null(N_("Each entry needs a key and a value."))
        if entry["key"] in built:
            raise Null(N_("The context has the entry %(name)s twice."), name=entry["key"])
        built[entry["key"]] = entry["value"]
    return built


@builtin("context put", "context: context, key: string, value: any", run=True)
def context_put(run: Run, base: Context, key: str, value: Any) -> dict[str, Any]:
    """The context with that entry, new or replaced."""
    run.charge(len(base))
    return {**{name: feel(base[name]) for name in base}, key: value}


@builtin("context put", "context: context, keys: list, value: any", run=True)
def context_put_deep(run: Run, base: Context, keys: list[Any], value: Any) -> dict[str, Any]:
    """Puts the value where the path of keys leads, making contexts on the way."""
    if not keys or not all(isinstance(key, str) for key in keys):
        raise Null(N_("The keys must be texts, at least one."))
    run.charge(len(base))
    below = base.get(keys[0])
    if len(keys) == 1:
        return context_put(run, base, keys[0], value)
    if below is not None and not isinstance(below, Mapping):
        raise Null(N_("The entry %(name)s is a %(kind)s and no context."), name=keys[0], kind=kind(feel(below)))
    inner = context_put_deep(run, below or {}, keys[1:], value)
    return context_put(run, base, keys[0], inner)


@builtin("context merge", "contexts: list", run=True)
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any]:
    """All entries; a later context's win."""
    merged: dict[str, Any] = {}
    for one in contexts:
        if not isinstance(one, Mapping):
            raise Null(N_("Only contexts can be merged."))
        run.charge(len(one))
        merged |= {name: feel(one[name]) for name in one}
    return merged
