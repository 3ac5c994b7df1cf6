# The minimum and maximum of every input: values just inside the limits that validations.tftest.hcl tests from outside.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "accepts_the_minimum_of_everything" {
  command = plan

  variables {
    span_size_bytes      = 65536
    min_layer_size_bytes = 0
    max_ztoc_ratio       = 0
    target_tag_template  = "{tag}"
    name                 = "s"
    generator            = { memory_mb = 256, timeout_seconds = 30, reserved_concurrency = 1 }
    logs                 = { retention_days = 0, format = "Text" }
    alarms               = { enabled = false }
    dashboard            = false
    retries = {
      eventbridge_max_age_seconds = 60
      eventbridge_max_attempts    = 0
      lambda_max_age_seconds      = 60
      lambda_max_attempts         = 0
    }
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this["generator"].memory_size == 256,
      aws_lambda_function.this["generator"].timeout == 30,
      aws_lambda_function.this["generator"].reserved_concurrent_executions == 1,
    ])
    error_message = "The generator must get the requested memory, timeout and concurrency."
  }

  assert {
    condition = alltrue(concat(
      [for group in [aws_cloudwatch_log_group.this["filter"], aws_cloudwatch_log_group.this["generator"]] : group.retention_in_days == 0],
      [for function in [aws_lambda_function.this["filter"], aws_lambda_function.this["generator"]] : function.logging_config[0].log_format == "Text"],
    ))
    error_message = "Both functions must get the requested retention and log format."
  }

  assert {
    condition = alltrue(concat(
      [
        aws_cloudwatch_event_target.this[0].retry_policy[0].maximum_event_age_in_seconds == 60,
        aws_cloudwatch_event_target.this[0].retry_policy[0].maximum_retry_attempts == 0,
      ],
      [
        for config in [aws_lambda_function_event_invoke_config.this["filter"], aws_lambda_function_event_invoke_config.this["generator"]] :
        config.maximum_event_age_in_seconds == 60 && config.maximum_retry_attempts == 0
      ],
    ))
    error_message = "The rule's target and both functions must get the requested retries."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 0 && length(aws_cloudwatch_dashboard.this) == 0
    error_message = "There must be no alarms and no dashboard."
  }

  assert {
    condition     = alltrue([for function in [aws_lambda_function.this["filter"], aws_lambda_function.this["generator"]] : function.tracing_config[0].mode == "PassThrough" && length(function.vpc_config) == 0])
    error_message = "There must be no tracing and no VPC."
  }
}

