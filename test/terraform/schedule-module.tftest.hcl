# The schedule's module alone: what runs, what it may do, and its settings. schedule.tftest.hcl and terraform.test.ts test
# what the root module passes to it.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "runs_once_a_day" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name                     = "soci-schedule"
    role_name_prefix         = "soci-us-gov-west-1"
    tags                     = { team = "platform" }
    permissions_boundary_arn = null
    kms_key_arn              = null
    log_retention_days       = 30
    tracing                  = false
    expression               = "rate(1 day)"
    timezone                 = "UTC"
    lookback_days            = 3
    concurrency              = 1
    partition                = "aws-us-gov"
    region                   = "us-gov-west-1"
    account_id               = "111122223333"
    filter_function_arn      = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter"
    filters                  = ["prod*:latest", "team/web.app:v1.*"]
    repository_arns          = ["arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*", "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app"]
    other_artifact_types     = ["application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json"]
    soci_index_version       = "V2"
    target_tag_template      = "{tag}-soci"
  }

  assert {
    condition = alltrue([
      aws_scheduler_schedule.this.name == "soci-schedule",
      aws_scheduler_schedule.this.schedule_expression == "rate(1 day)",
      aws_scheduler_schedule.this.schedule_expression_timezone == "UTC",
      aws_scheduler_schedule.this.flexible_time_window[0].mode == "OFF",
      aws_scheduler_schedule.this.kms_key_arn == null,
      aws_scheduler_schedule.this.target[0].retry_policy[0].maximum_event_age_in_seconds == 3600,
    ])
    error_message = "An attribute that is null must have its default value: once a day."
  }

  assert {
    condition = alltrue([
      aws_sfn_state_machine.this.name == "soci-schedule",
      aws_sfn_state_machine.this.logging_configuration[0].level == "ERROR",
      !aws_sfn_state_machine.this.logging_configuration[0].include_execution_data,
      !aws_sfn_state_machine.this.tracing_configuration[0].enabled,
      length(aws_sfn_state_machine.this.encryption_configuration) == 0,
      aws_cloudwatch_log_group.this.name == "/aws/vendedlogs/states/soci-schedule",
      aws_cloudwatch_log_group.this.retention_in_days == 30,
      aws_cloudwatch_log_group.this.kms_key_id == null,
    ])
    error_message = "The workflow must log its errors, but no image data."
  }

  assert {
    condition = alltrue([
      for tags in [aws_sfn_state_machine.this.tags, aws_cloudwatch_log_group.this.tags, aws_iam_role.this["schedule"].tags, aws_iam_role.this["scheduler"].tags] :
      tags == tomap({ team = "platform" })
    ])
    error_message = "Everything that supports tags must get them."
  }

  # All states of the workflow; test/e2e/schedule.test.ts runs it.
  assert {
    condition = { for name, state in jsondecode(aws_sfn_state_machine.this.definition).States : name => [state.Type, try(state.Next, try(state.Default, null))] } == {
      Begin                    = ["Pass", "ListRepositories"]
      ListRepositories         = ["Task", "SearchRepositories"]
      SearchRepositories       = ["Map", "AreThereMoreRepositories"]
      AreThereMoreRepositories = ["Choice", "AllSearched"]
      AllSearched              = ["Succeed", null]
      NotAllSearched           = ["Fail", null]
    }
    error_message = "The workflow must list repositories page by page, and report at the end whether it searched all of them."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.AreThereMoreRepositories.Choices) == jsonencode([
      { Condition = "{% $repositoriesToken != null %}", Next = "ListRepositories" },
      { Condition = "{% $notSearched > 0 %}", Next = "NotAllSearched" },
    ])
    error_message = "All pages must be read before the run can fail."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.Begin.Assign) == jsonencode({
      notSearched       = 0
      pushedSince       = "{% $toMillis($states.context.Execution.StartTime) - 259200000 %}"
      pushedUntil       = "{% $toMillis($states.context.Execution.StartTime) - 3600000 %}"
      repositoriesToken = null
    })
    error_message = "The workflow must search the images of the last three days, except those of the last hour."
  }

  assert {
    condition     = [for state in ["QueryLanguage", "StartAt"] : jsondecode(aws_sfn_state_machine.this.definition)[state]] == ["JSONata", "Begin"] && jsondecode(aws_sfn_state_machine.this.definition).TimeoutSeconds == 86400
    error_message = "A run must end before the next one starts."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this.definition).States.ListRepositories.Resource == "arn:aws-us-gov:states:::aws-sdk:ecr:describeRepositories",
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.ListRepositories.Arguments, "'MaxResults': 100"),
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.ListRepositories.Output, "/^(prod.*|team\\/web\\.app)$/"),
    ])
    error_message = "Only the filters' repositories may be searched, because the role may list no others."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.MaxConcurrency == 1,
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ToleratedFailurePercentage == 100,
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.ProcessorConfig == { ExecutionType = "STANDARD", Mode = "DISTRIBUTED" },
    ])
    error_message = "Repositories must be searched one after the other, each in its own execution."
  }

  assert {
    condition = { for name, state in jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States : name => [state.Type, try(state.Next, try(state.Default, null))] } == {
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
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Catch) == jsonencode([
      { ErrorEquals = ["Ecr.RepositoryNotFoundException"], Next = "RepositorySearched" },
      { ErrorEquals = ["States.ALL"], Next = "RepositoryNotSearched" },
    ])
    error_message = "A repository that is deleted in the meantime must not be a failure, but any other error must."
  }

  assert {
    condition = [
      for retry in [
        jsondecode(aws_sfn_state_machine.this.definition).States.ListRepositories.Retry,
        slice(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Retry, 1, 2),
        jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.InvokeFilter.Retry,
      ] : jsonencode(retry)
      ] == [
      for task in range(3) : jsonencode([
        {
          ErrorEquals     = ["States.TaskFailed", "States.Timeout"]
          IntervalSeconds = 2
          BackoffRate     = 2
          MaxDelaySeconds = 60
          MaxAttempts     = 10
          JitterStrategy  = "FULL"
        }
      ])
    ]
    error_message = "Each task must be retried for some minutes if AWS throttles it or fails."
  }

  assert {
    condition     = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Retry[0]) == jsonencode({ ErrorEquals = ["Ecr.RepositoryNotFoundException"], MaxAttempts = 0 })
    error_message = "A repository that was deleted in the meantime must not be searched again."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Resource == "arn:aws-us-gov:states:::aws-sdk:ecr:describeImages",
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Arguments, "'Filter': { 'TagStatus': 'TAGGED' }, 'MaxResults': 100"),
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "/^(prod.*:latest|team\\/web\\.app:v1\\..*)$/"),
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "and $not($contains($tag, /^.+-soci$/))"),
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "'application/vnd.amazon.soci.index.v2+json'"),
      !strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "\n"),
    ])
    error_message = "Only images with a tag that a filter matches may be sent, and none with our own tags."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.InvokeFilter.Arguments) == jsonencode({
      FunctionName   = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter"
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
    error_message = "The filter function must get push events for this account and region."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.SendEvents.MaxConcurrency == 1,
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.InvokeFilter.Next == "KeepRate",
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.SendEvents.ItemProcessor.States.KeepRate == { End = true, Seconds = 1, Type = "Wait" },
    ])
    error_message = "At most one image per second may be sent for a repository."
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => [for statement in jsondecode(policy.policy).Statement : "${statement.Sid}: ${join(", ", statement.Action)} on ${join(", ", statement.Resource)}"] } == {
      schedule = [
        "ListRepositories: ecr:DescribeRepositories on arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/*",
        "ListImages: ecr:DescribeImages on arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*, arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app",
        "SendEvents: lambda:InvokeFunction on arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter",
        "StartChildren: states:StartExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-schedule",
        "WatchChildren: states:DescribeExecution, states:StopExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:soci-schedule:*, arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:soci-schedule/*",
        "WriteLogs: logs:CreateLogDelivery, logs:DeleteLogDelivery, logs:DescribeLogGroups, logs:DescribeResourcePolicies, logs:GetLogDelivery, logs:ListLogDeliveries, logs:PutResourcePolicy, logs:UpdateLogDelivery on *",
      ]
      scheduler = [
        "StartWorkflow: states:StartExecution on arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:soci-schedule",
      ]
    }
    error_message = "The workflow may only list images, invoke the filter function, run and log; the scheduler may only start it."
  }

  assert {
    condition = { for key, role in aws_iam_role.this : role.name => jsondecode(role.assume_role_policy).Statement[0] } == {
      soci-us-gov-west-1-schedule = {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws-us-gov:states:us-gov-west-1:111122223333:stateMachine:*" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
      }
      soci-us-gov-west-1-scheduler = {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "scheduler.amazonaws.com" }
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:aws-us-gov:scheduler:us-gov-west-1:111122223333:schedule-group/default" }
          StringEquals = { "aws:SourceAccount" = "111122223333" }
        }
      }
    }
    error_message = "Only this account's state machines and schedules may assume the roles."
  }
}

