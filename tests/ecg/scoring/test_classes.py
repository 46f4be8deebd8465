import wfdb
from wfdb.io.annotation import is_qrs

from ecg.labels import SYMBOLS
from ecg.scoring import CLASS_OF, CLASS_OF_IN_LITERATURE


def test_the_literature_reads_every_symbol_as_our_labels_do():
    for label, symbols in SYMBOLS.items():
        assert {CLASS_OF_IN_LITERATURE[symbol] for symbol in symbols} == {label}


def test_bxb_reads_only_escape_beats_otherwise():
    differ = {symbol for symbol in CLASS_OF if CLASS_OF[symbol] != CLASS_OF_IN_LITERATURE[symbol]}
    assert differ == {"e", "j"}


def test_what_has_a_class_is_what_wfdb_takes_for_a_qrs_complex():
    symbols = wfdb.io.annotation.ann_label_table[["label_store", "symbol"]].itertuples(index=False)
    assert {symbol for code, symbol in symbols if is_qrs[code]} == set(CLASS_OF)
