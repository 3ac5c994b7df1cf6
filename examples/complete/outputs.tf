output "invoke_command" {
  description = "A command that indexes one existing image."
  value       = module.soci_index_builder.invoke_command
}

output "failure_queue_url" {
  description = "URL of the dead-letter queue, for events that failed after all retries."
  value       = module.soci_index_builder.failure_queue_url
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard."
  value       = module.soci_index_builder.dashboard_name
}
