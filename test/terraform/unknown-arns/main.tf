# The module with a key, a topic, a boundary and a VPC that are created in the same configuration, so that their ARNs and
# IDs are unknown when it is planned.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_kms_key" "this" {}

resource "aws_sns_topic" "this" {
  name = "alerts"
}

resource "aws_iam_policy" "this" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "this" {
  vpc_id     = aws_vpc.this.id
  cidr_block = "10.0.0.0/24"
}

resource "aws_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

module "soci_index_builder" {
  source = "../../.."

  kms_key_arn              = aws_kms_key.this.arn
  permissions_boundary_arn = aws_iam_policy.this.arn
  alarms                   = { topic_arn = aws_sns_topic.this.arn }
  vpc                      = { subnet_ids = [aws_subnet.this.id], security_group_ids = [aws_security_group.this.id] }
}
