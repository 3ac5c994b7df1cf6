# Finds images whose event was lost, on a schedule: EventBridge Scheduler starts a Step Functions workflow, which is defined in
# workflow.tf. Part of the root module, which creates it if schedule.enabled is true; not meant to be used alone.

locals {
  log_group_name = "/aws/vendedlogs/states/${var.name}" # below this prefix, services may write without a policy for each group

  arn_prefixes = {
    for service in ["ecr", "states", "scheduler"] :
    service => "arn:${var.partition}:${service}:${var.region}:${var.account_id}"
  }
  state_machine_arn = "${local.arn_prefixes.states}:stateMachine:${var.name}"
  executions_arn    = "${local.arn_prefixes.states}:execution:${var.name}"

  workflow_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "ListRepositories"
          Effect   = "Allow"
          Action   = ["ecr:DescribeRepositories"]
          Resource = ["${local.arn_prefixes.ecr}:repository/*"]
        },
        {
          Sid      = "ListImages"
          Effect   = "Allow"
          Action   = ["ecr:DescribeImages"]
          Resource = var.repository_arns
        },
        {
          Sid      = "SendEvents"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [var.filter_function_arn]
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
          Resource = ["${local.executions_arn}:*", "${local.executions_arn}/*"]
        },
        # These actions do not support resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
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

  # Only for this account's own state machines and schedules, so that no other account can make an AWS service assume the
  # role. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
  roles = {
    schedule = {
      service     = "states.amazonaws.com"
      source_arn  = "${local.arn_prefixes.states}:stateMachine:*"
      policy      = local.workflow_policy
      description = "Role of the state machine ${var.name}"
    }
    scheduler = {
      service     = "scheduler.amazonaws.com"
      source_arn  = "${local.arn_prefixes.scheduler}:schedule-group/default"
      policy      = local.scheduler_policy
      description = "Role of the schedule ${var.name}"
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name        = "${var.role_name_prefix}-${each.key}"
  description = each.value.description
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = each.value.service }
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnLike      = { "aws:SourceArn" = each.value.source_arn }
      }
    }]
  })
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  for_each = local.roles

  name   = "this"
  role   = aws_iam_role.this[each.key].name
  policy = each.value.policy
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "this" {
  name       = var.name
  role_arn   = aws_iam_role.this["schedule"].arn
  definition = jsonencode(local.definition)
  tags       = var.tags

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
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

  # Step Functions checks on creation that the role may write logs.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_scheduler_schedule" "this" {
  name                         = var.name
  description                  = "Looks for images in ECR without a SOCI index"
  schedule_expression          = var.expression
  schedule_expression_timezone = var.timezone
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sfn_state_machine.this.arn
    role_arn = aws_iam_role.this["scheduler"].arn

    # After an hour, the event is dropped, and the next run finds the images.
    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }

  depends_on = [aws_iam_role_policy.this]
}
