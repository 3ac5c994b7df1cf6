# The root module validates the values.

# Names and tags.

variable "name" {
  description = "Name of the schedule and of the state machine."
  type        = string
  nullable    = false
}

variable "role_name_prefix" {
  description = "Prefix of the names of both roles. Must come from a created resource that another instance with the same name cannot have, so that no resource of that instance is taken over."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags for all resources that support tags."
  type        = map(string)
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of both roles; null for none."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of a KMS key that encrypts the workflow, the schedule and the log group; null for AWS's own keys."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of the workflow's log, in days; 0 keeps it for ever."
  type        = number
  nullable    = false
}

variable "tracing" {
  description = "Trace the workflow with AWS X-Ray."
  type        = bool
  nullable    = false
}

# When it runs, and how far back it looks.

variable "expression" {
  description = "When it runs, as an EventBridge Scheduler expression."
  type        = string
  nullable    = false
}

variable "timezone" {
  description = "Time zone of a cron expression."
  type        = string
  nullable    = false
}

variable "lookback_days" {
  description = "How many days back to look for images, by push time."
  type        = number
  nullable    = false
}

variable "concurrency" {
  description = "How many repositories to search in parallel."
  type        = number
  nullable    = false
}

# What it searches, and where it sends the events.

variable "partition" {
  description = "Partition of the registry, for ARNs."
  type        = string
  nullable    = false
}

variable "region" {
  description = "Region of the registry."
  type        = string
  nullable    = false
}

variable "account_id" {
  description = "Account of the registry."
  type        = string
  nullable    = false
}

variable "filter_function_arn" {
  description = "ARN of the filter function, which receives the events."
  type        = string
  nullable    = false
}

variable "filters" {
  description = "Filters of the images, one `REPOSITORY:TAG` per item."
  type        = list(string)
  nullable    = false
}

variable "repository_arns" {
  description = "ARNs of the repositories whose images may be listed."
  type        = list(string)
  nullable    = false
}

variable "other_artifact_types" {
  description = "Artifact types that are not images."
  type        = list(string)
  nullable    = false
}

variable "soci_index_version" {
  description = "`V1` or `V2`."
  type        = string
  nullable    = false
}

variable "target_tag_template" {
  description = "The tag of the indexed image; `{tag}` stands for the pushed tag."
  type        = string
  nullable    = false
}
