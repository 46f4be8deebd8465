import numpy as np

from ecg.detection.resemblance import FIRST, MEDIAN_OF, Resemblance

RNG = np.random.default_rng(0)
TIME = np.linspace(-0.1, 0.4, 62)
BEAT = np.exp(-((TIME / 0.02) ** 2)) + 0.2 * np.exp(-(((TIME - 0.25) / 0.05) ** 2))
OTHER = -np.exp(-((TIME / 0.04) ** 2)) - 0.4 * np.exp(-(((TIME - 0.2) / 0.06) ** 2))


def noisy(shape, noise=0.01):
    return (shape + noise * RNG.normal(size=len(shape))).astype(np.float32)


def noise():
    return RNG.normal(size=62).astype(np.float32)


def verdicts(shapes):
    resemblance = Resemblance()
    found = []
    for shape in shapes:
        resemblance.push(shape)
        found.append(resemblance.verdict)
    return found


def test_beats_alike_are_those_of_an_ecg_once_there_are_enough():
    assert verdicts([noisy(BEAT) for _ in range(FIRST)]) == [None] * (FIRST - 1) + [True]


def test_neither_the_unit_nor_the_baseline_matters():
    assert verdicts([noisy(BEAT) * 1000 + 5 for _ in range(FIRST)])[-1] is True


def test_numbers_beyond_all_signals_are_no_trouble():
    assert verdicts([noisy(BEAT) * np.float32(1e37) for _ in range(FIRST)])[-1] is True


def test_two_forms_that_take_turns_are_alike_too():
    assert verdicts([noisy(shape) for shape in [BEAT, OTHER] * MEDIAN_OF])[-1] is True


def test_noise_is_none_once_there_is_enough_of_it():
    found = verdicts([noise() for _ in range(3 * MEDIAN_OF)])
    assert set(found[:FIRST]) == {None} and found[-1] is False and True not in found


def test_an_ecg_that_is_lost_in_noise_is_found_again_after_it():
    shapes = [noisy(BEAT) for _ in range(40)] + [noise() for _ in range(40)] + [noisy(BEAT) for _ in range(40)]
    found = verdicts(shapes)
    assert found[39] is True and found[79] is False and found[-1] is True


def test_too_few_beats_are_judged_at_the_end_by_what_there_is():
    for shapes, verdict in (([BEAT] * 3, True), ([noise() for _ in range(3)], False)):
        resemblance = Resemblance()
        for shape in shapes:
            resemblance.push(shape.astype(np.float32))
        resemblance.finish()
        assert resemblance.verdict is verdict


def test_an_even_wave_is_none_however_much_it_is_like_itself():
    assert True not in verdicts([noisy(np.sin(50 * TIME)) for _ in range(2 * MEDIAN_OF)])


def test_a_flat_signal_resembles_nothing():
    assert True not in verdicts([np.zeros(62, np.float32)] * MEDIAN_OF)
