"""STS's temporary keys."""


def test_session_tokens_are_new_and_can_be_looked_up(control_plane):
    one, two = (control_plane["sts"].get_session_token()["Credentials"] for _ in range(2))
    assert one["AccessKeyId"] != two["AccessKeyId"]
    found = control_plane.own("GET", f"/_lambdastream/credentials/{one['AccessKeyId']}")
    assert found.json() == {"secret_access_key": one["SecretAccessKey"], "session_token": one["SessionToken"]}


def test_keys_of_an_assumed_role_can_be_looked_up(control_plane):
    role = control_plane.role()
    keys = control_plane["sts"].assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    found = control_plane.own("GET", f"/_lambdastream/credentials/{keys['AccessKeyId']}").json()
    assert found == {"secret_access_key": keys["SecretAccessKey"], "session_token": keys["SessionToken"]}


def test_other_keys_are_unknown(control_plane):
    assert control_plane.own("GET", "/_lambdastream/credentials/AKIDNONE").status_code == 404


def test_moto_gives_everybody_the_same_session(plain_moto):
    one, two = (plain_moto["sts"].get_session_token()["Credentials"] for _ in range(2))
    assert one["AccessKeyId"] == two["AccessKeyId"]
