# The generator's announcements: on which bus and from which source, and the pattern for listeners.

mock_provider "aws" {
  source = "./test/terraform/mocks"

  mock_data "aws_partition" {
    defaults = { partition = "aws-cn" }
  }

  mock_data "aws_region" {
    defaults = { id = "cn-north-1" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    override_during = plan
    defaults        = { arn = "arn:aws-cn:events:cn-north-1:111122223333:rule/mocked" }
  }

  mock_resource "aws_sfn_state_machine" {
    override_during = plan
    defaults        = { arn = "arn:aws-cn:states:cn-north-1:111122223333:stateMachine:mocked" }
  }
}

run "announces_on_another_bus" {
  command = plan

  variables {
    name          = "team-soci"
    announcements = { event_bus_name = "team/outcomes" }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this["generator"].policy).Statement : statement if statement.Sid == "AnnounceOutcomes"
      ] == [{
        Sid       = "AnnounceOutcomes"
        Effect    = "Allow"
        Action    = ["events:PutEvents"]
        Resource  = ["arn:aws-cn:events:cn-north-1:111122223333:event-bus/team/outcomes"]
        Condition = { StringEquals = { "events:source" = "soci-index-builder" } }
    }]
    error_message = "The generator may put events only on this bus, and only from its own source."
  }

  assert {
    condition     = aws_lambda_function.this["generator"].environment[0].variables["SOCI_EVENT_BUS_NAME"] == "team/outcomes" && aws_lambda_function.this["generator"].environment[0].variables["SOCI_INSTANCE_NAME"] == "team-soci"
    error_message = "The generator must get the bus and the instance name."
  }

  assert {
    condition = jsondecode(output.announcement_event_pattern) == {
      source      = ["soci-index-builder"]
      detail-type = ["SOCI Index Outcome"]
      detail      = { instance = ["team-soci"] }
    }
    error_message = "The pattern must match the announcements of this instance, and no others."
  }

  # Announcements must never trigger the functions again.
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this[0].event_pattern).source == ["aws.ecr"] && aws_cloudwatch_event_rule.this[0].event_bus_name != "team/outcomes"
    error_message = "The module's own rule must match only events from ECR."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["filter"].policy, "events:")
    error_message = "Only the generator may put events."
  }
}

run "announces_nothing" {
  command = plan

  variables {
    announcements = { enabled = false, event_bus_name = null }
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["generator"].policy, "events:")
    error_message = "Without announcements, no permission to put events is needed."
  }

  assert {
    condition     = aws_lambda_function.this["generator"].environment[0].variables["SOCI_EVENT_BUS_NAME"] == "" && output.announcement_event_pattern == null
    error_message = "The generator must get an empty bus name, and there must be no event pattern."
  }
}

# The maximum length in EventBridge.
run "accepts_the_longest_bus_name" {
  command = plan

  variables {
    announcements = { event_bus_name = join("", [for letter in range(256) : "b"]) }
  }

  assert {
    condition     = length(aws_lambda_function.this["generator"].environment[0].variables["SOCI_EVENT_BUS_NAME"]) == 256
    error_message = "The longest name that EventBridge allows must be accepted."
  }
}
