import threading

import pytest

from app.batching.limiter import Limiter
from app.errors import Busy


def test_work_may_begin_again_also_after_an_error():
    limiter = Limiter("things", 1)
    with pytest.raises(RuntimeError), limiter.held():
        with pytest.raises(Busy, match="the limit of 1 things at once is reached"), limiter.held():
            pass
        raise RuntimeError
    with limiter.held():
        pass


def test_where_none_may_begin_all_are_refused():
    with pytest.raises(Busy), Limiter("things", 0).held():
        pass
    with pytest.raises(Busy):
        Limiter("things", 0).check()


def test_to_check_whether_work_may_begin_keeps_no_other_from_it():
    limiter = Limiter("things", 1)
    limiter.check()
    limiter.check()
    with limiter.held(), pytest.raises(Busy):
        limiter.check()


def test_no_more_than_the_limit_work_at_once():
    limiter, most, now, lock = Limiter("things", 3), [0], [0], threading.Lock()

    def work():
        for _ in range(200):
            try:
                with limiter.held():
                    with lock:
                        now[0] += 1
                        most[0] = max(most[0], now[0])
                    with lock:
                        now[0] -= 1
            except Busy:
                pass

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3
