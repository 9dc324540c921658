"""The ways in: function URLs, Invoke and InvokeWithResponseStream."""
