# Finds images whose event was lost, at fixed times: EventBridge Scheduler starts a workflow of Step Functions, which is in
# schedule-workflow.tf. Nothing of it exists unless schedule.enabled.

locals {
  has_schedule       = var.create && var.schedule.enabled
  schedule_name      = "${var.name}-schedule"
  schedule_log_group = "/aws/vendedlogs/states/${local.schedule_name}" # where AWS's services may write without a policy each

  filter_arn          = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.filter_name}"
  state_machine_arn   = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:${local.schedule_name}"
  schedule_executions = "arn:${local.partition}:states:${local.region}:${local.account_id}:execution:${local.schedule_name}"

  schedule_workflow_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ListRepositories"
          Effect   = "Allow"
          Action   = ["ecr:DescribeRepositories"]
          Resource = ["arn:${local.partition}:ecr:${local.region}:${local.account_id}:repository/*"]
        },
        {
          Sid      = "ListImages"
          Effect   = "Allow"
          Action   = ["ecr:DescribeImages"]
          Resource = local.repository_arns_by_width[local.repository_arns_width]
        },
        {
          Sid      = "SendEvents"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [local.filter_arn]
        },
        # Each repository is a child execution of the same state machine.
        # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        {
          Sid      = "StartChildren"
          Effect   = "Allow"
          Action   = ["states:StartExecution"]
          Resource = [local.state_machine_arn]
        },
        {
          Sid      = "WatchChildren"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution", "states:StopExecution"]
          Resource = ["${local.schedule_executions}:*", "${local.schedule_executions}/*"]
        },
        # None of these knows a resource: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
        {
          Sid    = "WriteLogs"
          Effect = "Allow"
          Action = [
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
          ]
          Resource = ["*"]
        },
      ],
      [
        for statement in [{
          Sid    = "Trace"
          Effect = "Allow"
          Action = [
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
          ]
          Resource = ["*"]
        }] : statement if var.tracing
      ],
      [
        for statement in [{
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [var.kms_key_arn]
        }] : statement if var.kms_key_arn != null
      ],
    )
  })

  scheduler_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "StartWorkflow"
        Effect   = "Allow"
        Action   = ["states:StartExecution"]
        Resource = [local.state_machine_arn]
      }],
      [
        for statement in [{
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [var.kms_key_arn]
        }] : statement if var.kms_key_arn != null
      ],
    )
  })

  # Only for this account's own state machines and schedules: an AWS service must not be talked into taking a role for
  # somebody else. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
  schedule_roles = {
    schedule = {
      service     = "states.amazonaws.com"
      source_arn  = "arn:${local.partition}:states:${local.region}:${local.account_id}:stateMachine:*"
      policy      = local.schedule_workflow_policy
      description = "Of the state machine ${local.schedule_name} in ${local.region}"
    }
    scheduler = {
      service     = "scheduler.amazonaws.com"
      source_arn  = "arn:${local.partition}:scheduler:${local.region}:${local.account_id}:schedule-group/default"
      policy      = local.scheduler_policy
      description = "Of the schedule ${local.schedule_name} in ${local.region}"
    }
  }

  schedule_alarms = {
    schedule-failed = {
      description = "The schedule did not search all repositories for images without an index. The log group ${local.schedule_log_group} says why; the next run tries again."
      namespace   = "AWS/States"
      metric_name = "ExecutionsFailed"
      dimensions  = { StateMachineArn = local.state_machine_arn }
      statistic   = "Sum"
      threshold   = 0
    }
    schedule-timed-out = {
      description = "The schedule did not get to the end of the registry in a day. Raise schedule.concurrency, or lower schedule.lookback_days."
      namespace   = "AWS/States"
      metric_name = "ExecutionsTimedOut"
      dimensions  = { StateMachineArn = local.state_machine_arn }
      statistic   = "Sum"
      threshold   = 0
    }
  }
}

resource "aws_iam_role" "schedule" {
  for_each = { for key, role in local.schedule_roles : key => role if local.has_schedule }

  name        = "${var.name}-${local.region}-${each.key}"
  description = each.value.description
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = each.value.service }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account_id }
        ArnLike      = { "aws:SourceArn" = each.value.source_arn }
      }
    }]
  })
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "schedule" {
  for_each = { for key, role in local.schedule_roles : key => role if local.has_schedule }

  name   = "this"
  role   = aws_iam_role.schedule[each.key].name
  policy = each.value.policy
}

resource "aws_cloudwatch_log_group" "schedule" {
  count = local.has_schedule ? 1 : 0

  name              = local.schedule_log_group
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  count = local.has_schedule ? 1 : 0

  name       = local.schedule_name
  role_arn   = aws_iam_role.schedule["schedule"].arn
  definition = jsonencode(local.schedule_definition)
  tags       = var.tags

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.schedule[0].arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  dynamic "encryption_configuration" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      type                              = "CUSTOMER_MANAGED_KMS_KEY"
      kms_key_id                        = encryption_configuration.value
      kms_data_key_reuse_period_seconds = 900
    }
  }

  # It is checked when it is created whether the role may write logs.
  depends_on = [aws_iam_role_policy.schedule]
}

resource "aws_scheduler_schedule" "this" {
  count = local.has_schedule ? 1 : 0

  name                         = local.schedule_name
  description                  = "Looks for images in ECR that have no SOCI index"
  schedule_expression          = var.schedule.expression
  schedule_expression_timezone = var.schedule.timezone
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.this[0].arn
    role_arn = aws_iam_role.schedule["scheduler"].arn

    # A run that could not be started in an hour is left to the next.
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}
