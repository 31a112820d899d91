"""The kept history as files that anybody can read: JSON lines, and each kill as text."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from guardian.adapters.history_store import HistoryStore, StoreUnusable
from guardian.model.history import Moment
from guardian.policy.kill_json import kill_rows, moment_to_mapping
from guardian.policy.kill_words import report_text
from guardian.protocol.i18n import _
from guardian.protocol.printable import printable


def export_history(store: HistoryStore, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the whole history below a folder that is new or empty; returns the files.  Raises StoreUnusable."""
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        if any(target.iterdir()):
            raise StoreUnusable(_("{path} is not empty. Name a new folder").format(path=printable(str(target))))
        return list(_write_all(store, target))
    except OSError as error:
        raise StoreUnusable(
            _("{path} cannot be written: {reason}").format(path=printable(str(target)), reason=error.strerror or error)
        ) from error


def _write_all(store: HistoryStore, target: Path) -> Iterable[Path]:
    kills = store.kills()
    yield _lines(target / "kills.jsonl", ({"schema": 1, **row} for kill in kills for row in kill_rows(kill)))
    yield _lines(target / "alerts.jsonl", (alert._asdict() for alert in store.alerts()))
    yield _lines(target / "acts.jsonl", (act._asdict() for act in store.acts()))
    yield _lines(target / "forecasts.jsonl", (forecast._asdict() for forecast in store.forecasts()))
    moments = store.moments(0.0, time.time() + 86400)
    yield _lines(target / "snapshots.jsonl", (_moment(moment_to_mapping(moment), moment) for moment in moments))
    for kill in kills:
        if kill.key is None:
            continue
        before = store.minutes_before(kill.key)
        yield _lines(target / f"before-kill-{kill.key}.jsonl", (_moment(moment_to_mapping(one), one) for one in before))
    text = target / "kills.txt"
    text.write_text("\n".join(report_text(kill) for kill in kills), encoding="utf-8")
    yield text


def _moment(mapping: Mapping[str, Any], moment: Moment) -> dict[str, Any]:
    """A snapshot with its layers by name."""
    return {**mapping, "composition": moment.composition._asdict()}


def _lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return path
