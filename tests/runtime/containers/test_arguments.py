"""How a program of an image is started."""

from pathlib import Path

import pytest

from lambdastream.runtime.containers.arguments import ContainerProgram, create_arguments, told


@pytest.fixture
def program():
    def make(**settings):
        usual = {
            "function": "chat",
            "image": "sha256:0",
            "command": ("python3", "app.py", "--one"),
            "folder": "/srv",
            "variables": {},
            "memory": 256,
            "tmp": 512,
            "owner": Path("/owner"),
        }
        return ContainerProgram(**{**usual, **settings})

    return make


def test_the_first_word_is_the_entry_point_and_the_others_follow_the_image(program):
    expected = ["--workdir", "/srv", "--entrypoint", "python3", "sha256:0", "app.py", "--one"]
    assert create_arguments(program())[-7:] == expected


@pytest.mark.conformance("image-sandbox")
def test_nothing_can_be_written_but_tmp_and_no_privilege_is_left(program):
    arguments = " ".join(create_arguments(program()))
    for wanted in (
        "--read-only",
        "--user 993:990",
        "--cap-drop ALL",
        "--security-opt no-new-privileges",
        "--memory 256m --memory-swap 256m",
        '"volume-opt=o=size=512m,mode=1777"',
        "--label lambdastream.folder=/owner",
    ):
        assert wanted in arguments


def test_the_second_program_has_the_tmp_of_the_first(program):
    arguments = create_arguments(program(beside="first"))
    assert arguments[arguments.index("--volumes-from") + 1] == "first"
    assert "--mount" not in arguments


def test_what_a_variable_says_stands_in_no_command_line_unless_docker_would_read_it(program):
    one = program(variables={"AWS_SECRET_ACCESS_KEY": "secret", "DOCKER_HOST": "tcp://elsewhere", "PATH": "/bin"})
    arguments = create_arguments(one)
    named = [arguments[at + 1] for at, word in enumerate(arguments) if word == "--env"]
    assert named == ["AWS_SECRET_ACCESS_KEY", "DOCKER_HOST=tcp://elsewhere", "PATH=/bin"]
    assert told(one) == {"AWS_SECRET_ACCESS_KEY": "secret"}
