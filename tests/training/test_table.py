from training.table import table


def test_columns_line_up_and_numbers_to_the_right():
    assert table(["name", "beats"], [["one", "1"], ["seventeen", "1,700"]]) == (
        "| name      | beats |\n|-----------|------:|\n| one       |     1 |\n| seventeen | 1,700 |"
    )
