# The generator announces the outcome of each image on EventBridge, for pipelines and people. docs/events.md documents the
# events. The rule in event-rule.tf matches events of ECR only, and never these.

locals {
  # The source and the type of the functions' own events (lambda-src/handlers/outcome-event.ts).
  announcement_source      = "soci-index-builder"
  announcement_detail_type = "SOCI Index Outcome"

  event_bus_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/${var.announcements.event_bus_name}"

  # A pattern for rules that match this instance's outcomes.
  announcement_pattern = jsonencode({
    source      = [local.announcement_source]
    detail-type = [local.announcement_detail_type]
    detail      = { instance = [var.name] }
  })
}
