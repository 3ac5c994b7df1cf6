# The two Lambda functions. The filter hears of every push that the rule lets through, and hands the images that a filter
# matches to the generator, which indexes them. The zips lie in dist/, built from lambda-src/. What the environment means
# is in docs/module.md.

locals {
  # Lambda's own limit on all the variables of a function, names included:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  environment_max_bytes = 4096

  filter_environment = {
    SOCI_FILTERS             = join(",", local.filters)
    SOCI_INDEX_VERSION       = var.soci_index_version
    SOCI_TARGET_TAG_TEMPLATE = var.target_tag_template
    GENERATOR_FUNCTION_NAME  = local.generator_name
  }

  generator_environment = {
    SOCI_INDEX_VERSION        = var.soci_index_version
    SOCI_PLATFORMS            = join(",", var.platforms)
    SOCI_SPAN_SIZE_BYTES      = tostring(var.span_size_bytes)
    SOCI_MIN_LAYER_SIZE_BYTES = tostring(var.min_layer_size_bytes)
    SOCI_TARGET_TAG_TEMPLATE  = var.target_tag_template
    SOCI_TAG_SKIPPED_IMAGES   = tostring(var.tag_skipped_images)
    SOCI_REUSE_ZTOCS          = tostring(var.reuse_ztocs)
    SOCI_EVENT_BUS_NAME       = var.announcements.enabled ? var.announcements.event_bus_name : ""
    SOCI_INSTANCE_NAME        = var.name
  }
}

resource "aws_lambda_function" "filter" {
  count = var.create ? 1 : 0

  function_name    = local.filter_name
  description      = "Hands pushed images that match a filter to ${local.generator_name}"
  role             = aws_iam_role.filter[0].arn
  filename         = "${path.module}/dist/filter.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/filter.zip")
  handler          = "index.handler"
  runtime          = var.runtime
  architectures    = [var.architecture]
  kms_key_arn      = var.kms_key_arn
  tags             = var.tags

  # One small JSON document in, one call out.
  memory_size = 256
  timeout     = 30

  environment {
    variables = local.filter_environment
  }

  logging_config {
    log_format = var.logs.format
    log_group  = aws_cloudwatch_log_group.filter[0].name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.filter_environment)) <= local.environment_max_bytes
      error_message = "The ${length(local.filters)} filters do not fit Lambda's limit of ${local.environment_max_bytes} bytes for a function's environment. Write fewer and wider ones with *, or use two instances of the module with different names."
    }
  }

  # Without its permissions a function in a VPC cannot be created, and a first event would fail.
  depends_on = [aws_iam_role_policy.filter]
}

resource "aws_lambda_function" "generator" {
  count = var.create ? 1 : 0

  function_name                  = local.generator_name
  description                    = "Builds SOCI indexes of images in ECR and pushes them"
  role                           = aws_iam_role.generator[0].arn
  filename                       = "${path.module}/dist/generator.zip"
  source_code_hash               = filebase64sha256("${path.module}/dist/generator.zip")
  handler                        = "index.handler"
  runtime                        = var.runtime
  architectures                  = [var.architecture]
  kms_key_arn                    = var.kms_key_arn
  memory_size                    = var.generator.memory_mb
  timeout                        = var.generator.timeout_seconds
  reserved_concurrent_executions = var.generator.reserved_concurrency
  tags                           = var.tags

  environment {
    variables = local.generator_environment
  }

  logging_config {
    log_format = var.logs.format
    log_group  = aws_cloudwatch_log_group.generator[0].name
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  lifecycle {
    precondition {
      condition     = length(jsonencode(local.generator_environment)) <= local.environment_max_bytes
      error_message = "The ${length(var.platforms)} platforms do not fit Lambda's limit of ${local.environment_max_bytes} bytes for a function's environment. Write fewer, or an empty list for every platform."
    }
  }

  depends_on = [aws_iam_role_policy.generator]
}

resource "aws_cloudwatch_log_group" "filter" {
  count = var.create ? 1 : 0

  name              = "/aws/lambda/${local.filter_name}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_cloudwatch_log_group" "generator" {
  count = var.create ? 1 : 0

  name              = "/aws/lambda/${local.generator_name}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
