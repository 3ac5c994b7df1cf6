# The dead-letter queue, for events that EventBridge could not deliver, and for events that a function could not process
# after all of Lambda's retries. `soci-index redrive` sends them again.

resource "aws_sqs_queue" "this" {
  count = var.create ? 1 : 0

  name                      = local.failure_queue_name
  message_retention_seconds = 1209600 # 14 days, the longest that SQS keeps a message
  kms_master_key_id         = var.kms_key_arn
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  tags                      = var.tags

  depends_on = [aws_cloudwatch_log_group.this] # see functions.tf
}

# Lambda sends with the functions' own roles, which need no statement here.
resource "aws_sqs_queue_policy" "this" {
  count = var.create ? 1 : 0

  queue_url = aws_sqs_queue.this[0].url
  policy    = local.failure_queue_policy
}

resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = local.created_functions

  function_name                = aws_lambda_function.this[each.key].function_name
  maximum_event_age_in_seconds = var.retries.lambda_max_age_seconds
  maximum_retry_attempts       = var.retries.lambda_max_attempts

  destination_config {
    on_failure {
      destination = aws_sqs_queue.this[0].arn
    }
  }
}