run "accepts_the_maximum_of_everything" {
  command = plan

  variables {
    repository_image_tag_filters = [
      "${join("", [for index in range(256) : "a"])}:${join("", [for index in range(128) : "Z"])}",
      "a.b_c__d---e/*-0*/x:v1.*_-, dev:*",
    ]
    platforms                = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/s390x", "linux/riscv64"]
    span_size_bytes          = 1073741824
    min_layer_size_bytes     = 54525952000
    max_ztoc_ratio           = 10000
    target_tag_template      = "${join("", [for index in range(127) : "a"])}{tag}"
    name                     = "a23456789012345678901234567890123456"
    tags                     = { for index in range(50) : "${join("", [for index in range(120) : "k"])}${index}" => join("", [for index in range(256) : "v"]) }
    generator                = { memory_mb = 10240, timeout_seconds = 900, reserved_concurrency = 1000 }
    architecture             = "x86_64"
    runtime                  = "nodejs22.x"
    vpc                      = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
    permissions_boundary_arn = "arn:aws-us-gov:iam::111122223333:policy/team/boundary"
    kms_key_arn              = "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    signing_profile_arns     = ["arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ecr", "arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ecr/A1b2"]
    tracing                  = true
    logs                     = { retention_days = 3653, format = "JSON" }
    alarms                   = { topic_arn = "arn:aws:sns:eu-west-1:111122223333:alerts" }
    retries = {
      eventbridge_max_age_seconds = 86400
      eventbridge_max_attempts    = 185
      lambda_max_age_seconds      = 21600
      lambda_max_attempts         = 2
    }
  }

  override_data {
    target = data.aws_partition.this
    values = { partition = "aws-us-gov" }
  }

  # 17 characters, as many as the limit on names leaves: longer than the name of any AWS region.
  override_data {
    target = data.aws_region.this
    values = { id = "xx-longestplace-1" }
  }

  override_resource {
    target          = aws_cloudwatch_event_rule.this
    override_during = plan
    values          = { arn = "arn:aws-us-gov:events:xx-longestplace-1:111122223333:rule/mocked" }
  }

  assert {
    condition = alltrue([
      for name in [aws_iam_role.this["filter"].name, aws_iam_role.this["generator"].name, aws_lambda_function.this["filter"].function_name, aws_lambda_function.this["generator"].function_name, aws_cloudwatch_event_rule.this[0].name] :
      length(name) <= 64
    ])
    error_message = "Names of roles, functions and rules must fit AWS's limit of 64 characters."
  }

  assert {
    condition     = length(aws_iam_role.this["generator"].name) == 64
    error_message = "The generator's role must use all 64 characters; otherwise the name could be longer than 36."
  }

  assert {
    condition = (
      length(aws_iam_role_policy.this["generator"].policy)
      -length(jsonencode(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource))
      -length(jsonencode(var.signing_profile_arns))
    ) <= 2200
    error_message = "The space reserved for everything except ARNs in the generator's policy must be sufficient."
  }

  assert {
    condition     = length(aws_sqs_queue.this[0].name) <= 80
    error_message = "The queue's name must fit SQS's limit of 80 characters."
  }

  assert {
    condition     = alltrue([for role in [aws_iam_role.this["filter"], aws_iam_role.this["generator"]] : role.permissions_boundary == var.permissions_boundary_arn])
    error_message = "Both roles must have the permissions boundary."
  }

  assert {
    condition = alltrue([
      for function in [aws_lambda_function.this["filter"], aws_lambda_function.this["generator"]] : alltrue([
        function.architectures == tolist(["x86_64"]),
        function.runtime == "nodejs22.x",
        function.kms_key_arn == var.kms_key_arn,
        function.vpc_config[0].subnet_ids == toset(["subnet-1"]),
        function.vpc_config[0].security_group_ids == toset(["sg-1"]),
      ])
    ])
    error_message = "Both functions must get the requested architecture, runtime, key and VPC."
  }

  assert {
    condition = alltrue([
      aws_sqs_queue.this[0].kms_master_key_id == var.kms_key_arn,
      aws_cloudwatch_log_group.this["filter"].kms_key_id == var.kms_key_arn,
      aws_cloudwatch_log_group.this["generator"].kms_key_id == var.kms_key_arn,
    ])
    error_message = "The queue and both log groups must be encrypted with the requested key."
  }

  assert {
    condition = alltrue([
      for resource in [
        aws_lambda_function.this["filter"], aws_lambda_function.this["generator"],
        aws_iam_role.this["filter"], aws_iam_role.this["generator"],
        aws_cloudwatch_log_group.this["filter"], aws_cloudwatch_log_group.this["generator"],
        aws_sqs_queue.this[0], aws_cloudwatch_event_rule.this[0],
      ] : length(resource.tags) == 50
    ])
    error_message = "Everything that supports tags must get them."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : length(alarm.tags) == 50])
    error_message = "The alarms must get the tags."
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.this["filter"].policy, aws_iam_role_policy.this["generator"].policy] :
      jsonencode([
        for statement in jsondecode(policy).Statement : statement if contains(["Trace", "JoinVpc", "UseKey"], statement.Sid)
        ]) == jsonencode([
        {
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
        {
          Sid    = "JoinVpc"
          Effect = "Allow"
          Action = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = ["*"]
        },
        {
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [var.kms_key_arn]
        },
      ])
    ])
    error_message = "Both functions must be allowed to trace, to join the VPC and to use the key."
  }

  assert {
    condition = jsonencode([
      for statement in jsondecode(aws_iam_role_policy.this["generator"].policy).Statement : statement if statement.Sid == "SignPushedImages"
      ]) == jsonencode([{
        Sid      = "SignPushedImages"
        Effect   = "Allow"
        Action   = ["signer:SignPayload"]
        Resource = var.signing_profile_arns
    }])
    error_message = "The generator must be allowed to sign with the profile, because ECR signs with the identity of the pusher."
  }

  assert {
    condition     = alltrue([for function in [aws_lambda_function.this["filter"], aws_lambda_function.this["generator"]] : function.tracing_config[0].mode == "Active"])
    error_message = "Both functions must be traced."
  }

  assert {
    condition = alltrue([
      for arn in regexall("arn:[^\"]+", join("", [aws_iam_role_policy.this["filter"].policy, aws_iam_role_policy.this["generator"].policy, aws_sqs_queue_policy.this[0].policy])) :
      startswith(arn, "arn:aws-us-gov:") && strcontains(arn, ":xx-longestplace-1:111122223333:") || contains(concat([var.kms_key_arn], var.signing_profile_arns), arn)
    ])
    error_message = "Every ARN must have this partition, region and account."
  }
}
