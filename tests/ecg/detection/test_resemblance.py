import numpy as np
import pytest

from ecg.detection.resemblance import EARLY, FEW, FIRST, MEDIAN_OF, REACH, Resemblance

RNG = np.random.default_rng(0)
TIME = np.arange(round(sum(REACH) * 125)) / 125 - REACH[0]
BEAT = np.exp(-((TIME / 0.02) ** 2)) + 0.2 * np.exp(-(((TIME - 0.25) / 0.05) ** 2))
OTHER = -np.exp(-((TIME / 0.04) ** 2)) - 0.4 * np.exp(-(((TIME - 0.2) / 0.06) ** 2))


def noisy(shape, noise=0.01):
    return (shape + noise * RNG.normal(size=len(shape))).astype(np.float32)


def noise():
    return RNG.normal(size=len(TIME)).astype(np.float32)


def followed(shapes):
    """Whether an ECG was seen after each, and whether the beat was one of it."""
    resemblance, seen, accepted = Resemblance(), [], []
    for shape in shapes:
        resemblance.push(shape)
        seen.append(resemblance.seen)
        accepted.append(resemblance.seen and resemblance.accepts)
    return seen, accepted


def test_beats_alike_are_those_of_an_ecg_once_there_are_enough():
    seen, _ = followed([noisy(BEAT) for _ in range(EARLY)])
    assert seen == [False] * (EARLY - 1) + [True]


@pytest.mark.parametrize("unlike", [lambda shape: shape * 1000 + 5, lambda shape: shape * np.float32(1e37)])
def test_neither_the_unit_nor_the_baseline_matters(unlike):
    assert followed([unlike(noisy(BEAT)) for _ in range(FIRST)])[0][-1]


def test_two_forms_that_take_turns_are_alike_too():
    seen, accepted = followed([noisy(shape) for shape in [BEAT, OTHER] * FIRST])
    assert seen[-1] and all(accepted[FIRST:])


def test_noise_is_none_however_long_it_is():
    assert not any(followed([noise() for _ in range(20 * FIRST)])[0])


def test_an_even_wave_is_none_however_much_it_is_like_itself():
    assert not any(followed([noisy(np.sin(50 * TIME)) for _ in range(2 * FIRST)])[0])


def test_a_flat_signal_resembles_nothing():
    assert not any(followed([np.zeros(len(TIME), np.float32)] * FIRST)[0])


def test_once_an_ecg_was_seen_its_beats_are_known_from_the_first_after_noise_on():
    shapes = [noisy(BEAT) for _ in range(40)] + [noise() for _ in range(40)] + [noisy(BEAT) for _ in range(40)]
    _, accepted = followed(shapes)
    assert all(accepted[EARLY:40]) and sum(accepted[40 + MEDIAN_OF : 80]) <= 2 and all(accepted[80:])


def test_beats_in_noise_are_known_by_the_form_that_is_their_mean():
    shapes = [noisy(BEAT) for _ in range(40)] + [noisy(BEAT, 0.12) for _ in range(40)]
    assert np.mean(followed(shapes)[1][40:]) > 0.95


@pytest.mark.parametrize(("beats", "there"), [([BEAT] * 3, True), ([noise() for _ in range(3)], False)])
def test_in_a_short_recording_less_has_to_do(beats, there):
    resemblance = Resemblance()
    for shape in beats:
        resemblance.push(shape.astype(np.float32))
    assert not resemblance.seen
    resemblance.finish()
    assert resemblance.seen is there


def test_a_long_recording_that_never_was_alike_is_none_at_its_end_either():
    resemblance = Resemblance()
    for _ in range(FEW + 1):
        resemblance.push(noisy(BEAT, 0.25))
    resemblance.finish()
    assert not resemblance.seen


def test_beats_from_before_it_was_seen_are_judged_by_what_was_seen():
    resemblance = Resemblance()
    shapes = [resemblance.push(shape) for shape in [noise() for _ in range(20)] + [noisy(BEAT) for _ in range(FIRST)]]
    accepted = resemblance.accepted([*shapes, None])
    assert not any(accepted[: 20 - MEDIAN_OF]) and all(accepted[20:-1]) and not accepted[-1]
