# Who may do what: the policies as AWS receives them.

mock_provider "aws" {
  source = "./test/terraform/mocks"
}

run "least_privilege" {
  command = plan

  variables {
    repository_image_tag_filters = ["prod*:latest", "team/web:*", "team/web:v1"]
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.this["filter"].policy).Statement) == jsonencode([
      {
        Sid      = "InvokeGenerator"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = ["arn:aws:lambda:eu-west-1:111122223333:function:soci-index-builder-generator"]
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/soci-index-builder-filter:*"]
      },
      {
        Sid      = "KeepFailedEvents"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-west-1:111122223333:soci-index-builder-failures"]
      },
    ])
    error_message = "The filter function may only invoke the generator, write its logs and keep its failed events."
  }

  assert {
    condition = jsonencode(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement) == jsonencode([
      {
        Sid      = "LogInToRegistry"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid    = "ReadImagesAndPushIndexes"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability",
          "ecr:BatchGetImage",
          "ecr:CompleteLayerUpload",
          "ecr:GetDownloadUrlForLayer",
          "ecr:InitiateLayerUpload",
          "ecr:PutImage",
          "ecr:UploadLayerPart",
          "ecr:DescribeRepositories",
          "ecr:DescribeImages",
        ]
        Resource = [
          "arn:aws:ecr:eu-west-1:111122223333:repository/prod*",
          "arn:aws:ecr:eu-west-1:111122223333:repository/team/web",
        ]
      },
      {
        Sid      = "ContinueInNextInvocation"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = ["arn:aws:lambda:eu-west-1:111122223333:function:soci-index-builder-generator"]
      },
      {
        Sid       = "AnnounceOutcomes"
        Effect    = "Allow"
        Action    = ["events:PutEvents"]
        Resource  = ["arn:aws:events:eu-west-1:111122223333:event-bus/default"]
        Condition = { StringEquals = { "events:source" = "soci-index-builder" } }
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/soci-index-builder-generator:*"]
      },
      {
        Sid      = "KeepFailedEvents"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = ["arn:aws:sqs:eu-west-1:111122223333:soci-index-builder-failures"]
      },
    ])
    error_message = "The generator may only read and write the repositories of the filters, each listed once."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sqs_queue_policy.this[0].policy).Statement) == jsonencode([{
      Sid       = "KeepUndeliveredEvents"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:soci-index-builder-failures"
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-west-1:111122223333:rule/soci-index-builder-image-push" } }
    }])
    error_message = "Only this rule may send events to the queue."
  }

  assert {
    condition = alltrue([
      for role in [aws_iam_role.this["filter"], aws_iam_role.this["generator"]] :
      jsonencode(jsondecode(role.assume_role_policy).Statement) == jsonencode([{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      }])
    ])
    error_message = "Only Lambda may assume the roles."
  }

  # The ARNs in the policies must be those of the created resources.
  assert {
    condition = alltrue([
      aws_lambda_function.this["generator"].function_name == "soci-index-builder-generator",
      aws_lambda_function.this["filter"].function_name == "soci-index-builder-filter",
      aws_cloudwatch_log_group.this["generator"].name == "/aws/lambda/soci-index-builder-generator",
      aws_cloudwatch_log_group.this["filter"].name == "/aws/lambda/soci-index-builder-filter",
      aws_sqs_queue.this[0].name == "soci-index-builder-failures",
      aws_cloudwatch_event_rule.this[0].name == "soci-index-builder-image-push",
      aws_cloudwatch_event_target.this[0].rule == "soci-index-builder-image-push",
    ])
    error_message = "A policy must not refer to anything that does not exist."
  }

  assert {
    condition     = aws_iam_role.this["filter"].name == "soci-index-builder-eu-west-1-filter" && aws_iam_role.this["generator"].name == "soci-index-builder-eu-west-1-generator"
    error_message = "Roles are global, so their names must contain the region."
  }
}

# 8,040 of the 10,240 characters are for ARNs. Each ARN here has 56 characters and a comma, so 141 of them in brackets
# have 8,038. Two more letters in the last one fill the space.
run "names_repositories_that_fit" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(141) : "team/${format("%03d", index)}${index == 140 ? "xx" : ""}:*"]
  }

  assert {
    condition     = length(jsonencode(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource)) == 8040
    error_message = "This run must test the limit exactly."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource) == 141
    error_message = "Repositories that fit must be listed one by one."
  }
}

run "merges_repositories_that_do_not_fit_and_warns" {
  command = plan

  variables {
    repository_image_tag_filters = concat(
      [for index in range(141) : "team/${format("%03d", index)}${index == 140 ? "xxx" : ""}:*"],
    )
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource == ["arn:aws:ecr:eu-west-1:111122223333:repository/team/*"]
    error_message = "Repositories that do not fit must be merged under the first part of their names."
  }

  expect_failures = [check.repository_arns]
}

run "keeps_repositories_without_a_common_first_name_when_others_are_merged" {
  command = plan

  variables {
    repository_image_tag_filters = concat(["web:*", "d*v/x/y:*"], [for index in range(150) : "team/${index}:*"])
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource) == toset([
      "arn:aws:ecr:eu-west-1:111122223333:repository/web",
      "arn:aws:ecr:eu-west-1:111122223333:repository/d*v/*",
      "arn:aws:ecr:eu-west-1:111122223333:repository/team/*",
    ])
    error_message = "The merged ARNs must cover every repository of the filters."
  }

  expect_failures = [check.repository_arns]
}

run "allows_all_repositories_if_first_names_do_not_fit" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(200) : "team${index}/web:*"]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource == ["arn:aws:ecr:eu-west-1:111122223333:repository/*"]
    error_message = "Repositories that cannot be merged must be replaced by all repositories."
  }

  expect_failures = [check.repository_arns]
}

# A profile's ARN takes 160 characters, so the 141 repositories no longer fit.
run "signing_profiles_take_room_from_repositories" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(141) : "team/${format("%03d", index)}:*"]
    signing_profile_arns         = ["arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ecr"]
  }

  expect_failures = [check.repository_arns]
}
