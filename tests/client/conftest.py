from tests.app.conftest import serving as serving
