# Who hears how images ended: a topic of people, of the images that got no index although they should have. A pipeline
# listens in the same way, to `outcome = ["indexed", "already-indexed"]`. docs/events.md tells what is in an event.

resource "aws_cloudwatch_event_rule" "not_indexed" {
  name        = "${var.name}-not-indexed"
  description = "Images that ${var.name} could not index"

  # The module's pattern, narrowed: of this instance, and only these outcomes.
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
    # Without quotes around them EventBridge writes the values as JSON, whatever is in them.
    input_template = "{\"image\": <image>, \"outcome\": <outcome>, \"reason\": <reason>, \"message\": <message>}"
  }
}

resource "aws_sns_topic" "not_indexed" {
  name              = "${var.name}-not-indexed"
  kms_master_key_id = aws_kms_key.this.arn
}

# A topic that EventBridge sends to must say so; the rule's own permissions do not count.
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
