output "invoke_command" {
  description = "Indexes one image that is there already."
  value       = module.soci_index_builder.invoke_command
}
