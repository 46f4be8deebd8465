import logging

from app.logs import Rarely


def record(name, message, *filled):
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, filled, None)


def test_a_message_is_told_again_only_after_a_while_whatever_it_is_filled_with():
    now = 0.0
    rarely = Rarely("sender", 10, clock=lambda: now)
    assert rarely.filter(record("sender.http", "failed: %s", "a"))
    now = 9.9
    assert not rarely.filter(record("sender.http", "failed: %s", "b"))
    assert rarely.filter(record("sender.http", "something else"))
    now = 10.0
    assert rarely.filter(record("sender.http", "failed: %s", "c"))
    now = 19.9
    assert not rarely.filter(record("sender", "failed: %s", "d"))


def test_other_loggers_are_told_always():
    rarely = Rarely("sender", 10)
    assert all(rarely.filter(record(name, "same")) for name in ("senders", "cardiode.requests") for _ in range(3))
