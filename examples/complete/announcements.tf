# Notifications of outcomes: an SNS topic for people, about images that should have been indexed but were not. A pipeline can
# subscribe in the same way, to `outcome = ["indexed", "already-indexed"]`. docs/events.md documents the events.

resource "aws_cloudwatch_event_rule" "not_indexed" {
  name        = "${var.name}-not-indexed"
  description = "Images that ${var.name} could not index"

  # The module's pattern, restricted to this instance and these outcomes.
  event_pattern = jsonencode(merge(jsondecode(module.soci_index_builder.announcement_event_pattern), {
    detail = merge(jsondecode(module.soci_index_builder.announcement_event_pattern).detail, {
      "$or" = [
        { outcome = ["failed"] },
        { outcome = ["skipped"], reason = ["tag-immutable", "target-tag-taken", "target-tag-too-long"] },
      ]
    })
  }))
}

resource "aws_cloudwatch_event_target" "not_indexed" {
  rule = aws_cloudwatch_event_rule.not_indexed.name
  arn  = aws_sns_topic.not_indexed.arn

  input_transformer {
    input_paths = {
      image   = "$.detail.image"
      outcome = "$.detail.outcome"
      reason  = "$.detail.reason"
      message = "$.detail.message"
    }
    # Without quotes here, EventBridge inserts the values as JSON, whatever they contain.
    input_template = "{\"image\": <image>, \"outcome\": <outcome>, \"reason\": <reason>, \"message\": <message>}"
  }
}

resource "aws_sns_topic" "not_indexed" {
  name              = "${var.name}-not-indexed"
  kms_master_key_id = aws_kms_key.this.arn
}

# The topic's own policy must allow EventBridge; the rule's permissions are not sufficient.
resource "aws_sns_topic_policy" "not_indexed" {
  arn = aws_sns_topic.not_indexed.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SentByTheRule"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.not_indexed.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.not_indexed.arn } }
    }]
  })
}
