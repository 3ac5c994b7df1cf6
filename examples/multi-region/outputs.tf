output "generator_function_arns" {
  description = "ARN of the generator function in each chosen region."
  value = {
    for region, instance in {
      us-east-1      = module.us_east_1
      us-west-2      = module.us_west_2
      eu-west-1      = module.eu_west_1
      ap-northeast-1 = module.ap_northeast_1
    } : region => instance.generator_function_arn if contains(var.regions, region)
  }
}

output "failure_queue_urls" {
  description = "URL of the dead-letter queue in each chosen region."
  value = {
    for region, instance in {
      us-east-1      = module.us_east_1
      us-west-2      = module.us_west_2
      eu-west-1      = module.eu_west_1
      ap-northeast-1 = module.ap_northeast_1
    } : region => instance.failure_queue_url if contains(var.regions, region)
  }
}
