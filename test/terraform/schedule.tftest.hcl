# The schedule: nothing of it unless it is asked for, and then what runs, what it may do, and what it is told.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws-us-gov" }
  }

  mock_data "aws_region" {
    defaults = { id = "us-gov-west-1" }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
}

run "is_off_by_default" {
  command = plan

  assert {
    condition = alltrue([
      length(aws_scheduler_schedule.this) == 0,
      length(aws_sfn_state_machine.this) == 0,
      length(aws_cloudwatch_log_group.schedule) == 0,
      length(aws_iam_role.schedule) == 0,
      length(aws_iam_role_policy.schedule) == 0,
      length([for key, alarm in aws_cloudwatch_metric_alarm.this : key if startswith(key, "schedule")]) == 0,
      output.schedule_state_machine_arn == null,
    ])
    error_message = "Without schedule.enabled there must be nothing of it."
  }
}

run "is_off_where_the_module_is" {
  command = plan

  variables {
    create   = false
    schedule = { enabled = true }
  }

  assert {
    condition     = length(aws_scheduler_schedule.this) + length(aws_sfn_state_machine.this) + length(aws_cloudwatch_log_group.schedule) + length(aws_iam_role.schedule) + length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "create = false must leave out the schedule too."
  }
}

run "runs_once_a_day" {
  command = plan

  variables {
    repository_image_tag_filters = ["prod*:latest", "team/web.app:v1.*"]
    schedule                     = { enabled = true, expression = null, timezone = null, lookback_days = null, concurrency = null }
    tags                         = { team = "platform" }
  }

  assert {
    condition = alltrue([
      aws_scheduler_schedule.this[0].name == "soci-index-builder-schedule",
      aws_scheduler_schedule.this[0].schedule_expression == "rate(1 day)",
      aws_scheduler_schedule.this[0].schedule_expression_timezone == "UTC",
      aws_scheduler_schedule.this[0].flexible_time_window[0].mode == "OFF",
      aws_scheduler_schedule.this[0].kms_key_arn == null,
      aws_scheduler_schedule.this[0].target[0].retry_policy[0].maximum_event_age_in_seconds == 3600,
    ])
    error_message = "An attribute that is null must have its default: once a day."
  }

  assert {
    condition = alltrue([
      aws_sfn_state_machine.this[0].name == "soci-index-builder-schedule",
      aws_sfn_state_machine.this[0].logging_configuration[0].level == "ERROR",
      !aws_sfn_state_machine.this[0].logging_configuration[0].include_execution_data,
      !aws_sfn_state_machine.this[0].tracing_configuration[0].enabled,
      length(aws_sfn_state_machine.this[0].encryption_configuration) == 0,
      aws_cloudwatch_log_group.schedule[0].name == "/aws/vendedlogs/states/soci-index-builder-schedule",
      aws_cloudwatch_log_group.schedule[0].retention_in_days == 30,
      aws_cloudwatch_log_group.schedule[0].kms_key_id == null,
    ])
    error_message = "The workflow must log its errors, and nothing of the images."
  }

  assert {
    condition = alltrue([
      for tags in [aws_sfn_state_machine.this[0].tags, aws_cloudwatch_log_group.schedule[0].tags, aws_iam_role.schedule["schedule"].tags, aws_iam_role.schedule["scheduler"].tags] :
      tags == tomap({ team = "platform" })
    ])
    error_message = "Everything that takes tags must have them."
  }

  # The whole of it, state by state; test/e2e/schedule.test.ts runs it.
  assert {
    condition = { for name, state in jsondecode(aws_sfn_state_machine.this[0].definition).States : name => [state.Type, try(state.Next, try(state.Default, null))] } == {
      Begin                    = ["Pass", "ListRepositories"]
      ListRepositories         = ["Task", "SearchRepositories"]
      SearchRepositories       = ["Map", "AreThereMoreRepositories"]
      AreThereMoreRepositories = ["Choice", "AllSearched"]
      AllSearched              = ["Succeed", null]
      NotAllSearched           = ["Fail", null]
    }
    error_message = "The workflow must list repositories page by page, and say at its end whether it searched all."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this[0].definition).States.AreThereMoreRepositories.Choices) == jsonencode([
      { Condition = "{% $repositoriesToken != null %}", Next = "ListRepositories" },
      { Condition = "{% $notSearched > 0 %}", Next = "NotAllSearched" },
    ])
    error_message = "All pages must be read before it is judged what is missing."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this[0].definition).States.Begin.Assign) == jsonencode({
      notSearched       = 0
      pushedSince       = "{% $toMillis($states.context.Execution.StartTime) - 259200000 %}"
      pushedUntil       = "{% $toMillis($states.context.Execution.StartTime) - 3600000 %}"
      repositoriesToken = null
    })
    error_message = "The workflow must look at the images of three days, but for the last hour's."
  }

  assert {
    condition     = [for state in ["QueryLanguage", "StartAt"] : jsondecode(aws_sfn_state_machine.this[0].definition)[state]] == ["JSONata", "Begin"] && jsondecode(aws_sfn_state_machine.this[0].definition).TimeoutSeconds == 86400
    error_message = "A run must end before it meets the next."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this[0].definition).States.ListRepositories.Resource == "arn:aws-us-gov:states:::aws-sdk:ecr:describeRepositories",
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.ListRepositories.Arguments, "'MaxResults': 100"),
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.ListRepositories.Output, "/^(prod.*|team\\/web\\.app)$/"),
    ])
    error_message = "Only the repositories of the filters may be searched: the role may list no others."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.MaxConcurrency == 1,
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ToleratedFailurePercentage == 100,
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.ProcessorConfig == { ExecutionType = "STANDARD", Mode = "DISTRIBUTED" },
    ])
    error_message = "Repositories must be searched one after the other, each in an execution of its own."
  }

  assert {
    condition = { for name, state in jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States : name => [state.Type, try(state.Next, try(state.Default, null))] } == {
      BeginSearch           = ["Pass", "ListImages"]
      ListImages            = ["Task", "SendEvents"]
      SendEvents            = ["Map", "AreThereMoreImages"]
      AreThereMoreImages    = ["Choice", "RepositorySearched"]
      RepositorySearched    = ["Pass", null]
      RepositoryNotSearched = ["Pass", null]
    }
    error_message = "The images of a repository must be listed page by page."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Catch) == jsonencode([
      { ErrorEquals = ["Ecr.RepositoryNotFoundException"], Next = "RepositorySearched" },
      { ErrorEquals = ["States.ALL"], Next = "RepositoryNotSearched" },
    ])
    error_message = "A repository that is deleted meanwhile is no failure; any other error is."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Resource == "arn:aws-us-gov:states:::aws-sdk:ecr:describeImages",
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Arguments, "'Filter': { 'TagStatus': 'TAGGED' }, 'MaxResults': 100"),
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "/^(prod.*:latest|team\\/web\\.app:v1\\..*)$/"),
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "and $not($contains($tag, /^.+-soci$/))"),
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "'application/vnd.amazon.soci.index.v2+json'"),
      !strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "\n"),
    ])
    error_message = "Only images with a tag that a filter matches may be handed over, and none of our own."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.InvokeFilter.Arguments) == jsonencode({
      FunctionName   = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-index-builder-filter"
      InvocationType = "Event"
      Payload = {
        account     = "111122223333"
        detail      = "{% $states.input %}"
        detail-type = "ECR Image Action"
        id          = "{% $uuid() %}"
        region      = "us-gov-west-1"
        resources   = []
        source      = "aws.ecr"
        time        = "{% $states.context.State.EnteredTime %}"
        version     = "0"
      }
    })
    error_message = "The filter function must get push events of this account and region."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.SendEvents.MaxConcurrency == 1,
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.InvokeFilter.Next == "KeepRate",
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.KeepRate == { End = true, Seconds = 1, Type = "Wait" },
    ])
    error_message = "At most one image a second may be handed over for a repository."
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.schedule : key => [for statement in jsondecode(policy.policy).Statement : "${statement.Sid}: ${join(", ", statement.Action)} on ${join(", ", statement.Resource)}"] } == {
      schedule = [
        "ListRepositories: ecr:DescribeRepositories on arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/*",
        "ListImages: ecr:DescribeImages on arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*, arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app",
        "SendEvents: lambda:InvokeFunction on arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-index-builder-filter",
        "StartChildren: states:StartExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-index-builder-schedule",
        "WatchChildren: states:DescribeExecution, states:StopExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:soci-index-builder-schedule:*, arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:soci-index-builder-schedule/*",
        "WriteLogs: logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery on *",
      ]
      scheduler = [
        "StartWorkflow: states:StartExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-index-builder-schedule",
      ]
    }
    error_message = "The workflow may list images, invoke the filter, run and log; the scheduler may start it; nothing else."
  }

  assert {
    condition = { for key, role in aws_iam_role.schedule : role.name => jsondecode(role.assume_role_policy).Statement[0] } == {
      soci-index-builder-us-gov-west-1-schedule = {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:*" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
      }
      soci-index-builder-us-gov-west-1-scheduler = {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws-us-gov:scheduler:us-gov-west-1:111122223333:schedule-group/default" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
      }
    }
    error_message = "Only this account's state machines and schedules may take the roles."
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => "${alarm.namespace} ${alarm.metric_name} ${alarm.dimensions.StateMachineArn} > ${alarm.threshold}" if startswith(key, "schedule") } == {
      schedule-failed    = "AWS/States ExecutionsFailed arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-index-builder-schedule > 0"
      schedule-timed-out = "AWS/States ExecutionsTimedOut arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-index-builder-schedule > 0"
    }
    error_message = "A run that did not search everything must ring an alarm."
  }
}

