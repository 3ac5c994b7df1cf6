# An instance of the module for each of several lists of filters, planned together, because a separate run of `terraform
# test` for each would start the provider again every time.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "filters" {
  description = "Lists of filters by the name of their case."
  type        = map(list(string))
}

module "soci_index_builder" {
  source   = "../../.."
  for_each = var.filters

  repository_image_tag_filters = each.value
}

output "event_patterns" {
  description = "The event pattern of each case."
  value       = { for name, instance in module.soci_index_builder : name => instance.event_pattern }
}
