"""A local AWS Lambda that streams.

It runs functions with the real ``awslambdaric`` and the real Lambda Web Adapter, without an AWS account and without
Docker. The packages, lowest first: ``errors``, ``wire``, ``runtime``, ``doors``, ``control``, ``workshop`` and ``cli``;
``client`` stands apart and knows nothing of the local half.
"""