run "does_as_it_is_told" {
  command = plan

  variables {
    soci_index_version       = "V1"
    kms_key_arn              = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"
    permissions_boundary_arn = "arn:aws-us-gov:iam::111122223333:policy/boundary"
    tracing                  = true
    logs                     = { retention_days = 7 }
    schedule                 = { enabled = true, expression = "cron(0 3 * * ? *)", timezone = "Europe/Berlin", lookback_days = 8, concurrency = 2 }
  }

  assert {
    condition = alltrue([
      aws_scheduler_schedule.this[0].schedule_expression == "cron(0 3 * * ? *)",
      aws_scheduler_schedule.this[0].schedule_expression_timezone == "Europe/Berlin",
      aws_scheduler_schedule.this[0].kms_key_arn == var.kms_key_arn,
      aws_sfn_state_machine.this[0].encryption_configuration[0].kms_key_id == var.kms_key_arn,
      aws_sfn_state_machine.this[0].encryption_configuration[0].type == "CUSTOMER_MANAGED_KMS_KEY",
      aws_sfn_state_machine.this[0].tracing_configuration[0].enabled,
      aws_cloudwatch_log_group.schedule[0].kms_key_id == var.kms_key_arn,
      aws_cloudwatch_log_group.schedule[0].retention_in_days == 7,
      aws_iam_role.schedule["schedule"].permissions_boundary == var.permissions_boundary_arn,
      aws_iam_role.schedule["scheduler"].permissions_boundary == var.permissions_boundary_arn,
    ])
    error_message = "Key, boundary, tracing and logs must be those of the module."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.MaxConcurrency == 2,
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.Begin.Assign.pushedSince, "- 691200000 "),
      strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "[$filter($image.ImageTags, $isMatching)][0]"),
      !strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "-soci"),
    ])
    error_message = "With V1 an image must be handed over once, whatever its tags are."
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.schedule : key => [for statement in jsondecode(policy.policy).Statement : join(", ", statement.Action) if contains(["Trace", "UseKey"], statement.Sid)] } == {
      schedule  = ["xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments", "kms:Decrypt, kms:GenerateDataKey"]
      scheduler = ["kms:Decrypt"]
    }
    error_message = "Tracing and a key must come with their permissions."
  }

  expect_failures = [check.soci_index_version]
}

