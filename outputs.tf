# Names and ARNs of the created resources; null if `create` is false or the part is disabled.

output "filter_function_name" {
  description = "Name of the Lambda function that matches pushed images against the filters."
  value       = try(aws_lambda_function.this["filter"].function_name, null)
}

output "filter_function_arn" {
  description = "ARN of the filter function."
  value       = try(aws_lambda_function.this["filter"].arn, null)
}

output "filter_role_arn" {
  description = "ARN of the filter function's role."
  value       = try(aws_iam_role.this["filter"].arn, null)
}

output "filter_log_group_name" {
  description = "Name of the filter function's log group."
  value       = try(aws_cloudwatch_log_group.this["filter"].name, null)
}

output "filter_log_group_arn" {
  description = "ARN of the filter function's log group."
  value       = try(aws_cloudwatch_log_group.this["filter"].arn, null)
}

output "generator_function_name" {
  description = "Name of the Lambda function that builds and pushes SOCI indexes."
  value       = try(aws_lambda_function.this["generator"].function_name, null)
}

output "generator_function_arn" {
  description = "ARN of the generator function."
  value       = try(aws_lambda_function.this["generator"].arn, null)
}

output "generator_role_arn" {
  description = "ARN of the generator function's role: the identity that pulls layers and pushes indexes, for repository policies and pull-time exclusions."
  value       = try(aws_iam_role.this["generator"].arn, null)
}

output "generator_log_group_name" {
  description = "Name of the generator function's log group: one line with the outcome of each image."
  value       = try(aws_cloudwatch_log_group.this["generator"].name, null)
}

output "generator_log_group_arn" {
  description = "ARN of the generator function's log group."
  value       = try(aws_cloudwatch_log_group.this["generator"].arn, null)
}

output "event_rule_name" {
  description = "Name of the EventBridge rule that matches image pushes."
  value       = one(aws_cloudwatch_event_rule.this[*].name)
}

output "event_rule_arn" {
  description = "ARN of the EventBridge rule."
  value       = one(aws_cloudwatch_event_rule.this[*].arn)
}

output "event_pattern" {
  description = "The rule's event pattern. `aws events test-event-pattern` shows whether a push would reach the filter function."
  value       = one(aws_cloudwatch_event_rule.this[*].event_pattern)
}

output "failure_queue_url" {
  description = "URL of the dead-letter queue, for `soci-index redrive`: events that failed after all retries."
  value       = one(aws_sqs_queue.this[*].url)
}

output "failure_queue_name" {
  description = "Name of the dead-letter queue."
  value       = one(aws_sqs_queue.this[*].name)
}

output "failure_queue_arn" {
  description = "ARN of the dead-letter queue."
  value       = one(aws_sqs_queue.this[*].arn)
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "alarms_notify_nobody" {
  description = "True if the alarms notify nobody because `alarms.topic_arn` is null. A misspelled `topic_arn` has the same effect, and Terraform does not report it."
  value       = var.create ? var.alarms.enabled && var.alarms.topic_arn == null : null
}

output "announcement_event_pattern" {
  description = "Event pattern of the outcome events of this instance, for your own rules. Null if `announcements` are disabled."
  value       = var.create && var.announcements.enabled ? local.announcement_pattern : null
}

output "schedule_state_machine_arn" {
  description = "ARN of the schedule's state machine. `aws stepfunctions start-execution` starts a run now."
  value       = one(module.schedule[*].state_machine_arn)
}

output "invoke_command" {
  description = "A command that indexes one image as if it had just been pushed. Replace REPOSITORY, TAG and DIGEST (`sha256:…`) with the image's own."
  value = one([
    for key, function in aws_lambda_function.this : join(" ", [
      "aws lambda invoke --region ${local.created_region} --function-name ${function.function_name}",
      "--cli-binary-format raw-in-base64-out",
      "--payload '${jsonencode({
        version     = "0"
        source      = "aws.ecr"
        detail-type = "ECR Image Action"
        account     = local.created_account_id
        region      = local.created_region
        detail = {
          action-type     = "PUSH"
          result          = "SUCCESS"
          repository-name = "REPOSITORY"
          image-tag       = "TAG"
          image-digest    = "DIGEST"
        }
      })}'",
      "/dev/stdout",
    ]) if key == "filter"
  ])
}
