# Nearly every input: tag, platforms, sizes, VPC, key, boundary, alarms. generator.reserved_concurrency,
# index_replicated_images, silence_v1_warning and use_prefetch_label keep their defaults. The other files create resources that
# users usually have already (VPC, key, topic).

module "soci_index_builder" {
  source = "../.."

  name = var.name
  tags = { project = "soci" }

  repository_image_tag_filters = var.repository_image_tag_filters
  soci_index_version           = "V2"
  platforms                    = ["linux/amd64", "linux/arm64"]
  span_size_bytes              = 4194304
  min_layer_size_bytes         = 10485760
  target_tag_template          = "{tag}-indexed"
  tag_skipped_images           = true
  reuse_ztocs                  = true
  max_ztoc_ratio               = 16

  generator = {
    memory_mb       = 3008
    timeout_seconds = 900

    # reserved_concurrency = 5 # needs an account quota of at least 105
  }
  architecture = "arm64"
  runtime      = "nodejs22.x"

  vpc = {
    subnet_ids         = aws_subnet.this[*].id
    security_group_ids = [aws_security_group.functions.id]
  }

  permissions_boundary_arn = aws_iam_policy.boundary.arn
  kms_key_arn              = aws_kms_key.this.arn
  signing_profile_arns     = var.signing_profile_arns

  logs = {
    retention_days = 90
    format         = "JSON"
  }
  tracing   = true
  dashboard = true
  alarms = {
    enabled   = true
    topic_arn = aws_sns_topic.this.arn
  }

  announcements = {
    enabled        = true
    event_bus_name = "default"
  }

  schedule = {
    enabled       = true
    expression    = "cron(0 3 * * ? *)"
    timezone      = "Europe/Berlin"
    lookback_days = 3
    concurrency   = 2
  }

  retries = {
    eventbridge_max_age_seconds = 3600
    eventbridge_max_attempts    = 10
    lambda_max_age_seconds      = 3600
    lambda_max_attempts         = 1
  }
}

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
}

# The permissions boundary: the maximum permissions of the roles, whatever their own policies allow.
resource "aws_iam_policy" "boundary" {
  name = "${var.name}-boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "ec2:*NetworkInterface*",
        "ec2:*PrivateIpAddresses",
        "ec2:DescribeSubnets",
        "ecr:*",
        "events:PutEvents",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "lambda:InvokeFunction",
        "logs:*",
        "signer:SignPayload",
        "sqs:SendMessage",
        "states:*Execution",
        "xray:Get*",
        "xray:Put*",
      ]
      Resource = "*"
    }]
  })
}
