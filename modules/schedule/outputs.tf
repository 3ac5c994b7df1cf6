output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}

output "alarms" {
  description = "Alarms on the schedule's runs, for the root module to create with its own."
  value = {
    schedule-failed = {
      description = "The schedule did not search all repositories for images without an index. The log group ${local.log_group_name} says why; the next run tries again."
      namespace   = "AWS/States"
      metric_name = "ExecutionsFailed"
      dimensions  = { StateMachineArn = aws_sfn_state_machine.this.arn }
      statistic   = "Sum"
      threshold   = 0
    }
    schedule-timed-out = {
      description = "The schedule did not finish searching the registry within a day. Raise schedule.concurrency, or lower schedule.lookback_days."
      namespace   = "AWS/States"
      metric_name = "ExecutionsTimedOut"
      dimensions  = { StateMachineArn = aws_sfn_state_machine.this.arn }
      statistic   = "Sum"
      threshold   = 0
    }
  }
}
