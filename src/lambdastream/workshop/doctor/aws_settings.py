"""The AWS settings of a shell: which files and which profile they select, and each mix-up that is known."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lambdastream.control.profile import NAME, USE_LOCAL, project_of_config
from lambdastream.control.project import Project
from lambdastream.workshop.doctor.finding import Finding, fine, warning, wrong
from lambdastream.workshop.doctor.overrides import OVERRIDES
from lambdastream.workshop.doctor.shell import CONFIG_FILE, CREDENTIALS_FILE, Shell

CHECK: Final = "profile"


def aws_settings(environ: Mapping[str, str], project: Project) -> list[Finding]:
    """What a shell with these variables makes of AWS tools in a project: the mode, then every mix-up."""
    shell = Shell(environ, project)
    mode = _local_mode if shell.is_local else _named_local if shell.profile == NAME else _aws_mode
    checks: tuple[Callable[[Shell], Iterator[Finding]], ...] = (mode, *OVERRIDES)
    return [finding for check in checks for finding in check(shell)]


def _local_mode(shell: Shell) -> Iterator[Finding]:
    """The config file is one that a local AWS wrote."""
    owner = project_of_config(shell.environ)
    if owner is None:
        return
    if not shell.file(CONFIG_FILE).is_file():
        yield wrong(CHECK, f"AWS_CONFIG_FILE names {shell.file(CONFIG_FILE)}, which is gone.", USE_LOCAL)
    elif owner.root.resolve() != shell.project.root.resolve():
        what = f"AWS_CONFIG_FILE is that of the local AWS of another project, {owner.root}: deploys go there."
        yield wrong(CHECK, what, USE_LOCAL)
    elif shell.profile != NAME:
        yield _hidden(shell)
    elif shell.file(CREDENTIALS_FILE) != shell.own.credentials:
        file = shell.value(CREDENTIALS_FILE) or "your own credentials file"
        what = f"AWS_SHARED_CREDENTIALS_FILE is not this project's: keys of a profile {NAME} in {file} win."
        yield wrong(CHECK, what, USE_LOCAL)
    else:
        yield fine(CHECK, f"This shell is in local mode: the profile {NAME} of this project.")


def _hidden(shell: Shell) -> Finding:
    """The config file is this project's, and the profile is none that it holds."""
    if not shell.profile:
        what = "AWS_CONFIG_FILE is this project's, and no AWS_PROFILE is set: AWS tools find neither keys nor endpoint."
        return wrong(CHECK, what, USE_LOCAL)
    what = (
        f"The profile {shell.profile} is not found: AWS_CONFIG_FILE is this project's, which hides your own profiles, "
        "those of SSO too."
    )
    return wrong(CHECK, what, f"{_use_aws(shell.profile)}\nor, for the local AWS: {USE_LOCAL}")


def _named_local(shell: Shell) -> Iterator[Finding]:
    """The profile is called ``local``, and the config file is none that a local AWS wrote."""
    start = f"The profile is {NAME}, but AWS_CONFIG_FILE is not this project's: "
    if NAME in shell.profiles():
        yield wrong(CHECK, f"{start}a profile of your own with that name wins.", USE_LOCAL)
    else:
        yield wrong(CHECK, f"{start}no profile of that name is found.", USE_LOCAL)


def _aws_mode(shell: Shell) -> Iterator[Finding]:
    """The profile is one of the user's own, or none is named."""
    if shell.has_local_credentials:
        what = "AWS_SHARED_CREDENTIALS_FILE is that of a local AWS, and AWS_CONFIG_FILE is not: half of local mode."
        yield wrong(CHECK, what, f"{USE_LOCAL}\nor, for AWS: {_use_aws(shell.profile or 'NAME')}")
    if shell.value(CONFIG_FILE) and not shell.file(CONFIG_FILE).is_file():
        yield wrong(CHECK, f"AWS_CONFIG_FILE names {shell.file(CONFIG_FILE)}, which is gone.", "unset AWS_CONFIG_FILE")
    elif shell.profile and shell.profile not in shell.profiles():
        yield _not_found(shell)
    else:
        yield fine(CHECK, f"This shell is not in local mode: {_selected(shell)}. For the local AWS: {USE_LOCAL}")
    if NAME in shell.home_profiles():
        what = f"You have a profile of your own named {NAME}: without local mode, --profile {NAME} means that one."
        yield warning("same name", what, f"Use local mode, which never reads it: {USE_LOCAL}")


def _not_found(shell: Shell) -> Finding:
    name = shell.profile
    if shell.value(CONFIG_FILE) and name in shell.home_profiles():
        what = f"The profile {name} is not found: AWS_CONFIG_FILE, {shell.file(CONFIG_FILE)}, hides your own."
        return wrong(CHECK, what, _use_aws(name))
    where = f"{shell.file(CONFIG_FILE)} and {shell.file(CREDENTIALS_FILE)}"
    what = f"The profile {name} is not found in {where}."
    return wrong(CHECK, what, f"aws configure sso --profile {shlex.quote(name)}\nor, for the local AWS: {USE_LOCAL}")


def _selected(shell: Shell) -> str:
    if shell.profile:
        return f"AWS tools use your profile {shell.profile}"
    if shell.value("AWS_ACCESS_KEY_ID"):
        return "AWS tools use the exported keys"
    return "AWS tools use your default profile, if there is one"


def _use_aws(profile: str) -> str:
    return f'eval "$(lambdastream env --aws {shlex.quote(profile)})"'
