from pathlib import Path

import httpx2 as httpx

from soak.service import served


def test_a_log_that_cannot_be_written_keeps_nobody_from_an_answer(checkpoints, beats):
    body = {"beats": beats[:3].tolist()}
    with Path("/dev/full").open("wb") as full, served(CARDIODE_MODELS=str(checkpoints["resnet"]), log=full) as service:
        for _ in range(20):
            assert httpx.post(f"{service.address}/classify", json=body, timeout=60).status_code == 200
        assert httpx.get(f"{service.address}/nothing").status_code == 404
