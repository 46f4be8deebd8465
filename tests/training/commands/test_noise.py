import numpy as np
import wfdb

from training.__main__ import main


def test_it_prints_what_is_left_and_draws_it(tmp_path, checkpoints, headers, capsys):
    (tmp_path / "nstdb").mkdir()
    waves = np.random.default_rng(0).normal(size=(360 * 60, 2)).cumsum(axis=0) / 100
    wfdb.wrsamp(
        "em", fs=360, units=["mV"] * 2, sig_name=["a", "b"], p_signal=waves, fmt=["16"] * 2,
        write_dir=str(tmp_path / "nstdb"),
    )  # fmt: skip
    command = ["noise", str(checkpoints["resnet"]), "--data", str(tmp_path), "--recordings", headers[0]]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("resnet on made1:") and "| 24 dB " in printed and "| 0 dB " in printed
    assert (tmp_path / "out" / "noise.png").exists()
