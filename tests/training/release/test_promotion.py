import pytest

from training.release import promotion
from training.release.promotion import promote

FILES = {"card.md": "new card", "evaluation.json": "{}", "patients.json": "{}", "dial.png": "png"}


@pytest.fixture
def zoo(tmp_path):
    folder = tmp_path / "zoo"
    (folder / "odenet").mkdir(parents=True)
    (folder / "odenet" / "checkpoint.safetensors").write_text("old")
    (folder / "odenet" / "patients.png").write_text("of the model before")
    return folder


@pytest.fixture
def evaluated(tmp_path):
    folder = tmp_path / "evaluation"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_text(content)
    (folder / "beats.png").write_text("recorded beats")
    (folder / "notes.txt").write_text("of mine")
    (tmp_path / "run.safetensors").write_text("new")
    return tmp_path / "run.safetensors", folder


def contents(folder):
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_the_models_folder_then_holds_checkpoint_card_and_figures_and_nothing_of_the_model_before(zoo, evaluated):
    folder = promote(*evaluated, zoo, "odenet")  # type: ignore[call-arg]
    assert folder == zoo / "odenet"
    assert contents(zoo / "odenet") == FILES | {"checkpoint.safetensors": "new"}
    assert [path.name for path in zoo.iterdir()] == ["odenet"]


def test_a_name_that_the_zoo_has_not_yet_is_a_new_folder(zoo, evaluated):
    before = contents(zoo)
    promote(*evaluated, zoo, "rhythm")  # type: ignore[call-arg]
    assert contents(zoo / "rhythm") == FILES | {"checkpoint.safetensors": "new"}
    assert before.items() <= contents(zoo).items()


@pytest.mark.parametrize("failing", [1, 2])
def test_where_anything_fails_the_zoo_is_as_it_was(zoo, evaluated, monkeypatch, failing):
    before = contents(zoo)
    replace, calls = promotion.Path.replace, []  # type: ignore[attr-defined]

    def broken(self, target):
        calls.append(self)
        if len(calls) == failing:
            raise OSError("the disk is full")
        return replace(self, target)

    monkeypatch.setattr(promotion.Path, "replace", broken)  # type: ignore[attr-defined]
    with pytest.raises(OSError, match="disk is full"):
        promote(*evaluated, zoo, "odenet")  # type: ignore[call-arg]
    assert contents(zoo) == before


def test_a_file_that_cannot_be_copied_leaves_the_zoo_as_it_was(zoo, evaluated):
    before = contents(zoo)
    checkpoint, folder = evaluated
    checkpoint.unlink()
    with pytest.raises(FileNotFoundError):
        promote(checkpoint, folder, zoo, "odenet")
    assert contents(zoo) == before
