"""The CDK app; ``cdk.json`` names it."""

from __future__ import annotations

import sys

import aws_cdk as cdk

from settings import SettingError, Settings
from stack import StreamingChat

app = cdk.App()
try:
    settings = Settings.from_context(app.node.try_get_context)
except SettingError as error:
    sys.exit(str(error))
StreamingChat(app, "StreamingChatCdk", settings)
app.synth()
