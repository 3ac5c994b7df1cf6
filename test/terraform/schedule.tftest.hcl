# The schedule in the root module: created only on request, with its alarms and settings. schedule-module.tftest.hcl tests
# what the module does with the settings.

mock_provider "aws" {
  source = "./test/terraform/mocks"

  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-gov-west-1" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    override_during = plan
    defaults        = { arn = "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/mocked" }
  }

  mock_resource "aws_sfn_state_machine" {
    override_during = plan
    defaults        = { arn = "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:mocked" }
  }
}

run "is_off_by_default" {
  command = plan

  assert {
    condition     = length(module.schedule) == 0 && output.schedule_state_machine_arn == null
    error_message = "Without schedule.enabled, nothing of the schedule must exist."
  }

  assert {
    condition     = length([for key, alarm in aws_cloudwatch_metric_alarm.this : key if startswith(key, "schedule")]) == 0
    error_message = "If there is no schedule, there must be no alarms for it."
  }
}

run "is_off_if_the_module_is_off" {
  command = plan

  variables {
    create   = false
    schedule = { enabled = true }
  }

  assert {
    condition     = length(module.schedule) + length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "create = false must also omit the schedule."
  }
}

# terraform.test.ts checks what is planned in modules/schedule.
run "passes_defaults_to_the_schedule" {
  command = plan

  variables {
    schedule = { enabled = true, expression = null, timezone = null, lookback_days = null, concurrency = null }
    tags     = { team = "platform" }
  }

  assert {
    condition     = output.schedule_state_machine_arn == "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:mocked"
    error_message = "The output must name the existing state machine, for starting a run manually."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.namespace} ${alarm.metric_name} ${alarm.dimensions.StateMachineArn} > ${alarm.threshold}" if startswith(key, "schedule") } == {
      schedule-failed    = "AWS/States ExecutionsFailed arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:mocked > 0"
      schedule-timed-out = "AWS/States ExecutionsTimedOut arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:mocked > 0"
    }
    error_message = "A run that did not search everything must trigger an alarm."
  }
}

run "passes_settings_to_the_schedule" {
  command = plan

  variables {
    name                         = "nightly"
    repository_image_tag_filters = ["prod*:latest", "team/web.app:v1.*"]
    soci_index_version           = "V1"
    kms_key_arn                  = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"
    permissions_boundary_arn     = "arn:aws-us-gov:iam::111122223333:policy/boundary"
    tracing                      = true
    logs                         = { retention_days = 7 }
    schedule                     = { enabled = true, expression = "cron(0 3 * * ? *)", timezone = "Europe/Berlin", lookback_days = 8, concurrency = 2 }
  }

  expect_failures = [check.soci_index_version]
}

run "has_no_alarms_if_alarms_are_disabled" {
  command = plan

  variables {
    alarms   = { enabled = false }
    schedule = { enabled = true }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "alarms.enabled = false must also apply to the schedule's alarms."
  }
}

run "rejects_an_empty_expression" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "" }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_rate_of_minutes" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(30 minutes)" }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_rate_of_0" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(0 days)" }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_single_time" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "at(2026-01-01T00:00:00)" }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_cron_of_five_fields" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "cron(0 3 * * *)" }
  }

  expect_failures = [var.schedule]
}

run "rejects_an_invalid_time_zone" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "UTC+1:00" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_in_lower_case" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "europe/berlin" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_of_a_place_in_lower_case" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "Europe/berlin" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_as_an_offset" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "GMT+1" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_by_its_abbreviation" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "CEST" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_of_an_area_alone" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "Europe" }
  }

  expect_failures = [var.schedule]
}

run "rejects_the_time_zone_of_a_misspelled_area" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "Eurpoe/Berlin" }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_lookback_of_0" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 0 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_fractional_lookback" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 1.5 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_lookback_of_more_than_a_year" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 366 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_lookback_equal_to_the_interval" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(3 days)", lookback_days = 3 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_lookback_shorter_than_the_interval" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(72 hours)", lookback_days = 2 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_concurrency_of_0" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 0 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_fractional_concurrency" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 1.5 }
  }

  expect_failures = [var.schedule]
}

run "rejects_a_concurrency_of_41" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 41 }
  }

  expect_failures = [var.schedule]
}

run "accepts_the_shortest_rate" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(1 hour)", lookback_days = 1 }
  }
}

run "accepts_a_lookback_just_longer_than_the_interval" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(71 hours)", lookback_days = 3 }
  }
}

run "accepts_a_cron_with_names" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "cron(15 10 ? * MON-FRI *)", timezone = "America/Argentina/Buenos_Aires" }
  }
}

run "accepts_the_maximum_lookback_and_concurrency" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 365, concurrency = 40 }
  }
}

run "accepts_null_for_everything" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { enabled = null, expression = null, timezone = null, lookback_days = null, concurrency = null }
  }
}

run "accepts_the_time_zone_of_a_fixed_offset" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "Etc/GMT-1" }
  }
}

run "accepts_the_time_zone_of_a_place_with_hyphens" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "America/Port-au-Prince" }
  }
}
