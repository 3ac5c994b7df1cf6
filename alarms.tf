# One alarm for each way in which an image can remain without an index, or an event can remain unprocessed.

locals {
  # The generator's own metrics; the contract is in docs/module.md.
  metric_namespace = "SociIndexBuilder"

  alarms = merge(
    {
      image-failed = {
        description = "An image cannot be indexed, and a retry would not help. The generator's log says why, at level ERROR."
        namespace   = local.metric_namespace
        metric_name = "Images"
        dimensions  = { FunctionName = local.generator_name, Outcome = "failed" }
        statistic   = "Sum"
        threshold   = 0
      }
      failure-queue-not-empty = {
        description = "Events failed after all retries and are in ${local.failure_queue_name}. Fix the cause, then send them again with soci-index redrive."
        namespace   = "AWS/SQS"
        metric_name = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = local.failure_queue_name }
        statistic   = "Maximum"
        threshold   = 0
      }
      rule-failed-invocations = {
        description = "EventBridge could not invoke ${local.filter_name}. The events are in the dead-letter queue."
        namespace   = "AWS/Events"
        metric_name = "FailedInvocations"
        dimensions  = { RuleName = local.rule_name }
        statistic   = "Sum"
        threshold   = 0
      }
      rule-events-lost = {
        description = "An event is lost: EventBridge could neither invoke ${local.filter_name} nor send the event to the dead-letter queue."
        namespace   = "AWS/Events"
        metric_name = "InvocationsFailedToBeSentToDlq"
        dimensions  = { RuleName = local.rule_name }
        statistic   = "Sum"
        threshold   = 0
      }
    },
    concat(module.schedule[*].alarms, [
      for key, function in { filter = local.filter_name, generator = local.generator_name } : {
        "${key}-events-dropped" = {
          description = "Lambda dropped events for ${function} without processing them, because they were too old or throttled for too long."
          namespace   = "AWS/Lambda"
          metric_name = "AsyncEventsDropped"
          dimensions  = { FunctionName = function }
          statistic   = "Sum"
          threshold   = 0
        }
        "${key}-events-lost" = {
          description = "An event is lost: ${function} failed to process it, and Lambda could not send it to the dead-letter queue."
          namespace   = "AWS/Lambda"
          metric_name = "DestinationDeliveryFailures"
          dimensions  = { FunctionName = function }
          statistic   = "Sum"
          threshold   = 0
        }
        "${key}-events-late" = {
          description = "Events wait for more than an hour for ${function}, because more images are pushed than its concurrency can index."
          namespace   = "AWS/Lambda"
          metric_name = "AsyncEventAge"
          dimensions  = { FunctionName = function }
          statistic   = "Maximum"
          threshold   = 3600000 # milliseconds
        }
      }
    ])...
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for key, alarm in local.alarms : key => alarm if var.create && var.alarms.enabled }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric_name
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # no event, no metric
  alarm_actions       = [for topic in [var.alarms.topic_arn] : topic if topic != null]
  ok_actions          = [for topic in [var.alarms.topic_arn] : topic if topic != null]
  tags                = var.tags

  depends_on = [aws_cloudwatch_log_group.this] # see functions.tf
}
