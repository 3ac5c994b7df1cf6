# Every example can be planned. test/e2e/terraform-apply.test.ts applies them with the real provider.

mock_provider "aws" {
  source = "./test/terraform/mocks"

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b"] }
  }
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./test/terraform/mocks"

  mock_data "aws_region" {
    defaults = { id = "us-east-1" }
  }
}

mock_provider "aws" {
  alias  = "us_west_2"
  source = "./test/terraform/mocks"

  mock_data "aws_region" {
    defaults = { id = "us-west-2" }
  }
}

mock_provider "aws" {
  alias  = "eu_west_1"
  source = "./test/terraform/mocks"

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
}

mock_provider "aws" {
  alias  = "ap_northeast_1"
  source = "./test/terraform/mocks"

  mock_data "aws_region" {
    defaults = { id = "ap-northeast-1" }
  }
}

run "basic" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = strcontains(output.invoke_command, "--function-name soci-index-builder-filter ")
    error_message = "The example must output the command that indexes one image."
  }
}

run "complete" {
  command = plan

  module {
    source = "./examples/complete"
  }

  assert {
    condition     = output.dashboard_name == "soci-complete-eu-west-1"
    error_message = "The example must create the dashboard."
  }

  # With a source condition, EventBridge could not send to an encrypted topic.
  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : contains(keys(statement), "Condition") if try(statement.Principal.Service, "") == "events.amazonaws.com"] == [false]
    error_message = "The key must allow EventBridge to use the dead-letter queue and the topic."
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_kms_key.this.policy).Statement : try(statement.Principal.Service, "")], "cloudwatch.amazonaws.com")
    error_message = "The key must allow the alarms, which would otherwise notify nobody."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.not_indexed.event_pattern) == {
      source      = ["soci-index-builder"]
      detail-type = ["SOCI Index Outcome"]
      detail = {
        instance = ["soci-complete"]
        "$or" = [
          { outcome = ["failed"] },
          { outcome = ["skipped"], reason = ["tag-immutable", "target-tag-taken", "target-tag-too-long"] },
        ]
      }
    }
    error_message = "The example's rule must match the images of this instance that were not indexed."
  }

  # Otherwise the log group of the schedule could not be created.
  assert {
    condition     = contains(jsondecode(aws_kms_key.this.policy).Statement[1].Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"], "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/states/soci-complete-schedule")
    error_message = "The key must allow the log group of the schedule."
  }

  assert {
    condition     = contains(jsondecode(aws_iam_policy.boundary.policy).Statement[0].Action, "states:*Execution")
    error_message = "The schedule's roles must be allowed to start and watch its runs."
  }

  # Without the endpoint in the VPC, or the action in the boundary, nothing would be announced.
  assert {
    condition     = contains(keys(aws_vpc_endpoint.interface), "events") && contains(jsondecode(aws_iam_policy.boundary.policy).Statement[0].Action, "events:PutEvents")
    error_message = "The functions must be able and allowed to reach EventBridge."
  }
}

run "multi_region" {
  command = plan

  module {
    source = "./examples/multi-region"
  }

  providers = {
    aws.us_east_1      = aws.us_east_1
    aws.us_west_2      = aws.us_west_2
    aws.eu_west_1      = aws.eu_west_1
    aws.ap_northeast_1 = aws.ap_northeast_1
  }

  variables {
    regions = ["us-west-2", "ap-northeast-1"]
  }

  assert {
    condition     = toset(keys(output.failure_queue_urls)) == toset(["us-west-2", "ap-northeast-1"])
    error_message = "There must be an instance in each selected region, and in no other."
  }
}

run "multi_region_rejects_an_unknown_region" {
  command = plan

  module {
    source = "./examples/multi-region"
  }

  providers = {
    aws.us_east_1      = aws.us_east_1
    aws.us_west_2      = aws.us_west_2
    aws.eu_west_1      = aws.eu_west_1
    aws.ap_northeast_1 = aws.ap_northeast_1
  }

  variables {
    regions = ["us-east-1", "mars-north-1"]
  }

  expect_failures = [var.regions]
}
