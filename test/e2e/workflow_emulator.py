"""Runs one Step Functions workflow on moto's interpreter, against the AWS API at a loopback address.

    python workflow_emulator.py DEFINITION_FILE URL

Prints one JSON object: status, error and cause of the execution. moto's interpreter comes from LocalStack, and lacks what
LocalStack takes from elsewhere. This program adds it: JSONata (PyPI's jsonata-python), and the translation of field names,
which begin with a capital letter in workflows and with a lower-case letter in ECR's API.
"""

import importlib
import json
import pkgutil
import sys
import time
import uuid
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from jsonata import Jsonata
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.state.exec import state_task
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.jsonata import jsonata, validations

definition_file, url = sys.argv[1:]
longest_seconds = 300


def evaluate(expression):
    # Step Functions' own function, in addition to JSONata's.
    with_uuid = f'($uuid := function() {{ "{uuid.uuid4()}" }}; {expression})'
    # Plain lists and dictionaries instead of the evaluator's own types.
    return json.loads(json.dumps(Jsonata(with_uuid).evaluate(None)))


def open_client(region, service, state_credentials=None):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret-access-key",
        # ECR and Lambda validate their own parameters.
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def rename(value, change):
    if isinstance(value, dict):
        return {change(key[:1]) + key[1:]: rename(member, change) for key, member in value.items()}
    if isinstance(value, list):
        return [rename(member, change) for member in value]
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def rename_in_place(task, fields, change):
    if task.resource.service_name == "aws-sdk":
        renamed = rename(dict(fields), change)
        fields.clear()
        fields.update(renamed)


def to_api(task, parameters, **_):
    rename_in_place(task, parameters, str.lower)


def from_api(task, response, **_):
    rename_in_place(task, response, str.upper)


# The name of the client in AWS's SDK for Java, with which error names begin.
state_task_service_aws_sdk._SERVICE_ERROR_NAMES["ecr"] = "Ecr"
StateTaskService._normalise_parameters = to_api
StateTaskService._normalise_response = from_api
for module in (jsonata, string_expression, validations):
    module.eval_jsonata_expression = evaluate
for found in pkgutil.walk_packages(state_task.__path__, f"{state_task.__name__}."):
    module = importlib.import_module(found.name)
    if hasattr(module, "boto_client_for"):
        module.boto_client_for = open_client

with mock_aws(
    config={
        "core": {"passthrough": {"urls": [r"127\.0\.0\.1.*"]}},
        "stepfunctions": {"execute_state_machine": True},
    }
):
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = boto3.client("iam").create_role(RoleName="workflow", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    workflows = boto3.client("stepfunctions", region_name="eu-west-1")
    with open(definition_file) as file:
        machine = workflows.create_state_machine(name="workflow", definition=file.read(), roleArn=role)
    started = workflows.start_execution(stateMachineArn=machine["stateMachineArn"])
    for _ in range(10 * longest_seconds):
        execution = workflows.describe_execution(executionArn=started["executionArn"])
        if execution["status"] != "RUNNING":
            break
        time.sleep(0.1)
    print(json.dumps({key: execution.get(key) for key in ("status", "error", "cause")}))
