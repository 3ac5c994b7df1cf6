# Names and ARNs of what was created; null where `create` is false or nothing was asked for.

output "filter_function_name" {
  description = "Name of the Lambda function that decides which pushed images are indexed."
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
  description = "Name of the generator function's log group: one line for each image's outcome."
  value       = try(aws_cloudwatch_log_group.this["generator"].name, null)
}

output "generator_log_group_arn" {
  description = "ARN of the generator function's log group."
  value       = try(aws_cloudwatch_log_group.this["generator"].arn, null)
}

output "event_rule_name" {
  description = "Name of the EventBridge rule that hears of pushed images."
  value       = one(aws_cloudwatch_event_rule.this[*].name)
}

output "event_rule_arn" {
  description = "ARN of the EventBridge rule."
  value       = one(aws_cloudwatch_event_rule.this[*].arn)
}

output "event_pattern" {
  description = "The rule's event pattern, for `aws events test-event-pattern`: whether a push would reach the filter function at all."
  value       = one(aws_cloudwatch_event_rule.this[*].event_pattern)
}

output "failure_queue_url" {
  description = "URL of the queue where events end that all retries failed at; `soci-index redrive` takes it."
  value       = one(aws_sqs_queue.this[*].url)
}

output "failure_queue_name" {
  description = "Name of the failure queue."
  value       = one(aws_sqs_queue.this[*].name)
}

output "failure_queue_arn" {
  description = "ARN of the failure queue."
  value       = one(aws_sqs_queue.this[*].arn)
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}

output "alarms_notify_nobody" {
  description = "Whether alarms exist that notify nobody, because `alarms.topic_arn` is null: also if `topic_arn` was misspelled, which Terraform does not report."
  value       = var.create ? var.alarms.enabled && var.alarms.topic_arn == null : null
}

output "announcement_event_pattern" {
  description = "The event pattern of this instance's announcements, for a rule of your own: how each image ended. Null where nothing is announced."
  value       = var.create && var.announcements.enabled ? local.announcement_pattern : null
}

output "schedule_state_machine_arn" {
  description = "ARN of the schedule's state machine, for `aws stepfunctions start-execution`: look for images without an index now."
  value       = one(module.schedule[*].state_machine_arn)
}

output "invoke_command" {
  description = "A command that has one image indexed by hand, as if it had just been pushed. Write its own in place of REPOSITORY, TAG and DIGEST (`sha256:…`)."
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
