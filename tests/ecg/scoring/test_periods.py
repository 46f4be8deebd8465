from ecg.scoring.periods import Period, Periods

THREE = Periods((Period(10, 20), Period(30, 40), Period(50, 60)), read=(0, 1, 3))


def test_a_period_covers_both_its_ends():
    assert [sample for sample in range(30) if THREE.cover(sample, entry=1)] == list(range(10, 21))


def test_what_was_not_read_yet_is_not_known():
    assert not THREE.cover(15, entry=0)
    assert not THREE.cover(35, entry=1)


def test_only_the_last_two_are_remembered():
    assert THREE.cover(35, entry=2) and THREE.cover(55, entry=2)
    assert not THREE.cover(15, entry=2)


def test_beginnings_are_looked_for_from_the_first_sample_on_and_before_the_last():
    assert THREE.begin_between(30, 31, entry=2)
    assert not THREE.begin_between(20, 30, entry=2)


def test_they_last_together_what_each_lasts():
    assert THREE.samples(entry=2, end=None) == 30
    assert THREE.samples(entry=1, end=None) == 10


def test_an_open_one_lasts_to_the_end_if_that_is_known():
    periods = Periods((Period(10, 20), Period(30, 20, open=True)), read=(2,))
    assert periods.samples(entry=0, end=100) == 10 + 70
    assert periods.samples(entry=0, end=None) == 10
