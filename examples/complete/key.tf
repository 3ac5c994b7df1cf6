# A customer managed key for settings, logs, failed events and both topics. docs/kms.md explains the statements.

data "aws_partition" "this" {}

data "aws_caller_identity" "this" {}

locals {
  arn_format = "arn:${data.aws_partition.this.partition}:%s:${data.aws_region.this.id}:${data.aws_caller_identity.this.account_id}:%s"
}

resource "aws_kms_key" "this" {
  description             = "Settings, logs, failed events and notifications of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 7

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.this.partition}:iam::${data.aws_caller_identity.this.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogsOfTheFunctionsAndOfTheSchedule"
        Effect    = "Allow"
        Principal = { Service = "logs.${data.aws_region.this.id}.${data.aws_partition.this.dns_suffix}" }
        Action    = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              format(local.arn_format, "logs", "log-group:/aws/lambda/${var.name}-*"),
              format(local.arn_format, "logs", "log-group:/aws/vendedlogs/states/${var.name}-schedule"),
            ]
          }
        }
      },
      {
        Sid       = "DeliveryOfTheSchedulesLogs"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id }
          ArnLike      = { "aws:SourceArn" = format(local.arn_format, "logs", "*") }
        }
      },
      # For the dead-letter queue, a condition on aws:SourceArn would work. EventBridge sends no source when it publishes to a
      # topic, so its statement has no such condition.
      {
        Sid       = "EventBridgeToQueueAndTopic"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
      },
      {
        Sid       = "AlarmsToTopic"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.this.account_id } }
      },
    ]
  })
}
