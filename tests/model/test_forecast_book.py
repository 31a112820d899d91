"""Forecasts that are held to their word."""

from guardian.model.forecast_book import CHECK_SECONDS, KEPT, ForecastBook, note

GIB = 1 << 30


def course(speeds: list[float], foretold: float = 0.05) -> ForecastBook:
    book, room = ForecastBook(), 12.0 * GIB
    for second, speed in enumerate(speeds):
        left = room / (foretold * GIB)
        book = note(book, float(second), room, (left * 0.8, left, left * 1.25))
        room -= speed * GIB
    return book


def test_a_steady_fall_holds() -> None:
    record = course([0.05] * 100).record
    assert record is not None
    assert record.held == record.checked >= 5
    assert record.usual_error is not None
    assert record.usual_error < 1


def test_a_fall_that_stopped_did_not_hold() -> None:
    record = course([0.05] * 2 + [0.0] * 60).record
    assert record is not None
    assert record.held == 0
    assert record.usual_error is not None
    assert record.usual_error > 20


def test_no_forecast_is_no_claim() -> None:
    book = ForecastBook()
    for second in range(100):
        book = note(book, float(second), GIB, None)
    assert book.record is None
    assert book.claims == ()


def test_only_the_last_ones_count_and_few_wait() -> None:
    book = course([0.01] * 600, foretold=0.01)
    assert len(book.outcomes) == KEPT
    assert len(book.claims) <= CHECK_SECONDS / 10 + 1


def test_an_end_nearer_than_the_check_is_not_claimed() -> None:
    book = note(ForecastBook(), 0.0, GIB, (5.0, 10.0, 20.0))
    assert book.claims == ()
