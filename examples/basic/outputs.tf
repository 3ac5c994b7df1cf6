output "invoke_command" {
  description = "A command that indexes one existing image."
  value       = module.soci_index_builder.invoke_command
}
