"""What the tests of signatures share: botocore's own signers, as the oracle."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdastream.wire.http_message import HttpRequest
from lambdastream.wire.sigv4 import Claim, SignatureError, parse_authorization, verify


@dataclass(frozen=True)
class Signing:
    """Signs with botocore, now, and verifies. A call is method, target, body and headers; the last two can be left out."""

    host: str = "127.0.0.1:4566"
    key: str = "AKIALOCALLOCALLOCAL1"
    secret: str = "secret/of+the/local=key"
    region: str = "eu-west-1"

    def sign(self, service, *call, token=None) -> HttpRequest:
        """Sign in a header; return the request as it goes over the wire."""
        signer = S3SigV4Auth if service == "s3" else SigV4Auth
        return self._signed(signer(Credentials(self.key, self.secret, token), service, self.region), *call)

    def sign_as_stated(self, service, *call) -> HttpRequest:
        """Sign in a header, with the payload's hash as the headers state it, if they do."""
        return self._signed(SigV4Auth(Credentials(self.key, self.secret), service, self.region), *call)

    def presign(self, service, *call, token=None, expires=300, payload_hash="") -> HttpRequest:
        """Sign in the query; return the request as it goes over the wire. `payload_hash` replaces botocore's."""
        kind = S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth
        signer = kind(Credentials(self.key, self.secret, token), service, self.region, expires=expires)
        if payload_hash:
            signer.payload = lambda _: payload_hash
        return self._signed(signer, *call)

    def _signed(self, signer, method, target, body=b"", headers=()) -> HttpRequest:
        request = AWSRequest(method, f"http://{self.host}{target}", dict(headers), body)
        signer.add_auth(request)
        url = urlsplit(request.url)
        fields = [("host", self.host), *((name.lower(), value) for name, value in request.headers.items())]
        return HttpRequest(method, url.path + (f"?{url.query}" if url.query else ""), tuple(fields), body)

    def check(self, request, *, secret="", later=timedelta(), **wanted) -> Claim:
        """Parse and verify, as if the request arrived `later` than it was signed."""
        claim = parse_authorization(request)
        verify(request, claim, secret or self.secret, now=claim.timestamp + later, **wanted)
        return claim

    def refusal(self, request, **options) -> str:
        """Return the code that the request is refused with."""
        with pytest.raises(SignatureError) as caught:
            self.check(request, **options)
        assert caught.value.problem
        return caught.value.code


@pytest.fixture(scope="session")
def signing() -> Signing:
    """Sign with botocore, and verify."""
    return Signing()
