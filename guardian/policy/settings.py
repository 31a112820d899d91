"""The settings that were chosen, over the defaults of the schema.  Pure: a file's tables in, values out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from guardian.model.outlook import DEFAULT_LIMITS, Limits
from guardian.policy.setting_schema import SETTINGS, THRESHOLDS, Setting
from guardian.policy.setting_values import SettingError, Value, check_value
from guardian.protocol.i18n import _

_BY_KEY: Mapping[str, Setting] = {setting.key: setting for setting in SETTINGS}


class Settings(NamedTuple):
    """The values that were chosen; whatever is not among them has its default."""

    chosen: Mapping[str, Value] = {}

    def value(self, key: str) -> Value:
        """The value of one setting.  Raises KeyError for an unknown one."""
        setting = _BY_KEY[key]
        return self.chosen.get(key, setting.default)

    def switch(self, key: str) -> bool:
        """Whether a switch is on."""
        return bool(self.value(key))

    def number(self, key: str) -> float:
        """A number in its base unit: seconds, bytes, a share, a count."""
        value = self.value(key)
        return float(value) if isinstance(value, int | float) else 0.0

    def text(self, key: str) -> str:
        """A choice or a text."""
        return str(self.value(key))

    def names(self, key: str) -> tuple[str, ...]:
        """A list of names."""
        value = self.value(key)
        return value if isinstance(value, tuple) else ()

    def changed(self, key: str, value: object) -> "Settings":
        """These settings with another value.  Raises SettingError for an unknown key or a value out of range."""
        setting = setting_of(key)
        choices = [one for one, _text in setting.choices]
        try:
            checked = check_value(setting.kind, value, setting.least, setting.most, choices)
        except SettingError as error:
            raise SettingError(f"{key}: {error}") from error
        rest = {known: kept for known, kept in self.chosen.items() if known != key}
        return Settings(rest if checked == setting.default else {**rest, key: checked})


DEFAULTS = Settings()


def setting_of(key: str) -> Setting:
    """The setting of a key.  Raises SettingError, whose text names the nearest known key."""
    setting = _BY_KEY.get(key)
    if setting is not None:
        return setting
    near = nearest_key(key)
    if near is None:
        raise SettingError(_("there is no setting {key}. List them: guardian config").format(key=key))
    raise SettingError(_("there is no setting {key}. Did you mean {near}?").format(key=key, near=near))


def nearest_key(key: str) -> str | None:
    """The known key that is most like a given one, by its whole or by its last part alone; None where none is."""
    import difflib

    found = difflib.get_close_matches(key, list(_BY_KEY), n=1, cutoff=0.6)
    if found:
        return found[0]
    by_name = {setting.name: setting.key for setting in SETTINGS}
    found = difflib.get_close_matches(key.rpartition(".")[2], list(by_name), n=1, cutoff=0.6)
    return by_name[found[0]] if found else None


def parse_settings(document: Mapping[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """The settings of a file's tables, and a sentence for each entry that was left out."""
    settings, complaints = DEFAULTS, []
    for group, entries in document.items():
        pairs = (
            [(f"{group}.{name}", value) for name, value in entries.items()]
            if isinstance(entries, Mapping)
            else [(group, entries)]
        )
        for key, value in pairs:
            try:
                settings = settings.changed(key, value)
            except SettingError as error:
                complaints.append(str(error))
    return settings, tuple(complaints)


def as_document(settings: Settings) -> dict[str, dict[str, Any]]:
    """The chosen values as tables of a file; defaults are left out."""
    document: dict[str, dict[str, Any]] = {}
    for setting in SETTINGS:
        if setting.key in settings.chosen:
            value = settings.chosen[setting.key]
            document.setdefault(setting.group, {})[setting.name] = list(value) if isinstance(value, tuple) else value
    return document


def limits_of(settings: Settings, total: int | None = None) -> Limits:
    """The outlook's thresholds; `total` is memory and swap in bytes, by which thresholds in bytes become shares.

    Where the total is not known, a threshold in bytes stays at its default.
    """
    chosen: dict[str, float] = {}
    for setting in THRESHOLDS:
        value = settings.number(setting.key)
        if setting.kind == "room" and value > 1:
            value = min(1.0, value / total) if total else getattr(DEFAULT_LIMITS, setting.name)
        chosen[setting.name] = value
    return DEFAULT_LIMITS._replace(**chosen)
