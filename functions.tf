# The two Lambda functions. The filter receives every event that the rule matches, and passes images that match a filter on
# to the generator, which indexes them. The zips in dist/ are built from lambda-src/. docs/module.md documents the
# environment.

locals {
  # Lambda's limit on all the variables of a function, names included:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  environment_max_bytes = 4096

  # Everything that differs between the two functions.
  functions = {
    filter = {
      name                 = local.filter_name
      description          = "Passes pushed images that match a filter to ${local.generator_name}"
      policy               = local.filter_policy
      memory_mb            = 256 # one small JSON document in, one call out
      timeout_seconds      = 30
      reserved_concurrency = null
      environment = {
        SOCI_FILTERS                 = join(",", local.filters)
        SOCI_INDEX_VERSION           = var.soci_index_version
        SOCI_TARGET_TAG_TEMPLATE     = var.target_tag_template
        SOCI_INDEX_REPLICATED_IMAGES = tostring(var.index_replicated_images)
        GENERATOR_FUNCTION_NAME      = local.generator_name
      }
      environment_too_large = "The ${length(local.filters)} filters exceed Lambda's limit of ${local.environment_max_bytes} bytes for a function's environment. Write fewer and wider filters with *, or use two instances of the module with different names."
    }
    generator = {
      name                 = local.generator_name
      description          = "Builds SOCI indexes of images in ECR and pushes them"
      policy               = local.generator_policy
      memory_mb            = var.generator.memory_mb
      timeout_seconds      = var.generator.timeout_seconds
      reserved_concurrency = var.generator.reserved_concurrency
      environment = {
        SOCI_INDEX_VERSION        = var.soci_index_version
        SOCI_PLATFORMS            = join(",", var.platforms)
        SOCI_SPAN_SIZE_BYTES      = tostring(var.span_size_bytes)
        SOCI_MIN_LAYER_SIZE_BYTES = tostring(var.min_layer_size_bytes)
        SOCI_TARGET_TAG_TEMPLATE  = var.target_tag_template
        SOCI_TAG_SKIPPED_IMAGES   = tostring(var.tag_skipped_images)
        SOCI_REUSE_ZTOCS          = tostring(var.reuse_ztocs)
        SOCI_MAX_ZTOC_RATIO       = tostring(var.max_ztoc_ratio)
        SOCI_PREFETCH_LABEL       = tostring(var.use_prefetch_label)
        SOCI_EVENT_BUS_NAME       = var.announcements.enabled ? var.announcements.event_bus_name : ""
        SOCI_INSTANCE_NAME        = var.name
      }
      environment_too_large = "The ${length(var.platforms)} platforms exceed Lambda's limit of ${local.environment_max_bytes} bytes for a function's environment. Write fewer platforms, or an empty list for every platform."
    }
  }

  created_functions = { for key, function in local.functions : key => function if var.create }
}

resource "aws_lambda_function" "this" {
  for_each = local.created_functions

  function_name                  = each.value.name
  description                    = each.value.description
  role                           = aws_iam_role.this[each.key].arn
  filename                       = "${path.module}/dist/${each.key}.zip"
  source_code_hash               = filebase64sha256("${path.module}/dist/${each.key}.zip")
  handler                        = "index.handler"
  runtime                        = var.runtime
  architectures                  = [var.architecture]
  kms_key_arn                    = var.kms_key_arn
  memory_size                    = each.value.memory_mb
  timeout                        = each.value.timeout_seconds
  reserved_concurrent_executions = each.value.reserved_concurrency
  tags                           = var.tags

  environment {
    variables = each.value.environment
  }

  logging_config {
    log_format = var.logs.format
    log_group  = aws_cloudwatch_log_group.this[each.key].name
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
      condition     = length(jsonencode(each.value.environment)) <= local.environment_max_bytes
      error_message = each.value.environment_too_large
    }
  }

  # Without its permissions, a function in a VPC cannot be created, and the first event would fail.
  depends_on = [aws_iam_role_policy.this]
}

# The log groups are created first. CloudWatch Logs refuses to create a log group that exists, whereas EventBridge, SQS and
# CloudWatch silently take over the rule, the queue, the alarms and the dashboard of another instance with the same name. All
# of those depend on the log groups, so the apply of a second instance stops here and does not change the first instance.
resource "aws_cloudwatch_log_group" "this" {
  for_each = local.created_functions

  name              = "/aws/lambda/${each.value.name}"
  retention_in_days = var.logs.retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