run "follows_the_modules_settings" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name                     = "soci-schedule"
    role_name_prefix         = "soci-us-gov-west-1"
    tags                     = { team = "platform" }
    permissions_boundary_arn = "arn:aws-us-gov:iam::111122223333:policy/boundary"
    kms_key_arn              = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/1234abcd"
    log_retention_days       = 7
    tracing                  = true
    expression               = "cron(0 3 * * ? *)"
    timezone                 = "Europe/Berlin"
    lookback_days            = 8
    concurrency              = 2
    partition                = "aws-us-gov"
    region                   = "us-gov-west-1"
    account_id               = "111122223333"
    filter_function_arn      = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter"
    filters                  = ["prod*:latest", "team/web.app:v1.*"]
    repository_arns          = ["arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*", "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app"]
    other_artifact_types     = ["application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json"]
    soci_index_version       = "V1"
    target_tag_template      = "{tag}-soci"
  }

  assert {
    condition = alltrue([
      aws_scheduler_schedule.this.schedule_expression == "cron(0 3 * * ? *)",
      aws_scheduler_schedule.this.schedule_expression_timezone == "Europe/Berlin",
      aws_scheduler_schedule.this.kms_key_arn == var.kms_key_arn,
      aws_sfn_state_machine.this.encryption_configuration[0].kms_key_id == var.kms_key_arn,
      aws_sfn_state_machine.this.encryption_configuration[0].type == "CUSTOMER_MANAGED_KMS_KEY",
      aws_sfn_state_machine.this.tracing_configuration[0].enabled,
      aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn,
      aws_cloudwatch_log_group.this.retention_in_days == 7,
      aws_iam_role.this["schedule"].permissions_boundary == var.permissions_boundary_arn,
      aws_iam_role.this["scheduler"].permissions_boundary == var.permissions_boundary_arn,
    ])
    error_message = "The key, boundary, tracing and logs must be those of the module."
  }

  assert {
    condition = alltrue([
      jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.MaxConcurrency == 2,
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.Begin.Assign.pushedSince, "- 691200000 "),
      strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "[$filter($image.ImageTags, $isMatching)][0]"),
      !strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "-soci"),
    ])
    error_message = "With V1, an image must be sent only once, whatever its tags are."
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => [for statement in jsondecode(policy.policy).Statement : join(", ", statement.Action) if contains(["Trace", "UseKey"], statement.Sid)] } == {
      schedule  = ["xray:GetSamplingRules, xray:GetSamplingTargets, xray:PutTelemetryRecords, xray:PutTraceSegments", "kms:Decrypt, kms:GenerateDataKey"]
      scheduler = ["kms:Decrypt"]
    }
    error_message = "Tracing and the key must come with their permissions."
  }
}

