"""The doctor: looks at the machine, the project, the local AWS and the AWS settings, and names the fix of what is wrong.

It changes nothing, starts nothing and fetches nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lambdastream.control.deploy_destination import destination
from lambdastream.control.project import Project, find_project
from lambdastream.workshop.doctor.aws_settings import aws_settings
from lambdastream.workshop.doctor.declared import declared_runtimes, find_templates
from lambdastream.workshop.doctor.finding import Finding
from lambdastream.workshop.doctor.local_aws import local_aws
from lambdastream.workshop.doctor.machine import machine
from lambdastream.workshop.doctor.programs import programs
from lambdastream.workshop.doctor.report import Report
from lambdastream.workshop.doctor.sam_settings import sam_settings
from lambdastream.workshop.doctor.template import templates

__all__ = ["Finding", "Report", "doctor"]


def doctor(project: Project | None = None, environ: Mapping[str, str] | None = None) -> Report:
    """Look at everything for a project, by default the current folder's, and a shell's variables, by default our own.

    It takes some seconds: cfn-lint, boto3 and the interpreters start. A notebook shows the report as a table.
    """
    project = project or find_project()
    environ = os.environ if environ is None else environ
    folders = list(dict.fromkeys((project.root, Path.cwd())))
    found_templates = find_templates(*folders)
    findings = (
        *machine(project.root),
        *programs(declared for path in found_templates for declared in declared_runtimes(path)),
        *local_aws(project),
        *aws_settings(environ, project),
        *sam_settings(environ, folders),
        *templates(found_templates),
    )
    return Report(findings, destination(environ))
