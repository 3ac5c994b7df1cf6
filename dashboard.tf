# The dashboard of an instance: outcomes of images, durations, delays, and the queue.

locals {
  outcomes = ["indexed", "already-indexed", "skipped", "superseded", "failed"]

  widgets = [
    {
      title   = "Images by outcome"
      stacked = true
      stat    = "Sum"
      metrics = [
        for outcome in local.outcomes :
        [local.metric_namespace, "Images", "FunctionName", local.generator_name, "Outcome", outcome, { label = outcome }]
      ]
    },
    {
      title   = "Seconds for an indexed image"
      stacked = false
      stat    = "Maximum"
      metrics = [
        for stat in ["p50", "p90", "Maximum"] :
        [local.metric_namespace, "Seconds", "FunctionName", local.generator_name, "Outcome", "indexed", { label = stat, stat = stat }]
      ]
    },
    {
      title   = "Throttles and errors"
      stacked = false
      stat    = "Sum"
      metrics = [
        for pair in setproduct([local.filter_name, local.generator_name], ["Throttles", "Errors"]) :
        ["AWS/Lambda", pair[1], "FunctionName", pair[0], { label = "${pair[0]} ${lower(pair[1])}" }]
      ]
    },
    {
      title   = "Events in the dead-letter queue"
      stacked = false
      stat    = "Maximum"
      metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", local.failure_queue_name, { label = "events" }]]
    },
  ]
}

# Dashboards are global, like roles: with the region in the name, the same instance can exist in several regions.
resource "aws_cloudwatch_dashboard" "this" {
  count = var.create && var.dashboard ? 1 : 0

  dashboard_name = "${var.name}-${local.created_region}"
  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = index % 2 * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          view    = "timeSeries"
          stacked = widget.stacked
          stat    = widget.stat
          period  = 300
          region  = local.region
          metrics = widget.metrics
        }
      }
    ]
  })
}
