# What everything else is made of: where the module runs, and the names and addresses of what it creates. Addresses are
# built from names, so that a policy can name what is created after it, and a plan can show it.

data "aws_partition" "this" {}

data "aws_region" "this" {}

data "aws_caller_identity" "this" {}

locals {
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.id # provider 5 calls it name, provider 6 region; both know id
  account_id = data.aws_caller_identity.this.account_id

  filter_name        = "${var.name}-filter"
  generator_name     = "${var.name}-generator"
  rule_name          = "${var.name}-image-push"
  failure_queue_name = "${var.name}-failures"

  generator_arn     = "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.generator_name}"
  rule_arn          = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.rule_name}"
  failure_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.failure_queue_name}"

  # One filter an item, without spaces around it, and a run of stars as the one star it means.
  filters = distinct([
    for filter in split(",", join(",", var.repository_image_tag_filters)) : replace(trimspace(filter), "/\\*+/", "*")
  ])
}
