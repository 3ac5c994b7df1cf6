# Names and ARNs that the other files use, and the schedule. ARNs are composed from names, so that a policy can refer to a
# resource that is created later, and the first plan can show the policy.

data "aws_partition" "this" {}

data "aws_region" "this" {}

data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.id # name in provider 5 and region in provider 6; id works in both
  account_id = data.aws_caller_identity.this.account_id

  filter_name        = "${var.name}-filter"
  generator_name     = "${var.name}-generator"
  rule_name          = "${var.name}-image-push"
  failure_queue_name = "${var.name}-failures"

  filter_arn        = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.filter_name}"
  generator_arn     = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.generator_name}"
  rule_arn          = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.rule_name}"
  failure_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.failure_queue_name}"

  # Region and account of the event rule, from its ARN. With `depends_on` on the module's block, Terraform reads the data
  # sources above after every change upstream, so values composed from them are unknown in that plan. A policy is then updated
  # in place, but an unknown name replaces its resource. Names, and all other arguments that force a replacement, use these.
  # https://github.com/hashicorp/terraform/issues/27858
  created_region     = one([for rule in aws_cloudwatch_event_rule.this : split(":", rule.arn)[3]])
  created_account_id = one([for rule in aws_cloudwatch_event_rule.this : split(":", rule.arn)[4]])

  # One filter per item, without surrounding spaces, and with consecutive stars reduced to one.
  filters = distinct([
    for filter in split(",", join(",", var.repository_image_tag_filters)) : replace(trimspace(filter), "/\\*+/", "*")
  ])
}

module "schedule" {
  source = "./modules/schedule"
  count  = var.create && var.schedule.enabled ? 1 : 0

  name                     = "${var.name}-schedule"
  role_name_prefix         = "${var.name}-${local.created_region}"
  tags                     = var.tags
  permissions_boundary_arn = var.permissions_boundary_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_days       = var.logs.retention_days
  tracing                  = var.tracing

  expression    = var.schedule.expression
  timezone      = var.schedule.timezone
  lookback_days = var.schedule.lookback_days
  concurrency   = var.schedule.concurrency

  partition            = local.partition
  region               = local.region
  account_id           = local.account_id
  filter_function_arn  = local.filter_arn
  filters              = local.filters
  repository_arns      = local.repository_arns_by_width[local.repository_arns_width]
  other_artifact_types = local.other_artifact_types
  soci_index_version   = var.soci_index_version
  target_tag_template  = var.target_tag_template
}
