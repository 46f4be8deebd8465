import subprocess
import sys

import pytest

import cardiode
import client
import models


def test_what_people_import_is_what_the_packages_have():
    assert cardiode.Classifier is models.Classifier
    assert (cardiode.Client, cardiode.AsyncClient, cardiode.Options) == (
        client.Client,
        client.AsyncClient,
        client.Options,
    )
    assert all(getattr(cardiode, name) is not None for name in cardiode.__all__)


def test_another_name_is_refused_with_those_that_there_are():
    with pytest.raises(AttributeError, match=r"no attribute 'classify'; it has AnnotatedRecording, .*annotate"):
        _ = cardiode.classify


def test_without_httpx2_all_but_the_client_is_there_and_the_extra_is_named():
    look = (
        "import sys; sys.modules['httpx2'] = None\n"
        "from cardiode import Classifier, annotate\n"
        "try: from cardiode import Client\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    printed = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert "cardiode.Client needs httpx2" in printed and "pip install 'cardiode[client]'" in printed
