import re

import pytest

from app.errors import InvalidShadow
from app.registry.models import ServedModels
from app.registry.shadow import Shadow, shadows
from app.settings import Settings


def test_a_shadow_is_two_models_and_a_share():
    assert shadows("odenet=resnet:0.1") == (Shadow("odenet", "resnet", 0.1),)
    assert shadows(" odenet=odenet@0.2.0:1, resnet@af64d9a4=odenet:0.05 ") == (
        Shadow("odenet", "odenet@0.2.0", 1.0),
        Shadow("resnet@af64d9a4", "odenet", 0.05),
    )
    assert shadows("") == ()
    assert Settings(shadow="odenet=resnet:0.1").shadows == shadows("odenet=resnet:0.1")


WRONG = ["odenet", "odenet=resnet", "odenet=resnet:", "odenet=:0.1", "=resnet:0.1", "odenet:resnet=0.1"]
SHARES = ["0", "-0.1", "1.01", "nan", "inf", "a tenth", "10%"]


@pytest.mark.parametrize("text", [*WRONG, *(f"odenet=resnet:{share}" for share in SHARES)])
def test_what_is_no_shadow_is_told(text):
    with pytest.raises(InvalidShadow, match="expected PRIMARY=SECOND:SHARE"):
        shadows(f"odenet=resnet:0.1,{text}")


def test_a_model_is_not_its_own_shadow():
    with pytest.raises(InvalidShadow, match="expected two models"):
        shadows("odenet=odenet:0.1")


def test_it_is_beside_the_one_model_that_the_primary_names(served):
    odenet, resnet = served.by_name["odenet"], served.by_name["resnet"]
    shadow = Shadow("odenet", "resnet@0", 0.1)
    assert shadow.rests(served) is None
    assert shadow.beside(odenet, served) is resnet
    assert shadow.beside(resnet, served) is None


def test_it_rests_where_a_model_is_missing_takes_recordings_or_is_the_primary_itself(served, rhythm_checkpoint):
    (rhythm,) = ServedModels.load([str(rhythm_checkpoint)]).models
    models = ServedModels([*served.models, rhythm])
    for shadow, why in (
        (Shadow("odenet", "resnet@9", 0.1), "resnet@9 is not served"),
        (Shadow("oracle", "resnet", 0.1), "oracle is not served"),
        (Shadow("odenet", "rhythm_odenet", 0.1), "rhythm_odenet takes whole recordings"),
        (Shadow("rhythm_odenet", "odenet", 0.1), "rhythm_odenet takes whole recordings"),
        (Shadow("odenet", "odenet@0", 0.1), "odenet and odenet@0 are the same model"),
    ):
        assert why in shadow.rests(models)
        assert not any(shadow.beside(model, models) for model in models.models)


def test_a_wrong_shadow_is_told_in_one_line_and_nothing_starts(checkpoints, told):
    assert re.fullmatch(
        r"CARDIODE_SHADOW: got 'odenet=resnet', expected PRIMARY=.*\n", told(CARDIODE_SHADOW="odenet=resnet")
    )
    only = str(checkpoints["odenet"])
    said = told(CARDIODE_SHADOW="odenet=resnet:0.1", CARDIODE_MODELS=only)
    assert said == "InvalidShadow: CARDIODE_SHADOW: resnet is not served\n"
