from training.__main__ import main


def test_it_prints_the_table_and_writes_the_beats(mitdb, tmp_path, capsys):
    assert main(["data", "--data", str(mitdb), "--beats", str(tmp_path / "beats.npz")]) == 0
    printed = capsys.readouterr().out
    for count in ("109,446", "87,554", "21,892", "72,471", "162"):
        assert count in printed
    assert (tmp_path / "beats.npz").exists()
