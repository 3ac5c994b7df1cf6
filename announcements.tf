# What the generator announces on EventBridge, for pipelines and people: how each image ended. docs/events.md tells what is
# in such an event. The rule in event-rule.tf hears only what ECR sends, and so never these.

locals {
  # The source and the type of the functions' own events (lambda-src/handlers/outcome-event.ts).
  announcement_source      = "soci-index-builder"
  announcement_detail_type = "SOCI Index Outcome"

  event_bus_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/${var.announcements.event_bus_name}"

  # For rules that match the outcomes of this instance.
  announcement_pattern = jsonencode({
    source      = [local.announcement_source]
    detail-type = [local.announcement_detail_type]
    detail      = { instance = [var.name] }
  })
}
