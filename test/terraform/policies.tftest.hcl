# Who may do what: the policies as AWS gets them.

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
    error_message = "The filter may invoke the generator, write its logs and keep its failed events, and nothing else."
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
    error_message = "The generator may read and write the repositories of the filters, each once, and nothing else."
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
    error_message = "Only this rule may leave events in the queue."
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
    error_message = "Only Lambda may take the roles."
  }

  # The addresses that the policies name must be those of what is created.
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
    error_message = "A policy must not name what does not exist."
  }

  assert {
    condition     = aws_iam_role.this["filter"].name == "soci-index-builder-eu-west-1-filter" && aws_iam_role.this["generator"].name == "soci-index-builder-eu-west-1-generator"
    error_message = "Roles are global: their names must carry the region."
  }
}

# 8,040 of the 10,240 characters are for ARNs. One of these has 56 and a comma, so that 141 in brackets have 8,038: two
# letters more in the last fill them up.
run "repositories_that_fit_are_named" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(141) : "team/${format("%03d", index)}${index == 140 ? "xx" : ""}:*"]
  }

  assert {
    condition     = length(jsonencode(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource)) == 8040
    error_message = "This run must test the limit itself."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource) == 141
    error_message = "Repositories that fit must be named one by one."
  }
}

run "repositories_that_do_not_fit_are_merged_and_that_is_said" {
  command = plan

  variables {
    repository_image_tag_filters = concat(
      [for index in range(141) : "team/${format("%03d", index)}${index == 140 ? "xxx" : ""}:*"],
    )
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource == ["arn:aws:ecr:eu-west-1:111122223333:repository/team/*"]
    error_message = "Repositories that do not fit must be merged under their first names."
  }

  expect_failures = [check.repository_arns]
}

run "what_has_no_first_name_is_kept_when_others_are_merged" {
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
    error_message = "Merged ARNs must cover every repository of the filters."
  }

  expect_failures = [check.repository_arns]
}

run "first_names_that_do_not_fit_become_all_repositories" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(200) : "team${index}/web:*"]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["generator"].policy).Statement[1].Resource == ["arn:aws:ecr:eu-west-1:111122223333:repository/*"]
    error_message = "Repositories that cannot be merged must be all."
  }

  expect_failures = [check.repository_arns]
}

# A profile's ARN takes 160 of the characters: the 141 repositories fit no longer.
run "signing_profiles_take_room_from_repositories" {
  command = plan

  variables {
    repository_image_tag_filters = [for index in range(141) : "team/${format("%03d", index)}:*"]
    signing_profile_arns         = ["arn:aws:signer:eu-west-1:111122223333:/signing-profiles/ecr"]
  }

  expect_failures = [check.repository_arns]
}
