import numpy as np
import pytest
import wfdb

from training.errors import MissingData
from training.data.nstdb import read_noises


def test_noises_are_read_by_name_and_what_is_missing_is_named(tmp_path):
    folder = tmp_path / "nstdb"
    folder.mkdir()
    waves = np.sin(np.arange(720) / 10)[:, None] * [1.0, 2.0]
    wfdb.wrsamp("em", fs=360, units=["mV"] * 2, sig_name=["noise1", "noise2"], p_signal=waves, fmt=["16"] * 2,
                write_dir=str(folder))  # fmt: skip
    (noise,) = read_noises(tmp_path, ["em"])
    assert (noise.name, noise.fs, noise.signals.shape) == ("em", 360.0, (2, 720))
    np.testing.assert_allclose(noise.signals, waves.T, atol=1e-3)
    with pytest.raises(MissingData, match="noise recordings bw, ma are not in"):
        read_noises(tmp_path, ["bw", "em", "ma"])
