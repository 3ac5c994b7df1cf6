"""moto's server with four changes. It keeps a Lambda function's logging settings, without which the second plan is never
empty, and the address of its code, here a data URL of the uploaded zip itself. It reports every Step Functions workflow as
valid, because the provider asks before it plans one, and no published versions of any.

Started with moto's own options, for example `-H 127.0.0.1 -p 0`.
"""

import base64
import json
import sys

from moto.awslambda.models import LambdaFunction
from moto.server import main
from moto.stepfunctions.responses import StepFunctionResponse

create = LambdaFunction.__init__
describe = LambdaFunction.get_configuration
update = LambdaFunction.update_configuration
describe_code = LambdaFunction.get_code


def create_with_logging(self, account_id, spec, *args, **kwargs):
    create(self, account_id, spec, *args, **kwargs)
    self.logging_config = spec.get("LoggingConfig")


def describe_with_logging(self, *args, **kwargs):
    configuration = describe(self, *args, **kwargs)
    if self.logging_config is not None:
        configuration["LoggingConfig"] = self.logging_config
    return configuration


def update_with_logging(self, updates):
    self.logging_config = updates.get("LoggingConfig", self.logging_config)
    return update(self, updates)


def describe_code_with_zip(self):
    code = describe_code(self)
    zip_in_base64 = base64.b64encode(self.code_bytes).decode()
    code["Code"] = {"RepositoryType": "S3", "Location": f"data:application/zip;base64,{zip_in_base64}"}
    return code


def validate_workflow(self):
    return json.dumps({"result": "OK", "diagnostics": []})


def list_workflow_versions(self):
    return json.dumps({"stateMachineVersions": []})


LambdaFunction.__init__ = create_with_logging
LambdaFunction.get_configuration = describe_with_logging
LambdaFunction.update_configuration = update_with_logging
LambdaFunction.get_code = describe_code_with_zip
StepFunctionResponse.validate_state_machine_definition = validate_workflow
StepFunctionResponse.list_state_machine_versions = list_workflow_versions

main(sys.argv[1:])
