# Permissions: one role and one policy for each function, and the dead-letter queue's policy. docs/iam.md lists the calls
# that need each action.

locals {
  # IAM's own limit on the inline policies of a role, without whitespace:
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  inline_policy_max_characters = 10240

  # What remains for the repositories' ARNs. With the longest names, tracing, a VPC and a key, the rest of the policy has about
  # 2,060 characters today, and a signing profile's ARN has less than 160. Both are constants, because the length of an ARN is
  # unknown in the plan that creates the key or profile.
  repository_arns_max_characters = local.inline_policy_max_characters - 2200 - 160 * length(var.signing_profile_arns)

  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })

  # AWS's complete list for pushing an image: one call of a registry client may need several of them.
  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html
  push_actions = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
  ]

  # Only V2 writes tags, and checks first whether they are immutable.
  tag_actions = var.soci_index_version == "V2" ? ["ecr:DescribeRepositories"] : []

  # Finds recent images, whose zTOCs can be reused.
  reuse_actions = var.reuse_ztocs ? ["ecr:DescribeImages"] : []

  repository_patterns = distinct([for filter in local.filters : split(":", filter)[0]])

  # From the narrowest to the widest: the repositories of the filters, all repositories with the same first path components, all
  # repositories. IAM's * also matches /, like that of a filter, so each list covers the previous one.
  repository_arns_by_width = [
    for patterns in [
      local.repository_patterns,
      distinct([for pattern in local.repository_patterns : replace(pattern, "/\\/.*$/", "/*")]),
      ["*"],
    ] :
    [for pattern in patterns : "arn:${local.partition}:ecr:${local.region}:${local.account_id}:repository/${pattern}"]
  ]

  repository_arns_width = [
    for width, arns in local.repository_arns_by_width : width
    if length(jsonencode(arns)) <= local.repository_arns_max_characters || width == 2
  ][0]

  # Permissions that Lambda itself needs in a function's role.
  lambda_statements = {
    for key, function in { filter = local.filter_name, generator = local.generator_name } : key => concat(
      [
        {
          Sid      = "WriteLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:/aws/lambda/${function}:*"]
        },
        {
          Sid      = "KeepFailedEvents"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [local.failure_queue_arn]
        },
      ],
      [
        for statement in [{
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        }] : statement if var.tracing
      ],
      # AWS's managed policy AWSLambdaVPCAccessExecutionRole, without the actions for logs.
      [
        for statement in [{
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
        }] : statement if var.vpc != null
      ],
      # The settings are decrypted when a function starts, and a failed event is encrypted for the queue.
      [
        for statement in [{
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [var.kms_key_arn]
        }] : statement if var.kms_key_arn != null
      ],
    )
  }

  filter_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "InvokeGenerator"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [local.generator_arn]
      }],
      local.lambda_statements.filter,
    )
  })

  generator_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "LogInToRegistry"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
        {
          Sid      = "ReadImagesAndPushIndexes"
          Effect   = "Allow"
          Action   = concat(local.push_actions, local.tag_actions, local.reuse_actions)
          Resource = local.repository_arns_by_width[local.repository_arns_width]
        },
        {
          Sid      = "ContinueInNextInvocation"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [local.generator_arn]
        },
      ],
      [
        for statement in [{
          Sid      = "SignPushedImages"
          Effect   = "Allow"
          Action   = ["signer:SignPayload"]
          Resource = var.signing_profile_arns
        }] : statement if length(var.signing_profile_arns) > 0
      ],
      # Only with this source, so that the generator cannot send events in another sender's name.
      [
        for statement in [{
          Sid       = "AnnounceOutcomes"
          Effect    = "Allow"
          Action    = ["events:PutEvents"]
          Resource  = [local.event_bus_arn]
          Condition = { StringEquals = { "events:source" = local.announcement_source } }
        }] : statement if var.announcements.enabled
      ],
      local.lambda_statements.generator,
    )
  })

  failure_queue_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "KeepUndeliveredEvents"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = local.failure_queue_arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.rule_arn } }
    }]
  })
}

# IAM is global: with the region in a role's name, the same instance can exist in several regions.
resource "aws_iam_role" "this" {
  for_each = local.created_functions

  name                 = "${var.name}-${local.created_region}-${each.key}"
  description          = "Role of the Lambda function ${each.value.name} in ${local.created_region}"
  assume_role_policy   = local.trust_policy
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  for_each = local.created_functions

  name   = "this"
  role   = aws_iam_role.this[each.key].name
  policy = each.value.policy
}