run "accepts_every_tag_if_the_tag_itself_moves" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name                     = "soci-schedule"
    role_name_prefix         = "soci-us-gov-west-1"
    tags                     = { team = "platform" }
    permissions_boundary_arn = null
    kms_key_arn              = null
    log_retention_days       = 30
    tracing                  = false
    expression               = "rate(1 day)"
    timezone                 = "UTC"
    lookback_days            = 3
    concurrency              = 1
    partition                = "aws-us-gov"
    region                   = "us-gov-west-1"
    account_id               = "111122223333"
    filter_function_arn      = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter"
    filters                  = ["prod*:latest", "team/web.app:v1.*"]
    repository_arns          = ["arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*", "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app"]
    other_artifact_types     = ["application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json"]
    soci_index_version       = "V2"
    target_tag_template      = "{tag}"
  }

  assert {
    condition     = !strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "$not($contains")
    error_message = "Without a prefix or suffix, our own tags cannot be recognized, so none must be excluded."
  }
}

run "recognizes_its_own_tags_by_a_prefix" {
  command = plan

  module {
    source = "./modules/schedule"
  }

  variables {
    name                     = "soci-schedule"
    role_name_prefix         = "soci-us-gov-west-1"
    tags                     = { team = "platform" }
    permissions_boundary_arn = null
    kms_key_arn              = null
    log_retention_days       = 30
    tracing                  = false
    expression               = "rate(1 day)"
    timezone                 = "UTC"
    lookback_days            = 3
    concurrency              = 1
    partition                = "aws-us-gov"
    region                   = "us-gov-west-1"
    account_id               = "111122223333"
    filter_function_arn      = "arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:soci-filter"
    filters                  = ["prod*:latest", "team/web.app:v1.*"]
    repository_arns          = ["arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/prod*", "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/team/web.app"]
    other_artifact_types     = ["application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json"]
    soci_index_version       = "V2"
    target_tag_template      = "v1.lazy-{tag}"
  }

  assert {
    condition     = strcontains(jsondecode(aws_sfn_state_machine.this.definition).States.SearchRepositories.ItemProcessor.States.ListImages.Output, "$not($contains($tag, /^v1\\.lazy-.+$/))")
    error_message = "Tags made from the template must be skipped."
  }
}
