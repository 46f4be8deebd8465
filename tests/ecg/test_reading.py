"""What was understood of a file, in words."""

from ecg.reading import LeadRead, LeftOut, ReadAs, Warnings, described


def test_it_is_described_in_one_line():
    leads = (LeadRead("II", "mV", "file", 2), LeadRead("V1", "V", "values", 3))
    read = ReadAs(
        "CSV", 250.0, "times", leads, (LeftOut("HR", "its name is not that of a lead"), LeftOut("", "it counts"))
    )
    assert described(read) == (
        "CSV; 250 samples a second (by its times); leads II in mV (as it says), V1 in V (by its values); "
        "left out: HR (its name is not that of a lead), a column without a name (it counts)"
    )


def test_without_leads_there_is_no_rate():
    assert described(ReadAs("table", 0.0, "file")) == "table; no lead"


def test_many_columns_are_named_in_a_few_words():
    left_out = tuple(LeftOut("x" * 5000, "it counts") for _ in range(1000))
    assert len(described(ReadAs("CSV", 250.0, "file", (), left_out))) < 1500


def test_of_each_kind_and_message_there_is_one_warning():
    warnings = Warnings()
    for message in ("one", "two", "one"):
        warnings.add("times", message)
    assert [warning.message for warning in warnings.given] == ["one", "two"]
