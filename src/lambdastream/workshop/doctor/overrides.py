"""Variables that win over a profile, or stand in its way: in local mode none may, on AWS they surprise.

botocore's order: exported keys and web identities come before a profile's, endpoints and regions too (AWS SDKs and Tools
reference guide, "Settings reference"). What AWS_REGION does depends on the tool: boto3 and sam take AWS_DEFAULT_REGION,
the CDK and most other SDKs AWS_REGION.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed leaves it out

from lambdastream.control.profile import ENDPOINT, REGION
from lambdastream.workshop.doctor.finding import Finding, warning, wrong
from lambdastream.workshop.doctor.shell import Shell

KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
WEB_IDENTITY: Final = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN")
REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
IGNORE: Final = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
PROXIES: Final = ("http_proxy", "HTTP_PROXY")


def exported_keys(shell: Shell) -> Iterator[Finding]:
    """Keys, or a role by web identity, beside a profile: they win over it."""
    for check, names in (("exported keys", KEYS), ("web identity", WEB_IDENTITY)):
        found = [name for name in names if shell.value(name)]
        if names[0] in found and (shell.is_local or shell.profile):
            what = f"{_and(found)} {_wins(found)} over the profile {shell.profile or 'that is to be used'}."
            yield wrong(check, what, f"unset {' '.join(found)}")


def two_profiles(shell: Shell) -> Iterator[Finding]:
    """AWS_PROFILE and AWS_DEFAULT_PROFILE: boto3 takes the latter, other tools the former."""
    default, profile = shell.value("AWS_DEFAULT_PROFILE"), shell.value("AWS_PROFILE")
    if default and profile and default != profile:
        what = (
            f"AWS_DEFAULT_PROFILE is {default} and AWS_PROFILE is {profile}: boto3 and sam take the first, others not."
        )
        yield wrong("two profiles", what, "unset AWS_DEFAULT_PROFILE")


def exported_endpoints(shell: Shell) -> Iterator[Finding]:
    """Endpoints in variables: they win over the profile's."""
    found = sorted(name for name in shell.environ if name.startswith(ENDPOINT) and shell.value(name))
    if not found:
        return
    addresses = sorted({shell.value(name) for name in found})
    what = f"{_and(found)} {_wins(found)} over the profile's endpoint: calls go to {_and(addresses)}."
    elsewhere = any(urlsplit(address).hostname in LOOPBACK for address in addresses)
    level = wrong if shell.is_local or elsewhere else warning
    yield level("exported endpoints", what, f"unset {' '.join(found)}")


def ignored_endpoints(shell: Shell) -> Iterator[Finding]:
    """A switch that makes AWS tools ignore the profile's endpoint: they call AWS."""
    if shell.is_local and shell.value(IGNORE).lower() == "true":
        what = f"{IGNORE} is set: AWS tools ignore the profile's endpoint, and call AWS."
        yield wrong("ignored endpoints", what, f"unset {IGNORE}")


def exported_regions(shell: Shell) -> Iterator[Finding]:
    """Regions in variables: they win over the profile's."""
    found = {name: shell.value(name) for name in REGIONS if shell.value(name)}
    told = _and([f"{name} ({region})" for name, region in found.items()])
    unset = f"unset {' '.join(found)}"
    if len(set(found.values())) > 1:
        yield wrong("exported region", f"{told} differ: some tools take the one, some the other.", unset)
    elif shell.is_local and set(found.values()) - {REGION}:
        what = f"{told} {_wins(found)} over the profile's region, {REGION}: stacks land where others do not look."
        yield wrong("exported region", what, unset)
    elif found and shell.profile and not shell.is_local:
        yield warning(
            "exported region", f"{told} {_wins(found)} over the region of the profile {shell.profile}.", unset
        )


def proxied(shell: Shell) -> Iterator[Finding]:
    """A proxy for plain HTTP that gets the calls to this machine, too: nothing there knows the local AWS."""
    proxy = next((name for name in PROXIES if shell.value(name)), None)
    excepted = shell.value("no_proxy") or shell.value("NO_PROXY")
    if proxy and shell.is_local and not proxy_bypass_environment(LOOPBACK[0], {"no": excepted}):
        what = f"{proxy} is set, and NO_PROXY leaves {LOOPBACK[0]} out: AWS tools send local calls to the proxy."
        names = ",".join(filter(None, (excepted, *LOOPBACK[:2])))
        yield wrong("proxy", what, f"export NO_PROXY={names} no_proxy={names}")


OVERRIDES: Final[tuple[Callable[[Shell], Iterator[Finding]], ...]] = (
    exported_keys,
    two_profiles,
    exported_endpoints,
    ignored_endpoints,
    exported_regions,
    proxied,
)


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def _wins(names: Iterable[str]) -> str:
    return "win" if len(list(names)) > 1 else "wins"
