"""Lint that teaches: what people get wrong when they stream from Lambda, as rules for cfn-lint.

With cfn-lint itself, beside its own rules, in the environment in which this package is installed::

    cfn-lint --append-rules PATH/TO/lambdastream/lint -- template.yaml

From Python, these rules alone::

    for finding in lint(Path("template.yaml")):
        print(finding)

``sam validate --lint`` runs cfn-lint too, but takes no extra rules: run both.

The rules read SAM templates as they are written, as ``sam build`` leaves them, and as SAM's transform or the CDK expands
them. A template is judged for each combination of its parameters' allowed values; a value that only a deployment
can know is never held against it. A rule is switched off as any of cfn-lint's: ``--ignore-checks W9508``, or in the
resource's ``Metadata``.

cfn-lint takes every module here whose name begins with a letter for rules, and loads it from its file, outside this
package. So the rules import by full names, and what is no rule has a name that begins with an underscore.
"""

from lambdastream.lint._check import Finding, lint

__all__ = ["Finding", "lint"]