run "takes_every_tag_where_the_tag_itself_moves" {
  command = plan

  variables {
    target_tag_template = "{tag}"
    schedule            = { enabled = true }
  }

  assert {
    condition     = !strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "$not($contains")
    error_message = "Without a prefix or suffix no tag can be told to be our own."
  }
}

run "knows_its_own_tags_by_their_beginning_too" {
  command = plan

  variables {
    target_tag_template = "v1.lazy-{tag}"
    schedule            = { enabled = true }
  }

  assert {
    condition     = strcontains(jsondecode(aws_sfn_state_machine.this[0].definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "$not($contains($tag, /^v1\\.lazy-.+$/))")
    error_message = "What the template makes must be passed over."
  }
}

run "has_no_alarm_where_there_are_none" {
  command = plan

  variables {
    alarms   = { enabled = false }
    schedule = { enabled = true }
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0
    error_message = "alarms.enabled = false must hold for the schedule's too."
  }
}

run "refuses_an_empty_expression" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_rate_of_minutes" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(30 minutes)" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_rate_of_none" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(0 days)" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_single_time" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "at(2026-01-01T00:00:00)" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_cron_of_five_fields" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "cron(0 3 * * *)" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_time_zone_that_is_none" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { timezone = "UTC+1:00" }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_lookback_of_nothing" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 0 }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_lookback_of_half_a_day" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 1.5 }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_lookback_of_more_than_a_year" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 366 }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_lookback_that_only_just_meets_the_last_look" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(3 days)", lookback_days = 3 }
  }

  expect_failures = [var.schedule]
}

run "refuses_a_lookback_that_does_not_reach_the_last_look" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(72 hours)", lookback_days = 2 }
  }

  expect_failures = [var.schedule]
}

run "refuses_no_repository_at_once" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 0 }
  }

  expect_failures = [var.schedule]
}

run "refuses_half_a_repository_at_once" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 1.5 }
  }

  expect_failures = [var.schedule]
}

run "refuses_more_repositories_at_once_than_any_quota" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { concurrency = 41 }
  }

  expect_failures = [var.schedule]
}

run "takes_the_shortest_rate" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(1 hour)", lookback_days = 1 }
  }
}

run "takes_a_lookback_just_beyond_the_last_look" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "rate(71 hours)", lookback_days = 3 }
  }
}

run "takes_a_cron_with_names" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { expression = "cron(15 10 ? * MON-FRI *)", timezone = "America/Argentina/Buenos_Aires" }
  }
}

run "takes_a_year_and_all_at_once" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { lookback_days = 365, concurrency = 40 }
  }
}

run "takes_null_for_everything" {
  command = plan

  module {
    source = "./test/terraform/variables"
  }

  variables {
    schedule = { enabled = null, expression = null, timezone = null, lookback_days = null, concurrency = null }
  }
}
