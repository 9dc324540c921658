"""The two functions of the race: one app, twice."""

from pathlib import Path

from lambdastream.runtime.adapter_layer import is_adapter_layer
from lambdastream.workshop.demo import behind_lwa, behind_mangum


def test_only_what_has_to_differ_differs(tmp_path: Path) -> None:
    mangum, lwa = (describe(tmp_path).to_json() for describe in (behind_mangum, behind_lwa))
    assert {name for name in mangum if mangum[name] != lwa[name]} == {
        "name",
        "handler",
        "environment",
        "layers",
        "log_group",
        "url",
    }
    assert mangum["url"] == {"auth_type": "NONE", "invoke_mode": "BUFFERED"}
    assert lwa["url"] == {"auth_type": "NONE", "invoke_mode": "RESPONSE_STREAM"}


def test_lwa_gets_its_layer_and_streams(tmp_path: Path) -> None:
    lwa = behind_lwa(tmp_path)
    assert [is_adapter_layer(layer) for layer in lwa.layers] == [True]
    assert lwa.environment["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/bootstrap"
    assert lwa.environment["AWS_LWA_INVOKE_MODE"] == "response_stream"
