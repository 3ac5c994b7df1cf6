# Two instances of the module in one region and account, and a third one that is switched off.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

module "first" {
  source = "../../.."

  name = "first"
}

module "second" {
  source = "../../.."

  name                         = "second"
  repository_image_tag_filters = ["team/*:release"]
}

module "off" {
  source = "../../.."

  create = false
}

output "names" {
  description = "Every name that must differ between the two instances."
  value = [
    for instance in [module.first, module.second] : [
      instance.filter_function_name,
      instance.generator_function_name,
      instance.filter_log_group_name,
      instance.generator_log_group_name,
      instance.event_rule_name,
      instance.failure_queue_name,
      instance.dashboard_name,
    ]
  ]
}

output "announced_instances" {
  description = "The instances named in the announcement event patterns."
  value = flatten([
    for instance in [module.first, module.second] : jsondecode(instance.announcement_event_pattern).detail.instance
  ])
}

output "off" {
  description = "All outputs of the instance that is switched off."
  value       = module.off
}
