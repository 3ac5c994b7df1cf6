# The event rule selects the ECR events that reach the filter function. EventBridge discards most pushes that no filter
# matches, without the cost of an invocation. The filter function checks again, so a pattern that matches too much only
# costs invocations.

locals {
  # EventBridge's own limit: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
  event_pattern_max_characters = 2048

  # EventBridge refuses complex rules, without documenting the limit; eight wildcards were refused. A bus may have 30 rules
  # with wildcards, shared by the whole account.
  event_pattern_max_stars = 4

  # Artifacts in ECR that are not images: SOCI indexes, signatures, attestations, bills of materials,
  # charts. Excluding them also keeps pushes of our own indexes from invoking the function.
  other_artifact_types = [
    "application/vnd.amazon.soci.index.v1+json",
    "application/vnd.amazon.soci.index.v2+json",
    "application/vnd.cncf.helm.config.v1+json",
    "application/vnd.cncf.notary.signature",
    "application/vnd.cyclonedx+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.in-toto+json",
    "application/spdx+json",
  ]

  # How an image arrives: by a push and, if enabled, by replication. Events of pull-through caches are not matched.
  arrivals = merge(
    { "ECR Image Action" = "PUSH" },
    { for detail_type, action in { "ECR Replication Action" = "REPLICATE" } : detail_type => action if var.index_replicated_images },
  )

  # Every image that has arrived and that a filter could match. Events of image indexes and of replicas have no artifact type,
  # and anything-but never matches a missing field.
  arrived_image = {
    action-type         = values(local.arrivals)
    result              = ["SUCCESS"]
    artifact-media-type = [{ exists = false }, { anything-but = local.other_artifact_types }]
  }

  # With V2, untagged pushes are never indexed: the platform manifests of image indexes, including our own, have no tag.
  any_tag = { for field, condition in { image-tag = [{ anything-but = [""] }] } : field => condition if var.soci_index_version == "V2" }

  # Each of the two parts of the filters as EventBridge's cheapest equivalent comparison: an exact name, a prefix, a suffix, and
  # a wildcard only if necessary. A part that may be anything has no condition.
  filter_conditions = {
    for field, patterns in {
      repository-name = distinct([for filter in local.filters : split(":", filter)[0]])
      image-tag       = distinct([for filter in local.filters : split(":", filter)[1]])
    } :
    field => concat(
      [for pattern in patterns : pattern if !strcontains(pattern, "*")],
      [for pattern in patterns : { prefix = trimsuffix(pattern, "*") } if can(regex("^[^*]+\\*$", pattern))],
      [for pattern in patterns : { suffix = trimprefix(pattern, "*") } if can(regex("^\\*[^*]+$", pattern))],
      [for pattern in patterns : { wildcard = pattern } if can(regex("[^*]\\*[^*]|^\\*[^*]+\\*", pattern))],
    )
    if !contains(patterns, "*")
  }

  # From the narrowest to the widest; the last one always fits. The condition on repositories is dropped first, because it
  # grows with the number of repositories.
  event_patterns = [
    for fields in [["repository-name", "image-tag"], ["image-tag"], []] : jsonencode({
      account     = [local.account_id]
      region      = [local.region]
      source      = ["aws.ecr"]
      detail-type = keys(local.arrivals)
      detail = merge(
        local.arrived_image,
        local.any_tag,
        { for field, conditions in local.filter_conditions : field => conditions if contains(fields, field) },
      )
    })
  ]

  event_pattern = [
    for pattern in local.event_patterns : pattern
    if length(pattern) <= local.event_pattern_max_characters && length(regexall("\\*", pattern)) <= local.event_pattern_max_stars
  ][0]
}

resource "aws_cloudwatch_event_rule" "this" {
  count = var.create ? 1 : 0

  name          = local.rule_name
  description   = "Images pushed to ECR that may get a SOCI index"
  event_pattern = local.event_pattern
  tags          = var.tags

  depends_on = [aws_cloudwatch_log_group.this] # see functions.tf
}

resource "aws_cloudwatch_event_target" "this" {
  count = var.create ? 1 : 0

  rule = aws_cloudwatch_event_rule.this[0].name
  arn  = aws_lambda_function.this["filter"].arn

  retry_policy {
    maximum_event_age_in_seconds = var.retries.eventbridge_max_age_seconds
    maximum_retry_attempts       = var.retries.eventbridge_max_attempts
  }

  dead_letter_config {
    arn = aws_sqs_queue.this[0].arn
  }

  # EventBridge must be allowed to send events to the queue before the first one can fail.
  depends_on = [aws_sqs_queue_policy.this]
}

resource "aws_lambda_permission" "this" {
  count = var.create ? 1 : 0

  statement_id   = "AllowEventBridgeRule"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["filter"].function_name
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.this[0].arn
  source_account = local.created_account_id
}
