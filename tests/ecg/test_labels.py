import pytest

from ecg import LABEL_NAMES, LABELS, label_of


def test_the_classes_are_the_five_of_aami_in_the_literatures_order():
    assert LABELS == ("N", "S", "V", "F", "Q")
    assert set(LABEL_NAMES) == set(LABELS)


@pytest.mark.parametrize(
    ("symbols", "label"), [("NLRej", "N"), ("AaJS", "S"), ("VE", "V"), ("F", "F"), ("/fQ", "Q"), ('+~|![]x"', None)]
)
def test_each_symbol_has_the_class_that_aami_gives_it(symbols, label):
    assert {label_of(symbol) for symbol in symbols} == {label}
