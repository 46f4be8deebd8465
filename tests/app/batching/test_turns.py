import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batching.turns import MOST_RESTING, RECENT_SECONDS, Turns
from tests.app.keys.test_file import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def turns(clock):
    return Turns(clock)


def served(turns, seconds):
    """The client whose turn it is, once a worker has spent seconds on it."""
    client = min(turns._active, key=turns.place)
    turns.begin({client})
    turns.end({client: seconds(client)})
    return client


def test_who_has_fewer_workers_comes_first_and_then_who_was_given_less(turns):
    for client in ("a", "b", "c"):
        turns.join(client)
    turns.begin({"a"})
    turns.begin({"a", "b"})
    turns.end({"a": 0.5, "b": 2.0})
    assert sorted("abc", key=turns.place) == ["c", "b", "a"]
    turns.end({"a": 0.5})
    assert sorted("abc", key=turns.place) == ["c", "a", "b"]
    assert turns.workers_of("a") == 0


def test_clients_that_ask_all_the_time_are_given_equal_time_however_dear_their_turns_are(turns):
    cost = {"dear": 5.0, "usual": 1.0, "cheap": 0.2}
    for client in cost:
        turns.join(client)
    given = dict.fromkeys(cost, 0.0)
    for _ in range(2000):
        client = served(turns, cost.get)
        given[client] += cost[client]
    assert max(given.values()) - min(given.values()) <= 2 * max(cost.values())


def test_who_comes_later_is_before_the_others_and_not_for_all_that_he_has_missed(turns):
    turns.join("old")
    for _ in range(100):
        served(turns, lambda _: 1.0)
    turns.join("new")
    order = [served(turns, lambda _: 1.0) for _ in range(20)]
    assert "new" in order[:2]
    assert order.count("new") <= 11


def test_nobody_starves_however_many_others_come_for_the_first_time(turns):
    for _ in range(3):
        turns.join("old")
        turns.begin({"old"})
        turns.leave("old")
        turns.end({"old": 1.0})
    turns.join("old")
    for number in range(100):
        turns.join(f"new {number}")
        client = served(turns, lambda _: 1.0)
        turns.leave(client)
        if client == "old":
            return
    pytest.fail("others were always first")


def test_who_leaves_and_comes_back_owes_what_he_was_given(turns):
    turns.join("other")
    turns.join("back")
    turns.begin({"back"})
    turns.leave("back")
    turns.end({"back": 9.0})
    turns.join("back")
    assert turns.place("back") > turns.place("other")


@given(st.lists(st.text("ab", min_size=1), min_size=1, max_size=30))
def test_nothing_is_kept_of_clients_that_owe_nothing(clients):
    turns = Turns(Clock())
    for client in clients:
        turns.join(client)
        turns.leave(client)
    assert not turns._active and not turns._resting


def test_few_are_remembered_that_have_no_work(turns):
    for number in range(2 * MOST_RESTING):
        turns.join(str(number))
        turns.join("other")
        turns.begin({str(number)})
        turns.leave(str(number))
        turns.end({str(number): 1e6})
    assert len(turns._resting) <= MOST_RESTING


def test_a_client_is_alone_while_no_other_has_asked_lately(turns, clock):
    turns.note("a")
    assert turns.is_alone("a") and not turns.is_alone("b")
    turns.note("b")
    turns.note("a")
    assert not turns.is_alone("a")
    clock.now += RECENT_SECONDS
    assert turns.is_alone("a")
    turns.note("a")
    assert turns.is_alone("a") and list(turns._asked) == ["a"]
