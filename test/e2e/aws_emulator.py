"""moto's server, with the one setting of a Lambda function that it drops: without it the second plan is never empty.

Started with moto's own options, for instance `-H 127.0.0.1 -p 0`.
"""

import sys

from moto.awslambda.models import LambdaFunction
from moto.server import main

create = LambdaFunction.__init__
describe = LambdaFunction.get_configuration
update = LambdaFunction.update_configuration


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


LambdaFunction.__init__ = create_with_logging
LambdaFunction.get_configuration = describe_with_logging
LambdaFunction.update_configuration = update_with_logging

main(sys.argv[1:])
